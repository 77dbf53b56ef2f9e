"""How many customers who waited were answered on each day: counted once, so that the pace of a month is a look at 28 rows."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from webcare.store.tables import metadata
from webcare.store.utc import UTCDateTime

answered_day = Table(
    "answered_day",
    metadata,
    Column("day", String(10), primary_key=True),  # a date in the house's zone
    Column("answers", Integer, nullable=False),
    Column("counted_at", UTCDateTime, nullable=False),  # before the end of its day it is a day so far
)

"""The tables of digests: what the letters of a day said. A sent letter never changes, so neither does its row.

digest     all of it, as it was sent
told       how each clock was told that was missed, or put right: the newest letter that spoke of it counts
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, String, Table

from webcare.store.tables import BigId, metadata
from webcare.store.utc import UTCDateTime

digest = Table(
    "digest",
    metadata,
    Column("edition", String(20), primary_key=True),
    Column("day", String(10), primary_key=True),  # a local date
    Column("made_at", UTCDateTime, nullable=False),
    Column("content", JSON, nullable=False),  # numbers and case numbers, never a customer's name or words
)

told = Table(
    "told",
    metadata,
    Column("case", BigId, primary_key=True, autoincrement=False),  # no key into the case: what was told stays told
    Column("clock", String(20), primary_key=True),
    Column("due_at", UTCDateTime, primary_key=True),
    Column("edition", String(20), primary_key=True),
    Column("day", String(10), nullable=False),  # of the letter that it belongs to
    Column("state", String(10), nullable=False),
    Index("ix_told_day", "day"),
)

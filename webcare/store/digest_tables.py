"""The table of digests: what the letters of a day said. A sent letter never changes, so neither does its row."""

from __future__ import annotations

from sqlalchemy import JSON, Column, String, Table

from webcare.store.tables import metadata
from webcare.store.utc import UTCDateTime

digest = Table(
    "digest",
    metadata,
    Column("edition", String(20), primary_key=True),
    Column("day", String(10), primary_key=True),  # a local date
    Column("made_at", UTCDateTime, nullable=False),
    Column("content", JSON, nullable=False),  # numbers and case numbers, never a customer's name or words
)

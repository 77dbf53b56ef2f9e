"""How what was to be told fared: every attempt to send it, and who was told that it is over."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from webcare.store.columns import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

attempt = Table(
    "attempt",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("delivery", ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    Column("nth", Integer, nullable=False),
    Column("method", Id, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("machine_at", UTCDateTime, nullable=False),  # machine
    Column("took_ms", Integer, nullable=False),
    Column("error", CleanText),  # null: it arrived
    Index("ix_attempt_delivery", "delivery", "id"),
)

all_clear = Table(  # a person who was told of a wait is told once that it is over
    "all_clear",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("case", ForeignKey("case.id", ondelete="CASCADE"), nullable=False),
    Column("clock", String(20), nullable=False),
    Column("deadline", UTCDateTime, nullable=False),
    Column("person", Id, nullable=False),
    Column("what", String(20), nullable=False),  # in_time, answered, closed, dropped
    Column("ended_at", UTCDateTime, nullable=False),
    Column("by", Id),  # who ended it
    Column("at", UTCDateTime, nullable=False),
    Column("delivery", ForeignKey("delivery.id", ondelete="SET NULL")),
    UniqueConstraint("case", "clock", "deadline", "person"),
    Index("ix_all_clear_delivery", "delivery"),
)

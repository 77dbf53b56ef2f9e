"""The tables of peaks: when it was too busy, which cases belong to it, and what each level was told.

A peak is first proposed by the house or started by a lead at once; `over_at` is when the house was calm again, for an hour. Until then it
proposes nothing new, whatever became of this one.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, Integer, String, Table, text

from webcare.store.columns import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

_RUNS = text("started_at IS NOT NULL AND ended_at IS NULL")
_CURRENT = text("over_at IS NULL")

peak = Table(
    "peak",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("brand", Id, nullable=False),
    # proposed
    Column("proposed_at", UTCDateTime),
    Column("count", Integer),  # what was counted when it was proposed
    Column("usual", Float),
    Column("dismissed_at", UTCDateTime),
    Column("dismissed_by", Id),
    # started
    Column("name", CleanText(60)),
    Column("channels", JSON),  # accounts; empty: all
    Column("words", JSON),  # folded; empty: any
    Column("since", UTCDateTime),  # cases in which a customer wrote from then on
    Column("started_at", UTCDateTime),
    Column("started_by", Id),
    # over
    Column("calm_since", UTCDateTime),
    Column("over_at", UTCDateTime),
    Column("ended_at", UTCDateTime),
    Column("ended_by", Id),
    Index("uq_peak_running", "brand", unique=True, sqlite_where=_RUNS, postgresql_where=_RUNS),
    Index("ix_peak_current", "brand", sqlite_where=_CURRENT, postgresql_where=_CURRENT),
    Index("ix_peak_started_at", "started_at"),
)

peak_case = Table(
    "peak_case",
    metadata,
    Column("peak", ForeignKey("peak.id", ondelete="CASCADE"), primary_key=True),
    Column("case", ForeignKey("case.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("joined_at", UTCDateTime, nullable=False),
)

peak_level = Table(  # what a level hears of together: how many steps since it was told last, and in all
    "peak_level",
    metadata,
    Column("peak", ForeignKey("peak.id", ondelete="CASCADE"), primary_key=True),
    Column("level", String(20), primary_key=True),
    Column("told_at", UTCDateTime),
    Column("held", Integer, nullable=False),
    Column("held_in_all", Integer, nullable=False),
)

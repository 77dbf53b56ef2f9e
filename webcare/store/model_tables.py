"""The tables of the model: which one answers, and what people found when they looked at what it let pass.

model_choice    one row a choice, never changed; the newest in force holds
check_week      that the messages of a week were drawn, and out of how many
check_message   one that was drawn, and what somebody said of it
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from webcare.store.columns import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

model_choice = Table(
    "model_choice",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", UTCDateTime, nullable=False),
    Column("by", Id, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("change", String(20), nullable=False),  # chosen, back, learned, not_better, outdated
    Column("in_force", Boolean, nullable=False),  # false: fitted again, compared, and left; or of what counts no more
    Column("path", CleanText),
    Column("base", String(64)),  # sha256 of the encoder
    Column("heads", LargeBinary),
    Column("tuning", JSON),  # calibration and thresholds
    Column("figures", JSON, nullable=False),  # plain numbers by name, for the letter
    Column("report", JSON),  # before and after, in full
    Index("ix_model_choice_at", "at"),
)

check_week = Table(
    "check_week",
    metadata,
    Column("week", Date, primary_key=True),  # its Monday, in the house's zone
    Column("drawn_at", UTCDateTime, nullable=False),
    Column("population", Integer, nullable=False),  # messages of it that opened no case
)

check_message = Table(
    "check_message",
    metadata,
    Column("message", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("week", ForeignKey("check_week.week", ondelete="CASCADE"), nullable=False),
    Column("nth", Integer, nullable=False),
    Column("answer", String(10)),  # rightly, missed; null: nobody has looked
    Column("by", Id),
    Column("at", UTCDateTime),
    Index("ix_check_message_week", "week", "nth"),
)

"""The tables of who answers what messages mean.

reread        messages whose verdict in force is a stand-in's: the model was not ready, they are judged again
model_state   on each machine: which model answers there, and why the one that was asked for does not
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, String, Table

from webcare.store.columns import Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

reread = Table(
    "reread",
    metadata,
    Column("message", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
)

model_state = Table(  # times are the machine's
    "model_state",
    metadata,
    Column("machine", Id, primary_key=True),
    Column("model", String(200), nullable=False),  # who answers
    Column("is_stand_in", Boolean, nullable=False),  # it answers because nothing else could be loaded
    Column("trouble", CleanText),  # null: what was asked for answers
    Column("since", UTCDateTime, nullable=False),  # of the trouble, or of its end
    Column("seen_at", UTCDateTime, nullable=False),
)

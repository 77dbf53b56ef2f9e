"""The tables of what else goes to a platform: what is done to a customer's message, and the files that leave with a reply.

act            hide, like and what undoes them; one row a press, at most one of a message and pair waits
reply_upload   a file of a reply; its bytes go as soon as the platform has taken them
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from webcare.store.columns import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

act = Table(
    "act",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("brand", Id, nullable=False),
    Column("case", ForeignKey("case.id"), nullable=False, index=True),
    Column("message", ForeignKey("message.id", ondelete="CASCADE"), nullable=False),
    Column("channel", ForeignKey("channel.id"), nullable=False),
    Column("deed", String(10), nullable=False),  # hide, unhide, like, unlike
    Column("pair", String(10), nullable=False),  # of deeds that undo each other: hide, like
    Column("by", Id, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("state", String(10), nullable=False),  # queued, done, refused, replaced
    Column("done_at", UTCDateTime),
    Column("reason", CleanText),
    Column("attempt", Integer, nullable=False),
    Column("retry_at", UTCDateTime),  # machine
    Column("lease_by", Id),
    Column("lease_until", UTCDateTime),  # machine
    Index("ix_act_message", "message"),
    Index("ix_act_queued", "id", sqlite_where=text("state = 'queued'"), postgresql_where=text("state = 'queued'")),
    Index(
        "uq_act_open",
        "message",
        "pair",
        unique=True,
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
)

reply_upload = Table(
    "reply_upload",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("reply", ForeignKey("reply.id", ondelete="CASCADE"), nullable=False),
    Column("nth", Integer, nullable=False),
    Column("name", CleanText, nullable=False),
    Column("mime", String(100), nullable=False),  # what its bytes are
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary),  # null: it has left, or never will
    UniqueConstraint("reply", "nth"),
)

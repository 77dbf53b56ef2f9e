"""What stands around public conversations: posts that others wrote before we were asked, questions to platforms, and answers of others.

`context` holds what nobody owes an answer: posts that we looked up because a customer replied to them. It is no `message`, so no clock,
case, figure or search knows of it.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, SmallInteger, String, Table, UniqueConstraint, text

from webcare.store.columns import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

__all__ = ["community_answer", "context", "look_up"]

context = Table(
    "context",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("channel", ForeignKey("channel.id"), nullable=False),
    Column("external_id", Id, nullable=False),
    Column("conversation_id", Id, nullable=False),
    Column("direction", String(10), nullable=False),
    Column("author_id", Id, nullable=False),
    Column("author_name", CleanText),
    Column("author_handle", CleanText),
    Column("text", CleanText, nullable=False),
    Column("permalink", CleanText),
    Column("created_at", UTCDateTime, nullable=False),  # the platform's
    Column("learned_at", UTCDateTime, nullable=False),
    UniqueConstraint("channel", "external_id"),
    Index("ix_context_author_id", "author_id"),
)

_WANTED = text("asked_at IS NULL")

look_up = Table(  # what a platform is asked for by its id
    "look_up",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("channel", ForeignKey("channel.id"), nullable=False),
    Column("external_id", Id, nullable=False),
    Column("why", String(10), nullable=False),  # root, words, standing
    Column("wanted_at", UTCDateTime, nullable=False),
    Column("asked_at", UTCDateTime),  # of `standing` the last time
    Column("tries", Integer, nullable=False),
    UniqueConstraint("channel", "external_id", "why"),
    Index("ix_look_up_wanted", "channel", "tries", "id", sqlite_where=_WANTED, postgresql_where=_WANTED),
)

community_answer = Table(  # another customer's message that seems to have answered a case
    "community_answer",
    metadata,
    Column("case", ForeignKey("case.id", ondelete="CASCADE"), primary_key=True),
    Column("message", ForeignKey("message.id", ondelete="CASCADE"), primary_key=True),
    Column("certainty", SmallInteger, nullable=False),  # per cent
    Column("because", String(10), nullable=False),
    Column("found_at", UTCDateTime, nullable=False),
    Column("refused_by", Id),  # who said that it is none
    Column("refused_at", UTCDateTime),
    Index("ix_community_answer_message", "message"),
)

"""The tables of working together: who is looking, who is not to be answered, what is said often, which views people keep, what is found.

presence       who has a case before them; forgotten after seconds
blocked        authors who get no clock and no alert
canned_reply   texts that are said often
saved_view     filters of the queue that a person keeps
search_text    the folded words of each message; search_due names those whose words are still to be written (search.py)
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from webcare.store.tables import BigId, Id, metadata
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

presence = Table(
    "presence",
    metadata,
    Column("case", ForeignKey("case.id", ondelete="CASCADE"), primary_key=True),
    Column("person", Id, primary_key=True),
    Column("seen_at", UTCDateTime, nullable=False),  # machine
    Column("typing", Boolean, nullable=False),
    Index("ix_presence_seen_at", "seen_at"),
)

blocked = Table(
    "blocked",
    metadata,
    Column("kind", String(50), primary_key=True),  # of channel: the same id on two accounts of ours is one author
    Column("author_id", Id, primary_key=True),
    Column("by", Id, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("case", BigId),  # in which it was decided
)

canned_reply = Table(
    "canned_reply",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("language", String(8), nullable=False),
    Column("channel", String(50)),  # kind of channel; null: for all
    Column("name", CleanText(100), nullable=False),
    Column("text", CleanText, nullable=False),
    Column("by", Id, nullable=False),  # who wrote it last
    Column("changed_at", UTCDateTime, nullable=False),
    Index("ix_canned_reply_language", "language"),
)

saved_view = Table(
    "saved_view",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("person", ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("name", CleanText(60), nullable=False),
    Column("filters", CleanText, nullable=False),  # as in the address
    Column("nth", Integer, nullable=False),
    UniqueConstraint("person", "name"),
)

search_text = Table(
    "search_text",
    metadata,
    Column("message", BigId, primary_key=True, autoincrement=False),
    Column("words", CleanText, nullable=False),
)

search_due = Table(  # filled by the database itself, whenever a message comes or changes
    "search_due",
    metadata,
    Column("message", BigId, primary_key=True, autoincrement=False),
)

"""The tables of what people say about cases and customers, which policies may ask: tags and groups.

tag             each tag there is, for suggestions
case_tag        which case has which
customer_group  which group a customer is in, by kind of channel: the same id on two accounts of ours is one customer
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, text

from webcare.store.columns import Id, metadata
from webcare.store.tables import case
from webcare.store.text import CleanText
from webcare.store.utc import UTCDateTime

tag = Table(
    "tag",
    metadata,
    Column("name", CleanText(50), primary_key=True),
    Column("last_used_at", UTCDateTime, nullable=False),
    Index("ix_tag_last_used_at", "last_used_at"),
)

case_tag = Table(
    "case_tag",
    metadata,
    Column("case", ForeignKey("case.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", ForeignKey("tag.name", ondelete="CASCADE"), primary_key=True),
    Column("by", Id, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Index("ix_case_tag_tag", "tag", "case"),
)

customer_group = Table(
    "customer_group",
    metadata,
    Column("kind", String(50), primary_key=True),
    Column("author_id", Id, primary_key=True),
    Column("group", CleanText(50), nullable=False),
    Column("by", Id, nullable=False),
    Column("at", UTCDateTime, nullable=False),
    Index("ix_customer_group_group", "group"),
)

_OPEN = text("state = 'open'")
Index(
    "ix_case_revision", case.c.revision, case.c.id, sqlite_where=_OPEN, postgresql_where=_OPEN
)  # open cases of older rule books

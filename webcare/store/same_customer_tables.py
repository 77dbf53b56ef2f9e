"""The tables of one customer under several names: what people said of two identities, and by what others might be found.

same_customer   a person says that two identities are one customer; whoever can be reached by such lines is
not_same        a person says that they are not: they are not suggested again
same_mark       keyed hashes of addresses and numbers in customers' texts, written with the words of search (same_marks.py)

Of a pair the smaller identity stands first. Triggers (0004_on_call.py) take a message's marks away in the transaction that changes or
forgets it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, String, Table

from webcare.store.columns import BigId, Id, metadata
from webcare.store.utc import UTCDateTime


def _pair() -> list[Column[Any]]:
    return [
        Column("author_id", Id, primary_key=True),
        Column("kind", String(50), primary_key=True),
        Column("other_id", Id, primary_key=True),
        Column("other_kind", String(50), primary_key=True),
        Column("by", Id, nullable=False),
        Column("at", UTCDateTime, nullable=False),
        Column("case", BigId),  # in which it was said
    ]


same_customer = Table(
    "same_customer",
    metadata,
    *_pair(),
    Column("message", BigId),  # by which one of them was named
    Index("ix_same_customer_other", "other_id", "other_kind"),
)

not_same = Table(
    "not_same",
    metadata,
    *_pair(),
    Index("ix_not_same_other", "other_id", "other_kind"),
)

same_mark = Table(
    "same_mark",
    metadata,
    Column("message", BigId, primary_key=True, autoincrement=False),
    Column("mark", String(32), primary_key=True),
    Column("evidence", String(10), nullable=False),  # email, phone, order
    Column("kind", String(50), nullable=False),  # who wrote the message
    Column("author_id", Id, nullable=False),
    Index("ix_same_mark_mark", "mark", "message"),
    Index("ix_same_mark_author", "author_id", "kind"),
)

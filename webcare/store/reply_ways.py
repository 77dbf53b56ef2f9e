"""Replies that hang together: parts of one text, and private answers to one public message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, literal_column, select

from webcare.ports.connector import WayKind
from webcare.store.outbox import QUEUED, ReplyRow
from webcare.store.tables import reply

if TYPE_CHECKING:
    from sqlalchemy import Connection

IN_PRIVATE = reply.c.way == literal_column(f"'{WayKind.PRIVATE.value}'")  # written out, as below: both indexes are partial
_NEXT = (
    select(reply)
    .where(reply.c.after_reply == bindparam("last"), reply.c.state != literal_column("'accepted'"))
    .order_by(reply.c.id)
)
_PRIVATE = select(func.count()).where(
    reply.c.channel == bindparam("channel"),
    reply.c.reply_to == bindparam("answered"),
    IN_PRIVATE,
    reply.c.state.in_([QUEUED, "sending", "accepted", "unconfirmed"]),
)


def following(conn: Connection, reply_id: int) -> list[ReplyRow]:
    """Return the parts of a text that stand behind a reply and have not arrived, in their order."""
    found: list[ReplyRow] = []
    last: int | None = reply_id
    while last is not None:
        row = conn.execute(_NEXT, {"last": last}).first()
        last = None if row is None else row.id
        if row is not None:
            found.append(ReplyRow(**row._mapping))  # noqa: SLF001 - SQLAlchemy's public name for it
    return found


def private_replies(conn: Connection, channel: str, external_id: str) -> int:
    """Return how often we have answered a message in private, or may have."""
    return conn.execute(_PRIVATE, {"channel": channel, "answered": external_id}).scalar_one()

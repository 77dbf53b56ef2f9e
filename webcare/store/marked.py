"""Replies that a platform names by our own mark: which one it is, and what becomes of its deliveries when it turns out to have arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, exists, literal_column, select, update

from webcare.store.outbox import FAILED, IS_QUEUED, QUEUED, SENT, ReplyRow
from webcare.store.tables import delivery, reply

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_OF = delivery.c.reply == bindparam("number")
_WAS_TRIED = exists().where(delivery.c.reply == reply.c.id, delivery.c.attempt > literal_column("0"))
_FIND = select(reply).where(reply.c.id == bindparam("number"), reply.c.channel == bindparam("account"), _WAS_TRIED)
_DROP = delete(delivery).where(_OF, IS_QUEUED, delivery.c.attempt == literal_column("0"), delivery.c.lease_by.is_(None))
_CLOSE = (
    update(delivery)
    .where(_OF, delivery.c.state.in_([QUEUED, FAILED]))
    .values(state=SENT, sent_at=bindparam("at"), result=None, lease_by=None, lease_until=None, retry_at=None)
)


def tried(conn: Connection, channel: str, reply_id: int) -> ReplyRow | None:
    """Return a reply that we tried to send there; None when there is none of this number."""
    row = conn.execute(_FIND, {"number": reply_id, "account": channel}).first()
    return None if row is None else ReplyRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def close(conn: Connection, reply_id: int, now: datetime) -> None:
    """Note that a reply has arrived: another copy that nobody has begun to send is dropped, and whoever has one in hand loses it."""
    conn.execute(_DROP, {"number": reply_id})
    conn.execute(_CLOSE, {"number": reply_id, "at": now})

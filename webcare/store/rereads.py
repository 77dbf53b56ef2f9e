"""Messages that a stand-in judged, until the model has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, delete, func, select

from webcare.store.dialect import insert_or_ignore
from webcare.store.messages import Pending, stored
from webcare.store.serving_tables import reread
from webcare.store.tables import message, version

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SHOWN_SINCE = func.coalesce(message.c.edited_at, message.c.created_at)
_DUE = (
    select(version.c.id.label("version"), version.c.at, *message.c)
    .select_from(reread)
    .join(message, message.c.id == reread.c.message)
    .join(
        version,
        (version.c.message == message.c.id) & (version.c.at == _SHOWN_SINCE) & (version.c.content_hash == message.c.content_hash),
    )
    .where(version.c.triaged_at.is_not(None))  # else triage has it before it
    .order_by(reread.c.message)
    .limit(bindparam("limit", type_=Integer))
)
_DROP = delete(reread).where(reread.c.message == bindparam("number"))


def put(conn: Connection, message_id: int) -> None:
    conn.execute(insert_or_ignore(conn, reread), {"message": message_id})


def drop(conn: Connection, message_id: int) -> bool:
    """Take a message off the list; False when it is on it no more."""
    return conn.execute(_DROP, {"number": message_id}).rowcount == 1


def due(conn: Connection, limit: int) -> list[Pending]:
    """Return what is to be judged again, each with the text that it shows, the oldest first."""
    rows: Any = conn.execute(_DUE, {"limit": limit})
    return [Pending(version=row.version, at=row.at, text=row.text, stored=stored(row)) for row in rows]


def count(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(reread)).scalar_one()

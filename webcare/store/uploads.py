"""The files of a reply: their bytes until the platform has them, their names for as long as the reply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, insert, null, select, update

from webcare.ports.connector import Upload
from webcare.store.act_tables import reply_upload
from webcare.store.tables import reply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

NEVER = ("refused", "taken_back")  # what is left of a reply that nobody sends again
_FACTS = (reply_upload.c.reply, reply_upload.c.name, reply_upload.c.mime, reply_upload.c.size)
_IS_HERE = reply_upload.c.content.is_not(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A file that went with a reply, or is about to; `is_gone` says that we do not have its bytes any more."""

    name: str
    mime: str
    size: int
    is_gone: bool


def keep(conn: Connection, number: int, files: Sequence[Upload]) -> None:
    """Keep the files of a reply, in their order."""
    rows = [
        {"reply": number, "nth": nth, "name": one.name, "mime": one.mime, "size": len(one.content), "content": one.content}
        for nth, one in enumerate(files, start=1)
    ]
    if rows:
        conn.execute(insert(reply_upload), rows)


def to_send(conn: Connection, number: int) -> tuple[Upload, ...]:
    """Return the files of a reply as a connector takes them."""
    columns = (reply_upload.c.name, reply_upload.c.mime, reply_upload.c.content)
    found = select(*columns).where(reply_upload.c.reply == number, _IS_HERE).order_by(reply_upload.c.nth)
    return tuple(Upload(name=row.name, mime=row.mime, content=row.content) for row in conn.execute(found))


def are_gone(conn: Connection, number: int) -> bool:
    """Tell whether a reply had files that we do not have any more."""
    return bool(conn.execute(select(exists().where(reply_upload.c.reply == number, ~_IS_HERE))).scalar())


def of_replies(conn: Connection, numbers: Sequence[int]) -> dict[int, list[Sent]]:
    """Return what is known of the files of these replies, without their bytes."""
    found: dict[int, list[Sent]] = {}
    if not numbers:
        return found
    query = select(*_FACTS, (~_IS_HERE).label("is_gone")).where(reply_upload.c.reply.in_(numbers))
    for row in conn.execute(query.order_by(reply_upload.c.reply, reply_upload.c.nth)):
        found.setdefault(row.reply, []).append(Sent(name=row.name, mime=row.mime, size=row.size, is_gone=bool(row.is_gone)))
    return found


def let_go(conn: Connection, number: int) -> None:
    """Delete the bytes of a reply that the platform has."""
    conn.execute(update(reply_upload).where(reply_upload.c.reply == number, _IS_HERE).values(content=null()))


def forget(conn: Connection, numbers: Sequence[int]) -> None:
    """Forget the files of these replies: a name says what was sent to whom."""
    conn.execute(update(reply_upload).where(reply_upload.c.reply.in_(numbers)).values(content=null(), name=""))


def expire(conn: Connection, before: datetime) -> int:
    """Delete the bytes of replies that were written by then and did not leave; return how many files that were."""
    old = select(reply.c.id).where(reply.c.written_at <= before, reply.c.state.in_(NEVER))
    return conn.execute(update(reply_upload).where(reply_upload.c.reply.in_(old), _IS_HERE).values(content=null())).rowcount

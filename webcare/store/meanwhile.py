"""What was said to a customer since somebody looked: replies from here, and messages of ours that came another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, exists, select

from webcare.domain.message import Direction
from webcare.store.tables import message, reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Select

_WRITTEN: Select[Any] = (
    select(reply.c.by, reply.c.state)
    .where(
        reply.c.case == bindparam("of"),
        reply.c.id > bindparam("after"),
        reply.c.by != bindparam("me"),
        reply.c.automatic.is_(False),
    )
    .order_by(reply.c.id)
)
_FROM_HERE = exists().where(and_(reply.c.case == message.c.case, reply.c.external_id == message.c.external_id))
_ELSEWHERE: Select[Any] = (
    select(message.c.author_id, message.c.author_name, message.c.author_handle)
    .where(
        message.c.case == bindparam("of"),
        message.c.id > bindparam("after"),
        message.c.direction == Direction.OUTBOUND.value,
        message.c.automatic.is_(None),
        message.c.author_id != bindparam("me"),
        ~_FROM_HERE,
    )
    .order_by(message.c.id)
)


def replies(conn: Connection, case_id: int, *, after: int, me: str) -> Sequence[Row[Any]]:
    """Return the replies of others to this case that were written here after the one of this number."""
    return conn.execute(_WRITTEN, {"of": case_id, "after": after, "me": me}).all()


def elsewhere(conn: Connection, case_id: int, *, after: int, me: str) -> Sequence[Row[Any]]:
    """Return our messages in this case that we have known since the one of this number, and that were not written here."""
    return conn.execute(_ELSEWHERE, {"of": case_id, "after": after, "me": me}).all()

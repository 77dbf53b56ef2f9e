"""Reading for the page of a case: what our people are called, who answered last, and a mark by which a change is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, literal_column, select

from webcare.domain.message import Direction
from webcare.store.house_tables import person
from webcare.store.media_tables import media
from webcare.store.tables import case_event, delivery, message, reply, step, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

_ANSWERS = (
    select(message.c.external_id, message.c.author_id, message.c.author_name, message.c.author_handle)
    .where(
        message.c.case == bindparam("case"),
        message.c.id > bindparam("after"),
        message.c.direction == Direction.OUTBOUND.value,
        message.c.automatic.is_(None),
    )
    .order_by(message.c.id)
)
_NAMES = select(person.c.id, person.c.name)
_REPLY = select(reply).where(reply.c.id == bindparam("number"))
_MARKS = [select(func.max(table.c.id)) for table in (message, verdict, step, reply, delivery)]
_LEARNED = select(func.max(case_event.c.learned_at))
_FETCHED = select(func.max(media.c.ended_at))
_UNSETTLED = (
    select(reply.c.state, func.count().label("many")).where(reply.c.state != literal_column("'accepted'")).group_by(reply.c.state)
)  # written out: a parameter would keep the database off the partial index


def answers_since(conn: Connection, case_id: int, after: int) -> Sequence[Any]:
    """Return what people of ours have said in a case after a message, by our numbers."""
    return conn.execute(_ANSWERS, {"case": case_id, "after": after}).all()


def names(conn: Connection) -> dict[str, str]:
    """Return what our people are called, by id."""
    return {row.id: row.name for row in conn.execute(_NAMES)}


def reply_of(conn: Connection, reply_id: int) -> Row[Any] | None:
    return conn.execute(_REPLY, {"number": reply_id}).first()


def marks(conn: Connection) -> tuple[str, ...]:
    """Return what is another value after anything that people see has changed: the ends of indexes, and no row of a table."""
    found = [conn.execute(query).scalar() for query in (*_MARKS, _LEARNED, _FETCHED)]
    unsettled = sorted((row.state, row.many) for row in conn.execute(_UNSETTLED))
    return tuple(str(value) for value in (*found, unsettled))

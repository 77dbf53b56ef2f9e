"""Reading a case for its page: its messages with all that is known of them, and a mark by which a change is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, literal_column, select

from webcare.store.house_tables import person
from webcare.store.tables import case_event, delivery, message, reply, step, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

_THREAD = (
    select(
        *(message.c[name] for name in ("id", "external_id", "direction", "kind", "author_id", "author_name", "author_handle")),
        *(message.c[name] for name in ("text", "attachments", "permalink", "created_at", "edited_at", "deleted_at", "automatic")),
        verdict.c.intents,
        verdict.c.sentiment,
        verdict.c.needs_response,
        verdict.c.needs_response_score,
        verdict.c.unsure,
        verdict.c.scores,
        verdict.c.by,
    )
    .outerjoin(verdict, verdict.c.id == message.c.verdict)
    .where(message.c.case == bindparam("case"))
    .order_by(message.c.created_at, message.c.id)
)
_NAMES = select(person.c.id, person.c.name)
_REPLY = select(reply).where(reply.c.id == bindparam("number"))
_MARKS = [select(func.max(table.c.id)) for table in (message, verdict, step, reply, delivery)]
_LEARNED = select(func.max(case_event.c.learned_at))
_UNSETTLED = (
    select(reply.c.state, func.count().label("many")).where(reply.c.state != literal_column("'accepted'")).group_by(reply.c.state)
)  # written out: a parameter would keep the database off the partial index


def thread(conn: Connection, case_id: int) -> Sequence[Any]:
    """Return the messages of a case, the oldest first, each with the verdict in force."""
    return conn.execute(_THREAD, {"case": case_id}).all()


def names(conn: Connection) -> dict[str, str]:
    """Return what our people are called, by id."""
    return {row.id: row.name for row in conn.execute(_NAMES)}


def reply_of(conn: Connection, reply_id: int) -> Row[Any] | None:
    return conn.execute(_REPLY, {"number": reply_id}).first()


def marks(conn: Connection) -> tuple[str, ...]:
    """Return what is another value after anything that people see has changed: the ends of indexes, and no row of a table."""
    found = [conn.execute(query).scalar() for query in (*_MARKS, _LEARNED)]
    unsettled = sorted((row.state, row.many) for row in conn.execute(_UNSETTLED))
    return tuple(str(value) for value in (*found, unsettled))

"""Who was told of a wait and is told that it is over: each person once a wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, exists, select, update

from webcare.domain.sla.promise import State
from webcare.store.dialect import insert_or_ignore
from webcare.store.outgoing_tables import all_clear
from webcare.store.tables import case, clock, delivery, notice, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

_IS_CLEAR = exists().where(
    all_clear.c.case == step.c.case,
    all_clear.c.clock == step.c.clock,
    all_clear.c.deadline == step.c.deadline,
    all_clear.c.person == notice.c.person,
)
_TOLD: Select[Any] = (
    select(notice.c.person, notice.c.level, notice.c.acked_at, step.c.clock, step.c.deadline, step.c.at)
    .join(step, step.c.id == notice.c.step)
    .where(step.c.case == bindparam("case"), notice.c.told_at.is_not(None), ~_IS_CLEAR)
    .order_by(notice.c.id)
)
_OF: Select[Any] = (
    select(all_clear.c.case, all_clear.c.what, all_clear.c.ended_at, all_clear.c.by, case.c.channel, case.c.kind)
    .join(case, case.c.id == all_clear.c.case)
    .where(all_clear.c.delivery == bindparam("number"))
    .order_by(all_clear.c.ended_at, all_clear.c.case, all_clear.c.id)
)
_OF_CASE: Select[Any] = (
    select(
        all_clear.c.at,
        all_clear.c.person,
        all_clear.c.what,
        all_clear.c.clock,
        all_clear.c.deadline,
        delivery.c.method,
        delivery.c.state,
        delivery.c.not_before,
        delivery.c.sent_at,
    )
    .join(delivery, delivery.c.id == all_clear.c.delivery)
    .where(all_clear.c.case == bindparam("case"))
    .order_by(all_clear.c.id)
)
_WAITS_AGAIN = exists().where(
    and_(clock.c.case == all_clear.c.case, clock.c.clock == all_clear.c.clock, clock.c.due_at == all_clear.c.deadline),
    clock.c.stopped_at.is_(None),
    clock.c.state.in_([State.RUNNING.value, State.MISSED.value]),
    case.c.id == all_clear.c.case,
    case.c.closed_at.is_(None),
)
_DROP_VOID = delete(all_clear).where(all_clear.c.delivery == bindparam("number"), _WAITS_AGAIN)
_ATTACH = update(all_clear).where(all_clear.c.id.in_(bindparam("numbers", expanding=True))).values(delivery=bindparam("message"))
_MOVE = update(all_clear).where(all_clear.c.delivery == bindparam("number")).values(delivery=bindparam("message"))
_SINCE: Select[Any] = (
    select(notice.c.id, all_clear.c.person)
    .join(step, step.c.id == notice.c.step)
    .join(
        all_clear,
        and_(
            all_clear.c.case == step.c.case,
            all_clear.c.clock == step.c.clock,
            all_clear.c.deadline == step.c.deadline,
            all_clear.c.at >= bindparam("since"),
        ),
    )
    .where(notice.c.id.in_(bindparam("numbers", expanding=True)))
)


def told(conn: Connection, case_id: int) -> Sequence[Row[Any]]:
    """Return who was told of which wait of a case, a row a step, without those who know that it is over."""
    return conn.execute(_TOLD, {"case": case_id}).all()


def note(conn: Connection, rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """Write down that these people are told; return the numbers of those who were not before."""
    statement = insert_or_ignore(conn, all_clear, all_clear.c.id)
    return [number for row in rows if (number := conn.execute(statement, dict(row)).scalar_one_or_none()) is not None]


def attach(conn: Connection, numbers: Sequence[int], message: int) -> None:
    """Let a message carry these."""
    conn.execute(_ATTACH, {"numbers": list(numbers), "message": message})


def move(conn: Connection, message: int, to: int) -> None:
    """Let another message carry what this one did."""
    conn.execute(_MOVE, {"number": message, "message": to})


def drop_void(conn: Connection, message: int) -> None:
    """Take back what does not hold any more, before it is told: that customer waits again."""
    conn.execute(_DROP_VOID, {"number": message})


def of_message(conn: Connection, message: int) -> Sequence[Row[Any]]:
    """Return what a message says is over."""
    return conn.execute(_OF, {"number": message}).all()


def of_case(conn: Connection, case_id: int) -> Sequence[Row[Any]]:
    """Return to whom it was said that a wait of this case is over, a row a person, wait and message."""
    return conn.execute(_OF_CASE, {"case": case_id}).all()


def since(conn: Connection, notices: Iterable[int], at: datetime) -> set[tuple[int, str]]:
    """Return who was told since then that the very wait of these notices is over."""
    return {(row.id, row.person) for row in conn.execute(_SINCE, {"numbers": list(notices), "since": at})}

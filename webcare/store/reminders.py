"""Notices that must be looked at again: whether somebody heard, what was tried, and who else knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, select, update

from webcare.domain.sla.promise import CAPPED, Clock, State
from webcare.store.outbox import FAILED, OVER, SENT
from webcare.store.tables import case, clock, delivery, delivery_notice, notice, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

_ANY_DUE = select(notice.c.id).where(notice.c.look_at <= bindparam("now")).order_by(notice.c.look_at).limit(1)
_OF_NOTICE = (notice.c.id, notice.c.step, notice.c.person, notice.c.level, notice.c.told_at, notice.c.look_for)
_OF_STEP = (step.c.case, step.c.clock, step.c.deadline, step.c.decided_at)
_OF_CASE = (case.c.brand, case.c.urgency, case.c.claimed_by, case.c.closed_at, case.c.due_clock, case.c.due_at)
_DUE = (
    select(*_OF_NOTICE, *_OF_STEP, *_OF_CASE)
    .join(step, step.c.id == notice.c.step)
    .join(case, case.c.id == step.c.case)
    .where(notice.c.look_at <= bindparam("now"))
    .order_by(notice.c.look_at, notice.c.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(of=notice, skip_locked=True)
)
_OPEN = select(clock.c.case, clock.c.clock, clock.c.due_at).where(
    clock.c.case.in_(bindparam("cases", expanding=True)),
    clock.c.state.in_((State.RUNNING.value, State.MISSED.value)),
    clock.c.stopped_at.is_(None),
)
_KNOW = select(notice.c.step, notice.c.person, notice.c.acked_at).where(notice.c.step.in_(bindparam("steps", expanding=True)))
_TRIED = (
    select(delivery_notice.c.notice, delivery.c.method, delivery.c.state)
    .join(delivery, delivery.c.id == delivery_notice.c.delivery)
    .where(delivery_notice.c.notice.in_(bindparam("notices", expanding=True)))
)
_LOOK = update(notice).where(notice.c.id == bindparam("number")).values(look_at=bindparam("at"), look_for=bindparam("what"))
_CARRIED: Select[Any] = (
    select(notice.c.id, notice.c.look_for, notice.c.level, notice.c.told_at, step.c.deadline)
    .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
    .join(step, step.c.id == notice.c.step)
    .where(delivery_notice.c.delivery == bindparam("delivery"))
)
_WAS_TOLD = (
    update(notice)
    .where(
        notice.c.id.in_(
            select(delivery_notice.c.notice).where(
                delivery_notice.c.delivery == bindparam("delivery"), delivery_notice.c.dropped_at.is_(None)
            )
        ),
        notice.c.told_at.is_(None),
    )
    .values(told_at=bindparam("now"))
)
_END_HOLDS = (
    update(notice)
    .where(
        notice.c.person == bindparam("who"),
        notice.c.look_for == bindparam("was"),
        notice.c.step.in_(select(step.c.id).where(step.c.case == bindparam("case_id"))),
    )
    .values(look_at=bindparam("now"), look_for=bindparam("becomes"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Somebody was told of a step, or is to be: with what it was about, and how the case stands."""

    id: int
    step: int
    person: str
    level: str
    told_at: datetime | None
    look_for: str
    clock: str
    deadline: datetime
    decided_at: datetime
    case: int
    brand: str
    urgency: str
    claimed_by: str | None
    closed_at: datetime | None
    due_clock: str | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of notices that are looked at: open waits, people who know of each step, and what was tried for each notice."""

    open: frozenset[tuple[int, str, datetime | None]]  # case, clock, due
    people: dict[int, dict[str, datetime | None]]  # step -> person -> when they said that they had seen it
    tried: dict[int, dict[str, str]]  # notice -> contact method -> how that fares

    def still_waits(self, row: Notice) -> bool:
        """Tell whether a customer still waits for what a notice was about: for that clock, by that deadline."""
        if row.closed_at is not None:
            return False
        if row.clock != Clock.REPLY_WINDOW.value:
            return (row.case, row.clock, row.deadline) in self.open
        is_moved = row.due_clock == row.clock and row.due_at != row.deadline
        return not is_moved and any(case_id == row.case and name in CAPPED for case_id, name, _ in self.open)

    def is_under_way(self, row: Notice) -> bool:
        """Tell whether a message about a notice is still to be sent."""
        return any(state not in (SENT, FAILED, OVER) for state in self.tried.get(row.id, {}).values())


def any_due(conn: Connection, now: datetime) -> bool:
    """Tell whether a notice must be looked at: one read of an index."""
    return conn.execute(_ANY_DUE, {"now": now}).first() is not None


def due(conn: Connection, now: datetime, limit: int) -> list[Notice]:
    """Return notices to look at with their step and case, locked; those that another daemon has in hand are left to it."""
    return [Notice(**row._mapping) for row in conn.execute(_DUE, {"now": now, "limit": limit})]  # noqa: SLF001 - SQLAlchemy's public name for it


def known(conn: Connection, rows: Sequence[Notice]) -> Known:
    """Return what is known of these notices."""
    open_ = conn.execute(_OPEN, {"cases": list({row.case for row in rows})})
    people: dict[int, dict[str, datetime | None]] = {}
    for row in conn.execute(_KNOW, {"steps": list({row.step for row in rows})}):
        people.setdefault(row.step, {})[row.person] = row.acked_at
    tried: dict[int, dict[str, str]] = {}
    for row in conn.execute(_TRIED, {"notices": [row.id for row in rows]}):
        tried.setdefault(row.notice, {})[row.method] = row.state
    return Known(open=frozenset((row.case, row.clock, row.due_at) for row in open_), people=people, tried=tried)


def look_again(conn: Connection, looks: Iterable[tuple[int, str | None, datetime | None]]) -> None:
    """Set for each notice what it is looked at for, and when; None ends it."""
    rows = [{"number": number, "what": what, "at": at} for number, what, at in looks]
    if rows:
        conn.execute(_LOOK, rows)


def carried_by(conn: Connection, delivery_id: int) -> Sequence[Row[Any]]:
    """Return the notices that a delivery carries."""
    return conn.execute(_CARRIED, {"delivery": delivery_id}).all()


def was_told(conn: Connection, delivery_id: int, now: datetime) -> None:
    """Note of all that a delivery carries that it was told, where it was not before."""
    conn.execute(_WAS_TOLD, {"delivery": delivery_id, "now": now})


def end_holds(conn: Connection, case_id: int, person: str, *, hold: str, level: str, now: datetime) -> None:
    """Whatever a person had of a case to themselves is to be told to the level now."""
    conn.execute(_END_HOLDS, {"case_id": case_id, "who": person, "was": hold, "becomes": level, "now": now})

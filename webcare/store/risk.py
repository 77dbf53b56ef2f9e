"""What an estimate is made of: answers a day, and where a case stands among those that wait. Only entries of indexes are counted.

`on_time` of a case is written once a minute; `cases.project` takes it away when the deadline becomes another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, literal, literal_column, select, tuple_, update

from webcare.domain.sla.promise import Clock
from webcare.store.dialect import upsert
from webcare.store.queue import IS_OPEN, IS_SNOOZED
from webcare.store.risk_tables import answered_day
from webcare.store.tables import case, clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

RESPONSES = (Clock.FIRST_RESPONSE.value, Clock.NEXT_RESPONSE.value)
_ENDED = (
    select(func.count())
    .select_from(clock)
    .where(
        clock.c.stopped_at >= bindparam("start"),
        clock.c.stopped_at < bindparam("end"),
        clock.c.clock.in_([literal_column(f"'{name}'") for name in RESPONSES]),
    )
)
_ASLEEP = (  # few; the order keeps SQLite on the index of those that sleep
    select(case.c.due_at, case.c.id, case.c.claimed_by).where(IS_SNOOZED, IS_OPEN).order_by(case.c.snoozed_until)
)
_PUT = (
    update(case)
    .where(case.c.id == bindparam("number"), case.c.due_at == bindparam("until"))
    .values(on_time=bindparam("per_cent"))
)


# --- days ---


def answers(conn: Connection, start: datetime, end: datetime) -> int:
    """Count who was answered in [start, end), in time or late; one answer ends one wait."""
    return int(conn.execute(_ENDED, {"start": start, "end": end}).scalar_one())


def days(conn: Connection) -> list[Row[Any]]:
    """Return the days that are counted."""
    return list(conn.execute(select(answered_day).order_by(answered_day.c.day)))


def put_days(conn: Connection, counted: Sequence[tuple[date, int]], at: datetime, *, keep_from: date) -> None:
    """Note these counts, and forget the days before `keep_from`."""
    for day, number in counted:
        row = {"day": day.isoformat(), "answers": number, "counted_at": at}
        conn.execute(upsert(conn, answered_day, row, key=["day"]))
    conn.execute(delete(answered_day).where(answered_day.c.day < keep_from.isoformat()))


# --- cases ---


def waiting(conn: Connection, limit: int, after: tuple[datetime, int] | None = None) -> list[Row[Any]]:
    """Return open cases with a deadline, the earliest first, after the one named."""
    columns = (case.c.id, case.c.due_at, case.c.policy, case.c.on_time, case.c.snoozed_until)
    query = select(*columns).where(IS_OPEN, case.c.due_at.is_not(None))
    if after is not None:
        query = query.where(tuple_(case.c.due_at, case.c.id) > tuple_(literal(after[0], case.c.due_at.type), literal(after[1])))
    return list(conn.execute(query.order_by(case.c.due_at, case.c.id).limit(limit)))


def put(conn: Connection, found: Sequence[tuple[int, datetime, int | None]]) -> None:
    """Write the chance in per cent of each of these cases; one that has another deadline by now is left alone."""
    if found:
        conn.execute(_PUT, [{"number": number, "until": due, "per_cent": per_cent} for number, due, per_cent in found])


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """How many wait that run out before a case, and how many of them somebody has."""

    cases: int
    in_hand: int


def before(conn: Connection, case_id: int, due_at: datetime) -> Before:
    """Count what runs out earlier; what is snoozed is not in anybody's way."""
    earlier = tuple_(case.c.due_at, case.c.id) < tuple_(literal(due_at, case.c.due_at.type), literal(case_id))
    counted = select(func.count(), func.count(case.c.claimed_by)).select_from(case)
    there = conn.execute(counted.where(IS_OPEN, case.c.due_at.is_not(None), earlier)).one()
    asleep = [
        row.claimed_by for row in conn.execute(_ASLEEP) if row.due_at is not None and (row.due_at, row.id) < (due_at, case_id)
    ]
    return Before(cases=there[0] - len(asleep), in_hand=there[1] - sum(one is not None for one in asleep))

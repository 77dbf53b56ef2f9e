"""What letters have said: one digest a day, kept as it was sent, and what turned out otherwise since."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, exists, literal_column, select
from sqlalchemy import case as case_when

from webcare.domain.digest import FOUR_WEEKS, Correction, Period
from webcare.domain.durations import parse_instant
from webcare.domain.misses import Later
from webcare.domain.sla.promise import Clock, State
from webcare.store import cases
from webcare.store.dialect import insert, insert_or_ignore
from webcare.store.digest_tables import digest, told
from webcare.store.tables import case, channel, clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

DAILY = "daily"  # the only edition so far

_KEPT = select(digest.c.content).where(digest.c.edition == bindparam("of"), digest.c.day == bindparam("on"))
_LETTERS = (
    select(digest.c.day, digest.c.made_at)
    .where(digest.c.edition == DAILY, digest.c.day >= bindparam("first"), digest.c.day < bindparam("before"))
    .order_by(digest.c.day)
)
_SAME = and_(clock.c.case == told.c.case, clock.c.clock == told.c.clock, clock.c.due_at == told.c.due_at)
_NOW = case_when(  # one that runs past its deadline is missed, also before the sweep says so
    (clock.c.state.is_(None), State.NONE.value),
    (and_(clock.c.state == State.RUNNING.value, clock.c.due_at < bindparam("now")), State.MISSED.value),
    else_=clock.c.state,
)
_CHANGED = (
    select(told.c.case, told.c.clock, told.c.due_at, told.c.day, told.c.state.label("was"), _NOW.label("now"), case.c.channel)
    .outerjoin(clock, _SAME)
    .join(case, case.c.id == told.c.case)
    .where(told.c.edition == DAILY, told.c.day >= bindparam("first"), told.c.day < bindparam("before"), told.c.state != _NOW)
)
_UNTOLD = (
    select(clock.c.case, clock.c.clock, clock.c.due_at, case.c.channel)
    .join(case, case.c.id == clock.c.case)
    .where(
        clock.c.due_at >= bindparam("start"),
        clock.c.due_at < bindparam("end"),
        clock.c.state == literal_column(f"'{State.MISSED}'"),  # written out, for the partial index
        ~exists().where(_SAME, told.c.edition == DAILY),
    )
)


def kept(conn: Connection, day: date, edition: str = DAILY) -> dict[str, Any] | None:
    """Return what the letters of a day said; None when none was made."""
    found: dict[str, Any] | None = conn.execute(_KEPT, {"of": edition, "on": day.isoformat()}).scalar_one_or_none()
    return found


def keep(conn: Connection, content: Mapping[str, Any], now: datetime, edition: str = DAILY) -> bool:
    """Keep a digest; False when that of this day is there already, and that one stands."""
    row = {"edition": edition, "day": content["day"], "made_at": now, "content": dict(content)}
    if conn.execute(insert_or_ignore(conn, digest, digest.c.day), row).first() is None:
        return False
    rows = [_told(miss, content["day"], State.MISSED.value, edition) for miss in content["misses"]]
    rows += [_told(one, one["day"], one["now"], edition) for one in content["corrections"]]
    if rows:
        statement = insert(conn, told)
        newest = {"state": statement.excluded.state}
        conn.execute(statement.on_conflict_do_update(index_elements=["case", "clock", "due_at", "edition"], set_=newest), rows)
    return True


def _told(one: Mapping[str, Any], day: str, state: str, edition: str) -> dict[str, Any]:
    due_at = parse_instant(one["due_at"])
    return {"case": int(one["case"]), "clock": one["clock"], "due_at": due_at, "edition": edition, "day": day, "state": state}


def first_channel_at(conn: Connection) -> datetime | None:
    """Return when this house began to listen; None when it has no channel yet."""
    return conn.execute(select(channel.c.added_at).order_by(channel.c.added_at).limit(1)).scalar_one_or_none()


# --- what turned out otherwise ---


def corrections(conn: Connection, before: Period, now: datetime) -> list[Correction]:
    """Return what the letters of the four weeks before a day told otherwise than we know by now, and no letter has put right."""
    span = {"first": before.later(-FOUR_WEEKS).day.isoformat(), "before": before.day.isoformat()}
    made = {date.fromisoformat(row.day): row.made_at for row in conn.execute(_LETTERS, span)}
    found = []
    for one in conn.execute(_CHANGED, {**span, "now": now}).all():
        day = date.fromisoformat(one.day)
        found.append(_correction(conn, one, day, State(one.was), State(one.now), made.get(day, now)))
    for day, made_at in made.items():
        period = Period(day=day, zone=before.zone)
        for row in conn.execute(_UNTOLD, {"start": period.starts_at, "end": period.ends_at}).all():
            was = State.MET if _was_known(conn, row.case, made_at) else State.NONE
            found.append(_correction(conn, row, day, was, State.MISSED, made_at))
    return sorted((c for c in found if c.learned_at <= now), key=lambda c: (c.day, c.due_at, c.case, c.clock))


def _was_known(conn: Connection, number: int, by: datetime) -> bool:
    return any(line.learned_at <= by for line in cases.log(conn, number))


def _correction(conn: Connection, row: Any, day: date, was: State, state: State, made_at: datetime) -> Correction:
    """Return the correction; learned with the first line of the log that the letter could not know."""
    since = [line.learned_at for line in cases.log(conn, row.case) if line.learned_at > made_at]
    if state is State.MISSED:
        why = Later.FOUND if was is State.NONE else Later.WITHDRAWN
    else:
        why = Later.IN_TIME if state is State.MET else Later.NOT_COUNTED
    return Correction(
        case=str(row.case),
        channel=row.channel,
        clock=Clock(row.clock),
        due_at=row.due_at,
        day=day,
        was=was,
        now=state,
        learned_at=min(since, default=made_at),
        why=why,
    )

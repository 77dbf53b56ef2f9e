"""What letters have said: one digest a day, kept as it was sent, and what turned out otherwise since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, literal_column, select

from webcare.domain.digest import FOUR_WEEKS, Correction, Period
from webcare.domain.durations import parse_instant
from webcare.domain.misses import Later
from webcare.domain.sla.promise import Clock, State
from webcare.store import cases
from webcare.store.dialect import insert_or_ignore
from webcare.store.digest_tables import digest
from webcare.store.retention import batches
from webcare.store.tables import case, channel, clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

DAILY = "daily"  # the only edition so far

_KEPT = select(digest.c.content).where(digest.c.edition == bindparam("of"), digest.c.day == bindparam("on"))
_EARLIER = (
    select(digest.c.day, digest.c.made_at, digest.c.content)
    .where(digest.c.edition == DAILY, digest.c.day >= bindparam("first"), digest.c.day < bindparam("before"))
    .order_by(digest.c.day)
)
_STATES = (
    select(clock.c.case, clock.c.clock, clock.c.due_at, clock.c.state, case.c.channel)
    .join(case, case.c.id == clock.c.case)
    .where(clock.c.case.in_(bindparam("cases", expanding=True)))
)
_MISSED = (
    select(clock.c.case, clock.c.clock, clock.c.due_at, clock.c.state, case.c.channel)
    .join(case, case.c.id == clock.c.case)
    .where(clock.c.due_at >= bindparam("start"), clock.c.due_at < bindparam("end"))
    .where(clock.c.state == literal_column(f"'{State.MISSED}'"))  # written out, for the partial index
)

Name = tuple[str, str, "datetime"]  # case, clock, deadline


def kept(conn: Connection, day: date, edition: str = DAILY) -> dict[str, Any] | None:
    """Return what the letters of a day said; None when none was made."""
    found: dict[str, Any] | None = conn.execute(_KEPT, {"of": edition, "on": day.isoformat()}).scalar_one_or_none()
    return found


def keep(conn: Connection, content: Mapping[str, Any], now: datetime, edition: str = DAILY) -> bool:
    """Keep a digest; False when that of this day is there already, and that one stands."""
    row = {"edition": edition, "day": content["day"], "made_at": now, "content": dict(content)}
    return conn.execute(insert_or_ignore(conn, digest, digest.c.day), row).first() is not None


def first_channel_at(conn: Connection) -> datetime | None:
    """Return when this house began to listen; None when it has no channel yet."""
    return conn.execute(select(channel.c.added_at).order_by(channel.c.added_at).limit(1)).scalar_one_or_none()


# --- what turned out otherwise ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the newest letter said that spoke of a clock; `made_at` is when that of its day was made."""

    day: date
    channel: str
    state: State
    made_at: datetime


def corrections(conn: Connection, before: date, now: datetime) -> list[Correction]:
    """Return what the letters of the four weeks before a day told otherwise than we know by now, and no letter has corrected."""
    first = before - timedelta(days=FOUR_WEEKS)
    letters = conn.execute(_EARLIER, {"first": first.isoformat(), "before": before.isoformat()}).all()
    if not letters:
        return []
    told = _told(letters)
    states = dict(_states(conn, sorted({int(number) for number, _, _ in told}), now))
    changed = [
        (name, one, states.get(name, State.NONE)) for name, one in told.items() if states.get(name, State.NONE) is not one.state
    ]
    changed += [(name, one, State.MISSED) for name, one in _untold(conn, letters, told)]
    logs = {int(name[0]): cases.log(conn, int(name[0])) for name, _, _ in changed}
    found = [_correction(name, one, state, logs[int(name[0])]) for name, one, state in changed]
    return sorted((c for c in found if c.learned_at <= now), key=lambda c: (c.day, c.due_at, c.case, c.clock))


def _told(letters: Sequence[Row[Any, Any, Any]]) -> dict[Name, Told]:
    """Return what each clock was told as last: as missed, or as a later letter corrected it."""
    made = {date.fromisoformat(row.day): row.made_at for row in letters}
    told: dict[Name, Told] = {}
    for row in letters:
        day = date.fromisoformat(row.day)
        for miss in row.content["misses"]:
            name = (miss["case"], miss["clock"], parse_instant(miss["due_at"]))
            told[name] = Told(day=day, channel=miss["channel"], state=State.MISSED, made_at=row.made_at)
        for change in row.content["corrections"]:
            name = (change["case"], change["clock"], parse_instant(change["due_at"]))
            of = date.fromisoformat(change["day"])
            told[name] = Told(day=of, channel=change["channel"], state=State(change["now"]), made_at=made.get(of, row.made_at))
    return told


def _states(conn: Connection, numbers: list[int], now: datetime) -> Iterator[tuple[Name, State]]:
    """Yield how clocks stand; one that runs past its deadline is missed, also before the sweep says so."""
    for some in batches(numbers):
        for row in conn.execute(_STATES, {"cases": list(some)}):
            if row.due_at is not None:
                state = State(row.state)
                is_late = state is State.RUNNING and row.due_at < now
                yield (str(row.case), row.clock, row.due_at), State.MISSED if is_late else state


def _untold(conn: Connection, letters: Sequence[Row[Any, Any, Any]], told: Mapping[Name, Told]) -> Iterator[tuple[Name, Told]]:
    """Yield misses of days that have had their letter, which did not name them: found later, or an answer that was withdrawn."""
    for row in letters:
        period = Period(day=date.fromisoformat(row.day), zone=row.content["zone"])
        for found in conn.execute(_MISSED, {"start": period.starts_at, "end": period.ends_at}):
            name = (str(found.case), found.clock, found.due_at)
            if name not in told:
                was = State.MET if _was_known(conn, found.case, row.made_at) else State.NONE
                yield name, Told(day=period.day, channel=found.channel, state=was, made_at=row.made_at)


def _was_known(conn: Connection, number: int, by: datetime) -> bool:
    return any(line.learned_at <= by for line in cases.log(conn, number))


def _correction(name: Name, told: Told, state: State, log: list[cases.LogLine]) -> Correction:
    """Return the correction; learned with the first line of the log that the letter could not know."""
    number, which, due_at = name
    since = sorted(line.learned_at for line in log if line.learned_at > told.made_at)
    if state is State.MISSED:
        why = Later.FOUND if told.state is State.NONE else Later.WITHDRAWN
    else:
        why = Later.IN_TIME if state is State.MET else Later.NOT_COUNTED
    return Correction(
        case=number,
        channel=told.channel,
        clock=Clock(which),
        due_at=due_at,
        day=told.day,
        was=told.state,
        now=state,
        learned_at=since[0] if since else told.made_at,
        why=why,
    )

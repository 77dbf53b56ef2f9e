"""Which open cases will not be answered in time: once a minute for the whole queue, and with all its reasons for one case.

    answers a day, counted once --> pace, by calendar --+
    open cases in the order of their deadlines ---------+--> on_time of each, written where it has become another one

The place of a case in the queue is its place by deadline, so that one walk along an index tells how much goes before each. A walk is made
of short reads, and what it writes is bounded: nothing waits long for it. The arithmetic is `domain/risk.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from webcare.domain.risk import HISTORY, LOW, Estimate, Pace, Worked, estimate, pace_of, percent
from webcare.domain.walltime import instant_of
from webcare.store import leases, risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from webcare.domain.calendar import WorkingTime
    from webcare.ports.clock import Clock
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.door import Store

AT_ONCE = 2000  # cases of one read: some 20 ms
WRITTEN = 500  # in one transaction
AGAIN = timedelta(hours=1)
LEASE = timedelta(minutes=2)
CERTAIN = 100
_MIDNIGHT = time()
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How many were answered on a local day, as of `until`: its end, or the instant at which they were counted."""

    day: date
    answers: int
    start: datetime
    until: datetime


# --- the whole queue ---


async def estimate_open(store: Store, rules: Rules, clock: Clock, holder: str, *, zone: str) -> int:
    """Estimate every open case that has a deadline, and return for how many that came to something else than before."""
    now, machine = clock.now(), clock.machine()
    if not await store.write(leases.take, "risk", holder, machine + LEASE, machine):
        return 0
    counted = await store.read(_counted, now, ZoneInfo(zone))
    await store.write(risk.put_days, counted, now, keep_from=_today(now, ZoneInfo(zone)) - HISTORY * _DAY)
    paces = _Paces(await store.read(_days, now, ZoneInfo(zone)), rules)
    changed, ahead, after = 0, 0, None
    while True:
        found = await store.read(risk.waiting, AT_ONCE, after)
        other = []
        for row in found:
            on_time = _on_time(row, ahead, paces, now)
            ahead += row.snoozed_until is None
            if on_time != row.on_time:
                other.append((row.id, row.due_at, on_time))
        for start in range(0, len(other), WRITTEN):
            await store.write(risk.put, other[start : start + WRITTEN])
        changed += len(other)
        if len(found) < AT_ONCE:
            return changed
        after = (found[-1].due_at, found[-1].id)


def _on_time(row: Any, ahead: int, paces: _Paces, now: datetime) -> int | None:
    """Return what is kept of a case. Below the figure that is shown all are the same: else each would be written each minute."""
    if row.due_at <= now:
        return 0
    calendar, pace = paces.of(row.policy)
    if pace is None:
        return None
    risen = percent(ahead, pace, calendar.between(now, row.due_at))
    return CERTAIN if risen < LOW else CERTAIN - risen


class _Paces:
    """The pace in each policy's own open time: four answers in an hour at night are no four an hour of a desk that opens at nine."""

    def __init__(self, days: Sequence[Answered], rules: Rules) -> None:
        self._days = days
        self._rules = rules
        self._known: dict[str, tuple[WorkingTime, Pace | None]] = {}

    def of(self, policy: str) -> tuple[WorkingTime, Pace | None]:
        if policy not in self._known:
            calendar = calendar_of(self._rules, policy)
            self._known[policy] = calendar, _pace(self._days, calendar)
        return self._known[policy]


def calendar_of(rules: Rules, policy: str) -> WorkingTime:
    """Return when customers are answered under a policy: while the desk is staffed, else in its own time."""
    found = rules.of(policy).policy
    return found.staffed or found.calendar


def _pace(days: Sequence[Answered], calendar: WorkingTime) -> Pace | None:
    if not days:
        return None
    worked = [Worked(day=one.day, answers=one.answers, open=calendar.between(one.start, one.until)) for one in days]
    return pace_of(worked[-1], worked[:-1])


# --- days ---


def _counted(conn: Connection, now: datetime, zone: ZoneInfo) -> list[tuple[date, int]]:
    """Count today, and now and then the days before it again: history is imported, and answers turn out not to have arrived."""
    known = {row.day: row.counted_at for row in risk.days(conn)}
    found = []
    for day, start, end in _bounds(now, zone):
        counted_at = known.get(day.isoformat())
        if counted_at is None or counted_at < end or now - counted_at >= AGAIN:
            found.append((day, risk.answers(conn, start, end)))
    return found


def _days(conn: Connection, now: datetime, zone: ZoneInfo) -> list[Answered]:
    """Return the days that are counted, today last; nothing while today is not."""
    known = {row.day: row for row in risk.days(conn)}
    found = [
        Answered(day=day, answers=row.answers, start=start, until=max(start, min(end, row.counted_at)))
        for day, start, end in _bounds(now, zone)
        if (row := known.get(day.isoformat())) is not None
    ]
    return found if found and found[-1].day == _today(now, zone) else []


def _bounds(now: datetime, zone: ZoneInfo) -> Iterator[tuple[date, datetime, datetime]]:
    today = _today(now, zone)
    for back in range(HISTORY, -1, -1):
        day = today - back * _DAY
        yield day, instant_of(day, _MIDNIGHT, zone), instant_of(day + _DAY, _MIDNIGHT, zone)


def _today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()


# --- one case ---


def of_case(
    conn: Connection, case: int, *, due_at: datetime, policy: str, rules: Rules, now: datetime, zone: str
) -> Estimate | None:
    """Return what is to be expected of an open case with this deadline, and why; None while there is too little history."""
    calendar = calendar_of(rules, policy)
    pace = _pace(_days(conn, now, ZoneInfo(zone)), calendar)
    if pace is None:
        return None
    there = risk.before(conn, case, due_at)
    return estimate(due_at=due_at, ahead=there.cases, in_hand=there.in_hand, pace=pace, calendar=calendar, now=now)

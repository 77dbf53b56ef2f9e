"""Which steps are due, and when to look next.

    start |-------------- inbox ------- alert ---- page -- breach |
          0                50 %          75 %      90 %    due_at

A rung's instant follows from the clock's own time. Two rules may move it to an earlier instant, never before the clock's start
and never the breach: rungs of a deadline early in an open slot go to the end of the slot before, and rungs outside staffed hours go
to the last staffed moment. When the platform's reply window closes before the deadline, the ladder is that of the time to the cap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.calendar import ELAPSED, MICROSECOND
from webcare.domain.durations import ZERO
from webcare.domain.sla.promise import Clock
from webcare.domain.sla.working import counted

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from webcare.domain.sla.promise import Policy, Rung
    from webcare.domain.sla.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A rung with its instant. `clock` and `deadline` are what a decision is known by, with the rung's key."""

    clock: Clock
    deadline: datetime
    rung: Rung
    at: datetime


def climb(reading: Reading, *, is_urgent: bool = False) -> list[Due]:
    """Return the rungs of an open clock in the order of their instants; none while its deadline cannot be told."""
    if reading.due_at is None:
        return []
    return _rungs(reading.policy, reading, reading.clock, reading.due_at, reading.target, is_urgent=is_urgent)


def climb_to_cap(capped: Reading, cap: datetime, *, is_urgent: bool = False) -> list[Due]:
    """Return the rungs up to the closing of the reply window, in the capped clock's own time; the last one is no miss."""
    span = counted(capped.calendar, capped.start, cap, capped.excluded)
    return _rungs(capped.policy, capped, Clock.REPLY_WINDOW, cap, span, is_urgent=is_urgent)


def breach_of(reading: Reading) -> list[Due]:
    """Return the breach alone, of a clock that ended after it was due: a miss is told also when nobody looked in between."""
    return [due for due in climb(reading) if due.rung.is_breach]


def _rungs(policy: Policy, reading: Reading, clock: Clock, deadline: datetime, span: timedelta, *, is_urgent: bool) -> list[Due]:
    dues: list[Due] = []
    for rung in policy.ladder:
        at: datetime | None
        if rung.is_breach:
            at = deadline
        else:
            offset = span * rung.share if rung.share is not None else span - (rung.left or ZERO)
            at = reading.instant(max(offset, ZERO))
            if at is not None and clock is Clock.REPLY_WINDOW and (rung.share is None or rung.share < 1):
                at = min(at, deadline)  # the window may close before a clock in working time has begun
            if at is not None and not (rung.share is not None and rung.share > 1):
                at = _moved(policy, reading, deadline, at, is_urgent=is_urgent)
        if at is not None:
            dues.append(Due(clock=clock, deadline=deadline, rung=rung, at=at))
    return sorted(dues, key=lambda due: due.at)


def _moved(policy: Policy, reading: Reading, deadline: datetime, at: datetime, *, is_urgent: bool) -> datetime:
    calendar = reading.calendar
    if calendar is not ELAPSED and at < deadline:
        opened = calendar.slot_start(deadline, policy.early)
        if opened is not None and at >= opened:
            closing = _closing_before(reading, opened)
            if closing is not None and closing >= reading.started_at:
                at = closing
    if policy.staffed is not None and not is_urgent:
        staffed = policy.staffed.last_open(at)
        if staffed is not None and staffed >= reading.started_at:
            at = staffed
    return at


def _closing_before(reading: Reading, opened: datetime) -> datetime | None:
    """Return the end of the slot before the one that opened at `opened`, which was closed just before."""
    return reading.calendar.last_open(opened - MICROSECOND)

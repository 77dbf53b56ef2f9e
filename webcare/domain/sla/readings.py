"""Clocks, read off a timeline at an instant: state, due, elapsed, and every span that counted or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.calendar import ELAPSED, Span
from webcare.domain.sla.promise import Clock, ReplyWindow, State
from webcare.domain.sla.timeline import Ending, Wait
from webcare.domain.sla.working import counted, instant_of, spans, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from webcare.domain.calendar import WorkingTime
    from webcare.domain.sla.promise import Policy
    from webcare.domain.sla.timeline import Timeline
    from webcare.domain.sla.working import Exclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One clock, or one exchange of a response clock, at an instant.

    `elapsed` is in the clock's own time; `due_at` is None while it cannot be told: paused, closed or dropped. `is_open` says that
    somebody still waits; `is_over` that it was ended, by an answer or otherwise.
    """

    clock: Clock
    state: State
    calendar: WorkingTime
    start: datetime  # when it really began, also in closed hours
    started_at: datetime
    target: timedelta
    due_at: datetime | None
    stopped_at: datetime | None
    elapsed: timedelta
    is_open: bool
    excluded: Sequence[Exclusion]
    policy: Policy  # that it is read by

    @property
    def slack(self) -> timedelta:
        return self.target - self.elapsed

    def instant(self, offset: timedelta) -> datetime | None:
        """Return when `offset` of the clock's own time has passed; None when that cannot be told now."""
        return instant_of(self.calendar, self.start, offset, self.excluded)

    def trace(self, now: datetime) -> Iterator[Span]:
        """Yield why each stretch counted or did not, from the start to the later of due and now (or the stop)."""
        cut = self.stopped_at if self.stopped_at is not None else now
        end = max(cut, self.due_at or cut)
        for span in spans(self.calendar, self.started_at, end, self.excluded):
            if span.start < cut < span.end:
                yield Span(start=span.start, end=cut, counted=span.counted, why=span.why)
                yield Span(start=cut, end=span.end, counted=span.counted, why=span.why)
            else:
                yield span


def read_wait(line: Timeline, wait: Wait, clock: Clock) -> Reading | None:
    """Return a response clock or promise; None when the policy has no such clock."""
    pauses = clock is Clock.KEEP_IN_LOOP or wait.policy.pause_hides_unanswered
    return _read(line, clock, wait, line.excluded(wait.policy, pauses=pauses))


def read_resolution(line: Timeline) -> Reading | None:
    """Return the resolution clock: it stops at the last close and goes on, without the closed time, after a reopening."""
    if line.opened_at is None:
        return None
    closed_at, policy = line.closed_at, line.resolved_by
    ending = Ending.OPEN if closed_at is None else Ending.ANSWERED
    wait = Wait(start=line.opened_at, target=policy.resolution, policy=policy, end=closed_at, ending=ending)
    return _read(line, Clock.RESOLUTION, wait, line.excluded(policy, pauses=True))


def _read(line: Timeline, clock: Clock, wait: Wait, excluded: list[Exclusion]) -> Reading | None:
    if not wait.target:
        return None
    calendar, horizon = wait.policy.calendar, wait.end or line.now
    if wait.end is not None:
        excluded = until(excluded, wait.end)
    due_at = instant_of(calendar, wait.start, wait.target, excluded)
    state, stopped_at = _state(line, wait, due_at)
    return Reading(
        clock=clock,
        state=state,
        calendar=calendar,
        start=wait.start,
        started_at=calendar.opening(wait.start),
        target=wait.target,
        due_at=None if state is State.DROPPED else due_at,
        stopped_at=stopped_at,
        elapsed=counted(calendar, wait.start, horizon, excluded),
        is_open=wait.ending is Ending.OPEN and line.closed_at is None,
        excluded=excluded,
        policy=wait.policy,
    )


def _state(line: Timeline, wait: Wait, due_at: datetime | None) -> tuple[State, datetime | None]:
    """Return a wait's state and where it stopped."""
    if wait.end is not None:
        late = due_at is not None and wait.end > due_at
        ended = State.MET if wait.ending is Ending.ANSWERED else State.DROPPED
        return (State.MISSED if late else ended), wait.end
    if line.closed_at is not None:
        late = due_at is not None and due_at < line.closed_at
        return (State.MISSED, None) if late else (State.DROPPED, line.closed_at)
    return (State.MISSED if due_at is not None and line.now > due_at else State.RUNNING), None


def read_window(line: Timeline, window: ReplyWindow | None) -> Reading | None:
    """Return the reply window: real seconds from the customer's last message, whatever our calendar says."""
    if window is None or line.last_inbound_at is None:
        return None
    end = line.last_inbound_at + window.length
    if line.now <= end:
        state = State.RUNNING
    else:
        owed = any(w.start <= end and (w.end is None or w.end > end) for w in (*line.first, *line.nexts, *line.promises))
        closed = any(x.start <= end and (x.end is None or x.end > end) for x in line.closures)
        state = State.MISSED if owed and not closed else State.CLOSED
    return Reading(
        clock=Clock.REPLY_WINDOW,
        state=state,
        calendar=ELAPSED,
        start=line.last_inbound_at,
        started_at=line.last_inbound_at,
        target=window.length,
        due_at=end,
        stopped_at=None,
        elapsed=line.now - line.last_inbound_at,
        is_open=state is State.RUNNING,
        excluded=(),
        policy=line.policy,
    )

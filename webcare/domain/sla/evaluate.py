"""One case at one instant: every clock, what is due next, which steps, and when to look again.

This is the only door into the SLA engine: the command line, the sweep and the pages all ask here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.calendar import MICROSECOND
from webcare.domain.sla.ladder import breach_of, climb, climb_to_cap
from webcare.domain.sla.promise import CAPPED, Clock, State
from webcare.domain.sla.readings import read_resolution, read_wait, read_window
from webcare.domain.sla.timeline import read_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from webcare.domain.calendar import Span
    from webcare.domain.sla.events import Event
    from webcare.domain.sla.ladder import Due
    from webcare.domain.sla.promise import Era, Policy, ReplyWindow
    from webcare.domain.sla.readings import Reading
    from webcare.domain.sla.timeline import Timeline, Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDue:
    """The effective deadline. `reading` is the clock it belongs to, also when the reply window caps it."""

    clock: Clock
    at: datetime
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A case as of `now`. `exchanges` holds every reading of every clock in the order of time, `clocks` the one that is shown."""

    policy: Policy
    now: datetime
    timeline: Timeline
    clocks: dict[Clock, Reading | None]
    exchanges: dict[Clock, list[Reading]]
    next_due: NextDue | None
    ladders: list[list[Due]]  # of every open clock
    is_urgent: bool

    @property
    def worst(self) -> Reading | None:
        """The slowest exchange after our first answer, of equals the one that goes on; a dropped one only if there is no other."""
        answers = self.exchanges[Clock.NEXT_RESPONSE]
        kept = [reading for reading in answers if reading.state is not State.DROPPED]
        return max(kept or answers, key=lambda reading: (reading.elapsed, reading.is_open), default=None)

    @property
    def ladder(self) -> list[Due]:
        """The rungs of the clock in `next_due`."""
        if self.next_due is None:
            return []
        return next((rungs for rungs in self.ladders if rungs and rungs[0].clock is self.next_due.clock), [])

    @property
    def steps_due(self) -> list[Due]:
        return [due for due in self.ladder if due.at <= self.now]

    @property
    def decisions(self) -> list[Due]:
        """Every rung that has been reached on any clock: those of open clocks, and the breach of those that ended late."""
        late = [
            reading
            for clock, readings in self.exchanges.items()
            for reading in readings
            if clock is not Clock.REPLY_WINDOW and reading.state is State.MISSED and not reading.is_open
        ]
        reached = [due for rungs in self.ladders for due in rungs if due.at <= self.now]
        return reached + [due for reading in late for due in breach_of(reading) if due.at <= self.now]

    @property
    def next_check_at(self) -> datetime | None:
        """The first instant after `now` at which a state, a step or a deadline changes by itself."""
        return min(self._changes(self.ladder), default=None)

    @property
    def watch_at(self) -> datetime | None:
        """When the sweep must look again: as `next_check_at`, over the ladders of all open clocks and the policy's own close."""
        changes = list(self._changes([due for rungs in self.ladders for due in rungs]))
        closes = self.timeline.closes_itself_at
        if closes is not None and closes > self.now:
            changes.append(closes)
        if any(r is not None and r.state is State.RUNNING and r.due_at == self.now for r in self.clocks.values()):
            changes.append(self.now + MICROSECOND)  # due at this very instant: a miss from the next one on
        return min(changes, default=None)

    def _changes(self, rungs: list[Due]) -> Iterator[datetime]:
        for due in rungs:
            if due.at > self.now:
                yield due.at
        for reading in self.clocks.values():
            if reading is not None and reading.state is State.RUNNING and reading.due_at and reading.due_at > self.now:
                yield reading.due_at
        resolution = self.clocks[Clock.RESOLUTION]
        closes = self.timeline.closes_itself_at
        if resolution is not None and resolution.is_open and closes is not None and closes > self.now:
            yield closes
        slowest, current = self.worst, self.clocks[Clock.NEXT_RESPONSE]
        if slowest is not None and current is not None and current.is_open and current is not slowest:
            overtakes = current.instant(slowest.elapsed)
            if overtakes is not None and overtakes > self.now:
                yield overtakes

    @property
    def traced(self) -> Reading | None:
        """The clock that the trace belongs to: that of `next_due`, else the last one that ended."""
        if self.next_due is not None:
            return self.next_due.reading
        readings = [r for clock, known in self.exchanges.items() if clock is not Clock.REPLY_WINDOW for r in known]
        return max(readings, key=lambda r: r.stopped_at or self.now, default=None)

    def trace(self) -> list[Span]:
        return [] if self.traced is None else list(self.traced.trace(self.now))


def evaluate(
    events: Sequence[Event],
    policy: Policy,
    now: datetime,
    *,
    window: ReplyWindow | None = None,
    is_urgent: bool = False,
    earlier: Sequence[Era] = (),
) -> Evaluation:
    """Return the state of a case's promises as of `now`. Events may come in any order; later ones are not known yet.

    `earlier` are the policies that held before this one, the first one first: clocks that were over by then, or overdue, stay theirs.
    The reply window is the platform's: it is always that of today.
    """
    line = read_log(events, policy, now, earlier)
    resolution, closing = read_resolution(line), read_window(line, window)
    exchanges: dict[Clock, list[Reading]] = {
        Clock.FIRST_RESPONSE: _read_all(line, line.first, Clock.FIRST_RESPONSE),
        Clock.NEXT_RESPONSE: _read_all(line, line.nexts, Clock.NEXT_RESPONSE),
        Clock.KEEP_IN_LOOP: _read_all(line, line.promises, Clock.KEEP_IN_LOOP),
        Clock.RESOLUTION: [resolution] if resolution is not None else [],
        Clock.REPLY_WINDOW: [closing] if closing is not None else [],
    }
    cap = closing.due_at - window.margin if closing is not None and closing.due_at is not None and window is not None else None
    open_now = [r for clock, known in exchanges.items() if clock is not Clock.REPLY_WINDOW for r in known if r.is_open]
    deadlines = _deadlines(open_now, cap)
    ladders = [climb(reading, is_urgent=is_urgent) for reading in open_now]
    capped = next((due for due in deadlines if due.clock is Clock.REPLY_WINDOW), None)
    if capped is not None:  # also when another clock is due before: each has its own ladder
        to_cap = climb_to_cap(capped.reading, capped.at, is_urgent=is_urgent)
        ladders = [to_cap, *(_beyond_cap(rungs, cap) for rungs in ladders)]
    return Evaluation(
        policy=line.policy,
        now=now,
        timeline=line,
        clocks={clock: known[-1] if known else None for clock, known in exchanges.items()},
        exchanges=exchanges,
        next_due=min(deadlines, key=lambda due: due.at, default=None),
        ladders=ladders,
        is_urgent=is_urgent,
    )


def _read_all(line: Timeline, waits: list[Wait], clock: Clock) -> list[Reading]:
    return [reading for wait in waits if (reading := read_wait(line, wait, clock)) is not None]


def _deadlines(open_now: list[Reading], cap: datetime | None) -> list[NextDue]:
    """Return the deadlines of the open clocks, the cap of the reply window in place of those that lie behind it."""
    found: list[NextDue] = []
    for reading in open_now:
        if reading.due_at is None:
            continue
        is_capped = cap is not None and reading.clock in CAPPED and cap < reading.due_at
        at, clock = (cap, Clock.REPLY_WINDOW) if is_capped and cap is not None else (reading.due_at, reading.clock)
        found.append(NextDue(clock=clock, at=at, reading=reading))
    return found


def _beyond_cap(rungs: list[Due], cap: datetime | None) -> list[Due]:
    """Leave a capped clock its own breach only: the steps before it were those of the ladder to the cap."""
    if cap is None or not rungs or rungs[0].clock not in CAPPED or rungs[0].deadline <= cap:
        return rungs
    return [due for due in rungs if due.rung.is_breach]

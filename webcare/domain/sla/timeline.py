"""A case's log -> what was open when: waits, promises, pauses, closures.

    inbound ---- inbound ---- answer ---- courtesy ---- inbound ---- close ---- reopen ---- answer
    |<------ first wait ------>|                        |<-------- second wait, closed time excluded -->|

One pass over the log in the order of the platform's time. It relies on `needs` for which messages need a response, and decides here
only what follows from the order of things: which wait an answer ends, what a close interrupts, what a message reopens, and when a case
closes by itself. Clocks are read off the result in `readings`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING

from webcare.domain.sla.events import POLICY, EventType
from webcare.domain.sla.needs import needs_of
from webcare.domain.sla.working import Exclusion, instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from webcare.domain.sla.events import Event
    from webcare.domain.sla.needs import Need
    from webcare.domain.sla.promise import Policy

CASE_CLOSED = "case closed"


class Ending(IntEnum):
    OPEN = 0
    ANSWERED = 1
    DROPPED = 2


@dataclass(slots=True, kw_only=True)
class Wait:
    """A customer waits for a response, or for what we promised: from `start` until an answer, or until nobody waits any more."""

    start: datetime
    target: timedelta | None
    needs: list[Need] = field(default_factory=list)
    end: datetime | None = None
    ending: Ending = Ending.OPEN
    is_relaxed: bool = False

    def stop(self, at: datetime, ending: Ending) -> None:
        self.end, self.ending = at, ending


@dataclass(slots=True, kw_only=True)
class Timeline:
    """What the log says as of `now`. Lists are in the order of time."""

    policy: Policy
    now: datetime
    first: list[Wait] = field(default_factory=list)
    nexts: list[Wait] = field(default_factory=list)
    promises: list[Wait] = field(default_factory=list)
    closures: list[Exclusion] = field(default_factory=list)
    pauses: list[Exclusion] = field(default_factory=list)
    opened_at: datetime | None = None
    last_inbound_at: datetime | None = None
    ignored: list[tuple[datetime, str | None]] = field(default_factory=list)
    spoke_at: datetime | None = None
    quiet_since: datetime | None = None  # when close_after began to run
    self_closed: list[datetime] = field(default_factory=list)  # closes that follow from the policy and stand in no log yet

    @property
    def closed_at(self) -> datetime | None:
        return self.closures[-1].start if self.closures and self.closures[-1].end is None else None

    @property
    def paused_as(self) -> str | None:
        return self.pauses[-1].why if self.pauses and self.pauses[-1].end is None else None

    @property
    def closes_itself_at(self) -> datetime | None:
        """When the policy closes the case, if nothing happens before."""
        if self.policy.close_after is None or self.quiet_since is None:
            return None
        return self.quiet_since + self.policy.close_after

    def excluded(self, *, pauses: bool) -> list[Exclusion]:
        """Return the stretches that do not count."""
        return sorted((*self.closures, *(self.pauses if pauses else ())), key=lambda x: x.start)


class _Reader:
    """Reads events one by one; the fields of `line` are the state."""

    def __init__(self, policy: Policy, now: datetime) -> None:
        self.policy = policy
        self.line = Timeline(policy=policy, now=now)
        self.wait: Wait | None = None
        self.promise: Wait | None = None
        self.first_done = False

    # --- what happens ---

    def inbound(self, event: Event) -> None:
        if self.comes_too_late(event.at):
            self.line.ignored.append((event.at, event.ref))
        else:
            self.line.last_inbound_at = event.at

    def need_begins(self, need: Need, at: datetime) -> None:
        line = self.line
        if self.comes_too_late(at):
            return
        if line.closed_at is not None:
            self.reopen(at)
        if line.opened_at is None:
            line.opened_at = at
        if self.wait is None:
            target = self.policy.next_response if self.first_done else self.policy.first_response
            self.wait = Wait(start=at, target=target)
            (line.nexts if self.first_done else line.first).append(self.wait)
        self.wait.needs.append(need)
        self._quiet(None)

    def need_ends(self, need: Need, at: datetime) -> None:
        """Somebody said that this message needs no answer, or its writer deleted it."""
        wait = self.wait
        if wait is None or need not in wait.needs:
            return
        wait.needs.remove(need)
        overdue = self.is_overdue(wait, at)
        if wait.needs:
            if not overdue:
                wait.start = min(rest.start[0] for rest in wait.needs)
            return
        wait.stop(at, Ending.DROPPED)
        self.wait = None
        self.first_done = self.first_done or overdue  # a miss already made stays; the next wait is another exchange
        if need.deleted and self.promise is None:
            self.close(at)
        self._quiet(at)

    def answer(self, at: datetime) -> None:
        if self.line.last_inbound_at is None:
            return
        if self.promise is not None:
            self.promise.stop(at, Ending.ANSWERED)
            self.promise = None
        if self.wait is not None:
            self.wait.stop(at, Ending.ANSWERED)
            self.wait = None
            self.first_done = True
        self.line.spoke_at = at
        self._quiet(at)

    def promised(self, event: Event) -> None:
        within = event.within if event.within is not None else self.policy.keep_in_loop
        if self.line.last_inbound_at is None or not within:
            return
        if self.promise is not None:
            self.promise.stop(event.at, Ending.DROPPED)
        self.promise = Wait(start=event.at, target=within)
        self.line.promises.append(self.promise)
        self._quiet(None)

    def community_answer(self, at: datetime) -> None:
        wait, relax = self.wait, self.policy.community_relax
        if wait is not None and relax and wait.target and not wait.is_relaxed and not self.is_overdue(wait, at):
            wait.is_relaxed, wait.target = True, wait.target + relax

    def state(self, at: datetime, to: str | None) -> None:
        self.end_pause(at)
        if to in self.policy.pause_states:
            self.line.pauses.append(Exclusion(start=at, why=f"paused: {to}"))
            self._quiet(None)

    def end_pause(self, at: datetime) -> None:
        if self.line.paused_as is not None:
            self.line.pauses[-1].end = at
            self._quiet(at)

    def close(self, at: datetime, by: str | None = None) -> None:
        if self.line.last_inbound_at is None or self.line.closed_at is not None:
            return
        if by == POLICY and (self.wait or self.promise or self.line.paused_as):
            return  # a fact that arrived later shows that the case was not finished
        self.line.closures.append(Exclusion(start=at, why=CASE_CLOSED))
        self._quiet(None)

    def reopen(self, at: datetime) -> None:
        if self.line.closed_at is not None:
            self.line.closures[-1].end = at
        self.end_pause(at)
        self._quiet(at)

    # --- what follows ---

    def _quiet(self, at: datetime | None) -> None:
        """Note since when nothing is open, if that is so."""
        line = self.line
        open_ = self.wait or self.promise or line.paused_as or line.closed_at
        line.quiet_since = None if at is None or open_ or line.spoke_at is None else at

    def closes_itself(self, before: datetime, *, inclusive: bool = False) -> None:
        at = self.line.closes_itself_at
        if at is not None and (at < before or (inclusive and at == before)):
            self.close(at)
            self.line.self_closed.append(at)

    def comes_too_late(self, at: datetime) -> bool:
        """Tell whether a message finds the case closed for so long that it belongs to a new one."""
        closed_at, within = self.line.closed_at, self.policy.reopen_within
        return closed_at is not None and within is not None and at - closed_at > within

    def is_overdue(self, wait: Wait, at: datetime) -> bool:
        """Tell whether a wait had run past its target; at exactly the due instant it had not."""
        if not wait.target:
            return False
        policy = self.policy
        excluded = self.line.excluded(pauses=policy.pause_hides_unanswered)
        due = instant_of(policy.calendar, wait.start, wait.target, excluded)
        return due is not None and due < at


def read_log(events: Sequence[Event], policy: Policy, now: datetime) -> Timeline:
    """Return what the log says as of `now`; later events are not known yet. Events may come in any order."""
    log = sorted(((i, e) for i, e in enumerate(events) if e.at <= now), key=lambda x: x[1].at)
    log = [(i, e) for i, (_, e) in enumerate(_without_withdrawn(log))]
    reader = _Reader(policy, now)
    needs = needs_of(log)
    # instant, position in the log, and within one event: a need begins, the event itself, a need ends
    moments: list[tuple[datetime, int, int, Callable[[], None]]] = [(e.at, i, 1, partial(_apply, reader, e)) for i, e in log]
    moments += [(*n.start, 0, partial(reader.need_begins, n, n.start[0])) for n in needs]
    moments += [(*n.end, 2, partial(reader.need_ends, n, n.end[0])) for n in needs if n.end is not None]
    for at, _, _, happens in sorted(moments, key=lambda m: m[:3]):
        reader.closes_itself(at)
        happens()
    reader.closes_itself(now, inclusive=True)
    return reader.line


def _apply(reader: _Reader, event: Event) -> None:
    match event.type:
        case EventType.INBOUND:
            reader.inbound(event)
        case EventType.ANSWER:
            reader.answer(event.at)
        case EventType.PROMISE:
            reader.promised(event)
        case EventType.COMMUNITY_ANSWER:
            reader.community_answer(event.at)
        case EventType.STATE:
            reader.state(event.at, event.to)
        case EventType.CLOSE:
            reader.close(event.at, event.by)
        case EventType.REOPEN:
            reader.reopen(event.at)
        case _:
            pass  # notes, bots and claims move no clock; edits, deletions and verdicts came in as needs


def _without_withdrawn(log: list[tuple[int, Event]]) -> list[tuple[int, Event]]:
    """Leave out answers that failed afterwards, and the promises that were made in them: as if they had not been given."""
    failed = {e.ref: e.at for _, e in log if e.type is EventType.WITHDRAWN and e.ref is not None}
    kept: list[tuple[int, Event]] = []
    last_failed_until: datetime | None = None
    for i, event in log:
        if event.type is EventType.ANSWER:
            last_failed_until = failed.get(event.ref) if event.ref is not None else None
            if last_failed_until is not None:
                continue
        elif event.type is EventType.PROMISE and last_failed_until is not None and event.at <= last_failed_until:
            continue
        kept.append((i, event))
    return kept

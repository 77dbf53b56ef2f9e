"""A case's log -> what was open when: waits, promises, pauses, closures.

    inbound ---- inbound ---- answer ---- courtesy ---- inbound ---- close ---- reopen ---- answer
    |<------ first wait ------>|                        |<-------- second wait, closed time excluded -->|

One pass over the log in the order of the platform's time. It relies on `needs` for which messages need a response, and decides here
only what follows from the order of things: which wait an answer ends, what a close interrupts, what a message reopens, and when a case
closes by itself. Clocks are read off the result in `readings`.

Where the rules changed, each wait keeps the policy that its clock is read by: what ran then goes on by the new one as if it had always
held, what was over or overdue stays. What happened stays as it happened: closes, reopenings, which wait is the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from webcare.domain.sla.events import POLICY, EventType
from webcare.domain.sla.needs import needs_of
from webcare.domain.sla.promise import Era
from webcare.domain.sla.working import Exclusion, instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from webcare.domain.sla.events import Event
    from webcare.domain.sla.needs import Need
    from webcare.domain.sla.promise import Policy

CASE_CLOSED = "case closed"
RULED = 3  # among what happens at an instant: after all else


class Ending(IntEnum):
    OPEN = 0
    ANSWERED = 1
    DROPPED = 2


@dataclass(slots=True, kw_only=True)
class Wait:
    """A customer waits for a response, or for what we promised: from `start` until an answer, or until nobody waits any more."""

    start: datetime
    target: timedelta | None
    policy: Policy
    within: timedelta | None = None  # what an agent promised: no policy changes that
    is_first: bool = False
    needs: list[Need] = field(default_factory=list)
    end: datetime | None = None
    ending: Ending = Ending.OPEN
    helped_at: datetime | None = None  # by another customer
    is_relaxed: bool = False

    def stop(self, at: datetime, ending: Ending) -> None:
        self.end, self.ending = at, ending


@dataclass(slots=True, kw_only=True)
class Timeline:
    """What the log says as of `now`. Lists are in the order of time. `policy` is the one in force."""

    policy: Policy
    now: datetime
    resolved_by: Policy  # that resolution is read by
    ruled_at: datetime | None = None  # since when the policy holds; None: always
    first: list[Wait] = field(default_factory=list)
    nexts: list[Wait] = field(default_factory=list)
    promises: list[Wait] = field(default_factory=list)
    closures: list[Exclusion] = field(default_factory=list)
    rests: list[Exclusion] = field(default_factory=list)  # each state, by its name; which of them pause is the policy's business
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
        rest = self.rests[-1] if self.rests and self.rests[-1].end is None else None
        return None if rest is None or rest.why not in self.policy.pause_states else _paused(rest.why)

    @property
    def closes_itself_at(self) -> datetime | None:
        """When the policy closes the case, if nothing happens before."""
        if self.policy.close_after is None or self.quiet_since is None:
            return None
        at = self.quiet_since + self.policy.close_after
        return at if self.ruled_at is None else max(at, self.ruled_at)

    def excluded(self, policy: Policy, *, pauses: bool) -> list[Exclusion]:
        """Return the stretches that do not count by this policy."""
        if not pauses or not self.rests:
            return list(self.closures)
        states = policy.pause_states
        paused = [Exclusion(start=x.start, end=x.end, why=_paused(x.why)) for x in self.rests if x.why in states]
        return sorted((*self.closures, *paused), key=lambda x: x.start)


def _paused(state: str) -> str:
    return f"paused: {state}"


class _Reader:
    """Reads events one by one; the fields of `line` are the state."""

    def __init__(self, policy: Policy, now: datetime) -> None:
        self.policy = policy
        self.line = Timeline(policy=policy, resolved_by=policy, now=now)
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
            self.wait = Wait(start=at, target=None, policy=self.policy, is_first=not self.first_done)
            self.wait.target = _target(self.wait)
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
        within = _promised(event.within, self.policy)
        if self.line.last_inbound_at is None or not within:
            return
        if self.promise is not None:
            self.promise.stop(event.at, Ending.DROPPED)
        self.promise = Wait(start=event.at, target=within, policy=self.policy, within=event.within)
        self.line.promises.append(self.promise)
        self._quiet(None)

    def community_answer(self, at: datetime) -> None:
        wait = self.wait
        if wait is not None:
            wait.helped_at = wait.helped_at or at
            self._relax(wait, at)

    def _relax(self, wait: Wait, at: datetime) -> None:
        relax = wait.policy.community_relax
        if relax and wait.target and not wait.is_relaxed and not self.is_overdue(wait, at):
            wait.is_relaxed, wait.target = True, wait.target + relax

    def state(self, at: datetime, to: str | None) -> None:
        self.end_pause(at)
        if to is not None:
            self.line.rests.append(Exclusion(start=at, why=to))
            if self.line.paused_as is not None:
                self._quiet(None)

    def end_pause(self, at: datetime) -> None:
        if self.line.rests and self.line.rests[-1].end is None:
            paused = self.line.paused_as
            self.line.rests[-1].end = at
            if paused is not None:
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
            self.take_over(at)  # what rested while it was closed goes on by the rules of today
        self.end_pause(at)
        self._quiet(at)

    # --- other rules ---

    def ruled(self, at: datetime, policy: Policy) -> None:
        """Go on by another policy."""
        paused = self.line.paused_as
        self.policy = self.line.policy = policy
        self.line.ruled_at = at
        if self.line.closed_at is None:
            self.take_over(at)
        if (self.line.paused_as is None) is not (paused is None):
            self._quiet(None if paused is None else at)

    def take_over(self, at: datetime) -> None:
        """Let the policy in force have the clocks that run; what is overdue stays with the one that it was due by."""
        for wait in (self.wait, self.promise):
            if wait is None or wait.policy is self.policy or self.is_overdue(wait, at):
                continue
            wait.policy, wait.is_relaxed = self.policy, False
            wait.target = _target(wait) if wait is self.wait else _promised(wait.within, self.policy)
            if wait.helped_at is not None:
                self._relax(wait, wait.helped_at)
        if self.promise is not None and not self.promise.target:  # there is no such clock any more
            self.line.promises.remove(self.promise)
            self.promise = None
            self._quiet(at)
        if self.line.resolved_by is not self.policy and not self._is_overdue_to_close(at):
            self.line.resolved_by = self.policy

    def _is_overdue_to_close(self, at: datetime) -> bool:
        line, policy = self.line, self.line.resolved_by
        if line.opened_at is None or not policy.resolution:
            return False
        due = instant_of(policy.calendar, line.opened_at, policy.resolution, line.excluded(policy, pauses=True))
        return due is not None and due < at

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
        policy = wait.policy
        excluded = self.line.excluded(policy, pauses=policy.pause_hides_unanswered or wait is self.promise)
        due = instant_of(policy.calendar, wait.start, wait.target, excluded)
        return due is not None and due < at


def _target(wait: Wait) -> timedelta | None:
    return wait.policy.first_response if wait.is_first else wait.policy.next_response


def _promised(within: timedelta | None, policy: Policy) -> timedelta | None:
    return within if within is not None else policy.keep_in_loop


def read_log(events: Sequence[Event], policy: Policy, now: datetime, earlier: Sequence[Era] = ()) -> Timeline:
    """Return what the log says as of `now`; later events are not known yet. Events may come in any order, eras in that of time.

    `policy` holds since the end of the last era; what happened at that very instant still counts by the era.
    """
    log = sorted(((i, e) for i, e in enumerate(events) if e.at <= now), key=lambda x: x[1].at)
    log = [(i, e) for i, (_, e) in enumerate(_without_withdrawn(log))]
    reigns = [(era.until, next_.policy) for era, next_ in pairwise((*earlier, Era(until=now, policy=policy))) if era.until <= now]
    reader = _Reader(earlier[0].policy if earlier else policy, now)
    needs = needs_of(log)
    # instant, position in the log, and within one event: a need begins, the event itself, a need ends
    moments: list[tuple[datetime, int, int, Callable[[], None]]] = [(e.at, i, 1, partial(_apply, reader, e)) for i, e in log]
    moments += [(*n.start, 0, partial(reader.need_begins, n, n.start[0])) for n in needs]
    moments += [(*n.end, 2, partial(reader.need_ends, n, n.end[0])) for n in needs if n.end is not None]
    moments += [(until, len(events), RULED, partial(reader.ruled, until, next_)) for until, next_ in reigns]
    for at, _, what, happens in sorted(moments, key=lambda m: m[:3]):
        reader.closes_itself(at, inclusive=what == RULED)
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
    if not failed:
        return log
    kept: list[tuple[int, Event]] = []
    last_failed_until: datetime | None = None
    for i, event in log:
        if event.type is EventType.ANSWER:
            last_failed_until = failed.get(event.ref) if event.ref is not None else None
            if last_failed_until is not None:
                continue
        elif _fell(event, failed, last_failed_until):
            continue
        kept.append((i, event))
    return kept


def _fell(event: Event, failed: Mapping[str, datetime], last_failed_until: datetime | None) -> bool:
    """Tell whether something was taken back on its own, or with the answer that it was part of."""
    if event.type is EventType.COMMUNITY_ANSWER:
        return event.ref in failed
    return event.type is EventType.PROMISE and last_failed_until is not None and event.at <= last_failed_until

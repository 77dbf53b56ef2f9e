"""Cases for the property tests: any log, under any policy.

Instants lie on half hours more often than not, so that events meet deadlines, rungs and closing times exactly; the days are those
around a change of the clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from webcare.domain.calendar import ELAPSED, Calendar
from webcare.domain.sla.evaluate import Evaluation, evaluate
from webcare.domain.sla.events import Event, EventType
from webcare.domain.sla.promise import LADDER, Policy, ReplyWindow, Rung

START = datetime(2026, 3, 27, 6, tzinfo=UTC)  # a Friday; the clocks of Europe change on Sunday
HALF_HOUR, HOUR, DAY, INSTANT, ZERO = (
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(days=1),
    timedelta(microseconds=1),
    timedelta(0),
)


def week(zone: str, *days: tuple[tuple[int, int], ...]) -> Calendar:
    return Calendar(zone=ZoneInfo(zone), hours=tuple(tuple((a * 60, b * 60) for a, b in slots) for slots in days))


OFFICE = week("Europe/Amsterdam", *[((9, 17),)] * 5, (), ())
LUNCH = week("Europe/London", *[((8, 12), (13, 18))] * 6, ())
NIGHT = week("Europe/Amsterdam", *[((0, 4), (22, 24))] * 7)
TEAM = week("Europe/Amsterdam", *[((8, 22),)] * 7)
ALWAYS = week("UTC", *[((0, 24),)] * 7)
UTC_OFFICE = week("UTC", *[((9, 17),)] * 5, (), ())


@dataclass(frozen=True, kw_only=True)
class Case:
    events: list[Event]
    policy: Policy
    now: datetime
    window: ReplyWindow | None = None
    is_urgent: bool = False

    def at(self, now: datetime) -> Evaluation:
        """Evaluate what is known at an instant."""
        return evaluate(self.events, self.policy, now, window=self.window, is_urgent=self.is_urgent)

    def known(self) -> Case:
        return replace(self, events=[e for e in self.events if e.at <= self.now])

    def plus(self, *events: Event) -> Case:
        return replace(self, events=[*self.events, *events])


offsets = st.tuples(st.integers(0, 192), st.sampled_from([ZERO, ZERO, ZERO, INSTANT, -INSTANT, timedelta(seconds=61.5)])).map(
    lambda drawn: drawn[0] * HALF_HOUR + drawn[1]
)
instants = offsets.map(lambda offset: START + offset)
long = st.sampled_from([DAY, 2 * DAY, 8 * HOUR, HOUR, ZERO, None, None])
targets = st.sampled_from(
    [4 * HOUR, 8 * HOUR, HOUR, DAY, 2 * HOUR, 4 * HOUR, 16 * HOUR, 8 * HOUR, timedelta(minutes=77, microseconds=1), ZERO, None]
)
messages = st.sampled_from([None, "m1", "m2", "m3"])
answers = st.sampled_from([None, "a1", "a2"])
booleans = st.booleans()


def event(type_: EventType, **fields: st.SearchStrategy) -> st.SearchStrategy[Event]:
    return st.builds(Event, at=instants, type=st.just(type_), **fields)


inbounds = event(EventType.INBOUND, ref=messages, needs_response=st.sampled_from([True, True, True, False]))
answered = event(EventType.ANSWER, ref=answers)
silent = st.one_of(
    event(EventType.ACK, by=st.just("noor")),
    event(EventType.CLAIM, by=st.just("noor")),
    event(EventType.UNCLAIM, by=st.just("noor")),
    event(EventType.NOTE, ref=messages),
    event(EventType.BOT, ref=messages),
)
states = event(EventType.STATE, to=st.sampled_from(["pending", "pending", "snoozed", "open", None]))
closes = event(EventType.CLOSE, by=st.sampled_from([None, "noor", "policy"]))
reopens = event(EventType.REOPEN)
promises = event(EventType.PROMISE, within=st.sampled_from([None, None, ZERO, HOUR, 8 * HOUR]))
community = event(EventType.COMMUNITY_ANSWER)
withdrawals = event(EventType.WITHDRAWN, ref=answers)
edits = event(EventType.EDIT, ref=messages, needs_response=booleans)
deletes = event(EventType.DELETE, ref=messages)
verdicts = event(EventType.VERDICT, ref=messages, needs_response=booleans, by=st.sampled_from([None, "person", "machine"]))
forward = st.one_of(
    inbounds, answered, inbounds, answered, states, states, promises, promises, closes, reopens, community, edits, deletes
)
any_event = st.one_of(forward, forward, forward, verdicts, verdicts, withdrawals, silent)


@st.composite
def logs(draw, events: st.SearchStrategy[Event] = any_event, most: int = 10) -> list[Event]:
    """Draw a message and anything else."""
    return [draw(inbounds), *draw(st.lists(events, min_size=draw(st.integers(0, most)), max_size=most))]


followed_by = [
    Event(at=START, type=EventType.PROMISE),
    Event(at=START, type=EventType.PROMISE, within=8 * HOUR),
    Event(at=START, type=EventType.STATE, to="pending"),
    Event(at=START, type=EventType.CLOSE),
]


@st.composite
def talks(draw, events: st.SearchStrategy[Event] = any_event, most: int = 3) -> list[Event]:
    """Draw a conversation in turns, with other things that happen in it."""
    at, events_ = START, []
    for n in range(draw(st.integers(1, 8))):
        at += draw(st.integers(0, 16)) * HALF_HOUR
        events_.append(Event(at=at, type=EventType.INBOUND if n % 2 == 0 else EventType.ANSWER))
        if n % 2 and (then := draw(st.none() | st.sampled_from(followed_by))):
            events_.append(replace(then, at=at))
    meanwhile = draw(st.lists(events, min_size=draw(st.integers(0, most)), max_size=most))
    return events_ + [replace(e, at=START + (e.at - START) % (at - START + HALF_HOUR)) for e in meanwhile]


@st.composite
def rungs(draw):
    step = draw(st.sampled_from(["inbox", "alert", "page", "breach"]))
    share = draw(st.sampled_from([None, 0, 0.25, 0.5, 0.75, 0.9, 1, 1, 1.5]))
    left = draw(st.sampled_from([ZERO, HALF_HOUR, HOUR, 2 * HOUR, 30 * HOUR])) if share is None else None
    return Rung(step=step, share=share, left=left)


ladders = st.one_of(st.just(LADDER), st.lists(rungs(), min_size=2, max_size=5, unique_by=lambda rung: rung.key).map(tuple))


def policies(calendar=st.sampled_from([ELAPSED, ELAPSED, OFFICE, LUNCH, NIGHT, ALWAYS]), **fields):  # noqa: B008 - strategies are values
    given = {
        "first_response": targets,
        "next_response": targets,
        "resolution": long,
        "keep_in_loop": targets,
        "calendar": calendar,
        "staffed": st.sampled_from([None, None, TEAM, OFFICE]),
        "early": st.sampled_from([HOUR, ZERO, 4 * HOUR]),
        "ladder": ladders,
        "pause_states": st.sampled_from([frozenset({"pending", "snoozed"}), frozenset({"pending"}), frozenset()]),
        "pause_hides_unanswered": booleans,
        "reopen_within": st.sampled_from([None, None, DAY, HOUR, ZERO]),
        "close_after": st.sampled_from([None, None, DAY, HOUR, ZERO]),
        "community_relax": st.sampled_from([None, HOUR, 8 * HOUR]),
    }
    return st.builds(Policy, **{**given, **fields})


windows = st.one_of(
    st.none(),
    st.builds(ReplyWindow, length=st.sampled_from([HOUR, 8 * HOUR, DAY]), margin=st.sampled_from([ZERO, HALF_HOUR, HOUR])),
)


def cases(events=any_event, policy=None, window=windows) -> st.SearchStrategy[Case]:
    def case(log: list[Event], later: int, *, early: bool, **fields) -> Case:
        since = START if early else max(e.at for e in log)
        return Case(events=log, now=since + later * HALF_HOUR, **fields)

    return st.builds(
        case,
        log=st.one_of(talks(events), logs(events)),
        later=st.one_of(st.integers(0, 240), st.integers(0, 12)),
        early=st.sampled_from([False, False, True]),
        policy=policies() if policy is None else policy,
        window=window,
        is_urgent=booleans,
    )

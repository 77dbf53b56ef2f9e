"""What holds for every case: when to look again, which steps a sweep takes, and what cannot change a promise."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from cases_drawn import (
    ALWAYS,
    DAY,
    HALF_HOUR,
    INSTANT,
    START,
    UTC_OFFICE,
    ZERO,
    answered,
    cases,
    community,
    forward,
    inbounds,
    instants,
    logs,
    policies,
    silent,
    states,
    targets,
)
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from webcare.domain.calendar import ELAPSED
from webcare.domain.durations import parse_duration, parse_instant
from webcare.domain.sla.evaluate import evaluate
from webcare.domain.sla.events import POLICY, Event, EventType
from webcare.domain.sla.promise import LADDER, Clock, Policy, ReplyWindow, State
from webcare.sla_lines import Evaluator, to_json

LAWS = settings(deadline=None, derandomize=True, max_examples=120)
SWEPT = settings(deadline=None, derandomize=True, max_examples=40)
HORIZON = timedelta(days=12)
GRID = timedelta(minutes=90)
MOVING = ("elapsed", "slack")


def shown(case, now: datetime) -> dict:
    """Return what `webcare sla evaluate` shows, except elapsed, slack and trace."""
    answer = to_json(case.at(now))
    del answer["trace"]
    for clock in (*answer["clocks"].values(), answer["clocks"]["next_response"]["worst"] or {}):
        for field in MOVING:
            clock.pop(field, None)
    return answer


def without_next_check(answer: dict) -> dict:
    return {name: value for name, value in answer.items() if name != "next_check_at"}


def keys(found) -> list[tuple[Clock, datetime, str]]:
    return [(due.clock, due.deadline, due.rung.key) for due in found.decisions]


# --- when to look again ---


@LAWS
@given(cases(), st.lists(st.floats(0, 1, exclude_min=True, exclude_max=True), min_size=4, max_size=4))
def test_nothing_changes_until_the_next_check_and_something_does_then(case, places):
    case = case.known()
    now = case.now
    found = case.at(now)
    until = found.next_check_at
    end = until if until is not None else now + HORIZON
    before = shown(case, now + INSTANT) if any(r and r.due_at == now for r in found.clocks.values()) else shown(case, now)
    for at in [now + (end - now) * place for place in places] + [now + INSTANT, end - INSTANT]:
        if now < at < end:
            assert shown(case, at) == before
    if until is not None:
        assert until > now
        assert without_next_check(shown(case, end + INSTANT)) != without_next_check(before)


@LAWS
@given(cases())
def test_the_daemon_looks_no_later_than_the_next_check(case):
    found = case.at(case.now)
    if found.next_check_at is not None:
        assert found.watch_at is not None
        assert case.now < found.watch_at <= found.next_check_at


def test_the_slowest_exchange_is_overtaken_at_an_instant_that_is_foretold():
    """`worst` is shown, and turned from an earlier exchange to the one under way without `next_check_at` having said so."""
    log = [
        Event(at=START + n * HALF_HOUR, type=EventType.ANSWER if n in (1, 4) else EventType.INBOUND) for n in (0, 1, 2, 4, 6)
    ]  # the second exchange took an hour, the third began at three hours
    policy, overtaken = Policy(first_response=DAY, next_response=DAY), START + 8 * HALF_HOUR
    before, after = evaluate(log, policy, overtaken - INSTANT), evaluate(log, policy, overtaken)
    assert before.next_check_at == overtaken
    assert [before.worst.start, after.worst.start] == [START + 2 * HALF_HOUR, START + 6 * HALF_HOUR]
    assert after.next_check_at == START + 6 * HALF_HOUR + DAY


def swept(case, until: datetime, *, also: tuple[datetime, ...] = ()) -> dict[tuple, tuple[datetime, datetime]]:
    """Sweep as the daemon does: when something happens, and when the last sweep said. Return when each step was taken and was due."""
    taken: dict[tuple, tuple[datetime, datetime]] = {}
    happenings = sorted({*(e.at for e in case.events), *also})
    now, n = happenings[0], 0
    while now <= until:
        found = case.at(now)
        for due, key in zip(found.decisions, keys(found), strict=True):
            taken.setdefault(key, (now, due.at))
        while n < len(happenings) and happenings[n] <= now:
            n += 1
        ahead = [found.watch_at] if found.watch_at is not None else []
        ahead += happenings[n : n + 1]
        if not ahead:
            break
        assert min(ahead) > now
        now = min(ahead)
    return taken


@SWEPT
@given(cases())
def test_sweeping_when_the_daemon_looks_takes_the_steps_of_sweeping_all_the_time(case):
    until = START + HORIZON
    grid = tuple(START + n * GRID + (n % 3) * INSTANT for n in range(HORIZON // GRID))
    taken = swept(case, until)
    assert taken.keys() == swept(case, until, also=grid).keys()


@LAWS
@given(cases())
def test_a_step_is_taken_at_its_instant_or_when_a_fact_arrives(case):
    arrivals = {e.at for e in case.events}
    for at, due in swept(case, START + HORIZON).values():
        assert at == due or (at > due and at in arrivals)


@LAWS
@given(cases(), st.integers(0, 288))
def test_a_late_sweep_takes_what_earlier_ones_should_have(case, late):
    now = START + late * 2 * HALF_HOUR
    taken, found = swept(case, now), case.at(now)
    for rungs in found.ladders:
        for due in rungs:
            key = (due.clock, due.deadline, due.rung.key)
            assert (key in keys(found)) == (due.at <= now)
            assert key in keys(found) or key not in taken
    for reading in (r for clock, known in found.exchanges.items() if clock is not Clock.REPLY_WINDOW for r in known):
        if reading.state is State.MISSED:
            assert {(reading.clock, reading.due_at, rung.key) for rung in case.policy.ladder if rung.is_breach} <= {*keys(found)}


@LAWS
@given(cases(forward), st.integers(0, 288))
def test_no_breach_is_lost_by_a_late_sweep(case, late):
    now = START + late * 2 * HALF_HOUR
    breaches = {rung.key for rung in case.policy.ladder if rung.is_breach}
    taken = {key for key in swept(case, now) if key[0] is not Clock.REPLY_WINDOW and key[2] in breaches}
    assert taken <= {*keys(case.at(now))}


@LAWS
@given(cases(), st.lists(st.integers(0, 480), min_size=8, max_size=8))
def test_steps_taken_never_shrink_while_nothing_happens(case, places):
    times = sorted({*(START + n * HALF_HOUR for n in places), *(e.at for e in case.events)})
    for one, two in pairwise(times):
        before, after = case.at(one), case.at(two)
        if any(one < e.at <= two for e in case.events) or len(before.timeline.self_closed) < len(after.timeline.self_closed):
            continue
        assert {*keys(before)} <= {*keys(after)}
        assert {*keys(before)} == {k for k, d in zip(keys(after), after.decisions, strict=True) if d.at <= one}


@LAWS
@given(cases())
def test_no_step_is_decided_before_its_instant_or_twice(case):
    found = case.at(case.now)
    assert all(due.at <= case.now for due in found.decisions)
    assert len(keys(found)) == len({*keys(found)})
    assert found.steps_due == sorted(found.steps_due, key=lambda due: due.at)


@LAWS
@given(cases())
def test_rungs_move_back_only_and_never_before_the_start_of_their_clock(case):
    found = case.at(case.now)
    readings = {r.clock: r for known in found.exchanges.values() for r in known if r.is_open}
    for due in (due for rungs in found.ladders for due in rungs if due.clock is not Clock.REPLY_WINDOW):
        reading, rung = readings[due.clock], due.rung
        offset = reading.target * rung.share if rung.share is not None else reading.target - rung.left
        by_itself = reading.instant(max(offset, ZERO))
        assert due.deadline == reading.due_at
        if (
            rung.is_breach
            or (rung.share or 0) > 1
            or (reading.calendar is ELAPSED and (case.is_urgent or case.policy.staffed is None))
        ):
            assert due.at == by_itself
        else:
            assert reading.started_at <= due.at <= by_itself


@LAWS
@given(cases())
def test_the_reply_window_has_no_rungs_of_its_own(case):
    """A window that closed on an owed answer once told a breach of its own, beside that of the clock that it had capped."""
    capped = {due.deadline for rungs in case.at(case.now).ladders for due in rungs if due.clock is Clock.REPLY_WINDOW}
    assert {key[1] for key in keys(case.at(case.now)) if key[0] is Clock.REPLY_WINDOW} <= capped


def test_each_capped_clock_climbs_to_the_cap_whatever_else_is_due_before():
    """A resolution due before the reply window closed once took the ladder to the cap away, and nobody was told that it closes."""
    log, window = [Event(at=START, type=EventType.INBOUND)], ReplyWindow(length=DAY, margin=2 * HALF_HOUR)
    policy = Policy(first_response=2 * DAY, resolution=8 * HALF_HOUR, ladder=LADDER)
    found = evaluate(log, policy, START + 2 * DAY, window=window)
    cap = START + DAY - 2 * HALF_HOUR
    assert (found.next_due.clock, found.next_due.at) == (Clock.RESOLUTION, START + 8 * HALF_HOUR)
    assert sorted(due.rung.key for due in found.ladder) == sorted(rung.key for rung in LADDER)
    told = [(due.clock, due.rung.key, due.at) for due in found.decisions if due.clock is not Clock.RESOLUTION]
    assert told == [
        (Clock.REPLY_WINDOW, "inbox@0.5", START + 23 * HALF_HOUR),
        (Clock.REPLY_WINDOW, "alert@0.75", START + 0.75 * (cap - START)),
        (Clock.REPLY_WINDOW, "page@0.9", START + 0.9 * (cap - START)),
        (Clock.REPLY_WINDOW, "page@PT1H", cap - 2 * HALF_HOUR),
        (Clock.REPLY_WINDOW, "breach@1", cap),
        (Clock.FIRST_RESPONSE, "breach@1", START + 2 * DAY),
    ]


# --- what cannot change a promise ---


@LAWS
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(case, rng):
    assume(len({e.at for e in case.events}) == len(case.events))
    mixed = case.events[:]
    rng.shuffle(mixed)
    assert to_json(replace(case, events=mixed).at(case.now)) == to_json(case.at(case.now))


@LAWS
@given(cases())
def test_what_comes_after_now_is_not_known_yet(case):
    assert to_json(case.known().at(case.now)) == to_json(case.at(case.now))


@LAWS
@given(cases(), st.lists(st.tuples(silent, st.floats(0, 1)), min_size=1, max_size=3))
def test_acknowledging_claiming_notes_and_bots_change_nothing(case, drawn):
    events = case.events[:]
    for event, place in drawn:
        events.insert(int(place * len(events)), event)
    with_them, without = replace(case, events=events).at(case.now), case.at(case.now)
    assert to_json(with_them) == to_json(without)
    assert keys(with_them) == keys(without)
    assert with_them.watch_at == without.watch_at


@LAWS
@given(cases(), instants, st.integers(0, 20))
def test_a_withdrawn_answer_is_one_never_given(case, at, later):
    failed = at + later * HALF_HOUR
    assume(not any(e.type is EventType.PROMISE and at <= e.at <= failed for e in case.events))
    given_ = case.plus(Event(at=at, type=EventType.ANSWER, ref="lost"), Event(at=failed, type=EventType.WITHDRAWN, ref="lost"))
    now = max(case.now, failed)
    assert to_json(given_.at(now)) == to_json(case.at(now))
    assert keys(given_.at(now)) == keys(case.at(now))


@LAWS
@given(cases(st.one_of(inbounds, answered, states, community), window=st.none()), instants)
def test_impatient_messages_are_one_wait(case, at):
    now = max(case.now, at)
    events = [e for e in case.events if e.at <= now]
    line = case.at(now).timeline
    assume(any(w.start < at and (w.end is None or w.end > at) for w in (*line.first, *line.nexts)))
    assume(not any(x.start <= at and (x.end is None or x.end >= at) for x in line.closures))  # there it reopens
    impatient = replace(case, events=[*events, *[Event(at=at, type=EventType.INBOUND)] * 3])
    assert to_json(impatient.at(now)) == to_json(replace(case, events=events).at(now))


@LAWS
@given(cases())
def test_a_later_answer_never_makes_a_miss_undone(case):
    now = max(case.now, *(e.at for e in case.events)) + INSTANT
    answer = Event(at=now, type=EventType.ANSWER)
    before, after = case.at(now), case.plus(answer).at(now + DAY)
    for clock in (Clock.FIRST_RESPONSE, Clock.NEXT_RESPONSE, Clock.KEEP_IN_LOOP):
        missed = [r.started_at for r in before.exchanges[clock] if r.state is State.MISSED]
        assert missed == [r.started_at for r in after.exchanges[clock] if r.state is State.MISSED][: len(missed)]


@LAWS
@given(cases(forward), st.integers(1, 400))
def test_what_is_decided_stays_decided(case, later):
    before, after = case.at(case.now), case.at(case.now + later * HALF_HOUR)
    for clock in (Clock.FIRST_RESPONSE, Clock.NEXT_RESPONSE, Clock.KEEP_IN_LOOP):
        for one, two in zip(before.exchanges[clock], after.exchanges[clock], strict=False):
            if one.state in (State.MISSED, State.MET):
                assert (two.state, two.due_at, two.started_at) == (one.state, one.due_at, one.started_at)


@LAWS
@given(cases())
def test_a_close_by_the_policy_that_is_logged_changes_nothing(case):
    found = case.at(case.now)
    closes = [Event(at=at, type=EventType.CLOSE, by=POLICY) for at in found.timeline.self_closed]
    logged = case.plus(*closes).at(case.now)
    assert to_json(logged) == to_json(found)
    assert logged.timeline.self_closed == []


@LAWS
@given(
    cases(policy=policies(st.sampled_from([ELAPSED, ALWAYS, UTC_OFFICE]), staffed=st.sampled_from([None, UTC_OFFICE]))),
    st.integers(-40, 40),
)
def test_whole_weeks_later_everything_is_whole_weeks_later(case, weeks):
    far = timedelta(weeks=weeks)
    moved = replace(case, events=[replace(e, at=e.at + far) for e in case.events], now=case.now + far)
    here, there = case.at(case.now), moved.at(moved.now)
    assert [(k[0], k[1] + far, k[2]) for k in keys(here)] == keys(there)
    assert here.watch_at == (None if there.watch_at is None else there.watch_at - far)
    for clock in Clock:
        for one, two in zip(here.exchanges[clock], there.exchanges[clock], strict=True):
            assert (one.state, one.elapsed, one.started_at + far) == (two.state, two.elapsed, two.started_at)
            assert one.due_at == (None if two.due_at is None else two.due_at - far)


# --- sums ---


@LAWS
@given(cases())
def test_elapsed_and_slack_are_the_target(case):
    found = case.at(case.now)
    targets_ = {
        "first_response": case.policy.first_response,
        "resolution": case.policy.resolution,
        "reply_window": case.window.length if case.window else None,
    }
    for name, target in targets_.items():
        clock = to_json(found)["clocks"][name]
        if clock["state"] != "none" and not (name == "first_response" and case.policy.community_relax):
            assert parse_duration(clock["elapsed"]) + parse_duration(clock["slack"]) == target
    for reading in (r for known in found.exchanges.values() for r in known):
        assert reading.elapsed + reading.slack == reading.target
        assert reading.elapsed >= ZERO


@LAWS
@given(cases())
def test_the_trace_is_contiguous_and_sums_up(case):
    found = case.at(case.now)
    reading, rows = found.traced, found.trace()
    if reading is None:
        assert rows == []
        return
    cut = reading.stopped_at if reading.stopped_at is not None else case.now
    end = max(cut, reading.due_at or cut)
    assert all(one.end == two.start for one, two in pairwise(rows))
    if reading.started_at < end:
        assert (rows[0].start, rows[-1].end) == (reading.started_at, end)
    else:
        assert rows == []
    assert sum((row.end - row.start for row in rows if row.counted and row.end <= cut), ZERO) == reading.elapsed
    assert not any(row.start < cut < row.end for row in rows)
    if reading.due_at is not None:
        assert sum((row.end - row.start for row in rows if row.counted and row.end <= reading.due_at), ZERO) <= reading.target


@LAWS
@given(st.lists(st.tuples(instants, st.sampled_from(["pending", "open"])), max_size=8), instants, st.sampled_from([8, 30, 500]))
@example(marks=[(START + 16 * HALF_HOUR, "pending")], now=START + 17 * HALF_HOUR, hours=8)
@example(marks=[(START + 16 * HALF_HOUR, "pending"), (START + 18 * HALF_HOUR, "open")], now=START + 20 * HALF_HOUR, hours=8)
def test_paused_time_is_excluded_to_the_second(marks, now, hours):
    now, marks = now + timedelta(seconds=1), [(max(at, START), to) for at, to in marks]
    events = [Event(at=START, type=EventType.INBOUND)]
    events += [Event(at=at, type=EventType.STATE, to=to) for at, to in marks]
    target = timedelta(hours=hours)
    policy = Policy(resolution=target, pause_states=frozenset({"pending"}))
    marks = sorted(((at, to) for at, to in marks if at <= now), key=lambda mark: mark[0])
    counted, due = ZERO, None
    for (at, to), (end, _) in pairwise([(START, "open"), *marks, (now, "")]):
        if to == "open":
            if counted < target <= counted + (end - at):  # used up when a pause begins, it ends there
                due = at + (target - counted)
            counted += end - at
    reading = evaluate(events, policy, now).clocks[Clock.RESOLUTION]
    assert reading.elapsed == counted
    assert (reading.state is State.MISSED) == (due is not None and due < now)
    if due is not None:
        assert reading.due_at == due
    elif marks and marks[-1][1] == "pending":
        assert reading.due_at is None


# --- the plain case, told by another ---


def told_simply(events: list[Event], now: datetime) -> list[tuple[datetime, datetime | None]]:
    """Pair each unanswered message with the answer that ended the wait."""
    exchanges: list[tuple[datetime, datetime | None]] = []
    waiting = None
    for event in sorted((e for e in events if e.at <= now), key=lambda e: e.at):
        if event.type is EventType.INBOUND and event.needs_response and waiting is None:
            waiting = event.at
        elif event.type is EventType.ANSWER and waiting is not None:
            exchanges.append((waiting, event.at))
            waiting = None
    return exchanges if waiting is None else [*exchanges, (waiting, None)]


def judged_simply(exchange, target: timedelta, now: datetime) -> dict:
    began, ended = exchange
    due = began + target
    late = (ended or now) > due
    state = "missed" if late else "running" if ended is None else "met"
    return {
        "state": state,
        "started_at": began,
        "due_at": due,
        "stopped_at": ended,
        "elapsed": (ended or now) - began,
        "slack": target - ((ended or now) - began),
    }


def read_back(clock: dict | None) -> dict | None:
    if clock is None or clock["state"] == "none":
        return None
    return {
        name: None
        if value is None
        else parse_instant(value)
        if name.endswith("_at")
        else parse_duration(value)
        if name in MOVING
        else value
        for name, value in clock.items()
        if name != "worst"
    }


@LAWS
@example([Event(at=START, type=EventType.INBOUND)], START + DAY, DAY, DAY)  # at exactly due it is running
@given(
    logs(st.one_of(st.builds(replace, inbounds, ref=st.none()), answered), most=12),
    st.integers(0, 240).map(lambda n: START + n * HALF_HOUR),
    targets.filter(bool),
    targets.filter(bool),
)
def test_the_plain_case_is_as_somebody_else_would_tell_it(events, now, first, following):
    events = [replace(e, ref=None) for e in events]
    exchanges = told_simply(events, now)
    clocks = to_json(evaluate(events, Policy(first_response=first, next_response=following), now))["clocks"]
    nexts = [judged_simply(exchange, following, now) for exchange in exchanges[1:]]
    assert read_back(clocks["first_response"]) == (judged_simply(exchanges[0], first, now) if exchanges else None)
    assert read_back(clocks["next_response"]) == (nexts[-1] if nexts else None)
    assert (read_back(clocks["next_response"]["worst"]) or {}).get("elapsed") == max((n["elapsed"] for n in nexts), default=None)
    if nexts:
        assert read_back(clocks["next_response"]["worst"]) in nexts


# --- whatever parses ---

DOCUMENT = {
    "id": "1",
    "now": "2026-03-28T12:00:00Z",
    "policy": {
        "first_response": "PT24H",
        "next_response": "PT4H",
        "resolution": "P3D",
        "keep_in_loop": "PT4H",
        "calendar": "office",
        "staffed": "team",
        "early": "PT1H",
        "pause_states": ["pending"],
        "pause_hides_unanswered": True,
        "reopen_within": "P7D",
        "close_after": "P3D",
        "community_relax": "PT1H",
        "ladder": [{"share": 0.5, "step": "inbox"}, {"left": "PT1H", "step": "page"}, {"share": 1, "step": "breach"}],
    },
    "calendars": {
        "office": {
            "timezone": "Europe/Amsterdam",
            "hours": {"fri": [["09:00", "17:30"]]},
            "holidays": ["2026-04-03"],
            "country": "NL",
        },
        "team": {"timezone": "UTC", "hours": {"sat": [["00:00", "24:00"]]}, "open_days": {"2026-03-29": [["10:00", "16:00"]]}},
    },
    "events": [
        {"at": "2026-03-26T08:00:00Z", "type": "inbound", "ref": "m1", "needs_response": True},
        {"at": "2026-03-27T08:00:00Z", "type": "answer", "ref": "a1"},
        {"at": "2026-03-27T08:00:00Z", "type": "promise", "within": "PT4H"},
        {"at": "2026-03-27T09:00:00Z", "type": "state", "to": "pending"},
        {"at": "2026-03-27T10:00:00Z", "type": "verdict", "ref": "m1", "needs_response": False, "by": "person"},
    ],
    "reply_window": {"length": "PT24H", "margin": "PT1H"},
}
NAMES = sorted({"line", *DOCUMENT, *DOCUMENT["policy"]})
odd = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.sampled_from(
            ["", "PT0S", "-PT1H", "P1M", "P999999999D", "PT0.000001S", "UTC", "pending", "office", "inbound", "delete"]
        ),
        st.sampled_from(
            ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-03-27T10:00:00", "24:00", "2026-12-25", "NL", 10**400]
        ),
        st.text(max_size=5),
    ),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["at", "step", "share", "left", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def places(node, path=()):
    """Yield the path of every value of a document."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


PLACES = sorted(places(DOCUMENT), key=str)


@LAWS
@given(st.lists(st.tuples(st.sampled_from(PLACES), odd), min_size=1, max_size=3))
def test_a_line_is_answered_or_refused_by_the_name_of_a_field(changes):
    document = copy.deepcopy(DOCUMENT)
    for path, value in changes:
        node = document
        try:
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = value
        except (TypeError, IndexError, KeyError):
            continue  # an earlier change took the place away
    try:
        answer = Evaluator().line(json.dumps(document))
    except ValueError as refusal:
        answer = {"refused": str(refusal)}
    if "refused" in answer:
        assert any(answer["refused"].startswith(name) for name in (*NAMES, "the calendar has no"))
    else:
        assert set(answer["clocks"]) == set(Clock)

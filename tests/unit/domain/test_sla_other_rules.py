"""Other rules: what runs goes on by the new policy as if it had always held; met, missed and dropped stay as they were (SLA.md 9)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.cases_drawn import DAY, HALF_HOUR, HOUR, OFFICE, cases, community, policies, states, talks, week, windows
from webcare.domain.sla.evaluate import evaluate
from webcare.domain.sla.events import Event, EventType
from webcare.domain.sla.promise import LADDER, Clock, Era, Policy, State

FIRST, NEXT, LOOP, SOLVED = Clock.FIRST_RESPONSE, Clock.NEXT_RESPONSE, Clock.KEEP_IN_LOOP, Clock.RESOLUTION
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)  # ten o'clock in Amsterdam
INSTANT = timedelta(microseconds=1)
DAYLONG = Policy(first_response=DAY, next_response=DAY, ladder=LADDER, pause_states=frozenset({"pending"}))
SHORT = replace(DAYLONG, first_response=4 * HOUR, next_response=4 * HOUR)


def at(hours):
    return MONDAY + timedelta(hours=hours)


def wrote(hours, ref=None):
    return Event(at=at(hours), type=EventType.INBOUND, ref=ref)


def happened(type_, hours, **fields):
    return Event(at=at(hours), type=type_, **fields)


def answered(hours):
    return happened(EventType.ANSWER, hours)


def looked(events, now, *rules):
    """Evaluate under policies, each but the last with the hour until which it held."""
    *earlier, policy = rules
    eras = [Era(until=at(until), policy=was) for was, until in zip(earlier[::2], earlier[1::2], strict=True)]
    return evaluate(events, policy, at(now), earlier=eras)


def reading(events, now, *rules, clock=FIRST):
    found = looked(events, now, *rules).clocks[clock]
    return None if found is None else (found.state, found.due_at, found.target)


RUNNING, MET, MISSED, DROPPED = State.RUNNING, State.MET, State.MISSED, State.DROPPED

TABLE = [
    ("runs, and gets less time", [wrote(0)], 2, (DAYLONG, 1, SHORT), (RUNNING, at(4), 4 * HOUR)),
    ("runs, and the new target has passed", [wrote(0)], 10, (DAYLONG, 10, SHORT), (MISSED, at(4), 4 * HOUR)),
    ("runs, and gets more time", [wrote(0)], 5, (SHORT, 3, DAYLONG), (RUNNING, at(24), DAY)),
    ("due at this very instant still runs", [wrote(0)], 5, (SHORT, 4, DAYLONG), (RUNNING, at(24), DAY)),
    ("overdue stays missed", [wrote(0)], 6, (SHORT, 5, DAYLONG), (MISSED, at(4), 4 * HOUR)),
    ("overdue and answered later stays missed", [wrote(0), answered(7)], 8, (SHORT, 5, DAYLONG), (MISSED, at(4), 4 * HOUR)),
    ("met stays met", [wrote(0), answered(10)], 12, (DAYLONG, 11, SHORT), (MET, at(24), DAY)),
    ("met at the instant of the change stays met", [wrote(0), answered(10)], 12, (DAYLONG, 10, SHORT), (MET, at(24), DAY)),
    ("answered after the change is judged by it", [wrote(0), answered(10)], 12, (DAYLONG, 9, SHORT), (MISSED, at(4), 4 * HOUR)),
    (
        "dropped by a close stays dropped",
        [wrote(0), happened(EventType.CLOSE, 1)],
        9,
        (DAYLONG, 2, SHORT),
        (DROPPED, None, DAY),
    ),
    (
        "what a close dropped goes on after a reopening by the rules of then",
        [wrote(0), happened(EventType.CLOSE, 1), happened(EventType.REOPEN, 3)],
        3.5,
        (DAYLONG, 2, SHORT),
        (RUNNING, at(6), 4 * HOUR),
    ),
    (
        "a miss that a close interrupted stays by the rules it was made by",
        [wrote(0), happened(EventType.CLOSE, 5), happened(EventType.REOPEN, 7)],
        8,
        (SHORT, 6, DAYLONG),
        (MISSED, at(4), 4 * HOUR),
    ),
    ("no such clock any more", [wrote(0)], 2, (DAYLONG, 1, replace(DAYLONG, first_response=None)), None),
    ("a clock where none was", [wrote(0)], 2, (replace(DAYLONG, first_response=None), 1, SHORT), (RUNNING, at(4), 4 * HOUR)),
    ("twice, the second counts", [wrote(0)], 3, (DAYLONG, 1, SHORT, 2, DAYLONG), (RUNNING, at(24), DAY)),
    ("twice, missed under the first", [wrote(0)], 30, (SHORT, 5, DAYLONG, 20, SHORT), (MISSED, at(4), 4 * HOUR)),
    (
        "found late: an answer of before the change is met by the rules of then",
        [wrote(0), answered(8)],
        20,
        (DAYLONG, 12, SHORT),
        (MET, at(24), DAY),
    ),
    ("the change lies ahead", [wrote(0)], 1, (DAYLONG, 2, SHORT), (RUNNING, at(24), DAY)),
    (
        "another calendar: Monday ten to seventeen, then Tuesday from nine",
        [wrote(0)],
        2,
        (DAYLONG, 1, replace(SHORT, first_response=8 * HOUR, calendar=OFFICE)),
        (RUNNING, at(24), 8 * HOUR),
    ),
    (
        "a state that pauses by the new policy did so from its beginning",
        [wrote(0), happened(EventType.STATE, 1, to="pending"), happened(EventType.STATE, 3, to="open")],
        5,
        (SHORT, 4, replace(SHORT, pause_hides_unanswered=True)),
        (RUNNING, at(6), 4 * HOUR),
    ),
    (
        "another customer helped: the new policy gives time for that",
        [wrote(0), happened(EventType.COMMUNITY_ANSWER, 1)],
        3,
        (SHORT, 2, replace(SHORT, community_relax=2 * HOUR)),
        (RUNNING, at(6), 6 * HOUR),
    ),
    (
        "another customer helped: the new policy gives none",
        [wrote(0), happened(EventType.COMMUNITY_ANSWER, 1)],
        3,
        (replace(SHORT, community_relax=2 * HOUR), 2, SHORT),
        (RUNNING, at(4), 4 * HOUR),
    ),
    (
        "that another customer helped was taken back",
        [
            wrote(0),
            happened(EventType.COMMUNITY_ANSWER, 1, ref="community:1"),
            happened(EventType.WITHDRAWN, 2, ref="community:1"),
        ],
        3,
        (replace(SHORT, community_relax=2 * HOUR),),
        (RUNNING, at(4), 4 * HOUR),
    ),
]


@pytest.mark.parametrize(("events", "now", "rules", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_first_response_under_other_rules(events, now, rules, expected):
    assert reading(events, now, *rules) == expected


def test_across_a_change_of_the_clocks_twenty_four_hours_stay_real_hours():
    zone = ZoneInfo("Europe/Amsterdam")
    friday = datetime(2026, 3, 27, 17, tzinfo=UTC)  # six in the evening there
    opened = week("Europe/Amsterdam", *[((9, 17),)] * 7)
    events, until = [Event(at=friday, type=EventType.INBOUND)], friday + 3 * HOUR
    policy = replace(DAYLONG, first_response=8 * HOUR, calendar=opened)
    found = evaluate(events, policy, until, earlier=[Era(until=until, policy=replace(DAYLONG, first_response=2 * DAY))])
    assert found.clocks[FIRST].due_at == datetime(2026, 3, 28, 17, tzinfo=zone)
    back = evaluate(events, replace(DAYLONG, first_response=2 * DAY), until, earlier=[Era(until=until, policy=policy)])
    assert back.clocks[FIRST].due_at.astimezone(zone) == datetime(2026, 3, 29, 19, tzinfo=zone)


def test_each_exchange_keeps_the_rules_that_it_ended_by():
    events = [wrote(0), answered(1), wrote(2), answered(8), wrote(9), answered(12), wrote(20)]
    found = looked(events, 21, DAYLONG, 10, SHORT).exchanges[NEXT]
    assert [(r.state, r.target) for r in found] == [(MET, DAY), (MET, 4 * HOUR), (RUNNING, 4 * HOUR)]


def test_a_promise_keeps_the_time_that_its_writer_named_but_counts_in_the_new_calendar():
    events = [wrote(0), answered(1), happened(EventType.PROMISE, 1, within=8 * HOUR)]
    assert reading(events, 3, DAYLONG, 2, replace(DAYLONG, calendar=OFFICE), clock=LOOP) == (RUNNING, at(25), 8 * HOUR)


def test_a_promise_without_a_time_takes_that_of_the_new_policy_and_ends_where_there_is_none():
    events = [wrote(0), answered(1), happened(EventType.PROMISE, 1)]
    loop = replace(DAYLONG, keep_in_loop=4 * HOUR, close_after=DAY)
    assert reading(events, 3, loop, 2, replace(loop, keep_in_loop=6 * HOUR), clock=LOOP) == (RUNNING, at(7), 6 * HOUR)
    gone = looked(events, 3, loop, 2, replace(loop, keep_in_loop=None))
    assert gone.clocks[LOOP] is None
    assert gone.timeline.closes_itself_at == at(2 + 24)  # nothing keeps it open any more


def test_the_resolution_of_a_closed_case_stays_and_after_a_reopening_counts_by_the_rules_of_then():
    slow, quick = replace(DAYLONG, resolution=2 * DAY), replace(DAYLONG, resolution=4 * HOUR)
    events = [wrote(0), answered(1), happened(EventType.CLOSE, 6)]
    assert reading(events, 10, slow, 8, quick, clock=SOLVED) == (MET, at(48), 2 * DAY)
    again = [*events, happened(EventType.REOPEN, 9)]
    assert reading(again, 10, slow, 8, quick, clock=SOLVED)[::2] == (MISSED, 4 * HOUR)
    assert reading([wrote(0)], 50, slow, 49, replace(slow, resolution=9 * DAY), clock=SOLVED)[::2] == (MISSED, 2 * DAY)


def test_a_policy_that_closes_sooner_closes_nothing_before_it_held():
    events = [wrote(0), answered(1)]
    late, soon = replace(DAYLONG, close_after=3 * DAY), replace(DAYLONG, close_after=HOUR)
    assert looked(events, 10, late, 8, soon).timeline.self_closed == [at(8)]
    assert looked(events, 8.5, late, 8, replace(soon, close_after=DAY)).timeline.closes_itself_at == at(25)


def test_a_close_that_followed_from_the_old_policy_stands():
    events = [wrote(0), answered(1)]
    found = looked(events, 20, replace(DAYLONG, close_after=2 * HOUR), 10, replace(DAYLONG, close_after=5 * DAY))
    assert found.timeline.closed_at == at(3)
    assert found.timeline.self_closed == [at(3)]


def test_a_clock_that_goes_on_by_new_rules_has_their_ladder_and_an_overdue_one_keeps_its_own():
    page = replace(SHORT, ladder=tuple(rung for rung in LADDER if rung.step != "inbox"))
    runs = looked([wrote(0)], 3, DAYLONG, 2, page)
    assert [due.rung.key for due in runs.steps_due] == ["alert@0.75", "page@PT1H"]
    assert {due.deadline for due in runs.ladder} == {at(4)}
    stays = looked([wrote(0)], 6, SHORT, 5, replace(DAYLONG, ladder=()))
    assert {due.deadline for due in stays.decisions} == {at(4)}
    assert [due.rung.is_breach for due in stays.decisions].count(True) == 1


# --- whatever the log, and whatever the policies ---


def value(one):
    return (one.clock, one.state, one.started_at, one.due_at, one.stopped_at, one.target)


def ended(found):
    """Return what an evaluation says of clocks that do not run, but for the platform's window."""
    return [
        value(r)
        for clock, known in found.exchanges.items()
        if clock is not Clock.REPLY_WINDOW
        for r in known
        if r.state is not RUNNING
    ]


@given(cases(), policies(), st.integers(0, 96))
def test_an_edit_never_changes_what_was_met_missed_or_dropped(case, edited, later):
    known = case.known()
    before = known.at(case.now)
    now = case.now + later * HALF_HOUR
    after = evaluate(known.events, edited, now, window=case.window, earlier=[Era(until=case.now, policy=case.policy)])
    stays = {(*one[:4], one[5], stop) for one in ended(after) for stop in (one[4], None)}  # a miss may still end
    assert {(*one[:4], one[5], one[4]) for one in ended(before)} <= stays


@given(cases(), st.integers(0, 192))
def test_the_same_policy_again_changes_nothing(case, hours):
    until = case.now - hours * HALF_HOUR
    plain = case.at(case.now)
    eras = [Era(until=until, policy=case.policy)]
    same = evaluate(case.events, case.policy, case.now, window=case.window, is_urgent=case.is_urgent, earlier=eras)
    assert {clock: [value(r) for r in known] for clock, known in same.exchanges.items()} == {
        clock: [value(r) for r in known] for clock, known in plain.exchanges.items()
    }
    assert (same.next_due is None, same.watch_at) == (plain.next_due is None, plain.watch_at)


@given(cases(), policies(), st.integers(1, 96))
def test_until_the_change_nothing_is_felt_of_it(case, edited, later):
    ahead = evaluate(
        case.events,
        edited,
        case.now,
        window=case.window,
        is_urgent=case.is_urgent,
        earlier=[Era(until=case.now + later * INSTANT, policy=case.policy)],
    )
    now = case.at(case.now)
    assert ended(ahead) == ended(now)
    assert (ahead.policy, ahead.steps_due, ahead.watch_at) == (now.policy, now.steps_due, now.watch_at)


alike = {"keep_in_loop": st.sampled_from([HOUR, 8 * HOUR, DAY]), "reopen_within": st.none(), "close_after": st.none()}


@given(talks(st.one_of(states, community)), policies(**alike), policies(**alike), windows, st.integers(0, 96))
def test_what_ran_at_the_change_is_as_if_the_new_policy_had_always_held(events, was, edited, window, later):
    until = max(e.at for e in events) + later * HALF_HOUR
    ran = [(r.clock, r.start) for known in evaluate(events, was, until).exchanges.values() for r in known if r.state is RUNNING]
    after = evaluate(events, edited, until, window=window, earlier=[Era(until=until, policy=was)])
    fresh = evaluate(events, edited, until, window=window)

    def of(found):  # what is over may have begun at the same instant
        return {(r.clock, r.start): (*value(r), r.elapsed) for known in found.exchanges.values() for r in known if r.is_open}

    assert {key: of(after).get(key) for key in ran} == {key: of(fresh).get(key) for key in ran}

"""The page of the promise is a page, and says what the shipped policy does, with the instants written out."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta

import pytest

from webcare.domain.sla import promise
from webcare.domain.sla.evaluate import evaluate
from webcare.domain.sla.events import Event, EventType
from webcare.domain.sla.promise import LADDER, SHIPPED, STARTS, STOPS, Clock, Rung, State, format_left

WROTE = datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_it_is_one_page():
    assert len(inspect.getsource(promise).splitlines()) <= 150


def test_every_clock_says_in_words_when_it_starts_and_stops():
    assert set(STARTS) == set(STOPS) == set(Clock)
    assert all(" " in words and words == words.strip().rstrip(".") for words in (*STARTS.values(), *STOPS.values()))


def test_the_five_clocks_are_those_of_the_contract():
    assert [clock.value for clock in Clock] == ["first_response", "next_response", "resolution", "keep_in_loop", "reply_window"]
    assert [state.value for state in State] == ["running", "met", "missed", "dropped", "closed", "none"]


def test_the_shipped_ladder_over_twenty_four_hours():
    """Somebody wrote on Friday at nine; nobody answers until Saturday at nine and after."""
    found = evaluate([Event(at=WROTE, type=EventType.INBOUND)], SHIPPED, WROTE)
    assert [(due.rung.step, due.rung.key, f"{due.at:%a %H:%M}") for due in found.ladder] == [
        ("inbox", "inbox@0.5", "Fri 21:00"),
        ("alert", "alert@0.75", "Sat 03:00"),
        ("page", "page@0.9", "Sat 06:36"),
        ("page", "page@PT1H", "Sat 08:00"),
        ("breach", "breach@1", "Sat 09:00"),
    ]
    assert {due.clock for due in found.ladder} == {Clock.FIRST_RESPONSE}
    assert {due.deadline for due in found.ladder} == {WROTE + timedelta(hours=24)}


@pytest.mark.parametrize(
    ("now", "steps", "state", "look"),
    [
        ("2026-11-20T20:59:59", [], State.RUNNING, "2026-11-20T21:00:00"),
        ("2026-11-20T21:00:00", ["inbox"], State.RUNNING, "2026-11-21T03:00:00"),
        ("2026-11-21T03:00:00", ["inbox", "alert"], State.RUNNING, "2026-11-21T06:36:00"),
        ("2026-11-21T06:36:00", ["inbox", "alert", "page"], State.RUNNING, "2026-11-21T08:00:00"),
        ("2026-11-21T08:00:00", ["inbox", "alert", "page", "page"], State.RUNNING, "2026-11-21T09:00:00"),
        ("2026-11-21T08:59:59.999999", ["inbox", "alert", "page", "page"], State.RUNNING, "2026-11-21T09:00:00"),
        ("2026-11-21T09:00:00", ["inbox", "alert", "page", "page", "breach"], State.RUNNING, None),  # an answer now is in time
        ("2026-11-21T09:00:00.000001", ["inbox", "alert", "page", "page", "breach"], State.MISSED, None),
    ],
)
def test_what_has_been_done_by_then(now, steps, state, look):
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = evaluate([Event(at=WROTE, type=EventType.INBOUND)], SHIPPED, at)
    assert [due.rung.step for due in found.steps_due] == steps
    assert found.clocks[Clock.FIRST_RESPONSE].state is state
    assert found.next_check_at == (None if look is None else datetime.fromisoformat(look).replace(tzinfo=UTC))


def test_an_answer_at_the_last_instant_is_in_time():
    due = WROTE + timedelta(hours=24)
    for late, state in ((timedelta(0), State.MET), (timedelta(microseconds=1), State.MISSED)):
        log = [Event(at=WROTE, type=EventType.INBOUND), Event(at=due + late, type=EventType.ANSWER)]
        assert evaluate(log, SHIPPED, due + timedelta(days=1)).clocks[Clock.FIRST_RESPONSE].state is state


def test_the_shipped_policy():
    day = timedelta(hours=24)
    assert (SHIPPED.first_response, SHIPPED.next_response, SHIPPED.resolution, SHIPPED.keep_in_loop) == (day, day, None, None)
    assert SHIPPED.pause_states == {"pending", "snoozed"}
    assert not SHIPPED.pause_hides_unanswered
    assert (SHIPPED.reopen_within, SHIPPED.close_after, SHIPPED.early) == (7 * day, 3 * day, timedelta(hours=1))
    assert (SHIPPED.staffed, SHIPPED.community_relax, SHIPPED.ladder) == (None, None, LADDER)
    assert [rung.is_breach for rung in LADDER] == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "needs a share or a time left, not both"),
        ({"share": 0.5, "left": timedelta(hours=1)}, "needs a share or a time left, not both"),
        ({"share": -0.1}, "is negative"),
        ({"left": timedelta(seconds=-1)}, "is negative"),
    ],
)
def test_a_rung_that_cannot_be_is_refused(fields, why):
    with pytest.raises(ValueError, match=why):
        Rung(step="page", **fields)


@pytest.mark.parametrize(
    ("left", "text"),
    [
        (timedelta(hours=1), "PT1H"),
        (timedelta(days=2), "PT48H"),
        (timedelta(minutes=90), "PT5400S"),
        (timedelta(minutes=30), "PT1800S"),
        (timedelta(0), "PT0S"),
        (None, "PT0S"),
    ],
)
def test_time_left_has_one_way_to_be_written(left, text):
    assert format_left(left) == text


def test_the_breach_is_known_by_its_instant_not_its_name():
    assert Rung(step="call the boss", share=1).is_breach
    assert Rung(step="call the boss", left=timedelta(0)).is_breach
    assert not Rung(step="breach", share=0.99).is_breach

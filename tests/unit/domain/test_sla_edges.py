"""Instants at which one rule meets another, worked out by hand; times are hours since the first message."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from cases_drawn import DAY, HOUR, INSTANT, OFFICE, START, ZERO

from webcare.domain.sla.evaluate import evaluate
from webcare.domain.sla.events import MACHINE, Event, EventType
from webcare.domain.sla.promise import LADDER, Clock, Policy, ReplyWindow, State
from webcare.sla_lines import evaluate_line

FIRST, NEXT, LOOP, WINDOW = Clock.FIRST_RESPONSE, Clock.NEXT_RESPONSE, Clock.KEEP_IN_LOOP, Clock.REPLY_WINDOW
AN_HOUR = Policy(first_response=HOUR, next_response=HOUR, keep_in_loop=HOUR)


def at(hours: float):
    return START + timedelta(hours=hours)


def wrote(hours: float, ref: str | None = None, *, needs: bool = True) -> Event:
    return Event(at=at(hours), type=EventType.INBOUND, ref=ref, needs_response=needs)


def said(hours: float, ref: str, *, needs: bool, by: str | None = None) -> Event:
    return Event(at=at(hours), type=EventType.VERDICT, ref=ref, needs_response=needs, by=by)


def answer(hours: float, ref: str | None = None) -> Event:
    return Event(at=at(hours), type=EventType.ANSWER, ref=ref)


@pytest.mark.parametrize(
    ("ended", "first", "next_", "due"),
    [
        (1, State.RUNNING, None, 4),  # not needed any more at exactly due: dropped in time, the next message is the first again
        (1 + 1 / 3600, State.MISSED, State.RUNNING, 1),  # a miss already made stays, the next message is another exchange
    ],
)
def test_no_answer_needed_at_the_due_instant_and_just_after(ended, first, next_, due):
    found = evaluate([wrote(0, "m"), said(ended, "m", needs=False), wrote(3)], AN_HOUR, at(3.5)).clocks
    assert (found[FIRST].state, found[FIRST].due_at) == (first, at(due))
    assert (found[NEXT].state if found[NEXT] else None) == next_


@pytest.mark.parametrize(("deleted", "due"), [(0.5, 1.4), (3, 1)])
def test_a_wait_goes_on_from_the_next_message_unless_it_is_missed_already(deleted, due):
    log = [wrote(0, "one"), wrote(0.4, "two"), Event(at=at(deleted), type=EventType.DELETE, ref="one")]
    found = evaluate(log, AN_HOUR, at(3.5)).clocks[FIRST]
    assert (found.state, found.due_at) == (State.MISSED, at(due))


def test_what_was_promised_in_an_answer_that_failed_was_not_promised():
    log = [wrote(0), answer(0.5, "a"), Event(at=at(0.5), type=EventType.PROMISE)]
    assert evaluate(log, AN_HOUR, at(1)).clocks[LOOP].state is State.RUNNING
    failed = [*log, Event(at=at(0.75), type=EventType.WITHDRAWN, ref="a")]
    assert evaluate(failed, AN_HOUR, at(1)).clocks[LOOP] is None


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ([said(0.2, "m", needs=True, by=MACHINE)], State.RUNNING),  # a machine may open
        ([said(0.1, "m", needs=False), said(0.2, "m", needs=True, by=MACHINE)], None),  # never against a person
        ([said(0.1, "m", needs=False), said(0.2, "m", needs=True)], State.RUNNING),
        ([Event(at=at(0.1), type=EventType.DELETE, ref="m"), said(0.2, "m", needs=True)], None),
        (
            [
                Event(at=at(0.1), type=EventType.DELETE, ref="m"),
                Event(at=at(0.2), type=EventType.EDIT, ref="m", needs_response=True),
            ],
            None,
        ),
    ],
)
def test_who_may_open_a_need(verdicts, state):
    found = evaluate([wrote(0, "m", needs=False), *verdicts], AN_HOUR, at(0.5)).clocks[FIRST]
    assert (found.state if found else None) == state
    assert found is None or found.start == START  # from when the customer wrote


@pytest.mark.parametrize(("late", "state"), [(ZERO, State.RUNNING), (INSTANT, State.MISSED)])
def test_a_reply_window_is_open_until_its_last_instant(late, state):
    found = evaluate([wrote(0)], AN_HOUR, at(24) + late, window=ReplyWindow(length=DAY))
    assert found.clocks[WINDOW].state is state


def test_a_window_that_closes_before_the_office_opens_is_told_when_it_closes():
    """START is 07:00 in Amsterdam, two hours before the office opens; the window closes within one."""
    policy = Policy(first_response=HOUR, calendar=OFFICE, ladder=LADDER)
    found = evaluate([wrote(0)], policy, at(0), window=ReplyWindow(length=HOUR))
    assert found.clocks[FIRST].started_at == at(2)
    assert [(due.clock, due.at) for due in found.ladder] == [(WINDOW, at(1))] * len(LADDER)


def test_the_daemon_looks_again_when_the_case_closes_itself():
    found = evaluate([wrote(0), answer(0.5)], replace(AN_HOUR, close_after=3 * DAY), at(1))
    assert found.next_check_at is None  # nothing that is shown changes
    assert found.watch_at == at(0.5) + 3 * DAY


def test_the_daemon_looks_again_right_after_the_due_instant():
    """A sweep at exactly due sees a running clock; without another look the miss was not written until something else happened."""
    assert evaluate([wrote(0)], AN_HOUR, at(1)).watch_at == at(1) + INSTANT
    assert evaluate([wrote(0)], AN_HOUR, at(1) + INSTANT).watch_at is None


def test_while_a_case_is_closed_nothing_is_due_also_of_a_miss():
    """The answer named a due instant of a closed case: a list that sorts by it showed what nobody had to do any more."""
    line = {
        "id": "1",
        "now": "2026-11-23T12:00:00Z",
        "policy": {"first_response": "PT1H"},
        "events": [{"at": "2026-11-23T08:00:00Z", "type": "inbound"}, {"at": "2026-11-23T10:00:00Z", "type": "close"}],
    }
    closed = evaluate_line(json.dumps(line))["clocks"]["first_response"]
    assert (closed["state"], closed["due_at"], closed["elapsed"]) == ("missed", None, "PT7200S")
    line["events"].append({"at": "2026-11-23T11:00:00Z", "type": "reopen"})
    reopened = evaluate_line(json.dumps(line))["clocks"]["first_response"]
    assert (reopened["state"], reopened["due_at"]) == ("missed", "2026-11-23T09:00:00Z")

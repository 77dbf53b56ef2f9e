"""The risk that a case is missed: what it is made of, that it never falls when it should rise, and that it comes true as often as said."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.calendar import ELAPSED, Calendar
from webcare.domain.risk import FEWEST_ANSWERS, MOST, Pace, Worked, chance, estimate, pace_of, percent

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DESK = Calendar(zone=ZoneInfo("Europe/Amsterdam"), hours=(((540, 1020),),) * 5 + ((), ()))


def worked(day, answers, hours=8.0):
    return Worked(day=day, answers=answers, open=hours * HOUR)


def pace(answers=24, hours=3.0, usual=8.0):
    return Pace(answers=answers, hours=hours, usual=usual, days=(), is_weekday=True)


# --- pace


def test_the_pace_is_that_of_today_and_of_what_is_usual_on_such_a_day():
    past = [worked(MONDAY - 7 * n * DAY, 64) for n in range(1, 5)] + [worked(MONDAY - 3 * DAY, 800)]
    found = pace_of(worked(MONDAY, 30, 3), past)
    assert (found.answers, found.hours, found.usual, found.is_weekday) == (30, 3, 8, True)
    assert found.days == tuple(MONDAY - 7 * n * DAY for n in (4, 3, 2, 1))
    assert found.an_hour == (30 + 4 * 8) / (3 + 4)


def test_without_two_such_weekdays_every_day_says_what_is_usual():
    past = [worked(MONDAY - n * DAY, 10, 5) for n in (7, 3, 2, 1)]
    found = pace_of(worked(MONDAY, 0, 0.5), past)
    assert (found.is_weekday, found.usual, len(found.days)) == (False, 2, 4)


@pytest.mark.parametrize(
    ("today", "past", "is_enough"),
    [
        (0, [], False),
        (100, [], False),  # one day tells nothing of days
        (50, [50], False),
        (6, [7, 7], True),
        (6, [7, 6], False),  # nineteen answers
        (0, [7, 7], False),
        (0, [7, 7, 7], True),
        (0, [7, 7, 0, 7], True),
    ],
)
def test_with_too_little_history_nothing_is_said(today, past, is_enough):
    days = [worked(MONDAY - (n + 1) * DAY, answers) for n, answers in enumerate(past)]
    assert (pace_of(worked(MONDAY, today), days) is not None) is is_enough
    assert FEWEST_ANSWERS == 20


def test_closed_days_days_before_the_first_answer_and_old_ones_are_left_out():
    past = [
        worked(MONDAY - 7 * DAY, 0),  # before we were there
        worked(MONDAY - 3 * DAY, 12, 4),
        worked(MONDAY - 2 * DAY, 5, 0),  # closed, and somebody answered all the same
        worked(MONDAY - 1 * DAY, 12, 4),
        worked(MONDAY - 29 * DAY, 9999),
    ]
    found = pace_of(worked(MONDAY, 3, 1), past)
    assert (found.usual, found.days) == (3, (MONDAY - 3 * DAY, MONDAY - DAY))
    assert pace_of(worked(MONDAY, 3, 0), [*past, worked(MONDAY - 4 * DAY, 12, 4)]).answers == 0  # a closed today says nothing


# --- chance


@pytest.mark.parametrize(("ahead", "answers", "hours", "left"), [(0, 24, 3, 1), (7, 24, 3, 1), (30, 24, 3, 2.5), (3, 0, 0, 0.25)])
def test_it_is_the_sum_of_a_negative_binomial(ahead, answers, hours, left):
    found = pace(answers, hours)
    shape, rate = found.evidence
    p = rate / (rate + left)
    terms = [math.exp(math.lgamma(shape + n) - math.lgamma(shape) - math.lgamma(n + 1)) for n in range(ahead + 1)]
    exact = sum(term * p**shape * (1 - p) ** n for n, term in enumerate(terms))
    assert chance(ahead, found, left * HOUR) == pytest.approx(exact, abs=1e-12)


def test_with_much_evidence_it_is_a_poisson_count():
    found = Pace(answers=8_000_000, hours=1_000_000.0, usual=8.0, days=(), is_weekday=True)
    poisson = sum(math.exp(-16) * 16**n / math.factorial(n) for n in range(13))
    assert chance(12, found, 2 * HOUR) == pytest.approx(poisson, abs=1e-5)


AHEAD = st.integers(0, 100_000)
LEFT = st.floats(0, 200).map(lambda hours: hours * HOUR)
PACES = st.builds(pace, st.integers(0, 20_000), st.floats(0, 24), st.floats(0, 2000))


@given(AHEAD, AHEAD, LEFT, PACES)
def test_more_ahead_never_lowers_the_risk(one, other, left, found):
    low, high = (chance(ahead, found, left) for ahead in sorted((one, other)))
    assert 0 <= low <= high + 1e-9 <= 1 + 1e-9


@given(AHEAD, LEFT, LEFT, PACES)
def test_less_time_never_lowers_the_risk(ahead, one, other, found):
    high, low = (chance(ahead, found, left) for left in sorted((one, other)))
    assert low <= high + 1e-9


@given(AHEAD, LEFT, st.integers(0, 5000), st.integers(0, 5000))
def test_more_answers_today_never_raise_the_risk(ahead, left, one, other):
    high, low = (chance(ahead, pace(answers), left) for answers in sorted((one, other)))
    assert low <= high + 1e-9


def test_until_its_instant_nothing_is_certain():
    assert percent(100_000, pace(), HOUR) == MOST
    assert percent(0, pace(), timedelta(0)) == MOST
    assert percent(0, pace(), 100 * HOUR) == 0


# --- one case


def test_the_time_that_is_left_is_open_time():
    """Due at 10:00 on Tuesday, asked on Monday at 16:00 local: an hour of today and an hour of tomorrow."""
    now = datetime(2026, 11, 23, 15, tzinfo=UTC)
    found = estimate(due_at=now + 18 * HOUR, ahead=11, in_hand=2, pace=pace(), calendar=DESK, now=now)
    assert found.left == 2 * HOUR
    assert found.expected_at == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)  # twelve answers at eight an hour
    assert (found.percent, found.is_likely, found.is_missed) == (percent(11, pace(), 2 * HOUR), False, False)
    assert found.percent < percent(11, pace(), HOUR)


def test_after_its_instant_it_is_missed():
    found = estimate(due_at=NOON, ahead=0, in_hand=0, pace=pace(), calendar=ELAPSED, now=NOON)
    assert (found.is_missed, found.percent) == (True, 100)


def test_a_desk_that_answers_nobody_has_no_turn_to_promise():
    idle = pace(0, 8.0, 0.0)
    found = estimate(due_at=NOON + HOUR, ahead=3, in_hand=0, pace=idle, calendar=ELAPSED, now=NOON)
    assert (found.expected_at, found.percent) == (None, MOST)


def test_a_turn_beyond_the_calendar_is_left_open():
    short = Calendar(zone=ZoneInfo("UTC"), hours=((),) * 7, days_on={MONDAY: ((540, 1020),)})
    found = estimate(due_at=NOON + HOUR, ahead=500, in_hand=0, pace=pace(), calendar=short, now=NOON)
    assert (found.expected_at, found.percent) == (None, MOST)


# --- does it come true


def test_of_cases_given_some_risk_about_that_share_is_missed():
    """Generated days of a desk that is always busy, so that answers come at random; how fast it is differs by day, by a fifth or so.

    At two hours of each day everybody who waits is given a risk; in order of deadlines they are then answered, or not in time.
    """
    drawn = random.Random(4711)  # the same days on every machine
    bands = {low: [0, 0] for low in (0, 10, 20, 40, 60, 80)}
    usual, counted = 20.0, [worked(MONDAY - 7 * n * DAY, 160) for n in range(1, 5)]
    for _ in range(400):
        an_hour = usual * drawn.gammavariate(20, 1 / 20)
        answered, at = [], 0.0
        while at < 8:
            at += drawn.expovariate(an_hour)
            answered.append(at)
        for asked in (1.5, 4.0):
            done = bisect_right(answered, asked)
            found = pace_of(worked(MONDAY, done, asked), counted)
            for ahead in range(0, 120, 3):
                left = drawn.uniform(0.2, 8 - asked)
                said = 100 * chance(ahead, found, left * HOUR)
                is_missed = bisect_right(answered, asked + left) - done <= ahead
                band = max(low for low in bands if low <= said)
                bands[band][0] += is_missed
                bands[band][1] += 1
    shares = {low: 100 * missed / cases for low, (missed, cases) in bands.items()}
    highs = {0: 10, 10: 20, 20: 40, 40: 60, 60: 80, 80: 100}
    for low, share in shares.items():
        assert low - 5 <= share <= highs[low] + 5, (low, shares)

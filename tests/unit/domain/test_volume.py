"""Far fewer than usual: two hours in a row that chance does not explain; quiet hours, young channels and odd weeks raise no alarm."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from webcare.domain.volume import LEAST, Few, Hour, at_most, far_fewer, hours_on_trial, is_back, weeks_before

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 11, 23, 11, 20, tzinfo=UTC)  # a Monday, 12:20 there
HOUR = timedelta(hours=1)
SPANS = [(NOON - 2 * HOUR, NOON - HOUR), (NOON - HOUR, NOON)]


def hours(*seen, before=(20, 22, 18, 21)):
    return [Hour(seen=one, before=before) for one in seen]


def test_two_hours_far_below_the_usual_are_told_with_their_sum():
    assert far_fewer(SPANS, hours(1, 1)) == Few(since=SPANS[0][0], seen=2, usual=41)


@pytest.mark.parametrize(
    "found",
    [
        hours(1, 19),  # an hour alone
        hours(12, 12),  # a slow day
        hours(0, 0, before=(7, 7, 7, 8)),  # where little is written, nothing can be said
        hours(0, 0, before=(40,)),  # a single week is no usual
        hours(0, 0, before=(0, 0, 0, 90)),  # a storm of one week neither
        hours(0),  # the hour before was skipped by the clocks
        [],
    ],
)
def test_what_may_be_chance_is_not(found):
    assert far_fewer(SPANS, found) is None


def test_a_holiday_among_the_weeks_before_does_not_count():
    assert far_fewer(SPANS, hours(1, 1, before=(20, 0, 22, 18))) is not None


def test_it_is_back_when_an_hour_that_says_something_is_as_usual():
    assert is_back(hours(1, 15))
    assert not is_back(hours(15, 1))
    assert not is_back(hours(3, 3, before=(4, 3, 3, 3)))  # a night says nothing
    assert not is_back([])


def test_an_hour_is_on_trial_once_all_of_it_should_be_here():
    local = [(start.astimezone(AMSTERDAM).hour, end - start) for start, end in hours_on_trial(NOON, AMSTERDAM)]
    assert local == [(10, HOUR), (11, HOUR)]
    early = hours_on_trial(NOON - timedelta(minutes=10), AMSTERDAM)  # 12:10: the hour before is not all here
    assert [start.astimezone(AMSTERDAM).hour for start, _ in early] == [9, 10]


def test_an_hour_that_the_clocks_skip_is_not_on_trial():
    spring = datetime(2026, 3, 29, 2, 30, tzinfo=UTC)  # 04:30; 2 h was skipped
    assert [start.astimezone(AMSTERDAM).hour for start, _ in hours_on_trial(spring, AMSTERDAM)] == [3]


def test_weeks_in_which_the_channel_was_not_there_are_no_witnesses():
    (_, span) = hours_on_trial(NOON, AMSTERDAM)
    assert len(weeks_before(span, AMSTERDAM, NOON - timedelta(days=60))) == 4
    assert len(weeks_before(span, AMSTERDAM, NOON - timedelta(days=15))) == 2


counts = st.integers(0, 60)


@settings(deadline=None)
@given(seen=counts, expected=st.floats(0.1, 60))
def test_the_tail_is_that_of_poisson(seen, expected):
    exact = math.fsum(math.exp(k * math.log(expected) - expected - math.lgamma(k + 1)) for k in range(seen + 1))
    assert at_most(seen, expected) == pytest.approx(min(exact, 1.0), rel=1e-9)


@settings(deadline=None)
@given(seen=st.integers(0, 10**4), expected=st.floats(0, 10**4))
def test_the_tail_is_a_share_and_grows(seen, expected):
    here = at_most(seen, expected)
    assert 0 <= here <= 1
    assert at_most(seen + 1, expected) >= here * (1 - 1e-9)


@settings(deadline=None)
@given(seen=st.tuples(counts, counts), before=st.lists(counts, min_size=0, max_size=4))
@example(seen=(18, 19), before=[14, 60])  # just above the half
def test_it_tells_only_what_is_expected_often_and_seen_seldom(seen, before):
    found = far_fewer(SPANS, hours(*seen, before=tuple(before)))
    if found is None:
        return
    middle = sorted(before)[len(before) // 2]
    assert len(before) >= 2
    assert middle >= LEAST
    assert found.seen < 0.65 * found.usual  # the more are expected, the less chance takes from them


@settings(deadline=None)
@given(minutes=st.integers(0, 366 * 24 * 60))
def test_hours_on_trial_are_whole_over_and_side_by_side(minutes):
    now = NOON + timedelta(minutes=minutes)
    found = hours_on_trial(now, AMSTERDAM)
    assert 1 <= len(found) <= 2
    assert all(end <= now and end - start in (HOUR, 2 * HOUR) for start, end in found)
    assert all(a[1] == b[0] for a, b in pairwise(found))

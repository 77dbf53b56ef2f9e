"""A channel is silent when it is quieter than ever at this hour of this weekday; nights, Sundays and young channels raise no alarm."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.silence import HISTORY, SHORTEST, TIMES, is_silent, longest_gap, same_hours

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def around(heard, start, end):
    """What the store returns: the messages of an hour, with the one before and the one after."""
    a, b = bisect_left(heard, start), bisect_left(heard, end)
    return heard[max(a - 1, 0) : b + 1]


def is_quiet(heard, now, zone=AMSTERDAM):
    longest = longest_gap([around(heard, start, end) for start, end in same_hours(now, zone)])
    return is_silent(now, first=heard[0], last=heard[-1], longest=longest)


def office_hours(until, weeks=6):
    """A message every 30 minutes from 8 to 18 h, Monday to Saturday, in Amsterdam."""
    first = datetime.combine((until - weeks * WEEK).date(), datetime.min.time(), AMSTERDAM)
    found, day = [], first
    while day < until:
        if day.weekday() < 6:
            found += [day.replace(hour=h, minute=m) for h in range(8, 18) for m in (0, 30)]
        day += DAY
    return [at.astimezone(UTC) for at in found if at < until]


@pytest.mark.parametrize(
    ("now", "silent"),
    [
        ("2026-11-23T11:00:00+01:00", False),  # a Monday that goes as usual
        ("2026-11-23T04:00:00+01:00", False),  # a night is long, that from Saturday to Monday too
        ("2026-11-22T15:00:00+01:00", False),  # a Sunday
    ],
)
def test_a_usual_day_is_not_silent(now, silent):
    at = datetime.fromisoformat(now)
    assert is_quiet(office_hours(at), at) is silent


def test_an_afternoon_without_a_word_is_silent_after_two_hours():
    at = datetime.fromisoformat("2026-11-24T12:00:00+01:00")
    heard = office_hours(at)
    assert not is_quiet(heard, at + 2 * HOUR - 30 * MINUTE)
    assert is_quiet(heard, at + 2 * HOUR)


def test_a_channel_of_one_message_a_day_is_silent_only_after_three_days():
    heard = [MONDAY - n * DAY for n in range(40, -1, -1)]
    assert not is_quiet(heard, MONDAY + 3 * DAY)
    assert is_quiet(heard, MONDAY + 3 * DAY + MINUTE)


def test_a_young_channel_has_no_usual():
    heard = [MONDAY - 13 * DAY + n * MINUTE for n in range(10)] + [MONDAY - 6 * DAY, MONDAY - 5 * DAY]
    assert not is_quiet(heard, MONDAY)


def test_the_gap_on_trial_is_not_its_own_witness():
    """A channel that died three weeks ago was compared with its own silence and never found silent."""
    heard = [MONDAY - 21 * DAY - n * 10 * MINUTE for n in range(4000)][::-1]
    assert is_quiet(heard, MONDAY)


def test_hours_are_those_of_the_clocks_there():
    after, before = datetime(2026, 10, 26, 9, 30, tzinfo=UTC), datetime(2026, 10, 19, 8, 0, tzinfo=UTC)  # 10 h, winter and summer
    assert same_hours(after, AMSTERDAM)[0] == (before, before + HOUR)
    spring = datetime(2026, 4, 5, 0, 30, tzinfo=UTC)  # 02:30; a week before, that hour was skipped
    assert len(same_hours(spring, AMSTERDAM)) == 3


instants = st.lists(st.integers(0, 60 * 24 * 60), min_size=2, max_size=80, unique=True).map(
    lambda minutes: [MONDAY - 60 * DAY + m * MINUTE for m in sorted(minutes)]
)


@given(heard=instants, later=st.integers(0, 60 * 24 * 10))
def test_it_is_what_a_look_at_every_gap_finds(heard, later):
    now = heard[-1] + later * MINUTE
    gaps = [b - a for a, b in pairwise(heard) for x, y in same_hours(now, AMSTERDAM) if a < y and b >= x and a != b]
    expected = bool(gaps) and now - heard[0] >= HISTORY and now - heard[-1] > max(SHORTEST, TIMES * max(gaps))
    assert is_quiet(heard, now) is expected


@given(heard=instants, later=st.integers(0, 60 * 24 * 10))
def test_nothing_is_silent_within_two_hours_of_a_message(heard, later):
    now = heard[-1] + later * MINUTE
    assert not (is_quiet(heard, now) and now - heard[-1] <= SHORTEST)

"""How much is missed, from what was looked at of some weeks: the share, and between what and what it lies."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.checks import NOTHING_CHECKED, SAMPLE, Checked, wilson


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 20, 0.0, 0.1611), (1, 20, 0.0089, 0.2361), (10, 20, 0.2993, 0.7007), (20, 20, 0.8389, 1.0), (2, 80, 0.0069, 0.0866)],
)
def test_the_interval_is_that_of_wilson(hits, count, low, high):
    assert wilson(hits / count, count) == pytest.approx((low, high), abs=5e-4)


def test_an_interval_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no share"):
        wilson(0, 0)
    assert Checked(population=9, drawn=5, looked_at=0, missed=0).interval is None


def week_of(population, looked_at, missed):
    return Checked(population=population, drawn=min(SAMPLE, population), looked_at=looked_at, missed=missed)


def test_quiet_weeks_do_not_hide_a_storm():
    """Each handful counted as much as the next: three quiet weeks without a miss made a storm that missed a tenth look like 2.5 %."""
    found = week_of(30_000, 20, 2) + week_of(500, 20, 0) + week_of(500, 20, 0) + week_of(500, 20, 0)
    assert found.share == pytest.approx(0.1 * 30_000 / 31_500)
    assert found.interval == pytest.approx(wilson(0.1, 20), abs=0.02)  # the storm's own twenty are what is known of it


def test_weeks_of_one_size_are_one_sample():
    found = sum((week_of(10_000, 20, missed) for missed in (0, 1, 0, 1)), NOTHING_CHECKED)
    assert found.share == 0.025
    assert found.interval == pytest.approx(wilson(0.025, 80), abs=5e-4)


def test_of_what_was_all_looked_at_nothing_is_guessed():
    found = week_of(15, 15, 1) + week_of(9, 9, 0)
    assert (found.share, found.interval, found.is_whole) == (1 / 24, (1 / 24, 1 / 24), True)
    waiting = found + week_of(24, 0, 0)  # of this week nobody knows yet
    low, high = waiting.interval
    assert low < 1 / 24 < high
    assert not waiting.is_whole


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, SAMPLE), st.integers(0, SAMPLE)).map(
            lambda drawn: week_of(drawn[0], min(drawn[:2]), min(drawn))
        ),
        max_size=5,
    )
)
def test_the_share_lies_in_its_interval_and_both_in_what_can_be(weeks):
    found = sum(weeks, NOTHING_CHECKED)
    if not found.looked_at:
        assert (found.share, found.interval) == (None, None)
        return
    low, high = found.interval
    assert found.missed / found.population - 1e-9 <= low <= found.share + 1e-9
    assert found.share - 1e-9 <= high <= (found.missed + found.population - found.looked_at) / found.population + 1e-9


@pytest.mark.parametrize(
    "truth", [{3000: 60, 200: 60, 150: 45, 100: 30}, {400: 8, 300: 30, 25: 5, 5: 1}, {10_000: 500, 9_000: 450}], ids=str
)
def test_the_interval_holds_the_truth_nineteen_times_of_twenty(truth):
    """Weeks of so many messages, of which so many should have been cases; each time twenty of a week are looked at."""
    chance, real, held = random.Random(6), sum(truth.values()) / sum(truth), 0
    for _ in range(1000):
        found = NOTHING_CHECKED
        for population, bad in truth.items():
            size = min(SAMPLE, population)
            found += week_of(population, size, sum(number < bad for number in chance.sample(range(population), size)))
        low, high = found.interval
        held += low <= real <= high
    assert held > 930

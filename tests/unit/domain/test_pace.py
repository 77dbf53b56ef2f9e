"""An account where much is said is asked more often than a quiet one."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.pace import Paces, adapted

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
WITHIN = Paces(quickest=30 * SECOND, slowest=3 * MINUTE)


def after(*busy, last=MINUTE):
    for one in busy:
        last = adapted(last, usual=MINUTE, within=WITHIN, is_busy=one)
    return last


def test_the_first_time_it_is_the_usual_one():
    assert adapted(None, usual=MINUTE, within=WITHIN, is_busy=False) == MINUTE


def test_silence_makes_it_longer_step_by_step_and_one_voice_halves_it():
    assert after(False) == 75 * SECOND
    assert after(*[False] * 20) == 3 * MINUTE
    assert after(*[False] * 20, True) == 90 * SECOND
    assert after(True, True, True) == 30 * SECOND


def test_what_lay_outside_the_bounds_counts_as_the_bound():
    assert after(True, last=timedelta(0)) == 30 * SECOND
    assert after(True, last=timedelta(days=3)) == 90 * SECOND
    assert after(False, last=timedelta(seconds=-5)) == 37.5 * SECOND


@given(st.lists(st.booleans(), max_size=30), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_it_never_leaves_its_bounds(busy, last):
    found = after(*busy, False, last=last)
    assert WITHIN.quickest <= found <= WITHIN.slowest
    assert after(*busy, True, last=last) <= found

"""A monthly budget lasts to the month's end where slower polling can make it last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.budget import FEWEST, SLOWEST, Bill, bill, month_end, month_of, stretched

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "month", "end"),
    [
        (datetime(2026, 11, 23, 9, tzinfo=UTC), "2026-11", datetime(2026, 12, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), "2026-12", datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime.fromisoformat("2027-01-01T00:30:00+01:00"), "2026-12", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_month_is_counted_in_utc(now, month, end):
    assert (month_of(now), month_end(now)) == (month, end)


@pytest.mark.parametrize(
    ("left", "cost", "polls", "remaining", "pace"),
    [
        (1000, 0, 500, 10 * DAY, MINUTE),  # it has cost nothing yet
        (100_000, 500, 500, 10 * DAY, MINUTE),  # 14,400 polls at a resource each: it carries
        (1440, 500, 500, 10 * DAY, 10 * MINUTE),  # it carries a tenth of them
        (10, 500, 500, 10 * DAY, SLOWEST),  # it does not last: hourly, then a hard stop
        (1000, 5000, FEWEST - 1, 10 * DAY, MINUTE),  # what the first polls cost, catching up, says nothing
    ],
)
def test_the_pace_is_stretched_so_that_what_is_left_lasts(left, cost, polls, remaining, pace):
    assert stretched(MINUTE, left=left, cost=cost, polls=polls, remaining=remaining) == pace


@given(
    pace=st.timedeltas(timedelta(seconds=1), 2 * DAY),
    left=st.integers(1, 10**7),
    cost=st.integers(0, 10**7),
    polls=st.integers(0, 10**5),
    remaining=st.timedeltas(timedelta(seconds=1), 31 * DAY),
)
def test_polling_never_becomes_faster_than_its_pace_nor_slower_than_hourly(pace, left, cost, polls, remaining):
    found = stretched(pace, left=left, cost=cost, polls=polls, remaining=remaining)
    assert pace <= found <= max(pace, SLOWEST)
    if pace < found < SLOWEST:  # then what is left lasts, to a microsecond a poll
        assert (remaining // found) * cost <= left * polls * 1.001


def test_a_bill_adds_up_what_each_kind_costs_and_looks_ahead():
    now, prices = datetime(2026, 11, 11, tzinfo=UTC), {"post": 0.005, "message": 0.01}
    found = bill({"post": 1000, "message": 50, "unheard of": 7}, prices, polls=FEWEST, now=now)
    assert found == Bill(dollars=5.5, forecast=16.5)  # a third of the month has passed
    assert bill({"post": 1000}, prices, polls=FEWEST - 1, now=now).forecast is None
    assert bill({}, prices, polls=FEWEST, now=now) == Bill(dollars=0, forecast=0)
    assert bill({"post": 1000}, {}, polls=FEWEST, now=now) is None

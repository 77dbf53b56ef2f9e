"""When it is too busy: what is usual at an hour, across changes of the clock, in a new house and at night; and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.peak import (
    HISTORY,
    LEAST,
    Filter,
    Inflow,
    about,
    busiest,
    calm_since,
    is_over,
    is_summary_due,
    mutes,
    usual,
    usual_hours,
    words_wanted,
)
from webcare.domain.verdict import Urgency

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


def walls(now, first=LONG_AGO):
    """The hours that tell, as clocks in Amsterdam showed their ends."""
    return [f"{end.astimezone(AMSTERDAM):%m-%d %H:%M}" for _, end in usual_hours(local(now), AMSTERDAM, first)]


# --- the hours that tell


def test_the_same_weekday_and_hour_of_four_weeks_with_the_hour_before_and_after():
    assert walls("2026-11-21T10:20") == [
        f"{day} {time}" for day in ("11-14", "11-07", "10-31", "10-24") for time in ("09:20", "10:20", "11:20")
    ]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # winter time began on 25 October 2026: the clocks of both sides of it show the same hour
        ("2026-11-03T10:00", {"10-27 10:00", "10-20 10:00", "10-13 10:00", "10-06 10:00"}),
        # summer time began on 29 March 2026
        ("2026-04-14T10:00", {"04-07 10:00", "03-31 10:00", "03-24 10:00", "03-17 10:00"}),
    ],
)
def test_a_change_of_the_clock_moves_no_hour(now, expected):
    assert expected <= set(walls(now))
    assert all(end - start == HOUR for start, end in usual_hours(local(now), AMSTERDAM, LONG_AGO))


def test_an_hour_that_the_clocks_skipped_is_left_out():
    """On 29 March 2026 there was nothing between 02:00 and 03:00: an hour that ended at 03:00 took no time."""
    hours = usual_hours(local("2026-04-05T03:00"), AMSTERDAM, LONG_AGO)
    assert len(hours) == 11
    assert all(start < end for start, end in hours)


@pytest.mark.parametrize(("age", "hours"), [(13 * DAY, 0), (HISTORY - MINUTE, 0), (15 * DAY, 6), (22 * DAY, 9), (60 * DAY, 12)])
def test_a_new_house_has_no_usual_and_a_young_one_counts_what_it_has(age, hours):
    now = local("2026-11-21T10:20")
    assert len(usual_hours(now, AMSTERDAM, now - age)) == hours


def test_a_house_that_nobody_ever_wrote_to_has_none():
    assert usual_hours(local("2026-11-21T10:20"), AMSTERDAM, None) == []


# --- too busy


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([], None), ([4], 4.0), ([2, 9, 4], 4.0), ([0, 0, 0, 3], 0.0), ([10] * 9 + [300] * 3, 10.0)],
)
def test_the_usual_is_the_median_so_that_one_wild_week_does_not_count(counts, expected):
    assert usual(counts) == expected


@pytest.mark.parametrize(
    ("count", "before", "is_peak", "is_calm"),
    [
        (29, 10.0, False, False),
        (30, 10.0, True, False),
        (16, 10.0, False, False),
        (15, 10.0, False, False),
        (14, 10.0, False, True),
        (3, 0.0, False, True),  # three at night, where nobody usually writes
        (LEAST - 1, 0.0, False, False),
        (LEAST, 0.0, True, False),
        (14, 1.0, False, False),
        (500, None, False, False),  # nobody knows what is usual
        (2, None, False, True),
    ],
)
def test_three_times_the_usual_and_never_fewer_than_a_floor(count, before, is_peak, is_calm):
    found = Inflow(count=count, usual=before)
    assert (found.is_peak, found.is_calm) == (is_peak, is_calm)


@given(st.integers(min_value=0, max_value=10_000), st.floats(min_value=0, max_value=3000) | st.none())
def test_nothing_is_a_peak_and_calm_at_once(count, before):
    found = Inflow(count=count, usual=before)
    assert not (found.is_peak and found.is_calm)


def test_it_is_over_after_an_hour_below_half_and_a_flare_begins_the_hour_anew():
    start, since, over = local("2026-11-21T15:00"), None, []
    for minute, count in [(0, 40), (10, 14), (50, 14), (60, 20), (70, 14), (129, 14), (130, 14)]:
        now = start + minute * MINUTE
        since = calm_since(Inflow(count=count, usual=10.0), since, now)
        over.append(is_over(since, now))
    assert over == [False] * 6 + [True]


# --- what belongs to it, what is told


@pytest.mark.parametrize(
    ("fits", "channel", "text", "expected"),
    [
        (Filter(), "twitter:a", "anything", True),
        (Filter(channels=frozenset({"twitter:a"})), "whatsapp:a", "anything", False),
        (Filter(words=("pin", "betal")), "twitter:a", "Ik kan niet BETALEN", True),
        (Filter(words=("pin", "betal")), "twitter:a", "Pinnen gaat niet", True),
        (Filter(words=("pin", "betal")), "twitter:a", "Waar is mijn spinazie", False),
        (Filter(words=words_wanted("Één café")), "twitter:a", "dat cafe daar", True),
        (Filter(channels=frozenset({"twitter:a"}), words=("pin",)), "twitter:b", "pinnen", False),
    ],
)
def test_which_cases_belong(fits, channel, text, expected):
    assert fits.fits(channel, text) is expected


def test_single_letters_are_no_words():
    assert words_wanted("a pin, b & betaal!") == ("pin", "betaal")


def test_only_what_is_not_urgent_waits_for_the_summary():
    assert [mutes(urgency) for urgency in (Urgency.HIGH, Urgency.NORMAL)] == [False, True]


def test_the_first_summary_comes_at_once_and_the_next_after_half_an_hour():
    now = local("2026-11-21T10:00")
    assert [is_summary_due(told, now) for told in (None, now - 29 * MINUTE, now - 30 * MINUTE)] == [True, False, True]


# --- what it is about


def test_words_that_many_customers_use_and_no_names_numbers_or_addresses():
    texts = [
        (f"@Merk pinnen mislukt, bestelling 12345{n}, zie https://pinstoring.example Sanne", {"Sanne Pietersen", "sannep"})
        for n in range(4)
    ]
    assert about(texts) == [("bestelling", 4), ("mislukt", 4), ("pinnen", 4)]


def test_a_word_of_fewer_than_three_customers_is_not_told():
    assert about([("Graafjansdijk overstroomt", ()), ("Graafjansdijk staat blank", ())]) == []


def test_one_customer_who_repeats_a_word_counts_once():
    assert about([("pinnen pinnen pinnen pinnen", ())]) == []


def test_the_channels_with_most_more_than_usual():
    assert busiest({"twitter:a": 60, "facebook:a": 22, "whatsapp:a": 5}, {"twitter:a": 10.0, "facebook:a": 20.0}) == ["twitter:a"]
    assert busiest({}, {}) == []

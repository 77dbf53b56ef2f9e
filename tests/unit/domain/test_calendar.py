"""Working time: days that were worked out by hand, and laws that hold for every calendar.

The reference is a clock on the wall that is looked at each minute and that never goes back: while the clocks show an hour for the
second time, it stands still. A wall time is then the first minute at which this clock shows it or a later one, and nothing here
needs to know what an offset is.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from calendars_drawn import MINUTE, calendars, calendars_and_instants, midnight, odd_days
from hypothesis import given, settings
from hypothesis import strategies as st

from webcare.domain.calendar import ELAPSED, Calendar

LAWS = settings(deadline=None, derandomize=True, max_examples=80)
BRUTE = settings(deadline=None, derandomize=True, max_examples=20)
HOUR, ZERO = timedelta(hours=1), timedelta(0)
AMSTERDAM, SAO_PAULO, LORD_HOWE = "Europe/Amsterdam", "America/Sao_Paulo", "Australia/Lord_Howe"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hm(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def slots(text: str) -> tuple[tuple[int, int], ...]:
    """Read `09:00-12:00 13:00-17:30`."""
    return tuple((hm(slot[:5]), hm(slot[6:])) for slot in text.split())


def calendar(text: str, zone: str = AMSTERDAM, *, days: str = "mon tue wed thu fri", off=(), on=None, holiday=None) -> Calendar:
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return Calendar(
        zone=ZoneInfo(zone),
        hours=tuple(slots(text) if day in days else () for day in week),
        days_off=off if isinstance(off, dict) else dict.fromkeys(off, ""),
        days_on={day: slots(open_) for day, open_ in (on or {}).items()},
        holiday=holiday or (lambda _day: None),
    )


ALL = "mon tue wed thu fri sat sun"
OFFICE = calendar("09:00-17:30")
LUNCH = calendar("09:00-12:00 13:00-17:00")
LATE = calendar("18:00-24:00", days=ALL)
ALWAYS = calendar("00:00-24:00", days=ALL)
CHRISTMAS = calendar(
    "09:00-17:30", off={date(2026, 12, 25): "Kerst", date(2026, 12, 24): ""}, on={date(2026, 12, 27): "10:00-16:00"}
)


@pytest.mark.parametrize(
    ("open_", "start", "span", "end"),
    [
        # November in Amsterdam is UTC+1: 09:00 there is 08:00Z, 17:30 is 16:30Z. 2026-11-20 is a Friday.
        (OFFICE, "2026-11-20T08:00", 2 * HOUR, "2026-11-20T10:00"),
        (OFFICE, "2026-11-20T15:30", HOUR, "2026-11-20T16:30"),  # ends exactly at closing time, and so at closing time
        (OFFICE, "2026-11-20T15:30", HOUR + MINUTE, "2026-11-23T08:01"),
        (OFFICE, "2026-11-20T16:30", MINUTE, "2026-11-23T08:01"),  # half-open: at 17:30 it is closed
        (OFFICE, "2026-11-20T16:29", MINUTE, "2026-11-20T16:30"),
        (OFFICE, "2026-11-21T12:00", HOUR, "2026-11-23T09:00"),
        (OFFICE, "2026-11-21T12:00", ZERO, "2026-11-23T08:00"),  # work that starts in a closed moment starts at the opening
        (OFFICE, "2026-11-20T08:00", 8.5 * HOUR, "2026-11-20T16:30"),
        (OFFICE, "2026-11-20T08:00", 17 * HOUR, "2026-11-23T16:30"),
        (LUNCH, "2026-11-20T10:30", HOUR, "2026-11-20T12:30"),  # half an hour before lunch, half an hour after it
        (LUNCH, "2026-11-20T10:00", HOUR, "2026-11-20T11:00"),
        (LUNCH, "2026-11-20T11:30", HOUR, "2026-11-20T13:00"),
        (LATE, "2026-11-20T22:00", HOUR, "2026-11-20T23:00"),  # 24:00 is where the day ends
        (LATE, "2026-11-20T22:30", HOUR, "2026-11-21T17:30"),
        (ALWAYS, "2026-11-20T22:30", 100 * HOUR, "2026-11-25T02:30"),
        # Thursday 24 and Friday 25 December are off, Sunday 27 is open 10-16.
        (CHRISTMAS, "2026-12-23T16:00", HOUR, "2026-12-27T09:30"),
        (CHRISTMAS, "2026-12-23T16:00", 6.5 * HOUR, "2026-12-27T15:00"),
        (CHRISTMAS, "2026-12-23T16:00", 7 * HOUR, "2026-12-28T08:30"),
        # New Year on a Thursday night of an open calendar: nothing happens.
        (ALWAYS, "2026-12-31T22:30", HOUR, "2026-12-31T23:30"),
        (ALWAYS, "2026-12-31T22:00", HOUR, "2026-12-31T23:00"),  # ends at local midnight of New Year
        (OFFICE, "2026-12-31T16:00", HOUR, "2027-01-01T08:30"),
        # Amsterdam loses 02:00-03:00 on 29 March 2026 and has it twice on 25 October.
        (calendar("01:00-04:00", days=ALL), "2026-03-29T00:00", 2 * HOUR, "2026-03-29T02:00"),
        (calendar("01:00-04:00", days=ALL), "2026-03-29T00:00", 2 * HOUR + MINUTE, "2026-03-29T23:01"),
        (calendar("02:15-02:45", days=ALL), "2026-03-28T01:15", HOUR, "2026-03-30T00:45"),  # a slot that is skipped whole
        (calendar("02:30-04:00", days=ALL), "2026-03-29T00:00", HOUR, "2026-03-29T02:00"),  # opens at the change, an hour left
        (calendar("01:00-02:30", days=ALL), "2026-03-29T00:00", HOUR, "2026-03-29T01:00"),  # closes at the change
        (calendar("01:00-04:00", days=ALL), "2026-10-24T23:00", 4 * HOUR, "2026-10-25T03:00"),
        (calendar("02:30-04:00", days=ALL), "2026-10-25T00:30", 2.5 * HOUR, "2026-10-25T03:00"),  # from the first 02:30
        (calendar("01:00-02:30", days=ALL), "2026-10-24T23:00", 1.5 * HOUR, "2026-10-25T00:30"),  # until the first 02:30
        (calendar("02:00-03:00", days=ALL), "2026-10-25T00:00", 2 * HOUR, "2026-10-25T02:00"),  # the hour that comes twice
        (ALWAYS, "2026-03-28T22:00", 24 * HOUR, "2026-03-29T22:00"),  # real hours
        # Sao Paulo has no midnight on 2018-11-04: 24:00 of the third is 01:00 of the fourth, 03:00Z.
        (calendar("22:00-24:00", SAO_PAULO, days=ALL), "2018-11-04T01:00", 2 * HOUR, "2018-11-04T03:00"),
        (calendar("00:00-02:00", SAO_PAULO, days=ALL), "2018-11-04T02:00", HOUR, "2018-11-04T04:00"),
        (calendar("00:00-02:00", SAO_PAULO, days=ALL), "2018-11-04T02:00", 1.5 * HOUR, "2018-11-05T02:30"),
        # ... and the last hour of 2019-02-16 twice: 23:00-24:00 takes from 01:00Z to 03:00Z.
        (calendar("23:00-24:00", SAO_PAULO, days=ALL), "2019-02-17T01:00", 2 * HOUR, "2019-02-17T03:00"),
        # Lord Howe moves by half an hour: 02:00-02:30 is skipped on 2026-10-04 and 01:30-02:00 comes twice on 2026-04-05.
        (calendar("01:30-03:00", LORD_HOWE, days=ALL), "2026-10-03T15:00", HOUR, "2026-10-03T16:00"),
        (calendar("01:30-03:00", LORD_HOWE, days=ALL), "2026-04-04T14:30", 2 * HOUR, "2026-04-04T16:30"),
        (calendar("09:00-17:00", "Asia/Kolkata"), "2026-11-20T03:30", HOUR, "2026-11-20T04:30"),
        # Samoa had no 30 December 2011 at all.
        (calendar("09:00-17:00", "Pacific/Apia", days=ALL), "2011-12-30T02:00", 2 * HOUR, "2011-12-30T20:00"),
    ],
)
def test_adding_working_time(open_, start, span, end):
    assert open_.add(utc(start), span) == utc(end)
    assert open_.between(utc(start), utc(end)) == span


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 20), "closed: outside opening hours"),
        (date(2026, 11, 21), "closed: weekend"),
        (date(2026, 12, 25), "closed: holiday (Kerst)"),
        (date(2026, 12, 24), "closed: holiday"),
        (date(2026, 12, 27), "closed: outside opening hours"),
        (date(2026, 12, 26), "closed: weekend"),
        (date(2026, 11, 23), "closed: no opening hours on Mondays"),
    ],
)
def test_a_closed_day_says_why(day, why):
    open_ = calendar("09:00-17:30", days="tue wed thu fri", off=CHRISTMAS.days_off, on={date(2026, 12, 27): "10:00-16:00"})
    assert open_.closed_because(day) == why


def test_own_days_on_win_over_days_off_and_these_over_the_week():
    day, other, third = date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 28)
    open_ = calendar("09:00-17:00", off=[day, other], on={day: "10:00-12:00", third: ""}, holiday=lambda _day: "every day")
    assert open_.slots_on(day) == slots("10:00-12:00")
    assert open_.slots_on(other) == ()
    assert open_.slots_on(third) == ()  # an own day without a slot is closed
    assert open_.slots_on(date(2026, 12, 29)) == ()
    assert open_.closed_because(date(2026, 12, 29)) == "closed: holiday (every day)"


def test_an_own_name_of_a_day_off_wins_over_the_public_one():
    open_ = calendar("09:00-17:00", off={date(2026, 12, 25): "inventory"}, holiday=lambda _day: "Kerst")
    assert open_.closed_because(date(2026, 12, 25)) == "closed: holiday (inventory)"


@pytest.mark.parametrize("text", ["10:00-09:00", "10:00-10:00", "10:00-24:01"])
def test_a_slot_ends_after_it_starts_and_within_its_day(text):
    with pytest.raises(ValueError, match=f"within its day, not {text}"):
        calendar(text)


def test_a_calendar_is_open_some_time():
    with pytest.raises(ValueError, match="no open hours"):
        calendar("", on={date(2026, 12, 27): ""})


def test_own_days_alone_are_enough_but_do_not_last():
    open_ = calendar("", on={date(2026, 12, 27): "10:00-16:00"})
    assert open_.add(utc("2020-01-01T00:00"), HOUR) == utc("2026-12-27T10:00")
    with pytest.raises(ValueError, match="not enough open hours"):
        open_.add(utc("2020-01-01T00:00"), 7 * HOUR)
    with pytest.raises(ValueError, match="no opening within"):
        open_.opening(utc("2026-12-27T15:00"))
    assert next(open_.spans(utc("2026-12-27T15:00"), utc("2026-12-27T16:00"))).why == "closed: outside opening hours"
    assert open_.last_open(utc("2030-01-01T00:00")) == utc("2026-12-27T15:00")
    assert open_.last_open(utc("2026-12-27T08:59")) is None


def test_spans_name_each_reason_once_and_cut_nothing_in_two():
    found = [(s.start, s.end, s.why) for s in CHRISTMAS.spans(utc("2026-12-23T16:00"), utc("2026-12-27T10:00"))]
    assert found == [
        (utc("2026-12-23T16:00"), utc("2026-12-23T16:30"), "open"),
        (utc("2026-12-23T16:30"), utc("2026-12-23T23:00"), "closed: outside opening hours"),
        (utc("2026-12-23T23:00"), utc("2026-12-24T23:00"), "closed: holiday"),
        (utc("2026-12-24T23:00"), utc("2026-12-25T23:00"), "closed: holiday (Kerst)"),
        (utc("2026-12-25T23:00"), utc("2026-12-26T23:00"), "closed: weekend"),
        (utc("2026-12-26T23:00"), utc("2026-12-27T09:00"), "closed: outside opening hours"),
        (utc("2026-12-27T09:00"), utc("2026-12-27T10:00"), "open"),
    ]


@pytest.mark.parametrize(
    ("open_", "at", "within", "start"),
    [
        (OFFICE, "2026-11-20T08:30", HOUR, "2026-11-20T08:00"),
        (OFFICE, "2026-11-20T09:00", HOUR, "2026-11-20T08:00"),  # at most an hour
        (OFFICE, "2026-11-20T09:01", HOUR, None),
        (OFFICE, "2026-11-20T16:30", 9 * HOUR, "2026-11-20T08:00"),  # the stretch that ends there
        (OFFICE, "2026-11-20T08:00", HOUR, None),  # nothing has been open yet
        (OFFICE, "2026-11-20T16:31", 9 * HOUR, None),
        (ALWAYS, "2027-01-01T00:00", 2 * HOUR, None),
        (LATE, "2026-12-31T23:00", 6 * HOUR, "2026-12-31T17:00"),  # ends with the year
        (calendar("00:00-02:00 22:00-24:00", days=ALL), "2026-12-31T23:30", 3 * HOUR, "2026-12-31T21:00"),  # over New Year
        (calendar("00:00-02:00 22:00-24:00", days=ALL), "2026-12-31T23:30", 2 * HOUR, None),
    ],
)
def test_where_the_open_stretch_began(open_, at, within, start):
    assert open_.slot_start(utc(at), within) == (None if start is None else utc(start))


@pytest.mark.parametrize(
    ("at", "last"),
    [
        ("2026-11-20T08:00", "2026-11-20T08:00"),
        ("2026-11-20T16:29:59.999999", "2026-11-20T16:29:59.999999"),
        ("2026-11-20T16:30", "2026-11-20T16:30"),
        ("2026-11-20T16:30:00.000001", "2026-11-20T16:30"),
        ("2026-11-23T07:59:59.999999", "2026-11-20T16:30"),
        ("2027-01-01T07:00", "2026-12-31T16:30"),
    ],
)
def test_the_last_open_moment(at, last):
    assert OFFICE.last_open(utc(at)) == utc(last)


def test_elapsed_time_is_real_seconds():
    start, end = utc("2026-03-28T22:00"), utc("2026-03-29T22:00")
    assert ELAPSED.add(start, 24 * HOUR) == end
    assert ELAPSED.between(start, end) == 24 * HOUR
    assert ELAPSED.between(end, start) == ZERO
    assert [(s.start, s.end, s.counted, s.why) for s in ELAPSED.spans(start, end)] == [(start, end, True, "open")]
    assert list(ELAPSED.spans(start, start)) == []
    assert (ELAPSED.opening(start), ELAPSED.last_open(start), ELAPSED.slot_start(start, HOUR)) == (start, start, None)


# --- laws ---

spans_of_work = st.one_of(
    st.integers(1, 40 * 24 * 60).map(lambda n: n * MINUTE),
    st.timedeltas(timedelta(microseconds=1), timedelta(days=30)),
    st.timedeltas(timedelta(days=30), timedelta(days=400)),
)


@LAWS
@given(calendars_and_instants(), spans_of_work)
def test_what_is_added_lies_between_and_ends_in_an_open_stretch(drawn, span):
    open_, start = drawn
    end = open_.add(start, span)
    assert open_.between(start, end) == span
    assert open_.between(start, end - timedelta(microseconds=1)) < span  # the first such instant
    assert open_.add(start, ZERO) == open_.opening(start)


@LAWS
@given(calendars_and_instants(), st.timedeltas(timedelta(microseconds=1), timedelta(days=60)))
def test_adding_what_lies_between_is_the_first_instant_by_which_it_has_passed(drawn, length):
    open_, start = drawn
    end = start + length
    span = open_.between(start, end)
    if span == ZERO:
        assert open_.opening(start) >= end
        return
    reached = open_.add(start, span)
    assert reached <= end
    assert open_.between(reached, end) == ZERO
    assert open_.between(start, reached - timedelta(microseconds=1)) < span


@LAWS
@given(calendars_and_instants(), spans_of_work, spans_of_work)
def test_adding_is_additive_and_monotone(drawn, one, two):
    open_, start = drawn
    assert open_.add(open_.add(start, one), two) == open_.add(start, one + two)
    assert (open_.add(start, one) < open_.add(start, two)) == (one < two)
    assert open_.add(start, one) <= open_.add(start + two, one)


@LAWS
@given(calendars_and_instants(), st.lists(st.timedeltas(ZERO, timedelta(days=40)), min_size=3, max_size=3))
def test_what_lies_between_is_additive_and_never_more_than_real_time(drawn, offsets):
    open_, start = drawn
    a, b, c = sorted(start + offset for offset in offsets)
    assert open_.between(a, c) == open_.between(a, b) + open_.between(b, c)
    assert ZERO <= open_.between(a, c) <= c - a
    assert open_.between(c, a) == ZERO


@LAWS
@given(calendars_and_instants(), st.timedeltas(timedelta(microseconds=1), timedelta(days=40)))
def test_spans_are_contiguous_and_sum_up(drawn, length):
    open_, start = drawn
    end = start + length
    found = list(open_.spans(start, end))
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(one.end == two.start for one, two in pairwise(found))
    assert all(one.start < one.end for one in found)
    assert sum((s.end - s.start for s in found if s.counted), ZERO) == open_.between(start, end)
    assert all(s.counted == (s.why == "open") and (s.counted or s.why.startswith("closed: ")) for s in found)
    assert all(open_.between(s.start, s.end) == (s.end - s.start if s.counted else ZERO) for s in found)


@LAWS
@given(calendars_and_instants())
def test_an_opening_is_open_and_the_last_open_moment_is_the_other_side_of_it(drawn):
    open_, at = drawn
    opened, last = open_.opening(at), open_.last_open(at)
    assert opened >= at
    assert open_.opening(opened) == opened
    assert open_.between(at, opened) == ZERO
    assert open_.between(opened, opened + timedelta(microseconds=1)) == timedelta(microseconds=1)
    assert last is not None
    assert open_.between(last, at) == ZERO
    assert (last == at and opened == at) or open_.between(last - timedelta(microseconds=1), last) == timedelta(microseconds=1)


@BRUTE
@given(calendars(around=date(2026, 12, 31)), st.integers(1990, 2040), st.integers(1, 5))
def test_many_years_are_the_sum_of_each(open_, year, years):
    turns = [midnight(date(year + n, 1, 1)) for n in range(years + 1)]
    total = open_.between(turns[0], turns[-1])
    assert total == sum((open_.between(a, b) for a, b in pairwise(turns)), ZERO)
    assert open_.between(turns[0], open_.add(turns[0], total)) == total


# --- the wall clock that never goes back ---

DAYS_WATCHED = 5


class Watched:
    """Each minute of a few days, open or not, by looking at the wall."""

    def __init__(self, open_: Calendar, day: date) -> None:
        self.first = midnight(day) - timedelta(days=3)
        shown, latest = [], datetime.min  # noqa: DTZ901 - what a clock shows has no zone
        for n in range((DAYS_WATCHED + 3) * 1440):
            latest = max(latest, (self.first + n * MINUTE).astimezone(open_.zone).replace(tzinfo=None))
            shown.append(latest)
        self.is_open = [
            any(start <= wall.hour * 60 + wall.minute < end for start, end in self._slots(open_, wall.date())) for wall in shown
        ]
        self.before = [0]
        for minute in self.is_open:
            self.before.append(self.before[-1] + minute)

    @staticmethod
    def _slots(open_: Calendar, day: date):
        return open_.days_on.get(day, () if day in open_.days_off else open_.hours[day.weekday()])

    def place(self, at: datetime) -> int:
        return (at - self.first) // MINUTE

    def between(self, start: datetime, end: datetime) -> timedelta:
        return (self.before[self.place(end)] - self.before[self.place(start)]) * MINUTE

    def opening(self, at: datetime) -> datetime | None:
        return next((self.first + n * MINUTE for n in range(self.place(at), len(self.is_open)) if self.is_open[n]), None)

    def last_open(self, at: datetime) -> datetime | None:
        if self.is_open[self.place(at)]:
            return at
        return next((self.first + (n + 1) * MINUTE for n in range(self.place(at) - 1, -1, -1) if self.is_open[n]), None)

    def stretch(self, at: datetime) -> datetime | None:
        """Return where the open minutes that end with the one before `at` began; None when that one was closed."""
        n = self.place(at)
        while n > 0 and self.is_open[n - 1]:
            n -= 1
        return None if n == self.place(at) else self.first + n * MINUTE


@st.composite
def watched(draw):
    day = draw(st.one_of(odd_days, st.dates(date(1990, 1, 5), date(2045, 12, 20))))
    open_ = draw(calendars(around=day))
    return open_, Watched(open_, day), midnight(day) - 36 * HOUR


minutes_on = st.lists(st.integers(0, (DAYS_WATCHED - 1) * 1440), min_size=20, max_size=20)


@BRUTE
@given(watched(), minutes_on)
def test_the_same_as_looking_at_the_clock_each_minute(drawn, places):
    open_, wall, start = drawn
    for at in [start + n * MINUTE for n in places]:
        assert open_.between(start, at) == wall.between(start, at)
        if (opening := wall.opening(at)) is not None:
            assert open_.opening(at) == opening
        if (last := wall.last_open(at)) is not None:
            assert open_.last_open(at) == last
        span = wall.between(start, at)
        if span and at > start:
            assert open_.add(start, span) == wall.first + bisect_left_open(wall, start, span) * MINUTE


def bisect_left_open(wall: Watched, start: datetime, span: timedelta) -> int:
    """Return the first minute by which `span` has been open since `start`."""
    wanted = wall.before[wall.place(start)] + span // MINUTE
    return bisect_right(wall.before, wanted - 1)


@BRUTE
@given(watched(), minutes_on, st.integers(1, 1440))
def test_slot_start_is_where_the_open_minutes_began(drawn, places, within):
    open_, wall, start = drawn
    for at in [start + n * MINUTE for n in places]:
        began = wall.stretch(at)
        if began == wall.first:
            continue  # it began before we looked
        wanted = began if began is not None and at - began <= within * MINUTE else None
        assert open_.slot_start(at, within * MINUTE) == wanted

"""Calendars for the property tests: any week, any days off and on, in the zones whose clocks change in the oddest ways."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from webcare.domain.calendar import Calendar

ZONES = ("Europe/Amsterdam", "Europe/Brussels", "Europe/London", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe")
MINUTE = timedelta(minutes=1)
DAY_MINUTES = 24 * 60
# The change of the clock lies near these days in one of the zones; New Year is where the engine changes its table.
ODD_DAYS = (
    date(2018, 11, 4),  # Sao Paulo has no midnight
    date(2019, 2, 16),  # Sao Paulo has its last hour twice
    date(2026, 3, 29),
    date(2026, 4, 5),  # Lord Howe, half an hour twice
    date(2026, 10, 4),  # Lord Howe, half an hour skipped
    date(2026, 10, 25),
    date(2024, 2, 29),
    date(2026, 12, 31),
    date(2028, 1, 1),
)

odd_days = st.sampled_from(ODD_DAYS)
any_days = st.dates(date(1990, 1, 2), date(2045, 12, 30))
minutes = st.one_of(st.sampled_from([0, 60, 120, 150, 180, 540, 1050, 1380, 1440]), st.integers(0, DAY_MINUTES))
slots = st.lists(
    st.tuples(minutes, minutes).filter(lambda slot: slot[0] != slot[1]).map(lambda slot: (min(slot), max(slot))), max_size=3
).map(lambda drawn: tuple(sorted(drawn)))
weeks = st.one_of(
    st.tuples(*[slots] * 7).filter(any),
    st.sampled_from([(((540, 1050),),) * 5 + ((), ()), (((0, 1440),),) * 7, (((540, 720), (780, 1050)),) * 6 + ((),)]),
)


@st.composite
def calendars(draw, around=None):
    """Draw a calendar that is open some time every week, with odd days within two weeks of `around`."""
    centre = draw(any_days) if around is None else around
    near = st.integers(-14, 14).map(lambda n: centre + timedelta(days=n))
    return Calendar(
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        hours=draw(weeks),
        days_off=draw(st.dictionaries(near, st.sampled_from(["", "Sinterklaas"]), max_size=4)),
        days_on=draw(st.dictionaries(near, slots, max_size=4)),
    )


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@st.composite
def calendars_and_instants(draw, days=any_days):
    """Draw a calendar and an instant close to the odd days of that calendar."""
    day = draw(st.one_of(odd_days, days))
    calendar = draw(calendars(around=day))
    offset = draw(st.one_of(st.integers(-3 * DAY_MINUTES, 3 * DAY_MINUTES).map(lambda n: n * MINUTE),
                            st.timedeltas(timedelta(days=-3), timedelta(days=3))))  # fmt: skip
    return calendar, midnight(day) + offset

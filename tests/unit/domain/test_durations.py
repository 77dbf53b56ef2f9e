from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webcare.domain.durations import format_duration, format_instant, parse_duration, parse_instant

LAWS = settings(deadline=None, derandomize=True, max_examples=200)
CENTURY = timedelta(days=36_525)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("PT24H", 24 * HOUR),
        ("P1D", 24 * HOUR),
        ("PT1440M", 24 * HOUR),
        ("PT86400S", 24 * HOUR),
        ("P1W", 7 * 24 * HOUR),
        ("P1W2DT3H4M5S", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5)),
        ("P1DT30M", timedelta(days=1, minutes=30)),
        ("PT0S", timedelta(0)),
        ("P0D", timedelta(0)),
        ("-PT0S", timedelta(0)),
        ("PT1.5H", 1.5 * HOUR),
        ("PT1,5H", 1.5 * HOUR),
        ("PT0.000001S", timedelta(microseconds=1)),
        ("-PT90S", timedelta(seconds=-90)),
        ("+PT90S", timedelta(seconds=90)),
        ("PT90M", 1.5 * HOUR),  # minutes after the T are no months
    ],
)
def test_a_duration_is_read(text, span):
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("P1M", "counts months or years"),
        ("P1Y", "counts months or years"),
        ("-P1Y2D", "counts months or years"),
        ("P1DT", "is not an ISO 8601 duration"),
        ("PT", "is not an ISO 8601 duration"),
        ("P", "is not an ISO 8601 duration"),
        ("", "is not an ISO 8601 duration"),
        ("24H", "is not an ISO 8601 duration"),
        ("pt24h", "is not an ISO 8601 duration"),
        ("PT24H ", "is not an ISO 8601 duration"),
        ("PT24H\n", "is not an ISO 8601 duration"),
        ("PT1H1D", "is not an ISO 8601 duration"),
        ("PT-1H", "is not an ISO 8601 duration"),
        ("--PT1H", "is not an ISO 8601 duration"),
        ("PT.5S", "is not an ISO 8601 duration"),
        ("P1000000000D", "longer than a calendar"),
        ("P" + 400 * "9" + "D", "longer than a calendar"),
        (24, "a duration like PT24H is expected, not 24"),
        (None, "a duration like PT24H is expected, not None"),
        (["PT24H"], "a duration like PT24H is expected"),
    ],
)
def test_what_is_no_duration_is_refused_in_words(text, why):
    with pytest.raises(ValueError, match=why):
        parse_duration(text)


@LAWS
@given(st.timedeltas(-CENTURY, CENTURY))
def test_a_duration_that_is_written_is_read_back(span):
    assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (24 * HOUR, "PT86400S"),
        (timedelta(0), "PT0S"),
        (timedelta(seconds=-90), "-PT90S"),
        (timedelta(milliseconds=500), "PT0.5S"),
        (timedelta(milliseconds=-500), "-PT0.5S"),
        (timedelta(microseconds=1), "PT0.000001S"),
        (timedelta(days=-1, seconds=86399, microseconds=999_999), "-PT0.000001S"),
    ],
)
def test_a_duration_is_written_in_seconds(span, text):
    assert format_duration(span) == text


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-20T09:00:00Z", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20t09:00:00z", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20 10:00+01:00", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20T10:00:00+0100", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20T04:30:00-04:30", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        (" 2026-11-20T09:00:00Z\n", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20T09:00:00.5Z", datetime(2026, 11, 20, 9, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-20T09:00:00.123456789Z", datetime(2026, 11, 20, 9, 0, 0, 123_456, tzinfo=UTC)),
        ("2024-02-29T00:00:00-00:00", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read(text, instant):
    assert parse_instant(text) == instant
    assert parse_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-11-20T09:00:00", "has no offset"),
        ("2026-11-20", "is not a time"),
        ("tomorrow", "is not a time"),
        ("2026-02-29T09:00:00Z", "does not exist"),
        ("2026-11-20T25:00:00Z", "does not exist"),
        ("2026-11-20T09:60:00Z", "does not exist"),
        ("0001-01-01T00:00:00+01:00", "does not exist"),
        ("9999-12-31T23:30:00-01:00", "does not exist"),
        (1_795_000_000, "a time like 2026-11-20T09:00:00Z is expected"),
        (None, "a time like 2026-11-20T09:00:00Z is expected"),
        ({}, "a time like 2026-11-20T09:00:00Z is expected"),
    ],
)
def test_what_is_no_instant_is_refused_in_words(text, why):
    with pytest.raises(ValueError, match=why):
        parse_instant(text)


@LAWS
@given(
    st.datetimes(datetime.min.replace(day=3), datetime.max.replace(day=29)),  # noqa: DTZ901 - the zone follows
    st.integers(-1439, 1439),
)
def test_an_instant_that_is_written_is_read_back(wall, minutes):
    """A fraction in a year before 1000 was once written without the year's leading zeros."""
    at = wall.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = format_instant(at)
    assert parse_instant(text) == at
    assert text.endswith("Z")
    assert ("." in text) == (at.microsecond != 0)
    assert len(text.partition(".")[0].rstrip("Z")) == len("2026-11-20T09:00:00")


@LAWS
@given(
    st.one_of(
        st.text(max_size=30),
        st.text("PT0123456789WDHMSYZ:.,-+", max_size=30),
        st.from_regex(r"[+-]?P[\d.]+[YMWDH]T?", fullmatch=True),
    )
)
def test_any_text_is_read_or_refused(text):
    for parse in (parse_duration, parse_instant):
        refusal = ""
        try:
            parse(text)
        except ValueError as error:
            refusal = str(error)
        assert not refusal or repr(text) in refusal

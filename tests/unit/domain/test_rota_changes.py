"""Overrides and swaps: wall times to instants over changes of the clocks, who holds what, and what lies ahead with nobody to hear."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webcare.domain.rota import ContactMethod, Level, LevelName, Override, Person, QuietHours, Rhythm, Role, Rota, on_call
from webcare.domain.rota_changes import (
    CannotChange,
    Field,
    Span,
    Swap,
    agreed,
    holds,
    override_of,
    shifts_of,
    span_between,
    with_overrides,
    without_anybody,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MAIL = (ContactMethod(name="mail", target="mailto:x@example.org"),)


def person(id_, quiet=None, contacts=MAIL):
    return Person(id=id_, name=id_.title(), role=Role.AGENT, contacts=contacts, zone="Europe/Amsterdam", quiet=quiet)


def level(*rotation, name=LevelName.ONCALL, zone="Europe/Amsterdam", handovers=(time(8),), rhythm=Rhythm.DAILY):
    return Level(name=name, rotation=rotation, rhythm=rhythm, anchor=date(2026, 3, 1), zone=zone, handovers=handovers)


def rota(*levels, people=("daan", "noor", "sanne")):
    return Rota(levels=levels, people=tuple(one if isinstance(one, Person) else person(one) for one in people))


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def refusal(act, *said, **more):
    with pytest.raises(CannotChange) as found:
        act(*said, **more)
    return found.value.field


# --- wall times ---


@pytest.mark.parametrize(
    ("zone", "starts", "ends", "start", "end"),
    [
        # spring in Amsterdam: 02:00 -> 03:00 on 29 March
        ("Europe/Amsterdam", "2026-03-29T01:00", "2026-03-29T04:00", "2026-03-29T00:00Z", "2026-03-29T02:00Z"),
        ("Europe/Amsterdam", "2026-03-29T02:30", "2026-03-29T08:00", "2026-03-29T01:00Z", "2026-03-29T06:00Z"),
        ("Europe/Amsterdam", "2026-03-28T08:00", "2026-03-29T08:00", "2026-03-28T07:00Z", "2026-03-29T06:00Z"),
        # autumn: 03:00 -> 02:00 on 25 October; what is shown twice is the first of the two
        ("Europe/Amsterdam", "2026-10-25T02:30", "2026-10-25T03:00", "2026-10-25T00:30Z", "2026-10-25T02:00Z"),
        ("Europe/Amsterdam", "2026-10-24T08:00", "2026-10-25T08:00", "2026-10-24T06:00Z", "2026-10-25T07:00Z"),
        ("Europe/Amsterdam", "2026-12-24T18:00", "2026-12-25T08:00", "2026-12-24T17:00Z", "2026-12-25T07:00Z"),
        ("America/New_York", "2026-03-08T02:15", "2026-03-08T08:00", "2026-03-08T07:00Z", "2026-03-08T12:00Z"),
        ("Pacific/Auckland", "2026-04-05T00:00", "2026-04-06T00:00", "2026-04-04T11:00Z", "2026-04-05T12:00Z"),
        ("UTC", "2026-03-29T02:30", "2026-03-29T03:30", "2026-03-29T02:30Z", "2026-03-29T03:30Z"),
    ],
)
def test_wall_times_are_those_of_the_levels_zone(zone, starts, ends, start, end):
    found = span_between(level("daan", zone=zone), starts, ends, NOW)
    assert (found.starts_at, found.ends_at) == (at(start), at(end))


def test_what_lies_within_skipped_time_is_no_time_at_all():
    assert refusal(span_between, level("daan"), "2026-03-29T02:10", "2026-03-29T02:50", NOW) is Field.ORDER


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        ("", "2026-03-29T04:00", Field.FROM),
        ("tomorrow", "2026-03-29T04:00", Field.FROM),
        ("2026-03-29T04:00Z", "2026-03-30T04:00", Field.FROM),
        ("0001-01-01T00:00", "2026-03-29T04:00", Field.FROM),
        ("2026-03-29T04:00", "2026-13-29T04:00", Field.UNTIL),
        ("2026-03-29T04:00", "9999-12-31T23:59", Field.UNTIL),
        ("2026-03-29T04:00", "2026-03-29T04:00", Field.ORDER),
        ("2026-03-29T04:00", "2026-03-28T04:00", Field.ORDER),
        ("2026-03-02T04:00", "2027-04-02T04:00", Field.FAR),
        ("2031-03-02T04:00", "2031-03-03T04:00", Field.FAR),
        ("2026-02-27T04:00", "2026-02-28T04:00", Field.PAST),
    ],
)
def test_what_cannot_be_names_its_field(starts, ends, field):
    assert refusal(span_between, level("daan"), starts, ends, NOW) is field


def test_what_has_begun_begins_now():
    found = span_between(level("daan"), "2026-03-01T08:00", "2026-03-02T08:00", NOW)
    assert found.starts_at == NOW


# --- overrides ---


def test_of_two_overrides_the_newer_one_holds_where_they_meet():
    now = at("2026-10-24T00:00Z")
    first = override_of(span_between(level("daan"), "2026-10-24T20:00", "2026-10-25T08:00", now), "noor", now)
    second = override_of(span_between(level("daan"), "2026-10-25T01:00", "2026-10-25T04:00", now), None, now + HOUR)
    found = with_overrides(rota(level("daan")), [first, second])
    shown = {at(text): on_call(found, LevelName.ONCALL, at(text)) for text in ("2026-10-24T22:59Z", "2026-10-24T23:00Z")}
    assert [one and one.id for one in shown.values()] == ["noor", None]
    # 01:00 to 04:00 is four hours in that night
    assert [one and one.id for one in (on_call(found, LevelName.ONCALL, at(f"2026-10-25T0{n}:59Z")) for n in range(5))] == [
        None,
        None,
        None,
        "noor",
        "noor",
    ]


# --- swaps ---


def test_a_swap_gives_a_part_and_takes_one_back():
    house = rota(level("daan", "noor"))
    given = span_between(level("daan"), "2026-03-29T01:00", "2026-03-29T08:00", NOW)  # of the night in which an hour is missing
    back = span_between(level("daan"), "2026-03-29T08:00", "2026-03-30T08:00", NOW)
    daan_has = on_call(house, LevelName.ONCALL, given.starts_at).id
    other = {"daan": "noor", "noor": "daan"}[daan_has]
    swap = Swap(person=daan_has, colleague=other, given=given, back=back, asked_at=NOW)
    after = with_overrides(house, agreed(house, swap, NOW))
    assert holds(after, other, given)
    assert holds(after, daan_has, back)
    assert given.ends_at - given.starts_at == 6 * HOUR
    just_before = Span(level=given.level, starts_at=given.starts_at - HOUR, ends_at=given.starts_at)
    assert holds(after, daan_has, just_before)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"person": "noor", "colleague": "sanne"}, Field.SHIFT),
        ({"colleague": "daan"}, Field.COLLEAGUE),
        ({"colleague": "ghost"}, Field.COLLEAGUE),
        ({"given": Span(level=LevelName.NEXT, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)}, Field.SHIFT),
        ({"given": Span(level=LevelName.ONCALL, starts_at=NOW - 2 * HOUR, ends_at=NOW)}, Field.PAST),
        ({"given": Span(level=LevelName.ONCALL, starts_at=NOW + HOUR, ends_at=NOW + 30 * HOUR)}, Field.SHIFT),
        ({"back": Span(level=LevelName.ONCALL, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)}, Field.BACK),
    ],
)
def test_nobody_gives_what_they_do_not_have(changes, field):
    house = rota(level("daan", "noor"))
    given = Span(level=LevelName.ONCALL, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    swap = Swap(**{"person": "daan", "colleague": "noor", "given": given, "back": None, "asked_at": NOW, **changes})
    assert refusal(agreed, house, swap, NOW) is field


@pytest.mark.parametrize(
    ("given", "back", "expires"),
    [
        ((1, 5), None, 1),
        ((-1, 5), None, 5),  # it has begun: until its end
        ((3, 5), (2, 4), 2),
        ((3, 5), (-2, 4), 3),
    ],
)
def test_a_request_expires_when_its_shift_begins(given, back, expires):
    def span(hours):
        return Span(level=LevelName.ONCALL, starts_at=NOW + hours[0] * HOUR, ends_at=NOW + hours[1] * HOUR)

    swap = Swap(person="daan", colleague="noor", given=span(given), back=back and span(back), asked_at=NOW)
    assert swap.expires_at == NOW + expires * HOUR


def test_what_has_passed_of_a_shift_stays_as_it_was():
    house = rota(level("daan"))
    span = Span(level=LevelName.ONCALL, starts_at=NOW - HOUR, ends_at=NOW + 5 * HOUR)
    swap = Swap(person="daan", colleague="noor", given=span, back=None, asked_at=NOW - HOUR)
    (made,) = agreed(house, swap, NOW + HOUR)
    assert (made.starts_at, made.ends_at) == (NOW + HOUR, NOW + 5 * HOUR)


@given(
    rotation=st.lists(st.sampled_from(["daan", "noor", "sanne", None]), min_size=1, max_size=4),
    over=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60), st.sampled_from(["daan", "noor", None])), max_size=4),
    start=st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 10), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants it so
)
def test_the_shifts_of_everybody_are_the_rota_itself(rotation, over, start):
    made = tuple(
        Override(
            level=LevelName.ONCALL,
            starts_at=start + a * HOUR,
            ends_at=start + (a + n) * HOUR,
            person=who,
            created_at=start + k * HOUR,
        )
        for k, (a, n, who) in enumerate(over)
    )
    house = with_overrides(rota(level(*rotation)), made)
    found = shifts_of(house, {"daan", "noor", "sanne"}, start, start + 14 * DAY)
    for n in range(14 * 24):
        moment = start + n * HOUR
        now = on_call(house, LevelName.ONCALL, moment)
        held = [one.person for _, one in found if one.starts_at <= moment < one.ends_at]
        assert held == ([now] if now else [])
    assert all(holds(house, one.person.id, Span(level=name, starts_at=one.starts_at, ends_at=one.ends_at)) for name, one in found)


# --- nobody to hear ---

NIGHT = QuietHours(start=time(22), end=time(7))


@pytest.mark.parametrize(
    ("people", "levels", "spans"),
    [
        # one hears all night: nobody's quiet hours matter
        ([person("daan", NIGHT), person("noor")], ["daan", "noor"], []),
        ([person("daan", NIGHT)], ["daan"], [("2026-03-28T21:00Z", "2026-03-29T05:00Z")]),
        # both rest from 23:00 to 06:00
        (
            [person("daan", NIGHT), person("noor", QuietHours(start=time(23), end=time(6)))],
            ["daan", "noor"],
            [("2026-03-28T22:00Z", "2026-03-29T04:00Z")],
        ),
        # the second has no contact: then the first one's rest is everybody's
        ([person("daan", NIGHT), person("noor", contacts=())], ["daan", "noor"], [("2026-03-28T21:00Z", "2026-03-29T05:00Z")]),
        # nobody at all is another finding
        ([person("noor", contacts=())], ["noor"], []),
    ],
)
def test_when_every_level_rests(people, levels, spans):
    """The night of 28 March has eight hours of rest where other nights have nine."""
    house = rota(*(level(who, name=name) for who, name in zip(levels, LevelName, strict=False)), people=people)
    found = without_anybody(house, at("2026-03-28T12:00Z"), at("2026-03-29T12:00Z"))
    assert found == [(at(a), at(b)) for a, b in spans]

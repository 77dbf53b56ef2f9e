from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webcare.domain.rota import (
    ContactMethod,
    Hole,
    Level,
    LevelName,
    Obstacle,
    Override,
    Person,
    QuietHours,
    Rhythm,
    Role,
    Rota,
    Told,
    holes,
    is_quiet,
    level_for,
    next_handover,
    on_call,
    quiet_until,
    recipients,
    shifts,
    stand_in,
)
from webcare.domain.walltime import instant_of

ONCALL, NEXT, LEAD = LevelName.ONCALL, LevelName.NEXT, LevelName.LEAD
AMSTERDAM, SAO_PAULO, LORD_HOWE = "Europe/Amsterdam", "America/Sao_Paulo", "Australia/Lord_Howe"
SMS = (ContactMethod(name="sms", target="+31600000001"),)
NIGHT = QuietHours(start=time(22, 30), end=time(7))
MONDAY = date(2026, 11, 23)
NAIVE = datetime(2026, 11, 24)  # noqa: DTZ001


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def person(
    id_: str, *, quiet: QuietHours | None = None, contacts: tuple[ContactMethod, ...] = SMS, zone: str = AMSTERDAM
) -> Person:
    return Person(id=id_, name=id_.title(), role=Role.AGENT, contacts=contacts, zone=zone, quiet=quiet)


def level(*rotation: str | None, name: LevelName = ONCALL, rhythm: Rhythm = Rhythm.DAILY, anchor: date = MONDAY,
          zone: str = AMSTERDAM, at: tuple[time, ...] = (time(8),)) -> Level:  # fmt: skip
    return Level(name=name, rotation=rotation, rhythm=rhythm, anchor=anchor, zone=zone, handovers=at)


def override(who: str | None, start: str, end: str, *, created: str = "2026-11-01T09:00", name: LevelName = ONCALL) -> Override:
    return Override(level=name, starts_at=utc(start), ends_at=utc(end), person=who, created_at=utc(created))


PEOPLE = tuple(person(id_) for id_ in ("noor", "daan", "sanne", "milan"))


def rota(*levels: Level, overrides: tuple[Override, ...] = (), people: tuple[Person, ...] = PEOPLE) -> Rota:
    return Rota(levels=levels, people=people, overrides=overrides)


def who(r: Rota, at: str, name: LevelName = ONCALL) -> str | None:
    found = on_call(r, name, utc(at))
    return found.id if found else None


def spans(r: Rota, start: str, end: str, name: LevelName = ONCALL) -> list[tuple[str, str, str | None]]:
    return [
        (f"{s.starts_at:%m-%d %H:%M}", f"{s.ends_at:%m-%d %H:%M}", s.person.id if s.person else None)
        for s in shifts(r, name, utc(start), utc(end))
    ]


# --- rotations -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T06:59:59", "sanne"),  # before the anchor the rotation counts backwards
        ("2026-11-23T07:00:00", "noor"),
        ("2026-11-24T06:59:59", "noor"),
        ("2026-11-24T07:00:00", "daan"),
        ("2026-11-25T07:00:00", "sanne"),
        ("2026-11-26T07:00:00", "noor"),
    ],
)
def test_a_daily_rotation_changes_hands_each_morning(at, expected):
    assert who(rota(level("noor", "daan", "sanne")), at) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T07:59:59", "daan"),
        ("2026-11-23T08:00:00", "noor"),
        ("2026-11-30T07:59:59", "noor"),
        ("2026-11-30T08:00:00", "daan"),
        ("2025-12-29T12:00:00", "daan"),  # 47 weeks before
    ],
)
def test_a_weekly_rotation_changes_hands_on_the_weekday_of_its_anchor(at, expected):
    assert who(rota(level("noor", "daan", rhythm=Rhythm.WEEKLY, at=(time(9),))), at) == expected


def test_a_day_of_two_turns_with_a_night_that_nobody_has():
    r = rota(level("noor", None, "daan", "sanne", at=(time(8), time(22))))
    assert spans(r, "2026-11-23T07:00", "2026-11-26T07:00") == [
        ("11-23 07:00", "11-23 21:00", "noor"),
        ("11-23 21:00", "11-24 07:00", None),
        ("11-24 07:00", "11-24 21:00", "daan"),
        ("11-24 21:00", "11-25 07:00", "sanne"),
        ("11-25 07:00", "11-25 21:00", "noor"),
        ("11-25 21:00", "11-26 07:00", None),
    ]


def test_turns_of_one_person_that_touch_are_one_shift():
    r = rota(level("noor", "noor", "daan"))
    assert spans(r, "2026-11-23T07:00", "2026-11-26T07:00") == [
        ("11-23 07:00", "11-25 07:00", "noor"),
        ("11-25 07:00", "11-26 07:00", "daan"),
    ]


def test_a_level_that_the_rota_does_not_have_has_nobody():
    r = rota(level("noor"))
    assert who(r, "2026-11-23T12:00", LEAD) is None
    assert next_handover(r, LEAD, utc("2026-11-23T12:00")) is None
    assert spans(r, "2026-11-23T12:00", "2026-11-23T13:00", LEAD) == [("11-23 12:00", "11-23 13:00", None)]


def test_an_empty_span_has_no_shifts_and_a_reversed_one_is_refused():
    r = rota(level("noor"))
    assert spans(r, "2026-11-23T12:00", "2026-11-23T12:00") == []
    with pytest.raises(ValueError, match="end: 2026-11-23T11:00Z is before the start"):
        spans(r, "2026-11-23T12:00", "2026-11-23T11:00")


# --- changes of the clock ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        (AMSTERDAM, date(2026, 3, 29), time(2, 30), "2026-03-29T01:00"),  # skipped: the instant of the change
        (AMSTERDAM, date(2026, 3, 29), time(2), "2026-03-29T01:00"),
        (AMSTERDAM, date(2026, 3, 29), time(3), "2026-03-29T01:00"),
        (AMSTERDAM, date(2026, 3, 29), time(3, 30), "2026-03-29T01:30"),
        (AMSTERDAM, date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),  # twice: the first
        (AMSTERDAM, date(2026, 10, 25), time(3), "2026-10-25T02:00"),
        (SAO_PAULO, date(2018, 11, 4), time(0), "2018-11-04T03:00"),  # a day that begins at 01:00
        (SAO_PAULO, date(2018, 11, 4), time(0, 45), "2018-11-04T03:00"),
        (SAO_PAULO, date(2019, 2, 16), time(23, 30), "2019-02-17T01:30"),
        (SAO_PAULO, date(2019, 2, 17), time(0), "2019-02-17T03:00"),
        (LORD_HOWE, date(2026, 10, 4), time(2, 15), "2026-10-03T15:30"),  # a change of half an hour
        (LORD_HOWE, date(2026, 4, 5), time(1, 45), "2026-04-04T14:45"),
        ("Pacific/Apia", date(2011, 12, 30), time(8), "2011-12-30T10:00"),  # a whole day that never was
    ],
)
def test_a_wall_time_becomes_an_instant_in_one_way_only(zone, day, at, expected):
    assert instant_of(day, at, ZoneInfo(zone)) == utc(expected)


def test_shifts_over_the_night_that_loses_an_hour():
    r = rota(level("noor", "daan", anchor=date(2026, 3, 27), at=(time(2, 30),)))
    assert spans(r, "2026-03-27T12:00", "2026-03-31T12:00") == [
        ("03-27 12:00", "03-28 01:30", "noor"),
        ("03-28 01:30", "03-29 01:00", "daan"),  # half an hour less: 02:30 does not exist
        ("03-29 01:00", "03-30 00:30", "noor"),
        ("03-30 00:30", "03-31 00:30", "daan"),
        ("03-31 00:30", "03-31 12:00", "noor"),
    ]


def test_shifts_over_the_night_that_gains_an_hour():
    r = rota(level("noor", "daan", anchor=date(2026, 10, 24), at=(time(2, 30),)))
    assert spans(r, "2026-10-24T00:30", "2026-10-27T01:30") == [
        ("10-24 00:30", "10-25 00:30", "noor"),
        ("10-25 00:30", "10-26 01:30", "daan"),  # the first 02:30 counts, the second does not
        ("10-26 01:30", "10-27 01:30", "noor"),
    ]


def test_a_week_with_a_change_of_the_clock_is_an_hour_longer_or_shorter():
    r = rota(level("noor", "daan", rhythm=Rhythm.WEEKLY, anchor=date(2026, 3, 23)))
    lengths = [s.ends_at - s.starts_at for s in shifts(r, ONCALL, utc("2026-03-16T07:00"), utc("2026-11-02T07:00"))]
    assert lengths.count(timedelta(days=7, hours=-1)) == 1
    assert lengths.count(timedelta(days=7, hours=1)) == 1
    assert lengths.count(timedelta(days=7)) == len(lengths) - 2


@pytest.mark.parametrize(
    ("zone", "start", "end", "hours"),
    [
        (SAO_PAULO, "2018-11-03T03:00", "2018-11-05T02:00", [24, 23]),
        (SAO_PAULO, "2019-02-16T02:00", "2019-02-18T03:00", [25, 24]),
        (LORD_HOWE, "2026-10-03T13:30", "2026-10-05T13:00", [23.5, 24]),
        (LORD_HOWE, "2026-04-04T13:00", "2026-04-06T13:30", [24.5, 24]),
    ],
)
def test_turns_from_midnight_to_midnight_are_as_long_as_the_day(zone, start, end, hours):
    r = rota(level("noor", "daan", zone=zone, at=(time(0),)))
    assert [(s.ends_at - s.starts_at) / timedelta(hours=1) for s in shifts(r, ONCALL, utc(start), utc(end))] == hours


def test_of_two_turns_that_start_in_skipped_time_the_last_one_lasts():
    r = rota(level("noor", "daan", "sanne", anchor=date(2026, 3, 29), at=(time(2, 15), time(2, 45), time(12))))
    assert spans(r, "2026-03-29T00:30", "2026-03-29T11:00") == [
        ("03-29 00:30", "03-29 01:00", "sanne"),
        ("03-29 01:00", "03-29 10:00", "daan"),
        ("03-29 10:00", "03-29 11:00", "sanne"),
    ]


# --- overrides -----------------------------------------------------------------------------------------------------------


def test_an_override_holds_from_its_first_instant_until_just_before_its_last():
    r = rota(level("noor"), overrides=(override("daan", "2026-11-24T12:00", "2026-11-24T14:00"),))
    assert [who(r, f"2026-11-24T{t}") for t in ("11:59:59", "12:00:00", "13:59:59", "14:00:00")] == [
        "noor",
        "daan",
        "daan",
        "noor",
    ]


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)], ids=["as created", "reversed"])
def test_of_overlapping_overrides_the_later_created_one_wins(order):
    laid = (
        override("daan", "2026-11-24T10:00", "2026-11-24T16:00", created="2026-11-20T09:00"),
        override("sanne", "2026-11-24T12:00", "2026-11-24T18:00", created="2026-11-21T09:00"),
        override("milan", "2026-11-24T09:00", "2026-11-24T13:00", created="2026-11-19T09:00"),
    )
    r = rota(level("noor"), overrides=laid[order])
    assert spans(r, "2026-11-24T08:00", "2026-11-24T20:00") == [
        ("11-24 08:00", "11-24 09:00", "noor"),
        ("11-24 09:00", "11-24 10:00", "milan"),
        ("11-24 10:00", "11-24 12:00", "daan"),
        ("11-24 12:00", "11-24 18:00", "sanne"),
        ("11-24 18:00", "11-24 20:00", "noor"),
    ]


def test_of_overrides_created_in_one_instant_the_one_further_down_wins():
    laid = (override("daan", "2026-11-24T10:00", "2026-11-24T16:00"), override("sanne", "2026-11-24T10:00", "2026-11-24T16:00"))
    assert who(rota(level("noor"), overrides=laid), "2026-11-24T12:00") == "sanne"


def test_a_swap_is_two_overrides():
    swap = (override("daan", "2026-11-23T07:00", "2026-11-24T07:00"), override("noor", "2026-11-24T07:00", "2026-11-25T07:00"))
    r = rota(level("noor", "daan", "sanne"), overrides=swap)
    assert [s[2] for s in spans(r, "2026-11-23T07:00", "2026-11-26T07:00")] == ["daan", "noor", "sanne"]


def test_somebody_falls_ill_and_nobody_has_stepped_in_yet():
    r = rota(level("noor"), overrides=(override(None, "2026-11-24T12:00", "2026-11-24T14:00"),))
    assert who(r, "2026-11-24T13:00") is None
    assert holes(r, utc("2026-11-24T08:00"), utc("2026-11-24T20:00")) == [
        Hole(
            level=ONCALL,
            starts_at=utc("2026-11-24T12:00"),
            ends_at=utc("2026-11-24T14:00"),
            obstacle=Obstacle.NOBODY,
            person=None,
        )
    ]


def test_an_override_fills_a_level_without_rotation_and_leaves_other_levels_alone():
    r = rota(level(), level("milan", name=LEAD), overrides=(override("daan", "2026-11-24T12:00", "2026-11-24T14:00"),))
    assert who(r, "2026-11-24T13:00") == "daan"
    assert who(r, "2026-11-24T13:00", LEAD) == "milan"
    assert next_handover(r, ONCALL, utc("2026-11-24T13:00")) == utc("2026-11-24T14:00")
    assert next_handover(r, ONCALL, utc("2026-11-24T14:00")) is None


# --- who is next ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T12:00", "2026-11-25T07:00"),  # Noor hands over to herself on Tuesday
        ("2026-11-25T07:00", "2026-11-26T07:00"),
        ("2026-11-28T12:00", "2026-11-28T18:00"),  # an override
        ("2026-11-28T18:00", "2026-12-01T07:00"),  # which runs into her own two turns
    ],
)
def test_the_next_handover_is_the_end_of_the_shift(at, expected):
    r = rota(level("noor", "noor", "daan"), overrides=(override("noor", "2026-11-28T18:00", "2026-11-29T07:00"),))
    assert next_handover(r, ONCALL, utc(at)) == utc(expected)


def test_one_who_is_always_on_call_never_hands_over():
    assert next_handover(rota(level("noor", "noor")), ONCALL, utc("2026-11-23T12:00")) is None
    assert next_handover(rota(level()), ONCALL, utc("2026-11-23T12:00")) is None


def test_a_far_override_is_a_handover_too():
    r = rota(level("noor"), overrides=(override("daan", "2027-06-01T12:00", "2027-06-02T12:00"),))
    assert next_handover(r, ONCALL, utc("2026-11-23T12:00")) == utc("2027-06-01T12:00")


@pytest.mark.parametrize(
    ("at", "urgent", "expected"),
    [
        ("2026-11-23T12:00", False, "daan"),  # Noor has it
        ("2026-11-24T12:00", False, "sanne"),  # Daan has it
        ("2026-11-25T12:00", False, "noor"),  # Sanne has it; the rotation is round
        ("2026-11-24T22:00", False, "noor"),  # Daan has it, Sanne sleeps
        ("2026-11-24T22:00", True, "sanne"),
        ("2026-11-27T12:00", False, "sanne"),  # Milan stands in for Daan, who is ill and left alone
    ],
)
def test_the_stand_in_is_the_next_of_the_rotation_who_can_be_reached(at, urgent, expected):
    people = (person("noor"), person("daan"), person("sanne", quiet=NIGHT), person("milan"))
    r = rota(
        level("noor", "daan", "sanne"), people=people, overrides=(override("milan", "2026-11-27T07:00", "2026-11-28T07:00"),)
    )
    found = stand_in(r, ONCALL, utc(at), urgent=urgent)
    assert found is not None
    assert found.id == expected


def test_one_who_is_replaced_is_no_stand_in_even_with_the_next_turn_theirs_too():
    ill = override("milan", "2026-11-24T07:00", "2026-11-25T07:00")
    found = stand_in(
        rota(level("noor", "daan", "daan", "sanne"), overrides=(ill,)), ONCALL, utc("2026-11-24T12:00"), urgent=False
    )
    assert found is not None
    assert found.id == "sanne"


@pytest.mark.parametrize("rotation", [(), ("noor",), ("noor", None), ("noor", "noor")])
def test_there_may_be_no_stand_in(rotation):
    assert stand_in(rota(level(*rotation)), ONCALL, utc("2026-11-23T12:00"), urgent=True) is None
    assert stand_in(rota(level(*rotation)), LEAD, utc("2026-11-23T12:00"), urgent=True) is None


# --- quiet hours ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "at", "until"),
    [
        (time(22, 30), time(7), "2026-11-24T21:29:59", None),
        (time(22, 30), time(7), "2026-11-24T21:30:00", "2026-11-25T06:00"),  # over midnight
        (time(22, 30), time(7), "2026-11-25T05:59:59", "2026-11-25T06:00"),
        (time(22, 30), time(7), "2026-11-25T06:00:00", None),
        (time(12), time(13), "2026-11-24T11:00:00", "2026-11-24T12:00"),
        (time(12), time(13), "2026-11-24T12:00:00", None),
        (time(22), time(0), "2026-11-24T22:59:00", "2026-11-24T23:00"),  # until midnight
        (time(0), time(6), "2026-11-23T23:00:00", "2026-11-24T05:00"),  # from midnight
        (time(22), time(6), "2026-03-28T23:00:00", "2026-03-29T04:00"),  # a night of seven hours
        (time(22), time(6), "2026-10-24T22:00:00", "2026-10-25T05:00"),  # a night of nine
        (time(22), time(2, 30), "2026-10-25T00:29:00", "2026-10-25T00:30"),
        (time(22), time(2, 30), "2026-10-25T01:15:00", None),  # 02:15 for the second time: once awake, awake
        (time(2, 15), time(2, 45), "2026-03-29T01:00:00", None),  # quiet hours that do not exist that night
    ],
)
def test_quiet_hours(start, end, at, until):
    sleeper = person("daan", quiet=QuietHours(start=start, end=end))
    assert quiet_until(sleeper, utc(at)) == (utc(until) if until else None)
    assert is_quiet(sleeper, utc(at)) is (until is not None)


def test_quiet_hours_are_those_of_the_place_where_the_person_is():
    away = person("daan", quiet=NIGHT, zone="America/New_York")
    assert not is_quiet(away, utc("2026-11-24T23:00"))
    assert is_quiet(away, utc("2026-11-25T04:00"))


def test_one_without_quiet_hours_is_never_quiet():
    assert not is_quiet(person("noor"), utc("2026-11-25T03:00"))


# --- whom a rung tells ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "is_breach", "expected"),
    [
        ("inbox", False, None),
        ("alert", False, ONCALL),
        ("page", False, NEXT),
        ("breach", False, LEAD),
        ("breach", True, LEAD),
        ("alert", True, LEAD),  # the rung at share 1 is the breach, whatever its name
        ("inbox", True, LEAD),
        ("shout", False, ONCALL),
    ],
)
def test_a_step_addresses_a_level(step, is_breach, expected):
    assert level_for(step, is_breach=is_breach) is expected


DAY, DEEP_NIGHT = "2026-11-24T12:00", "2026-11-25T02:00"
ASLEEP = "nobody reachable (quiet hours)"
HELD = "on call, held back until the quiet hours end"
EMPTY = "nobody reachable (nobody on call)"


@pytest.mark.parametrize(
    ("to", "at", "urgent", "expected"),
    [
        pytest.param(ONCALL, DAY, False, [("daan", "on call")], id="by day"),
        pytest.param(ONCALL, DEEP_NIGHT, False, [("sanne", f"level oncall: {ASLEEP}, so next")], id="asleep: the next level"),
        pytest.param(ONCALL, DEEP_NIGHT, True, [("daan", "on call")], id="urgent wakes"),
        pytest.param(NEXT, DEEP_NIGHT, False, [("sanne", "on call")], id="the next level is awake"),
        pytest.param(LEAD, DAY, False, [("milan", "on call")], id="the lead"),
        pytest.param(
            LEAD,
            DEEP_NIGHT,
            False,
            [("sanne", f"level lead: {ASLEEP}, so next"), ("milan", HELD)],
            id="a breach at night: somebody now, the lead in the morning",
        ),
        pytest.param(LEAD, DEEP_NIGHT, True, [("milan", "on call")], id="urgent wakes the lead"),
    ],
)
def test_whom_a_level_tells(to, at, urgent, expected):
    people = (person("daan", quiet=NIGHT), person("sanne"), person("milan", quiet=NIGHT))
    r = rota(level("daan"), level("sanne", name=NEXT), level("milan", name=LEAD), people=people)
    assert [(t.person.id, t.reason) for t in recipients(r, to, utc(at), urgent=urgent)] == expected


MUTE = person("mute", contacts=())
OWL, LARK = person("owl"), person("lark", quiet=NIGHT)
NO_METHOD = "nobody reachable (no contact method)"


# fmt: off
UNREACHED = [
    pytest.param("lark", "lark", "owl", ONCALL, [("owl", f"level oncall: {ASLEEP}; level next: {ASLEEP}, so lead")], id="two asleep"),
    pytest.param(None, "owl", "owl", ONCALL, [("owl", f"level oncall: {EMPTY}, so next")], id="a hole"),
    pytest.param("mute", "owl", "owl", ONCALL, [("owl", f"level oncall: {NO_METHOD}, so next")], id="no method"),
    pytest.param("owl", None, None, NEXT, [("owl", f"level next: {EMPTY}; level lead: {EMPTY}, so oncall")], id="down"),
    pytest.param("owl", "lark", None, LEAD, [("owl", f"level lead: {EMPTY}; level next: {ASLEEP}, so oncall"), ("lark", f"level lead: {EMPTY}, so next, held back until the quiet hours end")], id="down past a sleeper"),
    pytest.param("lark", "lark", "lark", ONCALL, [("lark", HELD)], id="everybody asleep: held"),
    pytest.param("mute", None, None, ONCALL, [("oncall", f"level oncall: {NO_METHOD}; level next: {EMPTY}; level lead: {EMPTY}, so nobody to tell")], id="nobody at all"),
]
# fmt: on


@pytest.mark.parametrize(("oncall", "next_", "lead", "to", "expected"), UNREACHED)
def test_an_alert_never_goes_to_nobody(oncall, next_, lead, to, expected):
    rows = {ONCALL: oncall, NEXT: next_, LEAD: lead}
    r = rota(*(level(id_, name=name) for name, id_ in rows.items()), people=(MUTE, OWL, LARK))
    assert [(t.person.id, t.reason) for t in recipients(r, to, utc(DEEP_NIGHT), urgent=False)] == expected


@pytest.mark.parametrize("nothing", [None, Rota(levels=(), people=())])
@pytest.mark.parametrize("name", list(LevelName))
def test_without_a_rota_the_level_itself_is_told(nothing, name):
    [told] = recipients(nothing, name, utc(DAY), urgent=False)
    assert (told.person.id, told.person.contacts, told.told, told.reason) == (name.value, (), Told.NO_ROTA, "no rota")


# --- holes ---------------------------------------------------------------------------------------------------------------


def test_holes_are_listed_level_by_level():
    people = (person("noor"), person("daan", quiet=NIGHT), MUTE)
    r = rota(
        level("mute", name=LEAD, rhythm=Rhythm.WEEKLY),
        level("daan", "noor", None),
        people=people,
    )
    found = [
        (h.level, f"{h.starts_at:%d %H:%M}", f"{h.ends_at:%d %H:%M}", h.obstacle, h.person and h.person.id)
        for h in holes(r, utc("2026-11-23T12:00"), utc("2026-11-27T02:00"))
    ]
    assert found == [
        (ONCALL, "23 21:30", "24 06:00", Obstacle.QUIET, "daan"),
        (ONCALL, "25 07:00", "26 07:00", Obstacle.NOBODY, None),
        (ONCALL, "26 21:30", "27 02:00", Obstacle.QUIET, "daan"),
        (LEAD, "23 12:00", "27 02:00", Obstacle.NO_CONTACT, "mute"),
    ]


def test_quiet_hours_that_do_not_exist_that_night_are_no_hole():
    dozer = person("daan", quiet=QuietHours(start=time(2, 15), end=time(2, 45)))
    found = holes(rota(level("daan"), people=(dozer,)), utc("2026-03-28T12:00"), utc("2026-03-30T12:00"))
    assert [(h.starts_at, h.ends_at) for h in found] == [(utc("2026-03-30T00:15"), utc("2026-03-30T00:45"))]


def test_an_empty_rotation_is_one_hole():
    [hole] = holes(rota(level()), utc("2026-11-23T12:00"), utc("2026-12-07T12:00"))
    assert (hole.starts_at, hole.ends_at, hole.obstacle) == (utc("2026-11-23T12:00"), utc("2026-12-07T12:00"), Obstacle.NOBODY)


def test_a_full_rota_has_no_holes():
    assert holes(rota(level("noor", "daan")), utc("2026-11-23T12:00"), utc("2026-12-07T12:00")) == []


# --- what is refused -----------------------------------------------------------------------------------------------------


# fmt: off
REFUSED = [
    (lambda: person("noor", zone="Europe/Amsterdamm"), "person noor: zone: unknown time zone 'Europe/Amsterdamm'"),
    (lambda: person("noor", zone="Europe"), "person noor: zone: unknown time zone 'Europe'"),
    (lambda: person("noor", zone=""), "person noor: zone: unknown time zone ''"),
    (lambda: level("noor", zone="Mars/Olympus"), "level oncall: zone: unknown time zone 'Mars/Olympus'"),
    (lambda: level("noor", at=()), "level oncall: handovers must be local times of day, at least one, earliest first"),
    (lambda: level("noor", at=(time(22), time(8))), "level oncall: handovers must be"),
    (lambda: level("noor", at=(time(8), time(8))), "level oncall: handovers must be"),
    (lambda: level("noor", at=(time(8, tzinfo=UTC),)), "level oncall: handovers must be"),
    (lambda: level("noor", at=(time(8), time(22)), rhythm=Rhythm.WEEKLY), "level oncall: handovers: a weekly rotation has one"),
    (lambda: QuietHours(start=time(7), end=time(7)), "quiet hours: start and end must be two different local times"),
    (lambda: QuietHours(start=time(7, tzinfo=UTC), end=time(8)), "quiet hours: start and end must be two different local times"),
    (lambda: override("noor", DAY, DAY), "override of oncall: ends_at 2026-11-24T12:00Z is not after starts_at"),
    (lambda: override("noor", DAY, "2026-11-24T11:00"), "override of oncall: ends_at 2026-11-24T11:00Z is not after starts_at"),
    (lambda: Override(level=ONCALL, starts_at=NAIVE, ends_at=utc(DAY), person=None, created_at=utc(DAY)), "override of oncall: starts_at: 2026-11-24T00:00:00 has no offset"),
    (lambda: rota(level("noor", "piet")), "level oncall: rotation: unknown person 'piet'"),
    (lambda: rota(level("noor"), overrides=(override("piet", DAY, DEEP_NIGHT),)), "override of oncall: person: unknown person 'piet'"),
    (lambda: rota(level("noor"), overrides=(override("noor", DAY, DEEP_NIGHT, name=LEAD),)), "override of lead: level: the rota has no such level"),
    (lambda: rota(level("noor"), level("daan")), "rota: levels: one of them occurs twice"),
    (lambda: rota(people=(person("noor"), person("noor"))), "rota: people: one of them occurs twice"),
    (lambda: on_call(rota(level("noor")), ONCALL, NAIVE), "at: 2026-11-24T00:00:00 has no offset"),
]
# fmt: on


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_what_cannot_be_followed_is_refused_with_field_and_reason(make, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        make()


def test_a_target_is_a_secret_and_is_in_no_repr():
    r = rota(level("noor"))
    assert "+31600000001" not in repr(r)
    assert "+31600000001" not in repr(recipients(r, ONCALL, utc(DAY), urgent=False))


# --- properties ----------------------------------------------------------------------------------------------------------

ZONES = [AMSTERDAM, SAO_PAULO, LORD_HOWE, "UTC", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]
CHANGES = [utc(t) for t in ("2026-03-29T01:00", "2026-10-25T01:00", "2018-11-04T03:00", "2019-02-17T02:00", "2026-04-04T15:00", "2026-10-03T15:30",
                            "2011-12-30T10:00", "2010-11-07T02:31")]  # fmt: skip
near_a_change = st.builds(lambda c, m: c + timedelta(minutes=m), st.sampled_from(CHANGES), st.integers(-6000, 6000))
walls = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 45, 59]))


@st.composite
def rotas(draw: st.DrawFn) -> tuple[Rota, datetime]:
    """A rota of one level, and an instant near a change of the clock around which its overrides lie."""
    around = draw(near_a_change)
    rhythm = draw(st.sampled_from(Rhythm))
    times = draw(st.lists(walls, min_size=1, max_size=3 if rhythm is Rhythm.DAILY else 1, unique=True))
    ids = st.sampled_from([p.id for p in PEOPLE] + [None])
    anchor = around.date() + timedelta(days=draw(st.integers(-400, 400)))
    turn = level(
        *draw(st.lists(ids, max_size=5)), rhythm=rhythm, anchor=anchor, zone=draw(st.sampled_from(ZONES)), at=tuple(sorted(times))
    )
    laid = [
        Override(level=ONCALL, starts_at=(start := around + timedelta(minutes=draw(st.integers(-6000, 6000)))), person=draw(ids),
                 ends_at=start + timedelta(minutes=draw(st.integers(1, 4000))), created_at=around - timedelta(minutes=draw(st.integers(0, 3))))
        for _ in range(draw(st.integers(0, 4)))
    ]  # fmt: skip
    return rota(turn, overrides=tuple(laid)), around


@settings(deadline=None)
@given(rotas(), st.integers(0, 30_000), st.lists(st.integers(0, 30_000 * 60 - 1), max_size=10))
def test_shifts_cover_the_span_and_agree_with_on_call(drawn, minutes, seconds):
    r, start = drawn
    end = start + timedelta(minutes=minutes)
    found = shifts(r, ONCALL, start, end)
    assert [*(s.starts_at for s in found), end] == [start, *(s.ends_at for s in found)]
    assert all(s.starts_at < s.ends_at for s in found)
    assert all(a.person != b.person for a, b in pairwise(found))
    for at in {start + timedelta(seconds=n % (minutes * 60)) for n in seconds if minutes}:
        assert [on_call(r, ONCALL, at)] == [s.person for s in found if s.starts_at <= at < s.ends_at]


@settings(deadline=None)
@given(rotas())
def test_the_next_handover_is_the_end_of_the_first_shift(drawn):
    r, at = drawn
    first = shifts(r, ONCALL, at, at + timedelta(days=60))[0]
    expected = first.ends_at if first.ends_at < at + timedelta(days=60) else None
    assert next_handover(r, ONCALL, at) == expected


def first_sight(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Look at the clock on the wall each minute until it shows the time, or a later one."""
    wall, now = datetime.combine(day, at), datetime.combine(day, at, UTC) - timedelta(hours=15)
    while now.astimezone(zone).replace(tzinfo=None) < wall:
        now += timedelta(minutes=1)
    return now


@settings(deadline=None, max_examples=60)
@given(near_a_change, walls, st.sampled_from(ZONES))
def test_a_wall_time_is_the_instant_at_which_somebody_watching_the_clock_first_sees_it(around, at, zone):
    assert instant_of(around.date(), at, ZoneInfo(zone)) == first_sight(around.date(), at, ZoneInfo(zone))


@settings(deadline=None, max_examples=60)
@given(rotas())
def test_on_call_is_what_counting_handovers_on_the_fingers_gives(drawn):
    r, at = drawn
    [turn] = r.levels
    plain = Rota(levels=r.levels, people=r.people)
    if not turn.rotation:
        assert on_call(plain, ONCALL, at) is None
        return
    zone, every = ZoneInfo(turn.zone), 7 if turn.rhythm is Rhythm.WEEKLY else 1
    n, last = None, None
    for lap in range(-500 // every, 500 // every):
        for i, wall in enumerate(turn.handovers):
            began = instant_of(turn.anchor + timedelta(days=lap * every), wall, zone)
            if began <= at and (last is None or began >= last):
                n, last = lap * len(turn.handovers) + i, began
    assert n is not None
    assert on_call(plain, ONCALL, at) == r.person(turn.rotation[n % len(turn.rotation)])


rows = st.fixed_dictionaries({name: st.sampled_from([None, "mute", "owl", "lark"]) for name in LevelName})


@settings(deadline=None)
@given(rows, near_a_change, st.sampled_from(LevelName), st.booleans())
def test_somebody_is_told_and_nobody_twice(row, at, name, urgent):
    r = rota(*(level(id_, name=n) for n, id_ in row.items()), people=(MUTE, OWL, LARK))
    told = recipients(r, name, at, urgent=urgent)
    ids = [t.person.id for t in told]
    assert len(set(ids)) == len(ids) > 0
    awake = [id_ for id_ in row.values() if id_ == "owl" or (id_ == "lark" and (urgent or not is_quiet(LARK, at)))]
    assert (told[0].told is Told.ON_CALL) == bool(awake)  # as long as anybody is awake, somebody hears of it now
    if name is LEAD and row[LEAD] in {"owl", "lark"}:
        assert row[LEAD] in ids  # the lead hears of every breach, now or in the morning

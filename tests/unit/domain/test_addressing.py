"""Whom a rung tells, clause by clause of SLA 11: the holder, the level, both; and who follows when nobody stirs.

Monday 23 November 2026. On call from eight to eight, UTC: daan and yara take turns, the next level the other way round, lena leads.
Noor works here and is on no level; sam sleeps from ten in the evening to seven, tess has no telephone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from webcare.domain.addressing import (
    Holder,
    Look,
    Rung,
    address,
    after_silence,
    hold_over,
    holder,
    levels_of,
    look_in,
    next_method,
    shift_end,
)
from webcare.domain.alert_rules import AlertRules
from webcare.domain.rota import ContactMethod, Level, LevelName, Override, Person, QuietHours, Rhythm, Role, Rota
from webcare.domain.sla.events import POLICY, Event, EventType

ONCALL, NEXT, LEAD = LevelName
NIGHT = QuietHours(start=time(22), end=time(7))
RULES = AlertRules()


def at(clock, day=23):
    hour, minute = clock.split(":")
    return datetime(2026, 11, day, int(hour), int(minute), tzinfo=UTC)


def person(name, *methods, quiet=None, role=Role.AGENT):
    contacts = tuple(ContactMethod(name=method, target=f"lines:{method}") for method in methods)
    return Person(id=name, name=name.title(), role=role, contacts=contacts, zone="UTC", quiet=quiet)


PEOPLE = (
    person("daan", "push", "mail"),
    person("yara", "push"),
    person("lena", "push", role=Role.LEAD),
    person("noor", "push"),
    person("sam", "push", quiet=NIGHT),
    person("tess"),
)


def rota(*, oncall=("daan", "yara"), next_=("yara", "daan"), lead=("lena",), overrides=()):
    turns = {ONCALL: oncall, NEXT: next_, LEAD: lead}
    levels = [
        Level(name=name, rotation=turn, rhythm=Rhythm.DAILY, anchor=date(2026, 11, 23), zone="UTC")
        for name, turn in turns.items()
        if turn is not None
    ]
    return Rota(levels=tuple(levels), people=PEOPLE, overrides=overrides)


def override(level, name, start, end):
    return Override(level=level, starts_at=start, ends_at=end, person=name, created_at=at("08:00"))


def took(name):
    return Holder(id=name, took=True)


def saw(name):
    return Holder(id=name, took=False)


def told(chosen):
    return [(one.person.id, one.look, one.held) for one in chosen]


NOON, DUE, EVENING = at("12:00"), at("16:00"), at("23:00")
REPEAT, HOLD = Look.REPEAT, Look.HOLD


def rung(level, **changes):
    return Rung(**{"level": level, "deadline": DUE, "urgent": False, **changes})


BREACH = rung(LEAD, is_breach=True)


@pytest.mark.parametrize(
    ("what", "of", "has_it", "now", "expected"),
    [
        ("nobody has it: the level, repeated until heard", rung(ONCALL), None, NOON, [("daan", REPEAT, False)]),
        ("who took it, first and alone for a while", rung(NEXT), took("daan"), NOON, [("daan", HOLD, False)]),
        ("the last who saw it, as well", rung(LEAD), saw("yara"), NOON, [("yara", HOLD, False)]),
        ("who took it and has the level", rung(ONCALL), took("daan"), NOON, [("daan", HOLD, False)]),
        ("who saw an earlier rung and has the level", rung(ONCALL), saw("daan"), NOON, [("daan", REPEAT, False)]),
        ("a breach: the lead at once", BREACH, took("daan"), NOON, [("daan", None, False), ("lena", REPEAT, False)]),
        ("a breach that the lead has in hand: once", BREACH, took("lena"), NOON, [("lena", None, False)]),
        ("off shift: the level at once", rung(NEXT), took("noor"), NOON, [("noor", None, False), ("yara", REPEAT, False)]),
        ("off shift, and only saw it", rung(ONCALL), saw("noor"), NOON, [("noor", None, False), ("daan", REPEAT, False)]),
        ("asleep: later, and the level", rung(ONCALL), took("sam"), EVENING, [("sam", None, True), ("daan", REPEAT, False)]),
        (
            "asleep, but it is urgent",
            rung(ONCALL, urgent=True),
            took("sam"),
            EVENING,
            [("sam", None, False), ("daan", REPEAT, False)],
        ),
        ("without a telephone: the level", rung(NEXT), took("tess"), NOON, [("yara", REPEAT, False)]),
        ("somebody we do not know", rung(ONCALL), took("who"), NOON, [("daan", REPEAT, False)]),
    ],
)
def test_whom_a_rung_tells(what, of, has_it, now, expected):
    assert told(address(rota(), of, has_it, now)) == expected, what


@pytest.mark.parametrize(
    ("level", "has_it", "now", "reasons", "because"),
    [
        (ONCALL, None, NOON, ["on call"], [{}]),
        (NEXT, took("daan"), NOON, ["daan has the case"], [{"yours": True}]),
        (
            NEXT,
            took("noor"),
            NOON,
            ["noor has the case", "noor has the case, but: off shift"],
            [{"yours": True}, {"holder": "Noor", "away": "off shift"}],
        ),
        (
            ONCALL,
            took("tess"),
            NOON,
            ["tess has the case, but: no contact method"],
            [{"holder": "Tess", "away": "no contact method"}],
        ),
    ],
)
def test_each_is_told_why(level, has_it, now, reasons, because):
    found = address(rota(), rung(level), has_it, now)
    assert [one.reason for one in found] == reasons
    assert [dict(one.because) for one in found] == because


def test_a_level_that_cannot_be_reached_passes_it_on_and_says_so():
    at_night = rota(oncall=("sam",), next_=(None,))
    (one,) = address(at_night, rung(ONCALL, deadline=at("12:00", 24)), None, EVENING)
    assert one.person.id == "lena"
    assert one.because == {"skipped": [["oncall", "quiet hours", "Sam"], ["next", "nobody on call"]]}
    assert one.reason == "level oncall: nobody reachable (quiet hours); level next: nobody reachable (nobody on call), so lead"


def test_a_level_that_is_all_asleep_with_nobody_above_it_hears_when_it_wakes():
    asleep = rota(oncall=("sam",), next_=None, lead=None)
    (one,) = address(asleep, rung(ONCALL, deadline=at("12:00", 24)), None, EVENING)
    assert (one.person.id, one.held, one.look) == ("sam", True, REPEAT)


def test_without_a_rota_it_is_the_last_resort_and_nothing_is_repeated():
    (one,) = address(None, rung(NEXT), took("daan"), NOON)
    assert (one.person.id, one.person.contacts, one.look) == ("next", (), None)


# --- after a while


@pytest.mark.parametrize(
    ("left", "minutes"),
    [("PT4H", 60), ("PT2H", 30), ("PT40M", 10), ("PT12M", 5), ("PT0S", 5), ("-PT1H", 5), ("PT10H", 60)],
)
def test_hold_is_a_quarter_of_what_is_left_between_five_and_sixty_minutes(left, minutes):
    span = {"PT4H": 240, "PT2H": 120, "PT40M": 40, "PT12M": 12, "PT0S": 0, "-PT1H": -60, "PT10H": 600}[left]
    assert look_in(HOLD, rung(NEXT, deadline=NOON + timedelta(minutes=span)), NOON, RULES) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("level", "minutes"), [(ONCALL, 15), (NEXT, 5), (LEAD, 5)])
def test_the_first_level_is_given_longer_before_it_is_told_again(level, minutes):
    assert look_in(REPEAT, rung(level), NOON, RULES) == timedelta(minutes=minutes)


def test_when_the_hold_is_over_the_level_hears_who_stayed_silent_and_for_how_long():
    (one,) = hold_over(rota(), rung(NEXT), PEOPLE[0], timedelta(minutes=15), {"daan"}, NOON)
    assert (one.person.id, one.look) == ("yara", REPEAT)
    assert one.because == {"holder": "Daan", "silent_min": 15}
    assert one.reason == "daan has not answered within 15 min"


def test_when_the_hold_is_over_nobody_hears_of_a_rung_twice():
    assert hold_over(rota(), rung(NEXT), PEOPLE[0], timedelta(minutes=15), {"daan", "yara"}, NOON) == []


def test_when_the_hold_is_over_the_level_is_whoever_has_it_by_then():
    (one,) = hold_over(
        rota(), rung(ONCALL, deadline=at("12:00", 24)), PEOPLE[0], timedelta(minutes=60), {"daan"}, at("08:00", 24)
    )
    assert one.person.id == "yara"


def test_what_was_given_back_is_told_without_a_reproach():
    (one,) = hold_over(rota(), rung(NEXT), PEOPLE[0], None, {"daan"}, NOON)
    assert (one.because, one.reason) == ({"gave_back": "Daan"}, "daan has the case no more")


@pytest.mark.parametrize(
    ("tried", "following"), [((), "push"), (("push",), "mail"), (("push", "mail"), None), (("old", "mail"), "push")]
)
def test_the_next_contact_method_is_the_first_that_was_not_tried(tried, following):
    assert next_method(PEOPLE[0], tried) == following


@pytest.mark.parametrize(
    ("level", "turns", "known", "now", "following"),
    [
        (ONCALL, {}, {"daan"}, NOON, "yara"),
        (ONCALL, {}, {"daan", "yara"}, NOON, None),  # once
        (LEAD, {}, {"lena"}, NOON, None),
        (ONCALL, {"oncall": ("daan", "sam", "noor")}, {"daan"}, EVENING, "noor"),  # sam sleeps
        (ONCALL, {}, {"daan"}, at("08:00", 24), "yara"),  # the shift has changed: whoever has it now
    ],
)
def test_after_all_methods_it_is_once_the_next_person_of_the_level(level, turns, known, now, following):
    found = after_silence(rota(**turns), rung(level, deadline=at("20:00", 24)), "daan", timedelta(minutes=15), known, now)
    assert (found.person.id if found else None) == following
    if found:
        assert (found.look, found.because) == (None, {"no_answer_from": "Daan", "silent_min": 15})


# --- who has it


def line(type_, clock, by=None, ref=None):
    return Event(at=at(clock), type=type_, by=by, ref=ref)


ACK, ANSWER, CLAIM, UNCLAIM = EventType.ACK, EventType.ANSWER, EventType.CLAIM, EventType.UNCLAIM


@pytest.mark.parametrize(
    ("what", "events", "claimed_by", "expected"),
    [
        ("nobody", [], None, None),
        ("who took it, whoever saw it", [line(ACK, "09:00", "yara")], "daan", took("daan")),
        ("the last who saw it", [line(ACK, "09:00", "yara"), line(ACK, "09:05", "daan")], None, saw("daan")),
        ("answered since: another wait", [line(ACK, "09:00", "yara"), line(ANSWER, "09:05", ref="a1")], None, None),
        ("seen in this wait", [line(ANSWER, "09:00", ref="a1"), line(ACK, "09:05", "yara")], None, saw("yara")),
        (
            "the answer failed: it was never given",
            [line(ACK, "09:00", "yara"), line(ANSWER, "09:05", ref="a1"), line(EventType.WITHDRAWN, "09:06", ref="a1")],
            None,
            saw("yara"),
        ),
        ("given back", [line(ACK, "09:00", "yara"), line(UNCLAIM, "09:05", "yara")], None, None),
        ("lapsed", [line(CLAIM, "09:00", "yara"), line(ACK, "09:00", "yara"), line(UNCLAIM, "11:00", POLICY)], None, None),
        ("closed and open again", [line(ACK, "09:00", "yara"), line(EventType.CLOSE, "09:05", "daan")], None, None),
        ("learned late", [line(ACK, "09:05", "yara"), line(ANSWER, "09:00", ref="a1")], None, saw("yara")),
        ("a note is nothing", [line(ACK, "09:00", "yara"), line(EventType.NOTE, "09:05", "daan")], None, saw("yara")),
    ],
)
def test_the_holder_is_who_took_it_else_the_last_who_saw_it_in_this_wait(what, events, claimed_by, expected):
    assert holder(events, claimed_by) == expected, what


@pytest.mark.parametrize(
    ("what", "name", "turns", "now", "ends"),
    [
        ("on one level until eight", "lena", {"lead": ("lena", "noor")}, NOON, at("08:00", 24)),
        ("always on it", "lena", {}, NOON, None),
        ("from one level to the other for ever", "daan", {}, NOON, None),
        ("on none", "noor", {}, NOON, None),
        (
            "two levels one after the other",
            "daan",
            {"oncall": ("daan", "noor", "sam"), "next_": ("yara", "daan", "noor")},
            NOON,
            at("08:00", 25),
        ),
        ("at the hand-over it has ended", "yara", {"oncall": ("yara", "noor"), "next_": None}, at("08:00", 24), None),
        (
            "somebody took over the afternoon",
            "lena",
            {"overrides": (override(LEAD, "noor", at("15:00"), at("18:00")),)},
            NOON,
            at("15:00"),
        ),
    ],
)
def test_a_shift_ends_when_its_person_is_on_no_level_any_more(what, name, turns, now, ends):
    assert shift_end(rota(**turns), name, now) == ends, what


def test_a_shift_over_the_change_of_the_clocks_ends_at_the_local_hour():
    autumn = Level(
        name=ONCALL, rotation=("daan", "noor"), rhythm=Rhythm.DAILY, anchor=date(2026, 10, 24), zone="Europe/Amsterdam"
    )
    found = shift_end(Rota(levels=(autumn,), people=PEOPLE), "daan", datetime(2026, 10, 24, 20, tzinfo=UTC))
    assert found == datetime(2026, 10, 25, 7, tzinfo=UTC)  # eight o'clock, an hour later in UTC than the day before


def test_the_levels_of_a_person_are_those_of_the_moment():
    assert levels_of(rota(), "daan", NOON) == [ONCALL]
    assert levels_of(rota(), "daan", at("08:00", 24)) == [NEXT]
    assert levels_of(rota(), "noor", NOON) == []

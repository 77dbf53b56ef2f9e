from __future__ import annotations

import math
import tomllib
from dataclasses import fields
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webcare.domain.calendar import ELAPSED
from webcare.domain.durations import format_duration
from webcare.domain.rulebook import (
    SHIPPED_BOOK,
    Lookup,
    parse_calendar,
    parse_policy,
    parse_rulebook,
    parse_window,
)
from webcare.domain.sla.promise import SHIPPED, Policy, ReplyWindow, Rung

LAWS = settings(deadline=None, derandomize=True, max_examples=200)
CONFIG = Path(__file__).parents[3] / "config"
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
KING, LIBERATION = date(2026, 4, 27), date(2025, 5, 5)


def dutch(country: str, subdivision: str | None):
    if country != "NL":
        raise ValueError(f"no public holidays are known for {country!r} {subdivision!r}")
    return {KING: "Koningsdag", LIBERATION: "Bevrijdingsdag"}.get


LOOKUP = Lookup(holidays=dutch)
HOURS = {"mon": [["09:00", "17:30"]]}
OFFICE = {"timezone": "Europe/Amsterdam", "hours": HOURS}
SHIPPED_DOCUMENT = {
    "first_response": "PT24H",
    "next_response": "P1D",
    "resolution": None,
    "keep_in_loop": None,
    "calendar": None,
    "staffed": None,
    "early": "PT1H",
    "pause_states": ["pending", "snoozed"],
    "pause_hides_unanswered": False,
    "reopen_within": "P7D",
    "close_after": "P3D",
    "community_relax": None,
    "ladder": [
        {"share": 0.5, "step": "inbox"},
        {"share": 0.75, "step": "alert"},
        {"share": 0.9, "step": "page"},
        {"left": "PT1H", "step": "page"},
        {"share": 1.0, "step": "breach"},
    ],
}


# --- policies ---


def test_the_shipped_values_as_a_document_are_the_shipped_policy():
    assert parse_policy(SHIPPED_DOCUMENT, {}) == SHIPPED
    assert set(SHIPPED_DOCUMENT) == {field.name for field in fields(Policy)}


def test_the_shipped_file_is_the_shipped_policy():
    document = tomllib.loads((CONFIG / "policy.24h.toml").read_text(encoding="utf-8"))
    assert parse_rulebook(document, LOOKUP).rules[-1].policy == SHIPPED


def test_the_shipped_book_has_one_rule_for_every_case():
    [rule] = SHIPPED_BOOK.rules
    assert (rule.name, rule.policy, rule.conditions, rule.window) == ("default", SHIPPED, {}, None)


def test_absent_keys_mean_no_such_thing():
    policy = parse_policy({}, {})
    assert policy == Policy()
    assert policy.calendar is ELAPSED
    assert (policy.first_response, policy.early, policy.ladder, policy.pause_states) == (None, HOUR, (), frozenset())


def test_null_means_absent_and_zero_no_clock():
    nulls = dict.fromkeys(SHIPPED_DOCUMENT)
    assert parse_policy(nulls, {}) == Policy()
    assert parse_policy({"first_response": "PT0S"}, {}).first_response == timedelta(0)


def test_what_is_absent_takes_the_defaults_and_null_takes_them_away():
    policy = parse_policy({"first_response": None, "next_response": "PT4H", "ladder": None}, {}, defaults=SHIPPED)
    assert (policy.first_response, policy.next_response, policy.close_after) == (None, 4 * HOUR, 3 * DAY)
    assert (policy.ladder, policy.pause_states) == ((), SHIPPED.pause_states)
    assert parse_policy({}, {}, defaults=SHIPPED) == SHIPPED


def test_calendars_are_named():
    office = parse_calendar("office", OFFICE, LOOKUP)
    policy = parse_policy({"calendar": "office", "staffed": "office"}, {"office": office})
    assert policy.calendar is office
    assert policy.staffed is office


spans = st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=400)))
rungs = st.one_of(
    st.builds(Rung, step=st.sampled_from(["inbox", "bel de baas"]), share=st.floats(0, 10)),
    st.builds(Rung, step=st.sampled_from(["page", "breach"]), left=st.timedeltas(timedelta(0), timedelta(days=3))),
)


def written(policy: Policy) -> dict:
    names = (
        "first_response",
        "next_response",
        "resolution",
        "keep_in_loop",
        "early",
        "reopen_within",
        "close_after",
        "community_relax",
    )
    document = {name: None if (span := getattr(policy, name)) is None else format_duration(span) for name in names}
    document["pause_states"] = sorted(policy.pause_states)
    document["pause_hides_unanswered"] = policy.pause_hides_unanswered
    document["ladder"] = [
        {"step": rung.step, **({"share": rung.share} if rung.left is None else {"left": format_duration(rung.left)})}
        for rung in policy.ladder
    ]
    return document


@LAWS
@given(
    st.builds(
        Policy,
        first_response=spans,
        next_response=spans,
        resolution=spans,
        keep_in_loop=spans,
        early=spans.filter(lambda span: span is not None),
        reopen_within=spans,
        close_after=spans,
        community_relax=spans,
        pause_states=st.frozensets(st.text(max_size=5), max_size=3),
        pause_hides_unanswered=st.booleans(),
        ladder=st.lists(rungs, max_size=4).map(tuple),
    )
)
def test_a_policy_that_is_written_is_read_back(policy):
    assert parse_policy(written(policy), {}) == policy


@pytest.mark.parametrize(
    ("document", "field"),
    [
        *[({name: "PT-1H"}, f"policy.{name}: ") for name in ("first_response", "next_response", "resolution", "keep_in_loop")],
        *[
            ({name: "-PT1H"}, f"policy.{name}: '-PT1H' is negative")
            for name in ("reopen_within", "close_after", "community_relax", "early")
        ],
        ({"first_response": 24}, "policy.first_response: a duration like PT24H"),
        ({"first_response": "P1M"}, "policy.first_response: 'P1M' counts months"),
        ({"calendar": "ofice"}, "policy.calendar: no calendar is called 'ofice' (office)"),
        ({"staffed": ["office"]}, "policy.staffed: no calendar is called"),
        ({"calendar": ""}, "policy.calendar: no calendar is called ''"),
        ({"pause_states": "pending"}, "policy.pause_states: a list is expected"),
        ({"pause_hides_unanswered": "no"}, "policy.pause_hides_unanswered: true or false"),
        ({"pause_hides_unanswered": 1}, "policy.pause_hides_unanswered: true or false"),
        ({"ladder": {"share": 1}}, "policy.ladder: a list is expected"),
        ({"ladder": {}}, "policy.ladder: a list is expected"),
        ({"ladder": ["page"]}, "policy.ladder[0]: an object is expected"),
        ({"ladder": [{"share": 0.5}]}, "policy.ladder[0].step: a name is expected"),
        ({"ladder": [{"share": 0.5, "step": ""}]}, "policy.ladder[0].step: a name is expected"),
        ({"ladder": [{"share": 0.5, "step": "a"}, {"step": "b"}]}, "policy.ladder[1]: rung 'b' needs a share or a time left"),
        ({"ladder": [{"share": 0.5, "left": "PT1H", "step": "a"}]}, "policy.ladder[0]: rung 'a' needs a share or a time left"),
        ({"ladder": [{"share": "0.5", "step": "a"}]}, "policy.ladder[0].share: a number"),
        ({"ladder": [{"share": True, "step": "a"}]}, "policy.ladder[0].share: a number"),
        ({"ladder": [{"share": -0.5, "step": "a"}]}, "policy.ladder[0].share: a number"),
        ({"ladder": [{"left": "-PT1H", "step": "a"}]}, "policy.ladder[0].left: '-PT1H' is negative"),
        ({"ladder": [{"left": 3600, "step": "a"}]}, "policy.ladder[0].left: a duration"),
        ([], "policy: an object is expected"),
        (None, "policy: an object is expected"),
    ],
)
def test_a_bad_policy_is_refused_by_the_name_of_the_field(document, field):
    with pytest.raises(ValueError) as refusal:
        parse_policy(document, {"office": parse_calendar("office", OFFICE, LOOKUP)})
    assert str(refusal.value).startswith(field)


@pytest.mark.parametrize("share", [math.nan, math.inf, -math.inf, 1e300, 10**400])
def test_a_share_that_no_clock_can_count_is_refused_by_its_name(share):
    """JSON knows NaN and Infinity; they once came through, and each look at a case then failed without saying why."""
    with pytest.raises(ValueError, match=r"^policy\.ladder\[0\]\.share: "):
        parse_policy({"ladder": [{"share": share, "step": "page"}]}, {})


# --- calendars ---


def test_a_calendar_is_read():
    office = parse_calendar(
        "office",
        {
            "timezone": "Europe/Amsterdam",
            "hours": {"mon": [["13:00", "17:30"], ["9:00", "12:00:00"]], "sat": [["22:00", "24:00"]], "sun": None},
            "holidays": ["2026-12-24", date(2026, 12, 31)],
            "open_days": {"2026-12-27": [["10:00", "16:00"]], "2026-11-23": []},
            "country": "NL",
        },
        LOOKUP,
    )
    assert office.zone.key == "Europe/Amsterdam"
    assert office.hours == (((540, 720), (780, 1050)), (), (), (), (), ((1320, 1440),), ())
    assert office.days_off == {date(2026, 12, 24): "", date(2026, 12, 31): ""}
    assert office.days_on == {date(2026, 12, 27): ((600, 960),), date(2026, 11, 23): ()}
    assert office.closed_because(KING) == "closed: holiday (Koningsdag)"
    assert office.slots_on(KING) == ()


def test_days_off_may_have_names():
    office = parse_calendar("office", {**OFFICE, "holidays": {"2026-12-24": "inventory"}}, LOOKUP)
    assert office.closed_because(date(2026, 12, 24)) == "closed: holiday (inventory)"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"timezone": None}, "calendars.office.timezone: a time zone like"),
        ({"timezone": ""}, "calendars.office.timezone: a time zone like"),
        ({"timezone": "Europe"}, "calendars.office.timezone: unknown time zone 'Europe'"),
        ({"timezone": "Mars/Olympus"}, "calendars.office.timezone: unknown time zone 'Mars/Olympus'"),
        ({"timezone": "../../etc/passwd"}, "calendars.office.timezone: unknown time zone"),
        ({"hours": {}}, "calendars.office.hours: no open hours"),
        ({"hours": None}, "calendars.office.hours: no open hours"),
        ({"hours": {"mon": []}, "open_days": {"2026-12-27": []}}, "calendars.office.hours: no open hours"),
        ({"hours": []}, "calendars.office.hours: an object is expected"),
        ({"hours": {"monday": [["09:00", "17:00"]]}}, "calendars.office.hours.monday: not a day of the week"),
        ({"hours": {"mon": "09:00-17:00"}}, "calendars.office.hours.mon: a list is expected"),
        ({"hours": {"mon": ""}}, "calendars.office.hours.mon: a list is expected"),
        ({"hours": {"mon": [["09:00"]]}}, "calendars.office.hours.mon: a slot is [from, to]"),
        ({"hours": {"mon": [["17:00", "09:00"]]}}, "calendars.office.hours.mon: the slot 17:00-09:00 ends before it starts"),
        ({"hours": {"mon": [["09:00", "09:00"]]}}, "calendars.office.hours.mon: the slot 09:00-09:00 ends before it starts"),
        ({"hours": {"mon": [["09:00", "24:01"]]}}, "calendars.office.hours.mon: '24:01' is not a time"),
        ({"hours": {"mon": [["09:60", "17:00"]]}}, "calendars.office.hours.mon: '09:60' is not a time"),
        ({"hours": {"mon": [[9, 17]]}}, "calendars.office.hours.mon: 9 is not a time"),
        ({"holidays": "2026-12-25"}, "calendars.office.holidays: a list is expected"),
        ({"holidays": ["25-12-2026"]}, "calendars.office.holidays: '25-12-2026' is not a date"),
        ({"holidays": [["2026-12-25"]]}, "calendars.office.holidays: ['2026-12-25'] is not a date"),
        ({"holidays": [datetime(2026, 12, 25)]}, "calendars.office.holidays: "),  # noqa: DTZ001 - as TOML reads it
        ({"open_days": {"2026-13-01": []}}, "calendars.office.open_days: '2026-13-01' is not a date"),
        ({"open_days": {"2026-12-27": [["16:00", "10:00"]]}}, "calendars.office.open_days.2026-12-27: the slot"),
        ({"open_days": []}, "calendars.office.open_days: an object is expected"),
        ({"country": "XX"}, "calendars.office.country: no public holidays are known for 'XX' None"),
        ({"country": "XX", "subdivision": "NH"}, "calendars.office.country: no public holidays are known for 'XX' 'NH'"),
    ],
)
def test_a_bad_calendar_is_refused_by_the_name_of_the_field(changed, field):
    with pytest.raises(ValueError) as refusal:
        parse_calendar("office", {**OFFICE, **changed}, LOOKUP)
    assert str(refusal.value).startswith(field)


# --- reply windows and rule books ---


def test_a_reply_window_is_read():
    assert parse_window(None) is None
    assert parse_window({"length": "PT24H"}) == ReplyWindow(length=DAY)
    assert parse_window({"length": "P7D", "margin": "PT1H"}) == ReplyWindow(length=7 * DAY, margin=HOUR)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "reply_window.length: a span is expected"),
        ({"length": "PT0S"}, "reply_window.length: a span is expected"),
        ({"length": "-PT1H"}, "reply_window.length: '-PT1H' is negative"),
        ({"length": "PT1H", "margin": "PT2H"}, "reply_window.margin: longer than the window"),
        ({"length": "PT1H", "margin": "-PT1S"}, "reply_window.margin: '-PT1S' is negative"),
        ("PT24H", "reply_window: an object is expected"),
    ],
)
def test_a_bad_reply_window_is_refused_by_the_name_of_the_field(document, field):
    with pytest.raises(ValueError) as refusal:
        parse_window(document)
    assert str(refusal.value).startswith(field)


@pytest.mark.parametrize("inside", [True, False])
def test_a_rule_book_is_a_policy_with_its_calendars(inside):
    policy = {"first_response": "PT4H", "calendar": "office"}
    rest = {"calendars": {"office": OFFICE}, "reply_window": {"length": "PT24H"}}
    book = parse_rulebook({"policy": policy, **rest} if inside else {**policy, **rest}, LOOKUP)
    [rule] = book.rules
    assert (rule.policy.first_response, rule.window, rule.conditions) == (4 * HOUR, ReplyWindow(length=DAY), {})
    assert rule.policy.calendar == parse_calendar("office", OFFICE, LOOKUP) or rule.policy.calendar.hours[0] == ((540, 1050),)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"first_respons": "PT4H"}, "policy.first_respons: unknown, did you mean first_response?"),
        ({"zzz": 1}, "policy.zzz: unknown"),
        ({"calendars": [OFFICE]}, "calendars: an object is expected"),
        ({"calendars": {"office": {}}}, "calendars.office.hours: no open hours"),
        ({"policy": []}, "policy: an object is expected"),
        ({"policy": {"calendar": "office"}}, "policy.calendar: no calendar is called 'office' (none is defined)"),
        ({"reply_window": {"length": "x"}}, "reply_window.length: 'x' is not"),
    ],
)
def test_a_bad_rule_book_is_refused_by_the_name_of_the_field(document, field):
    with pytest.raises(ValueError) as refusal:
        parse_rulebook(document, LOOKUP)
    assert str(refusal.value).startswith(field)


# --- several policies ---


def several(*policies, **beside):
    return parse_rulebook({"policy": policies, "calendars": {"office": OFFICE}, **beside}, LOOKUP).rules


def named(name="a", **keys):
    return {"name": name, **keys}


def test_several_policies_are_read_in_their_order():
    first, last = several(
        named(
            "urgent", when={"urgency": "high", "kind": ["dm", "review"]}, first_response="PT1H", reply_window={"length": "PT24H"}
        ),
        named("rest", calendar="office"),
    )
    assert (first.name, first.conditions) == ("urgent", {"urgency": {"high"}, "kind": {"dm", "review"}})
    assert (first.policy.first_response, first.window) == (HOUR, ReplyWindow(length=DAY))
    assert (last.name, last.conditions, last.window) == ("rest", {}, None)
    assert last.policy.calendar.hours[0] == ((540, 1050),)


def test_what_one_of_several_policies_does_not_say_is_as_shipped():
    """An operator who writes only `first_response` must not have taken away every alert with it."""
    [rule] = several(named())
    assert rule.policy == SHIPPED
    [rule] = several(named(first_response="PT12H"))
    assert (rule.policy.first_response, rule.policy.next_response, rule.policy.ladder) == (12 * HOUR, DAY, SHIPPED.ladder)
    [rule] = several(named(resolution="PT0S", ladder=[]))
    assert (rule.policy.resolution, rule.policy.ladder) == (timedelta(0), ())


@pytest.mark.parametrize(("target", "rungs"), [("PT1H", 4), ("PT4H", 4), ("PT5H", 5)])
def test_a_short_target_ships_without_the_rung_of_its_last_hour(target, rungs):
    [rule] = several(named(first_response=target))
    assert len(rule.policy.ladder) == rungs


def test_shipped_is_a_word_for_the_shipped_policy():
    book = parse_rulebook({"policy": "shipped", "windows": {"whatsapp": {"length": "PT24H", "margin": "PT1H"}}}, LOOKUP)
    assert book.rules == SHIPPED_BOOK.rules
    assert book.windows == {"whatsapp": ReplyWindow(length=DAY, margin=HOUR)}


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ([], "policy: an object is expected"),
        (["a"], "policy[0]: an object is expected"),
        ([{}], "policy[0].name: a name of at most"),
        ([named(" ")], "policy[0].name: a name of at most"),
        ([named("a" * 101)], "policy[0].name: a name of at most"),
        ([named(first_respons="PT4H")], "policy 'a': first_respons: unknown, did you mean first_response?"),
        ([named(calendars={})], "policy 'a': calendars: unknown, did you mean calendar?"),
        ([named(first_response="-PT4H")], "policy 'a': first_response: '-PT4H' is negative"),
        ([named(first_response="PT0S", next_response="PT0S")], "policy 'a': it promises nothing"),
        ([named(first_response="P3661D")], "policy 'a': first_response: more than ten years"),
        ([named(close_after="P3661D")], "policy 'a': close_after: more than ten years"),
        ([named(early="P3661D")], "policy 'a': early: more than ten years"),
        ([named(ladder=[{"left": "P3661D", "step": "a"}])], "policy 'a': ladder: a@PT87864H: more than ten years"),
        ([named(first_response="P3660D", ladder=[{"share": 2, "step": "a"}])], "policy 'a': ladder: a@2: more than ten years"),
        ([named(ladder=[{"shar": 0.5, "step": "a"}])], "policy 'a': ladder[0].shar: unknown, did you mean share?"),
        ([named(ladder="page")], "policy 'a': ladder: a list is expected"),
        ([named(reply_window={"lenght": "PT1H"})], "policy 'a': reply_window.lenght: unknown, did you mean length?"),
        ([named(reply_window={"length": "PT0S"})], "policy 'a': reply_window.length: a span is expected"),
        ([named(when="dm"), named("b")], "policy 'a': when: an object is expected"),
        ([named(when={"chanel": "x"}), named("b")], "policy 'a': when.chanel: unknown, did you mean channel?"),
        ([named(when={"kind": "privat"}), named("b")], "policy 'a': when.kind: 'privat' is none of "),
        ([named(when={"kind": "privat"}), named("b")], "did you mean private?"),
        ([named(when={"urgency": ["high", "low"]}), named("b")], "policy 'a': when.urgency: 'low' is none of high, normal"),
        ([named(when={"intent": "rant"}), named("b")], "policy 'a': when.intent: 'rant' is none of "),
        ([named(when={"language": "NL"}), named("b")], "policy 'a': when.language: a language like nl is expected"),
        ([named(when={"tag": []}), named("b")], "policy 'a': when.tag: it names nothing"),
        ([named(when={"tag": [1]}), named("b")], "policy 'a': when.tag: a name is expected, not 1"),
        ([named(when={"tag": {}}), named("b")], "policy 'a': when.tag: a list is expected"),
        ([named(when={"tag": "vip"})], "policy: the last policy must have no condition"),
        ([named(when={"tag": "vip"}), named()], "policy 'a': another policy has this name"),
        ([named(), named("b")], "policy 'b': it would never be used: 'a' stands before it"),
        (
            [named(when={"kind": ["dm", "post"]}), named("b", when={"kind": "dm", "tag": "vip"}), named("c")],
            "policy 'b': it would never be used: 'a' stands before it",
        ),
    ],
)
def test_nonsense_among_several_policies_is_refused_by_its_name(policies, said):
    with pytest.raises(ValueError) as refusal:
        several(*policies)
    assert said in str(refusal.value)


def test_policies_that_only_overlap_are_fine():
    rules = several(
        named(when={"kind": "dm"}), named("b", when={"kind": ["dm", "post"]}), named("c", when={"tag": "vip"}), named("d")
    )
    assert [rule.name for rule in rules] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"policy": {"first_response": "PT1H"}, "calenders": {}}, "calenders: unknown, did you mean calendars?"),
        ({"policy": "shiped"}, "policy: an object is expected"),
        ({"calendars": {"a": {**OFFICE, "hollidays": []}}}, "calendars.a.hollidays: unknown, did you mean holidays?"),
    ],
)
def test_an_unknown_key_beside_a_policy_is_refused(document, said):
    with pytest.raises(ValueError) as refusal:
        parse_rulebook(document, LOOKUP)
    assert said in str(refusal.value)

"""Overrides, swaps and a level that goes, as people work with them: over real HTTP, by two people at once, on both databases."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date, time, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from fakes import HOUR, MONDAY, FakeNotifier
from inboxes import open_inbox
from staff import staff

from webcare.domain.calendar import Calendar
from webcare.domain.rota import LevelName, QuietHours, Role, on_call
from webcare.services import desk
from webcare.services.desk import Action
from webcare.store import audit, people
from webcare.store.door import open_store

SCRIPT = "<script>alert(1)</script>"
OVERRIDE = {"level": "oncall", "person": "daan", "from": "2026-11-23T11:00", "until": "2026-11-23T15:00", "reason": "tandarts"}


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as opened:
        await opened.desk.staff(staff(language="nl"))
        yield opened


@pytest.fixture
async def light(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        await opened.desk.staff(staff(language="nl"))
        yield opened
    await store.close()


async def who_at(inbox, hours, level=LevelName.ONCALL):
    found = on_call(await inbox.store.read(people.rota), level, MONDAY + hours * HOUR)
    return found and found.id


def mark(who):
    found = re.search(r'name="mark" value="([^"]+)"', who.page)
    return found[1] if found else ""


def choices(who, name):
    """The values of a choice by what they are called."""
    part = re.search(rf'<select id="{name}".*?</select>', who.page, re.DOTALL)[0]
    return {
        html.unescape(text): html.unescape(value) for value, text in re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)', part)
    }


def warned(who):
    return [html.unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in re.findall(r'<p class="call bad".*?</p>', who.text)]


# --- overrides ---


async def test_a_lead_looks_keeps_and_takes_away_again(inbox):
    who = await inbox.somebody("sanne", Role.LEAD)
    assert await who.get("/rota/override") == 200
    assert 'value="save"' not in who.text
    assert await who.post("/rota/override", do="look", **OVERRIDE) == 200
    assert "Niveau 1: Daan, 11:00 tot 15:00." in who.text
    assert who.text.count("<h3>") == 14
    assert who.text.count('class="shift over"') == 1
    assert await who_at(inbox, 2) == "noor"
    assert await who.post("/rota/override", do="save", mark=mark(who), **OVERRIDE) == 303
    assert [await who_at(inbox, n) for n in (0, 1, 4, 5)] == ["noor", "daan", "daan", "noor"]
    assert inbox.woken == ["watch"]
    await who.get(who.to)
    assert "De vervanging staat." in who.text
    assert re.search(r"<b>Daan</b> Niveau 1, 11:00 . 15:00<br><small>door Sanne · tandarts", who.text)
    remove = re.search(r'href="(/rota/override/\d+)"', who.text)[1]
    assert await who.get(remove) == 200
    assert who.text.count("<h3>") == 14
    assert await who_at(inbox, 2) == "daan"
    assert await who.post(remove) == 303
    assert await who_at(inbox, 2) == "noor"
    assert await who.get(remove) == 404
    await who.get("/me")
    assert await who.post(remove) == 404
    lines = await inbox.store.read(audit.lines, "rota")
    assert [(one["by"], one["data"]["did"], one["data"]["person"]) for one in lines] == [
        ("sanne", "override", "daan"),
        ("sanne", "end_override", "daan"),
    ]


async def test_of_two_leads_the_later_one_looks_again(inbox):
    first, second = await inbox.somebody("sanne", Role.LEAD), await inbox.somebody("mark", Role.LEAD)
    for who in (first, second):
        await who.get("/rota/override")
        assert await who.post("/rota/override", do="look", **OVERRIDE) == 200
    assert await first.post("/rota/override", do="save", mark=mark(first), **OVERRIDE) == 303
    theirs = {**OVERRIDE, "person": "lena"}
    assert await second.post("/rota/override", do="save", mark=mark(second), **theirs) == 409
    assert "intussen gewijzigd" in second.text
    assert "Dit ligt over een eerdere vervanging: Daan, 11:00 tot 15:00." in second.text
    assert await who_at(inbox, 2) == "daan"
    assert await second.post("/rota/override", do="save", mark=mark(second), **theirs) == 303
    assert await who_at(inbox, 2) == "lena"


async def test_nobody_can_be_put_in_place_and_the_hole_is_one_press_from_being_filled(light):
    who = await light.somebody("sanne", Role.LEAD)
    await who.get("/rota/override")
    tomorrow = {**OVERRIDE, "person": "-", "from": "2026-11-24T08:00", "until": "2026-11-24T12:00", "reason": SCRIPT}
    assert await who.post("/rota/override", do="save", mark=mark(who), **tomorrow) == 303
    await who.get("/rota")
    assert "<script>alert" not in who.text
    (hole,) = warned(who)
    assert hole.startswith("Niemand op Niveau 1: morgen 08:00")
    link = html.unescape(re.search(r'class="fill" href="([^"]+)"', who.text)[1])
    assert dict(parse_qsl(urlsplit(link).query)) == {"level": "oncall", "from": "2026-11-24T08:00", "until": "2026-11-24T12:00"}
    assert await who.get(link) == 200
    filled = dict(re.findall(r'name="(from|until)"[^>]*value="([^"]*)"', who.text))
    form = {**OVERRIDE, **filled, "person": "lena"}
    assert await who.post("/rota/override", do="save", mark=mark(who), **form) == 303
    await who.get("/rota")
    assert warned(who) == []
    agent = await light.somebody("piet")
    await agent.get("/rota")
    assert 'class="fill"' not in agent.text


async def test_everybody_at_rest_is_a_hole_too(light):
    def rest(conn):
        for one in people.people(conn):
            people.set_quiet(conn, one.id, QuietHours(start=time(23), end=time(6, 30)))

    await light.store.write(rest)
    who = await light.somebody("sanne", Role.LEAD)
    await who.get("/rota")
    assert warned(who)[0].startswith("Iedereen heeft rusttijd: 23:00")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"level": "boss"}, "Niveau:"),
        ({"person": "ghost"}, "Wie:"),
        ({"person": ""}, "Wie:"),
        ({"from": "soon"}, "Van:"),
        ({"until": "2026-11-23T11:00"}, "Tot: kies een later"),
        ({"from": "2026-11-20T11:00", "until": "2026-11-21T11:00"}, "voorbij"),
        ({"until": "2036-11-23T11:00"}, "te ver weg"),
        ({"reason": "x" * 201}, "Reden:"),
    ],
)
async def test_what_cannot_be_kept_is_named(light, changes, word):
    who = await light.somebody("sanne", Role.LEAD)
    await who.get("/rota/override")
    assert await who.post("/rota/override", do="save", mark=mark(who), **{**OVERRIDE, **changes}) == 422
    assert word in warned(who)[0]
    assert (await light.store.read(people.rota)).overrides == ()


async def test_times_are_those_of_the_levels_zone_also_when_the_clocks_change(light):
    def move(conn):
        rota = people.rota(conn)
        people.save_level(conn, replace(rota.level(LevelName.NEXT), zone="America/New_York"))

    await light.store.write(move)
    who = await light.somebody("sanne", Role.LEAD)
    await who.get("/rota/override")
    assert "America/New_York (Niveau 2)" in who.text
    night = {"level": "next", "person": "noor", "from": "2027-03-14T01:30", "until": "2027-03-14T03:30", "reason": ""}
    assert await who.post("/rota/override", do="look", **night) == 200
    assert "zo <small>14" in who.text  # shown where it lies, four months ahead
    assert await who.post("/rota/override", do="save", mark=mark(who), **night) == 303
    (made,) = (await light.store.read(people.rota)).overrides
    assert made.ends_at - made.starts_at == HOUR


@pytest.mark.parametrize("role", list(Role))
async def test_who_may_override_and_drop(light, role):
    who = await light.somebody("pim", role)
    await who.get("/me")
    allowed = desk.may(role, Action.ROTA)
    assert await who.get("/rota/override") == (200 if allowed else 403)
    assert await who.get("/rota/override/1") == (404 if allowed else 403)
    await who.get("/me")
    assert await who.post("/rota/override/1") == (404 if allowed else 403)
    assert await who.post("/rota/override", do="save", mark="old", **OVERRIDE) == (409 if allowed else 403)
    assert await who.post("/rota/next", do="drop", mark="old") == (409 if allowed else 403)
    await who.get("/rota")
    assert ('href="/rota/override"' in who.text) == allowed
    assert (await light.store.read(people.rota)).overrides == ()


async def test_a_form_from_elsewhere_is_refused(light):
    who = await light.somebody("sanne", Role.LEAD)
    await who.get("/rota/override")
    for path in ("/rota/override", "/rota/override/1", "/rota/swap", "/rota/swap/1"):
        assert await who.post(path, token="x", do="save", **OVERRIDE) == 403  # noqa: S106 - no token of ours


# --- a level that goes ---


async def test_a_level_goes_after_a_warning_and_is_made_again(inbox):
    who = await inbox.somebody("sanne", Role.LEAD)
    await who.get("/rota/oncall")
    assert 'value="drop"' not in who.text
    await who.get("/rota/next")
    assert "Wat Niveau 2 zou krijgen, gaat naar Niveau 3." in who.text
    form = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', who.text)[1] for name in ("handovers", "anchor", "zone")}
    assert await who.post("/rota/next", do="drop", mark=mark(who)) == 303
    assert [one.name for one in (await inbox.store.read(people.rota)).levels] == ["oncall", "lead"]
    await who.get(who.to)
    assert "Het niveau is weg." in who.text
    await who.get("/rota/next")
    again = {**form, "turn": "daan", "rhythm": "daily", "mark": mark(who), "do": "save"}
    assert await who.post("/rota/next", **again) == 303
    assert await who_at(inbox, 0, LevelName.NEXT) == "daan"


# --- holidays ---


async def test_holidays_are_marked_and_their_holes_named(light):
    rule = light.desk.rules.book.rules[-1]
    office = Calendar(
        zone=ZoneInfo("Europe/Amsterdam"),
        hours=(((540, 1020),),) * 5 + ((), ()),
        days_off={date(2026, 11, 24): "Koningsdag", date(2026, 12, 25): "", date(2027, 4, 27): "Ver weg"},
    )
    rules = (replace(rule, policy=replace(rule.policy, calendar=office)),)
    light.desk.rules = replace(light.desk.rules, book=replace(light.desk.rules.book, rules=rules))
    who = await light.somebody("sanne", Role.LEAD)
    await who.get("/rota/override")
    hole = {**OVERRIDE, "person": "-", "from": "2026-11-24T08:00", "until": "2026-11-24T12:00"}
    assert await who.post("/rota/override", do="look", **hole) == 200
    assert who.text.count('class="holiday">Koningsdag') == 1
    assert await who.post("/rota/override", do="save", mark=mark(who), **hole) == 303
    await who.get("/rota")
    assert who.text.count('class="holiday">Koningsdag') == 1
    assert "Feestdag: Koningsdag." in warned(who)[0]
    assert "<b>vr 25 dec</b> feestdag" in who.text
    assert "Ver weg" not in who.text


# --- swaps ---


async def test_a_swap_by_two_people(inbox):
    """Noor cannot; Daan takes a part of her shift and gives one of his own."""
    noor, daan, piet = [await inbox.somebody(name) for name in ("noor", "daan", "piet")]
    await noor.get("/rota/swap")
    shifts, back = choices(noor, "shift"), choices(noor, "back")
    assert all(label.startswith("Niveau 1,") for label in shifts)
    form = {
        "shift": next(iter(shifts.values())),
        "colleague": "daan",
        "from": "2026-11-23T14:00",
        "until": "2026-11-23T16:00",
        "back": next(value for label, value in back.items() if label.startswith("Daan: Niveau 2")),
        "note": SCRIPT,
        "do": "ask",
    }
    assert await noor.post("/rota/swap", **form) == 303
    assert inbox.woken == ["deliver"]
    assert await who_at(inbox, 5) == "noor"
    notifier = FakeNotifier()
    await inbox.desk.send(inbox.desk.post(notifier=notifier), inbox.clock)
    assert [(one.person, one.content["swap"]["what"]) for one in notifier.sent] == [("daan", "asked")]
    await noor.get("/rota/swap")
    assert "wacht op antwoord" in noor.text
    await daan.get("/rota")
    assert "Noor vraagt of je een dienst overneemt." in daan.text
    await daan.get("/rota/swap")
    assert "Niveau 1, 14:00 tot 16:00" in daan.text
    assert "<script>alert" not in daan.text
    action = re.search(r'action="(/rota/swap/\d+)"', daan.text)[1]
    await piet.get("/rota/swap")
    assert action not in piet.text
    for stranger, answer in ((piet, "accept"), (noor, "accept"), (daan, "withdraw")):
        await stranger.get("/rota/swap")
        assert await stranger.post(action, do=answer) == 404
    assert await who_at(inbox, 5) == "noor"
    assert await daan.post(action, do="accept") == 303
    assert [await who_at(inbox, n) for n in (3, 4, 5, 6)] == ["noor", "daan", "daan", "noor"]
    assert await who_at(inbox, 5, LevelName.NEXT) == "noor"
    await daan.get(daan.to)
    assert "Je neemt de dienst over." in daan.text
    assert await daan.post(action, do="decline") == 409
    assert "al beantwoord" in daan.text
    await inbox.desk.send(inbox.desk.post(notifier=notifier), inbox.clock)
    assert [(one.person, one.content["swap"]["what"]) for one in notifier.sent][1:] == [
        ("noor", "accepted"),
        ("daan", "accepted"),
    ]
    await noor.get("/rota/swap")
    assert "aan Daan: geruild" in noor.text


async def test_nobody_gives_away_what_is_not_theirs(light):
    """The form names a shift; whose it is, the rota says."""
    noor, daan = await light.somebody("noor"), await light.somebody("daan")
    await noor.get("/rota/swap")
    shift = next(iter(choices(noor, "shift").values()))
    form = {"colleague": "lena", "from": "", "until": "", "back": "", "note": ""}
    await daan.get("/rota/swap")
    for taken in (shift, "", "oncall x y", "oncall 2026-11-23T10:00:00Z 2026-11-23T09:00:00Z", "boss " + shift[7:]):
        assert await daan.post("/rota/swap", do="ask", shift=taken, **form) == 422
        assert "Dienst:" in warned(daan)[0]
    assert await daan.post("/rota/swap", do="arrange", shift=shift, **form) == 403
    await noor.get("/rota/swap")
    for colleague in ("noor", "ghost", ""):
        assert await noor.post("/rota/swap", do="ask", shift=shift, **{**form, "colleague": colleague}) == 422
        assert "Wie neemt het over" in warned(noor)[0]
    assert await light.desk.told() == []


async def test_a_request_that_nobody_answered_says_so(light):
    noor, daan = await light.somebody("noor"), await light.somebody("daan")
    await noor.get("/rota/swap")
    form = {"shift": next(iter(choices(noor, "shift").values())), "colleague": "daan", "back": "", "note": "", "do": "ask"}
    assert await noor.post("/rota/swap", **{**form, "from": "2026-11-23T12:00", "until": ""}) == 303
    await daan.get("/rota/swap")
    action = re.search(r'action="(/rota/swap/\d+)"', daan.text)[1]
    light.clock.at = MONDAY + timedelta(hours=2)
    assert await daan.post(action, do="accept") == 409
    await noor.get("/rota/swap")
    assert "verlopen zonder antwoord" in noor.text
    assert await who_at(light, 3) == "noor"


async def test_a_lead_swaps_at_once(light):
    who = await light.somebody("sanne", Role.LEAD)
    await who.get("/rota/swap")
    shift = next(value for label, value in choices(who, "shift").items() if label.startswith("Noor: Niveau 1"))
    form = {"shift": shift, "colleague": "daan", "from": "", "until": "2026-11-23T15:00", "back": "", "note": "ziek"}
    assert await who.post("/rota/swap", do="ask", **form) == 422
    assert await who.post("/rota/swap", do="arrange", **form) == 303
    assert [await who_at(light, n) for n in (0, 4, 5)] == ["daan", "daan", "noor"]
    assert [person for person, _, _ in await light.desk.told()] == ["noor", "daan"]


@pytest.mark.parametrize("role", list(Role))
async def test_who_may_swap(light, role):
    who = await light.somebody("pim", role)
    allowed = desk.may(role, Action.SWAP)
    assert allowed == (role is not Role.AUDITOR)
    assert await who.get("/rota/swap") == (200 if allowed else 403)
    await who.get("/me")
    assert await who.post("/rota/swap/1", do="accept") == (404 if allowed else 403)
    if allowed:
        assert await who.post("/rota/swap/1", do="burn") == 400
    await who.get("/rota")
    assert ('href="/rota/swap"' in who.text) == allowed


async def test_it_speaks_english(light):
    who = await light.somebody("piet", language="en")
    for path, word in (("/rota/swap", "Swap a shift"), ("/rota", "Overrides")):
        await who.get(path)
        assert word in who.text

"""The rota as people read it, and as a lead changes it: over real HTTP, on both databases."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes import MONDAY, FakeNotifier
from hypothesis import given
from hypothesis import strategies as st
from inboxes import open_inbox

from webcare.domain.rota import ContactMethod, Level, LevelName, Person, QuietHours, Rhythm, Role, Rota, on_call
from webcare.domain.walltime import instant_of
from webcare.services import desk, tell
from webcare.services.desk import Action
from webcare.store import audit, people, users
from webcare.store.door import open_store
from webcare.web.rota_view import days
from webcare.web.say import say

SCRIPT = "<script>alert(1)</script>"
ZONE = ZoneInfo("Europe/Amsterdam")


def person(id_, *, name=None, contacts=True, quiet=None):
    methods = (ContactMethod(name="mail", target=f"mailto:{id_}@example.org"),) if contacts else ()
    return Person(id=id_, name=name or id_.title(), role=Role.AGENT, contacts=methods, zone="Europe/Amsterdam", quiet=quiet)


def level(*rotation, name=LevelName.ONCALL, rhythm=Rhythm.DAILY, handovers=(time(8),)):
    return Level(name=name, rotation=rotation, rhythm=rhythm, anchor=MONDAY.date(), zone="Europe/Amsterdam", handovers=handovers)


STAFF = (
    person("daan", quiet=QuietHours(start=time(22, 30), end=time(7))),
    person("yara", contacts=False),
    person("sanne", name=SCRIPT),
)
ROTA = Rota(levels=(level("daan", None, "yara"), level("sanne", name=LevelName.NEXT)), people=STAFF)


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as opened:
        yield opened


@pytest.fixture
async def light(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        yield opened
    await store.close()


def asked(who, *turns, **changes):
    found = re.search(r'name="mark" value="([^"]+)"', who.page)
    return {
        "turn": turns,
        "rhythm": "daily",
        "handovers": "08:00",
        "anchor": MONDAY.date().isoformat(),
        "zone": "Europe/Amsterdam",
        "mark": found[1] if found else "",
        "do": "save",
        **changes,
    }


async def send(who, path, form):
    """Send a form that has one field several times."""
    pairs = [("turn", one) for one in form.pop("turn")] + list(form.items())
    token = re.search(r'name="csrf" value="([^"]+)"', who.page)
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": who.origin}
    return await who._ask("POST", path, headers, data=[*pairs, ("csrf", token[1] if token else "")])


async def on_call_now(inbox):
    rota = await inbox.store.read(people.rota)
    found = on_call(rota, LevelName.ONCALL, inbox.clock.now())
    return found and found.id


async def test_who_is_called_now_what_is_wrong_and_the_week(inbox):
    await inbox.desk.staff(ROTA)
    who = await inbox.somebody()
    assert await who.get("/rota") == 200
    assert "<b>Daan</b>" in who.text
    assert "nog nooit gewaarschuwd" in who.text
    assert "Niemand op Niveau 1" in who.text
    assert "Yara heeft geen contactmethode" in who.text
    assert "Daan 22:30\N{EN DASH}07:00" in who.text
    assert 'class="shift hole"><b>1</b>niemand' in who.text
    assert who.text.count('aria-current="date"') == 1
    assert "@example.org" not in who.text
    assert SCRIPT not in who.text
    await who.get("/rota?week=2026-W44")
    assert "Week 44" in who.text
    for nonsense in ("x", "0000-W00", "9999-W53", "2026-W99", "-W", "²²²²-W01"):
        assert await who.get(f"/rota?week={nonsense}") == 200
    assert "/rota/oncall" not in who.text


async def test_whether_somebody_could_be_reached_and_whether_they_are_still_here(inbox):
    await inbox.desk.staff(ROTA)
    who = await inbox.somebody()
    await inbox.hire("daan")
    content = {"reply": {"what": "refused", "case": 1, "channel": "x", "reason": "no"}}
    values = {"brand": "b", "key": "k", "now": inbox.clock.now()}
    await inbox.store.write(tell.tell_person, "daan", content, **values)
    await inbox.desk.send(inbox.desk.post(notifier=FakeNotifier()), inbox.clock)
    await inbox.store.write(users.disable, "daan", inbox.clock.now())
    await who.get("/rota")
    assert re.search(r'state ok">.*?bereikt', who.text)
    assert "Daan kan niet meer inloggen" in who.text


async def test_without_a_rota_the_page_says_what_happens(light):
    who = await light.somebody()
    assert await who.get("/rota") == 200
    assert "laatste redmiddel" in who.text


async def test_a_lead_looks_first_and_keeps_then(inbox):
    await inbox.desk.staff(ROTA)
    who = await inbox.somebody("lena", Role.LEAD)
    assert await who.get("/rota/oncall") == 200
    assert await send(who, "/rota/oncall", asked(who, "sanne", "daan", do="look")) == 200
    assert "de komende 14 dagen" in who.text
    assert who.text.count("<h3>") == 14
    assert await on_call_now(inbox) == "daan"
    assert await send(who, "/rota/oncall", asked(who, "sanne", "daan")) == 303
    assert await on_call_now(inbox) == "sanne"
    assert inbox.woken == ["watch"]
    lines = await inbox.store.read(audit.lines, "rota")
    assert [(one["by"], one["data"]["level"], one["data"]["is"]["rotation"]) for one in lines] == [
        ("lena", "oncall", ["sanne", "daan"])
    ]
    told = await inbox.store.write(
        tell.tell_level, LevelName.ONCALL, {"trouble": {}}, brand="b", key="now", now=inbox.clock.now()
    )
    assert told == 1


async def test_a_level_that_nobody_has_written_yet(light):
    await light.desk.staff(ROTA)
    who = await light.somebody("lena", Role.LEAD)
    await who.get("/rota/lead")
    assert await send(who, "/rota/lead", asked(who, "daan", "-", rhythm="weekly")) == 303
    rota = await light.store.read(people.rota)
    assert rota.level(LevelName.LEAD).rotation == ("daan", None)


async def test_of_two_leads_the_later_one_sees_both(inbox):
    await inbox.desk.staff(ROTA)
    first, second = await inbox.somebody("lena", Role.LEAD), await inbox.somebody("mark", Role.LEAD)
    await first.get("/rota/oncall")
    await second.get("/rota/oncall")
    assert await send(first, "/rota/oncall", asked(first, "sanne")) == 303
    assert await send(second, "/rota/oncall", asked(second, "yara", do="look")) == 200
    assert await send(second, "/rota/oncall", asked(second, "yara")) == 409
    assert "intussen gewijzigd" in second.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; · elke dag" in second.text
    assert '<option value="yara" selected>' in second.text
    assert await on_call_now(inbox) == "sanne"
    assert await send(second, "/rota/oncall", asked(second, "yara")) == 303
    assert await on_call_now(inbox) == "yara"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"turn": ("ghost",)}, "Beurten: deze"),
        ({"turn": ()}, "Beurten: noem"),
        ({"turn": ("-",)}, "Beurten: noem"),
        ({"handovers": "25:00"}, "Overdracht"),
        ({"handovers": ""}, "Overdracht"),
        ({"handovers": "08:00 22:00", "rhythm": "weekly"}, "Overdracht"),
        ({"anchor": "tomorrow"}, "Begint op"),
        ({"anchor": "9999-12-31"}, "Begint op"),
        ({"zone": "../../etc/passwd"}, "Tijdzone"),
        ({"rhythm": "hourly"}, "Ritme"),
    ],
)
async def test_what_cannot_be_kept_is_named(light, changes, word):
    await light.desk.staff(ROTA)
    who = await light.somebody("lena", Role.LEAD)
    await who.get("/rota/oncall")
    assert await send(who, "/rota/oncall", {**asked(who, "daan"), **changes}) == 422
    assert word in who.text
    assert (await light.store.read(people.rota)).level(LevelName.ONCALL) == ROTA.level(LevelName.ONCALL)


@pytest.mark.parametrize("role", list(Role))
async def test_who_may_change_it(light, role):
    await light.desk.staff(ROTA)
    who = await light.somebody("pim", role)
    await who.get("/me")
    allowed = desk.may(role, Action.ROTA)
    assert allowed == (role in {Role.LEAD, Role.ADMIN})
    form = asked(who, "sanne", mark="old")
    assert await send(who, "/rota/oncall", form) == (409 if allowed else 403)
    assert await who.get("/rota/oncall") == (200 if allowed else 403)
    assert await who.get("/rota") == 200
    assert ('href="/rota/oncall"' in who.text) == allowed
    assert await on_call_now(light) == "daan"


async def test_a_change_from_elsewhere_is_refused_and_unknown_levels_are_not_there(light):
    await light.desk.staff(ROTA)
    who = await light.somebody("lena", Role.LEAD)
    await who.get("/rota/oncall")
    assert await who.post("/rota/oncall", token="x", turn="sanne", do="save") == 403  # noqa: S106 - no token of ours
    assert await who.get("/rota/boss") == 404


async def test_it_speaks_english(light):
    await light.desk.staff(ROTA)
    who = await light.somebody(language="en")
    await who.get("/rota")
    assert "Nobody on Level 1" in who.text


@given(
    first=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    rotation=st.lists(st.sampled_from(["daan", "yara", "sanne", None]), min_size=1, max_size=4),
    rhythm=st.sampled_from(Rhythm),
    hour=st.integers(0, 23),
)
def test_every_hour_of_the_days_shown_is_that_of_the_rota(first, rotation, rhythm, hour):
    rota = Rota(levels=(level(*rotation, rhythm=rhythm, handovers=(time(hour),)),), people=STAFF)
    speech = say("nl", "Europe/Amsterdam", datetime.combine(first, time(12), ZONE))
    for n, day in enumerate(days(rota, first, 7, speech)):
        at = instant_of(first + timedelta(days=n), time(0), ZONE)
        end = instant_of(first + timedelta(days=n + 1), time(0), ZONE)
        names = []
        while at < end:
            found = on_call(rota, LevelName.ONCALL, at)
            name = found and found.name
            if not names or names[-1] != name:
                names.append(name)
            at += timedelta(hours=1)
        assert [piece.who for piece in day.pieces] == names

"""The link in an alert on a telephone: it shows and does no more than its message may, once each, and never because somebody looked."""

from __future__ import annotations

import asyncio
import base64
import re
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import time, timedelta

import pytest
from fakes import DAY, HOUR, MONDAY, said
from inboxes import PASSWORD, TOKEN, open_inbox
from sqlalchemy import func, select, update
from staff import by, staff

from webcare.addressing import address
from webcare.domain.alert_token import LASTS
from webcare.domain.message import Kind
from webcare.domain.rota import QuietHours, Role
from webcare.services import alert_link, answer, desk, sign_in
from webcare.settings.model import Model
from webcare.store import alert_keys, people, users
from webcare.store.door import open_store
from webcare.store.tables import case_event, delivery, notice, site
from webcare.store.user_tables import guess

ALERT, PAGE = MONDAY + 18 * HOUR, MONDAY + 22 * HOUR
WORDS = "Where is my cupboard? Third time"
HERE = "https://webcare.example"


class Story:
    """An inbox in which people were told of what waits; `link` is what stands in somebody's last message."""

    def __init__(self, inbox):
        self.inbox, self.store, self.desk, self.clock = inbox, inbox.store, inbox.desk, inbox.clock

    async def staff(self, rota=None):
        rota = rota or staff(language="nl")
        await self.desk.staff(rota)
        for one in rota.people:
            await self.inbox.hire(one.id, one.role)

    async def until(self, at):
        self.clock.at = at
        while (await self.desk.sweep(at)).cases:
            pass
        await self.deliver()

    async def deliver(self):
        """Let what waits leave."""
        while await self.desk.send(self.desk.post(), self.clock):
            pass

    async def link(self, person="noor"):
        rows = [row for row in await self.desk.deliveries() if row["person"] == person and row["kind"] == "alert"]
        who = await self.store.read(people.person, person)
        token = await alert_link.token_for(self.store, rows[-1]["key"], who, self.clock.machine())
        return f"/a/{token}"

    async def acked(self, person="noor"):
        rows = await self.desk.rows(notice, notice.c.person == person)
        return [row["acked_at"] for row in rows]

    async def types(self, case=1):
        return [type_ for type_, *_ in await self.desk.log(case)]


@asynccontextmanager
async def opened(store, rota=None, *messages):
    async with open_inbox(store, home=HERE) as inbox:
        story = Story(inbox)
        await story.staff(rota)
        await story.desk.hear(*(messages or [said("m1", WORDS, MONDAY)]))
        await story.until(ALERT)
        yield story


@pytest.fixture
async def story(store):
    async with opened(store) as told:
        yield told


@pytest.fixture
async def light(sqlite_url):
    """A store of SQLite alone: for what is HTTP."""
    store = open_store(sqlite_url)
    yield store
    await store.close()


async def press(who, link, do, case=1, **form):
    """Open the page and press a button of it."""
    await who.get(f"{link}?c={case}")
    return await who.post(link, do=do, c=str(case), **form)


async def opens(who, link):
    """Open the page and return what its forms carry: for buttons that are gone when they are pressed."""
    assert await who.get(link) == 200
    return TOKEN.search(who.text)[1]


# --- looking


async def test_looking_shows_the_minutes_and_changes_nothing(story):
    link, who = await story.link(), await story.inbox.browser()
    before = await story.types()
    for _ in range(3):
        assert await who.get(link) == 200
    async with who.session.head(who.base + link) as head:
        assert head.status == 200
    for query in ("?do=take&c=1", "?do=seen&c=1", "?c=1&pass=1", "?do=pass&to=daan&c=1", "?c=1&done=seen"):
        assert await who.get(link + query) == 200
    assert await story.types() == before
    assert (await story.desk.case())["claimed_by"] is None
    assert await story.acked() == [None]
    await who.get(link)
    assert "6 u 00" in who.text
    assert "Er gebeurt pas iets als je drukt" in who.text
    assert "Melding voor <b>Noor</b>" in who.text
    assert "<script" not in who.text


async def test_the_address_stays_between_the_reader_and_us(story, capsys):
    link, who = await story.link(), await story.inbox.browser()
    await press(who, link, "seen")
    assert who.answer.headers["Referrer-Policy"] == "no-referrer"
    await who.get(link)
    assert who.answer.headers["Referrer-Policy"] == "no-referrer"
    assert who.answer.headers["Cache-Control"] == "no-store"
    assert await who.get("/a/nothing") == 404
    assert who.answer.headers["Referrer-Policy"] == "no-referrer"
    shown = capsys.readouterr()
    token = link.removeprefix("/a/")
    assert token not in shown.out + shown.err
    rows = await story.desk.deliveries()
    assert not [row for row in rows if token in str(row)]
    keys = await story.store.read(lambda conn: conn.execute(select(guess.c.key)).scalars().all())
    assert not [key for key in keys if token in key]


async def test_a_contact_that_shows_facts_only_shows_no_word_of_the_customer(light):
    async with opened(light) as story:
        link, who = await story.link(), await story.inbox.browser()
        await who.get(link)
        assert "cupboard" not in who.text
        assert "Anna" not in who.text
        assert "Openbare reactie op X" in who.text


async def test_a_contact_that_may_have_a_line_has_it_masked_and_of_private_messages_only_where_it_is_trusted(light):
    rota = staff(noor=(by("push", detail="line"),), daan=(by("push", detail="line", trusted=True),), language="nl")
    public = said("m1", f"{WORDS}, call 06-12345678", MONDAY)
    private = said("m2", "My secret, where is it?", MONDAY, kind=Kind.DM, conversation_id="dm", by="bea")
    async with opened(light, rota, public, private) as story:
        await story.until(PAGE)
        noor, daan = await story.inbox.browser(), await story.inbox.browser()
        await noor.get(await story.link("noor") + "?c=1")
        assert "Anna" in noor.text
        assert "cupboard" in noor.text
        assert "06-12345678" not in noor.text
        await noor.get(await story.link("noor") + "?c=2")
        assert "secret" not in noor.text
        assert "Bea" not in noor.text
        await daan.get(await story.link("daan") + "?c=2")
        assert "secret" in daan.text


async def test_the_page_speaks_the_readers_language_whatever_the_browser_prefers(light):
    async with opened(light, staff(language="en")) as story:
        link, who = await story.link(), await story.inbox.browser(Accept_Language="nl")
        await who.get(link)
        assert "Nothing happens until you press" in who.text
        assert '<html lang="en"' in who.text


# --- each button once


async def test_seen_is_noted_once_and_leaves_the_other_two(story):
    link, who = await story.link(), await story.inbox.browser()
    assert await press(who, link, "seen") == 303
    assert who.to == f"{link}?c=1&done=seen"
    assert await story.acked() == [ALERT]
    assert (await story.types()).count("ack") == 1
    await who.get(who.to)
    assert 'value="seen"' not in who.text
    assert 'value="take"' in who.text
    assert "Geef door" in who.text
    story.clock.at += timedelta(minutes=3)
    assert await who.post(link, do="seen", c="1") == 303
    assert (await story.types()).count("ack") == 1
    assert await story.acked() == [ALERT]
    rows = await story.desk.clocks()
    assert [(clock, state) for clock, state, *_ in rows] == [("first_response", "running")]


async def test_taking_leads_through_the_login_into_the_case(story):
    link, who = await story.link(), await story.inbox.browser()
    form = await opens(who, link)
    for _ in range(2):  # with a heavy thumb
        assert await who.post(link, token=form, do="take", c="1") == 303
        assert who.to == "/login?next=/cases/1"
    assert (await story.desk.case())["claimed_by"] == "noor"
    assert await story.acked() == [ALERT]
    assert await who.get("/cases/1") == 303  # the link is no login
    await who.get("/login?next=/cases/1")
    assert await who.post("/login", name="noor", password=PASSWORD, next="/cases/1") == 303
    assert who.to == "/cases/1"
    await who.get(link)
    assert 'name="do"' not in who.text
    assert "De zaak is van jou, 04:00" in who.text
    assert (await story.types()).count("claim") == 1


async def test_of_two_who_press_at_the_same_time_one_has_it(story):
    await story.until(PAGE)
    noor, daan = await story.inbox.browser(), await story.inbox.browser()
    links = await story.link("noor"), await story.link("daan")
    await noor.get(links[0])
    await daan.get(links[1])
    forms = TOKEN.search(noor.text)[1], TOKEN.search(daan.text)[1]
    statuses = await asyncio.gather(
        noor.post(links[0], token=forms[0], do="take", c="1"), daan.post(links[1], token=forms[1], do="take", c="1")
    )
    assert sorted(statuses) == [303, 409]
    first, late = (noor, daan) if statuses[0] == 303 else (daan, noor)
    link, form = (links[1], forms[1]) if late is daan else (links[0], forms[0])
    name = "Noor" if first is noor else "Daan"
    assert f"Genomen door {name}, 08:00. Je hoeft niets meer te doen." in late.text
    assert 'name="do"' not in late.text
    assert (await story.desk.case())["claimed_by"] == name.lower()
    assert (await story.types()).count("claim") == 1
    for do in ("seen", "pass"):
        assert await late.post(link, token=form, do=do, c="1") == 409


async def test_a_case_that_was_taken_and_given_back_is_not_taken_by_the_old_link(story):
    link, who = await story.link(), await story.inbox.browser()
    form = await opens(who, link)
    for act in (desk.claim, desk.release):
        await story.store.write(act, 1, by="daan", rules=story.desk.rules, now=ALERT + timedelta(minutes=1))
    assert await who.post(link, token=form, do="take", c="1") == 409
    assert "Daan gaf de zaak terug" in who.text
    assert (await story.desk.case())["claimed_by"] is None


async def test_what_was_answered_or_closed_has_no_buttons(story):
    link, who = await story.link(), await story.inbox.browser()
    form = await opens(who, link)
    at = {"rules": story.desk.rules, "now": ALERT + timedelta(minutes=1)}
    await story.store.write(answer.declared, 1, by="daan", at=ALERT, how="phoned", **at)
    assert await who.post(link, token=form, do="take", c="1") == 409
    assert "Beantwoord door Daan" in who.text
    assert "6 u 00" not in who.text
    await story.store.write(desk.close, 1, by="daan", **at)
    assert await who.post(link, token=form, do="seen", c="1") == 409
    assert "Gesloten door Daan" in who.text
    assert 'name="do"' not in who.text


# --- passing on


async def test_passing_on_offers_the_next_person_first_and_tells_them_at_once(story):
    link, who = await story.link(), await story.inbox.browser()
    await who.get(f"{link}?c=1&pass=1")
    names = [name for name in ("Daan", "Lena") if f'value="{name.lower()}"' in who.text]
    assert names == ["Daan", "Lena"]
    assert who.text.index("<span>Daan</span> <small>volgende</small>") < who.text.index("<span>Lena</span>")
    assert 'value="noor"' not in who.text
    assert await who.post(link, do="pass", c="1", to="daan") == 303
    assert "deliver" in story.inbox.woken
    assert await story.acked("noor") == [ALERT]
    rows = await story.desk.rows(notice, notice.c.person == "daan")
    assert [row["why"] for row in rows] == ["passed on by Noor"]
    await story.until(ALERT + timedelta(minutes=2))
    assert [person for person, _ in await story.desk.alerts()] == ["noor", "daan"]
    await who.get(link)
    assert "Doorgegeven aan Daan" in who.text
    assert 'value="take"' in who.text  # she may still take it
    assert await who.post(link, do="pass", c="1", to="lena") == 409
    assert "al door aan Daan" in who.text
    daan = await story.inbox.browser()
    assert await press(daan, await story.link("daan"), "take") == 303
    assert (await story.desk.case())["claimed_by"] == "daan"


async def test_passing_on_to_somebody_who_would_not_hear_of_it_is_refused_in_words(light):
    rota = staff(noor=("push",), daan=("push",), lena=(), language="nl")
    quiet = QuietHours(start=time(22), end=time(9))
    rota = replace(rota, people=tuple(replace(one, quiet=quiet) if one.id == "daan" else one for one in rota.people))
    async with opened(light, rota) as story:
        link, who = await story.link(), await story.inbox.browser()
        form = await opens(who, link)
        await who.get(f"{link}?c=1&pass=1")
        assert "Niemand anders is nu te bereiken" in who.text
        assert "Daan (rusttijd)" in who.text
        assert "Lena (geen contact bekend)" in who.text
        for to in ("daan", "lena"):
            assert await who.post(link, token=form, do="pass", c="1", to=to) == 409
            assert f"{to.title()} hoort het nu niet" in who.text
        assert await who.post(link, do="pass", c="1") == 409
        assert "Niemand anders is nu te bereiken" in who.text
        assert await who.post(link, do="pass", c="1", to="nobody") == 409
        assert await story.acked() == [None]


async def test_the_person_is_passed_on_to_without_a_choice_by_the_rota(light):
    async with opened(light) as story:
        link, who = await story.link(), await story.inbox.browser()
        assert await press(who, link, "pass") == 303
        rows = await story.desk.rows(notice, notice.c.person == "daan")
        assert len(rows) == 1


# --- whose link it is


async def test_a_link_touches_no_case_that_its_message_did_not_tell_of(light):
    late = said("m2", "And mine?", MONDAY + 4 * HOUR, conversation_id="other", by="bea")
    async with opened(light, None, said("m1", WORDS, MONDAY), late) as story:
        link, who = await story.link(), await story.inbox.browser()
        for do in ("take", "seen", "pass"):
            assert await press(who, link, do, case=2) == 404
        assert {row["claimed_by"] for row in await story.desk.cases()} == {None}
        assert "ack" not in await story.types(2)
        await who.get(f"{link}?c=2")
        assert "zaak 1" in who.text
        assert "zaak 2" not in who.text
        assert await press(who, link, "take", case=999) == 404


async def test_what_is_no_link_of_ours_looks_the_same_whether_its_message_exists_or_not(light):
    async with opened(light) as story:
        link, who = await story.link(), await story.inbox.browser()
        raw = bytearray(base64.urlsafe_b64decode(link.removeprefix("/a/")))
        raw[-1] ^= 1
        forged = base64.urlsafe_b64encode(raw).decode()
        raw[6] ^= 7  # of a message that there is not
        unknown = base64.urlsafe_b64encode(raw).decode()
        pages = []
        for token in (forged, unknown, "x", "A" * 36, "A" * 5000):
            assert await who.get(f"/a/{token}") == 404
            pages.append(who.text)
        assert len(set(pages)) == 1
        assert await who.post(f"/a/{forged}", do="take", c="1") in {403, 404}
        assert (await story.desk.case())["claimed_by"] is None


async def test_a_link_is_worth_nothing_when_its_message_is_given_to_somebody_else(light):
    async with opened(light) as story:
        link, who = await story.link(), await story.inbox.browser()
        await story.store.write(lambda conn: conn.execute(update(delivery).values(person="daan")) and None)
        assert await who.get(link) == 404


async def test_who_guesses_waits_and_nobody_is_told_apart(light):
    async with opened(light) as story:
        link, who = await story.link(), await story.inbox.browser()
        statuses = [await who.get(f"/a/{'A' * 35}{n % 10}") for n in range(31)]
        assert statuses == [404] * 30 + [429]
        assert await who.get(link) == 429
        story.clock.at_machine += timedelta(minutes=16)
        assert await who.get(link) == 200


async def test_an_old_link_says_so_and_does_nothing(story):
    link, who = await story.link(), await story.inbox.browser()
    await who.get(link)
    story.clock.at_machine += LASTS
    assert await who.post(link, do="take", c="1") == 409
    assert await who.get(link) == 410
    assert "Deze link is verlopen" in who.text
    assert 'name="do"' not in who.text
    assert (await story.desk.case())["claimed_by"] is None
    story.clock.at_machine += 2 * DAY
    await story.link()  # the key of that day goes when another one is made
    assert await who.get(link) == 404


@pytest.mark.parametrize(("change", "words"), [("off", "niet meer inloggen"), ("role", "Met jouw rol")])
async def test_who_may_not_act_any_more_is_told_so(light, change, words):
    async with opened(light) as story:
        link, who = await story.link(), await story.inbox.browser()
        form = await opens(who, link)
        if change == "off":
            await story.store.write(sign_in.switch_off, "noor", by="test", machine=MONDAY)
        else:
            await story.store.write(users.set_role, "noor", Role.AUDITOR)
        assert await who.get(link) == 403
        assert words in who.text
        assert ("op X" in who.text) is (change == "role")  # who has gone reads nothing more
        for do in ("take", "seen", "pass"):
            assert await who.post(link, token=form, do=do, c="1") == 409
        assert (await story.desk.case())["claimed_by"] is None


async def test_somebody_else_who_is_logged_in_does_not_act_in_her_name(light):
    async with opened(light) as story:
        link, daan = await story.link("noor"), await story.inbox.browser()
        await daan.log_in("daan")
        await daan.get(link)
        assert "Deze link is van Noor, en jij bent ingelogd als Daan" in daan.text
        assert 'name="do"' not in daan.text
        await daan.get("/me")
        assert await daan.post(link, do="take", c="1") == 403
        assert (await story.desk.case())["claimed_by"] is None
        await story.store.write(desk.claim, 1, by="noor", rules=story.desk.rules, now=ALERT)
        await daan.get(link)
        assert "Genomen door Noor" in daan.text
        assert "van jou," not in daan.text


# --- forms of strangers


async def test_a_form_of_a_stranger_does_nothing(light):
    async with opened(light) as story:
        link, who = await story.link(), await story.inbox.browser()
        await who.get(link)
        assert await who.post(link, do="take", c="1", token="") == 403
        assert await who.post(link, do="take", c="1", origin=False) == 403
        form = {"do": "take", "c": "1", "csrf": "x"}
        for headers in (
            {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
            {"Origin": "null"},
        ):
            async with who.session.post(who.base + link, data=form, headers=headers) as answered:
                assert answered.status == 403
        assert (await story.desk.case())["claimed_by"] is None


async def test_a_browser_that_hides_its_origin_as_the_page_asks_is_ours(light):
    """With `no-referrer` browsers write `Origin: null` into a form of the same page: the first telephone could press nothing."""
    async with opened(light) as story:
        link, who = await story.link(), await story.inbox.browser(Sec_Fetch_Site="same-origin", Origin="null")
        await who.get(link)
        assert await who.post(link, do="take", c="1", origin=False) == 303


@pytest.mark.parametrize("form", [{"do": "take"}, {"do": "", "c": "1"}, {"do": "erase", "c": "1"}, {"do": "seen", "c": "x"}])
async def test_a_button_that_there_is_not_is_refused(light, form):
    async with opened(light) as story:
        link, who = await story.link(), await story.inbox.browser()
        await who.get(link)
        assert await who.post(link, **form) == 400


# --- several at once


async def test_a_bundle_lists_its_cases_and_each_has_its_buttons(light):
    texts = [said(f"m{n}", f"Question {n}?", MONDAY, conversation_id=f"t{n}", by=f"c{n}") for n in range(3)]
    async with opened(light, None, *texts) as story:
        link, who = await story.link(), await story.inbox.browser()
        await who.get(link)
        assert "Ook bij jou: nog 2 zaken" in who.text
        assert who.text.count('value="take"') == 3
        assert await press(who, link, "take", case=2) == 303
        assert who.to == "/login?next=/cases/2"
        await who.get(link)
        assert who.text.count('value="take"') == 2
        assert "De zaak is van jou" in who.text
        assert "Alle 3 gezien" in who.text
        assert await who.post(link, do="seen-all") == 303
        assert None not in await story.acked()
        logs = [await story.types(case) for case in (1, 2, 3)]
        assert [log.count("ack") for log in logs] == [1, 0, 1]
        await who.get(link)
        assert "gezien" not in who.text.split("thumbzone")[1].replace("Gezien,", "")


async def test_a_storm_in_one_message_is_seen_with_one_press(light):
    texts = [said(f"m{n}", f"Question {n}?", MONDAY, conversation_id=f"t{n}", by=f"c{n}") for n in range(130)]
    async with opened(light, None, *texts) as story:
        link, who = await story.link(), await story.inbox.browser()
        await who.get(link)
        assert "En nog 100 zaken in de wachtrij" in who.text
        assert await who.post(link, do="seen-all") == 303
        assert None not in await story.acked()
        count = await story.store.read(lambda conn: conn.execute(select(func.count()).where(case_event.c.type == "ack")).scalar())
        assert count == 130


# --- the key


async def test_the_key_is_the_same_for_every_daemon_and_is_gone_when_its_links_are(story):
    first, second = await story.link(), await story.link()
    assert first == second
    keys = select(site.c.key).where(site.c.key.startswith("alert_key:"))
    for _ in range(5):
        story.clock.at_machine += DAY
        await story.link()
        found = await story.store.read(lambda conn: conn.execute(keys).scalars().all())
        assert len(found) == 2


async def test_somebody_who_could_not_act_gets_no_link(light):
    async with opened(light) as story:
        rows = await story.desk.deliveries()
        auditor = replace(await story.store.read(people.person, "noor"), role=Role.AUDITOR)
        assert await alert_link.token_for(light, rows[0]["key"], auditor, MONDAY) is None
        assert await alert_link.token_for(light, rows[0]["key"], None, MONDAY) is None
        noor = await story.store.read(people.person, "noor")
        assert await alert_link.token_for(light, "tell:unknown", noor, MONDAY) is None


async def test_the_case_itself_has_seen_for_who_was_told(light):
    async with opened(light) as story:
        noor, daan = await story.inbox.browser(), await story.inbox.browser()
        await noor.log_in("noor")
        await daan.log_in("daan")
        await daan.get("/cases/1")
        assert "/cases/1/seen" not in daan.text
        await noor.get("/cases/1")
        assert "/cases/1/seen" in noor.text
        assert await noor.post("/cases/1/seen") == 303
        assert await story.acked() == [ALERT]
        await noor.get("/cases/1")
        assert "/cases/1/seen" not in noor.text
        assert "Noor zag de melding" in noor.text


async def test_two_daemons_that_need_a_key_at_once_have_the_same(story):
    made = await asyncio.gather(*(story.store.write(alert_keys.make, 1, bytes([n]) * 32) for n in range(4)))
    assert len(set(made)) == 1
    assert await story.store.read(alert_keys.find, 1) == made[0]


# --- from the letter to the page


class Postman:
    """Puts what a person would read into `read`, as the router does before it hands it over."""

    def __init__(self, story, **alerts):
        settings = Model.model_validate({"web": {"public_url": HERE}, "alerts": alerts})
        self.find, self.read = address(settings, story.store, story.clock), []

    async def send(self, alert):
        self.read.append(await self.find(alert))


async def read_by(story, **alerts):
    """Let what is due at the alert leave, and return it as it is read."""
    postman, story.clock.at = Postman(story, **alerts), ALERT
    await story.desk.sweep(ALERT)
    while await story.desk.send(story.desk.post(postman), story.clock):
        pass
    (found,) = postman.read
    return found


async def test_the_link_in_the_letter_opens_and_is_kept_nowhere(light, capsys):
    async with open_inbox(light, home=HERE) as inbox:
        story = Story(inbox)
        await story.staff()
        await story.desk.hear(said("m1", WORDS, MONDAY))
        found = await read_by(story)
        (token,) = re.findall(rf"^Gezien, oppakken of doorgeven: {HERE}/a/([\w-]+)$", found.words.text, re.MULTILINE)
        assert f'href="{HERE}/a/{token}"' in found.words.html
        who = await inbox.browser()
        assert await press(who, f"/a/{token}", "take") == 303
        assert not [row for row in await story.desk.deliveries() if token in str(dict(row))]
        shown = capsys.readouterr()
        assert token not in shown.out + shown.err + repr(found)


async def test_the_last_resort_has_the_plain_link(light):
    async with open_inbox(light, home=HERE) as inbox:
        story = Story(inbox)
        await story.desk.hear(said("m1", WORDS, MONDAY))
        found = await read_by(story, last_resort="mailto:last@meerkoet.example")
        assert "/a/" not in found.words.text + found.words.html
        assert f"{HERE}/cases/1" in found.words.text

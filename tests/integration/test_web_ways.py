"""Which way an answer goes, as its writer sees it before typing: what is open until when, what is closed and why, what can be done."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from fakes import DAY, HOUR, MONDAY, FakeSender, account, receipt, said, spec
from inboxes import open_inbox

from webcare.domain.message import Kind
from webcare.ports.channel import Approved
from webcare.ports.connector import Capability, Limits, Way, WayKind, Words
from webcare.ports.errors import RefusalCode, Rejected
from webcare.store.door import open_store

NOT_NAMED = Words(nl="De klant noemde ons niet.", en="The customer did not name us.")
TOO_LATE = Words(nl="De klant schreef langer dan een dag geleden.", en="The customer wrote more than a day ago.")
ONCE = Words(nl="Dit kan één keer.", en="This can be done once.")
PUBLIC, PRIVATE = Way(kind=WayKind.PUBLIC), Way(kind=WayKind.PRIVATE, until=MONDAY + 3 * HOUR, note=ONCE)
TEXT = Approved(name="order", language="nl", text="Dag {{1}}, je pakket komt {{2}}.")
CAPABILITIES = (Capability.POLL, Capability.SEND, Capability.TEMPLATE, Capability.PRIVATE_REPLY)


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


async def asked(inbox, *every, kind=Kind.COMMENT, templates=(), limits=None, language="nl"):
    """A customer wrote on a platform that says this of ways; returns an agent who sees the case."""
    inbox.platform = list(every)
    rule = (lambda *_situation: tuple(inbox.platform)) if every else None
    of = spec(*CAPABILITIES, ways=rule, limits=limits or Limits(length=280))
    inbox.channels[:] = [account(spec=of, templates=templates)]
    await inbox.desk.hear(said("m1", "Waar is mijn pakket?", MONDAY, kind=kind))
    who = await inbox.somebody(language=language)
    assert await who.get("/cases/1") == 200
    return who


async def send(inbox, *answers):
    sender = FakeSender(*answers)
    while await inbox.desk.send(inbox.desk.post(sender=sender), inbox.clock):
        pass
    return sender.sent


def radios(page):
    """Each way of the form: its value, and whether it is chosen or closed."""
    found = re.findall(r'<input type="radio" name="way" value="(\w+)"([^>]*)>', page)
    return {kind: {mark for mark in ("checked", "disabled") if mark in more} for kind, more in found}


def composer(page):
    return page[page.index('id="answer"') :]


async def test_what_is_open_stands_there_with_its_end_before_anybody_types(inbox):
    who = await asked(inbox, PRIVATE, PUBLIC)
    assert radios(who.text) == {"private": {"checked"}, "public": set()}
    assert "Kan tot 13:00: nog 3 u 00." in who.text
    assert ONCE.nl in who.text
    assert await who.post("/cases/1/answer", text="Morgen.", way="private") == 303
    (sent,) = await send(inbox, receipt("p1", MONDAY))
    assert (sent.way, sent.text) == (WayKind.PRIVATE, "Morgen.")
    await who.get("/cases/1")
    assert re.search(r"namens .*? · privé", who.text)


async def test_a_closed_way_cannot_be_chosen_and_says_why(inbox):
    who = await asked(inbox, PRIVATE, Way(kind=WayKind.PUBLIC, refused=NOT_NAMED), language="en")
    assert radios(who.text) == {"private": {"checked"}, "public": {"disabled"}}
    assert f"Not possible now. {NOT_NAMED.en}" in who.text
    assert "Send privately" in who.text
    assert "Send publicly" not in who.text
    assert await who.post("/cases/1/answer", text="Tomorrow.", way="public") == 409
    assert NOT_NAMED.en in who.text
    assert ">Tomorrow.</textarea>" in who.text
    assert await inbox.desk.replies() == []


async def test_a_way_that_closes_meanwhile_is_not_traded_for_a_public_one(light):
    who = await asked(light, PRIVATE, PUBLIC)
    light.platform[0] = Way(kind=WayKind.PRIVATE, refused=ONCE)
    assert await who.post("/cases/1/answer", text="Je bestelling 12345678.", way="private") == 409
    assert radios(who.text) == {"private": {"disabled"}, "public": set()}
    assert "Je bestelling 12345678.</textarea>" in who.text
    assert "Verstuur openbaar" in who.text
    assert "Verstuur privé" not in who.text
    light.platform[:] = [PUBLIC]  # as when nobody knows any more what is open
    assert await who.post("/cases/1/answer", text="Je bestelling 12345678.", way="private") == 409
    assert radios(who.text) == {"public": set()}
    assert '<input type="hidden" name="way"' not in who.text
    assert "Verstuur openbaar" in who.text


async def test_a_choice_stays_when_the_answer_is_not_sent(light):
    who = await asked(light, PUBLIC, PRIVATE)
    assert await who.post("/cases/1/answer", text="x" * 300, way="private") == 422
    assert radios(who.text)["private"] == {"checked"}


async def test_what_is_private_is_not_warned_of(light):
    who = await asked(light, PUBLIC, PRIVATE)
    for way, warned in (("public", True), ("private", False)):
        await who.post("/cases/1/measure", text="Bel 06 12345678", way=way)
        assert ("telefoonnummer" in who.text) is warned


async def test_when_every_way_is_closed_nothing_looks_as_if_it_could_be_sent(inbox):
    closed = Way(kind=WayKind.PRIVATE, refused=TOO_LATE)
    who = await asked(inbox, closed, kind=Kind.DM)
    part = composer(who.text)
    assert TOO_LATE.nl in part
    assert 'name="text" rows="4"' not in part
    assert 'action="/cases/1/declared"' in part
    assert "Antwoord in de app van X en leg dat hier vast." in part
    assert await who.post("/cases/1/answer", text="Toch.", way="private") == 409
    assert re.search(r"<textarea[^>]* readonly>Toch\.</textarea>", who.text)
    assert await who.post("/cases/1/declared", how="In de app", at="2026-11-23T10:00") == 303


async def test_without_rules_of_the_platform_the_page_is_as_it_was(light):
    who = await asked(light)
    assert radios(who.text) == {}
    assert "Openbaar antwoord aan Anna" in who.text
    assert 'class="way' not in composer(who.text)
    assert await who.post("/cases/1/answer", text="Morgen.") == 303


# --- approved texts


async def test_an_approved_text_is_filled_in_and_sent(inbox):
    closed = Way(kind=WayKind.PRIVATE, refused=TOO_LATE)
    who = await asked(inbox, closed, Way(kind=WayKind.TEMPLATE), kind=Kind.DM, templates=(TEXT,))
    assert "Dag <input" in who.text
    assert await who.post("/cases/1/template", template="order:nl", gap1="Anna", gap2=" ") == 422
    assert "Vul elk vak" in who.text
    assert 'value="Anna"' in who.text
    assert await who.post("/cases/1/template", template="order:nl", gap1="Anna", gap2="dinsdag\nof  woensdag") == 303
    (sent,) = await send(inbox, receipt("t1", MONDAY))
    assert sent.text == "Dag Anna, je pakket komt dinsdag of woensdag."
    assert (sent.template.name, sent.template.language, sent.template.values) == ("order", "nl", ("Anna", "dinsdag of woensdag"))
    assert [clock[1] for clock in await inbox.desk.clocks()] == ["met"]


async def test_a_text_that_is_gone_or_never_there_is_said(light):
    who = await asked(light, Way(kind=WayKind.TEMPLATE), kind=Kind.DM)
    assert "Er staan geen goedgekeurde teksten" in who.text
    assert await who.post("/cases/1/template", template="order:nl") == 422
    assert "staat niet meer in de instellingen" in who.text


# --- too long


async def test_a_text_that_is_too_long_is_offered_in_parts_and_sent_so(inbox):
    text = "Je pakket ligt klaar. Haal het morgen op. Neem je legitimatie mee."
    who = await asked(inbox, limits=Limits(length=45, in_parts=True))
    await who.post("/cases/1/measure", text=text)
    assert "Past in 2 delen:" in who.text
    assert "<li>1/2 Je pakket ligt klaar. Haal het morgen op.</li>" in who.text
    assert "Verstuur als 2 delen" in who.text
    assert await who.post("/cases/1/parts", text=text) == 303
    sent = await send(inbox, receipt("a1", MONDAY), receipt("a2", MONDAY + timedelta(seconds=1)))
    assert [one.text for one in sent] == ["1/2 Je pakket ligt klaar. Haal het morgen op.", "2/2 Neem je legitimatie mee."]


async def test_where_there_is_one_answer_parts_are_only_shown(light):
    who = await asked(light, PRIVATE, limits=Limits(length=45, in_parts=True))
    text = "Je pakket ligt klaar. Haal het morgen op. Neem je legitimatie mee."
    await who.post("/cases/1/measure", text=text, way="private")
    assert "Past in 2 delen:" in who.text
    assert "Verstuur als" not in who.text
    assert await who.post("/cases/1/parts", text=text, way="private") == 409
    assert "maar één antwoord" in who.text


# --- refused


async def test_a_refusal_is_said_in_plain_words_with_the_platforms_own_behind(inbox):
    who = await asked(inbox, PRIVATE, PUBLIC)
    await who.post("/cases/1/answer", text="Morgen.", way="private")
    await send(inbox, Rejected("(#10) outside of allowed window", RefusalCode.WINDOW_CLOSED))
    await who.get("/cases/1")
    assert "De klant schreef te lang geleden" in who.text
    assert "Reden: (#10) outside of allowed window" in who.text
    await who.get("/cases/1?draft=1")
    assert radios(who.text)["private"] == {"checked"}  # words for one person stay for that person
    inbox.clock.at += DAY
    lead = await inbox.somebody("lead", language="en")
    await lead.get("/sent")
    assert "The customer wrote too long ago" in lead.text

"""The queue and a case as people use them, over real HTTP: what is shown, what a press does, and what customers cannot do to the page."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta

import pytest
from fakes import CHANNEL, HOUR, MONDAY, FakeSender, account, receipt, said, spec
from inboxes import open_inbox

from webcare.domain.case import Refusal
from webcare.domain.message import Author, Kind
from webcare.domain.rota import Role
from webcare.ports.connector import Capability, Limits
from webcare.ports.errors import Rejected, Unconfirmed
from webcare.services import desk
from webcare.store import changes
from webcare.store.door import open_store
from webcare.web.words import EN, NL

SCRIPT = '<script>alert("x")</script><img src=x onerror=alert(1)>'


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


async def ask(inbox, *, name="anna", text="Waar is mijn pakket?", at=MONDAY, **changes):
    """Let a customer write; returns the number of the case."""
    number = len(await inbox.desk.cases()) + 1
    await inbox.desk.hear(said(f"m{number}", text, at, by=name, **changes))
    inbox.clock.at = max(inbox.clock.at, at)
    return number


async def send(inbox, *answers):
    """Let the outbox do its work with a platform that answers so."""
    await inbox.desk.send(inbox.desk.post(sender=FakeSender(*answers)), inbox.clock)


# --- the queue


async def test_what_runs_out_first_stands_on_top_with_the_time_it_has(inbox):
    await ask(inbox, name="later", at=MONDAY + 2 * HOUR)
    await ask(inbox, name="first", at=MONDAY)
    inbox.clock.at = MONDAY + timedelta(hours=23, minutes=15)
    await inbox.desk.sweep(inbox.clock.at)
    who = await inbox.somebody()
    assert await who.get("/") == 200
    assert who.text.index("First") < who.text.index("Later")
    assert re.search(r'data-s="3"><b>.*?45 min</b>', who.text)
    assert "tot 10:00" in who.text
    assert "Binnen een uur" in who.text
    assert '<span data-count="open">2</span> open' in who.text
    inbox.clock.at = MONDAY + timedelta(hours=24, minutes=47)
    await who.get("/")
    assert re.search(r'data-s="4"><b>.*?47 min te laat</b>', who.text)
    assert re.search(r'id="late"><span class="vh">te laat: </span><span data-count="late">1</span>', who.text)
    assert "<title>(1) Wachtrij" in who.text


async def test_an_empty_queue_and_an_empty_filter_say_what_to_do(light):
    who = await light.somebody()
    await who.get("/")
    assert "Alles is beantwoord" in who.text
    await ask(light)
    await who.get("/?q=zeepaardje")
    assert "Geen zaak past bij zeepaardje" in who.text
    assert 'href="/">Toon alle open zaken' in who.text


async def test_filters_live_in_the_address(light):
    await ask(light, name="anna")
    await ask(light, name="bert")
    await light.store.write(desk.claim, 2, by="noor", rules=light.desk.rules, now=light.clock.at)
    who = await light.somebody()
    await who.get("/?claimed_by=me")
    assert "Bert" in who.text
    assert "Anna" not in who.text
    assert re.search(r'href="/\?claimed_by=me" aria-current="true"', who.text)
    await who.get("/?claimed_by=nobody")
    assert "Anna" in who.text
    assert "Bert" not in who.text
    await who.get("/?state=%3Cscript%3E&kind=x&after=zz&limit=999999999&channel=%27%22%3E")
    assert who.answer.status == 200


async def test_the_next_page_goes_on_where_this_one_ended(light):
    for n in range(30):
        await ask(light, name=f"c{n:02}", at=MONDAY + timedelta(minutes=n))
    who = await light.somebody()
    await who.get("/")
    more = re.search(r'href="/\?([^"]+)" hx-get', who.text)[1].replace("&amp;", "&")
    assert who.text.count('class="row"') == 25
    await who.get(f"/queue/rows?{more}")
    assert re.findall(r'data-case="(\d+)"', who.text) == ["26", "27", "28", "29", "30"]
    assert "<html" not in who.text


async def test_take_the_next_one_opens_the_most_urgent_case_of_nobody(inbox):
    await ask(inbox, name="anna")
    await ask(inbox, name="bert", text="Help, fire?", at=MONDAY + HOUR)
    noor, daan = await inbox.somebody(), await inbox.somebody("daan")
    for who in (noor, daan):
        await who.get("/")
        assert await who.post("/take") == 303
    assert [noor.to, daan.to] == ["/cases/2", "/cases/1"]
    await noor.get("/")
    assert await noor.post("/take") == 303
    await noor.get(noor.to)
    assert "Er is niets te nemen" in noor.text


# --- what customers write


async def test_a_customers_name_and_words_are_words(light):
    author = Author(id='"><script>', name=SCRIPT, handle="{{7*7}}")
    await light.desk.hear(said("m1", f"Waar? {SCRIPT} {{{{ 7*7 }}}}", MONDAY, author=author, permalink="javascript:alert(1)"))
    who = await light.somebody(called=SCRIPT)
    await light.store.write(desk.note, 1, by="noor", text=SCRIPT, rules=light.desk.rules, now=MONDAY)
    for path in ("/", "/cases/1", f"/?q={SCRIPT}", "/me", "/queue/rows"):
        await who.get(path)
        assert who.answer.status == 200
        assert "<script>alert" not in who.text, path
        assert "<img" not in who.text, path
        assert "javascript:" not in who.text, path
    await who.get("/cases/1")
    assert "&lt;script&gt;alert" in who.text
    assert "{{ 7*7 }}" in who.text


async def test_a_deleted_message_shows_no_words(light):
    await ask(light, text="Mijn geheim?")
    await light.store.write(changes.erase, 1, MONDAY + HOUR)
    who = await light.somebody()
    await who.get("/cases/1")
    assert "verwijderd door de klant" in who.text
    assert "geheim" not in who.text


# --- a case


async def test_a_case_tells_every_clock_with_its_reason(light):
    await ask(light)
    light.clock.at = MONDAY + timedelta(hours=13, minutes=9)
    who = await light.somebody()
    assert await who.get("/cases/1") == 200
    assert "Eerste antwoord" in who.text
    assert "10 u 51" in who.text
    assert "Waarom morgen 10:00?" in who.text
    assert "Begon 10:00: het eerste bericht dat een antwoord wil." in who.text
    assert "Regel „default”: binnen 24 u 00." in who.text
    assert "antwoord nodig" in who.text
    assert "vraag" in who.text
    assert "zaak 1" in who.text


async def test_an_answer_is_sent_and_stops_the_clock_when_the_platform_takes_it(inbox):
    await ask(inbox)
    who = await inbox.somebody()
    await who.get("/cases/1")
    inbox.clock.at = MONDAY + HOUR
    assert await who.post("/cases/1/answer", text="Het komt morgen.") == 303
    assert inbox.woken[-1:] == ["reply"]
    await who.get(who.to)
    assert 'data-state="queued"' in who.text
    assert "Je antwoord wordt verstuurd" in who.text
    assert [c[:2] for c in await inbox.desk.clocks()] == [("first_response", "running")]
    await send(inbox, receipt("r1", MONDAY + HOUR))
    await who.get("/cases/1")
    assert 'data-state="accepted"' in who.text
    assert "op tijd, na 1 u 00" in who.text
    assert who.text.count("Het komt morgen.") == 1
    row = await inbox.desk.case()
    assert row["claimed_by"] == "noor"  # sending claims
    assert [c[:2] for c in await inbox.desk.clocks()] == [("first_response", "met")]


@pytest.mark.parametrize(
    ("answer", "state", "todo"),
    [
        (Rejected("the window is closed"), "refused", "De klant wacht nog"),
        (Unconfirmed("no answer"), "unconfirmed", "Niemand kan zeggen of het is aangekomen"),
    ],
)
async def test_what_did_not_arrive_is_said_and_sent_again_on_a_persons_word(light, answer, state, todo):
    await ask(light)
    who = await light.somebody()
    await who.get("/cases/1")
    await who.post("/cases/1/answer", text="Het komt morgen.")
    await send(light, answer)
    await who.get("/cases/1")
    assert f'data-state="{state}"' in who.text
    assert todo in who.text
    assert await who.post("/cases/1/replies/1/again") == 303
    await who.get(who.to)
    assert 'data-state="queued"' in who.text
    assert await who.post("/cases/1/replies/1/again") == 409  # it is on its way
    assert [r["state"] for r in await light.desk.replies()] == ["queued"]


async def test_a_reply_of_another_case_cannot_be_reached_through_this_one(light):
    await ask(light, name="anna")
    await ask(light, name="bert")
    who = await light.somebody()
    await who.get("/cases/2")
    await who.post("/cases/2/answer", text="Het komt morgen.")
    await send(light, Rejected("no"))
    await who.get("/cases/1")
    assert await who.post("/cases/1/replies/1/again") == 404
    assert await who.post("/cases/1/replies/77/again") == 404
    await who.get("/cases/1")
    assert await who.post("/cases/1/needs", message="2", needs="0") == 409
    assert "hoort niet bij deze zaak" in who.text
    for path in ("/cases/99", "/cases/999999999999999999", "/cases/0"):
        assert await who.get(path) == 404
    await who.get("/me")
    assert await who.post("/cases/99/answer", text="x") == 404
    await who.get("/me")
    assert await who.post("/cases/99/claim") == 404
    assert [r["state"] for r in await light.desk.replies()] == ["refused"]


async def test_an_answer_is_counted_as_the_platform_counts_with_the_signature(light):
    light.channels[:] = [account(spec=spec(limits=Limits(length=20, measure=lambda text: 2 * len(text))))]
    await ask(light)
    who = await light.somebody()
    await who.get("/me")
    await who.post("/me", theme="", language="nl", density="", signature="^NO")
    await who.get("/cases/1")
    assert await who.post("/cases/1/measure", text="Morgen") == 200
    assert "20 van 20" in who.text
    await who.get("/cases/1")
    draft = "Overmorgen <b>"
    assert await who.post("/cases/1/answer", text=draft) == 422
    assert "16 te lang voor X" in who.text
    assert "Overmorgen &lt;b&gt;</textarea>" in who.text  # the text stays
    assert await who.post("/cases/1/answer", text="Morgen") == 303
    (reply,) = await light.desk.replies()
    assert reply["text"] == "Morgen ^NO"


async def test_a_double_click_sends_once_and_nothing_sends_nothing(light):
    await ask(light)
    who = await light.somebody()
    await who.get("/cases/1")
    page = who.page
    for _ in range(2):
        who.page = page
        assert await who.post("/cases/1/answer", text="Het komt morgen.") == 303
    who.page = page
    assert await who.post("/cases/1/answer", text="  ") == 409
    assert "Schrijf eerst iets" in who.text
    assert len(await light.desk.replies()) == 1


async def test_a_channel_that_cannot_send_says_so(light):
    light.channels[:] = [account(spec=spec(Capability.POLL))]
    await ask(light)
    who = await light.somebody()
    await who.get("/cases/1")
    assert "kan van hieruit niet antwoorden" in who.text
    assert await who.post("/cases/1/answer", text="Morgen") == 422
    assert not await light.desk.replies()


async def test_claim_release_close_and_reopen_are_pressed_and_refused_in_words(inbox):
    await ask(inbox)
    noor, daan = await inbox.somebody(), await inbox.somebody("daan")
    await noor.get("/cases/1")
    await daan.get("/cases/1")
    assert await noor.post("/cases/1/claim") == 303
    assert await daan.post("/cases/1/claim") == 409
    assert "De zaak is van Noor." in daan.text
    await noor.get("/cases/1")
    assert "van jou" in noor.text
    assert await noor.post("/cases/1/release") == 303
    await daan.get("/cases/1")
    assert await daan.post("/cases/1/close") == 303
    await daan.get("/cases/1")
    assert "/reopen" in daan.text
    assert await daan.post("/cases/1/claim") == 409
    await daan.get("/cases/1")
    assert await daan.post("/cases/1/reopen") == 303
    assert (await inbox.desk.case())["state"] == "open"
    log = [line[0] for line in await inbox.desk.log()]
    assert log == ["inbound", "claim", "unclaim", "close", "reopen"]


async def test_a_note_is_for_colleagues_and_a_persons_verdict_counts(light):
    await ask(light)
    who = await light.somebody()
    await who.get("/cases/1")
    assert await who.post("/cases/1/note", text="Vervoerder gebeld.") == 303
    await who.get("/cases/1")
    assert "Notitie van Noor" in who.text
    assert "Vervoerder gebeld." in who.text
    assert await who.post("/cases/1/needs", message="1", needs="0") == 303
    await who.get("/cases/1")
    assert "gezegd door Noor" in who.text
    assert "geen antwoord nodig" in who.text
    assert [c[1] for c in await light.desk.clocks()] == ["dropped"]
    assert await who.post("/cases/1/needs", message="x", needs="0") == 400


async def test_a_private_message_is_answered_privately_and_said_so(light):
    await light.desk.hear(said("d1", "Waar is het?", MONDAY, kind=Kind.DM))
    who = await light.somebody(language="en")
    await who.get("/cases/1")
    assert "Private answer to Anna" in who.text
    assert "Send privately" in who.text


# --- live


async def until(stream, event):
    """Read a stream up to this event and return its data."""
    seen = ""
    async with asyncio.timeout(20):
        while seen != event:
            line = (await stream.content.readline()).decode().rstrip()
            if line.startswith("event: "):
                seen = line.removeprefix("event: ")
        return (await stream.content.readline()).decode().removeprefix("data: ")


async def test_a_new_case_is_heard_with_the_counts(inbox):
    who = await inbox.somebody()
    async with who.session.get(inbox.base + "/events") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["Content-Security-Policy"]
        first = json.loads(await until(stream, "change"))
        assert first["counts"]["open"] == "0"
        while True:
            await ask(inbox)
            told = json.loads(await until(stream, "change"))
            if told["counts"]["open"] != "0":
                break
        assert told["counts"]["nobody"] == told["counts"]["open"]


async def test_a_claim_of_a_colleague_is_heard_too(light):
    await ask(light)
    noor, daan = await light.somebody(), await light.somebody("daan")
    async with noor.session.get(light.base + "/events") as stream:
        await until(stream, "change")
        await until(stream, "change")  # the first look
        await daan.get("/cases/1")
        light.clock.at += timedelta(seconds=1)
        assert await daan.post("/cases/1/claim") == 303
        assert json.loads(await until(stream, "change"))["counts"]["nobody"] == "0"


async def test_a_stream_needs_a_session_and_stops_with_the_site(light):
    stranger = await light.browser()
    assert await stranger.get("/events") == 401
    who = await light.somebody()
    async with who.session.get(light.base + "/events") as stream:
        await until(stream, "change")
        async with asyncio.timeout(4):  # draining would take eight seconds
            await light.listener.stop()


# --- words


@pytest.mark.parametrize("words", [NL, EN])
def test_every_refusal_has_a_sentence(words):
    assert set(words.case.refused) == {refusal.value for refusal in Refusal}


async def test_the_menu_of_an_auditor_has_no_buttons(light):
    await ask(light)
    who = await light.somebody("ada", Role.AUDITOR)
    await who.get("/cases/1")
    assert "<form" not in who.text
    assert CHANNEL.partition(":")[2] not in who.text

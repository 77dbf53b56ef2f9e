"""What a person reads and writes on the page of a case, over real HTTP: the conversation, the customer, the draft, and canned texts."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, FakeSender, account, ours, receipt, said, spec
from inboxes import open_inbox
from sqlalchemy import event
from sqlalchemy.engine import Engine

from sentiment.rules.classifier import RuleClassifier
from webcare.country_days import LOOKUP
from webcare.domain.message import Attachment, Author, Direction, Kind
from webcare.domain.personal_data import Personal
from webcare.domain.rota import Role
from webcare.domain.rulebook import parse_rulebook
from webcare.ports.connector import Limits
from webcare.ports.errors import AuthFailed, Rejected, Unconfirmed
from webcare.services import answer, canned, channel_health, desk
from webcare.store import changes, outbox
from webcare.store.door import open_store
from webcare.web.words import EN, NL

SCRIPT = '<script>alert("x")</script>'
MINUTE = timedelta(minutes=1)


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


async def hear(inbox, *messages):
    await inbox.desk.hear(*messages)
    inbox.clock.at = max(inbox.clock.at, *(one.created_at for one in messages))


async def write(inbox, text="Het komt morgen.", case=1, by="noor"):
    """Let somebody answer, without anybody who sends."""
    return await inbox.store.write(answer.write, case, text=text, by=by, now=inbox.clock.at)


async def send(inbox, *answers):
    await inbox.desk.send(inbox.desk.post(sender=FakeSender(*answers)), inbox.clock)


def shown(text):
    """The conversation alone."""
    return text[text.index('id="stream"') : text.index('id="answer"')]


# --- the conversation


async def test_what_others_said_around_it_is_folded_and_counted(inbox):
    await hear(
        inbox,
        said("root", "Onze nieuwe lamp", MONDAY - HOUR, conversation_id="root", by="page", direction=Direction.OUTBOUND),
        said("n1", "Bij ons ook", MONDAY, by="bob", conversation_id="root"),
        said("n2", "Waar is de mijne?", MONDAY + HOUR, by="carla", conversation_id="root", reply_to="n1"),
        said("n3", "Later", MONDAY + 2 * HOUR, by="bob", conversation_id="root"),
    )
    who = await inbox.somebody()
    await who.get("/cases/1")
    talk = shown(who.text)
    folded = re.search(r'<details class="public"><summary>.*?</details>', talk, re.DOTALL)[0]
    assert "Openbaar gesprek met 2 berichten van anderen" in folded
    assert "Onze nieuwe lamp" not in folded
    assert "Bij ons ook" in folded
    assert "Nog 1 ander bericht staat alleen daar." in folded
    rest = talk.replace(folded, "")
    assert rest.index("Onze nieuwe lamp") < rest.index("Waar is de mijne?")
    assert "Bij ons ook" not in rest


async def test_an_edit_says_when_and_the_earlier_text_can_be_read(inbox):
    await hear(inbox, said("m1", "Belachelijk, waar is het?", MONDAY))
    await hear(inbox, said("m1", "Waar is het?", MONDAY + 4 * MINUTE))
    who = await inbox.somebody()
    await who.get("/cases/1")
    assert "bewerkt 10:04" in who.text
    assert re.search(r'Eerdere tekst</summary><p><span class="muted">10:00:</span> <span class="was">Belachelijk', who.text)
    await inbox.store.write(changes.erase, 1, MONDAY + HOUR)
    await who.get("/cases/1")
    assert "Belachelijk" not in who.text
    assert "verwijderd door de klant" in who.text


async def test_answers_from_elsewhere_and_automatic_ones_are_told_apart(light):
    await hear(light, said("m1", "Waar is het?", MONDAY))
    await hear(light, ours("a1", MONDAY + HOUR, "m1", text="Onderweg."), ours("a2", MONDAY + 2 * HOUR, "m1", text="Afwezig."))
    await light.store.write(changes.set_automatic, 3, "looks like a machine")
    await light.store.write(changes.mark_deleted, 2, MONDAY + 3 * HOUR)
    who = await light.somebody("daan")
    await who.get("/cases/1")
    first, second = shown(who.text).split('class="msg ours"')[1:]
    assert "buiten webcare geschreven" in first
    assert "staat niet meer op X" in first
    assert "automatisch" in second
    assert "buiten webcare" not in second


async def test_only_secure_links_lead_away_and_they_take_nothing_along(light):
    clips = (
        Attachment(type="image", mime="image/jpeg; q=1", url="https://cdn.example/signed"),
        Attachment(type="link", url="https://shop.example/<b>"),
        Attachment(type="link", url="javascript:alert(1)"),
        Attachment(type=SCRIPT, mime=f"a/{SCRIPT}"),
    )
    await hear(light, said("m1", "Kijk?", MONDAY, attachments=clips, permalink="https://x.example/status/1?a=b&c=d"))
    await hear(
        light,
        said("m2", "Hallo?", MONDAY + HOUR, by="bert", conversation_id="y", attachments=clips, permalink="http://x.example"),
    )
    who = await light.somebody()
    await who.get("/cases/1")
    links = re.findall(r'<a [^>]*href="(?!/|#)[^"]*"[^>]*>', who.text)
    assert {re.search(r'href="([^"]*)"', link)[1] for link in links} == {
        "https://x.example/status/1?a=b&amp;c=d",
        "https://shop.example/&lt;b&gt;",
    }
    assert all('rel="noopener noreferrer' in link for link in links)
    assert "foto, jpeg" in who.text
    assert "link, shop.example" in who.text
    assert "Bijlagen" in who.text
    assert re.search(r'class="original"><a href="https://x.example/status/1', who.text)
    assert "cdn.example" not in who.text
    await who.get("/cases/2")
    assert "http://x.example" not in who.text
    for path in ("/cases/1", "/cases/2"):
        await who.get(path)
        assert "<script>alert" not in who.text
        assert "javascript:" not in who.text


async def test_a_long_conversation_begins_later_and_can_be_read_whole(light, monkeypatch):
    monkeypatch.setattr("webcare.web.case_page.SHOWN", 3)
    await hear(light, *(said(f"m{n}", f"bericht {n:02}?", MONDAY + n * MINUTE, kind=Kind.DM) for n in range(8)))
    who = await light.somebody()
    await who.get("/cases/1")
    assert "Nog 5 eerdere berichten" in who.text
    assert "bericht 04" not in who.text
    assert "bericht 07" in who.text
    await who.get("/cases/1?all=1")
    assert "bericht 00" in who.text
    assert "eerdere bericht" not in who.text
    assert 'data-query="?all=1"' in who.text  # it stays whole when it refreshes


async def test_the_card_tells_who_the_customer_is_and_what_came_before(inbox):
    await hear(inbox, said("m1", "Waar is mijn kast?", MONDAY - 30 * DAY))
    await hear(inbox, ours("a1", MONDAY - 30 * DAY + 2 * HOUR, "m1"))
    await inbox.store.write(desk.note, 1, by="daan", text=f"Liever appen {SCRIPT}", rules=inbox.desk.rules, now=MONDAY - 29 * DAY)
    await inbox.store.write(desk.close, 1, by="daan", rules=inbox.desk.rules, now=MONDAY - 29 * DAY)
    await hear(inbox, said("m2", "En de lade?", MONDAY, conversation_id="other"), said("b1", "Hallo?", MONDAY, by="bert"))
    who = await inbox.somebody()
    await inbox.hire("daan")
    await who.get("/cases/2")
    card = who.text[who.text.index('id="customer"') : who.text.index("</aside>")]
    assert "2 berichten" in card
    assert "in 2 zaken" in card
    assert "24 okt" in card
    assert '<a href="/cases/1">1</a> Waar is mijn kast?' in card
    assert "X, 24 okt 11:00, in 2 u 00" in card
    assert "Liever appen &lt;script&gt;" in card
    assert "Daan, zaak 1" in card
    await who.get("/cases/3")
    assert "Eerdere zaken" not in who.text


async def test_a_page_of_a_long_case_takes_few_reads(light):
    await hear(light, *(said(f"m{n}", f"bericht {n}?", MONDAY + n * MINUTE) for n in range(40)))
    who = await light.somebody()
    await who.get("/cases/1")
    asked = []

    def count(_conn, _cursor, statement, *_rest):
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        await who.get("/cases/1")
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert 5 < len(asked) <= 40


# --- the draft


@pytest.mark.parametrize(
    ("kind", "language", "warned"),
    [
        (Kind.COMMENT, "nl", "Een bestelnummer staat zo in het openbaar."),
        (Kind.COMMENT, "en", "An order number would stand in public."),
        (Kind.DM, "nl", None),
    ],
)
async def test_what_is_a_persons_own_is_warned_of_in_public_only_and_stops_nothing(light, kind, language, warned):
    await hear(light, said("m1", "Waar is het?", MONDAY, kind=kind))
    who = await light.somebody(language=language)
    await who.get("/cases/1")
    assert '<div id="let-op" role="status"></div>' in who.text
    assert await who.post("/cases/1/measure", text=f"Je bestelling LW-48213 is er {SCRIPT}") == 200
    assert ("LW-48213" in who.text) is (warned is not None)
    assert warned is None or warned in who.text
    assert 'id="let-op" hx-swap-oob="innerHTML"' in who.text
    assert "<script>" not in who.text
    await who.get("/cases/1")
    assert await who.post("/cases/1/answer", text="Je bestelling LW-48213 is er.") == 303


async def test_a_draft_that_nears_the_length_is_told_what_is_left(light):
    light.channels[:] = [account(spec=spec(limits=Limits(length=20)))]
    await hear(light, said("m1", "Waar is het?", MONDAY))
    who = await light.somebody()
    for text, meter, warned in (
        ("kort", "meter", ""),
        ("a" * 19, "meter near", "Nog 1 teken."),
        ("a" * 23, "meter over", "3 tekens te lang."),
    ):
        await who.get("/cases/1")
        await who.post("/cases/1/measure", text=text)
        assert f'class="{meter}" id="length"' in who.text
        assert warned in who.text
    assert await who.post("/cases/9/measure", text="x") == 404


async def test_what_the_platform_does_not_allow_is_said_before_anybody_types(light):
    window = {"policy": "shipped", "windows": {"twitter": {"length": "PT24H", "margin": "PT1H"}}}
    light.desk.rules = replace(light.desk.rules, book=parse_rulebook(window, LOOKUP))
    await hear(light, said("m1", "Waar is het?", MONDAY, kind=Kind.DM))
    who = await light.somebody()
    await who.get("/cases/1")
    assert "laat een antwoord toe" not in who.text
    light.clock.at = MONDAY + 23 * HOUR
    await who.get("/cases/1")
    assert "X laat een antwoord toe tot 10:00: nog 1 u 00." in who.text
    light.clock.at = MONDAY + 25 * HOUR
    await who.get("/cases/1")
    assert "X laat nu geen antwoord toe: dat kon tot 24 u 00 na het laatste bericht van de klant (10:00)." in who.text


# --- what became of an answer


async def test_an_answer_tells_truly_how_far_it_came_and_when(inbox):
    await hear(inbox, said("m1", "Waar is het?", MONDAY))
    who = await inbox.somebody()
    await write(inbox)
    await who.get("/cases/1")
    assert "staat klaar, nog niet verstuurd" in who.text
    inbox.clock.at = MONDAY + HOUR
    await send(inbox, receipt("r1", MONDAY + HOUR))
    await who.get("/cases/1")
    assert "aangenomen door X 11:00" in who.text
    assert shown(who.text).count("Het komt morgen.") == 1
    await inbox.store.write(
        answer.withdrawn, CHANNEL, "r1", reason="131047", at=MONDAY + 2 * HOUR, rules=inbox.desk.rules, now=MONDAY + 2 * HOUR
    )
    await who.get("/cases/1")
    assert "aangenomen 11:00, toch niet aangekomen" in who.text
    assert "Reden: 131047" in who.text
    assert shown(who.text).count("Het komt morgen.") == 1


async def test_what_was_refused_can_be_changed_and_what_nobody_knows_cannot(light):
    await hear(light, said("m1", "Waar is het?", MONDAY))
    who = await light.somebody()
    await write(light, f"Morgen {SCRIPT}")
    await send(light, Rejected("too old"))
    await who.get("/cases/1")
    assert 'href="/cases/1?draft=1#answer"' in who.text
    await who.get("/cases/1?draft=1")
    assert "Morgen &lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;</textarea>" in who.text
    await write(light, "Overmorgen")
    await send(light, Unconfirmed("no answer"))
    await who.get("/cases/1")
    assert "draft=2" not in who.text
    await who.get("/cases/1?draft=2")
    assert "Overmorgen</textarea>" not in who.text


async def test_an_answer_that_nobody_has_begun_to_send_can_be_taken_back(inbox):
    await hear(inbox, said("m1", "Waar is het?", MONDAY))
    who = await inbox.somebody()
    await write(inbox)
    await who.get("/cases/1")
    assert 'action="/cases/1/replies/1/back"' in who.text
    assert await who.post("/cases/1/replies/1/back") == 303
    await who.get(who.to.partition("#")[0])
    assert "Het komt morgen.</textarea>" in who.text
    assert "Je antwoord is teruggehaald" in who.text
    assert "Het komt morgen." not in shown(who.text)
    platform = FakeSender()
    await inbox.desk.send(inbox.desk.post(sender=platform), inbox.clock)
    assert not platform.sent
    assert not await inbox.desk.deliveries()
    assert [row["state"] for row in await inbox.desk.replies()] == ["taken_back"]
    assert await who.post("/cases/1/replies/1/back") == 409
    assert await who.post("/cases/1/replies/1/again") == 409
    await who.get("/cases/1")
    assert await who.post("/cases/1/answer", text="Het komt overmorgen.") == 303  # and is written anew
    await send(inbox, receipt("r2", MONDAY))
    assert [row["state"] for row in await inbox.desk.replies()] == ["taken_back", "accepted"]


async def test_an_answer_that_a_sender_holds_is_not_taken_back(inbox):
    await hear(inbox, said("m1", "Waar is het?", MONDAY))
    await write(inbox)
    who = await inbox.somebody()
    await who.get("/cases/1")
    held = {"now": MONDAY, "machine": MONDAY, "until": MONDAY + HOUR, "limit": 9, "kinds": (outbox.REPLY,)}
    (job,) = await inbox.store.write(outbox.claim, "sender", **held)
    assert await who.post("/cases/1/replies/1/back") == 409
    assert "Te laat om terug te halen" in who.text
    assert [row["state"] for row in await inbox.desk.deliveries()] == ["queued"]
    # its sender could not tell whether it got through: the reply stands as under way, and its delivery waits in nobody's hand
    await inbox.store.write(outbox.set_reply, 1, state="sending")
    await inbox.store.write(outbox.try_later, job, "sender", retry_at=MONDAY + HOUR, result="?")
    assert await who.post("/cases/1/replies/1/back") == 409
    assert [row["state"] for row in await inbox.desk.deliveries()] == ["queued"]  # nothing of it is kept
    assert [row["state"] for row in await inbox.desk.replies()] == ["sending"]


async def test_an_answer_of_another_case_is_neither_taken_back_nor_shown_here(light):
    await hear(light, said("m1", "Waar?", MONDAY), said("m2", "Hoe?", MONDAY, by="bert", conversation_id="y"))
    await write(light, "Geheim van Bert", case=2)
    who = await light.somebody()
    await who.get("/cases/1")
    assert await who.post("/cases/1/replies/1/back") == 404
    assert await who.post("/cases/1/replies/99/back") == 404
    await send(light, Rejected("no"))
    await who.get("/cases/1?draft=1")
    assert "Geheim van Bert" not in who.text
    for asked in ("draft=x", "draft=9999999999999999999", "canned=x", "canned=%00", "draft=", "all=", "canned=99"):
        assert await who.get(f"/cases/1?{asked}") == 200, asked


async def test_a_channel_that_has_stopped_is_told_where_it_matters(light):
    await hear(light, said("m1", "Waar?", MONDAY))
    await light.store.write(channel_health.note_auth_failed, CHANNEL, "token", MONDAY)
    await write(light)
    who = await light.somebody()
    await who.get("/cases/1")
    assert who.text.count("Het kanaal is losgekoppeld.") == 2  # at the answer that waits, and where the next is written
    await send(light, AuthFailed("token"))
    await who.get("/cases/1")
    assert "staat klaar, nog niet verstuurd" in who.text


# --- canned texts


async def keep(inbox, name="Bezorging", text="Dag {name}, hij komt. {agent}", language="en", channel=None):
    """Keep a text; the classifier of these tests takes everything for English."""
    return await inbox.store.write(canned.add, language=language, channel=channel, name=name, text=text, by="lead", now=MONDAY)


async def test_canned_texts_of_this_language_and_channel_are_offered_with_names_filled(light):
    await keep(light)
    await keep(light, name=f"Script {SCRIPT}", text=f'"{SCRIPT}')
    await keep(light, name="Nederlands", language="nl")
    await keep(light, name="Alleen WhatsApp", channel="whatsapp")
    await keep(light, name="Alleen X", channel="twitter")
    await hear(light, said("m1", "Waar?", MONDAY, author=Author(id="a", name='Anna "<b>')))
    who = await light.somebody()
    await who.get("/cases/1")
    offered = re.findall(r'name="canned" value="(\d+)"', who.text)
    assert sorted(offered) == ["1", "2", "5"]
    assert 'data-canned="Dag Anna &#34;&lt;b&gt;, hij komt. Noor"' in who.text
    assert "<script>alert" not in who.text
    await who.get("/cases/1?canned=1")
    assert "Dag Anna &#34;&lt;b&gt;, hij komt. Noor</textarea>" in who.text


@pytest.mark.parametrize(("languages", "offered"), [({CHANNEL: "nl"}, ["2"]), ({}, ["1", "2"])])
async def test_a_customer_who_shows_no_language_is_offered_the_texts_in_that_of_the_channel(light, languages, offered):
    light.desk.classifier = RuleClassifier()
    light.desk.rules = replace(light.desk.rules, languages=languages)
    await keep(light)
    await keep(light, name="Nederlands", language="nl")
    await hear(light, said("m1", "Ich warte seit einer Woche auf mein Paket, wo ist es?", MONDAY))
    who = await light.somebody()
    await who.get("/cases/1")
    assert sorted(re.findall(r'name="canned" value="(\d+)"', who.text)) == offered


async def test_choosing_a_canned_text_without_a_script_loses_nothing(light):
    await keep(light)
    await hear(light, said("m1", "Waar?", MONDAY))
    who = await light.somebody()
    await who.get("/cases/1")
    assert await who.post("/cases/1/canned", text="Wat vervelend. ", canned="1") == 200
    assert "Wat vervelend.\nDag Anna, hij komt. Noor</textarea>" in who.text
    assert await who.post("/cases/1/canned", text="Wat vervelend.", canned="7") == 200
    assert "Wat vervelend.</textarea>" in who.text
    assert "Die standaardtekst is er niet meer." in who.text
    assert await who.post("/cases/1/canned", text="x", canned="x") == 400
    assert not await light.desk.replies()


async def test_who_leads_writes_canned_texts_and_agents_read_them(inbox):
    lead, agent = await inbox.somebody("lea", Role.LEAD), await inbox.somebody("noor")
    await lead.get("/canned")
    assert "Er zijn nog geen standaardteksten" in lead.text
    values = {"language": "nl", "channel": "twitter", "name": f"Kapot {SCRIPT}", "text": f"Sorry, {{name}}.\r\n{SCRIPT}"}
    assert await lead.post("/canned", **values) == 303
    await lead.get(lead.to)
    assert "De tekst is toegevoegd." in lead.text
    assert "&lt;script&gt;" in lead.text
    assert "<script>alert" not in lead.text
    assert await lead.post("/canned/1", **{**values, "name": "Kapot", "channel": "", "language": "en"}) == 303
    (kept,) = await inbox.store.read(canned.canned)
    assert (kept.name, kept.channel, kept.language, kept.text, kept.by) == (
        "Kapot",
        None,
        "en",
        f"Sorry, {{name}}.\n{SCRIPT}",
        "lea",
    )
    await agent.get("/canned")
    assert "Kapot" in agent.text
    assert "Lea, " in agent.text
    assert "<form" not in agent.text.partition('id="content"')[2]
    await agent.get("/me")
    assert 'href="/canned"' in agent.text
    for path in ("/canned", "/canned/1", "/canned/1/remove"):
        assert await agent.post(path, **values) == 403
    await lead.get("/canned")
    assert await lead.post("/canned/1/remove") == 303
    assert await lead.post("/canned/1/remove") == 303  # gone is gone
    assert await lead.post("/canned/1", **values) == 404
    assert await inbox.store.read(canned.canned) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "Vul dit in."),
        ({"text": ""}, "Vul dit in."),
        ({"name": "n" * 101}, "hooguit 100 tekens"),
        ({"text": "t" * 4001}, "hooguit 4000 tekens"),
        ({"text": "Dag {voornaam}"}, "Gebruik {name} of {agent}."),
        ({"language": "xx"}, "Kies een taal en een kanaal"),
        ({"channel": "fax"}, "Kies een taal en een kanaal"),
    ],
)
async def test_what_cannot_be_kept_is_said_at_its_field_and_stays_there(light, changes, sentence):
    lead = await light.somebody("lea", Role.LEAD)
    await lead.get("/canned")
    values = {"language": "nl", "channel": "", "name": "Goede naam", "text": "Goede tekst", **changes}
    assert await lead.post("/canned", **values) == 422
    assert sentence in lead.text
    assert 'aria-invalid="true"' in lead.text
    assert "Goede tekst</textarea>" in lead.text or 'value="Goede naam"' in lead.text
    assert await light.store.read(canned.canned) == []


async def test_an_auditor_reads_the_conversation_and_changes_nothing(light):
    await keep(light)
    await hear(light, said("m1", "Waar?", MONDAY))
    await write(light)
    who = await light.somebody("ada", Role.AUDITOR)
    await who.get("/cases/1?canned=1")
    assert "Waar?" in who.text
    assert "<form" not in who.text
    assert "<textarea" not in who.text
    await who.get("/canned")
    assert "<form" not in who.text
    for path in ("/canned", "/canned/1", "/canned/1/remove", "/cases/1/canned", "/cases/1/replies/1/back", "/cases/1/measure"):
        assert await who.post(path, text="x", canned="1") == 403
    assert [row["state"] for row in await light.desk.replies()] == ["queued"]


@pytest.mark.parametrize("words", [NL, EN])
def test_every_state_and_every_warning_has_a_sentence(words):
    assert set(words.composer.personal) == set(Personal)
    assert set(words.composer.states) == {"queued", "sending", "accepted", "refused", "unconfirmed", "withdrawn"}


async def test_who_takes_back_and_who_sends_never_both_have_it(inbox):
    await hear(inbox, said("m1", "Waar is het?", MONDAY))
    for n in range(8):
        number = await write(inbox, f"Antwoord {n}")
        held = {"now": MONDAY, "machine": MONDAY, "until": MONDAY + HOUR, "limit": 9, "kinds": (outbox.REPLY,)}
        takes, sends = inbox.store.write(answer.take_back, number), inbox.store.write(outbox.claim, "sender", **held)
        pair = (takes, sends) if n % 2 else (sends, takes)
        found = await asyncio.gather(*pair, return_exceptions=True)
        taken, jobs = found if n % 2 else found[::-1]
        assert isinstance(jobs, list)
        assert (taken is None) is not bool(jobs), taken
        for job in jobs:
            await inbox.store.write(outbox.finish, job, "sender", state=outbox.SENT, now=MONDAY)

"""Search as people use it: every message, the words marked as the customer wrote them, and a case made of one that opened none."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from fakes import HOUR, MONDAY, ours, said
from inboxes import open_inbox

from webcare.domain.folding import wanted
from webcare.domain.message import Author
from webcare.domain.rota import Role
from webcare.services import desk, search
from webcare.store.door import open_store
from webcare.web.marks import marked

SCRIPT = "<script>alert('pakket')</script>"


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
    while await search.index(inbox.store):
        pass


def results(who):
    return re.findall(r'<li class="card">(.*?)</li>', who.text, re.DOTALL)


async def test_every_message_is_found_with_its_case_and_its_words_marked(inbox):
    await hear(inbox, said("m1", "Waar is mijn Pakket?", MONDAY))
    await hear(inbox, said("m2", "Mooi pàkketje", MONDAY + HOUR, by="bert"))
    await hear(inbox, ours("o1", MONDAY + 2 * HOUR, reply_to="m1", text="Je pakket komt eraan."))
    await inbox.store.write(desk.close, 1, by="noor", rules=inbox.desk.rules, now=inbox.clock.at)
    who = await inbox.somebody()
    assert await who.get("/search?q=PAKKET") == 200
    mine, other = results(who)
    assert "Je <mark>pakket</mark> komt eraan." in mine
    assert "van ons" in mine
    assert 'href="/cases/1"' in mine
    assert "zaak 1, gesloten" in mine
    assert "Mooi <mark>pàkketje</mark>" in other
    assert "geen zaak" in other
    assert "2 resultaten" in who.text


async def test_a_case_is_found_by_its_number(light):
    await hear(light, said("m1", "Waar?", MONDAY))
    who = await light.somebody()
    for typed in ("%231", "1", "+1+"):
        await who.get(f"/search?q={typed}")
        assert "op nummer gevonden" in who.text
    await who.get("/search?q=%2399")
    assert "Niets gevonden voor „#99”" in who.text


async def test_a_message_becomes_a_case_and_only_once(inbox):
    await hear(inbox, said("m1", "Fijn pakket", MONDAY))
    assert await inbox.desk.cases() == []
    who = await inbox.somebody()
    await who.get("/search?q=pakket")
    assert "Maak er een zaak van" in who.text
    assert await who.post("/search/open", message="1", q="pakket") == 303
    assert who.to == "/cases/1"
    assert (await inbox.desk.case())["due_at"] == MONDAY + timedelta(days=1)
    assert inbox.woken == ["watch"]
    await who.get("/search?q=pakket")
    assert "Maak er een zaak van" not in who.text
    await who.get("/")
    assert await who.post("/search/open", message="1", q="pakket") == 409
    assert "hoort intussen al bij een zaak" in who.text
    await who.get("/")
    assert await who.post("/search/open", message="77", q="pakket") == 409
    await who.get("/")
    for number in ("", "x", "1 OR 1", "9" * 40, "²"):
        assert await who.post("/search/open", message=number) == 400


async def test_an_auditor_finds_and_makes_nothing(light):
    await hear(light, said("m1", "Fijn pakket", MONDAY))
    otto = await light.somebody("otto", Role.AUDITOR)
    await otto.get("/search?q=pakket")
    assert "<mark>pakket</mark>" in otto.text
    assert "Maak er een zaak van" not in otto.text
    assert await otto.post("/search/open", token="", message="1") == 403


async def test_what_is_typed_and_what_is_found_are_words(light):
    await hear(light, said("m1", f"{SCRIPT} pakket?", MONDAY, author=Author(id="x", name=SCRIPT)))
    who = await light.somebody()
    for typed in ("pakket", SCRIPT, '"><img src=x>', "a" * 5000, "* OR NEAR(", "\u0000\ud83d", "%"):
        assert await who.get(f"/search?q={quote(typed, errors='replace')}") == 200
        assert "<script>alert" not in who.text
        assert "<img" not in who.text


async def test_an_empty_search_and_one_without_results_say_what_to_do(light):
    who = await light.somebody()
    await who.get("/search")
    assert "ook die geen zaak werden" in who.text
    assert "Niets gevonden" not in who.text
    await who.get("/search?q=zeepaardje")
    assert "Niets gevonden voor „zeepaardje”" in who.text
    assert "Alle woorden moeten in één bericht staan" in who.text
    english = await light.somebody("eve", language="en")
    await english.get("/search?q=zeepaardje")
    assert "Nothing found for “zeepaardje”" in english.text


async def test_more_than_is_shown_is_said(light):
    await hear(light, *(said(f"m{n}", "Fijn pakket", MONDAY, by=f"c{n}", conversation_id=f"t{n}") for n in range(30)))
    who = await light.somebody()
    await who.get("/search?q=pakket")
    assert len(results(who)) == 25
    assert "Er is meer dan hier staat" in who.text
    more = re.search(r'href="(/search\?[^"]+all=1)"', who.text)[1].replace("&amp;", "&")
    await who.get(more)
    assert len(results(who)) == 30
    assert "Er is meer" not in who.text


async def test_the_queue_leads_to_everywhere_and_back(light):
    who = await light.somebody()
    await who.get("/?q=pakket+kast")
    assert 'href="/search?q=pakket+kast"' in who.text or 'href="/search?q=pakket%20kast"' in who.text
    assert 'formaction="/search"' in who.text
    await who.get("/search?q=pakket")
    assert 'formaction="/"' in who.text


# --- the marks


@pytest.mark.parametrize(
    ("text", "typed", "hits"),
    [
        ("Waar is mijn pakket?", "pak", ["pakket"]),
        ("Cafe\u0301 CAFÉ cafés", "café", ["Cafe\u0301", "CAFÉ", "cafés"]),
        ("pak pakket", "pak en pakket", ["pak", "pakket"]),
        ("niets hier", "pakket", []),
        ("Straße", "strasse", ["Straße"]),
        ("½ bank", "1", ["½"]),
        ("", "x", []),
    ],
)
def test_words_are_marked_as_the_index_finds_them(text, typed, hits):
    pieces = marked(text, wanted(typed))
    assert [piece.text for piece in pieces if piece.is_hit] == hits
    assert "".join(piece.text for piece in pieces) == text


def test_a_long_text_is_cut_around_the_first_word():
    text = f"{'aap noot ' * 100}pakket {'mies ' * 100}"
    pieces = marked(text, wanted("pakket"))
    whole = "".join(piece.text for piece in pieces)
    assert "pakket" in whole
    assert whole.startswith("… ")
    assert whole.endswith("…")
    assert len(whole) < 300

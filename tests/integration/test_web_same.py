"""One customer under several names on the page of a case: what is shown, what a press does, and who may press."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fakes import HOUR, MONDAY, said
from inboxes import open_inbox

from webcare.domain.message import Attachment, Author, Kind
from webcare.domain.rota import Role
from webcare.services import desk as desk_acts
from webcare.services import search
from webcare.store import audit, tables
from webcare.store.door import open_store
from webcare.web.words import EN, NL

SCRIPT = "<script>alert(1)</script>"
ORDER = "MK-20264311"
PICTURE = (Attachment(type="image", id="i1", url="https://cdn.example/a.jpg"),)


@pytest.fixture
async def inbox(sqlite_url):
    """Marit wrote on X (case 1) and by WhatsApp (case 2) about one order; somebody else is called as on X (case 3)."""
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        author = Author(id="1001", name="Marit de Groot", handle="marit_dg")
        await opened.desk.hear(said("m1", f"Waar is {ORDER}?", MONDAY, author=author))
        author = Author(id="31612345678", name=f"Marit {SCRIPT}")
        where = {"channel": "whatsapp:100", "conversation_id": "31612345678", "kind": Kind.DM, "attachments": PICTURE}
        await opened.desk.hear(said("w1", f"Waar is bestelnummer {ORDER}?", MONDAY + HOUR, author=author, **where))
        author = Author(id="fb7", name="Marit", handle="marit_dg")
        await opened.desk.hear(
            said("f1", "Waar is de winkel?", MONDAY + HOUR, author=author, channel="facebook:2", conversation_id="f")
        )
        while await search.index(store):
            pass
        opened.clock.at = MONDAY + 2 * HOUR
        yield opened
    await store.close()


def card(who):
    """What the card says, as a person reads it."""
    found = re.search(r'<section class="card same".*?</section>', who.text, re.DOTALL)
    return None if found is None else unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", found[0]))).strip()


def numbers(who, where):
    """The messages that the buttons of a form name."""
    return re.findall(rf'action="/cases/\d+/{where}">.*?name="message" value="(\d+)"', who.text)


async def acts(inbox):
    return [line["what"] for line in await inbox.store.read(audit.lines) if "same" in line["what"]]


async def test_a_suggestion_says_why_and_a_press_makes_one_history(inbox):
    who = await inbox.somebody()
    await who.get("/cases/1")
    assert "Misschien dezelfde" in card(who)
    assert "noemde hetzelfde bestelnummer (11:00)" in card(who)
    assert "zelfde naam, niets meer" in card(who)
    assert SCRIPT not in who.text
    assert "1 bericht" in who.text
    number = numbers(who, "same")[0]
    assert await who.post("/cases/1/same", message=number) == 303
    assert who.to == "/cases/1?done=same#same"
    await who.get(who.to.partition("#")[0])
    assert NL.same.done["same"] in card(who)
    assert "gekoppeld door Noor" in card(who)
    assert "2 berichten" in who.text
    assert "in 2 zaken" in who.text
    assert re.search(r'<h2>Eerdere zaken</h2>.*?<a href="/cases/2">', who.text, re.DOTALL)
    assert re.search(r'id="attachments".*?WhatsApp.*?<a href="/cases/2">', who.text, re.DOTALL)
    await who.get("/cases/2")
    assert "Marit de Groot" in card(who)


async def test_not_the_same_is_not_suggested_again_and_unlinking_goes_back(inbox):
    who = await inbox.somebody(language="en")
    await who.get("/cases/1")
    weak = numbers(who, "same/not")[1]
    assert await who.post("/cases/1/same/not", message=weak) == 303
    await who.get("/cases/1?done=not-same")
    assert EN.same.done["not-same"] in card(who)
    assert "same name, nothing more" not in card(who)
    await who.post("/cases/1/same", message=numbers(who, "same")[0])
    await who.get("/cases/1")
    assert "linked by Noor" in card(who)
    assert await who.post("/cases/1/same/out", identity="whatsapp:31612345678") == 303
    await who.get("/cases/1")
    assert "Known by no other name" in card(who)
    assert "Maybe the same" not in card(who)
    assert await acts(inbox) == ["not_same_customer", "same_customer", "not_same_customer"]
    admin = await inbox.somebody("ilse", Role.ADMIN)
    await admin.get("/audit")
    assert "koppelde een klant los" in admin.text


async def test_anybody_can_be_looked_up_and_linked(inbox):
    who = await inbox.somebody()
    await who.get("/cases/3?same=nobody+of+that+name")
    assert NL.same.none_found in card(who)
    await who.get('/cases/3?same="><b>marit')
    assert "<b>marit" not in who.text.replace("<b>Marit", "")
    await who.get("/cases/3?same=%232")
    assert 'data-query="?same=%232"' in who.text
    assert "Gevonden" in card(who)
    await who.post("/cases/3/same", message=numbers(who, "same")[-1])
    await who.get("/cases/3")
    assert "zaak 2" in card(who)


async def test_a_block_of_another_name_stands_on_the_card(inbox):
    who = await inbox.somebody()
    await who.get("/cases/1")
    await who.post("/cases/1/same", message=numbers(who, "same")[0])
    await inbox.store.write(desk_acts.block, 2, by="noor", reason="dreigt", rules=inbox.desk.rules, now=MONDAY + 2 * HOUR)
    await who.get("/cases/1")
    assert "geblokkeerd door Noor" in card(who)


async def test_an_auditor_sees_and_presses_nothing(inbox):
    who = await inbox.somebody()
    await who.get("/cases/1")
    await who.post("/cases/1/same", message=numbers(who, "same")[0])
    auditor = await inbox.somebody("ada", Role.AUDITOR)
    await auditor.get("/cases/1?same=marit")
    assert "gekoppeld door Noor" in card(auditor)
    assert "Misschien dezelfde" not in card(auditor)
    assert "Gevonden" not in card(auditor)
    assert "<form" not in re.search(r'<section class="card same".*?</section>', auditor.text, re.DOTALL)[0]
    for where, form in (
        ("same", {"message": "3"}),
        ("same/not", {"message": "3"}),
        ("same/out", {"identity": "whatsapp:31612345678"}),
    ):
        assert await auditor.post(f"/cases/1/{where}", **form) == 403
    assert await acts(inbox) == ["same_customer"]
    await auditor.get("/cases/3")
    assert card(auditor) is None


async def test_what_is_not_there_or_not_asked_by_our_page_links_nobody(inbox):
    who = await inbox.somebody()
    await who.get("/cases/1")
    ours = await inbox.store.write(_answered)
    for path, form, status in (
        ("/cases/1/same", {"message": "99999"}, 404),
        ("/cases/1/same", {"message": str(ours)}, 404),
        ("/cases/99/same", {"message": "2"}, 404),
        ("/cases/1/same", {"message": "²"}, 400),
        ("/cases/1/same", {"message": "9" * 30}, 400),
        ("/cases/1/same", {}, 400),
        ("/cases/1/same/out", {"identity": "whatsapp:31612345678"}, 303),  # not linked: nothing to do
        ("/cases/1/same/out", {"identity": ""}, 303),
        ("/cases/99/same/out", {"identity": "a:b"}, 404),
    ):
        await who.get("/cases/1")
        assert await who.post(path, **form) == status, path
    await who.get("/cases/1")
    assert await who.post("/cases/1/same", token="wrong", message="2") == 403  # noqa: S106 - of nobody
    assert await acts(inbox) == []


def _answered(conn):
    """An answer of ours, by its number."""
    row = conn.execute(tables.message.select().where(tables.message.c.id == 1)).one()._asdict()
    del row["id"]
    row |= {"external_id": "o1", "direction": "outbound", "author_id": "us"}
    return conn.execute(tables.message.insert().values(**row).returning(tables.message.c.id)).scalar_one()

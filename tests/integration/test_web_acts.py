"""Hiding, liking and sending files as people do it, over real HTTP: what is offered, what a press does, and what is refused in words."""

from __future__ import annotations

import io
import re

import aiohttp
import pytest
from fakes import CHANNEL, HOUR, MONDAY, FakeDoer, FakeNotifier, FakeSender, account, receipt, said, spec
from inboxes import TOKEN, open_inbox

from webcare.domain.message import Kind
from webcare.domain.rota import Role
from webcare.ports.connector import Capability, Deed, Limits
from webcare.ports.errors import Rejected
from webcare.services.carry_out import carry_out
from webcare.services.post import Post
from webcare.services.uploads import LARGEST, MOST
from webcare.store import changes
from webcare.store.act_tables import act, reply_upload
from webcare.store.door import open_store
from webcare.web.site import LARGEST_FORM
from webcare.web.uploads_form import LARGEST_ANSWER

ALL = (Capability.SEND, Capability.ACT, Capability.UPLOAD)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 2000


def channel(*capabilities, deeds=frozenset(Deed)):
    return account(spec=spec(*capabilities, deeds=frozenset(deeds), limits=Limits(length=280)))


@pytest.fixture
async def inbox(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        opened.channels = [channel(*ALL)]
        await opened.desk.hear(said("m1", "Jullie zijn oplichters!", MONDAY))
        opened.clock.at = opened.clock.at_machine = MONDAY + HOUR
        yield opened
    await store.close()


async def case(inbox, **hired):
    who = await inbox.somebody(**hired)
    assert await who.get("/cases/1") == 200
    return who


async def press(who, deed, message=1):
    return await who.post(f"/cases/1/messages/{message}/deed", deed=deed)


async def carry(inbox, *errors):
    doer = FakeDoer(*errors)
    await carry_out(inbox.store, Post(notifier=FakeNotifier(), senders={}, holder="one", doers={CHANNEL: doer}), inbox.clock)
    return doer.done


def more(who):
    """What stands under "Meer"."""
    return re.search(r'<details class="deeds">.*?</details>', who.text, re.DOTALL)[0]


# --- acts


async def test_who_hides_a_message_sees_it_on_its_way_and_then_done(inbox):
    who = await case(inbox)
    assert re.findall(r'name="deed" value="(\w+)"', more(who)) == ["like", "hide"]
    assert await press(who, "hide") == 303
    assert who.to == "/cases/1?done=hide#message-1"
    assert inbox.woken[-1] == "act"
    await who.get("/cases/1?done=hide")
    assert "Het bericht wordt verborgen." in who.text
    assert "wordt verborgen</p>" in who.text
    assert re.findall(r'name="deed" value="(\w+)"', more(who)) == ["like", "unhide"]
    assert [one.deed for one in await carry(inbox)] == [Deed.HIDE]
    await who.get("/cases/1")
    assert "verborgen door Noor" in who.text
    assert "<b>open</b>" in who.text or 'action="/cases/1/close"' in who.text  # hiding closes nothing
    assert await press(who, "unhide") == 303
    await carry(inbox)
    await who.get("/cases/1")
    assert "verborgen door" not in who.text


async def test_what_the_platform_does_not_allow_is_said_and_not_left_out(inbox):
    inbox.channels = [channel(*ALL, deeds=[Deed.LIKE, Deed.UNLIKE])]
    who = await case(inbox)
    assert re.findall(r'name="deed" value="(\w+)"', more(who)) == ["like"]
    assert "Verbergen kan niet: X laat ons dat van hieruit niet doen." in more(who)
    assert await press(who, "hide") == 422
    assert "Verbergen kan niet" in who.text
    assert await inbox.desk.rows(act) == []


async def test_a_private_message_is_neither_liked_nor_hidden(inbox):
    await inbox.desk.hear(said("d1", "Waar is het?", MONDAY, kind=Kind.DM, conversation_id="anna"))
    who = await inbox.somebody()
    await who.get("/cases/2")
    assert "dit bericht is privé" in more(who)
    assert 'name="deed"' not in who.text
    assert await who.post("/cases/2/messages/2/deed", deed="hide") == 409


async def test_a_refusal_stands_at_the_message_with_the_platforms_reason(inbox):
    who = await case(inbox)
    await press(who, "hide")
    await carry(inbox, Rejected("Comments by <b>pages</b> cannot be hidden"))
    await who.get("/cases/1")
    assert "Het bericht is niet verborgen." in who.text
    assert "Reden: Comments by &lt;b&gt;pages&lt;/b&gt; cannot be hidden" in who.text
    assert re.findall(r'name="deed" value="(\w+)"', more(who)) == ["like", "hide"]


async def test_an_auditor_sees_what_was_done_and_presses_nothing(inbox):
    who = await case(inbox)
    await press(who, "like")
    await carry(inbox)
    auditor = await case(inbox, name="eva", role=Role.AUDITOR)
    assert "vind-ik-leuk van Noor" in auditor.text
    assert 'class="deeds"' not in auditor.text
    assert await press(auditor, "unlike") == 403
    admin = await inbox.somebody("ada", Role.ADMIN)
    await admin.get("/audit")
    assert "vond een bericht leuk" in admin.text


async def test_nonsense_presses_nothing(inbox):
    who = await case(inbox)
    assert await press(who, "delete") == 400
    assert await press(who, "hide", message=99) == 409
    assert await who.post("/cases/99/messages/1/deed", deed="hide") == 404
    await inbox.store.write(changes.mark_deleted, 1, MONDAY)
    assert await press(who, "hide") == 409
    assert await inbox.desk.rows(act) == []


async def test_english_words(inbox):
    who = await case(inbox, language="en")
    assert ">More<" in more(who)
    await press(who, "hide")
    await carry(inbox)
    await who.get("/cases/1")
    assert "hidden by Noor" in who.text


# --- files


async def answer(who, *files, text="Hier is je label.", path="/cases/1/answer", **fields):
    form = aiohttp.FormData(quote_fields=False)  # as browsers write names
    fields = {"csrf": TOKEN.search(who.page)[1], "text": text, "seen": "", **fields}
    for name, value in fields.items():
        form.add_field(name, value)
    for name, content in files:
        form.add_field("file", io.BytesIO(content), filename=name, content_type="image/png")
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": who.origin}
    url = who.base + path
    async with who.session.post(url, data=form, headers=headers, allow_redirects=False) as given:
        who.answer, who.text = given, await given.text()
        return given.status


async def send(inbox, *answers):
    sender = FakeSender(*answers)
    await inbox.desk.send(inbox.desk.post(sender=sender), inbox.clock)
    return sender.sent


async def test_files_go_with_the_answer_and_stand_beside_it(inbox):
    who = await case(inbox)
    assert 'enctype="multipart/form-data"' in who.text
    assert re.search(r'<input type="file" [^>]*name="file" multiple', who.text)
    assert await answer(who, ("label.png", PNG), ("foto <1>.png", PNG)) == 303
    (sent,) = await send(inbox, receipt("a1", inbox.clock.at))
    assert [(one.name, one.mime, one.content) for one in sent.uploads] == [
        ("label.png", "image/png", PNG),
        ("foto <1>.png", "image/png", PNG),
    ]
    await who.get("/cases/1")
    assert "label.png <small>2 kB</small>" in who.text
    assert "foto &lt;1&gt;.png" in who.text
    assert all(row["content"] is None for row in await inbox.desk.rows(reply_upload))


async def test_an_answer_without_files_is_sent_by_the_same_form(inbox):
    who = await case(inbox)
    form = aiohttp.FormData({"csrf": TOKEN.search(who.page)[1], "text": "Dag.", "seen": ""})
    form.add_field("file", b"", filename="", content_type="application/octet-stream")  # what a browser sends for nothing chosen
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": who.origin}
    async with who.session.post(who.base + "/cases/1/answer", data=form, headers=headers, allow_redirects=False) as given:
        assert given.status == 303
    (sent,) = await send(inbox, receipt("a1", inbox.clock.at))
    assert (sent.text, sent.uploads) == ("Dag.", ())


async def test_a_channel_that_takes_no_files_offers_none_and_sends_none(inbox):
    inbox.channels = [channel(Capability.SEND)]
    who = await case(inbox)
    assert 'type="file"' not in who.text
    assert 'enctype="multipart/form-data"' not in who.text
    assert await answer(who, ("label.png", PNG)) == 422
    assert "Dit kanaal neemt geen bestanden mee." in who.text
    assert await inbox.desk.replies() == []


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("virus.png", b"MZ\x90\0")], "virus.png is geen JPEG, PNG, GIF, WebP of PDF."),
        ([("leeg.png", b"")], "leeg.png is leeg."),
        ([("groot.png", PNG + bytes(LARGEST))], "groot.png is groter dan 5 MB."),
        ([(f"{n}.png", PNG) for n in range(MOST + 1)], "Er gaan hooguit 4 bestanden mee."),
    ],
)
async def test_a_file_that_cannot_go_along_is_named_and_the_text_stays(inbox, files, words):
    who = await case(inbox)
    assert await answer(who, *files) == 422
    assert words in who.text
    assert "Er is niets verstuurd" in who.text
    assert "Hier is je label.</textarea>" in who.text
    assert await inbox.desk.replies() == []


async def test_only_answers_may_be_large(inbox):
    who = await case(inbox)
    large = "x" * (LARGEST_FORM + 1000)
    assert await answer(who, ("label.png", PNG), path="/cases/1/note", padding=large) == 413
    assert await answer(who, ("huge.png", PNG + bytes(LARGEST_ANSWER))) == 413
    assert await answer(who, ("label.png", PNG), text=large) == 413  # files may be large, words may not
    stranger = await inbox.browser()
    stranger.page = who.page
    assert await answer(stranger, ("huge.png", PNG + bytes(LARGEST_FORM))) == 401
    assert await inbox.desk.replies() == []

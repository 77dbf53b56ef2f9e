"""What customers sent along, as colleagues see it: small pictures, files to download, and why there are none."""

from __future__ import annotations

import io
import re

import pytest
from fakes import HOUR, MONDAY, account, said, spec
from inboxes import open_inbox
from PIL import Image

from webcare.domain.message import Attachment, Kind
from webcare.ports.connector import Capability, Fetched
from webcare.ports.errors import Rejected
from webcare.services import media
from webcare.store import changes
from webcare.store.door import open_store

PDF = b"%PDF-1.7 an invoice"
PHOTO = Attachment(type="image", id="photo", mime="image/jpeg")
INVOICE, HIDDEN = Attachment(type="document", id="invoice", mime="application/pdf"), Attachment(type="document", id="page")
ACCOUNT = account(spec=spec(Capability.FETCH))


def photo():
    file = io.BytesIO()
    Image.new("RGB", (640, 320), "orange").save(file, "JPEG")
    return file.getvalue()


class FakeFetcher:
    """A platform's files by their id: bytes, or what it raises."""

    def __init__(self, **files):
        self.files = {"photo": photo(), "invoice": PDF, "page": b"<html><script>alert(1)</script>", **files}

    async def fetch(self, attachment, *, most):  # noqa: ARG002 - as the port has it
        found = self.files[attachment.id]
        if isinstance(found, Exception):
            raise found
        return Fetched(content=found, mime=attachment.mime or "text/html")


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


async def hear(inbox, message):
    await inbox.desk.hear(message)
    await inbox.store.write(media.want, ACCOUNT, message, message.created_at)


async def fetch(inbox, **files):
    await media.fetch(inbox.store, {ACCOUNT.id: FakeFetcher(**files)}, inbox.clock, "one", most=1_000_000)


async def file_of(who, path, **headers):
    async with who.session.get(who.base + path, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers, await answer.read()


def sources(text):
    return re.findall(r'<img src="([^"]+)"', text)


async def test_a_photo_is_shown_small_and_opens_large(inbox):
    await hear(inbox, said("m1", "Kijk?", MONDAY, attachments=(PHOTO,)))
    await fetch(inbox)
    who = await inbox.somebody()
    await who.get("/cases/1")
    assert sources(who.text)[0] == "/cases/1/media/1/small"
    assert 'alt="foto van Anna"' in who.text
    assert 'width="320" height="160"' in who.text
    status, headers, small = await file_of(who, "/cases/1/media/1/small")
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(small)).size == (320, 160)
    _, headers, whole = await file_of(who, "/cases/1/media/1")
    assert Image.open(io.BytesIO(whole)).size == (640, 320)
    assert headers["Content-Disposition"] == 'inline; filename="1-1.jpg"'
    assert headers["Cache-Control"] == "private, no-cache"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, _, nothing = await file_of(who, "/cases/1/media/1", **{"If-None-Match": headers["ETag"]})
    assert (status, nothing) == (304, b"")


async def test_any_other_file_is_only_downloaded(light):
    await hear(light, said("m1", "Kijk?", MONDAY, attachments=(INVOICE,)))
    await fetch(light)
    who = await light.somebody("daan", language="en")
    await who.get("/cases/1")
    assert sources(who.text) == []
    assert 'href="/cases/1/media/1" download' in who.text
    assert "Download document, pdf, 1 kB" in who.text
    _, headers, content = await file_of(who, "/cases/1/media/1")
    assert (content, headers["Content-Type"]) == (PDF, "application/pdf")
    assert headers["Content-Disposition"] == 'attachment; filename="1-1.pdf"'
    assert (await file_of(who, "/cases/1/media/1/small"))[0] == 404


async def test_what_is_not_there_says_why(light):
    await hear(light, said("m1", "Kijk?", MONDAY, attachments=(PHOTO, INVOICE, HIDDEN)))
    noor, daan = await light.somebody("noor"), await light.somebody("daan", language="en")
    await noor.get("/cases/1")
    assert noor.text.count("wordt opgehaald") >= 3
    await fetch(light, photo=Rejected("the file is <b>no longer</b> there"), invoice=Rejected(""))
    await noor.get("/cases/1")
    assert "niet meer op te halen: the file is &lt;b&gt;no longer&lt;/b&gt; there" in noor.text
    assert "niet meer op te halen: het platform geeft het niet" in noor.text
    assert "niet bewaard: dit soort bestand bewaren we niet" in noor.text
    await daan.get("/cases/1")
    assert "not kept: this kind of file is not kept" in daan.text
    for number in (1, 2, 3, 4):
        assert (await file_of(noor, f"/cases/1/media/{number}"))[0] == 404


async def test_only_who_may_see_the_case_sees_its_files(light):
    await hear(light, said("m1", "Kijk?", MONDAY, attachments=(PHOTO,), kind=Kind.DM, conversation_id="anna"))
    await hear(light, said("m2", "Hallo?", MONDAY + HOUR, by="bert", kind=Kind.DM, conversation_id="bert"))
    await fetch(light)
    stranger, who = await light.browser(), await light.somebody()
    for path in ("/cases/1/media/1", "/cases/1/media/1/small"):
        status, _, content = await file_of(stranger, path)
        assert status in {303, 401}
        assert b"JFIF" not in content
    assert [(await file_of(who, f"/cases/{case}/media/1"))[0] for case in (1, 2, 3)] == [200, 404, 404]
    assert (await file_of(who, "/cases/1/media/999999999999999999"))[0] == 404


async def test_a_photo_of_an_earlier_case_lies_with_that_case(light):
    await hear(light, said("m1", "Kijk?", MONDAY, attachments=(PHOTO,), kind=Kind.DM, conversation_id="anna"))
    await hear(light, said("m2", "Weer!", MONDAY + HOUR))
    await fetch(light)
    who = await light.somebody()
    await who.get("/cases/2")
    assert sources(who.text) == ["/cases/1/media/1/small"]


async def test_what_the_customer_deleted_is_gone(light):
    await hear(light, said("m1", "Kijk?", MONDAY, attachments=(PHOTO,)))
    await fetch(light)
    await light.store.write(changes.erase, 1, MONDAY + HOUR)
    who = await light.somebody()
    await who.get("/cases/1")
    assert sources(who.text) == []
    assert (await file_of(who, "/cases/1/media/1"))[0] == 404


async def test_where_no_file_is_fetched_a_page_is_as_it_was(light):
    await light.desk.hear(said("m1", "Kijk?", MONDAY, attachments=(PHOTO,), permalink="https://x.example/1"))
    who = await light.somebody()
    await who.get("/cases/1")
    assert "wordt opgehaald" not in who.text
    assert "foto, jpeg" in who.text

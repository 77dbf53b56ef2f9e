"""Files with a reply: looked at before anything is written, sent once with it, and not kept for longer than they are needed."""

from __future__ import annotations

from functools import partial

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, US, FakeClock, FakeNotifier, FakeSender, receipt, said, spec

from webcare.ports.connector import Capability, Upload
from webcare.ports.errors import Rejected, Unavailable
from webcare.services import answer, compose, forget, uploads
from webcare.services.export import export
from webcare.services.uploads import LARGEST, MOST, Chosen, NotTaken, Why
from webcare.store.act_tables import reply_upload
from webcare.store.customers import Customer

TEN = MONDAY + HOUR
PNG, PDF = b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"%PDF-1.7\n" + b"%" * 40
LABEL = Upload(name="label.png", mime="image/png", content=PNG)
ANNA = Customer(kind="twitter", author_id="anna")


class Terms:
    raw_bodies, messages, audit = 14 * DAY, 400 * DAY, 800 * DAY


@pytest.fixture
async def asked(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    return desk


async def send(desk, *files, text="Here is your label.", now=TEN):
    unit = partial(compose.send, text=text, by=US, rules=desk.rules, now=now)
    return await desk.store.write(uploads.send_with, 1, send=unit, files=files)


async def deliver(desk, sender, at=TEN):
    return await desk.send(desk.post(FakeNotifier(), sender), FakeClock(at))


async def kept(desk):
    return [(row["name"], row["size"], row["content"]) for row in await desk.rows(reply_upload)]


# --- looked at


def chosen(name, content):
    return Chosen(name=name, read=lambda most: content[:most])


@pytest.mark.parametrize(
    ("name", "content", "taken"),
    [
        ("label.png", PNG, ("label.png", "image/png")),
        ("LABEL.PNG", PNG, ("LABEL.PNG", "image/png")),
        ("photo.jpeg", b"\xff\xd8\xff\xe0", ("photo.jpeg", "image/jpeg")),
        ("move.gif", b"GIF89a", ("move.gif", "image/gif")),
        ("new.webp", b"RIFF\0\0\0\0WEBPVP8 ", ("new.webp", "image/webp")),
        ("letter.png", PDF, ("letter.png.pdf", "application/pdf")),  # its name is wrong, its bytes are not
        (r"C:\Users\noor\..\label.png", PNG, ("label.png", "image/png")),
        ("../../etc/passwd", PDF, ("passwd.pdf", "application/pdf")),
        ("", PNG, ("file.png", "image/png")),
        ("a\r\nb\u202egnp.png", PNG, ("abgnp.png", "image/png")),
    ],
)
def test_a_file_is_what_its_bytes_are(name, content, taken):
    (found,) = uploads.take([chosen(name, content)])
    assert (found.name, found.mime) == taken
    assert found.content == content


def test_a_long_name_keeps_its_ending():
    (found,) = uploads.take([chosen("x" * 500 + ".png", PNG)])
    assert (len(found.name), found.name[-5:]) == (100, "x.png")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("run.png", b"MZ\x90\0", Why.KIND),
        ("page.png", b"<html><script>", Why.KIND),
        ("logo.svg", b"<svg xmlns=", Why.KIND),
        ("voice.ogg", b"OggS\0", Why.KIND),
        ("empty.png", b"", Why.EMPTY),
        ("large.png", PNG + bytes(LARGEST), Why.TOO_LARGE),
    ],
)
def test_what_cannot_go_along_is_named_with_its_reason(name, content, why):
    with pytest.raises(NotTaken) as refused:
        uploads.take([chosen("fine.png", PNG), chosen(name, content)])
    assert (refused.value.why, refused.value.name) == (why, name)


def test_a_file_of_exactly_the_limit_goes_and_a_fifth_does_not():
    (found,) = uploads.take([chosen("large.png", PNG + bytes(LARGEST - len(PNG)))])
    assert len(found.content) == LARGEST
    with pytest.raises(NotTaken) as refused:
        uploads.take([chosen(f"{n}.png", PNG) for n in range(MOST + 1)])
    assert refused.value.why is Why.TOO_MANY


def test_files_are_offered_where_the_platform_takes_them():
    assert uploads.are_offered(spec(Capability.SEND, Capability.UPLOAD))
    assert not uploads.are_offered(spec(Capability.SEND))
    assert not uploads.are_offered(None)


# --- sent


async def test_files_leave_with_the_reply_and_their_bytes_stay_no_longer(asked):
    letter, sender = Upload(name="letter.pdf", mime="application/pdf", content=PDF), FakeSender(receipt("a1", TEN))
    number = await send(asked, LABEL, letter)
    await deliver(asked, sender)
    assert sender.sent[0].uploads == (LABEL, letter)
    assert await kept(asked) == [("label.png", len(PNG), None), ("letter.pdf", len(PDF), None)]
    found = await asked.store.read(uploads.of_replies, [number])
    assert [(one.name, one.mime, one.size, one.is_gone) for one in found[number]] == [
        ("label.png", "image/png", len(PNG), True),
        ("letter.pdf", "application/pdf", len(PDF), True),
    ]


async def test_a_reply_without_files_has_none(asked):
    sender = FakeSender(receipt("a1", TEN))
    await send(asked)
    await deliver(asked, sender)
    assert (sender.sent[0].uploads, await kept(asked)) == ((), [])


async def test_a_second_attempt_has_them_too(asked):
    sender = FakeSender(Unavailable("down"), Rejected("no"), receipt("a1", TEN))
    number = await send(asked, LABEL)
    await deliver(asked, sender)
    await deliver(asked, sender, TEN + HOUR)
    await asked.store.write(answer.send_again, number, now=TEN + HOUR)
    await deliver(asked, sender, TEN + HOUR)
    assert [one.uploads for one in sender.sent] == [(LABEL,)] * 3
    assert (await kept(asked))[0][2] is None


async def test_a_double_click_sends_no_file_twice(asked):
    assert await send(asked, LABEL) == await send(asked, LABEL)
    assert len(await kept(asked)) == 1


async def test_the_same_words_with_other_files_are_not_taken_for_a_double_click(asked):
    await send(asked)
    with pytest.raises(NotTaken):
        await send(asked, LABEL)
    assert (len(await asked.replies()), await kept(asked)) == (1, [])


async def test_who_takes_a_reply_back_takes_its_files_back(asked):
    number = await send(asked, LABEL)
    await asked.store.write(answer.take_back, number)
    assert await kept(asked) == [("label.png", len(PNG), None)]


async def test_what_was_delivered_without_arriving_is_not_sent_again_without_its_files(asked):
    number = await send(asked, LABEL)
    await deliver(asked, FakeSender(receipt("a1", TEN)))
    await asked.store.write(answer.withdrawn, CHANNEL, "a1", reason="not delivered", at=TEN, rules=asked.rules, now=TEN)
    with pytest.raises(ValueError, match="uploads"):
        await asked.store.write(answer.send_again, number, now=TEN)


# --- kept, and forgotten


async def test_what_never_left_is_not_kept_for_longer_than_raw_bodies(asked):
    await send(asked, LABEL)
    await deliver(asked, FakeSender(Rejected("no")))
    await forget.retention(asked.store, Terms, FakeClock(TEN + 13 * DAY))
    assert (await kept(asked))[0][2] == PNG
    await forget.retention(asked.store, Terms, FakeClock(TEN + 14 * DAY))
    assert await kept(asked) == [("label.png", len(PNG), None)]


async def test_a_reply_that_still_waits_keeps_its_files(asked):
    await send(asked, LABEL)
    await forget.retention(asked.store, Terms, FakeClock(TEN + 20 * DAY))
    assert (await kept(asked))[0][2] == PNG


async def test_the_customer_is_told_which_files_we_sent(asked):
    await send(asked, LABEL)
    await deliver(asked, FakeSender(receipt("a1", TEN)))
    document = await export(asked.store, ANNA, by="admin", now=TEN)
    assert document["cases"][0]["replies"][0]["uploads"] == [{"name": "label.png", "mime": "image/png", "size": len(PNG)}]


async def test_erasing_a_customer_erases_the_files_and_their_names(asked):
    await send(asked, LABEL)
    rules_of, clock = (lambda _conn, _revision: asked.rules), FakeClock(TEN + DAY)
    await forget.erase(asked.store, ANNA, by="noor", rules_of=rules_of, clock=clock)
    assert await kept(asked) == [("", len(PNG), None)]

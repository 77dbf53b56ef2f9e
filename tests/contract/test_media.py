"""What customers send along: on the list with its message, fetched at once, kept as it is safe, and gone with its message."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import io
from datetime import timedelta

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, FakeClock
from hearsay import Ears, account, deleted, edited, spec, wrote
from PIL import Image, PngImagePlugin
from sqlalchemy import update

from webcare.domain.message import Attachment, Direction
from webcare.ports.connector import Capability, Fetched
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable
from webcare.services import export, forget, media, pictures
from webcare.store import case_file, media_tables, tables
from webcare.store.customers import Customer
from webcare.store.errors import StoreFull
from webcare.store.media import free

MOST = 1_000_000
PDF = b"%PDF-1.7 " + b"." * 100
PHOTO, FILE = {"type": "image", "id": "p1"}, {"type": "document", "url": "https://cdn.example/f1?signed=1"}
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def photo(width=800, height=400, form="JPEG", **more):
    file = io.BytesIO()
    Image.new(more.pop("mode", "RGB"), (width, height), "orange").save(file, form, **more)
    return file.getvalue()


class FakeFetcher:
    """A platform's files by id, `f1` by its address: bytes, or what it raises."""

    def __init__(self, **files):
        self.files = files
        self.asked = []

    async def fetch(self, attachment, *, most):  # noqa: ARG002 - as the port has it
        self.asked.append(attachment.id or attachment.url)
        found = self.files[attachment.id or "f1"]
        if isinstance(found, Exception):
            raise found
        return Fetched(content=found, mime="text/html")  # what it says is not believed


def reads(element, me):
    """As the other platforms of these tests, with attachments."""
    files = tuple(Attachment(**one) for one in element.value.get("attachments", ()))
    return [dataclasses.replace(heard, attachments=files) for heard in spec().read(element, me)]


@pytest.fixture
def ears(desk):
    platform = dataclasses.replace(spec(read=reads), capabilities=frozenset({Capability.FETCH}))
    return Ears(desk, accounts=[account(spec_=platform)])


class House:
    """The unit at work, instant by instant."""

    def __init__(self, desk):
        self.desk, self.clock = desk, FakeClock(MONDAY)

    async def fetch(self, fetcher, *, at=MONDAY, channel=CHANNEL, holder="one"):
        self.clock.at = self.clock.at_machine = at
        return await media.fetch(self.desk.store, {channel: fetcher}, self.clock, holder, most=MOST)

    async def rows(self):
        return await self.desk.rows(media_tables.media)

    async def states(self):
        return [(row["nth"], row["state"], row["why"]) for row in await self.rows()]


@pytest.fixture
def house(desk):
    return House(desk)


async def test_a_photo_is_kept_made_anew_and_small(ears, house):
    sent = photo(4000, 1000, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    assert await house.fetch(FakeFetcher(p1=sent)) == 1
    (row,) = await house.rows()
    assert (row["state"], row["mime"], row["is_picture"], row["tries"]) == ("kept", "image/jpeg", True, 1)
    assert (row["width"], row["height"]) == (320, 80)
    assert (row["size"], row["sha256"]) == (len(row["content"]), hashlib.sha256(row["content"]).hexdigest())
    assert Image.open(io.BytesIO(row["content"])).size == (2048, 512)
    assert Image.open(io.BytesIO(row["small"])).size == (320, 80)
    assert sent not in (row["content"], row["small"])
    assert await house.fetch(FakeFetcher(), at=MONDAY + DAY) == 0


async def test_what_is_no_photo_is_kept_as_it_is_and_what_is_unknown_is_not(ears, house):
    files = {"a": PDF, "b": b"<html><script>", "c": b"<svg onload=x>", "d": b"\xff\xd8\xff broken", "e": b"%PDF" + b"x" * MOST}
    sent = [{"type": "document", "id": name} for name in files]
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=sent), at=MONDAY)
    assert await house.fetch(FakeFetcher(**files)) == len(files)
    assert await house.states() == [
        (0, "kept", None),
        (1, "refused", "kind"),
        (2, "refused", "kind"),
        (3, "refused", "broken"),
        (4, "refused", "size"),
    ]
    kept = (await house.rows())[0]
    assert (kept["mime"], bytes(kept["content"]), kept["is_picture"], kept["small"]) == ("application/pdf", PDF, False, None)


async def test_only_files_of_customers_are_fetched_where_the_platform_can_be_asked(ears, house, desk):
    links = [{"type": "link", "url": "https://shop.example"}, {"type": "location", "url": "geo:1,2"}, {"type": "sticker"}, PHOTO]
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=links), at=MONDAY)
    await ears.hear(wrote("m2", "Ours", MONDAY, attachments=[PHOTO], direction=Direction.OUTBOUND), at=MONDAY)
    assert await house.states() == [(3, "wanted", None)]
    other = Ears(desk, accounts=[account(spec_=spec(read=reads))])
    await other.hear(wrote("m3", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    desk.rules = dataclasses.replace(desk.rules, keeps_media=False)
    await ears.hear(wrote("m4", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    assert len(await house.rows()) == 1


async def test_what_is_heard_twice_is_fetched_once_and_an_edit_keeps_what_is_the_same(ears, house):
    said = wrote("m1", "Look?", MONDAY, attachments=[PHOTO, FILE])
    await ears.hear(said, said, at=MONDAY)
    await house.fetch(FakeFetcher(p1=photo(), f1=PDF))
    before = {row["nth"]: row["id"] for row in await house.rows()}
    signed_anew = {**FILE, "url": "https://cdn.example/f1?signed=2"}
    await ears.hear(edited("m1", "Look!", MONDAY + MINUTE, attachments=[{**PHOTO, "id": "p2"}, signed_anew]), at=MONDAY + MINUTE)
    assert await house.states() == [(1, "kept", None), (0, "wanted", None)]
    assert (await house.rows())[0]["id"] == before[1]
    await ears.hear(edited("m1", "No", MONDAY + HOUR), at=MONDAY + HOUR)
    assert await house.rows() == []


@pytest.mark.parametrize("gone", [Rejected("the file is no longer there"), Rejected("")])
async def test_what_the_platform_refuses_is_gone_and_says_why(ears, house, gone):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    await house.fetch(FakeFetcher(p1=gone))
    (row,) = await house.rows()
    assert (row["state"], row["why"], row["reason"]) == ("gone", "platform", str(gone) or None)
    assert await house.fetch(FakeFetcher(), at=MONDAY + DAY) == 0


async def test_trouble_is_tried_again_later_and_later_for_a_week(ears, house):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    fetcher, now, waits = FakeFetcher(p1=Unavailable("not now")), MONDAY, []
    while now < MONDAY + 7 * DAY:
        assert await house.fetch(fetcher, at=now) == 1
        (row,) = await house.rows()
        if row["state"] != "wanted":
            break
        waits.append(row["retry_at"] - now)
        assert await house.fetch(fetcher, at=row["retry_at"] - SECOND) == 0
        now = row["retry_at"] + (DAY if len(waits) > 12 else 0 * DAY)
    assert waits[:3] == [5 * SECOND, 10 * SECOND, 20 * SECOND]
    assert max(waits) == HOUR
    assert await house.fetch(fetcher, at=MONDAY + 8 * DAY) == 1
    assert await house.states() == [(0, "gone", "late")]


async def test_the_platform_says_when_and_dead_keys_wait_an_hour(ears, house):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO, {**PHOTO, "id": "p2"}]), at=MONDAY)
    await house.fetch(FakeFetcher(p1=RateLimited(MONDAY + 10 * MINUTE), p2=AuthFailed("dead")))
    assert [row["retry_at"] for row in await house.rows()] == [MONDAY + 10 * MINUTE, MONDAY + HOUR]


async def test_a_bug_of_a_connector_harms_only_its_own_file(ears, house, desk):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO, {**PHOTO, "id": "p2"}]), at=MONDAY)
    await house.fetch(FakeFetcher(p1=KeyError("words of anna"), p2=photo()))
    assert [state for _, state, _ in await house.states()] == ["wanted", "kept"]
    assert "words of anna" not in str(desk.logged)


async def test_who_dies_with_a_file_in_hand_loses_it_to_the_next(ears, house, desk):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    started = asyncio.Event()

    class Dies(FakeFetcher):
        async def fetch(self, attachment, *, most):  # noqa: ARG002 - as the port has it
            started.set()
            await asyncio.Event().wait()

    dying = asyncio.create_task(house.fetch(Dies()))
    await started.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await house.fetch(FakeFetcher(p1=photo()), at=MONDAY + MINUTE, holder="two") == 0
    assert await house.fetch(FakeFetcher(p1=photo()), at=MONDAY + 2 * MINUTE, holder="two") == 1
    assert await house.states() == [(0, "kept", None)]


async def test_who_is_alone_need_not_wait_for_the_dead(ears, house, desk):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    held = {"lease_by": "dead", "lease_until": MONDAY + HOUR}
    await desk.store.write(lambda conn: conn.execute(update(media_tables.media).values(held)).rowcount)
    assert await desk.store.write(free) == 1
    assert await house.fetch(FakeFetcher(p1=photo())) == 1


async def test_whoever_comes_too_late_with_it_changes_nothing(ears, house, desk):
    """Its lease ran out, somebody else was faster, or the customer deleted the message meanwhile."""

    class Slow(FakeFetcher):
        async def fetch(self, attachment, *, most):
            await ears.hear(deleted("m1", MONDAY + MINUTE), at=MONDAY + MINUTE)
            return await super().fetch(attachment, most=most)

    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    assert await house.fetch(Slow(p1=photo())) == 1
    assert await house.rows() == []


async def test_what_was_heard_just_now_goes_before_what_failed(ears, house):
    many = [{"type": "image", "id": f"p{n}"} for n in range(media.BATCH)]
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=many), at=MONDAY)
    await house.fetch(FakeFetcher(**{one["id"]: Unavailable("no") for one in many}))
    await ears.hear(wrote("m2", "Look?", MONDAY, attachments=[{"type": "image", "id": "new"}]), at=MONDAY)
    fetcher = FakeFetcher(new=photo(), **{one["id"]: Unavailable("no") for one in many})
    await house.fetch(fetcher, at=MONDAY + MINUTE)
    assert fetcher.asked[0] == "new"


async def test_a_channel_that_cannot_be_asked_waits_a_week_and_no_longer(ears, house):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    assert await house.fetch(FakeFetcher(), channel="other:1", at=MONDAY + DAY) == 0
    assert await house.fetch(FakeFetcher(), channel="other:1", at=MONDAY + 7 * DAY) == 1
    assert await house.states() == [(0, "gone", "late")]


async def test_a_full_disk_is_told_and_the_file_comes_later(ears, house, desk, monkeypatch):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)

    def full(*_args, **_more):
        raise StoreFull("No room is left.")

    with monkeypatch.context() as patch:
        patch.setattr(media.media, "keep", full)
        with pytest.raises(StoreFull):
            await house.fetch(FakeFetcher(p1=photo()))
    assert await house.states() == [(0, "wanted", None)]
    assert await house.fetch(FakeFetcher(p1=photo()), at=MONDAY + HOUR) == 1
    assert await house.states() == [(0, "kept", None)]


# --- pictures


def test_a_place_in_a_photo_is_not_kept_and_it_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    exif[0x010E] = "taken at home"
    made = pictures.made_anew(photo(400, 200, exif=exif))
    assert (made.width, made.height) == (160, 320)
    assert b"taken at home" not in made.content + made.small
    note = PngImagePlugin.PngInfo()
    note.add_text("Comment", "taken at home")
    assert b"taken at home" not in pictures.made_anew(photo(form="PNG", pnginfo=note)).content


def test_what_is_clear_stays_clear_and_what_moves_keeps_its_first_frame():
    file = io.BytesIO()
    Image.new("RGBA", (40, 20), (255, 0, 0, 0)).save(file, "PNG")
    clear = pictures.made_anew(file.getvalue())
    assert (clear.mime, Image.open(io.BytesIO(clear.content)).mode) == ("image/webp", "RGBA")
    frames = [Image.new("RGB", (40, 20), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    still = Image.open(io.BytesIO(pictures.made_anew(file.getvalue()).content))
    assert getattr(still, "n_frames", 1) == 1
    assert still.getpixel((5, 5))[0] > 200


@pytest.mark.parametrize(("mode", "form"), [("RGB", "PNG"), ("RGBA", "PNG"), ("RGB", "JPEG")])
def test_a_large_picture_is_made_small_before_it_is_copied(monkeypatch, mode, form):
    """Each copy of one that is unpacked whole takes hundreds of megabytes."""
    copied, copy = [], Image.Image.copy
    monkeypatch.setattr(Image.Image, "copy", lambda self: copied.append(self.size) or copy(self))
    made = pictures.made_anew(photo(3000, 1500, form=form, mode=mode))
    assert (made.width, made.height) == (320, 160)
    assert all(max(size) <= pictures.LARGEST for size in copied)
    assert copied


@pytest.mark.parametrize(
    "content",
    [
        photo(10_000, 10_000, form="PNG", mode="1"),
        photo()[:400],
        b"\xff\xd8\xff",
        b"GIF89a",
        b"",
        photo(form="TIFF"),
        photo(form="BMP"),
    ],
    ids=["billions of pixels", "half", "jpeg", "gif", "nothing", "tiff", "bmp"],
)
def test_a_picture_that_is_none(content):
    with pytest.raises(pictures.Broken):
        pictures.made_anew(content)


# --- gone with its message


async def test_it_goes_when_the_customer_deletes_the_message(ears, house):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    await house.fetch(FakeFetcher(p1=photo()))
    await ears.hear(deleted("m1", MONDAY + MINUTE), at=MONDAY + MINUTE)
    assert await house.rows() == []


async def test_what_was_deleted_before_it_was_heard_is_not_fetched(ears, house):
    await ears.hear(deleted("m1", MONDAY + MINUTE), at=MONDAY + MINUTE)
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY + MINUTE)
    assert await house.rows() == []


async def test_it_goes_with_its_customer_who_gets_a_copy_before(ears, house, desk):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO, FILE]), at=MONDAY)
    await house.fetch(FakeFetcher(p1=Rejected("gone"), f1=PDF))
    anna, clock = Customer(kind="twitter", author_id="anna"), FakeClock(MONDAY + HOUR)
    (said,) = (await export.export(desk.store, anna, by="noor", now=clock.now()))["messages"]
    assert [(one["state"], one["mime"], one["base64"] and one["base64"][:8]) for one in said["media"]] == [
        ("gone", None, None),
        ("kept", "application/pdf", "JVBERi0x"),
    ]
    await forget.erase(desk.store, anna, by="noor", rules_of=lambda *_: desk.rules, clock=clock)
    assert await house.rows() == []
    assert (await desk.rows(tables.message))[0]["attachments"] == []


async def test_pages_hear_that_it_is_there(ears, house, desk):
    await ears.hear(wrote("m1", "Look?", MONDAY, attachments=[PHOTO]), at=MONDAY)
    before = await desk.store.read(case_file.marks)
    await house.fetch(FakeFetcher(p1=photo()))
    assert await desk.store.read(case_file.marks) != before

"""How WhatsApp may be answered, and what goes out and comes in beside text: templates and files; over real HTTP."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whatsapp_stage import SANNE, SANNE_ID, SECRETS, on_stage, reply

from connectors.whatsapp import connector
from connectors.whatsapp.client import Client
from connectors.whatsapp.refusals import ACCOUNT, AGAIN, NEVER, PACE, explain
from connectors.whatsapp.sending import LONGEST_CAPTION
from connectors.whatsapp.settings import Config
from connectors.whatsapp.simulator.pictures import png
from connectors.whatsapp.simulator.world import Customer, World
from connectors.whatsapp.ways import MARGIN, WINDOW
from webcare.domain.message import Attachment, Author, Direction, Kind, Message
from webcare.ports.connector import Situation, Template, Upload, WayKind
from webcare.ports.errors import AuthFailed, RateLimited, RefusalCode, Rejected, Unavailable

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NUMBER = "106500000000001"
CONFIG = Config(phone_number_id=NUMBER)
BIG = 10**6
PICTURE = png((200, 30, 30))


@pytest.fixture
async def stage():
    async with on_stage() as found:
        yield found


# --- ways


def situation(last=NOW, thread=SANNE_ID):
    message = Message(
        channel=f"whatsapp:{NUMBER}",
        external_id="wamid.1",
        conversation_id=thread,
        direction=Direction.INBOUND,
        kind=Kind.DM,
        author=Author(id=SANNE_ID),
        text="hoi",
        created_at=last,
    )
    return Situation(account=NUMBER, message=message, raw_type="text", last_inbound_at=last)


def ways(now, **how):
    return connector.ways(situation(**how), CONFIG, now)


@pytest.mark.parametrize("thread", [SANNE_ID, SANNE, f"+{SANNE}", "NL.ENT.123"])
def test_within_a_day_one_writes_freely_and_after_it_by_template_only(thread):
    closes = NOW + WINDOW - MARGIN
    free, template = ways(closes - SECOND, thread=thread)
    assert (free.kind, free.until, free.refused) == (WayKind.PRIVATE, closes, None)
    assert (template.kind, template.refused) == (WayKind.TEMPLATE, None)
    template, free = ways(closes, thread=thread)
    assert (template.kind, template.refused) == (WayKind.TEMPLATE, None)
    assert (free.kind, "24 uur" in free.refused.nl, "24 hours" in free.refused.en) == (WayKind.PRIVATE, True, True)


def test_a_group_is_answered_in_the_app():
    (only,) = ways(NOW, thread="Z3JvZXAtMQ")
    assert "groep" in only.refused.nl
    assert "group" in only.refused.en


@given(waited=st.integers(0, 3 * 86_400), cut=st.integers(0, 999_999))
def test_what_ways_allows_the_platform_takes(waited, cut):
    """Meta's stamp is in whole seconds, so we think the customer wrote a little earlier than they did. Beyond the margin both agree."""
    wrote_at = NOW + timedelta(microseconds=cut)
    world = World(told=wrote_at + timedelta(seconds=waited))
    customer = Customer(number=SANNE, user_id=SANNE_ID, name="Sanne", wrote_at=wrote_at)
    best = ways(world.now)[0]
    if best.kind is WayKind.PRIVATE:
        assert world.window_is_open(customer)
    elif timedelta(seconds=waited) >= WINDOW or timedelta(seconds=waited) < WINDOW - MARGIN - SECOND:
        assert not world.window_is_open(customer)


# --- refusals in plain words


@pytest.mark.parametrize("code", sorted({*AGAIN, *ACCOUNT, *NEVER}))
def test_every_code_is_said_in_words_before_metas_own(code):
    raw = json.dumps({"error": {"code": code, "message": "(#0) technical", "error_data": {"details": "more of it"}}}).encode()
    said = str(explain(400, {}, raw, NOW))
    assert said.index("technical") > 15
    assert not re.match(r"[(#\d]", said)


@pytest.mark.parametrize(
    ("code", "means"),
    [
        (131047, RefusalCode.WINDOW_CLOSED),
        (131026, RefusalCode.BLOCKED),
        (131049, RefusalCode.BLOCKED),
        (132000, RefusalCode.TEMPLATE_UNKNOWN),
        (132001, RefusalCode.TEMPLATE_UNKNOWN),
        (131053, None),
    ],
)
def test_what_means_the_same_everywhere_is_said_by_its_code(code, means):
    assert explain(400, {}, json.dumps({"error": {"code": code}}).encode(), NOW).code is means


def test_a_limit_waits_as_long_as_its_window_lasts():
    waits = {code: explain(400, {}, json.dumps({"error": {"code": code}}).encode(), NOW).until - NOW for code in PACE}
    assert (waits[131056], waits[130429], waits[80007]) == (6 * SECOND, 5 * SECOND, timedelta(hours=1))


# --- templates


def templated(*values, name="pakket_update", language="nl"):
    chosen = Template(name=name, language=language, values=values)
    return reply(way=WayKind.TEMPLATE, template=chosen, text="Dag Sanne, je pakket komt morgen.", reply_to="wamid.1")


async def test_a_template_reaches_who_wrote_long_ago(stage):
    await stage.play("templates", name="pakket_update", language="nl", gaps=2)
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.play("clock", seconds=3 * 86_400)
    with pytest.raises(Rejected) as late:
        await stage.client.send(reply())
    assert late.value.code is RefusalCode.WINDOW_CLOSED
    receipt = await stage.client.send(templated("Sanne", "morgen"))
    (sent,) = (await stage.state())["sent"]
    assert sent["wamid"] == receipt.external_id
    assert sent["body"] == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": f"+{SANNE}",
        "type": "template",
        "template": {
            "name": "pakket_update",
            "language": {"code": "nl"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "Sanne"}, {"type": "text", "text": "morgen"}]}
            ],
        },
        "biz_opaque_callback_data": "reply-1",
    }


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (templated("Sanne"), "another number of gaps"),
        (templated(), "another number of gaps"),
        (templated("a", "b", language="en"), "no such template"),
        (templated("a", "b", name="nergens"), "no such template"),
    ],
)
async def test_a_template_that_meta_does_not_know_is_refused_in_words(stage, sent, words):
    await stage.play("templates", name="pakket_update", language="nl", gaps=2)
    await stage.play("messages", number=SANNE, text="hoi")
    with pytest.raises(Rejected, match=words) as refused:
        await stage.client.send(sent)
    assert refused.value.code is RefusalCode.TEMPLATE_UNKNOWN
    assert (await stage.state())["sent"] == []


@pytest.mark.parametrize(
    "sent",
    [
        reply(way=WayKind.TEMPLATE),
        reply(way=WayKind.PUBLIC),
        reply(conversation_id="Z3JvZXAtMQ"),
    ],
)
async def test_what_cannot_go_is_refused_before_anybody_is_asked(sent):
    with pytest.raises(Rejected):
        await Client(CONFIG, None, SECRETS).send(sent)


# --- files out


def file(mime="image/png", content=PICTURE, name="foto.png"):
    return Upload(name=name, mime=mime, content=content)


@pytest.mark.parametrize(
    ("upload", "text", "part"),
    [
        (file(), "Zo ziet het eruit", {"caption": "Zo ziet het eruit"}),
        (file(), "", {}),
        (file("video/mp4"), "Kijk", {"caption": "Kijk"}),
        (file("audio/ogg; codecs=opus"), "", {}),
        (file("application/pdf", name="factuur é.pdf"), "De factuur", {"caption": "De factuur", "filename": "factuur é.pdf"}),
    ],
)
async def test_a_file_is_uploaded_and_sent_by_its_id(stage, upload, text, part):
    asked = await stage.play("messages", number=SANNE, text="hoi")
    await stage.client.send(reply(text=text, uploads=(upload,), reply_to=asked["id"]))
    (sent,) = (await stage.state())["sent"]
    sort = sent["body"]["type"]
    assert sort == {"image": "image", "video": "video", "audio": "audio"}.get(upload.mime.partition("/")[0], "document")
    held = sent["body"][sort].pop("id")
    assert sent["body"][sort] == part
    assert (sent["body"]["context"], sent["body"]["biz_opaque_callback_data"]) == ({"message_id": asked["id"]}, "reply-1")
    assert (await stage.client.fetch(Attachment(type=sort, id=held), most=BIG)).content == upload.content


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (reply(uploads=(file("image/gif"),)), "of this kind"),
        (reply(uploads=(file(), file())), "one file"),
        (reply(uploads=(file(content=bytes(5 * 1024 * 1024 + 1)),)), "5 MB"),
        (reply(uploads=(file(),), text="a" * (LONGEST_CAPTION + 1)), "1024"),
        (reply(uploads=(file("audio/mpeg"),)), "no words"),
        (dataclasses.replace(templated("a"), uploads=(file(),)), "takes no file"),
    ],
)
async def test_a_file_that_whatsapp_would_refuse_is_refused_at_once(sent, words):
    with pytest.raises(Rejected, match=words):
        await Client(CONFIG, None, SECRETS).send(sent)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "html"}, Unavailable),
        ({"kind": "empty"}, Unavailable),
        ({"kind": "error", "code": 131053}, Rejected),
        ({"kind": "error", "code": 80007}, RateLimited),
        ({"kind": "error", "code": 190}, AuthFailed),
    ],
)
async def test_what_fails_at_the_upload_was_certainly_not_sent(stage, fault, kind):
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.play("faults", **fault)
    with pytest.raises(kind):
        await stage.client.send(reply(uploads=(file(),)))
    assert (await stage.state())["sent"] == []


# --- files in


async def picture(stage, **more):
    await stage.subscribe()
    await stage.play("messages", number=SANNE, type="image", **more)
    await stage.play("settle")
    return stage.heard()[-1].attachments[0]


async def test_a_customers_picture_is_fetched(stage):
    found = await stage.client.fetch(await picture(stage), most=BIG)
    assert (found.content[:8], found.mime) == (b"\x89PNG\r\n\x1a\n", "image/png")


async def test_an_address_that_died_meanwhile_is_asked_for_once_more(stage):
    held = await picture(stage)
    await stage.play("faults", kind="media_gone")
    assert (await stage.client.fetch(held, most=BIG)).mime == "image/png"
    await stage.play("faults", kind="media_gone", times=2)
    with pytest.raises(Rejected) as gone:
        await stage.client.fetch(held, most=BIG)
    assert gone.value.code is RefusalCode.GONE


async def test_after_a_week_the_file_is_gone_and_the_channel_is_fine(stage):
    """Meta answers as if the number were not ours, which would stop the channel."""
    held = await picture(stage)
    await stage.play("clock", seconds=7 * 86_400)
    with pytest.raises(Rejected, match="seven days"):
        await stage.client.fetch(held, most=BIG)


@pytest.mark.parametrize("fault", [None, "media_endless"])
async def test_a_file_that_is_too_large_is_not_read_to_its_end(stage, fault):
    held = await picture(stage)
    if fault is not None:
        await stage.play("faults", kind=fault)
    with pytest.raises(Rejected, match="larger than") as refused:
        await stage.client.fetch(held, most=60 if fault is None else 1000)
    assert refused.value.code is RefusalCode.TOO_LONG


@pytest.mark.parametrize(
    ("fault", "kind"), [("media_other", Unavailable), ("media_short", Unavailable), ("media_moved", Unavailable)]
)
async def test_what_is_not_the_announced_file_is_not_taken(stage, fault, kind):
    held = await picture(stage)
    await stage.play("faults", kind=fault)
    with pytest.raises(kind):
        await stage.client.fetch(held, most=BIG)
    assert (await stage.client.fetch(held, most=BIG)).mime == "image/png"


class Watched:
    """A session that notes whom it was asked to call."""

    def __init__(self, session):
        self.session, self.called = session, []

    def request(self, method, url, **more):
        self.called.append(url)
        return self.session.request(method, url, **more)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://lookaside.fbsbx.com",
        "https://lookaside.fbsbx.com:8443",
        "https://lookaside.fbsbx.com@evil.example",
        "https://lookaside.fbsbx.com.evil.example",
        "https://evil.example/lookaside.fbsbx.com",
        "http://169.254.169.254",
        "http://127.0.0.1:x",
    ],
)
async def test_the_token_is_shown_to_meta_only(stage, origin):
    held = await picture(stage)
    await stage.play("settings", media_origin=origin)
    watched = Watched(stage.session)
    client = Client(Config(phone_number_id=NUMBER, base_url=str(stage.simulator.make_url("/"))), watched, SECRETS)
    with pytest.raises(Rejected, match="not Meta's"):
        await client.fetch(held, most=BIG)
    assert [call for call in watched.called if "evil" in call or "sim-media" in call] == []


async def test_metas_own_store_of_files_is_asked_with_the_token():
    class Store:
        """lookaside.fbsbx.com, as far as a request to it can be seen here."""

        def request(self, method, url, *, headers, allow_redirects):
            self.asked = (method, url, headers["Authorization"], allow_redirects)
            raise aiohttp.ClientConnectionError

    store = Store()
    with pytest.raises(Unavailable):
        await Client(CONFIG, store, SECRETS).fetch(Attachment(type="image", url="https://lookaside.fbsbx.com/a?mid=1"), most=BIG)
    assert store.asked == ("GET", "https://lookaside.fbsbx.com/a?mid=1", "Bearer sim-token", False)


@pytest.mark.parametrize(
    "attachment",
    [
        Attachment(type="image"),  # 131052: it never left the phone
        Attachment(type="contact", id="31698765432"),
        Attachment(type="location", url="geo:52.0,4.0"),
        Attachment(type="image", id="../106500000000001/messages"),
        Attachment(type="image", id="7?fields=x"),
    ],
)
async def test_what_is_no_file_is_asked_of_nobody(attachment):
    with pytest.raises(Rejected):
        await Client(CONFIG, None, SECRETS).fetch(attachment, most=BIG)


@pytest.mark.parametrize("standing", ["expired", "no_permission"])
async def test_a_dead_token_fetches_nothing(stage, standing):
    held = await picture(stage)
    await stage.play("settings", standing=standing)
    with pytest.raises(AuthFailed):
        await stage.client.fetch(held, most=BIG)

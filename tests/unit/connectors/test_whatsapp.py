"""WhatsApp: the rules of its webhooks as tables, its refusals, its handshake, and the client against the simulator over real HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp.test_utils import unused_port
from whatsapp_stage import SANNE, SANNE_ID, SECRETS, heard, on_stage, reply

from connectors.meta import handshake, verify
from connectors.whatsapp import connector
from connectors.whatsapp.client import Client
from connectors.whatsapp.refusals import explain
from connectors.whatsapp.settings import Config
from connectors.whatsapp.simulator.refusals import REFUSALS
from connectors.whatsapp.simulator.world import START
from connectors.whatsapp.tokens import Token, inspect
from webcare.domain.message import Direction
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable, Unconfirmed

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def body_with(*messages, contacts=(), field="messages", **value):
    metadata = {"display_phone_number": "31201234567", "phone_number_id": "1065"}
    inside = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    if contacts:
        inside["contacts"] = list(contacts)
    if messages:
        inside["messages"] = list(messages)
    return {"object": "whatsapp_business_account", "entry": [{"id": "1042", "changes": [{"field": field, "value": inside}]}]}


def said(text="hoi", **more):
    return {"from": SANNE, "id": "wamid.1", "timestamp": "1795424400", "type": "text", "text": {"body": text}, **more}


def one(body, me=None):
    (found,) = heard(body, me)
    return found


# --- who wrote


@pytest.mark.parametrize(
    ("message", "contacts", "author", "name"),
    [
        ({"from": SANNE}, [{"wa_id": SANNE, "profile": {"name": "Sanne"}}], SANNE, "Sanne"),
        ({"from": SANNE}, [{"wa_id": SANNE, "user_id": SANNE_ID}], SANNE_ID, None),
        ({"from": SANNE, "from_user_id": SANNE_ID}, [], SANNE_ID, None),
        ({"from": "", "from_user_id": SANNE_ID}, [{"wa_id": "", "user_id": SANNE_ID, "profile": {"name": "S"}}], SANNE_ID, "S"),
        ({"from_user_id": SANNE_ID}, [], SANNE_ID, None),
        ({}, [{"user_id": SANNE_ID}], SANNE_ID, None),
        ({}, [{"wa_id": SANNE}], SANNE, None),
        ({"from": "5521912345678"}, [{"wa_id": "552112345678", "profile": {"name": "Bia"}}], "5521912345678", "Bia"),
        ({"from": SANNE}, ["nonsense", {"profile": 7}], SANNE, None),
        ({"from_user_id": SANNE_ID}, [{"user_id": "NL.another", "profile": {"name": "another"}}], SANNE_ID, None),
    ],
)
def test_a_customer_is_known_by_user_id_and_else_by_number(message, contacts, author, name):
    found = one(body_with({**said(), "from": None, **message}, contacts=contacts))
    assert (found.author.id, found.author.name, found.conversation_id) == (author, name, author)
    assert (found.sort, found.direction, found.account) == (Sort.MESSAGE, Direction.INBOUND, "1065")


def test_two_customers_in_one_body_keep_their_own_names():
    contacts = [{"wa_id": SANNE, "profile": {"name": "Sanne"}}, {"wa_id": "447700900123", "profile": {"name": "Priya"}}]
    found = heard(body_with(said(), said(**{"from": "447700900123", "id": "wamid.2"}), contacts=contacts))
    assert [h.author.name for h in found] == ["Sanne", "Priya"]


def test_one_contact_beside_two_senders_is_lent_to_neither():
    """The only contact stands in for a sender that it does not name, but only where there is one sender."""
    contacts = [{"wa_id": SANNE, "user_id": SANNE_ID, "profile": {"name": "Sanne"}}]
    found = heard(body_with(said(), said(**{"from": "447700900123", "id": "wamid.2"}), contacts=contacts))
    assert [(h.author.id, h.author.name) for h in found] == [(SANNE_ID, "Sanne"), ("447700900123", None)]


def test_the_number_of_a_customer_with_a_user_id_is_noted():
    assert one(body_with(said(from_user_id=SANNE_ID))).other_author_id == SANNE
    assert one(body_with(said())).note is None


def test_what_our_own_account_wrote_is_an_echo():
    found = one(body_with(said(**{"from": "1065", "to": SANNE})), me="1065")
    assert (found.sort, found.direction, found.author.id, found.conversation_id) == (Sort.ECHO, Direction.OUTBOUND, "1065", SANNE)


# --- what was written


@pytest.mark.parametrize(
    ("message", "text", "attachments"),
    [
        ({"type": "text", "text": {"body": "Waar blijft het?"}}, "Waar blijft het?", []),
        (
            {"type": "image", "image": {"id": "7", "mime_type": "image/jpeg", "caption": "kapot"}},
            "kapot",
            [("image", "7", "image/jpeg")],
        ),
        ({"type": "audio", "audio": {"id": 8, "mime_type": "audio/ogg"}}, None, [("audio", "8", "audio/ogg")]),
        ({"type": "sticker", "sticker": {}}, None, [("sticker", None, None)]),
        ({"type": "button", "button": {"text": "Nee", "payload": "NO"}}, "Nee", []),
        (
            {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Bel mij"}}},
            "Bel mij",
            [],
        ),
        ({"type": "interactive", "interactive": {"list_reply": {"id": "1", "title": "Factuur"}}}, "Factuur", []),
        (
            {
                "type": "interactive",
                "interactive": {"type": "nfm_reply", "nfm_reply": {"body": "Sent", "response_json": '{"klacht": "lek"}'}},
            },
            "Sent\nklacht: lek",
            [],
        ),
        ({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "[1, 2"}}}, "[1, 2", []),
        (
            {"type": "order", "order": {"catalog_id": "c", "product_items": [{"product_retailer_id": "p"}]}},
            None,
            [("order", "c", None), ("product", "p", None)],
        ),
        (
            {
                "type": "contacts",
                "contacts": [{"name": {"formatted_name": "Riet"}, "phones": [{"phone": "+31 6", "wa_id": "316"}]}],
            },
            "Riet, +31 6",
            [("contact", "316", None)],
        ),
        ({"type": "location", "location": {"latitude": 52, "longitude": 4, "name": "Dam"}}, "Dam", [("location", None, None)]),
        ({"type": "unsupported", "unsupported": {"type": "poll"}}, None, [("poll", None, None)]),
        ({"type": "unknown"}, None, [("unknown", None, None)]),
    ],
)
def test_every_type_gives_words_and_attachments(message, text, attachments):
    found = one(body_with({"from": SANNE, "id": "wamid.1", "timestamp": "1795424400", **message}))
    assert found.sort is Sort.MESSAGE
    assert (found.text, [(a.type, a.id, a.mime) for a in found.attachments], found.raw_type) == (
        text,
        attachments,
        message["type"],
    )


def test_a_place_is_an_address_that_any_map_opens():
    place = {"type": "location", "location": {"latitude": "52.370216", "longitude": 4.895168}}
    assert one(body_with(said(**place))).attachments[0].url == "geo:52.370216,4.895168"
    for odd in ({"latitude": True, "longitude": 4}, {"latitude": "NaN", "longitude": 4}, {"latitude": 91, "longitude": 4}, {}):
        assert one(body_with(said(type="location", location=odd))).attachments[0].url is None


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", 7, None])
def test_only_addresses_of_the_web_are_passed_on(address):
    assert one(body_with(said(type="image", image={"id": "7", "url": address}))).attachments[0].url is None


@pytest.mark.parametrize(
    ("message", "sort", "target", "text"),
    [
        ({"type": "reaction", "reaction": {"message_id": "w9", "emoji": "👍"}}, Sort.REACTION, "w9", "👍"),
        ({"type": "reaction", "reaction": {"message_id": "w9", "emoji": ""}}, Sort.REACTION, "w9", None),
        ({"type": "reaction", "reaction": {"message_id": "w9"}}, Sort.REACTION, "w9", None),
        (
            {"type": "edit", "edit": {"original_message_id": "w9", "message": {"type": "text", "text": {"body": "nu goed"}}}},
            Sort.EDIT,
            "w9",
            "nu goed",
        ),
        (
            {"type": "edit", "edit": {"original_message_id": "w9", "message": {"text": {"body": "nu goed"}}}},
            Sort.EDIT,
            "w9",
            "nu goed",
        ),
        ({"type": "revoke", "revoke": {"original_message_id": "w9"}}, Sort.DELETE, "w9", None),
    ],
)
def test_reactions_edits_and_deletions_name_their_message(message, sort, target, text):
    found = one(body_with(said(**message)))
    assert (found.sort, found.target_id, found.text, found.external_id) == (sort, target, text, "wamid.1")
    assert found.reason == ("removed" if sort is Sort.REACTION and text is None else None)


def test_a_quoted_message_is_what_is_replied_to_and_a_forwarded_one_is_not():
    assert one(body_with(said(context={"from": "31201234567", "id": "w9"}))).reply_to == "w9"
    assert one(body_with(said(context={"forwarded": True}))).reply_to is None


def test_a_group_is_one_thread_with_many_authors():
    found = one(body_with(said(group_id="Z3JvZXA")))
    assert (found.conversation_id, found.author.id) == ("Z3JvZXA", SANNE)


@pytest.mark.parametrize(
    ("system", "sender", "was", "now"),
    [
        ({"type": "user_changed_number", "wa_id": "31698765432"}, {"from": SANNE}, SANNE, "31698765432"),
        (
            {"type": "user_changed_number", "wa_id": "31698765432", "user_id": "NL.9"},
            {"from": SANNE, "from_user_id": "NL.1"},
            "NL.1",
            "NL.9",
        ),
        ({"type": "user_changed_user_id", "user_id": "NL.9", "previous_user_id": "NL.1"}, {"from": ""}, "NL.1", "NL.9"),
        ({"type": "customer_changed_number", "new_wa_id": "316", "customer": SANNE}, {}, SANNE, "316"),
        ({"type": "customer_identity_changed", "identity": "h"}, {"from": SANNE}, SANNE, SANNE),
    ],
)
def test_a_changed_number_or_user_id_tells_who_it_was_and_who_it_is(system, sender, was, now):
    found = one(body_with({"id": "wamid.1", "timestamp": "1795424400", "type": "system", "system": system, **sender}))
    assert (found.sort, found.conversation_id, found.author.id) == (Sort.IDENTITY, was, now)


# --- when


@pytest.mark.parametrize("stamp", ["1795424400", 1795424400, 1795424400.0, "1795424400000", 1795424400000])
def test_epoch_seconds_as_text_are_read_and_so_is_what_others_make_of_them(stamp):
    assert one(body_with(said(timestamp=stamp))).created_at == NOW


def test_without_a_time_of_its_own_the_entrys_counts():
    body = body_with(said(timestamp=None))
    body["entry"][0]["time"] = 1795424400
    assert one(body).created_at == NOW


@pytest.mark.parametrize("stamp", ["zojuist", "", "-1", "0", 0, True, [], "9" * 18, "9" * 4000, "١٢٣"])
def test_what_is_no_time_makes_only_that_message_unreadable(stamp):
    bad, good = heard(body_with(said(timestamp=stamp), said(id="wamid.2")))
    assert (bad.sort, good.sort) == (Sort.UNREADABLE, Sort.MESSAGE)
    assert "timestamp" in bad.reason


# --- states, echoes, account, and what is not for us


def test_a_status_carries_our_mark_and_what_went_wrong():
    error = {"code": 131047, "title": "the window is closed", "error_data": {"details": "More than 24 hours."}}
    state = {
        "id": "w1",
        "status": "failed",
        "timestamp": "1795424400",
        "recipient_id": SANNE,
        "errors": [error],
        "biz_opaque_callback_data": "reply-1",
    }
    found = one(body_with(statuses=[state]))
    assert (found.sort, found.status, found.target_id, found.note) == (Sort.STATUS, "failed", "w1", "reply-1")
    assert found.reason == "131047: the window is closed - More than 24 hours."


def test_a_status_of_tomorrow_is_passed_on():
    assert one(body_with(statuses=[{"id": "w1", "status": "teleported", "timestamp": "1795424400"}])).status == "teleported"


def test_what_staff_writes_in_the_phone_app_is_an_echo_to_the_customer():
    echo = {"from": "31201234567", "to": SANNE, "id": "w1", "timestamp": "1795424400", "type": "text", "text": {"body": "Dag!"}}
    found = one(body_with(message_echoes=[echo], field="smb_message_echoes"))
    assert (found.sort, found.direction, found.conversation_id, found.author.id) == (
        Sort.ECHO,
        Direction.OUTBOUND,
        SANNE,
        "31201234567",
    )


def test_an_error_of_the_whole_number_is_the_accounts():
    found = one(body_with(errors=[{"code": 130429, "title": "sends too fast"}]))
    assert (found.sort, found.reason, found.account) == (Sort.ACCOUNT, "130429: sends too fast", "1065")


@pytest.mark.parametrize(
    ("field", "sort"),
    [
        *(
            (name, Sort.ACCOUNT)
            for name in ("account_update", "phone_number_quality_update", "message_template_status_update", "security")
        ),
        *(
            (name, Sort.IGNORED)
            for name in ("history", "smb_app_state_sync", "user_preferences", "calls", "group_settings_update", "of_tomorrow")
        ),
    ],
)
def test_other_fields_are_the_accounts_or_are_ignored_with_a_reason(field, sort):
    found = one(body_with(field=field, event="SOMETHING"))
    assert found.sort is sort
    assert found.reason.startswith(field)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"object": "page", "entry": []}, "other platform"),
        ({"object": "instagram"}, "other platform"),
        ({"data": [], "meta": {}}, "other platform"),
        ({}, "other platform"),
        ({"messages": [{"id": "wamid.1"}]}, "an API answer: a message was accepted"),
        ({"error": {"code": 190, "message": "no"}}, "an API answer: an error"),
        ({"to": "316", "type": "text", "text": {"body": "Dag"}}, "an API request: a message to be sent"),
        ({"messaging_product": "whatsapp", "status": "read"}, "an API answer or request, no webhook"),
        ({"success": True}, "an API answer"),
        (None, "an empty body"),
        ({"object": "whatsapp_business_account", "entry": []}, "no entry in it"),
    ],
)
def test_what_is_not_for_us_says_why(body, reason):
    found = one(body)
    assert (found.sort, found.reason) == (Sort.IGNORED, reason)


# --- proof of who is calling


def test_the_handshake_gives_the_challenge_back_to_the_letter():
    asked = {"hub.mode": "subscribe", "hub.verify_token": "welkom", "hub.challenge": "0012 3<b>"}
    answer = handshake(asked, SECRETS)
    assert (answer.status, answer.text, answer.content_type) == (200, "0012 3<b>", "text/plain")
    for wrong in (
        {**asked, "hub.verify_token": "welkom "},
        {**asked, "hub.mode": "unsubscribe"},
        {"hub.mode": "subscribe", "hub.verify_token": "welkom"},
    ):
        assert handshake(wrong, SECRETS).status == 403
    assert handshake(asked, {}).status == 403
    assert handshake({**asked, "hub.verify_token": ""}, {"verify_token": ""}).status == 403
    assert handshake({}, SECRETS) is None


def signed(raw, secret=SECRETS["app_secret"]):
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()}


def test_the_signature_is_over_the_raw_bytes():
    """Meta escapes umlauts and slashes; the same JSON written our way has another signature."""
    raw = b'{"text":"\\u00e4 \\ud83d\\ude00 a\\/b"}'
    ours = json.dumps(json.loads(raw), ensure_ascii=False).encode()
    assert verify(signed(raw), raw, SECRETS)
    assert verify({name.lower(): value for name, value in signed(raw).items()}, raw, SECRETS)
    assert not verify(signed(raw), ours, SECRETS)
    assert not verify(signed(raw, "another"), raw, SECRETS)
    assert not verify({}, raw, SECRETS)
    assert not verify({"X-Hub-Signature-256": "sha1=0"}, raw, SECRETS)
    assert not verify({"X-Hub-Signature-256": "sha256=\udcff"}, raw, SECRETS)
    assert not verify(signed(raw, ""), raw, {"app_secret": ""})
    assert not verify(signed(raw, ""), raw, {})


# --- what a refusal means


AGAIN = {1, 2, 131000, 131016, 131057, 133016}
WAIT = {4, 80007, 130429, 131048, 131056}
ACCOUNT = {0, 3, 10, 190, 200, 368, 131031, 131042, 131045}
NEVER = {100, 131008, 131009, 131021, 131026, 131030, 131047, 131049, 131050, 131051, 131052, 131053}
NEVER |= {132000, 132001, 132015, 132016}


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_code_says_what_to_do(code):
    http, message, details = REFUSALS[code]
    raw = json.dumps({"error": {"message": message, "code": code, "error_data": {"details": details}}}).encode()
    expected = {
        **dict.fromkeys(AGAIN, Unavailable),
        **dict.fromkeys(WAIT, RateLimited),
        **dict.fromkeys(ACCOUNT, AuthFailed),
        **dict.fromkeys(NEVER, Rejected),
    }
    assert REFUSALS.keys() == AGAIN | WAIT | ACCOUNT | NEVER
    for status in (http, 400, 500):  # build on the code, never on the status
        assert type(explain(status, {}, raw, NOW)) is expected[code]


def test_a_closed_window_is_said_in_plain_words():
    raw = json.dumps({"error": {"code": 131047, "message": "(#131047) the window is closed"}}).encode()
    assert "more than 24 hours ago" in explain(400, {}, raw, NOW).reason


@pytest.mark.parametrize(
    ("status", "raw", "kind"),
    [
        (503, b"<html>Sorry</html>", Unavailable),
        (500, b"", Unavailable),
        (400, b'{"error": {"code": 13', Unavailable),
        (400, b"[]", Unavailable),
        (200, b"\xff", Unavailable),
        (401, b"", AuthFailed),
        (429, b"", RateLimited),
        (400, b'{"error": {"code": 999999, "message": "new"}}', Rejected),
        (500, b'{"error": {"code": 999999, "message": "new"}}', Unavailable),
        (403, b'{"error": {"code": 999999, "message": "new"}}', AuthFailed),
        (400, b'{"error": {"code": 100, "error_subcode": 33, "message": "does not exist"}}', AuthFailed),
        (400, b'{"error": {"code": 230, "message": "permission"}}', AuthFailed),
        (400, b'{"error": {"code": 132015, "message": "template paused"}}', Rejected),
        (400, b'{"error": "words"}', Unavailable),
        (400, b"[" * 100_000, Unavailable),
    ],
)
def test_other_answers_are_read_by_status(status, raw, kind):
    assert type(explain(status, {}, raw, NOW)) is kind


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, timedelta(hours=1)),
        (
            {
                "X-Business-Use-Case-Usage": '{"1": [{"estimated_time_to_regain_access": 12}, {"estimated_time_to_regain_access": 0}]}'
            },
            timedelta(minutes=12),
        ),
        ({"x-business-use-case-usage": "no json"}, timedelta(hours=1)),
        ({"x-business-use-case-usage": '{"1": [{"estimated_time_to_regain_access": -5}]}'}, timedelta(hours=1)),
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        ({"Retry-After": "-1"}, timedelta(hours=1)),
    ],
)
def test_a_limit_tells_when_to_come_back_and_never_yesterday(headers, wait):
    found = explain(400, headers, b'{"error": {"code": 80007, "message": "limit"}}', NOW)
    assert found.until == NOW + wait


# --- the client against the simulator


@pytest.fixture
async def stage():
    async with on_stage() as found:
        yield found


async def test_a_reply_goes_out_in_context_with_our_key(stage):
    asked = await stage.play("messages", number=SANNE, text="Waar blijft mijn pakket?")
    receipt = await stage.client.send(reply(reply_to=asked["id"]))
    (sent,) = (await stage.state())["sent"]
    assert sent["wamid"] == receipt.external_id
    assert sent["body"] == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": f"+{SANNE}",
        "type": "text",
        "text": {"body": "Dag Sanne"},
        "context": {"message_id": asked["id"]},
        "biz_opaque_callback_data": "reply-1",
    }


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        (SANNE_ID, {"recipient_type": "individual", "recipient": SANNE_ID}),
        ("NL.ENT.123", {"recipient_type": "individual", "recipient": "NL.ENT.123"}),
        (f"+{SANNE}", {"recipient_type": "individual", "to": f"+{SANNE}"}),
    ],
)
async def test_a_user_id_is_addressed_as_such(stage, customer, expected):
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.client.send(reply(conversation_id=customer))
    (sent,) = (await stage.state())["sent"]
    assert {name: sent["body"].get(name) for name in ("to", "recipient", "recipient_type") if name in sent["body"]} == expected


async def test_an_answer_to_a_user_id_holds_no_number(stage):
    await stage.play("messages", number=SANNE, text="hoi")
    headers = {"Authorization": "Bearer sim-token"}
    asked = {"messaging_product": "whatsapp", "recipient": SANNE_ID, "type": "text", "text": {"body": "Dag"}}
    async with stage.session.post(
        stage.simulator.make_url("/v26.0/106500000000001/messages"), json=asked, headers=headers
    ) as response:
        assert (await response.json())["contacts"] == [{"input": SANNE_ID, "user_id": SANNE_ID}]


async def test_after_24_hours_nobody_is_reached_by_free_text(stage):
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.play("clock", seconds=86_399)
    await stage.client.send(reply())
    await stage.play("clock", seconds=1)
    with pytest.raises(Rejected, match="more than 24 hours ago"):
        await stage.client.send(reply())
    assert len((await stage.state())["sent"]) == 1


async def test_a_closed_window_may_be_told_by_a_status_only(stage):
    await stage.subscribe()
    await stage.play("settings", closed_window="status")
    receipt = await stage.client.send(reply())
    await stage.play("settle")
    (found,) = stage.heard()
    assert (found.status, found.target_id, found.note) == ("failed", receipt.external_id, "reply-1")
    assert found.reason.startswith("131047")


async def test_who_has_no_whatsapp_is_found_out_after_the_200(stage):
    await stage.subscribe()
    await stage.client.send(reply(conversation_id="31600000000"))
    await stage.play("settle")
    assert [h.status for h in stage.heard()] == ["sent", "failed"]


async def test_ten_thousand_characters_are_refused(stage):
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.client.send(reply(text="a" * connector.limits.length))
    with pytest.raises(Rejected, match="4096"):
        await stage.client.send(reply(text="a" * 10_000))
    with pytest.raises(Rejected):
        await stage.client.send(reply(text=""))


@pytest.mark.parametrize(
    ("code", "kind"),
    [(131056, RateLimited), (80007, RateLimited), (131016, Unavailable), (131031, AuthFailed), (131026, Rejected)],
)
async def test_a_refused_reply_was_not_sent(stage, code, kind):
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.play("faults", kind="error", code=code)
    with pytest.raises(kind):
        await stage.client.send(reply())
    assert (await stage.state())["sent"] == []
    await stage.client.send(reply())


async def test_a_limit_is_counted_from_the_platforms_own_clock(stage):
    await stage.play("clock", now="2026-12-24T10:00:00+00:00")
    await stage.play("faults", kind="error", code=131056)
    with pytest.raises(RateLimited) as limited:
        await stage.client.send(reply())
    assert limited.value.until == datetime(2026, 12, 24, 10, 0, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fault", "kind", "sent"),
    [
        ({"kind": "html"}, Unavailable, 0),  # 503 is said before anything was done
        ({"kind": "html", "code": 502}, Unconfirmed, 0),
        ({"kind": "html", "code": 520}, Unconfirmed, 0),  # a gateway's own
        ({"kind": "empty"}, Unconfirmed, 0),
        ({"kind": "drop_before"}, Unconfirmed, 0),  # nobody can tell it from the next one
        ({"kind": "drop_after"}, Unconfirmed, 1),
        ({"kind": "no_id"}, Unconfirmed, 1),
        ({"kind": "cut_off"}, Unconfirmed, 1),
    ],
)
async def test_what_may_have_been_sent_is_unconfirmed(stage, fault, kind, sent):
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.play("faults", **fault)
    with pytest.raises(kind):
        await stage.client.send(reply())
    assert len((await stage.state())["sent"]) == sent


async def test_a_time_out_is_unconfirmed_and_cannot_be_asked_about_but_a_status_tells(stage):
    await stage.subscribe()
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.play("faults", kind="drop_after")
    with pytest.raises(Unconfirmed):
        await stage.client.send(reply())
    with pytest.raises(Unconfirmed, match="cannot be asked"):
        await stage.client.find(reply())
    await stage.play("settle")
    assert {h.note for h in stage.heard() if h.sort is Sort.STATUS} == {"reply-1"}


async def test_nobody_there_means_certainly_not_sent(stage):
    nobody = stage.client_at(f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(Unavailable):
        await nobody.send(reply())
    with pytest.raises(Unavailable):
        await nobody.preflight(NOW)


class Silent:
    """A session whose answer never comes."""

    def __init__(self, error):
        self.error = error

    def request(self, *_args, **_kwargs):
        return self

    async def __aenter__(self):
        raise self.error

    async def __aexit__(self, *args):
        return None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), Unconfirmed),
        (aiohttp.SocketTimeoutError(), Unconfirmed),
        (aiohttp.ServerDisconnectedError(), Unconfirmed),
        (ConnectionResetError(), Unconfirmed),
        (aiohttp.ClientPayloadError(), Unconfirmed),
        (aiohttp.ConnectionTimeoutError(), Unavailable),
        (aiohttp.InvalidURL("x"), Unavailable),
    ],
)
async def test_only_what_never_left_may_be_tried_again(error, kind):
    client = Client(Config(phone_number_id="1"), Silent(error), SECRETS)
    with pytest.raises(kind):
        await client.send(reply())
    with pytest.raises(Unavailable):
        await client.preflight(NOW)


async def test_the_token_is_in_no_address_and_in_no_error(stage):
    stranger = stage.client_at(str(stage.simulator.make_url("/")), {"access_token": "EAAsecret"})
    with pytest.raises(AuthFailed) as failed:
        await stranger.send(reply())
    assert "EAAsecret" not in str(failed.value)


@pytest.mark.parametrize("standing", ["expired", "revoked", "no_permission"])
async def test_a_dead_token_stops_the_channel(stage, standing):
    await stage.play("settings", standing=standing)
    with pytest.raises(AuthFailed):
        await stage.client.preflight(NOW)
    with pytest.raises(AuthFailed):
        await stage.client.send(reply())


async def test_preflight_says_who_we_are_and_what_is_wrong(stage):
    assert (await stage.client.preflight(NOW)).account == "106500000000001"
    assert (await stage.client.preflight(NOW)).problems == ()
    await stage.play("settings", number_state="BANNED", quality="RED")
    problems = (await stage.client.preflight(NOW)).problems
    assert [word for word in ("BANNED", "RED") if any(word in problem for problem in problems)] == ["BANNED", "RED"]


async def test_preflight_says_until_when_the_token_lives_and_whether_it_may_send(stage):
    assert (await stage.client.preflight(NOW)).expires_at is None
    await stage.play("settings", token_days=60, scopes=["whatsapp_business_management"])
    health = await stage.client.preflight(NOW)
    assert health.expires_at == START + timedelta(days=60)
    assert health.problems == ("the token lacks the permission whatsapp_business_messaging",)


@pytest.mark.parametrize(
    "answers", [None, {}, [], [None], [{"code": 400, "body": "{}"}], [{"code": 200, "body": "[]"}], [{"code": 200}]]
)
async def test_what_meta_does_not_say_of_the_token_is_unknown(answers):
    class Meta:
        token = SECRETS["access_token"]

        async def batch(self, _addresses):
            return answers

    assert await inspect(Meta()) == Token()


async def test_preflight_of_another_number_names_the_problem(stage):
    client = Client(Config(phone_number_id="999", base_url=str(stage.simulator.make_url("/"))), stage.session, SECRETS)
    with pytest.raises(AuthFailed, match="does not exist"):
        await client.preflight(NOW)


@pytest.mark.parametrize("fault", [{"kind": "html"}, {"kind": "empty"}, {"kind": "cut_off"}])
async def test_preflight_survives_nonsense(stage, fault):
    await stage.play("faults", **fault)
    with pytest.raises(Unavailable):
        await stage.client.preflight(NOW)


async def test_there_is_nothing_to_poll(stage):
    batch = await stage.client.poll("here", NOW)
    assert (batch.bodies, batch.cursor, batch.more) == ((), "here", False)


# --- webhooks from the simulator


async def test_what_a_customer_writes_arrives_signed_with_unicode_escapes(stage):
    assert (await stage.subscribe())["subscribed"]
    await stage.play("messages", number=SANNE, text="Zoë vraagt: 10/11 geleverd? 😠")
    await stage.play("settle")
    ((proven, raw),) = stage.receiver.got
    assert proven
    assert b"\\u00eb" in raw
    assert b"10\\/11" in raw
    (found,) = stage.heard()
    assert (found.text, found.author.id, found.author.name) == ("Zoë vraagt: 10/11 geleverd? 😠", SANNE_ID, "Sanne de Wit")


async def test_a_wrong_verify_token_subscribes_nobody_and_a_wrong_secret_proves_nothing(stage):
    assert not (await stage.subscribe({"verify_token": "raad"}))["subscribed"]
    await stage.subscribe({"app_secret": "raad"})
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.play("settle")
    assert [proven for proven, _ in stage.receiver.got] == [False]


async def test_a_failing_receiver_is_tried_again_and_then_given_up(stage):
    await stage.subscribe()
    stage.receiver.answers = [500, 500, 200]
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.play("settle")
    assert stage.receiver.got == []
    await stage.play("clock", seconds=25)
    await stage.play("clock", seconds=60)
    assert [h.text for h in stage.heard()] == ["hoi"]
    stage.receiver.answers = [500] * 60
    await stage.play("messages", number=SANNE, text="nog eens")
    for _ in range(8):
        await stage.play("clock", seconds=86_400)
    assert (await stage.state())["lost"] == 1


async def test_a_retry_goes_to_all_apps_so_one_of_them_hears_it_twice(stage):
    await stage.subscribe()
    await stage.subscribe()
    stage.receiver.answers = [200, 500]
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.play("settle")
    await stage.play("clock", seconds=60)
    assert [h.external_id for h in stage.heard()] == [stage.heard()[0].external_id] * 3


async def test_statuses_come_backwards_twice_and_in_one_body(stage):
    await stage.subscribe()
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.play("deliveries", hold=True, backwards=True)
    await stage.client.send(reply())
    await stage.play("deliveries", hold=False)
    assert [h.status for h in stage.heard() if h.sort is Sort.STATUS] == ["read", "delivered", "sent"]
    await stage.play("deliveries", twice=True)
    await stage.play("messages", number=SANNE, text="dubbel")
    await stage.play("settle")
    assert [h.text for h in stage.heard() if h.sort is Sort.MESSAGE] == ["hoi", "dubbel", "dubbel"]


async def test_every_kind_of_event_can_be_played(stage):
    await stage.subscribe()
    written = await stage.play("messages", number=SANNE, text="hoi")
    for how in (
        {"type": "image", "part": {"caption": "kijk"}},
        {"type": "reaction", "part": {"message_id": written["id"], "emoji": "👍"}},
        {"type": "edit", "part": {"original_message_id": written["id"], "message": {"type": "text", "text": {"body": "hallo"}}}},
        {"type": "revoke", "part": {"original_message_id": written["id"]}},
        {"type": "system", "part": {"type": "user_changed_number", "wa_id": "31698765432", "body": "changed"}},
        {"text": "in de groep", "group_id": "Z3JvZXA", "reply_to": written["id"]},
    ):
        await stage.play("messages", number=SANNE, **how)
    await stage.play("echoes", to=SANNE, text="Antwoord uit de app")
    await stage.play("changes", field="account_update", value={"event": "ACCOUNT_VIOLATION"})
    await stage.play("settle")
    assert [h.sort for h in stage.heard()] == [
        *(Sort.MESSAGE, Sort.MESSAGE, Sort.REACTION, Sort.EDIT, Sort.DELETE, Sort.IDENTITY, Sort.MESSAGE),
        *(Sort.ECHO, Sort.ACCOUNT),
    ]


async def test_a_customer_may_hide_the_number(stage):
    await stage.subscribe()
    await stage.play("customers", number=SANNE, shows_number=False, username="sanne.w")
    await stage.play("messages", number=SANNE, text="hoi")
    await stage.client.send(reply(conversation_id=SANNE_ID))
    await stage.play("settle")
    found = stage.heard()
    assert SANNE not in json.dumps([raw.decode() for _, raw in stage.receiver.got])
    assert {h.conversation_id for h in found} == {SANNE_ID}
    assert found[0].author.handle == "sanne.w"


async def test_media_opens_with_the_token_for_five_minutes_and_is_gone_after_a_week(stage):
    await stage.subscribe()
    await stage.play("messages", number=SANNE, type="image", part={"caption": "kapot"})
    await stage.play("settle")
    media = stage.heard()[0].attachments[0].id
    headers = {"Authorization": "Bearer sim-token"}

    async def got(url, headers=headers):
        async with stage.session.get(url, headers=headers) as response:
            return response.status, await response.read()

    status, raw = await got(stage.simulator.make_url(f"/v26.0/{media}"))
    address = json.loads(raw)["url"]
    assert (status, (await got(address))[0]) == (200, 200)
    assert (await got(address, {}))[0] == 401
    await stage.play("clock", seconds=300)
    assert (await got(address))[0] == 404
    await stage.play("clock", seconds=7 * 86_400)
    assert (await got(stage.simulator.make_url(f"/v26.0/{media}")))[0] == 400


async def test_two_replies_at_once_are_two_messages(stage):
    await stage.play("messages", number=SANNE, text="hoi")
    receipts = await asyncio.gather(*(stage.client.send(reply(key=f"reply-{n}")) for n in range(5)))
    assert len({receipt.external_id for receipt in receipts}) == 5

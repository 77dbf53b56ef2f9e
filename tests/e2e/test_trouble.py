"""What goes wrong outside: bodies that nobody can read, platforms that fail, tokens that die. One clear word each, and it goes on."""

from __future__ import annotations

import knocking
import ledger
import pytest
from processes import until
from settings_file import LEAD, ONCALL

pytestmark = pytest.mark.slow

QUESTION = "Waar blijft mijn bestelling?"


@pytest.fixture
async def running(platforms, make_daemon, open_beside, sqlite_url):
    """A daemon that all three platforms know: the daemon, its database, and its address for WhatsApp."""
    daemon = await make_daemon(sqlite_url, platforms).started()
    store = open_beside(sqlite_url)
    hook = await store.read(ledger.hook_of, "whatsapp")
    await platforms.lead_to(daemon)
    await platforms.subscribe_whatsapp(hook)
    return daemon, store, hook


async def stored(store, external_id):
    async def is_there():
        return (await store.read(ledger.customers_messages))[external_id] == 1

    await until(is_there, f"{external_id} is stored")


async def goes_on(daemon, platforms, store):
    """Show that the daemon still takes what comes."""
    found = await platforms.play("whatsapp", "messages", number="31699999999", text=QUESTION)
    await stored(store, found["id"])
    assert (await daemon.health("readyz"))[0] == 200
    assert "Traceback" not in daemon.text()


# --- webhooks


@pytest.mark.parametrize(
    "raw",
    [
        b'{"object": "whatsapp_business_account", "entry": [',
        b"\xff\xfe\x00",
        b"",
        b"[" * 100_000,
        b"<html></html>",
        b'"text"',
        b"[]",
    ],
    ids=["cut off", "no text", "nothing", "too deep", "html", "a text", "a list"],
)
async def test_a_signed_body_that_nobody_can_read_is_taken_and_shown(running, platforms, raw):
    daemon, store, hook = running
    assert await knocking.knock(daemon, hook, raw) == 200

    async def is_judged():
        return await store.read(ledger.delivered, hook) == ["unreadable"]

    await until(is_judged, "the body is known to be unreadable")
    await goes_on(daemon, platforms, store)


@pytest.mark.parametrize("signature", [{"X-Hub-Signature-256": "sha256=" + "0" * 64}, {"X-Hub-Signature-256": ""}])
async def test_a_body_with_a_wrong_signature_leaves_no_trace(running, platforms, signature):
    daemon, store, hook = running
    assert await knocking.knock(daemon, hook, knocking.message(1, QUESTION), **signature) == 403
    await goes_on(daemon, platforms, store)
    assert len(await store.read(ledger.delivered, hook)) == 1  # the one that went on


async def test_an_address_that_was_never_given_out_is_unknown(running):
    daemon, store, _ = running
    assert await knocking.knock(daemon, "x" * 43, knocking.message(1, QUESTION)) == 404
    assert await store.read(ledger.delivered, "x" * 43) == []


async def test_what_only_tomorrows_platform_knows_is_kept_or_shown(running, platforms):
    daemon, store, hook = running
    told = knocking.message(1, QUESTION, mood={"level": 3}, referral={"source": None})
    told["entry"][0]["changes"][0]["value"]["weather"] = ["rain"]
    told["entry"].append({"id": "1", "changes": [{"field": "hologram", "value": {"messaging_product": "whatsapp"}}]})
    assert await knocking.knock(daemon, hook, told) == 200
    await stored(store, "wamid.1")
    assert await knocking.knock(daemon, hook, knocking.message(2, QUESTION, type="hologram", hologram={"depth": 2})) == 200

    async def is_shown():
        return [row["where"] for row in await store.read(ledger.unreadable_elements)]

    assert len(await until(is_shown, "what nobody can read is shown")) == 1
    await goes_on(daemon, platforms, store)


# --- platforms that are polled


async def test_an_error_page_instead_of_a_list_is_said_once_and_nothing_is_lost(running, platforms):
    daemon, store, _ = running
    await platforms.play("twitter", "person", id="99", name="Anna", username="anna")
    await platforms.play("twitter", "fault", kind="html", path="/mentions")
    found = await platforms.play("twitter", "post", author="99", text=f"@klaverenergie {QUESTION}")
    await daemon.said("channel.whole")
    await stored(store, found["id"])
    assert [event["channel"] for event in daemon.events("channel.partly")] == ["twitter:783200001"]
    assert len(daemon.events("channel.whole")) == 1
    assert daemon.events("channel.failing") == []  # the other lists were read meanwhile
    await goes_on(daemon, platforms, store)


@pytest.mark.slow
async def test_a_name_that_nobody_knows_stops_nobody_else(platforms, make_daemon, open_beside, sqlite_url):
    daemon = make_daemon(sqlite_url, platforms)
    daemon.doc["channel"][0]["base_url"] = "http://api.x.invalid"
    await daemon.started()
    store = open_beside(sqlite_url)
    await daemon.said("channel.failing", channel="twitter:783200001")
    told = await until(lambda: troubles(daemon, "failing"), "somebody is told that it lasts")
    assert [one["name"] for one in told] == ["x"]
    await platforms.lead_to(daemon)
    await platforms.subscribe_whatsapp(await store.read(ledger.hook_of, "whatsapp"))
    await goes_on(daemon, platforms, store)
    assert len(daemon.events("channel.failing")) == 1


async def test_a_dead_token_stops_its_channel_and_is_told_once(running, platforms):
    daemon, store, _ = running
    await platforms.play("twitter", "set", is_revoked=True)
    await daemon.said("channel.stopped", channel="twitter:783200001")
    await until(lambda: troubles(daemon, "stopped"), "the person on call hears of it")
    await platforms.play("twitter", "person", id="99", name="Anna", username="anna")
    found = await platforms.play("twitter", "post", author="99", text=f"@klaverenergie {QUESTION}")
    await goes_on(daemon, platforms, store)

    assert await daemon.stop() == 0
    await platforms.play("twitter", "set", is_revoked=False)
    await store.write(ledger.let_checks_be_due)
    await daemon.started()
    await until(lambda: troubles(daemon, "recovered"), "the person on call hears that it is well")
    await stored(store, found["id"])
    assert [one["name"] for one in troubles(daemon, "stopped")] == ["x"]
    assert len(daemon.events("channel.stopped")) == 1


async def test_a_reply_to_a_stopped_channel_waits_for_it(running, platforms):
    """The token dies while a customer waits: the reply is held, and leaves when the token lives again."""
    daemon, store, _ = running
    await platforms.play("whatsapp", "messages", number="31612345678", text=QUESTION)
    case = await until(lambda: store.read(ledger.unanswered), "a case")
    await platforms.play("whatsapp", "settings", standing="revoked")
    reply = await store.write(ledger.write_reply, case[0], "Morgen.")
    await daemon.said("channel.stopped", channel="whatsapp:106500000000001")
    assert await daemon.stop() == 0
    assert (await store.read(ledger.replies))[0]["state"] == "queued"
    assert (await platforms.sent())["whatsapp"] == []

    await platforms.play("whatsapp", "settings", standing="good")
    await store.write(ledger.let_checks_be_due)
    await daemon.started()

    async def is_accepted():
        return [(row["id"], row["state"]) for row in await store.read(ledger.replies)] == [(reply, "accepted")]

    await until(is_accepted, "the reply leaves")
    assert (await platforms.sent())["whatsapp"] == ["Morgen."]


def troubles(daemon, what):
    """Return what the person on call was told of channels."""
    found = [line["trouble"] for line in daemon.lines(ONCALL) if "trouble" in line]
    assert not [line for line in daemon.lines(LEAD) if "trouble" in line]
    return [one for one in found if one["what"] == what]

"""Customers on WhatsApp and Instagram, from the question to the stopped clock, through a running daemon."""

from __future__ import annotations

import json

import knocking
import ledger
import pytest
import settings_file
from processes import until
from settings_file import LEAD, NEXT, ONCALL, RUNGS

from connectors.whatsapp.simulator.world import Customer
from webcare.clock import machine_now
from webcare.services import answer

ANNA, BERT = "31612345678", "31687654321"
QUESTION = "Mijn kwikstaartje is weggevlogen. Wanneer komt er een nieuwe?"


async def test_a_question_climbs_the_ladder_until_it_is_answered(platforms, make_daemon, open_beside, sqlite_url, mail):
    daemon = make_daemon(sqlite_url, platforms, policy=[settings_file.policy("PT4S")], smtp=mail.settings)
    daemon.doc["person"][0]["contacts"] = [{"name": "mail", "target": "mailto:noor@meerkoet.example"}]
    await daemon.started()
    store = open_beside(sqlite_url)
    await platforms.lead_to(daemon)
    await platforms.subscribe_whatsapp(await store.read(ledger.hook_of, "whatsapp"))

    await platforms.play("whatsapp", "customers", number=ANNA, name="Anna Kwik")
    await platforms.play("whatsapp", "messages", number=ANNA, text=QUESTION)
    case = await until(lambda: first_case(store), "a case")
    assert await store.read(ledger.clocks, case["id"]) == [("first_response", "running")]

    letter = (await until(lambda: mail.letters, f"{ONCALL} gets a letter"))[0]
    told = [await until(lambda p=p, s=s: heard(daemon, p, s), f"{p} hears of {s}") for p, s in ((NEXT, "page"), (LEAD, "breach"))]
    taken = (await store.read(ledger.steps))[case["id"]]
    assert taken == {("first_response", step, case["due_at"]): 1 for step in RUNGS}
    words = letter.get_body(("plain",)).get_content()
    assert f"https://webcare.example/cases/{case['id']}" in words
    assert "WhatsApp" in words
    assert "kwik" not in letter.as_string().lower()
    for lines in told:
        assert "kwik" not in json.dumps(lines).lower()
        assert [line["cases"][0]["case"] for line in lines] == [case["id"]] * len(lines)

    reply = await store.write(answer.write, case["id"], text="Morgen, Anna.", by=ONCALL, now=machine_now())
    await until(lambda: is_accepted(store, reply), "the platform takes the reply")
    assert (await platforms.sent())["whatsapp"] == ["Morgen, Anna."]
    assert await store.read(ledger.clocks, case["id"]) == [("first_response", "missed")]
    assert (await one(store, case["id"]))["due_at"] is None  # nothing is owed any more
    assert "kwik" not in daemon.text().lower()
    assert await daemon.stop() == 0


async def test_a_comment_on_instagram_is_answered_under_it(platforms, make_daemon, open_beside, sqlite_url):
    daemon = await make_daemon(sqlite_url, platforms, **settings_file.instagram(platforms.addresses)).started()
    store = open_beside(sqlite_url)
    await platforms.lead_to(daemon)
    await platforms.subscribe_instagram(await store.read(ledger.hook_of, "instagram"))
    post = (await platforms.play("instagram", "media", caption="Nieuws van Meerkoet"))["id"]
    author = {"id": "77001", "username": "anna_kwik"}
    assert (await platforms.play("instagram", "comment", on=post, author=author, text=QUESTION))["delivered"] == 1

    case = await until(lambda: first_case(store), "a case")
    reply = await store.write(answer.write, case["id"], text="Morgen, Anna.", by=ONCALL, now=machine_now())
    await until(lambda: is_accepted(store, reply), "the platform takes the reply")
    assert (await platforms.sent())["instagram"] == ["Morgen, Anna."]
    assert await store.read(ledger.clocks, case["id"]) == [("first_response", "met")]
    assert "kwik" not in daemon.text().lower()
    assert await daemon.stop() == 0


@pytest.mark.parametrize("shows_user_id", [False, True])  # an echo names the number only
async def test_an_answer_from_the_phone_stops_the_clock(platforms, make_daemon, open_beside, sqlite_url, shows_user_id):
    daemon, store = await make_daemon(sqlite_url, platforms).started(), open_beside(sqlite_url)
    hook = await store.read(ledger.hook_of, "whatsapp")
    await platforms.lead_to(daemon)
    await platforms.subscribe_whatsapp(hook)
    bert = Customer(number=BERT, user_id="NL.2", name="Bert", shows_user_id=shows_user_id)
    assert await knocking.knock(daemon, hook, knocking.message(1, "Hoe laat zijn jullie open?", by=bert, ago=60)) == 200
    case = await until(lambda: first_case(store), "a case")
    await platforms.play("whatsapp", "echoes", to=BERT, text="Tot zes uur, tot straks!")
    await until(lambda: is_kept(store, "Tot zes uur, tot straks!"), "the answer is stored")

    async def is_met():
        return await store.read(ledger.clocks, case["id"]) == [("first_response", "met")]

    await until(is_met, "the clock stops", within=5)
    assert await store.read(ledger.steps) == {}
    assert (await platforms.sent())["whatsapp"] == []
    assert (await platforms.whatsapp())["marked_read"] == []


async def is_kept(store, text):
    return (await store.read(ledger.our_messages))[text] == 1


async def first_case(store):
    return next(iter(await store.read(ledger.cases)), None)


async def one(store, number):
    return next(row for row in await store.read(ledger.cases) if row["id"] == number)


async def is_accepted(store, reply):
    return any((row["id"], row["state"]) == (reply, "accepted") for row in await store.read(ledger.replies))


def heard(daemon, person, step):
    """Return the alerts of a person when one of them is about this step."""
    lines = [line for line in daemon.lines(person) if "cases" in line]
    return lines if any(fact["step"] == step for line in lines for fact in line["cases"]) else None

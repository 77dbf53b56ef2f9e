"""The language that a channel is said to have: what shows none is read in it, until the customer has shown theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import CHANNEL, HOUR, MONDAY, Desk, FakeClassifier, account, ours, said

from sentiment.rules.classifier import RuleClassifier
from webcare.domain.message import Kind
from webcare.domain.rulebook import Lookup, parse_rulebook
from webcare.services import reasons
from webcare.services.correct import Correction, correct
from webcare.services.corrections import learned
from webcare.services.receipt import receipts_of
from webcare.store import tables

DM = {"kind": Kind.DM, "conversation_id": "dm"}
LOOKUP = Lookup(holidays=lambda *_: lambda _day: None)
LADDER = [{"share": 1, "step": "breach"}]
BY_LANGUAGE = [
    {"name": "british", "when": {"language": "en"}, "first_response": "P3D", "next_response": "P3D", "ladder": LADDER},
    {"name": "default", "first_response": "PT1H", "next_response": "PT1H", "ladder": LADDER},
]
ENGLISH = {CHANNEL: "en"}


@pytest.fixture
async def desk(store):
    """The word rules read an English channel, where English has a policy of its own."""
    found = await Desk.open(store, parse_rulebook({"policy": BY_LANGUAGE}, LOOKUP))
    found.rules = replace(found.rules, languages=ENGLISH)
    found.classifier = RuleClassifier()
    return found


async def spoken(desk):
    return [row["language"] for row in await desk.rows(tables.verdict)]


async def policies(desk):
    return [row["policy"] for row in await desk.cases()]


@pytest.mark.parametrize("text", ["??", "👍👍", "3511 AB", ""])
async def test_what_shows_no_language_is_read_in_that_of_its_channel(desk, text):
    await desk.hear(said("m1", text, MONDAY, **DM), said("m2", text, MONDAY, channel="twitter:other", **DM))
    assert await spoken(desk) == ["en", "und"]


async def test_its_case_goes_by_the_policy_of_that_language(desk):
    await desk.hear(said("m1", "??", MONDAY, **DM), said("m2", "??", MONDAY, channel="twitter:other", **DM))
    assert await policies(desk) == ["british", "default"]


async def test_what_the_customer_spoke_before_wins_over_the_channel(desk):
    await desk.hear(said("m1", "Waar blijft mijn pakket nou toch?", MONDAY, **DM))
    await desk.hear(said("m2", "??", MONDAY + HOUR, **DM), said("m3", "??", MONDAY + HOUR, by="bram", conversation_id="other"))
    assert await spoken(desk) == ["nl", "nl", "en"]


async def test_a_text_in_another_language_is_not_taken_for_the_channels(desk):
    await desk.hear(said("m1", "Ich warte seit einer Woche auf mein Paket und niemand antwortet mir", MONDAY, **DM))
    assert await spoken(desk) == ["und"]
    assert await policies(desk) == ["default"]


async def test_who_gives_a_channel_another_language_has_new_messages_read_in_it(desk):
    await desk.hear(said("m1", "??", MONDAY, **DM))
    desk.rules = replace(desk.rules, languages={CHANNEL: "nl"})
    await desk.hear(said("m2", "??", MONDAY, by="bram", conversation_id="other"))
    assert await spoken(desk) == ["en", "nl"]


async def test_a_text_on_which_the_classifier_fails_has_the_language_of_its_channel(desk):
    desk.classifier = FakeClassifier()
    await desk.hear(said("m1", "poison", MONDAY, **DM))
    assert await spoken(desk) == ["en"]
    assert await policies(desk) == ["british"]


async def test_whoever_asks_why_and_whoever_learns_is_asked_the_same_question(desk):
    await desk.hear(said("m1", "??", MONDAY, **DM))
    asked = await desk.store.read(reasons.question, 1, 1, ENGLISH)
    assert asked.language_hint == "en"
    change = Correction(needs_response=True)
    await desk.store.write(correct, 1, change, by="noor", rules=desk.rules, now=MONDAY + HOUR)
    (example,) = (await desk.store.read(learned, ENGLISH)).examples
    assert (example.request.language_hint, example.language) == ("en", "en")


async def test_a_receipt_for_a_text_in_no_language_of_ours_is_in_that_of_the_channel(desk):
    texts = {"nl": "Dank je.", "en": "Thank you."}
    theirs = [account(receipt=texts, language="en"), account("other", receipt=texts)]
    receipts = receipts_of(theirs, language="nl", zone="UTC")
    desk.rules = replace(desk.rules, receipts=receipts)
    german = "Ich warte seit einer Woche auf mein Paket und niemand antwortet mir"
    await desk.hear(said("m1", german, MONDAY, **DM), said("m2", german, MONDAY, channel="twitter:other", **DM))
    await desk.hear(ours("a1", MONDAY, **DM))
    assert [row["text"] for row in await desk.replies()] == ["Thank you.", "Dank je."]

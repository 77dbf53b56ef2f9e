"""A customer who goes by another id from now on, as the platform itself says: one thread, answered where they are now."""

from __future__ import annotations

import pytest
from fakes import BRAND, HOUR, MONDAY, US
from hearsay import Ears, real_account

from webcare.services import answer
from webcare.store import messages, other_names

NUMBER_ID = "106500000000001"
CHANNEL = f"whatsapp:{NUMBER_ID}"
OLD, NEW, OLD_ID, NEW_ID = "31612345678", "31698765432", "NL.11", "NL.99"
TEN = MONDAY + HOUR
NUMBERS, BOTH, IDS = {"from": OLD}, {"from": OLD, "from_user_id": OLD_ID}, {"from_user_id": OLD_ID}
MOVED = {"type": "user_changed_number", "wa_id": NEW}
MOVED_ID = {"type": "user_changed_number", "wa_id": NEW, "user_id": NEW_ID, "previous_user_id": OLD_ID}


@pytest.fixture
async def ears(desk):
    await desk.store.write(messages.ensure_channel, CHANNEL, brand=BRAND, now=MONDAY)
    return Ears(desk, accounts=[real_account(CHANNEL)])


async def tell(ears, sender, *, at=MONDAY, id_="w1", **what):
    """Let Meta tell of a message of this sender."""
    stamp = str(int(at.timestamp()))
    told = {**sender, "id": id_, "timestamp": stamp, **(what or {"type": "text", "text": {"body": "Where is it?"}})}
    value = {"metadata": {"phone_number_id": NUMBER_ID}, "messages": [told]}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}
    await ears.keep(body, at, channel=CHANNEL)
    await ears.work(at)


async def threads(ears):
    return {(row["conversation_id"], row["author_id"]) for row in (await ears.messages()).values()}


@pytest.mark.parametrize(
    ("before", "change", "after", "key"),
    [
        (NUMBERS, MOVED, {"from": NEW}, NEW),
        (BOTH, MOVED_ID, {"from": NEW, "from_user_id": NEW_ID}, NEW_ID),
        (IDS, MOVED_ID, {"from_user_id": NEW_ID}, NEW_ID),
        (NUMBERS, MOVED_ID, {"from_user_id": NEW_ID}, NEW_ID),
    ],
    ids=["numbers", "both", "ids", "known by number only"],
)
@pytest.mark.parametrize("times", [1, 2])
async def test_the_thread_goes_along_and_the_answer_too(desk, ears, *, before, change, after, key, times):
    await tell(ears, before)
    said_by = {**BOTH, **({} if before is not IDS else {"from": None})} if change is MOVED_ID else NUMBERS
    for nth in range(times):
        await tell(ears, said_by, at=TEN, id_=f"s{nth}", type="system", system=change)
    await tell(ears, after, at=TEN + HOUR, id_="w2")
    assert await threads(ears) == {(key, key)}
    assert [(row["customer_id"], row["conversation_id"]) for row in await desk.cases()] == [(key, key)]
    await desk.store.write(answer.write, 1, text="Tomorrow.", by=US, now=TEN + HOUR)
    assert [row["conversation_id"] for row in await desk.replies()] == [key]
    assert "collect.identity" in {line["event"] for line in desk.logged}


async def test_what_was_written_before_and_comes_after_it_is_theirs_too(ears):
    await tell(ears, BOTH)
    await tell(ears, BOTH, at=TEN, id_="s1", type="system", system=MOVED_ID)
    await tell(ears, BOTH, at=MONDAY, id_="w0")
    assert await threads(ears) == {(NEW_ID, NEW_ID)}


async def test_who_gets_the_old_number_is_somebody_else(desk, ears):
    await tell(ears, BOTH)
    await tell(ears, BOTH, at=TEN, id_="s1", type="system", system=MOVED_ID)
    await tell(ears, {"from": OLD, "from_user_id": "NL.55"}, at=TEN + HOUR, id_="w2")
    assert await threads(ears) == {(NEW_ID, NEW_ID), ("NL.55", "NL.55")}
    assert await desk.store.read(other_names.key_of, CHANNEL, OLD) == "NL.55"


@pytest.mark.parametrize("change", [{"type": "customer_identity_changed", "identity": "h"}, {"type": "user_changed_number"}])
async def test_what_names_no_other_id_moves_nothing(desk, ears, change):
    await tell(ears, NUMBERS)
    await tell(ears, NUMBERS, at=TEN, id_="s1", type="system", system=change)
    assert await threads(ears) == {(OLD, OLD)}
    assert len(await desk.cases()) == 1

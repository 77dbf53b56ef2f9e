"""The page of a case says when a claim ended by itself, and why."""

from __future__ import annotations

import pytest
from fakes import HOUR, MONDAY, said
from inboxes import open_inbox

from webcare.services import desk, lapse
from webcare.store.door import open_store


@pytest.fixture
async def inbox(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        yield opened
    await store.close()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("nl", "deed te lang niets met de zaak: die is weer van niemand"), ("en", "did nothing with the case for too long")],
)
async def test_the_history_of_a_case_tells_why_it_is_nobodys_again(inbox, language, sentence):
    await inbox.desk.hear(said("m1", "Where is it?", MONDAY))
    await inbox.store.write(desk.claim, 1, by="noor", rules=inbox.desk.rules, now=MONDAY)
    inbox.clock.at = MONDAY + 3 * HOUR
    await lapse.lapse(inbox.store, inbox.desk.rules, inbox.clock.at)
    who = await inbox.somebody("daan", language=language)
    await inbox.hire("noor", called="Noor")
    await who.get("/cases/1")
    assert f"Noor {sentence}" in who.text

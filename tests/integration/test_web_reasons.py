"""Why a message is read as it is, as a person sees it on the page of its case, over real HTTP."""

from __future__ import annotations

import pytest
from fakes import HOUR, MONDAY, said
from inboxes import open_inbox
from sqlalchemy import update

from webcare.domain.rota import Role
from webcare.domain.verdict import STAND_IN
from webcare.store.door import open_store
from webcare.store.tables import message
from webcare.web.words import EN, NL

WHY = "/cases/1/messages/1/why"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
async def inbox(sqlite_url):
    store = open_store(sqlite_url)
    async with open_inbox(store) as opened:
        yield opened
    await store.close()


async def hear(inbox, *messages):
    await inbox.desk.hear(*messages)
    inbox.clock.at = max(inbox.clock.at, *(one.created_at for one in messages))


async def test_the_case_offers_the_words_and_a_page_shows_them_without_a_script(inbox):
    await hear(inbox, said("m1", "Waar blijft het? <b>Schande!</b>", MONDAY))
    noor = await inbox.somebody()
    await noor.get("/cases/1")
    assert f'href="{WHY}"' in noor.text
    assert inbox.desk.classifier.asked[-1].explain is False, "nobody looked yet, and each look costs as much as forty messages"
    assert await noor.get(WHY) == 200
    assert NL.reasons.title in noor.text
    assert "<q>?</q>" in noor.text
    assert NL.thing.intents["question"] in noor.text
    assert NL.reasons.towards.format(strength=NL.reasons.strongly) in noor.text
    assert NL.reasons.by.format(model="fake") in noor.text
    assert 'href="/cases/1#message-1"' in noor.text


async def test_a_script_gets_the_part_for_the_page_of_the_case(inbox):
    await hear(inbox, said("m1", "Waar blijft het?", MONDAY))
    noor = await inbox.somebody(language="en")
    assert await noor.get(WHY, **FRAGMENT) == 200
    assert "<html" not in noor.text
    assert EN.thing.intents["question"] in noor.text


async def test_what_the_message_answers_is_told_to_the_classifier(inbox):
    await hear(inbox, said("m1", "Waar blijft het?", MONDAY), said("m2", "maybe 1234 AB", MONDAY + HOUR, reply_to="m1"))
    noor = await inbox.somebody()
    assert await noor.get("/cases/1/messages/2/why") == 200
    asked = inbox.desk.classifier.asked[-1]
    assert (asked.text, asked.explain, asked.replied_to.text) == ("maybe 1234 AB", True, "Waar blijft het?")


@pytest.mark.parametrize(
    ("model", "phrase", "is_left_out"),
    [("webcare-1", "by", True), ("rules-1", "by_rules", False), (f"{STAND_IN}rules-1", "by_stand_in", False)],
)
async def test_the_page_says_who_reads_it_so(inbox, model, phrase, is_left_out):
    await hear(inbox, said("m1", "Waar blijft het?", MONDAY))
    inbox.desk.classifier.name = model
    noor = await inbox.somebody()
    await noor.get(WHY)
    assert getattr(NL.reasons, phrase).format(model=model.removeprefix(STAND_IN)) in noor.text
    assert (NL.reasons.limits in noor.text) is is_left_out


async def test_no_word_that_decides_is_said(inbox):
    await hear(inbox, said("m1", "maybe", MONDAY))
    noor = await inbox.somebody()
    await noor.get(WHY)
    assert NL.reasons.none in noor.text


async def test_a_deleted_text_cannot_be_explained(inbox):
    await hear(inbox, said("m1", "Waar blijft het?", MONDAY))
    noor = await inbox.somebody()
    await inbox.store.write(lambda conn: conn.execute(update(message).values(text="", deleted_at=MONDAY + HOUR)) and None)
    before = len(inbox.desk.classifier.asked)
    assert await noor.get(WHY) == 404
    assert len(inbox.desk.classifier.asked) == before
    await noor.get("/cases/1")
    assert WHY not in noor.text


async def test_a_message_of_another_case_is_not_shown_through_this_one(inbox):
    await hear(inbox, said("m1", "Waar blijft het?", MONDAY), said("m2", "En mijn pakket?", MONDAY, by="bea"))
    noor = await inbox.somebody()
    assert await noor.get("/cases/2/messages/2/why") == 200
    assert await noor.get("/cases/1/messages/2/why") == 404
    assert await noor.get("/cases/1/messages/77/why") == 404


async def test_nobody_looks_without_a_login(inbox):
    await hear(inbox, said("m1", "Waar blijft het?", MONDAY))
    stranger = await inbox.browser()
    assert await stranger.get(WHY) == 303
    assert inbox.desk.classifier.asked[-1].explain is False


async def test_an_auditor_may_look(inbox):
    await hear(inbox, said("m1", "Waar blijft het?", MONDAY))
    auditor = await inbox.somebody("els", Role.AUDITOR)
    assert await auditor.get(WHY) == 200

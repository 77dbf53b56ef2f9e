"""The page of a case of a public conversation: the post above it, who answered whom, and another customer's answer, over real HTTP."""

from __future__ import annotations

import html
import re

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, FakeClock, ours, said
from inboxes import open_inbox

from webcare.domain.message import Author, Direction, Kind
from webcare.domain.rota import Role
from webcare.services import community
from webcare.store import context, messages
from webcare.web.words import EN

LONG_AGO = MONDAY - 30 * DAY
ADVICE = "You can cancel it <b>in the app</b>"


@pytest.fixture
async def inbox(store):
    async with open_inbox(store) as opened:
        yield opened


def plain(who):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", who.text)))


async def stand_around(inbox, **changes):
    root = said("thread", "Our <i>network</i> is new", LONG_AGO, by="bert", kind=Kind.POST, **changes)
    await inbox.store.write(messages.ensure_channel, CHANNEL, brand="meerkoet", now=MONDAY)
    await inbox.store.write(context.keep, root, MONDAY)


async def helped(inbox):
    await inbox.desk.hear(
        said("m1", "How do I cancel?", MONDAY, reply_to="thread"),
        said("m2", ADVICE, MONDAY + HOUR / 4, by="bert", reply_to="m1"),
        said("m3", "thanks bert", MONDAY + HOUR / 2, reply_to="m2"),
    )
    assert await community.look(inbox.store, FakeClock(MONDAY + HOUR)) == 1


async def test_the_post_above_the_customers_words_is_shown_with_whose_it_is(inbox):
    await stand_around(inbox, permalink="https://x.example/thread")
    await inbox.desk.hear(said("m1", "Where?", MONDAY, reply_to="thread"))
    who = await inbox.somebody(role=Role.AGENT, language="en")
    assert await who.get("/cases/1") == 200
    above, _, below = who.text.partition('id="message-1"')
    assert EN.around.root.format(name="Bert") in above
    assert "Our &lt;i&gt;network&lt;/i&gt; is new" in above
    assert 'href="https://x.example/thread"' in above
    assert "network" not in below
    assert "Anna to Bert" in plain(who)


async def test_a_root_that_is_a_message_is_shown_once(inbox):
    await inbox.desk.hear(ours("thread", MONDAY - HOUR, text="All is well", kind=Kind.POST), now=MONDAY)
    await inbox.desk.hear(said("m1", "Where?", MONDAY, reply_to="thread"))
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/cases/1")
    assert who.text.count("All is well") == 1
    assert EN.around.root_ours in who.text
    assert "Anna to us" in plain(who)


@pytest.mark.parametrize(
    "message",
    [
        said("thread", "Where?", MONDAY),
        said("d1", "Where?", MONDAY, kind=Kind.DM, conversation_id="anna", author=Author(id="anna", name="Anna")),
        said("m1", "Where?", MONDAY, direction=Direction.INBOUND),
    ],
    ids=["began it", "private", "unknown"],
)
async def test_no_post_stands_above_where_there_is_none(inbox, message):
    await inbox.desk.hear(message)
    who = await inbox.somebody(role=Role.AGENT, language="en")
    assert await who.get("/cases/1") == 200
    assert 'id="root"' not in who.text


async def test_another_customers_answer_shows_in_the_queue_and_on_the_case_and_closes_it_when_good_enough(inbox):
    await helped(inbox)
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/")
    assert EN.around.short.format(certainty=95) in who.text
    await who.get("/cases/1")
    card = who.text.partition('id="helper"')[2].partition("</section>")[0]
    assert html.escape(ADVICE) in card
    assert EN.around.because["thanked"] in card
    assert await who.post("/cases/1/good-enough", message="2") == 303
    assert (await inbox.desk.case())["state"] == "closed"
    assert "watch" in inbox.woken
    await who.get(who.to)
    assert EN.around.done["good-enough"] in who.text
    assert 'id="helper"' not in who.text


async def test_no_takes_it_away(inbox):
    await helped(inbox)
    who = await inbox.somebody(role=Role.AGENT, language="en")
    await who.get("/cases/1")
    assert await who.post("/cases/1/no-answer", message="2") == 303
    await who.get(who.to)
    assert EN.around.done["refused"] in who.text
    assert 'id="helper"' not in who.text
    assert (await inbox.desk.case())["state"] == "open"
    assert await who.post("/cases/1/no-answer", message="2") == 409
    assert await who.post("/cases/1/no-answer", message="x") == 400


async def test_whoever_only_looks_sees_it_without_buttons(inbox):
    await helped(inbox)
    who = await inbox.somebody(role=Role.AUDITOR, language="en")
    await who.get("/cases/1")
    card = who.text.partition('id="helper"')[2].partition("</section>")[0]
    assert html.escape(ADVICE) in card
    assert "<form" not in card
    assert await who.post("/cases/1/good-enough", message="2") == 403

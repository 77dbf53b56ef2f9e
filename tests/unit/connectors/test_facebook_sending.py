"""A page answers, and looks whether the answer is there; its webhook hears the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from facebook_played import PSID, SANNE, Played, Receiver, answer, private, texts, told

from connectors.facebook.simulator import app
from connectors.facebook.simulator.keys import DELIVERIES
from connectors.facebook.simulator.world import PAGE, START
from webcare.domain.message import Kind
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unconfirmed

NOW = START
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


# --- answering


async def test_a_comment_is_answered_beneath_it_and_never_edited(played):
    comment = await played.comment(await played.post())
    receipt = await played.client.send(answer(comment))
    sent = played.world.comments[receipt.external_id]
    assert (sent.parent, sent.text) == (comment, "We kijken het na.")
    assert played.world.comments[comment].text == "help"


async def test_a_post_is_answered_with_a_comment(played):
    post = await played.post("vraag", author=SANNE)
    receipt = await played.client.send(answer(post, kind=Kind.POST, conversation=post))
    assert played.world.comments[receipt.external_id].root == post


async def test_a_private_message_is_answered_within_its_window_only(played):
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    receipt = await played.client.send(private(mid))
    assert played.world.messages[receipt.external_id].metadata == "k1"
    await played.sim("clock", advance=25 * 3600)
    with pytest.raises(Rejected, match="reply window"):
        await played.client.send(private(mid))
    with pytest.raises(Rejected, match="no such person"):
        await played.client.send(answer(None, conversation="6600000000000404", kind=Kind.DM))


async def test_what_is_gone_cannot_be_answered(played):
    with pytest.raises(Rejected, match="gone"):
        await played.client.send(answer("70_80"))
    assert await played.client.find(answer("70_80")) is None


@pytest.mark.parametrize("kind", ["lost_answer", "html", "truncated", "empty", "no_id", "hang_up"])
async def test_a_send_without_a_clear_answer_is_looked_for(played, kind):
    post = await played.post()
    comment = await played.comment(post)
    await played.sim("fault", kind=kind, method="POST")
    with pytest.raises(Unconfirmed):
        await played.client.send(answer(comment, conversation=post))
    found = await played.client.find(answer(comment, conversation=post))
    assert (found is not None) == (kind == "lost_answer")
    if found is not None:
        assert found.external_id in played.world.comments
        assert found.accepted_at == NOW


async def test_messenger_says_unknown_error_although_it_sent(played):
    """Its own table of errors tells of code 1 for messages that all arrived."""
    await played.sim("message", person=PSID, text="waar?")
    await played.sim("fault", kind="error", method="POST", error={"code": 1, "error_subcode": 1357046})
    with pytest.raises(Unconfirmed):
        await played.client.send(private())


async def test_a_private_message_is_found_after_the_one_it_answers(played):
    first = (await played.sim("message", person=PSID, text="waar?"))["id"]
    await played.client.send(private(first))
    await played.sim("clock", advance=60)
    second = (await played.sim("message", person=PSID, text="en nu?"))["id"]
    assert (await played.client.find(private(first))) is not None
    assert (await played.client.find(private(second))) is None
    await played.sim("clock", advance=60)
    await played.sim("fault", kind="lost_answer", method="POST")
    with pytest.raises(Unconfirmed):
        await played.client.send(private(second))
    assert (await played.client.find(private(second))).accepted_at == NOW + 2 * MINUTE


async def test_a_conversation_longer_than_is_shown_leaves_it_open(played):
    first = (await played.sim("message", person=PSID, text="waar?"))["id"]
    for number in range(25):
        await played.sim("clock", advance=1)
        await played.sim("message", person=PSID, text=f"m{number}")
    with pytest.raises(Unconfirmed, match="longer"):
        await played.client.find(private(first))


async def test_a_reply_to_a_reply_is_found_beside_it(played):
    post = await played.post()
    comment = await played.comment(post)
    await played.client.send(answer(comment, conversation=post))
    await played.sim("clock", advance=60)
    reply = await played.comment(comment, "en ik?")
    assert await played.client.find(answer(reply, conversation=post)) is None
    await played.sim("clock", advance=60)
    receipt = await played.client.send(answer(reply, conversation=post))
    assert (await played.client.find(answer(reply, conversation=post))).external_id == receipt.external_id


async def test_two_of_the_same_leave_it_open_which_is_meant(played):
    comment = await played.comment(await played.post())
    for _ in range(2):
        await played.client.send(answer(comment))
        await played.sim("clock", advance=60)
    with pytest.raises(Unconfirmed, match="2 of ours"):
        await played.client.find(answer(comment))


async def test_a_duplicate_is_what_was_sent_before(played):
    post = await played.post()
    comment, other = await played.comment(post), await played.comment(post, "ik ook")
    receipt = await played.client.send(answer(comment, conversation=post))
    assert (await played.client.send(answer(comment, conversation=post))).external_id == receipt.external_id
    with pytest.raises(Rejected, match="506"):
        await played.client.send(answer(other, conversation=post))


async def test_a_send_that_meets_a_limit_waits_as_long_as_it_says(played):
    usage = json.dumps({PAGE: [{"estimated_time_to_regain_access": 7}]})
    await played.sim("fault", kind="error", error={"code": 80006}, headers={"X-Business-Use-Case-Usage": usage})
    with pytest.raises(RateLimited) as caught:
        await played.client.send(private())
    assert caught.value.until == NOW + 7 * MINUTE


@pytest.mark.parametrize(
    ("kind", "conversation", "is_dm"), [(None, PSID, True), (None, f"{PAGE}_1", False), (Kind.REVIEW, "72", False)]
)
def test_where_a_reply_goes(kind, conversation, is_dm):
    from connectors.facebook.page import is_messenger  # noqa: PLC0415

    assert is_messenger(replace(answer(None, conversation=conversation), kind=kind)) is is_dm


# --- what the simulator tells a webhook


@pytest.fixture
async def receiver(played):
    kept = Receiver()
    hook = web.Application()
    hook.router.add_route("*", "/hook", kept.handle)
    async with TestServer(hook) as server:
        assert (await played.sim("hook", url=str(server.make_url("/hook"))))["subscribed"]
        yield kept


async def test_the_webhook_hears_the_life_of_a_comment(played, receiver):
    comment = await played.comment(await played.post(), "géén a/b")
    await played.sim("react", id=comment, author=SANNE)
    await played.sim("edit", id=comment, text="wel")
    await played.sim("hide", id=comment)
    await played.sim("native", on=comment, text="opgelost")
    await played.client.send(answer(comment))
    await played.sim("remove", id=comment)
    sorts = [one.sort.value for one in told(receiver)]
    assert sorts == ["echo", "message", "reaction", "edit", "ignored", "echo", "echo", "delete"]


async def test_the_webhook_hears_the_life_of_a_message(played, receiver):
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    await played.sim("message", person=PSID, text="hallo?", part="standby")
    await played.sim("edit", id=mid, text="waar blijft het?")
    await played.sim("native", person=PSID, text="komt eraan")
    await played.client.send(private(mid))
    await played.sim("remove", id=mid)
    said = told(receiver)
    assert [one.sort.value for one in said] == ["message", "message", "edit", "echo", "echo", "delete"]
    assert {one.conversation_id for one in said} == {PSID}
    assert said[4].note == "k1"


async def test_the_webhook_hears_of_strangers_and_of_what_is_new_to_us(played, receiver):
    await played.comment(await played.post(), "wie ben ik?", author=None)
    await played.sim("tell", field="feed", value={"item": "hologram", "verb": "add", "message": "hallo?", "created_time": 1})
    said = told(receiver)
    assert said[1].author.id.startswith("unknown:")
    assert said[2].sort is Sort.UNREADABLE


async def test_what_the_receiver_refuses_comes_again_later(played, receiver):
    receiver.refuse = 2
    await played.comment(await played.post(), "help!")
    assert receiver.bodies == []
    await played.sim("clock", advance=60)
    assert sorted(one.text for one in told(receiver)) == ["Storing in Leiden", "help!"]


async def test_what_is_refused_for_36_hours_is_lost_and_polling_finds_it(played, receiver):
    receiver.refuse = 10_000
    await played.comment(await played.post(), "help!")
    for _ in range(40):
        await played.sim("clock", advance=3600)
    receiver.refuse = 0
    assert (await played.sim("deliver"))["waiting"] == 0
    assert receiver.bodies == []
    assert "help!" in texts(await played.poll())


async def test_deliveries_come_twice_backwards_and_together(played, receiver):
    receiver.refuse = 3
    post = await played.post()
    for number in range(2):
        await played.comment(post, f"c{number}")
    played.world.skipped += 2 * MINUTE
    await played.sim("deliver", twice=True, backwards=True, together=True)
    assert [one.text for one in told(receiver)] == ["c1", "c0", "Storing in Leiden"] * 2
    assert played.server.app[DELIVERIES].waiting == []


async def test_old_words_of_ours_are_not_taken_for_an_answer_to_what_is_not_shown(played):
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    await played.client.send(private(mid, "Dank je!"))
    for unknown in (None, "m_elsewhere"):
        with pytest.raises(Unconfirmed, match="may be older"):
            await played.client.find(private(unknown, "Dank je!"))
        assert await played.client.find(private(unknown, "Iets anders")) is None


async def test_what_is_not_allowed_at_somebody_elses_place_does_not_stop_the_channel(played):
    post = await played.post()
    for kind, meaning in ((Kind.MENTION, Rejected), (Kind.COMMENT, AuthFailed)):
        await played.sim("fault", kind="error", method="POST", error={"code": 200})
        with pytest.raises(meaning):
            await played.client.send(answer(post, conversation=post, kind=kind))

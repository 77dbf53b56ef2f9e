"""One message is one, however it is heard: told by the webhook, polled, or both; and nothing that is told is lost."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from facebook_played import PSID, SANNE, Played, Receiver, answer, private, said_in, told

from connectors.facebook.simulator import app
from connectors.facebook.simulator.world import PAGE
from webcare.domain.message import Kind
from webcare.ports.connector import Sort

PEOPLE = {"sender": {"id": PSID}, "recipient": {"id": PAGE}}


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


@pytest.fixture
async def receiver(played):
    kept = Receiver()
    hook = aiohttp.web.Application()
    hook.router.add_route("*", "/hook", kept.handle)
    async with TestServer(hook) as server:
        assert (await played.sim("hook", url=str(server.make_url("/hook"))))["subscribed"]
        yield kept


def seen(one):
    """What would be another message, or an edit of it, if it differed between a webhook and a poll."""
    place = (one.sort, one.external_id, one.conversation_id, one.kind, one.direction, one.author.id, one.text, one.created_at)
    return (*place, [(file.type, file.id, file.mime) for file in one.attachments])


async def test_what_is_told_and_what_is_polled_are_one_message(played, receiver):
    """Whatever differed would be a second case, or an edit that nobody made."""
    picture = {"type": "image"}
    post = await played.post("Storing")
    for files in ([picture], [picture, picture], [{"type": "video"}], [{"type": "link", "url": "https://example.org"}]):
        await played.post("met bijlage", author=SANNE, files=files)
    comment = await played.comment(post)
    await played.comment(comment, "ik ook")
    await played.sim("comment", on=post, text="foto", author=SANNE, files=[picture])
    await played.comment(post, "wie ben ik?", author=None)
    await played.sim("native", on=comment, text="opgelost")
    for one in ("image", "video", "audio", "file", "sticker", "old_sticker", "hole"):
        await played.sim("message", person=PSID, text="", files=[{"type": one}])
    await played.sim("message", person=PSID, text="waar?")
    await played.sim("native", person=PSID, text="komt eraan")
    review = (await played.sim("review", author=SANNE, text="meh", rating=2))["id"]
    await played.comment(await played.comment(review, "vind ik ook"), "en ik")
    await played.client.send(private(text="We zoeken het uit."))
    by_hook = {one.external_id: seen(one) for one in told(receiver)}
    batch = await played.poll(client=played.talk(reviews=True, posts_per_poll=50))
    by_poll = {one.external_id: seen(one) for one in said_in(batch) if one.author}
    assert len(by_hook) == 23
    assert by_poll == by_hook


async def test_a_post_elsewhere_that_names_us_is_one_mention_told_and_polled(played, receiver):
    await played.sim("tag", author=SANNE, text="@Meerkoet hallo?")
    [by_hook] = told(receiver)
    by_poll = next(one for one in said_in(await played.poll()) if one.text)
    same = ("external_id", "conversation_id", "kind", "text", "created_at", "direction")
    assert [getattr(by_hook, name) for name in same] == [getattr(by_poll, name) for name in same]
    assert (by_poll.kind, by_poll.author.id) == (Kind.MENTION, SANNE["id"]), "only the poll says who it was"


async def test_a_review_lives_as_other_words_do(played, receiver):
    review = (await played.sim("review", author=SANNE, text="meh", rating=2))["id"]
    await played.comment(review, "vind ik ook")
    await played.sim("edit", id=review, text="toch goed")
    receipt = await played.client.send(answer(review, conversation=review, kind=Kind.REVIEW))
    assert played.world.comments[receipt.external_id].root == review
    await played.sim("remove", id=review)
    said = told(receiver)
    assert [one.sort for one in said] == [Sort.MESSAGE, Sort.MESSAGE, Sort.EDIT, Sort.ECHO, Sort.DELETE]
    assert {one.conversation_id for one in said} == {review}
    assert (said[0].kind, said[0].reason) == (Kind.REVIEW, "rating 2")


async def test_buttons_and_threads_that_change_hands_are_heard_and_never_lost(played, receiver):
    for part in (
        {"postback": {"mid": "m_p", "title": "Ik wil opzeggen", "payload": "X", "referral": {"ref": "a"}}},
        {"referral": {"ref": "a", "source": "ADS"}},
        {"optin": {"ref": "a"}},
        {"pass_thread_control": {"new_owner_app_id": 1}},
        {"take_thread_control": {"previous_owner_app_id": 1}},
        {"request_thread_control": {"requested_owner_app_id": 1}},
        {"policy_enforcement": {"action": "block", "reason": "spam"}},
    ):
        await played.sim("tell_messenger", item={**PEOPLE, "timestamp": 1795424400000, **part})
    said = told(receiver)
    assert [one.sort for one in said] == [Sort.MESSAGE, *[Sort.IGNORED] * 5, Sort.ACCOUNT]
    assert said[0].text == "Ik wil opzeggen"
    assert all(one.reason for one in said[1:])

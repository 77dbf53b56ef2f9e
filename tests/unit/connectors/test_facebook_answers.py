"""What we can do on a page beside a plain answer: write in private, send files, hide and like."""

from __future__ import annotations

from dataclasses import replace

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from facebook_played import PSID, SANNE, Played, answer, private

from connectors.facebook import connector
from connectors.facebook.simulator import app
from connectors.facebook.simulator.world import PAGE, PAGE_TOKEN
from webcare.domain.message import Kind
from webcare.ports.connector import Act, Capability, Deed, Upload, WayKind
from webcare.ports.errors import AuthFailed, Rejected, Unavailable, Unconfirmed

DAY = 24 * 3600
PNG = Upload(name="doos.png", mime="image/png", content=b"\x89PNG picture")
PDF = Upload(name="bon.pdf", mime="application/pdf", content=b"%PDF receipt")


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


def in_private(to, conversation, kind=Kind.COMMENT, text="Wat is je ordernummer?"):
    return replace(answer(to, text, conversation, kind), way=WayKind.PRIVATE)


def test_the_spec_lists_what_the_client_can():
    assert connector.capabilities == frozenset(Capability) - {Capability.TEMPLATE}
    assert connector.deeds == {Deed.HIDE, Deed.UNHIDE, Deed.LIKE, Deed.UNLIKE}


# --- private replies


async def test_a_comment_is_answered_in_private_once(played):
    post = await played.post()
    comment = await played.comment(post)
    receipt = await played.client.send(in_private(comment, post))
    sent = played.world.messages[receipt.external_id]
    assert (sent.root, sent.text) == (SANNE["id"], "Wat is je ordernummer?")
    assert played.world.comments.keys() == {comment}, "nothing was said in public"
    assert (await played.client.find(in_private(comment, post))).external_id == receipt.external_id
    with pytest.raises(Rejected, match="there may be one only"):
        await played.client.send(in_private(comment, post, text="iets anders"))


async def test_a_visitors_post_is_answered_in_private(played):
    post = await played.post("waar blijft het?", author=SANNE)
    receipt = await played.client.send(in_private(post, post, Kind.POST))
    assert played.world.messages[receipt.external_id].root == SANNE["id"]
    with pytest.raises(Unconfirmed):
        await played.client.find(in_private(post, post, Kind.POST))


async def test_a_private_reply_is_too_late_after_a_week(played):
    post = await played.post()
    comment = await played.comment(post)
    await played.sim("clock", advance=7 * DAY)
    with pytest.raises(Rejected, match="no private reply is allowed here"):
        await played.client.send(in_private(comment, post))


async def test_a_private_reply_opens_no_conversation_until_the_person_answers(played):
    post = await played.post()
    comment = await played.comment(post)
    await played.client.send(in_private(comment, post))
    more = answer(None, "Nog iets", SANNE["id"], Kind.DM)
    with pytest.raises(Rejected, match="has to write first"):
        await played.client.send(more)
    await played.sim("message", person=SANNE["id"], text="1234")
    assert await played.client.send(more)


async def test_a_private_reply_whose_answer_was_lost_is_found_and_never_sent_twice(played):
    post = await played.post()
    comment = await played.comment(post)
    await played.sim("fault", kind="lost_answer", method="POST")
    with pytest.raises(Unconfirmed):
        await played.client.send(in_private(comment, post))
    found = await played.client.find(in_private(comment, post))
    assert (await played.client.send(in_private(comment, post))).external_id == found.external_id
    assert len(played.world.messages) == 1


async def test_a_private_reply_that_may_still_be_sent_was_not_sent(played):
    post = await played.post()
    assert await played.client.find(in_private(await played.comment(post), post)) is None


async def test_a_private_reply_takes_no_files(played):
    post = await played.post()
    comment = await played.comment(post)
    with pytest.raises(Rejected, match="without files"):
        await played.client.send(replace(in_private(comment, post), uploads=(PNG,)))
    assert played.world.messages == {}


# --- after 24 hours


async def test_a_late_answer_is_marked_as_a_persons(played):
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    await played.sim("clock", advance=2 * DAY)
    late = replace(private(mid), late=True)
    with pytest.raises(Rejected, match="Human Agent is not approved"):
        await played.client.send(late)
    await played.sim("approve", human_agent=True)
    with pytest.raises(Rejected, match="reply window"):
        await played.client.send(private(mid))
    assert await played.client.send(late)
    await played.sim("clock", advance=5 * DAY)
    with pytest.raises(Rejected, match="reply window"):
        await played.client.send(late)


async def test_a_dead_token_is_a_dead_token_also_for_a_late_answer(played):
    await played.sim("token", token=PAGE_TOKEN, code=190, subcode=463)
    with pytest.raises(AuthFailed):
        await played.client.send(replace(private(), late=True))


@pytest.mark.parametrize(
    ("error", "words", "code"),
    [
        ({"code": 10900}, "there may be one only", "answered_once"),
        ({"code": 10903}, "no private reply is allowed", None),
        ({"code": 551}, "cannot be reached", "blocked"),
        ({"code": 10, "error_subcode": 2018278}, "has to write first", "window_closed"),
        ({"code": 10, "error_subcode": 2018300}, "another app", None),
        ({"code": 368}, "blocks the page", None),
    ],
)
async def test_a_refusal_says_in_plain_words_why(played, error, words, code):
    post = await played.post()
    comment = await played.comment(post)
    await played.sim("fault", kind="error", method="POST", error=error)
    with pytest.raises(Rejected, match=words) as caught:
        await played.client.send(in_private(comment, post))
    assert caught.value.code == code


async def test_a_page_that_was_blocked_is_told_so_and_nobody_knows_what_was_sent(played):
    await played.sim("message", person=PSID, text="waar?")
    await played.sim("fault", kind="error", method="POST", error={"code": 2})
    with pytest.raises(Unconfirmed, match="blocked the page"):
        await played.client.send(private())


# --- files


async def test_a_picture_goes_with_a_comment(played):
    comment = await played.comment(await played.post())
    receipt = await played.client.send(replace(answer(comment), uploads=(PNG,)))
    [shown] = played.world.comments[receipt.external_id].files
    assert played.world.files[shown.number].content == PNG.content
    with pytest.raises(Rejected, match="one picture"):
        await played.client.send(replace(answer(comment, "en"), uploads=(PNG, PNG)))
    with pytest.raises(Rejected, match="one picture"):
        await played.client.send(replace(answer(comment, "en"), uploads=(PDF,)))


async def test_files_go_to_messenger_before_the_words(played):
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    reply = replace(private(mid), uploads=(PNG, PDF))
    receipt = await played.client.send(reply)
    ours = [one for one in played.world.messages.values() if one.id != mid]
    assert [[shown.type for shown in one.files] for one in ours] == [["image"], ["file"], []]
    assert receipt.external_id == ours[-1].id
    assert (await played.client.find(reply)).external_id == receipt.external_id


async def test_a_file_that_could_not_be_brought_is_no_send(played):
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    await played.sim("fault", kind="html", method="POST", where="message_attachments")
    with pytest.raises(Unavailable):
        await played.client.send(replace(private(mid), uploads=(PNG,)))
    await played.sim("fault", kind="error", where="message_attachments", error={"code": 100, "error_subcode": 2018047})
    with pytest.raises(Rejected, match="file of this kind"):
        await played.client.send(replace(private(mid), uploads=(PNG,)))
    assert len(played.world.messages) == 1


@pytest.mark.parametrize("error", [{"code": 613}, {"code": 190, "error_subcode": 463}, {"code": 551}])
async def test_a_file_that_went_without_its_words_leaves_it_open(played, error):
    mid = (await played.sim("message", person=PSID, text="waar?"))["id"]
    reply = replace(private(mid), uploads=(PNG,))
    await played.sim("fault", kind="pass", method="POST", where="/messages")
    await played.sim("fault", kind="error", method="POST", where="/messages", error=error)
    with pytest.raises(Unconfirmed, match="1 of 2 parts"):
        await played.client.send(reply)
    with pytest.raises(Unconfirmed, match="files of ours"):
        await played.client.find(reply)


# --- deeds


def deed(what, target, conversation=f"{PAGE}_1", kind=Kind.COMMENT):
    return Act(key="k", channel=f"facebook:{PAGE}", deed=what, target_id=target, conversation_id=conversation, kind=kind)


async def test_a_comment_is_hidden_and_shown_liked_and_not_and_twice_is_once(played):
    comment = await played.comment(await played.post())
    words = played.world.comments[comment]
    for what, is_hidden, likes in (
        (Deed.HIDE, True, set()),
        (Deed.UNHIDE, False, set()),
        (Deed.LIKE, False, {PAGE}),
        (Deed.UNLIKE, False, set()),
    ):
        for _ in range(2):
            await played.client.act(deed(what, comment))
            assert (words.is_hidden, words.likes, words.text) == (is_hidden, likes, "help")


async def test_what_cannot_be_hidden_is_refused_and_what_is_gone_too(played):
    post = await played.post(author=SANNE)
    with pytest.raises(Rejected, match="not posts"):
        await played.client.act(deed(Deed.HIDE, post, post, Kind.POST))
    await played.client.act(deed(Deed.LIKE, post, post, Kind.POST))
    with pytest.raises(Rejected, match="private"):
        await played.client.act(deed(Deed.LIKE, "m_1", PSID, Kind.DM))
    with pytest.raises(Rejected, match="gone"):
        await played.client.act(deed(Deed.HIDE, "70_80"))


@pytest.mark.parametrize("kind", ["lost_answer", "html", "empty"])
async def test_a_deed_without_a_clear_answer_is_done_again(played, kind):
    comment = await played.comment(await played.post())
    await played.sim("fault", kind=kind, method="POST")
    with pytest.raises(Unavailable):
        await played.client.act(deed(Deed.HIDE, comment))
    await played.client.act(deed(Deed.HIDE, comment))
    assert played.world.comments[comment].is_hidden


async def test_what_is_not_allowed_at_somebody_elses_place_does_not_stop_the_channel(played):
    """A heart below a stranger's post stopped the page: nothing was polled, and all answers were held, until the next check."""
    comment = await played.comment(await played.post())
    for kind, error in ((Kind.MENTION, Rejected), (Kind.COMMENT, AuthFailed)):
        await played.sim("fault", kind="error", method="POST", where=comment, error={"code": 200})
        with pytest.raises(error, match="permission"):
            await played.client.act(deed(Deed.LIKE, comment, kind=kind))

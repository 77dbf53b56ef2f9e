"""An account answers, hides, and says before anybody types which ways are open."""

from __future__ import annotations

import json

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from instagram_played import JOS, MIA, NOW, SECRETS, Played, act, private, public

from connectors.instagram import connector
from connectors.instagram.config import Config
from connectors.instagram.simulator import app
from connectors.instagram.simulator.world import (
    ACCOUNT,
    PAGE_TOKEN,
)
from webcare.domain.message import Author, Direction, Kind, Message
from webcare.ports.connector import Deed, Situation, WayKind
from webcare.ports.errors import AuthFailed, RefusalCode, Rejected, Unconfirmed


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


async def test_a_comment_is_answered_beneath_it_and_a_post_with_a_comment(played):
    media = await played.media()
    comment = await played.comment(media)
    receipt = await played.client.send(public(comment, media))
    assert played.world.comments[receipt.external_id].parent == comment
    receipt = await played.client.send(public(None, media, kind=Kind.POST))
    assert (played.world.comments[receipt.external_id].media, played.world.comments[receipt.external_id].parent) == (media, None)


async def test_a_mention_is_answered_where_it_stands(played):
    media = await played.media("dank @meerkoet", author=MIA, names_us=True)
    comment = await played.comment(await played.media("iets", author=MIA), "@meerkoet kom op", names_us=True)
    one = await played.client.send(public(None, media, kind=Kind.MENTION))
    other = await played.client.send(public(comment, played.world.comments[comment].media, kind=Kind.MENTION))
    assert played.world.comments[one.external_id].media == media
    assert played.world.comments[other.external_id].parent == comment


async def test_what_is_not_allowed_at_somebody_elses_place_does_not_stop_the_channel(played):
    for kind, meaning in ((Kind.MENTION, Rejected), (Kind.COMMENT, AuthFailed)):
        await played.sim("fault", kind="error", method="POST", error={"code": 10})
        with pytest.raises(meaning):
            await played.client.send(public("1", "2", kind=kind))


async def test_one_private_message_may_begin_at_a_comment(played):
    media = await played.media()
    comment = await played.comment(media)
    reply = public(comment, media, way=WayKind.PRIVATE, to=JOS["id"])
    receipt = await played.client.send(reply)
    assert played.world.messages[receipt.external_id].person == JOS["id"]
    assert (await played.client.find(reply)).external_id == receipt.external_id
    with pytest.raises(Rejected, match="one only"):
        await played.client.send(reply)
    with pytest.raises(Rejected, match="no such person"):
        await played.client.send(private())
    with pytest.raises(Rejected, match="under our own post"):
        await played.client.send(public("9", "8", kind=Kind.MENTION, way=WayKind.PRIVATE))


async def test_a_late_answer_goes_as_a_persons(played):
    await played.message()
    await played.sim("clock", advance=25 * 3600)
    with pytest.raises(Rejected, match="reply window"):
        await played.client.send(private())
    receipt = await played.client.send(private(late=True))
    assert played.world.messages[receipt.external_id].tag == "HUMAN_AGENT"


async def test_lengths_are_counted_as_instagram_does(played):
    limits = connector.limits
    await played.message()
    media = await played.media()
    comment = await played.comment(media)
    length, measure = limits.of(private=True)
    fits = "é" * (length // measure("é"))
    await played.client.send(private(text=fits))
    with pytest.raises(Rejected):
        await played.client.send(private(text=fits + "x"))
    length, measure = limits.of(private=False)
    await played.client.send(public(comment, media, "é" * length))
    with pytest.raises(Rejected):
        await played.client.send(public(comment, media, "é" * length + "x"))


@pytest.mark.parametrize("kind", ["lost_answer", "html", "empty", "no_id", "hang_up"])
async def test_a_send_without_a_clear_answer_is_looked_for(played, kind):
    media = await played.media()
    comment = await played.comment(media)
    mid = await played.message()
    below = await played.comment(comment, "ik ook", MIA)
    for reply in (
        public(comment, media, "een"),
        public(below, media, "twee"),
        public(media, media, "drie"),
        private(mid, "vier"),
    ):
        await played.sim("fault", kind=kind, method="POST")
        with pytest.raises(Unconfirmed):
            await played.client.send(reply)
        found = await played.client.find(reply)
        assert (found is not None) == (kind == "lost_answer"), reply.text
        if found is not None:
            assert found.accepted_at == NOW


async def test_what_cannot_be_asked_stays_open(played):
    media = await played.media("dank @meerkoet", author=MIA, names_us=True)
    with pytest.raises(Unconfirmed, match="somebody else's"):
        await played.client.find(public(None, media, kind=Kind.MENTION))
    ours = await played.media()
    comment = await played.comment(ours)
    with pytest.raises(Unconfirmed):
        await played.client.find(public(comment, ours, way=WayKind.PRIVATE))
    for _ in range(2):
        await played.client.send(public(comment, ours))
    with pytest.raises(Unconfirmed, match="2 of ours"):
        await played.client.find(public(comment, ours))
    await played.sim("remove", id=comment)
    assert await played.client.find(public(comment, ours)) is None


async def test_old_words_of_ours_in_private_are_not_taken_for_this_answer(played):
    mid = await played.message()
    await played.client.send(private(mid, "Dank je!"))
    with pytest.raises(Unconfirmed, match="may be older"):
        await played.client.find(private("m_elsewhere", "Dank je!"))
    await played.sim("clock", advance=60)
    media = await played.media()
    comment = await played.comment(media)
    begun = public(comment, media, "Dank je!", way=WayKind.PRIVATE, to=JOS["id"])
    assert await played.client.find(begun) is None, "what is older than the comment answers something else"
    sent = await played.client.send(begun)
    assert (await played.client.find(begun)).external_id == sent.external_id


def test_a_refusal_says_what_it_means_on_every_platform():
    for code, subcode, meaning in ((10, 2534022, RefusalCode.WINDOW_CLOSED), (10900, 0, RefusalCode.ANSWERED_ONCE)):
        body = json.dumps({"error": {"code": code, "error_subcode": subcode}}).encode()
        assert connector.explain(400, {}, body, NOW).code is meaning


async def test_the_token_stands_in_no_address(played):
    asked = []

    class Watched:
        def request(self, method, url, **kwargs):
            asked.append(url)
            return played.session.request(method, url, **kwargs)

    health = await connector.client(played.config(), Watched(), SECRETS).preflight(NOW)
    assert health.expires_at is not None
    assert asked
    assert not any(PAGE_TOKEN in url for url in asked)


async def test_a_comment_is_hidden_and_shown_again_as_often_as_asked(played):
    comment = await played.comment(await played.media())
    for deed in (Deed.HIDE, Deed.HIDE, Deed.UNHIDE):
        await played.client.act(act(comment, deed))
        assert played.world.comments[comment].is_hidden is (deed is Deed.HIDE)
    for wrong in (act(comment, Deed.LIKE), act("1", Deed.HIDE, Kind.DM), act("18999")):
        with pytest.raises(Rejected):
            await played.client.act(wrong)


# --- what `ways` calls open the simulator accepts, and what it refuses the simulator refuses


def situation(kind, created_at, raw_type, *, private_replies=0, conversation="1", external_id="1"):
    message = Message(
        channel="instagram:1",
        external_id=external_id,
        conversation_id=conversation,
        direction=Direction.INBOUND,
        kind=kind,
        author=Author(id=JOS["id"]),
        text="x",
        created_at=created_at,
    )
    return Situation(
        account=ACCOUNT, message=message, raw_type=raw_type, last_inbound_at=created_at, private_replies=private_replies
    )


async def set_up(played, what):
    """Return a message in that situation: its id, its conversation, kind and raw type."""
    if what == "dm":
        return await played.message(), JOS["id"], Kind.DM, "messaging.message"
    if what == "tags":
        media = await played.media("kijk", author=MIA, tags_us=True)
        return media, media, Kind.MENTION, "tags"
    if what == "mention":
        media = await played.media("@meerkoet", author=MIA, names_us=True)
        return media, media, Kind.MENTION, "mentions.media"
    if what == "mention_in_comment":
        media = await played.media("iets", author=MIA)
        return await played.comment(media, "@meerkoet", names_us=True), media, Kind.MENTION, "mentions.comment"
    media = await played.media("post", is_live=what == "live")
    return await played.comment(media), media, Kind.COMMENT, "live_comments" if what == "live" else "comments"


AGES = [0, 86_399, 86_400, 7 * 86_400 - 1, 7 * 86_400, 30 * 86_400]


@pytest.mark.parametrize("human_agent", [True, False])
@pytest.mark.parametrize("what", ["dm", "comment", "live", "mention", "mention_in_comment", "tags"])
async def test_a_way_is_open_exactly_where_the_platform_takes_the_answer(played, what, human_agent):
    await played.sim("settings", human_agent=human_agent)
    config = played.config(human_agent=human_agent)
    for age in AGES:
        for replies in (0, 1) if what in ("comment", "live") else (0,):
            external_id, conversation, kind, raw_type = await set_up(played, what)
            at = played.world.now
            await played.sim("clock", advance=age)
            if replies:
                played.world.comments[external_id].had_private_reply = True
            asked = situation(kind, at, raw_type, private_replies=replies, conversation=conversation, external_id=external_id)
            offered = connector.ways(asked, config, played.world.now)
            assert offered
            if not offered[0].refused:
                assert offered[0].until is None or offered[0].until > played.world.now
            for way in offered:
                reply = public(external_id, conversation, f"{what} {age}", kind, way=way.kind, late=way.late, to=JOS["id"])
                if way.refused is None:
                    assert (await played.client.send(reply)).external_id
                else:
                    assert way.refused.nl != way.refused.en
                    with pytest.raises((Rejected, AuthFailed)):
                        await played.client.send(reply)


async def test_where_a_way_is_late_the_platform_wants_the_mark(played):
    await played.message()
    at = played.world.now
    await played.sim("clock", advance=25 * 3600)
    [way] = connector.ways(situation(Kind.DM, at, "messaging.message"), played.config(), played.world.now)
    assert way.late
    assert way.note is not None
    with pytest.raises(Rejected):
        await played.client.send(private(late=False))


def test_a_live_comment_is_answered_in_private_first():
    asked = situation(Kind.COMMENT, NOW, "live_comments")
    first, second = connector.ways(asked, Config(account_id=ACCOUNT), NOW)
    assert (first.kind, first.refused, first.until) == (WayKind.PRIVATE, None, None)
    assert (second.kind, second.refused is None) == (WayKind.PUBLIC, False)


async def test_a_private_answer_to_a_broadcast_that_is_over_is_refused_in_plain_words(played):
    """Nobody tells us that a broadcast ended: the way has a note, and the refusal says why."""
    media = await played.media("live", is_live=True)
    comment = await played.comment(media)
    await played.sim("live_ends", id=media)
    with pytest.raises(Rejected, match="no private reply"):
        await played.client.send(public(comment, media, way=WayKind.PRIVATE))

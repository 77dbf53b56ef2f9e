"""An account is polled: what is new, in turns, through limits, dead tokens and answers that are none."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from fakes import account
from instagram_played import JOS, MIA, MINUTE, NOW, SECRETS, Played, act, public, said_in, texts

from connectors.instagram import connector
from connectors.instagram.config import Config
from connectors.instagram.looked import Looked, Media, Visit, most_in_need
from connectors.instagram.simulator import app
from connectors.instagram.simulator.world import (
    ACCOUNT,
    PAGE_TOKEN,
    USER_TOKEN,
)
from webcare.domain.message import Direction
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited, Unavailable, Unconfirmed
from webcare.services.news import concerns_us, news_of


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


@pytest.mark.parametrize(("token", "login"), [(PAGE_TOKEN, "facebook"), (USER_TOKEN, "instagram")])
async def test_a_first_poll_brings_posts_comments_replies_tags_and_messages_under_either_login(played, token, login):
    comment = await played.comment(await played.media(), "help!")
    await played.comment(comment, "ik ook", MIA)
    await played.media("kijk nou", author=MIA, tags_us=True)
    await played.message("waar is het?")
    batch = await played.poll(client=played.talk(token, login=login))
    assert texts(batch) == ["Glasvezel in Leiden", "help!", "ik ook", "kijk nou", "waar is het?"]
    assert {one.text: one.sort for one in said_in(batch)}["Glasvezel in Leiden"] is Sort.ECHO
    assert not batch.more
    assert token not in json.dumps(batch.bodies)


async def test_a_later_poll_asks_only_for_what_changed(played):
    quiet, lively = await played.media("rustig"), await played.media("druk")
    await played.comment(quiet, "oud")
    await played.comment(lively, "eerste")
    first = await played.poll()
    await played.sim("clock", advance=4 * 3600)
    await played.comment(lively, "tweede")
    batch = await played.poll(first.cursor, played.talk(media_per_poll=1))
    assert "tweede" in texts(batch)
    assert "rustig" not in texts(batch), "posts that we know are not handed over again"
    assert not batch.more


async def test_posts_take_their_turn_until_each_was_looked_at(played):
    for number in range(7):
        await played.comment(await played.media(f"p{number}"), f"c{number}")
    client, cursor, seen, more, rounds = played.talk(media_per_poll=3), None, set(), True, 0
    while more:
        batch = await played.poll(cursor, client)
        cursor, more, rounds = batch.cursor, batch.more, rounds + 1
        seen |= set(texts(batch))
    assert {f"c{n}" for n in range(7)} <= seen
    assert rounds == 3


def fill(played, media, count, start=0):
    """Let many people comment, a second apart."""
    for number in range(start, start + count):
        played.world.skipped += timedelta(seconds=1)
        played.world.add_comment(media, JOS, f"c{number:03}")


async def test_more_than_a_page_of_comments_is_read_to_where_we_were(played):
    media = await played.media()
    fill(played, media, 3)
    first = await played.poll()
    fill(played, media, 60, 3)
    batch = await played.poll(first.cursor)
    assert {f"c{n:03}" for n in range(3, 63)} <= set(texts(batch))
    assert not batch.more
    assert Sort.ACCOUNT not in {one.sort for one in said_in(batch)}


@pytest.mark.parametrize("before", [0, 3])
async def test_comments_that_went_by_unseen_are_noticed_and_told(played, before):
    """Instagram shows the newest 50: with 60 new ones since the last look, ten are nowhere to be had."""
    await played.sim("pages", more=False)
    media = await played.media()
    fill(played, media, before)
    first = await played.poll()
    fill(played, media, 60, 3)
    batch = await played.poll(first.cursor)
    assert batch.more
    [told] = [one for one in said_in(batch) if one.sort is Sort.ACCOUNT]
    assert (told.status, media in told.reason) == ("overflow", True)
    again = await played.poll(batch.cursor)
    assert not again.more, "it is told once"


async def test_exactly_a_page_of_first_comments_is_no_overflow(played):
    await played.sim("pages", more=False)
    media = await played.media()
    first = await played.poll()
    fill(played, media, 50)
    assert not (await played.poll(first.cursor)).more


def test_who_changed_comes_first_and_who_waits_longest_is_not_forgotten():
    posts = [Media(id=str(n), comments=2 if n < 20 else 1) for n in range(30)]
    looked = Looked(media={str(n): Visit(at=900_000 + n, count=1, newest=1) for n in range(30)})
    chosen, is_more = most_in_need(posts, looked, 10)
    assert [post.id for post in chosen] == [*(str(n) for n in range(9)), "20"]
    assert is_more
    assert most_in_need(posts[20:], looked, 10)[0] == posts[20:21]
    assert Looked.parse(looked.format()) == looked


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", '{"media":7}', '{"media":{"a":[1]}}', '{"messages":1e400}'])
async def test_a_cursor_that_is_not_ours_costs_a_look_at_everything(played, cursor):
    await played.comment(await played.media(), "help!")
    assert "help!" in texts(await played.poll(cursor))


async def test_what_is_polled_can_be_kept(played):
    """What reading leaves out must not be what storing needs."""
    await played.comment(await played.media(), "help!")
    await played.media("kijk nou", author=MIA, tags_us=True)
    await played.message("waar is het?")
    await played.sim("native", person=JOS["id"], text="komt eraan")
    ours = account(ACCOUNT, spec=connector)
    news = [news_of(one, ours, NOW) for one in said_in(await played.poll()) if concerns_us(one)]
    assert sorted(one.message.text for one in news if one.message.direction is Direction.OUTBOUND) == [
        "Glasvezel in Leiden",
        "komt eraan",
    ]
    assert len(news) == 5
    assert all(one.is_timed for one in news)


async def test_long_conversations_are_read_beyond_their_first_messages(played):
    for number in range(30):
        await played.message(f"m{number}")
    assert {f"m{n}" for n in range(30)} <= set(texts(await played.poll()))
    assert "m0" not in texts(await played.poll(client=played.talk(messages=False)))


async def test_a_post_removed_between_two_calls_does_not_stop_the_poll(played):
    await played.comment(await played.media(), "help!")
    await played.sim("fault", kind="error", where="/comments", error={"code": 100, "error_subcode": 33})
    assert texts(await played.poll()) == ["Glasvezel in Leiden"]


async def failing(played, where, times=9, **error):
    await played.sim("fault", kind="error", where=where, times=times, error={"code": 1} | error)


@pytest.mark.parametrize(("where", "called"), [("/media", "posts"), ("/tags", "tags")])
async def test_what_cannot_be_read_is_told_and_stops_nothing_else(played, where, called):
    await played.comment(await played.media(), "help!")
    first = await played.poll()
    await played.message("waar?")
    await failing(played, where, times=1)
    second = await played.poll(first.cursor)
    assert (second.missed, "waar?" in texts(second)) == (f"{called}: HTTP 400, code 1", True)
    assert Looked.parse(second.cursor).media.keys() == Looked.parse(first.cursor).media.keys() != set()
    assert (await played.poll(second.cursor)).missed is None


async def test_a_post_that_always_fails_waits_for_the_others(played):
    """It was asked for first in each poll, as the one not seen for longest, and nothing behind it was ever read."""
    posts = [await played.media(f"p{number}") for number in range(3)]
    for number, post in enumerate(posts):
        await played.comment(post, f"c{number}")
    await failing(played, f"{posts[0]}/comments")
    client, cursor, seen = played.talk(media_per_poll=1), None, set()
    first = await played.poll(cursor, client)
    assert (first.missed, first.more) == ("comments of 1 post: HTTP 400, code 1", False)
    for _ in range(4):
        batch = await played.poll(cursor, client)
        cursor, seen = batch.cursor, seen | set(texts(batch))
    assert {"c1", "c2"} <= seen


async def test_where_nothing_answers_few_posts_are_asked_for(played):
    for number in range(9):
        await played.comment(await played.media(f"p{number}"), "help!")
    await failing(played, "/comments", times=99)
    faults = played.world.faults
    assert (await played.poll()).missed.startswith("comments of 3 posts: ")
    assert faults[-1].times == 96


@pytest.mark.parametrize("code", [10, 200])
async def test_one_post_that_is_not_ours_to_read_stops_the_channel_only_where_it_is_the_only_one(played, code):
    await played.comment(await played.media(), "x")
    await played.sim("fault", kind="error", where="/comments", error={"code": code})
    with pytest.raises(AuthFailed, match="permission"):
        await played.poll()
    await played.comment(await played.media(), "help!")
    await played.sim("fault", kind="error", where="/comments", error={"code": code})
    batch = await played.poll()
    assert "permission" in batch.missed
    assert len({"help!", "x"} & set(texts(batch))) == 1


async def test_one_conversation_that_fails_leaves_the_others_and_is_asked_for_again(played):
    for number in range(30):
        await played.message(f"m{number}")
    await played.sim("message", person=MIA["id"], text="en ik?")
    await failing(played, "/messages", times=1)
    first = await played.poll()
    assert first.missed == "what one said earlier: HTTP 400, code 1"
    assert ("en ik?" in texts(first), "m0" in texts(first)) == (True, False)
    await played.sim("clock", advance=7200)
    second = await played.poll(first.cursor)
    assert ("m0" in texts(second), second.missed) == (True, None)


async def test_a_limit_stops_a_poll_and_says_until_when_and_keeps_what_came_before(played):
    for number in range(4):
        await played.comment(await played.media(f"p{number}"), f"c{number}")
    await played.sim("limit", calls=5)  # media, tags, conversations and two posts
    batch = await played.poll()
    assert sum(text.startswith("c") for text in texts(batch)) == 2
    with pytest.raises(RateLimited) as caught:
        await played.poll(batch.cursor)
    assert caught.value.until == played.world.now + 42 * MINUTE


async def test_a_limit_of_conversations_alone_does_not_stop_the_comments(played):
    await played.comment(await played.media(), "help")
    await played.message("waar?")
    limit = {"code": 613, "message": "(#613) Too many of these calls."}
    await played.sim("fault", kind="error", method="GET", where="conversations", error=limit)
    first = await played.poll()
    assert ("help" in texts(first), "waar?" in texts(first)) == (True, False)
    await played.sim("clock", advance=301)
    assert "waar?" in texts(await played.poll(first.cursor))


@pytest.mark.parametrize("kind", ["html", "truncated", "empty", "hang_up"])
async def test_an_answer_that_is_none_is_trouble(played, kind):
    await played.sim("fault", kind=kind, times=6)  # aiohttp asks once more when a kept connection breaks
    with pytest.raises(Unavailable):
        await played.poll()


async def test_a_dead_token_stops_the_channel_and_is_not_named(played):
    await played.sim("token", token=PAGE_TOKEN, code=190, subcode=463)
    for asked in (played.poll(), played.client.preflight(NOW), played.client.send(public("1", "2"))):
        with pytest.raises(AuthFailed) as caught:
            await asked
        assert PAGE_TOKEN not in str(caught.value)


class Deaf:
    """A session whose platform never answers."""

    @asynccontextmanager
    async def request(self, *_, **__):
        raise TimeoutError
        yield


async def test_a_platform_that_is_silent_is_trouble_and_after_a_send_it_is_unclear():
    client = connector.client(Config(account_id=ACCOUNT), Deaf(), SECRETS)
    with pytest.raises(Unavailable):
        await client.poll(None, NOW)
    with pytest.raises(Unconfirmed):
        await client.send(public("1", "2"))
    with pytest.raises(Unconfirmed):
        await client.act(act("1"))

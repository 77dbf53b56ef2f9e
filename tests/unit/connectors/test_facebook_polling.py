"""A page is polled: what is new, in turns, through limits, dead tokens and answers that are none."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from facebook_played import PSID, SANNE, SECRETS, Played, answer, said_in, texts

from connectors.facebook import connector
from connectors.facebook.client import POST_FIELDS, Looked, Post, most_in_need
from connectors.facebook.config import Config
from connectors.facebook.simulator import app
from connectors.facebook.simulator.world import APP_SECRET, PAGE, PAGE_TOKEN, PERSON_TOKEN, START
from webcare.domain.message import Kind
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited, Unavailable, Unconfirmed

NOW = START
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


async def test_a_first_poll_brings_posts_comments_replies_and_messages(played):
    post = await played.post()
    comment = await played.comment(post, "help!")
    await played.comment(comment, "me too")
    await played.sim("message", person=PSID, text="where is it?")
    batch = await played.poll()
    assert texts(batch) == ["Storing in Leiden", "help!", "me too", "where is it?"]
    reply = next(one for one in said_in(batch) if one.text == "me too")
    assert (reply.conversation_id, reply.reply_to) == (post, comment)
    assert not batch.more


async def test_nothing_is_an_answer_too(played):
    batch = await played.poll()
    assert said_in(batch) == [one for one in said_in(batch) if one.sort is Sort.IGNORED]
    assert batch.cursor is not None


async def test_a_later_poll_brings_what_is_new_and_a_little_more(played):
    post = await played.post()
    await played.comment(post, "old")
    await played.sim("clock", advance=3600)
    first = await played.poll()
    await played.sim("clock", advance=3 * 3600)
    await played.comment(post, "new")
    batch = await played.poll(first.cursor)
    assert "new" in texts(batch)
    assert "old" not in texts(batch)


@pytest.mark.parametrize("empty_first", [False, True])
async def test_pages_are_followed_to_their_end_and_hold_no_token(played, empty_first):
    await played.sim("pages", size=2, empty_first=empty_first)
    post = await played.post()
    for number in range(5):
        await played.comment(post, f"c{number}")
    for number in range(5):
        await played.post(f"p{number}", author=SANNE)
    batch = await played.poll()
    assert {f"c{n}" for n in range(5)} | {f"p{n}" for n in range(5)} <= set(texts(batch))
    assert PAGE_TOKEN not in json.dumps(batch.bodies)


async def test_long_conversations_are_read_beyond_their_first_messages(played):
    for number in range(30):
        await played.sim("message", person=PSID, text=f"m{number}")
    assert {f"m{n}" for n in range(30)} <= set(texts(await played.poll()))


async def test_without_messages_only_the_public_side_is_polled(played):
    await played.sim("message", person=PSID, text="private")
    assert "private" not in texts(await played.poll(client=played.talk(messages=False)))


async def test_reviews_are_polled_when_asked_for(played):
    played.world.reviews.append({"reviewer": SANNE, "review_text": "meh", "created_time": "2026-11-23T09:00:00+0000"})
    batch = await played.poll(client=played.talk(reviews=True))
    assert [one.kind for one in said_in(batch) if one.text == "meh"] == [Kind.REVIEW]


async def test_posts_take_their_turn_until_each_was_looked_at(played):
    """A page-wide list of comments does not exist: with more posts than a poll may read, the rest waits, and says so."""
    for number in range(7):
        await played.comment(await played.post(f"p{number}"), f"c{number}")
    client, cursor, seen, more = played.talk(posts_per_poll=3), None, set(), True
    rounds = 0
    while more:
        batch = await played.poll(cursor, client)
        cursor, more = batch.cursor, batch.more
        seen |= set(texts(batch))
        rounds += 1
    assert {f"c{n}" for n in range(7)} <= seen
    assert rounds == 3


def test_who_changed_comes_first_and_who_waits_longest_is_not_forgotten():
    posts = [Post(id=str(number), updated=1_000_000 if number < 20 else 0, comments=1) for number in range(30)]
    looked = Looked(posts={str(number): 900_000 + number for number in range(30)})
    chosen, is_more = most_in_need(posts, looked, 10)
    assert [post.id for post in chosen] == [*(str(number) for number in range(9)), "20"]
    assert is_more
    assert most_in_need(posts[:3], looked, 10)[0] == posts[:3]
    assert most_in_need(posts[20:], looked, 10)[0] == posts[20:21], "a quiet page costs one call more than its feed"
    assert len(most_in_need(posts, looked, 1)[0]) == 1


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "[]", '{"posts":7}', '{"posts":{"a":"b"}}', '{"messages":1e400}', '{"messages":-9}']
)
async def test_a_cursor_that_is_not_ours_costs_a_look_at_everything(played, cursor):
    await played.comment(await played.post(), "help!")
    assert "help!" in texts(await played.poll(cursor))


async def test_a_post_removed_between_two_calls_does_not_stop_the_poll(played):
    post = await played.post()
    await played.comment(post, "help!")
    await played.sim("fault", kind="error", where="/comments", error={"code": 100, "error_subcode": 33})
    batch = await played.poll()
    assert texts(batch) == ["Storing in Leiden"]


async def test_a_question_that_graph_refuses_is_told_and_stops_nothing_else(played):
    """One post, or one thread, that Graph would not show stopped the whole page, poll after poll."""
    await played.sim("message", person=PSID, text="waar?")
    await played.comment(await played.post(), "help!")
    await played.sim("fault", kind="error", where="/feed", error={"code": 100, "message": "bad fields"})
    batch = await played.poll()
    assert (texts(batch), batch.missed) == (["waar?"], "posts: Facebook does not understand the question: bad fields (code 100)")
    await played.sim("fault", kind="error", where="/comments", error={"code": 100, "message": "no comments here"})
    batch = await played.poll(batch.cursor)
    assert "no comments here" in batch.missed
    assert batch.missed.startswith("comments of 1 post: ")
    whole = await played.poll(batch.cursor)
    assert ("help!" in texts(whole), whole.missed) == (True, None)


async def test_a_feed_that_fails_forgets_no_post_that_was_looked_at(played):
    """Everything of the last days would have been asked for again, out of what Meta grants."""
    await played.comment(await played.post(), "help!")
    first = await played.poll()
    await played.sim("fault", kind="html", where="/feed")
    second = await played.poll(first.cursor)
    assert Looked.parse(second.cursor).posts == Looked.parse(first.cursor).posts != {}


async def failing(played, where, times=9, **error):
    await played.sim("fault", kind="error", where=where, times=times, headers={"status": "500"}, error={"code": 1} | error)


async def test_a_post_that_always_fails_waits_for_the_others(played):
    """It was asked for first in each poll, as the one not seen for longest, and nothing behind it was ever read."""
    posts = [await played.post(f"p{number}") for number in range(3)]
    for number, post in enumerate(posts):
        await played.comment(post, f"c{number}")
    await failing(played, f"{posts[0]}/comments")
    client = played.talk(posts_per_poll=1)
    first = await played.poll(client=client)
    assert first.missed == "comments of 1 post: HTTP 500, code 1"
    assert not first.more, "asking again at once would ask for the same one for ever"
    cursor, seen = first.cursor, set()
    for _ in range(3):
        batch = await played.poll(cursor, client)
        cursor, seen = batch.cursor, seen | set(texts(batch))
    assert {"c1", "c2"} <= seen


async def test_where_nothing_answers_few_posts_are_asked_for(played):
    for number in range(9):
        await played.comment(await played.post(f"p{number}"), "help!")
    await failing(played, "/comments", times=99)
    before = played.world.faults[-1].times
    assert (await played.poll()).missed.startswith("comments of 3 posts: ")
    assert before - played.world.faults[-1].times == 3


@pytest.mark.parametrize("code", [10, 200])
async def test_one_post_that_is_not_ours_to_read_stops_the_channel_only_where_it_is_the_only_one(played, code):
    """A permission that is missing is the token's matter, but a shared post of a closed group has one of its own."""
    await played.comment(await played.post("van een ander"), "x")
    await played.sim("fault", kind="error", where="/comments", error={"code": code})
    with pytest.raises(AuthFailed, match="permission"):
        await played.poll()
    await played.comment(await played.post("van ons"), "help!")
    await played.sim("fault", kind="error", where="/comments", error={"code": code})
    batch = await played.poll()
    assert "permission" in batch.missed
    assert len({"help!", "x"} & set(texts(batch))) == 1


async def test_a_token_that_dies_among_the_posts_stops_the_channel(played):
    for number in range(3):
        await played.comment(await played.post(f"p{number}"), "help!")
    await played.sim("fault", kind="error", where="/comments", error={"code": 200})
    await played.sim("fault", kind="error", where="/me", error={"code": 190, "error_subcode": 460})
    with pytest.raises(AuthFailed, match="password was changed"):
        await played.poll()


async def test_one_conversation_that_fails_leaves_the_others_and_is_asked_for_again(played):
    other = "6600000000000002"
    for number in range(30):
        await played.sim("message", person=PSID, text=f"m{number}")
    await played.sim("message", person=other, text="en ik?")
    await failing(played, "/messages", times=1)
    first = await played.poll()
    assert first.missed == "what one said earlier: HTTP 500, code 1"
    assert ("en ik?" in texts(first), "m0" in texts(first)) == (True, False)
    await played.sim("clock", advance=7200)
    second = await played.poll(first.cursor)
    assert ("m0" in texts(second), second.missed) == (True, None)


async def test_a_conversation_that_is_refused_is_not_asked_for_for_ever(played):
    for number in range(30):
        await played.sim("message", person=PSID, text=f"m{number}")
    await played.sim("fault", kind="error", where="/messages", error={"code": 100, "message": "no such thread"})
    batch = await played.poll()
    assert "no such thread" in batch.missed
    assert Looked.parse(batch.cursor).messages > 0


async def test_a_limit_stops_a_poll_and_says_until_when(played):
    await played.post()
    await played.sim("limit", calls=1)
    with pytest.raises(RateLimited) as caught:
        await played.poll()
    assert caught.value.until == played.world.now + 42 * MINUTE


async def test_a_limit_half_way_keeps_what_came_before_it(played):
    for number in range(4):
        await played.comment(await played.post(f"p{number}"), f"c{number}")
    await played.sim("limit", calls=4)  # feed, conversations and two posts
    batch = await played.poll()
    assert sum(text.startswith("c") for text in texts(batch)) == 2
    assert not batch.more
    with pytest.raises(RateLimited):
        await played.poll(batch.cursor)
    await played.sim("clock", advance=2 * 3600)
    later = await played.poll(batch.cursor)
    assert {f"c{n}" for n in range(4)} <= set(texts(batch)) | set(texts(later))


@pytest.mark.parametrize(("code", "subcode"), [(190, 463), (190, 460), (102, 0), (10, 0), (200, 0)])
async def test_a_dead_token_stops_the_channel_and_is_not_named(played, code, subcode):
    await played.sim("token", token=PAGE_TOKEN, code=code, subcode=subcode)
    for asked in (played.poll(), played.client.preflight(NOW), played.client.send(answer(f"{PAGE}_1"))):
        with pytest.raises(AuthFailed) as caught:
            await asked
        assert PAGE_TOKEN not in str(caught.value)


@pytest.mark.parametrize("kind", ["html", "truncated", "empty", "hang_up"])
async def test_an_answer_that_is_none_is_trouble(played, kind):
    await played.sim("fault", kind=kind, times=4)  # aiohttp asks once more when a kept connection breaks
    with pytest.raises(Unavailable):
        await played.poll()


async def test_no_network_is_trouble(played):
    nowhere = connector.client(Config(page_id=PAGE, base_url="http://127.0.0.1:9"), played.session, SECRETS)
    for asked in (
        nowhere.poll(None, NOW),
        nowhere.preflight(NOW),
        nowhere.send(answer(f"{PAGE}_1")),
        nowhere.find(answer(f"{PAGE}_1")),
    ):
        with pytest.raises(Unavailable):
            await asked


class Deaf:
    """A session whose platform never answers."""

    @asynccontextmanager
    async def request(self, *_, **__):
        raise TimeoutError
        yield


async def test_a_platform_that_is_silent_is_trouble_and_after_a_send_it_is_unclear():
    client = connector.client(Config(page_id=PAGE), Deaf(), SECRETS)
    with pytest.raises(Unavailable):
        await client.poll(None, NOW)
    with pytest.raises(Unconfirmed):
        await client.send(answer(f"{PAGE}_1"))


async def test_the_token_goes_to_its_own_host_only(played):
    """A page that names a next page elsewhere would be sent our token."""

    async def feed(request):
        return web.json_response({"data": [], "paging": {"next": "https://elsewhere.example/v26.0/1/feed?after=x"}})

    async def endless(request):
        return web.json_response({"data": [], "paging": {"next": str(request.url.update_query({"after": "x"}))}})

    for handler, problem in ((feed, "another host"), (endless, "never end")):
        other = web.Application()
        other.router.add_get("/v26.0/{page}/feed", handler)
        async with TestServer(other) as server:
            client = connector.client(Config(page_id=PAGE, base_url=str(server.make_url("/"))), played.session, SECRETS)
            with pytest.raises(Unavailable, match=problem):
                await client.poll(None, NOW)


async def test_the_token_travels_in_a_header_and_the_proof_only_when_asked_for(played):
    seen = []

    async def feed(request):
        seen.append(request)
        return web.json_response({"data": []})

    other = web.Application()
    other.router.add_get("/v26.0/{page}/feed", feed)
    async with TestServer(other) as server:
        for prove in (False, True):
            config = Config(page_id=PAGE, base_url=str(server.make_url("/")), messages=False, prove_app_secret=prove)
            await connector.client(config, played.session, SECRETS).poll(None, NOW)
    assert all(request.headers["Authorization"] == f"Bearer {PAGE_TOKEN}" for request in seen)
    assert not any(PAGE_TOKEN in str(request.url) or APP_SECRET in str(request.url) for request in seen)
    assert [len(request.query.get("appsecret_proof", "")) for request in seen] == [0, 64]
    assert {request.query["fields"] for request in seen} == {POST_FIELDS}


# --- the wrong token


async def test_a_persons_token_sees_no_comments_and_that_is_noticed(played):
    """Graph answers it with an empty 200: without a look at who we are, silence would look like peace."""
    await played.comment(await played.post(), "help!")
    with pytest.raises(AuthFailed, match="not the page's"):
        await played.poll(client=played.talk(PERSON_TOKEN))
    health = await played.talk(PERSON_TOKEN).preflight(NOW)
    assert health.account != PAGE
    assert "not the page's" in health.problems[0]


async def test_a_persons_token_cannot_say_that_a_reply_was_not_sent(played):
    comment = await played.comment(await played.post())
    await played.client.send(answer(comment))
    with pytest.raises(Unconfirmed):
        await played.talk(PERSON_TOKEN).find(answer(comment))


async def test_a_preflight_says_who_we_are_and_what_is_missing(played):
    assert (await played.client.preflight(NOW)).problems == ()
    played.world.subscribed.remove("message_echoes")
    health = await played.client.preflight(NOW)
    assert health.account == PAGE
    assert "message_echoes" in health.problems[0]
    await played.sim("fault", kind="error", where="subscribed_apps", error={"code": 200})
    assert "pages_manage_metadata" in (await played.client.preflight(NOW)).problems[0]


async def test_a_limit_of_messenger_alone_does_not_stop_the_comments(played):
    """It threw away what the poll had read, each time, until Messenger could be asked again."""
    await played.comment(await played.post(), "help")
    await played.sim("message", person=PSID, text="waar?")
    await played.sim("fault", kind="error", method="GET", where="conversations", error={"code": 80006})
    first = await played.poll()
    assert ("help" in texts(first), "waar?" in texts(first)) == (True, False)
    second = await played.poll(first.cursor)
    assert "waar?" not in texts(second), "it is left alone meanwhile"
    await played.sim("clock", advance=3601)
    assert "waar?" in texts(await played.poll(second.cursor))

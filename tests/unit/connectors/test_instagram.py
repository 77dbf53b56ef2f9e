"""Instagram: what is read, what is polled, how an answer goes out, and that the simulator and `ways` tell the same story."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from fakes import account

from connectors.instagram import connector
from connectors.instagram.config import Config
from connectors.instagram.looked import Looked, Media, Visit, most_in_need
from connectors.instagram.simulator import app
from connectors.instagram.simulator.keys import WORLD
from connectors.instagram.simulator.world import (
    ACCOUNT,
    APP_SECRET,
    PAGE,
    PAGE_TOKEN,
    START,
    STRANGER_TOKEN,
    USER_TOKEN,
    VERIFY_TOKEN,
)
from connectors.meta import sign
from connectors.meta_deliveries import raw
from webcare.domain.message import Attachment, Author, Direction, Kind, Message
from webcare.ports.connector import Act, Deed, Reply, Situation, Sort, WayKind
from webcare.ports.errors import AuthFailed, RateLimited, RefusalCode, Rejected, Unavailable, Unconfirmed
from webcare.services.hearing import hear
from webcare.services.news import concerns_us, news_of

FIXTURES = Path(__file__).parents[3] / "connectors/instagram/fixtures"
SECRETS = {"access_token": PAGE_TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}
JOS = {"id": "6700000000000001", "username": "jos.vd.brink"}
MIA = {"id": "6700000000000002", "username": "mia_en_de_fiets"}
NOW = START
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def heard(body, me=None):
    return list(hear(connector, body, me))


def load(name):
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


# --- reading


def test_an_advertisement_doubles_a_comment_and_both_are_the_same():
    told, again = [one for body in load("comments_under_ads")[:2] for one in heard(body)]
    for field in ("external_id", "conversation_id", "reply_to", "author", "text", "kind", "account"):
        assert getattr(told, field) == getattr(again, field), field


def test_a_comment_is_the_same_whether_told_or_polled():
    told = {one.external_id: one for one in heard(load("comments"), ACCOUNT)}
    asked = {one.external_id: one for one in heard(load("poll_comments"), ACCOUNT)}
    both = told.keys() & asked.keys()
    assert len(both) == 3
    for one in both:
        for field in ("sort", "conversation_id", "reply_to", "author", "text", "created_at", "kind", "direction", "account"):
            assert getattr(told[one], field) == getattr(asked[one], field), field


def test_a_message_is_the_same_whether_told_or_polled():
    """What differs in text or kind of attachment would look like an edit."""
    told = {one.external_id: one for name in ("messages", "stories", "echoes") for one in heard(load(name), ACCOUNT)}
    asked = {one.external_id: one for one in heard(load("poll_conversations"), ACCOUNT) if one.sort is not Sort.IGNORED}
    both = told.keys() & asked.keys()
    assert len(both) == 5
    for one in both:
        assert told[one].conversation_id == asked[one].conversation_id == JOS["id"]
        assert (told[one].sort, told[one].text) == (asked[one].sort, asked[one].text)
        kinds = [[(a.type, a.id, a.mime) for a in found.attachments] for found in (told[one], asked[one])]
        assert kinds[0] == kinds[1]


def test_a_mention_says_that_its_words_are_still_to_be_asked_for():
    told = heard(load("mentions"))
    found = heard(load("looked_up_mentions")[0]) + heard(load("looked_up_mentions")[1])
    assert [one.attachments[0].type for one in told] == ["unavailable"] * 2
    assert [(one.external_id, one.conversation_id, one.kind) for one in told] == [
        (one.external_id, one.conversation_id, one.kind) for one in found
    ]
    assert all(one.text for one in found)


def test_an_answer_nested_deeper_than_python_can_follow_is_read_all_the_same():
    comment = {"id": "0", "text": "deepest", "from": JOS, "timestamp": 1}
    for number in range(1, 1500):
        comment = {"id": str(number), "text": "m", "from": JOS, "timestamp": 1, "replies": {"data": [comment]}}
    found = heard({"id": "18", "comments": {"data": [comment]}})
    assert len(found) == 1500
    assert {one.conversation_id for one in found} == {"18"}


def test_an_edit_keeps_the_time_of_the_message_and_notes_its_own():
    edited, silent = heard(load("changes_of_messages"))[:2]
    assert edited.note == "edited_at=2026-11-23T09:00:00+00:00"
    assert silent.text is None


# --- explaining


def error(code, subcode=0, **more):
    return json.dumps({"error": {"message": "m", "code": code, "error_subcode": subcode, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        *[(400, error(code), Unavailable) for code in (1, 2)],
        (500, error(9999), Unavailable),
        *[(400, error(code), RateLimited) for code in (4, 17, 613, 80002, 80006)],
        (429, b"", RateLimited),
        *[(401, error(190, sub), AuthFailed) for sub in (0, 458, 463, 467)],
        *[(403, error(code), AuthFailed) for code in (3, 10, 102, 200, 299)],
        (400, error(10, 2534022), Rejected),
        *[(400, error(code), Rejected) for code in (100, 368, 551, 10900, 10903)],
        (400, error(100, 33), Rejected),
        (200, b'{"data":[', Unavailable),
        (400, b'{"error":{"code":"190"}}', AuthFailed),
    ],
)
def test_every_documented_error_says_what_to_do(status, body, kind):
    assert isinstance(connector.explain(status, {}, body, NOW), kind)


def test_a_limit_ends_when_the_platform_says_so_and_no_token_is_repeated():
    usage = json.dumps({ACCOUNT: [{"type": "instagram", "estimated_time_to_regain_access": 42}]})
    assert connector.explain(400, {"X-Business-Use-Case-Usage": usage}, error(80002), NOW).until == NOW + 42 * MINUTE
    assert connector.explain(400, {}, error(80002), NOW).until == NOW + HOUR
    token = "IGAA" + "x1" * 40
    assert token not in str(connector.explain(400, {}, error(100, message=f"Malformed {token}"), NOW))


# --- the webhook


def test_the_handshake_gives_the_challenge_back_to_meta_only():
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158"}
    answer = connector.handshake(query, SECRETS)
    assert (answer.status, answer.text) == (200, "1158")
    assert connector.handshake(query | {"hub.verify_token": "guess"}, SECRETS).status == 403
    assert connector.handshake({"page": "1"}, SECRETS) is None


def test_the_signature_is_over_the_bytes_and_not_over_what_they_mean():
    body = raw({"message": "géén 😡 a/b"})
    headers = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    assert connector.verify(headers, body, SECRETS)
    assert not connector.verify(headers, json.dumps(json.loads(body)).encode(), SECRETS)
    assert not connector.verify({"X-Hub-Signature-256": sign(b"{}", "")}, b"{}", {"app_secret": ""})


# --- talking to the simulator


class Played:
    """A simulator, a client of it, and a script."""

    def __init__(self, server, session):
        self.server, self.session = server, session
        self.world = server.app[WORLD]
        self.client = self.talk()

    def config(self, **more):
        given = {"account_id": ACCOUNT, "page_id": PAGE, "base_url": str(self.server.make_url("")), "human_agent": True}
        return Config(**(given | more))

    def talk(self, token=PAGE_TOKEN, **more):
        return connector.client(self.config(**more), self.session, SECRETS | {"access_token": token})

    async def sim(self, step, **asked):
        async with self.session.post(self.server.make_url(f"/_sim/{step}"), json=asked) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    async def media(self, caption="Glasvezel in Leiden", **more):
        return (await self.sim("media", caption=caption, **more))["id"]

    async def comment(self, on, text="help", author=JOS, **more):
        return (await self.sim("comment", on=on, text=text, author=author, **more))["id"]

    async def message(self, text="waar?", **more):
        return (await self.sim("message", person=JOS["id"], text=text, **more))["id"]

    async def poll(self, cursor=None, client=None):
        return await (client or self.client).poll(cursor, self.world.now)


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


def said_in(batch):
    return [one for body in batch.bodies for one in heard(body, ACCOUNT)]


def texts(batch):
    return sorted(one.text for one in said_in(batch) if one.text)


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
    await played.sim("fault", kind=kind, times=2)
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


# --- looking up


async def test_a_mention_is_looked_up_as_what_it_is(played):
    media = await played.media("dank @meerkoet", author=MIA, names_us=True)
    comment = await played.comment(await played.media("iets", author=MIA), "@meerkoet kom op", names_us=True)
    batch = await played.client.look_up([comment, media], played.world.now)
    found = said_in(batch)
    assert [(one.external_id, one.text, one.kind) for one in found] == [
        (comment, "@meerkoet kom op", Kind.MENTION),
        (media, "dank @meerkoet", Kind.MENTION),
    ]
    assert batch.cursor is None


async def test_what_is_ours_to_see_is_looked_up_and_what_is_gone_is_said_to_be(played):
    media = await played.media()
    comment, gone = await played.comment(media), await played.comment(media, "weg")
    mid = await played.message()
    await played.sim("remove", id=gone)
    found = said_in(await played.client.look_up([media, comment, gone, mid], played.world.now))
    assert [one.sort for one in found] == [Sort.ECHO, Sort.MESSAGE, Sort.DELETE, Sort.MESSAGE]
    assert found[2].target_id == gone
    assert found[1].conversation_id == media


async def test_a_post_in_which_we_are_tagged_is_not_called_gone_because_it_is_anothers(played):
    tagged = await played.media("mooi hier", author=MIA, tags_us=True)
    gone = await played.comment(await played.media(), "weg")
    await played.sim("remove", id=gone)
    found = said_in(await played.client.look_up([tagged, gone], played.world.now))
    assert [one.target_id for one in found if one.sort is Sort.DELETE] == [gone]


async def test_a_limit_amid_a_look_up_keeps_what_came_before(played):
    media = await played.media()
    ids = [await played.comment(media, f"c{number}") for number in range(3)]
    await played.sim("limit", calls=2)
    batch = await played.client.look_up(ids, played.world.now)
    assert ([one.external_id for one in said_in(batch)], batch.more) == (ids[:2], True)
    with pytest.raises(RateLimited):
        await played.client.look_up(ids, played.world.now)


async def test_nothing_is_called_gone_by_a_token_that_may_not_see_it(played):
    comment = await played.comment(await played.media())
    with pytest.raises(AuthFailed, match="not this account's"):
        await played.talk(STRANGER_TOKEN).look_up([comment], NOW)


# --- who we are


async def test_a_preflight_says_who_we_are_until_when_and_what_is_missing(played):
    health = await played.client.preflight(played.world.now)
    assert (health.account, health.problems) == (ACCOUNT, ())
    assert health.expires_at == NOW + 90 * DAY, "a page's token never dies, what it may see does"
    await played.sim("settings", token_days=9, scopes=["instagram_basic"])
    played.world.subscribed = []
    health = await played.client.preflight(played.world.now)
    assert health.expires_at == NOW + 9 * DAY
    assert "instagram_manage_comments" in health.problems[0]
    assert "not subscribed" in health.problems[1]


async def test_under_instagrams_login_the_token_lives_sixty_days_from_when_it_was_made(played):
    client = played.talk(USER_TOKEN, login="instagram", token_made=str(NOW.date() - 3 * DAY))
    health = await client.preflight(NOW)
    assert (health.account, health.problems) == (ACCOUNT, ())
    assert health.expires_at == datetime(2027, 1, 19, tzinfo=UTC)
    played.world.subscribed = ["comments"]
    problems = (await played.talk(USER_TOKEN, login="instagram").preflight(NOW)).problems
    assert "token_made" in problems[0]
    assert "mentions, messages" in problems[1]


async def test_another_accounts_token_is_noticed(played):
    assert "not this account's" in (await played.talk(STRANGER_TOKEN).preflight(NOW)).problems[0]
    health = await played.talk(STRANGER_TOKEN, login="instagram").preflight(NOW)
    assert health.account != ACCOUNT


# --- answering


def public(answered, conversation, text="We kijken het na.", kind=Kind.COMMENT, **more):
    more = {"way": WayKind.PUBLIC} | more
    return Reply(key="k", channel="instagram:1", conversation_id=conversation, reply_to=answered, text=text, kind=kind, **more)


def private(answered=None, text="We kijken het na.", **more):
    return public(answered, JOS["id"], text, Kind.DM, way=WayKind.PRIVATE, **more)


def act(target, deed=Deed.HIDE, kind=Kind.COMMENT):
    return Act(key="k", channel="instagram:1", deed=deed, target_id=target, conversation_id="1", kind=kind)


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


# --- attachments


async def test_an_attachment_is_fetched_while_it_lives_and_not_beyond_its_size(played):
    await played.message(file="een foto")
    [shown] = [one.attachments[0] for one in said_in(await played.poll()) if one.attachments]
    fetched = await played.client.fetch(shown, most=100)
    assert (fetched.content, fetched.mime) == (b"een foto", "image/jpeg")
    with pytest.raises(Rejected, match="larger"):
        await played.client.fetch(shown, most=3)
    await played.sim("clock", advance=2 * 86_400)
    with pytest.raises(Rejected, match="gone"):
        await played.client.fetch(shown, most=100)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "http://lookaside.fbsbx.com/x",
        "https://fbsbx.com.evil.example/x",
        "https://evilfbsbx.com/x",
        "https://127.0.0.1/x",
        "https://lookaside.fbsbx.com:8443/x",
        "file:///etc/passwd",
        "https://[::1",
        "https://lookaside.fbsbx.com@evil.example/x",
    ],
)
async def test_no_other_host_is_reached_through_an_attachment(url):
    client = connector.client(Config(account_id=ACCOUNT), None, SECRETS)
    with pytest.raises(Rejected):
        await client.fetch(Attachment(type="image", url=url), most=100)


async def test_a_redirect_is_followed_only_to_where_meta_keeps_things(played):
    seen = []

    async def away(request):
        seen.append(request)
        raise web.HTTPFound("https://elsewhere.example/x")

    other = web.Application()
    other.router.add_get("/x", away)
    async with TestServer(other) as server:
        client = played.talk(base_url=str(server.make_url("")))
        with pytest.raises(Rejected):
            await client.fetch(Attachment(type="image", url=str(server.make_url("/x"))), most=100)
    assert "Authorization" not in seen[0].headers


# --- what the simulator tells a webhook


class Receiver:
    """A webhook that keeps what it is told, and refuses as often as it is asked to."""

    def __init__(self):
        self.bodies, self.refuse = [], 0

    async def handle(self, request):
        if request.method == "GET":
            given = connector.handshake(dict(request.query), SECRETS)
            return web.Response(status=given.status, text=given.text)
        body = await request.read()
        assert connector.verify(request.headers, body, SECRETS)
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=500)
        self.bodies.append(json.loads(body))
        return web.Response()


@pytest.fixture
async def receiver(played):
    kept = Receiver()
    hook = web.Application()
    hook.router.add_route("*", "/hook", kept.handle)
    async with TestServer(hook) as server:
        assert (await played.sim("hook", url=str(server.make_url("/hook"))))["subscribed"]
        yield kept


def told(receiver):
    return [one for body in receiver.bodies for one in heard(body)]


async def test_the_webhook_hears_comments_ads_and_broadcasts_once_for_each_place(played, receiver):
    comment = await played.comment(await played.media(ad_id="23"), "géén a/b")
    await played.sim("native", on=comment, text="opgelost")
    await played.comment(await played.media("live", is_live=True), "hoor niks")
    await played.media("@meerkoet", author=MIA, names_us=True)
    await played.media("alleen getagd", author=MIA, tags_us=True)
    said = told(receiver)
    assert [(one.sort.value, one.raw_type) for one in said] == [
        ("message", "comments"),
        ("message", "comments.ad"),
        ("echo", "comments"),
        ("echo", "comments.ad"),
        ("message", "live_comments"),
        ("message", "mentions.media"),
    ]
    assert said[0].conversation_id == said[1].conversation_id


async def test_the_webhook_hears_the_life_of_a_message(played, receiver):
    mid = await played.message()
    await played.message("mooi", story="https://lookaside.fbsbx.com/s")
    await played.message("", mention="https://lookaside.fbsbx.com/m")
    await played.message("", unsupported=True)
    await played.message("hallo?", part="standby")
    await played.sim("edit", id=mid, text="waar blijft het?")
    await played.sim("react", id=mid)
    await played.sim("native", person=JOS["id"], text="komt eraan")
    sent = await played.client.send(private(mid))
    await played.sim("read", id=sent.external_id)
    await played.sim("press", person=JOS["id"], title="Ik heb een storing")
    await played.sim("refer", person=JOS["id"])
    await played.sim("unsend", id=mid)
    said = told(receiver)
    assert [one.sort.value for one in said] == [
        *("message", "message", "message", "message", "message", "edit", "reaction"),
        *("echo", "echo", "status", "message", "ignored", "delete"),
    ]
    assert {one.conversation_id for one in said if one.sort is not Sort.IGNORED} == {JOS["id"]}
    assert [one.attachments[0].type for one in said if one.attachments] == ["story", "story_mention", "unsupported"]
    assert (said[7].app_id, said[8].app_id) == (None, "123400000000002")


async def test_what_the_receiver_refuses_comes_again_twice_backwards_and_together(played, receiver):
    receiver.refuse = 2
    media = await played.media()
    for number in range(2):
        await played.comment(media, f"c{number}")
    assert receiver.bodies == []
    played.world.skipped += 2 * MINUTE
    await played.sim("deliver", twice=True, backwards=True, together=True)
    assert [one.text for one in told(receiver)] == ["c1", "c0"] * 2


async def test_what_is_new_to_us_is_seen_and_not_dropped(played, receiver):
    await played.sim("tell", field="holograms", value={"text": "hallo?"})
    assert [one.sort for one in told(receiver)] == [Sort.UNREADABLE]


# --- the settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"account_id": "meerkoet"},
        {"login": "myspace"},
        {"page_id": "x"},
        {"version": "26"},
        {"media_watched": 0},
        {"media_watched": 101},
        {"media_per_poll": 0},
        {"token_made": "gisteren"},
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Config(**{"account_id": ACCOUNT} | wrong)


def test_each_login_has_its_own_host():
    assert Config(account_id="1").host == "https://graph.facebook.com"
    assert Config(account_id="1", login="instagram").host == "https://graph.instagram.com"
    assert Config(account_id="1", login="instagram", base_url="http://127.0.0.1:1").host == "http://127.0.0.1:1"
    assert (Config(account_id="1", page_id="2").postbox, Config(account_id="1").postbox) == ("2", "me")

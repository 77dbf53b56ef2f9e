from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.facebook import connector
from connectors.facebook.client import POST_FIELDS, Config, Looked, Post, most_in_need
from connectors.facebook.simulator import app
from connectors.facebook.simulator.deliveries import raw
from connectors.facebook.simulator.keys import DELIVERIES, WORLD
from connectors.facebook.simulator.world import APP_SECRET, PAGE, PAGE_TOKEN, PERSON_TOKEN, START, VERIFY_TOKEN
from connectors.facebook.webhook import sign
from webcare.domain.message import Direction, Kind
from webcare.normalize_files import hear_file, heard_json
from webcare.ports.connector import Reply, Sort
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable, Unconfirmed
from webcare.services.hearing import hear

FIXTURES = Path(__file__).parents[3] / "connectors/facebook/fixtures"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
SECRETS = {"access_token": PAGE_TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}
SANNE = {"id": "5500000000000001", "name": "Sanne de Wit"}
PSID = "6600000000000001"
NOW = START
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def heard(body, me=None):
    return list(hear(connector, body, me))


def load(name):
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def change(field="feed", **value):
    usual = {
        "item": "comment",
        "verb": "add",
        "post_id": f"{PAGE}_70",
        "comment_id": "70_80",
        "parent_id": f"{PAGE}_70",
        "created_time": 1,
        "from": SANNE,
        "message": "help",
    }
    return {"object": "page", "entry": [{"id": PAGE, "time": 1795424400, "changes": [{"field": field, "value": usual | value}]}]}


# --- reading


@pytest.mark.parametrize("name", NAMES)
def test_a_fixture_says_what_stands_beside_it(name):
    said = []
    for one in hear_file(connector, str(FIXTURES / f"{name}.json"), None):
        line = heard_json(one, "")
        line.pop("file")
        said.append(json.loads(json.dumps(line)))
    expected = (FIXTURES / f"{name}.expected.jsonl").read_text(encoding="utf-8").splitlines()
    assert said == [json.loads(line) for line in expected]


def test_there_are_fixtures_enough_and_none_without_its_lines():
    assert len(NAMES) >= 14
    assert {path.name.removesuffix(".expected.jsonl") for path in FIXTURES.glob("*.expected.jsonl")} == set(NAMES)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """Yield the path of every container in a JSON value."""
    if isinstance(value, dict | list):
        yield path
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


@given(data=st.data(), name=st.sampled_from(NAMES))
@settings(max_examples=150, deadline=None)
def test_whatever_is_torn_out_or_put_in_is_heard_or_unreadable(data, name):
    body = load(name)
    for _ in range(data.draw(st.integers(1, 3))):
        inner = body
        for key in data.draw(st.sampled_from(list(places(body)))):
            inner = inner[key]
        if inner and data.draw(st.booleans()):
            inner.pop(data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner)))))
        elif isinstance(inner, dict):
            key = data.draw(st.sampled_from(sorted(inner)) if inner else st.text(max_size=5))
            inner[key] = data.draw(JSON_VALUES)
        else:
            inner.append(data.draw(JSON_VALUES))
    for one in body if isinstance(body, list) else [body]:
        said = heard(one, data.draw(st.sampled_from([None, PAGE])))
        assert said
        for line in said:
            json.dumps(heard_json(line, "f"))
            if line.sort is Sort.UNREADABLE:
                assert "ValueError: " in line.reason or "JSONDecodeError: " in line.reason, line.reason
            if line.sort in (Sort.MESSAGE, Sort.ECHO):
                assert line.external_id
                assert line.conversation_id
                assert line.author
                assert line.created_at.utcoffset() == timedelta(0)


def test_an_answer_nested_deeper_than_python_can_follow_is_read_all_the_same():
    comment = {"id": "70_0", "message": "deepest", "from": SANNE, "created_time": 1}
    for number in range(1, 3000):
        comment = {"id": f"70_{number}", "message": "m", "from": SANNE, "created_time": 1, "comments": {"data": [comment]}}
    assert len(heard({"id": f"{PAGE}_70", "comments": {"data": [comment]}})) == 3000


@pytest.mark.parametrize(
    ("value", "sort", "direction"),
    [
        ({}, Sort.MESSAGE, Direction.INBOUND),
        ({"from": {"id": PAGE, "name": "Meerkoet"}}, Sort.ECHO, Direction.OUTBOUND),
        ({"from": None, "sender_id": int(PAGE)}, Sort.ECHO, Direction.OUTBOUND),
        ({"verb": "edited"}, Sort.EDIT, Direction.INBOUND),
        ({"verb": "edited", "from": {"id": PAGE}}, Sort.EDIT, Direction.OUTBOUND),
        ({"verb": "remove"}, Sort.DELETE, Direction.INBOUND),
        ({"verb": "hide"}, Sort.IGNORED, None),
        ({"verb": "unhide"}, Sort.IGNORED, None),
        ({"item": "reaction", "reaction_type": "angry"}, Sort.REACTION, Direction.INBOUND),
    ],
)
def test_what_happens_to_a_comment(value, sort, direction):
    [said] = heard(change(**value))
    assert (said.sort, said.direction) == (sort, direction)


def test_an_edit_keeps_the_time_of_the_message_and_notes_its_own():
    [said] = heard(change(verb="edited", created_time=1795420000))
    assert said.created_at == datetime.fromtimestamp(1795420000, UTC)
    assert said.note == "edited_at=2026-11-23T09:00:00+00:00"


def test_an_edit_without_words_does_not_empty_the_message():
    [said] = heard(change(verb="edited", message=None))
    assert said.text is None


def test_somebody_whom_the_platform_does_not_name_is_a_stranger_each_time():
    [one], [other] = heard(change(**{"from": None})), heard(change(**{"from": None}, comment_id="70_81"))
    assert one.author.id == "unknown:70_80" != other.author.id


def test_a_comment_is_the_same_whether_told_or_polled():
    """What differs in text, attachments or thread would look like an edit, or open a second case."""
    [told] = heard(change(photo="https://cdn.example/p.jpg", created_time=1795424400))
    polled = {
        "id": f"{PAGE}_70",
        "comments": {
            "data": [
                {
                    "id": "70_80",
                    "message": "help",
                    "from": SANNE,
                    "created_time": "2026-11-23T09:00:00+0000",
                    "attachment": {
                        "type": "photo",
                        "target": {"id": "9"},
                        "media": {"image": {"src": "https://cdn.example/q.jpg"}},
                    },
                }
            ]
        },
    }
    [asked] = heard(polled, PAGE)
    for field in ("external_id", "conversation_id", "reply_to", "author", "text", "created_at", "kind", "direction", "account"):
        assert getattr(told, field) == getattr(asked, field), field
    assert [(a.type, a.id, a.mime) for a in told.attachments] == [(a.type, a.id, a.mime) for a in asked.attachments]


@pytest.mark.parametrize("name", ["poll_feed", "poll_comments", "poll_comments_bare", "poll_conversations"])
def test_with_our_account_named_what_we_said_is_an_echo(name):
    said = [one for one in heard(load(name), PAGE) if one.author]
    assert {one.sort for one in said if one.author.id == PAGE} <= {Sort.ECHO}
    assert {one.sort for one in said if one.author.id != PAGE} == {Sort.MESSAGE}
    assert {one.account for one in said} == {PAGE}


def test_with_our_account_named_a_bare_comment_finds_its_post():
    assert {one.conversation_id for one in heard(load("poll_comments_bare"), PAGE)} == {f"{PAGE}_700000000000010"}


REPLY = {"id": "70_81", "message": "reply", "from": SANNE, "created_time": 2}
TOP = {"id": "70_80", "message": "top", "from": SANNE, "created_time": 1, "comments": {"data": [REPLY]}}
ROOT = {"id": f"{PAGE}_70", "message": "post", "from": SANNE, "created_time": 1, "comments": {"data": [TOP]}}


@pytest.mark.parametrize(
    ("body", "post"),
    [
        (ROOT, f"{PAGE}_70"),
        ({"data": [ROOT]}, f"{PAGE}_70"),
        ({"id": f"{PAGE}_70", "comments": {"data": [TOP]}}, f"{PAGE}_70"),
        ({"data": [TOP]}, "70"),
        (TOP, "70"),
        ({"data": [TOP | {"comments": None}, REPLY | {"parent": {"id": "70_80"}}]}, "70"),
        ({"id": "70_80", "comments": {"data": [REPLY]}}, "70"),
    ],
)
def test_replies_find_their_post_however_they_are_nested(body, post):
    said = {one.text: one for one in heard(body)}
    assert said["reply"].kind is Kind.COMMENT
    assert (said["reply"].conversation_id, said["reply"].reply_to) == (post, "70_80")
    if "top" in said:
        assert (said["top"].conversation_id, said["top"].reply_to, said["top"].kind) == (post, post, Kind.COMMENT)
    if "post" in said:
        assert said["post"].kind is Kind.POST


def test_comments_numbered_after_a_picture_belong_to_the_post_that_shows_it():
    [said] = heard(
        {"id": f"{PAGE}_70", "comments": {"data": [{"id": "99_80", "message": "m", "from": SANNE, "created_time": 1}]}}
    )
    assert (said.conversation_id, said.reply_to) == (f"{PAGE}_70", f"{PAGE}_70")


def test_a_conversation_is_the_person_whoever_speaks():
    said = [one for one in heard(load("poll_conversations"), PAGE) if one.sort is not Sort.IGNORED]
    assert {one.conversation_id for one in said} == {PSID}


def test_a_comment_in_a_review_belongs_to_the_reviews_thread():
    said = heard(load("reviews"))
    assert {one.conversation_id for one in said if "72000000000000" in (one.conversation_id or "")} == {
        "720000000000001",
        "720000000000002",
    }


# --- explaining


def error(code, subcode=0, **more):
    return json.dumps({"error": {"message": "m", "code": code, "error_subcode": subcode, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        *[(400, error(code), Unavailable) for code in (1, 2, 1200)],
        (500, error(9999), Unavailable),
        (400, error(9999, is_transient=True), Unavailable),
        *[(400, error(code), RateLimited) for code in (4, 17, 32, 341, 613, 80001, 80002, 80006)],
        (429, b"", RateLimited),
        (429, error(9999), RateLimited),
        *[(400, error(190, sub), AuthFailed) for sub in (0, 458, 459, 460, 463, 464, 467, 492)],
        *[(403, error(code), AuthFailed) for code in (3, 10, 102, 104, 200, 283, 299, 1705)],
        *[(400, error(10, sub), Rejected) for sub in (2018278, 2018065, 2534022, 2018108, 1893063)],
        *[(400, error(code), Rejected) for code in (100, 368, 551, 10900, 10903, 36000)],
        (400, error(100, 33), Rejected),
        (400, error(200, 1545041), Rejected),
        (400, error(506), Unconfirmed),
        (503, b"<html>", Unavailable),
        (502, b"", Unavailable),
        (200, b'{"data":[', Unavailable),
        (200, b"[]", Unavailable),
        (400, b'{"error":"odd"}', Unavailable),
        (400, b'{"error":{}}', Rejected),
        (400, b'{"error":{"code":"190"}}', AuthFailed),
    ],
)
def test_every_documented_error_says_what_to_do(status, body, kind):
    found = connector.explain(status, {}, body, NOW)
    assert isinstance(found, kind), found


USAGE = json.dumps({PAGE: [{"type": "pages", "estimated_time_to_regain_access": 7}, {"estimated_time_to_regain_access": 42}]})


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, timedelta(hours=1)),
        ({"X-Business-Use-Case-Usage": USAGE}, timedelta(minutes=42)),
        ({"x-business-use-case-usage": USAGE}, timedelta(minutes=42)),
        ({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":0}]}'}, timedelta(hours=1)),
        ({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":999999}]}'}, timedelta(days=1)),
        ({"X-Business-Use-Case-Usage": "{nonsense"}, timedelta(hours=1)),
        ({"X-Business-Use-Case-Usage": '{"1":7,"2":[8]}'}, timedelta(hours=1)),
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        ({"Retry-After": "-5"}, timedelta(hours=1)),
    ],
)
def test_a_limit_ends_when_the_platform_says_so(headers, wait):
    assert connector.explain(400, headers, error(80001), NOW).until == NOW + wait


@pytest.mark.parametrize("code", [190, 100])
def test_no_token_is_repeated(code):
    token = "EAAB" + "x1" * 40
    found = connector.explain(400, {}, error(code, message=f"Malformed access token {token}"), NOW)
    assert token not in str(found)


# --- the webhook


def test_the_handshake_gives_the_challenge_back():
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158"}
    answer = connector.handshake(query, SECRETS)
    assert (answer.status, answer.text) == (200, "1158")


@pytest.mark.parametrize("wrong", [{"hub.verify_token": "guess"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}])
def test_a_stranger_gets_no_challenge(wrong):
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158"} | wrong
    assert connector.handshake(query, SECRETS).status == 403
    assert connector.handshake(query, {}).status == 403


def test_other_questions_are_no_handshake():
    assert connector.handshake({"page": "1"}, SECRETS) is None


def test_the_signature_is_over_the_bytes_and_not_over_what_they_mean():
    body = raw({"message": "géén 😡 a/b"})
    assert b"\\u00e9" in body
    assert b"a\\/b" in body
    headers = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    assert connector.verify(headers, body, SECRETS)
    assert connector.verify({"x-hub-signature-256": headers["X-Hub-Signature-256"]}, body, SECRETS)
    assert not connector.verify(headers, json.dumps(json.loads(body)).encode(), SECRETS)


@pytest.mark.parametrize("value", ["", "sha256=", "sha256=00", "sha1=abc", "ünicode", "sha256=\udcff"])
def test_a_wrong_signature_is_refused(value):
    assert not connector.verify({"X-Hub-Signature-256": value}, b"{}", SECRETS)


def test_no_signature_and_no_secret_are_refused():
    assert not connector.verify({}, b"{}", SECRETS)
    assert not connector.verify({"X-Hub-Signature-256": sign(b"{}", "")}, b"{}", {"app_secret": ""})
    assert not connector.verify({"X-Hub-Signature-256": sign(b"{}", "")}, b"{}", {})


# --- talking to the simulator


class Played:
    """A simulator, a client of it, and a script."""

    def __init__(self, server, session):
        self.server = server
        self.session = session
        self.world = server.app[WORLD]
        self.client = self.talk()

    def talk(self, token=PAGE_TOKEN, **config):
        given = Config(page_id=PAGE, base_url=str(self.server.make_url("/")), **config)
        return connector.client(given, self.session, SECRETS | {"access_token": token})

    async def sim(self, step, **asked):
        async with self.session.post(self.server.make_url(f"/_sim/{step}"), json=asked) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    async def post(self, text="Storing in Leiden", **more):
        return (await self.sim("post", text=text, **more))["id"]

    async def comment(self, on, text="help", author=SANNE):
        return (await self.sim("comment", on=on, text=text, author=author))["id"]

    async def poll(self, cursor=None, client=None):
        return await (client or self.client).poll(cursor, self.world.now)


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


def said_in(batch):
    return [one for body in batch.bodies for one in heard(body, PAGE)]


def texts(batch):
    return sorted(one.text for one in said_in(batch) if one.text is not None)


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


async def test_a_question_that_graph_refuses_is_trouble_and_not_a_refusal(played):
    await played.sim("fault", kind="error", where="/feed", error={"code": 100, "message": "bad fields"})
    with pytest.raises(Unavailable, match="bad fields"):
        await played.poll()
    await played.post()
    await played.sim("fault", kind="error", where="/comments", error={"code": 100, "message": "no comments here"})
    with pytest.raises(Unavailable, match="no comments here"):
        await played.poll()


async def test_a_limit_stops_a_poll_and_says_until_when(played):
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
    await played.sim("fault", kind=kind, times=2)  # aiohttp asks once more when a kept connection breaks
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


# --- answering


def answer(to, text="We kijken het na.", conversation=f"{PAGE}_1", kind=Kind.COMMENT):
    return Reply(key="k1", channel=f"facebook:{PAGE}", conversation_id=conversation, reply_to=to, text=text, kind=kind)


def private(to=None, text="We kijken het na."):
    return answer(to, text, PSID, Kind.DM)


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
    from connectors.facebook.answering import is_private  # noqa: PLC0415

    assert is_private(replace(answer(None, conversation=conversation), kind=kind)) is is_dm


# --- what the simulator tells a webhook


class Receiver:
    """A webhook that keeps what it is told, and refuses as often as it is asked to."""

    def __init__(self):
        self.bodies = []
        self.refuse = 0

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


def test_the_spec_is_whole():
    assert connector.kind == "facebook"
    module, _, name = connector.simulator.partition(":")
    assert getattr(__import__(module, fromlist=[name]), name) is app
    for wrong in ({"page_id": "meerkoet"}, {"version": "26"}, {"window_days": 0}, {"posts_per_poll": 0}):
        with pytest.raises(ValueError):
            Config(**{"page_id": PAGE} | wrong)

"""X: what is read, what refusals mean, and the client against the simulator over real HTTP."""

from __future__ import annotations

import base64
import copy
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import twitter
from connectors.twitter import Config, connect, connector
from connectors.twitter.fields import id_at, time_of
from connectors.twitter.length import measure
from connectors.twitter.places import read_places
from connectors.twitter.sameness import essence
from connectors.twitter.simulator import WORLD, app
from connectors.twitter.simulator.world import KEYS, START, US
from connectors.twitter.webhook import SIGNATURE, signed
from webcare.domain.message import Direction, Kind
from webcare.normalize_files import hear_file, heard_json
from webcare.ports.connector import Element, Reply, Sort
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, Rejected, Unavailable, Unconfirmed
from webcare.services.hearing import hear

FIXTURES = sorted((Path(twitter.__file__).parent / "fixtures").glob("*.json"))
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FIEN = "990000000000000101"


def one(body, me=None):
    (heard,) = hear(connector, body, me)
    return heard


def post(**fields):
    return {
        "id": "1990800000000000500",
        "text": "@klaverenergie hoe lang nog?",
        "author_id": "45102",
        "created_at": "2026-11-20T09:12:41.000Z",
        **fields,
    }


# --- the fixtures


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_a_fixture_is_heard_as_written_beside_it(file):
    expected = [json.loads(line) for line in file.with_suffix(".expected.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [heard_json(heard, "") for heard in hear_file(connector, str(file), None)]
    for line in found:
        del line["file"]
    assert found == expected


def test_there_are_enough_fixtures():
    assert len(FIXTURES) >= 14


def spots(value, path=()):
    """Yield the path of everything in a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one_ in inner:
        yield from spots(one_, (*path, key))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.just({"id": []}),
    st.just("2026-11-20T09:00:00Z"),
).map(copy.deepcopy)  # the drawn lists are written into


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FIXTURES), st.data())
def test_whatever_is_taken_out_or_put_in_is_heard_or_unreadable(file, data):
    """A platform changes its bodies without asking us: `hear` lets ValueErrors only become `unreadable`, and nothing disappears."""
    body = json.loads(file.read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        paths = [path for path in spots(body) if path]
        if not paths:
            break
        *way, last = data.draw(st.sampled_from(paths))
        holder = body
        for key in way:
            holder = holder[key]
        if data.draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = data.draw(JUNK)
    for whole in body if isinstance(body, list) else [body]:
        heard = list(hear(connector, whole, data.draw(st.sampled_from([None, US]))))
        assert heard
        for each in heard:
            assert each.sort is not Sort.UNREADABLE or "ValueError: " in each.reason
            assert each.created_at is None or each.created_at.utcoffset() == timedelta(0)
            assert each.external_id is None or isinstance(each.external_id, str)
            json.dumps(heard_json(each, ""))


def test_every_element_says_at_least_one_thing():
    for file in FIXTURES:
        body = json.loads(file.read_text(encoding="utf-8"))
        for whole in body if isinstance(body, list) else [body]:
            elements = connector.split(whole) if isinstance(whole, dict) else []
            assert len(list(hear(connector, whole, None))) >= len(elements)


# --- reading


def test_our_own_posts_are_echoes_once_we_know_who_we_are():
    file = next(file for file in FIXTURES if file.stem == "own_timeline")
    heard = list(hear_file(connector, str(file), US))
    assert [(h.sort, h.direction, h.kind, h.account) for h in heard] == [
        (Sort.ECHO, Direction.OUTBOUND, Kind.MENTION, US),
        (Sort.ECHO, Direction.OUTBOUND, Kind.POST, US),
    ]
    file = next(file for file in FIXTURES if file.stem == "dm_events")
    assert [h.sort for h in hear_file(connector, str(file), US)] == [Sort.MESSAGE, Sort.ECHO, Sort.MESSAGE, Sort.IGNORED]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Sort.MESSAGE),
        ({"referenced_tweets": [{"type": "retweeted", "id": "9"}]}, Sort.IGNORED),
        ({"referenced_posts": [{"type": "retweeted", "id": "9"}]}, Sort.IGNORED),
        ({"author_id": US}, Sort.ECHO),
        ({"author_id": US, "referenced_tweets": [{"type": "retweeted", "id": "9"}]}, Sort.IGNORED),
        ({"edit_history_tweet_ids": ["1990800000000000400", "1990800000000000500"]}, Sort.EDIT),
        ({"edit_history_post_ids": ["1990800000000000400", "1990800000000000500"]}, Sort.EDIT),
        ({"edit_history_post_ids": ["1990800000000000500", "1990800000000000600"]}, Sort.MESSAGE),
        ({"author_id": US, "edit_history_tweet_ids": ["5", "1990800000000000500"]}, Sort.EDIT),
        ({"id": "x"}, Sort.UNREADABLE),
        ({"id": "12345678901234567890"}, Sort.UNREADABLE),
        ({"id": 2**60}, Sort.UNREADABLE),
        ({"id": 1.5}, Sort.UNREADABLE),
        ({"id": True}, Sort.UNREADABLE),
        ({"text": None}, Sort.UNREADABLE),
        ({"created_at": "2026-11-20 09:00"}, Sort.UNREADABLE),
        ({"author_id": "٣"}, Sort.UNREADABLE),
    ],
)
def test_what_a_post_is(fields, expected):
    assert one({"data": [post(**fields)]}, US).sort is expected


@pytest.mark.parametrize(
    ("names", "kind", "reply_to"),
    [
        ({"referenced_tweets": [{"type": "replied_to", "id": "7"}]}, "replied_to", "7"),
        ({"referenced_posts": [{"type": "quoted", "id": "7"}]}, "quoted", None),
        ({"referenced_posts": [{"type": "quoted", "id": "7"}, {"type": "replied_to", "id": "8"}]}, "quoted+replied_to", "8"),
        ({"referenced_tweets": []}, "post", None),
    ],
)
def test_replies_and_quotes_under_both_generations_of_names(names, kind, reply_to):
    heard = one({"data": [post(**names)]})
    assert (heard.raw_type, heard.reply_to) == (kind, reply_to)


def test_an_edit_stays_in_the_conversation_that_its_first_version_began():
    heard = one({"data": [post(conversation_id="1990800000000000500", edit_history_tweet_ids=["5", "1990800000000000500"])]})
    assert (heard.sort, heard.target_id, heard.conversation_id) == (Sort.EDIT, "5", "5")


def test_without_a_field_for_time_the_id_tells_it():
    made = datetime(2026, 11, 20, 9, 12, 41, 250000, tzinfo=UTC)
    assert time_of(str(id_at(made))) == made
    assert one({"data": [{"id": str(id_at(made)), "text": "hoi"}]}).created_at == made
    assert one({"data": [{"id": "123", "text": "Hello"}]}).created_at is None


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-20T09:12:41.000Z",
        "2026-11-20T10:12:41+01:00",
        "Fri Nov 20 09:12:41 +0000 2026",
        "Fri Nov 20 04:12:41 -0500 2026",
        "1795165961000",
        1795165961000,
    ],
)
def test_every_way_in_which_x_writes_a_time(said):
    assert one({"data": [post(created_at=said)]}).created_at == datetime(2026, 11, 20, 9, 12, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "me", "kind"),
    [
        ({"entities": {"mentions": [{"username": "klaverenergie", "id": US}]}}, US, Kind.MENTION),
        ({"entities": {"mentions": [{"username": "ander", "id": "5"}]}, "text": "@ander hoi"}, US, Kind.POST),
        ({"in_reply_to_user_id": US, "entities": {}}, US, Kind.MENTION),
        ({"in_reply_to_user_id": "5", "entities": {}}, US, Kind.POST),
        ({"text": "storing bij klaver?"}, US, Kind.POST),
        ({"text": "storing bij @klaverenergie?"}, None, Kind.MENTION),
        ({"text": "storing?", "entities": {"hashtags": []}}, None, Kind.POST),
    ],
)
def test_a_mention_is_what_speaks_to_us(fields, me, kind):
    assert one({"data": [post(**fields)]}, me).kind is kind


def test_the_account_that_a_body_names_wins():
    """One webhook serves several accounts of a brand: a mention of the second by the first is our own post all the same."""
    body = {"data": {"event_type": "post.mention.create", "filter": {"user_id": "55"}, "payload": post(author_id="45102")}}
    assert (one(body, US).account, one(body, US).sort) == ("55", Sort.MESSAGE)
    body["data"]["payload"]["author_id"] = US
    assert one(body, US).sort is Sort.ECHO


@pytest.mark.parametrize(
    "body",
    [
        {"object": "page", "entry": []},
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": []}]},
        {"data": [{"id": "1_2", "message": "hoi", "created_time": "2026-11-20T10:00:00+0000"}], "paging": {"cursors": {}}},
        {"data": [{"id": "178", "text": "hoi", "timestamp": "2026-11-20T10:00:00+0000", "username": "a"}]},
        {"update_id": 1, "message": {"text": "hoi"}},
        {"from": "31600000000", "id": "wamid.A", "text": {"body": "hoi"}},
        {},
    ],
)
def test_a_body_of_another_platform_is_one_line(body):
    heard = one(body)
    assert (heard.sort, heard.reason) == (Sort.IGNORED, "other platform")


@pytest.mark.parametrize(
    ("error", "expected", "target"),
    [
        ({"title": "Not Found Error", "resource_type": "tweet", "resource_id": "7", "parameter": "ids"}, Sort.DELETE, "7"),
        ({"title": "Not Found Error", "resource_type": "post", "value": "7"}, Sort.DELETE, "7"),
        (
            {"type": "https://api.twitter.com/2/problems/resource-not-found", "resource_type": "tweet", "resource_id": "7"},
            Sort.DELETE,
            "7",
        ),
        ({"title": "Not Found Error", "resource_type": "user", "resource_id": "7"}, Sort.IGNORED, None),
        (
            {"title": "Not Found Error", "resource_type": "tweet", "resource_id": "7", "parameter": "referenced_tweets.id"},
            Sort.IGNORED,
            None,
        ),
        ({"title": "Authorization Error", "resource_type": "tweet", "resource_id": "7", "parameter": "ids"}, Sort.IGNORED, None),
    ],
)
def test_only_what_was_looked_up_itself_and_is_missing_was_deleted(error, expected, target):
    heard = one({"errors": [error]})
    assert (heard.sort, heard.target_id) == (expected, target)


def test_a_bad_picture_or_name_beside_a_post_does_not_take_the_post_with_it():
    body = {"data": [post()], "includes": {"users": [{"id": "45102", "name": ["x"]}, 7], "media": {"a": 1}}}
    heard = one(body)
    assert (heard.sort, heard.author.name) == (Sort.MESSAGE, None)


def test_both_generations_give_a_picture_the_same_id():
    new = one({"data": [post(attachments={"media_keys": ["3_1990700000000000031"]})]})
    old = one(
        {
            "for_user_id": US,
            "tweet_create_events": [
                {
                    "id_str": "1990800000000000500",
                    "text": "x",
                    "user": {"id_str": "5"},
                    "extended_entities": {"media": [{"id_str": "1990700000000000031", "type": "photo"}]},
                }
            ],
        }
    )
    assert [(a.type, a.id) for a in new.attachments] == [(a.type, a.id) for a in old.attachments]


def test_reading_does_not_change_what_it_reads():
    body = json.loads(FIXTURES[0].read_text(encoding="utf-8"))
    before = copy.deepcopy(body)
    for whole in body if isinstance(body, list) else [body]:
        list(hear(connector, whole, US))
    assert body == before


def test_an_element_that_is_no_object_is_a_value_error():
    with pytest.raises(ValueError, match="element"):
        connector.read(Element(where="data[0]", value=7, around={"part": "unknown"}), None)


# --- length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("hallo", 5),
        ("cafe\u0301", 4),
        ("日本", 4),
        ("👨\u200d👩\u200d👧", 2),
        ("👍🏽", 2),
        ("🇳🇱🇧🇪", 4),
        ("1\ufe0f\u20e3", 2),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2),
        ("©", 1),
        ("€", 2),
        ("zie https://voorbeeld.example/een/heel/lang/adres?met=vraag. ok", 4 + 23 + 4),
        ("http://a.nl", 23),
        ("ga naar klaver.nl!", 8 + 23 + 1),
        ("mail lot@klaver.nl", 18),
        ("a.b", 3),
        ("x" * 280, 280),
    ],
)
def test_the_weighted_length(text, length):
    assert measure(text) == length


# --- what refusals mean


def said(status, body=b"", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return connector.explain(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw, NOW)


RESET = int((NOW + timedelta(minutes=7)).timestamp())
PROBLEM = "https://api.x.com/2/problems/"


@pytest.mark.parametrize("body", [{"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, {"title": "Too Many Requests", "type": "about:blank", "status": 429}, {"title": "Too Many Requests", "errors": [{"code": 88, "message": "x"}]}, b"", b"<html>"])  # fmt: skip
@pytest.mark.parametrize(
    ("headers", "until"),
    [
        ({"x_rate_limit_reset": str(RESET)}, NOW + timedelta(minutes=7)),
        ({"X_Rate_Limit_Reset": str(RESET)}, NOW + timedelta(minutes=7)),
        ({}, NOW + timedelta(minutes=1)),
        ({"x_rate_limit_reset": str(int(NOW.timestamp()) - 30)}, NOW + timedelta(minutes=1)),
        ({"x_rate_limit_reset": str(RESET * 1000)}, NOW + timedelta(minutes=1)),
        ({"x_rate_limit_reset": "soon"}, NOW + timedelta(minutes=1)),
        (
            {
                "x_user_limit_24hour_remaining": "0",
                "x_user_limit_24hour_reset": str(RESET + 7200),
                "x_rate_limit_remaining": "55",
                "x_rate_limit_reset": str(RESET),
            },
            NOW + timedelta(minutes=127),
        ),
    ],
)
def test_a_rate_limit_lasts_as_long_as_x_says(body, headers, until):
    meaning = said(429, body, **headers)
    assert isinstance(meaning, RateLimited)
    assert meaning.until == until


@pytest.mark.parametrize(
    ("status", "body", "kind", "word"),
    [
        (401, {"title": "Unauthorized", "type": "about:blank", "status": 401}, AuthFailed, "keys"),
        (401, b"", AuthFailed, "keys"),
        (401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]}, AuthFailed, "keys"),
        (401, {"errors": [{"code": 32, "message": "Could not authenticate you."}]}, AuthFailed, "keys"),
        (401, {"errors": [{"code": 135, "message": "Timestamp out of bounds."}]}, AuthFailed, "clock"),
        (
            403,
            {"title": "Client Forbidden", "reason": "client-not-enrolled", "type": PROBLEM + "client-forbidden"},
            AuthFailed,
            "Read, Write",
        ),
        (403, {"type": "https://api.twitter.com/2/problems/oauth1-permissions"}, AuthFailed, "Read, Write"),
        (403, {"type": PROBLEM + "unsupported-authentication"}, AuthFailed, "Read, Write"),
        (403, {"errors": [{"code": 453, "message": "a subset"}]}, AuthFailed, "Read, Write"),
        (403, {"errors": [{"code": 64, "message": "suspended"}]}, AuthFailed, "suspended"),
        (403, {"detail": "Your account is temporarily locked."}, AuthFailed, "locked"),
        (429, {"type": PROBLEM + "usage-capped", "period": "Monthly", "scope": "Product"}, AuthFailed, "monthly reads"),
        (403, {"type": PROBLEM + "usage-capped"}, AuthFailed, "the reads"),
        (402, {"title": "CreditsDepleted"}, AuthFailed, "credits"),
        (403, {"detail": "Your spending limit has been reached."}, AuthFailed, "credits"),
        (403, {"detail": "You are not allowed to create a Tweet with duplicate content."}, Rejected, "exactly this text"),
        (403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}, Rejected, "exactly this text"),
        (
            403,
            {"detail": "Reply not allowed: you have not been mentioned or otherwise engaged by the author"},
            Rejected,
            "mention us",
        ),
        (403, {"detail": "The author did not summon this account"}, Rejected, "mention us"),
        (403, {"errors": [{"code": 433, "message": "restricted"}]}, Rejected, "who may reply"),
        (403, {"detail": "Its author restricted who can reply here."}, Rejected, "who may reply"),
        (403, {"detail": "You cannot send messages to this user."}, Rejected, "direct messages"),
        (403, {"errors": [{"code": 349, "message": "x"}]}, Rejected, "direct messages"),
        (
            403,
            {"detail": "You attempted to reply to a Tweet that is deleted or not visible to you."},
            Rejected,
            "no longer there",
        ),
        (404, {"title": "Not Found Error", "type": PROBLEM + "resource-not-found"}, Rejected, "no longer there"),
        (400, {"title": "Invalid Request", "detail": "bad", "errors": [{"message": "text: empty"}]}, Rejected, "text: empty"),
        (403, {"detail": "Something new."}, Rejected, "Something new."),
        (403, b"", Rejected, "without a reason"),
        (500, {"errors": [{"code": 131, "message": "Internal error"}]}, Unavailable, "500"),
        (503, b"<html><h1>Over capacity</h1>", Unavailable, "503"),
        (502, b"", Unavailable, "502"),
        (302, b"", Unavailable, "302"),
        (403, [1], Rejected, "403"),
        (403, {"errors": "odd", "detail": 5, "type": None}, Rejected, "403"),
        (403, {"errors": [None, 7, {"code": "187"}]}, Rejected, "403"),
    ],
)
def test_every_shape_of_refusal_says_what_to_do(status, body, kind, word):
    meaning = said(status, body)
    assert type(meaning) is kind
    assert word in str(meaning)


def test_a_long_refusal_is_cut():
    assert len(str(said(403, {"detail": "x" * 10_000}))) < 300


# --- webhooks


def test_the_challenge_is_answered_in_base64():
    answer = connector.handshake({"crc_token": "abc"}, {"consumer_secret": "s3cret"})
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert json.loads(answer.text) == {"response_token": signed("s3cret", b"abc")}
    assert json.loads(answer.text)["response_token"] == "sha256=Ty8wqvSle9YKtHPI6cLN/vwYZyPUcn7W8x8ENTyROJo="  # noqa: S105 - made with openssl
    assert connector.handshake({}, {"consumer_secret": "s3cret"}) is None
    assert connector.handshake({"crc_token": "abc"}, {}) is None


BODY = b'{"for_user_id":"1","text":"caf\\u00e9 \\ud83d\\ude00 \\/"}'


@pytest.mark.parametrize(
    ("headers", "raw", "secret", "expected"),
    [
        ({SIGNATURE: signed("s", BODY)}, BODY, "s", True),
        ({"X-Twitter-Webhooks-Signature": signed("s", BODY)}, BODY, "s", True),
        ({SIGNATURE: signed("s", BODY)}, json.dumps(json.loads(BODY), ensure_ascii=False).encode(), "s", False),
        ({SIGNATURE: signed("other", BODY)}, BODY, "s", False),
        ({SIGNATURE: signed("s", BODY).removeprefix("sha256=")}, BODY, "s", False),
        ({SIGNATURE: ""}, BODY, "s", False),
        ({SIGNATURE: "sha256=é\ud800"}, BODY, "s", False),
        ({}, BODY, "s", False),
        ({SIGNATURE: signed("", BODY)}, BODY, "", False),
    ],
)
def test_a_signature_is_over_the_raw_bytes(headers, raw, secret, expected):
    assert connector.verify(headers, raw, {"consumer_secret": secret}) is expected


# --- the client, against the simulator


class Sim:
    """The simulator, a client of it, and short words for both."""

    def __init__(self, server, session):
        self.server, self.session, self.world = server, session, server.app[WORLD]
        self.world.people[FIEN] = {"name": "Fien de Wolf", "username": "fiendewolf"}
        self.world.people["45102"] = {"name": "Bram", "username": "bram_ov"}

    def client(self, session=None, **config):
        given_ = {"user_id": US, "base_url": str(self.server.make_url("")), **config}
        return connect(Config(**given_), session or self.session, KEYS)

    @property
    def now(self):
        return self.world.now

    async def do(self, what, **body):
        async with self.session.post(self.server.make_url(f"/_sim/{what}"), json=body) as response:
            assert response.status == 200
            return await response.json()

    def says(self, text="@klaverenergie hoe lang nog?", author=FIEN, **kwargs):
        self.world.pass_time(timedelta(seconds=1))
        return self.world.say(author, text, **kwargs)


@pytest.fixture
async def sim():
    server = TestServer(app())
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        yield Sim(server, session)
    await server.close()


def heard_in(batch):
    return [heard for body in batch.bodies for heard in hear(connector, body, US)]


def ids(batch):
    return [heard.external_id for heard in heard_in(batch) if heard.sort is not Sort.IGNORED]


def reply(to="1", text="We zoeken het uit.", **kwargs):
    return Reply(
        **{
            "key": "k",
            "channel": f"twitter:{US}",
            "conversation_id": to,
            "reply_to": to,
            "text": text,
            "kind": Kind.MENTION,
            **kwargs,
        }
    )


@pytest.mark.parametrize("names", ["tweet", "post"])
async def test_polling_reads_mentions_and_our_own_posts_in_either_words(sim, names):
    sim.world.names = names
    asked = sim.says()
    sim.says("iets heel anders")
    sim.world.pass_time(timedelta(minutes=1))
    answered = sim.world.say(US, "@fiendewolf nog even", reply_to=asked.id)
    batch = await sim.client(names=names).poll(None, sim.now)
    assert [(h.external_id, h.sort, h.reply_to, h.conversation_id) for h in heard_in(batch)] == [
        (asked.id, Sort.MESSAGE, None, asked.id),
        (answered.id, Sort.ECHO, asked.id, asked.id),
    ]
    assert heard_in(batch)[0].author.handle == "fiendewolf"
    assert (batch.cost, batch.more) == (2, False)


async def test_an_empty_poll_brings_nothing_and_costs_nothing(sim):
    batch = await sim.client().poll(None, sim.now)
    assert (batch.bodies, batch.cost, batch.more) == ((), 0, False)
    assert (await sim.client().poll(batch.cursor, sim.now)).bodies == ()


async def test_a_second_poll_pays_only_for_what_is_new(sim):
    sim.says()
    first = await sim.client().poll(None, sim.now)
    second = sim.says("@klaverenergie hallo?")
    batch = await sim.client().poll(first.cursor, sim.now)
    assert second.id in ids(batch)
    assert batch.cost == 1


async def test_a_mention_that_x_finds_late_is_not_lost(sim):
    """X indexes some posts minutes after newer ones: their id is below the newest that was seen."""
    late = sim.says("@klaverenergie ik was er eerder", late=timedelta(minutes=4))
    sim.says("@klaverenergie ik was er later")
    first = await sim.client().poll(None, sim.now)
    assert late.id not in ids(first)
    sim.world.pass_time(timedelta(minutes=5))
    assert late.id in ids(await sim.client().poll(first.cursor, sim.now))
    assert late.id not in ids(await sim.client(overlap=timedelta(0)).poll(first.cursor, sim.now))


async def test_pages_are_followed_though_they_are_shorter_than_asked(sim):
    sim.world.page = 2
    said_ = [sim.says(f"@klaverenergie {n}").id for n in range(7)]
    batch = await sim.client().poll(None, sim.now)
    assert sorted(ids(batch)) == sorted(said_)
    assert batch.more is False


async def test_a_poll_that_runs_out_of_pages_is_taken_up_where_it_stopped(sim):
    sim.world.page = 2
    client, cursor, found, costs = sim.client(pages=2), None, [], []
    said_ = [sim.says(f"@klaverenergie {n}").id for n in range(9)]
    for turn in range(3):
        batch = await client.poll(cursor, sim.now)
        cursor, found, costs = batch.cursor, found + ids(batch), [*costs, batch.cost]
        assert batch.more is (turn < 2)
        said_.append(sim.says(f"@klaverenergie tussendoor {turn}").id)
    assert sorted(found) == sorted(said_[:9])
    assert costs == [4, 4, 1]
    assert set(said_[9:]) <= set(ids(await client.poll(cursor, sim.now)))


def test_a_list_of_empty_pages_does_not_lose_its_place(sim):
    place = read_places('{"own": {"since": 5, "top": 9, "below": 7, "token": "x"}, "mentions": {"since": "odd", "more": 1}}')
    assert (place["own"].below, place["mentions"].since) == (7, 0)
    assert place["own"].after([], "next").below == 7
    assert place["own"].after([], None).since == 9
    assert read_places("no json") == read_places("[]") == read_places(None) == {}


async def test_a_cursor_that_cannot_be_read_starts_anew(sim):
    asked = sim.says()
    assert ids(await sim.client().poll("broken", sim.now)) == [asked.id]


async def test_an_id_from_the_future_does_not_end_all_reading(sim):
    sim.says()
    far = sim.says("@klaverenergie uit de toekomst")
    far.id = "9" * 18
    first = await sim.client().poll(None, sim.now)
    after = sim.says("@klaverenergie en nu?")
    assert after.id in ids(await sim.client().poll(first.cursor, sim.now))


async def test_edits_deletions_retweets_and_the_suspended(sim):
    asked = sim.says()
    changed = sim.world.edit(asked.id, "@klaverenergie hoe lang nog?? (aangepast)")
    sim.says("RT @klaverenergie: onderhoud", retweets="5")
    sim.world.people.pop(FIEN)
    heard = heard_in(await sim.client().poll(None, sim.now))
    assert [(h.sort, h.target_id) for h in heard if h.external_id == changed.id] == [(Sort.EDIT, asked.id)]
    assert "retweet" in [h.reason for h in heard]
    assert [h.author.handle for h in heard if h.author] == [None]
    sim.world.delete(changed.id)
    async with sim.session.get(sim.server.make_url(f"/2/tweets?ids={asked.id}")) as response:
        assert response.status == 401  # nobody reads here without a signature


async def test_direct_messages_are_polled_where_the_channel_asks_for_it(sim):
    sim.world.whisper(FIEN, US, "mijn nummer is 88120")
    assert ids(await sim.client().poll(None, sim.now)) == []
    client = sim.client(direct_messages=True)
    first = await client.poll(None, sim.now)
    assert [(h.kind, h.conversation_id) for h in heard_in(first)] == [(Kind.DM, f"{US}-{FIEN}")]
    sim.world.pass_time(timedelta(minutes=20))
    assert (await client.poll(first.cursor, sim.now)).cost == 0
    sim.world.whisper(US, FIEN, "dank je")
    second = await client.poll(first.cursor, sim.now)
    assert (second.cost, [h.sort for h in heard_in(second)]) == (1, [Sort.ECHO, Sort.MESSAGE])


async def test_many_direct_messages_are_taken_up_by_their_token(sim):
    sim.world.page = 2
    client = sim.client(direct_messages=True, pages=1)
    said_ = []
    for n in range(5):
        sim.world.pass_time(timedelta(seconds=1))
        said_.append(sim.world.whisper(FIEN, US, f"bericht {n}").id)
    cursor, found, more = None, [], True
    while more:
        batch = await client.poll(cursor, sim.now)
        cursor, more = batch.cursor, batch.more
        found += ids(batch)
    assert sorted(found) == sorted(said_)


async def test_a_token_that_x_has_forgotten_costs_a_longer_walk_and_no_message(sim):
    sent = sim.world.whisper(FIEN, US, "hoi")
    cursor = json.dumps({"messages": {"since": 0, "top": 0, "token": "long-gone"}})
    assert ids(await sim.client(direct_messages=True).poll(cursor, sim.now)) == [sent.id]


@pytest.mark.parametrize("shape", ["legacy", "problem", "mixed"])
@pytest.mark.parametrize(
    ("reset", "wait"), [("ahead", timedelta(minutes=15)), ("past", timedelta(minutes=1)), ("none", timedelta(minutes=1))]
)
async def test_a_rate_limit_in_every_shape_and_with_every_header(sim, shape, reset, wait):
    await sim.do("fault", kind=f"limit-{shape}", reset=reset)
    with pytest.raises(RateLimited) as limited:
        await sim.client().poll(None, sim.now)
    assert limited.value.until == START + wait


async def test_a_limit_on_one_list_does_not_throw_away_what_another_brought(sim):
    asked = sim.says()
    await sim.do("limit", path="/tweets", requests=0)
    batch = await sim.client().poll(None, sim.now)
    assert ids(batch) == [asked.id]
    assert set(json.loads(batch.cursor)) == {"mentions"}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("html", Unavailable),
        ("empty", Unavailable),
        ("server", Unavailable),
        ("truncated", Unavailable),
        ("page", Unavailable),
        ("drop", Unavailable),
        ("unauthorized", AuthFailed),
        ("access", AuthFailed),
        ("unenrolled", AuthFailed),
        ("capped", AuthFailed),
        ("unpaid", AuthFailed),
        ("spent", AuthFailed),
    ],
)
async def test_what_breaks_reading_says_what_to_do(sim, kind, error):
    """aiohttp asks once more by itself when a connection breaks before an answer to a GET, so `drop` has to happen twice."""
    for asking in (sim.client().poll(None, sim.now), sim.client().preflight(sim.now)):
        sim.world.faults.clear()
        await sim.do("fault", kind=kind, times=2)
        with pytest.raises(error):
            await asking


async def test_no_network_is_unavailable(sim):
    client = sim.client(base_url=f"http://127.0.0.1:{unused_port()}")
    for doing in (client.poll(None, NOW), client.preflight(NOW), client.find(reply()), client.send(reply())):
        with pytest.raises(Unavailable):
            await doing


async def test_an_account_that_is_not_there_stops_the_channel(sim):
    with pytest.raises(AuthFailed):
        await sim.client(user_id="999").poll(None, sim.now)


async def test_keys_that_were_revoked(sim):
    await sim.do("set", is_revoked=True)
    for doing in (sim.client().poll(None, sim.now), sim.client().preflight(sim.now), sim.client().send(reply())):
        with pytest.raises(AuthFailed):
            await doing


async def test_preflight_says_who_we_are_and_what_is_missing(sim):
    health = await sim.client().preflight(sim.now)
    assert (health.account, health.problems, health.expires_at) == (US, (), None)
    await sim.do("set", access="read")
    health = await sim.client(user_id="45102").preflight(sim.now)
    assert len(health.problems) == 2


async def test_a_reply_is_sent_once_and_can_be_found(sim):
    asked = sim.says("@klaverenergie A & B werken niet, zie klaver.nl")
    wanted = reply(asked.id, "Klopt, A & B < C. Zie https://klaver.nl/storing 👍")
    client = sim.client()
    assert await client.find(wanted) is None
    receipt = await client.send(wanted)
    assert receipt.accepted_at is None
    found = await client.find(wanted)
    assert found.external_id == receipt.external_id
    assert found.accepted_at == sim.now
    with pytest.raises(Rejected, match="exactly this text"):
        await client.send(wanted)
    assert await client.find(reply(asked.id, "iets anders")) is None


@pytest.mark.parametrize("fault", ["lose", "html", "empty", "server", "truncated", "page", "nameless"])
async def test_what_may_have_been_sent_is_unconfirmed_and_then_looked_for(sim, fault):
    asked, client = sim.says(), sim.client()
    await sim.do("fault", kind=fault, path="/2/tweets", method="POST")
    with pytest.raises(Unconfirmed):
        await client.send(reply(asked.id))
    found = await client.find(reply(asked.id))
    assert (found is not None) is (fault == "lose")


async def test_a_time_out_after_the_reply_was_accepted(sim):
    asked = sim.says()
    await sim.do("fault", kind="hang", method="POST")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_read=0.2)) as session:
        with pytest.raises(Unconfirmed):
            await sim.client(session).send(reply(asked.id))
    assert await sim.client().find(reply(asked.id)) is not None


async def test_sending_has_no_time_of_ours_so_x_says_when(sim):
    asked = sim.says()
    await sim.do("fault", kind="limit-problem", path="/2/tweets")
    with pytest.raises(RateLimited) as limited:
        await sim.client().send(reply(asked.id))
    assert limited.value.until == START + timedelta(minutes=15)


async def test_what_x_refuses_is_told_in_plain_words(sim):
    client = sim.client()
    with pytest.raises(Rejected, match="mention us"):
        await client.send(reply(sim.says("klaver doet het niet").id))
    with pytest.raises(Rejected, match="who may reply"):
        await client.send(reply(sim.says("vraag", reply_settings="following").id))
    with pytest.raises(Rejected, match="too long"):
        await client.send(reply(sim.says().id, "x" * 281))
    gone = sim.says()
    sim.world.delete(gone.id)
    with pytest.raises(Rejected, match="no longer there"):
        await client.send(reply(gone.id))
    with pytest.raises(Rejected, match="names none"):
        await client.send(reply(reply_to=None))
    await sim.do("set", is_enterprise=True)
    assert (await client.send(reply(sim.says("klaver doet het niet").id))).external_id


async def test_a_quote_of_ours_may_be_answered(sim):
    ours = sim.says("Vanavond onderhoud", author=US)
    assert (await sim.client().send(reply(sim.says("zucht", quotes=ours.id).id))).external_id


async def test_a_direct_message_is_sent_found_and_refused(sim):
    asked = sim.world.whisper(FIEN, US, "hoi")
    wanted = reply(f"{US}-{FIEN}", "Dag Fien!", kind=Kind.DM, reply_to=asked.id)
    client = sim.client()
    assert await client.find(wanted) is None
    receipt = await client.send(wanted)
    assert (await client.find(wanted)).external_id == receipt.external_id
    with pytest.raises(Unconfirmed, match="older"):
        await client.find(reply(f"{US}-{FIEN}", "Dag Fien!", kind=Kind.DM, reply_to=None))
    assert await client.find(reply(f"{US}-{FIEN}", "Iets anders", kind=Kind.DM, reply_to=None)) is None
    await sim.do("person", id=FIEN, name="Fien", username="fiendewolf", closed=True)
    with pytest.raises(Rejected, match="direct messages"):
        await client.send(wanted)
    for conversation in ("../../2/tweets", "e4f4d3fc", "1-2/3"):
        with pytest.raises(Rejected, match="X app"):
            await client.send(reply(conversation, kind=Kind.DM))


async def test_the_same_words_before_the_question_are_not_our_answer(sim):
    sim.world.whisper(US, FIEN, "Dank je!")
    sim.world.pass_time(timedelta(seconds=1))
    asked = sim.world.whisper(FIEN, US, "en nu?")
    assert await sim.client().find(reply(f"{US}-{FIEN}", "Dank je!", kind=Kind.DM, reply_to=asked.id)) is None


async def test_where_there_is_more_than_can_be_looked_through_nothing_is_certain(sim):
    asked = sim.says()
    sim.world.page = 1
    for n in range(4):
        sim.says(f"@fiendewolf {n}", author=US, reply_to=asked.id)
    with pytest.raises(Unconfirmed):
        await sim.client(pages=2).find(reply(asked.id))
    for unknown in (reply(reply_to=None), reply(reply_to="e4f4d3fc-8bbf")):
        with pytest.raises(Unconfirmed):
            await sim.client().find(unknown)


async def test_looking_is_unavailable_while_x_is(sim):
    asked = sim.says()
    for kind in ("html", "limit-problem", "unauthorized", "truncated"):
        await sim.do("fault", kind=kind)
        with pytest.raises(Unavailable):
            await sim.client().find(reply(asked.id))


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Hallo  daar\n", "@a @b_c Hallo daar"),
        ("cafe\u0301", "café"),
        ("Zie klaver.nl/x?y=1 nu", "@a Zie https://t.co/abcdefghij nu"),
        ("@fien hoi", "@fien hoi"),
    ],
)
def test_what_x_makes_of_a_text_is_seen_through(sent, shown):
    assert essence(sent) == essence(shown)
    assert essence(sent) != essence(shown + " en meer")


async def test_requests_are_signed_for_the_host_that_they_go_to(sim):
    """tweepy signs for api.twitter.com whatever we do; X checks the signature against the host that was asked."""
    sim.says()
    assert (await sim.client().poll(None, sim.now)).cost == 1
    wrong = connect(
        Config(user_id=US, base_url=str(sim.server.make_url(""))), sim.session, {**KEYS, "access_token_secret": "other"}
    )
    with pytest.raises(AuthFailed):
        await wrong.poll(None, sim.now)


async def test_neither_keys_nor_texts_reach_the_log(sim, caplog):
    caplog.set_level(logging.DEBUG)
    asked = sim.says()
    await sim.client().send(reply(asked.id, "geheim antwoord"))
    await sim.do("fault", kind="html")
    with pytest.raises(OutsideError) as error:
        await sim.client().poll(None, sim.now)
    for secret in (*KEYS.values(), "geheim antwoord", "OAuth"):
        assert secret not in caplog.text
        assert secret not in str(error.value)


async def test_a_redirect_is_not_followed_with_our_signature(sim):
    async def away(_request):
        raise web.HTTPFound("http://127.0.0.1:1/")

    elsewhere = web.Application()
    elsewhere.router.add_route("*", "/{rest:.*}", away)
    server = TestServer(elsewhere)
    await server.start_server()
    with pytest.raises(Unavailable, match="302"):
        await sim.client(base_url=str(server.make_url(""))).poll(None, NOW)
    await server.close()


async def test_the_simulator_calls_a_webhook_as_x_does(sim):
    """Challenge, signature over escaped bytes, a wrong signature, a repeated delivery."""
    got = []

    async def challenged(request):
        answer = connector.handshake(request.query, KEYS)
        return web.Response(status=answer.status, text=answer.text, content_type=answer.content_type)

    async def called(request):
        raw = await request.read()
        got.append(raw)
        return web.Response(status=200 if connector.verify(request.headers, raw, KEYS) else 403)

    receiver = web.Application()
    receiver.router.add_get("/hook", challenged)
    receiver.router.add_post("/hook", called)
    server = TestServer(receiver)
    await server.start_server()
    url = str(server.make_url("/hook"))
    assert await sim.do("hook", url=url) == {"valid": True}
    assert await sim.do("hook", url=str(server.make_url("/elsewhere"))) == {"valid": False}
    assert await sim.do("deliver", url=url, body={"text": "café 😀"}, times=2) == {"statuses": [200, 200]}
    assert b"\\u00e9" in got[0]
    assert await sim.do("deliver", url=url, body={}, signature="sha256=AAAA") == {"statuses": [403]}
    raw = base64.b64encode(BODY).decode()
    assert await sim.do("deliver", url=url, raw=raw) == {"statuses": [200]}
    await server.close()
    assert await sim.do("deliver", url=url, body={}) == {"statuses": [0]}


async def test_the_simulator_plays_by_its_script(sim):
    await sim.do("person", id="7", name="Joke", username="joke_v")
    first = (await sim.do("post", author="7", text="@klaverenergie hoi"))["id"]
    second = (await sim.do("edit", id=first, text="@klaverenergie hoi!"))["id"]
    await sim.do("message", sender="7", text="psst")
    await sim.do("clock", seconds=60)
    heard = heard_in(await sim.client(direct_messages=True).poll(None, sim.now))
    assert [(h.sort, h.target_id) for h in heard] == [(Sort.EDIT, first), (Sort.MESSAGE, None)]
    async with sim.session.get(sim.server.make_url("/_sim/paid")) as response:
        assert await response.json() == {"resources": 2}
    await sim.do("delete", id=second)
    await sim.do("person", id="7", suspended=True)
    assert (await sim.do("set", page=5, nonsense=1)) == {"unknown": ["nonsense"]}
    assert heard_in(await sim.client().poll(None, sim.now)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_id": "klaver"},
        {"user_id": "1", "names": "toot"},
        {"user_id": "1", "max_results": 101},
        {"user_id": "1", "pages": 0},
    ],
)
def test_a_config_that_cannot_work_is_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        Config(**wrong)

"""X's own OpenAPI files judge our client's requests and our simulator's answers, each generation of names by its own file.

Every call that the client makes is made, and those of the simulator's routes that it does not make. Only 2xx answers are judged: the files
pick the wrong schema for refusals. They demand no key of a post and allow any other, so the names of each generation are looked at here.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from openapi_core import Config as JudgeConfig
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from connectors.twitter import Config, connect
from connectors.twitter.simulator import WORLD, app
from connectors.twitter.simulator.world import KEYS, US
from webcare.domain.message import Kind
from webcare.ports.connector import Act, Deed, Reply, Upload, WayKind

SPECS = Path(__file__).parents[3] / "shared" / "specs"
FILES = {"tweet": SPECS / "x-openapi-2.166-docs-2026-07-06.json", "post": SPECS / "x-openapi-2.167-docs-20260822.json"}
HOST = "https://api.x.com"
FIEN, BRAM = "990000000000000101", "45102"
OURS = {"UserToken": []}
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
GIF = b"GIF89a\x01\0\x01\0\0\0\0;"

# A whole post of each generation has these keys, and none of the other's.
WHOLE = {
    "tweet": {"edit_history_tweet_ids", "referenced_tweets", "note_tweet"},
    "post": {"edit_history_post_ids", "referenced_posts", "note_post"},
}
BOTH = {
    "id",
    "text",
    "author_id",
    "conversation_id",
    "created_at",
    "in_reply_to_user_id",
    "entities",
    "attachments",
    "reply_settings",
}
EVENT = {"id", "event_type", "text", "sender_id", "dm_conversation_id", "created_at", "attachments"}

pytestmark = pytest.mark.skipif(not all(map(Path.is_file, FILES.values())), reason="../shared/specs is not there")


# --- the judges


@dataclass(frozen=True)
class Exchange:
    """A request and what was answered."""

    method: str
    target: str
    headers: dict
    sent: bytes
    status: int
    content_type: str
    body: bytes

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def answer(self):
        return json.loads(self.body)


class Asked:
    """A request as openapi-core wants it."""

    def __init__(self, exchange):
        self.host_url, self.path, self.method = HOST, exchange.path, exchange.method.lower()
        self.body, self.content_type = exchange.sent or None, exchange.headers.get("Content-Type", "application/json")
        query = parse_qsl(urlsplit(exchange.target).query, keep_blank_values=True)
        self.parameters = RequestParameters(query=ImmutableMultiDict(query), header=Headers(exchange.headers))


class Answered:
    """An answer as openapi-core wants it."""

    def __init__(self, exchange):
        self.status_code, self.data, self.content_type = exchange.status, exchange.body, exchange.content_type
        self.headers = Headers({"Content-Type": exchange.content_type})


def judge_of(names):
    """The judge of a generation, stricter than the file: of the ways to sign, only ours counts; the library lets OAuth 2 pass unseen.

    The names of HTTP schemes know no case, and the library compares them in small letters. The newer file names every key there is, so
    that others can be forbidden; the older one builds objects from parts, of which each would forbid the keys of the other.
    """
    spec = json.loads(FILES[names].read_text(encoding="utf-8"))
    scheme = spec["components"]["securitySchemes"]["UserToken"]
    assert scheme == {**scheme, "type": "http", "scheme": "OAuth"}
    scheme["scheme"] = "oauth"
    for operation in (one for path in spec["paths"].values() for one in path.values() if isinstance(one, dict)):
        if OURS in operation.get("security", []):
            operation["security"] = [OURS]
    others = "forbid" if names == "post" else "allow"
    return OpenAPI.from_dict(spec, config=JudgeConfig(spec_validator_cls=None, additional_properties_default_policy=others))


@pytest.fixture(scope="module")
def judges():
    return {names: judge_of(names) for names in FILES}


def faults(judge, exchange):
    """What the judge has against an exchange."""
    try:
        judge.validate_request(Asked(exchange))
        judge.validate_response(Asked(exchange), Answered(exchange))
    except OpenAPIError as error:
        causes = [getattr(one, "message", one) for one in getattr(error.__cause__, "schema_errors", [])]
        return f"{exchange.method} {exchange.target}: {error!r} {error.__cause__!r} {causes}"
    return None


# --- X, with something of everything on it, and what is said there


class Talk:
    """The simulator of a generation, the client, and everything that passes between them."""

    def __init__(self, names, server, session):
        self.names, self.server, self.session, self.exchanges = names, server, session, []
        self.world = server.app[WORLD]
        self.world.names = names
        self.world.people |= {FIEN: {"name": "Fien", "username": "fiendewolf"}, BRAM: {"name": "Bram", "username": "bram_ov"}}
        self.client = self.new_client()

    def new_client(self, **config):
        address = str(self.server.make_url(""))
        return connect(Config(user_id=US, base_url=address, names=self.names, **config), self.session, KEYS)

    def says(self, text, author=FIEN, **more):
        self.world.pass_time(timedelta(seconds=1))
        return self.world.say(author, text, **more)

    async def do(self, method, route, json=None, **params):
        """Ask for what our client never asks, signed as it signs."""
        return (await self.client._x.request(method, route, params=params, json=json, user_auth=True)).found

    def of(self, method, path):
        return [one for one in self.exchanges if one.method == method and path in one.path]


async def populated(talk):
    """People say something of every kind."""
    world = talk.world
    ours = talk.says("Vanavond onderhoud van 22.00 tot 23.00 uur", author=US)
    asked = talk.says("@klaverenergie hoe lang nog? <3 & zo", media=["3_1"])
    async with talk.session.post(
        talk.server.make_url("/_sim/picture"), json={"key": "3_1", "content": base64.b64encode(PNG).decode()}
    ) as answer:
        assert answer.status == 200
    world.edit(asked.id, "@klaverenergie hoe lang duurt het nog?")
    below = talk.says("@klaverenergie ook hier, al sinds het onderhoud", author=BRAM, reply_to=ours.id, quotes=ours.id)
    talk.says("@klaverenergie " + "een lang verhaal " * 30, reply_to=below.id, lang="nl")
    world.repost(BRAM, ours.id)
    talk.says("@klaverenergie en ik dan?", author="777000001")  # suspended: nobody of that number is there
    gone = talk.says("@klaverenergie laat maar")
    talk.says("@klaverenergie wat was dat?", reply_to=gone.id, author=BRAM)
    world.delete(gone.id)
    hidden = talk.says("@klaverenergie dit is besloten", is_protected=True)
    world.whisper(FIEN, US, "mijn nummer is 88120", media=["3_1"])
    world.whisper(US, FIEN, "dank je")
    return ours, below, gone, hidden


def reply(answered, text, **more):
    more = {"conversation_id": answered, "reply_to": answered, "kind": Kind.MENTION, **more}
    return Reply(key="k", channel=f"twitter:{US}", text=text, **more)


def act(deed, target, conversation):
    return Act(key="k", channel=f"twitter:{US}", deed=deed, target_id=target, conversation_id=conversation, kind=Kind.MENTION)


async def everything_our_client_does(talk):
    ours, below, gone, hidden = await populated(talk)
    world, client = talk.world, talk.client
    await client.preflight(world.now)
    world.page = 3  # so that there are tokens
    await talk.new_client(direct_messages=True, searches=('"hoe lang" -from:klaverenergie',)).poll(None, world.now)
    world.page = 100
    await client.look_up([ours.id, gone.id, hidden.id, below.id], world.now)
    uploads = (Upload(name="meter.png", mime="image/png", content=PNG),)
    public = reply(below.id, "We zoeken het uit & melden ons.", uploads=uploads)
    private = reply(f"{US}-{FIEN}", "Dag Fien!", kind=Kind.DM, reply_to=None, uploads=uploads)
    moving = reply(below.id, "Zo lees je de meter.", uploads=(Upload(name="meter.gif", mime="image/gif", content=GIF),))
    for one in (public, private, moving):
        await client.send(one)
    assert await client.find(public) is not None
    await client.find(replace(private, text="iets anders"))
    await client.send(reply(below.id, "Stuur ons een bericht", way=WayKind.PRIVATE, to=BRAM, conversation_id=ours.id))
    for deed in Deed:
        await client.act(act(deed, below.id, ours.id))


async def what_else_the_simulator_answers(talk):
    post, names = next(iter(talk.world.posts)), talk.names
    referenced = "referenced_posts" if names == "post" else "referenced_tweets.id,referenced_tweets.id.author_id"
    asked = {f"{names}.fields": "public_metrics,edit_controls,lang,created_at,source", "expansions": f"author_id,{referenced}"}
    await talk.do("GET", f"/2/users/{US}/mentions", **asked, max_results="100", start_time="2026-11-20T08:00:00Z")
    await talk.do("GET", "/2/tweets/search/recent", **asked, query=f"conversation_id:{post} lang:nl", sort_order="recency")
    await talk.do("GET", f"/2/users/{US}/tweets", exclude="replies,retweets", max_results="5")
    await talk.do("GET", f"/2/users/{BRAM}/mentions")  # nobody names him: no data
    await talk.do("GET", f"/2/dm_conversations/with/{FIEN}/dm_events", max_results="1")
    category = {"media_category": "tweet_gif", "media_type": "image/gif", "total_bytes": 14}
    began = await talk.do("POST", "/2/media/upload/initialize", json=category)
    part = {"media": base64.b64encode(GIF).decode(), "segment_index": 0}
    await talk.do("POST", f"/2/media/upload/{began['data']['id']}/append", json=part)
    await talk.do("POST", f"/2/media/upload/{began['data']['id']}/finalize")
    await talk.do("POST", "/2/tweets", json={"text": "Het onderhoud is klaar.", "media": {"media_ids": [began["data"]["id"]]}})


@pytest.fixture(params=FILES, name="talk")
async def _talk(request):
    application = app()
    server = TestServer(application)

    @web.middleware
    async def listening(asked, handler):
        sent = await asked.read()
        answer = await handler(asked)
        if asked.path.startswith("/2/"):
            heard = (asked.method, asked.path_qs, dict(asked.headers), sent)
            talk.exchanges.append(Exchange(*heard, answer.status, answer.content_type, answer.body or b""))
        return answer

    application.middlewares.insert(0, listening)
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        talk = Talk(request.param, server, session)
        yield talk
    await server.close()


async def test_what_our_client_asks_and_is_answered_is_what_x_specifies(talk, judges):
    await everything_our_client_does(talk)
    assert {one.status for one in talk.exchanges} <= {200, 201}
    assert not [fault for one in talk.exchanges if (fault := faults(judges[talk.names], one))]
    called = [
        ("GET", "/mentions"),
        ("GET", f"/users/{US}/tweets"),
        ("GET", "/search/recent"),
        ("GET", "/2/tweets"),
        ("GET", "/users/me"),
    ]
    called += [("GET", "/2/dm_events"), ("GET", f"/{US}-{FIEN}/dm_events"), ("POST", f"/{US}-{FIEN}/messages")]
    called += [("POST", f"/with/{BRAM}/messages"), ("POST", "/2/tweets"), ("POST", "/media/upload"), ("PUT", "/hidden")]
    called += [("POST", "/likes"), ("DELETE", "/likes/")]
    called += [("POST", f"/{part}") for part in ("initialize", "append", "finalize")]
    assert [one for one in called if not talk.of(*one)] == []


async def test_what_else_the_simulator_answers_is_what_x_specifies(talk, judges):
    await populated(talk)
    await what_else_the_simulator_answers(talk)
    assert {one.status for one in talk.exchanges} <= {200, 201}
    assert not [fault for one in talk.exchanges if (fault := faults(judges[talk.names], one))]
    (mentions, *_) = talk.of("GET", f"{US}/mentions")
    assert mentions.answer["includes"].keys() == {"users", f"{talk.names}s"}
    assert mentions.answer["data"][0]["public_metrics"].keys() >= {"like_count", "reply_count"}


async def test_the_names_are_those_of_one_generation(talk):
    """What the files leave open: every key of ours is there, and none that the other generation says otherwise."""
    await everything_our_client_does(talk)
    other = WHOLE["post" if talk.names == "tweet" else "tweet"]
    lists = [*talk.of("GET", "/mentions"), *talk.of("GET", f"/users/{US}/tweets"), *talk.of("GET", "/search/recent")]
    posts = [post for one in lists for post in one.answer.get("data", [])]
    keys = {key for post in posts for key in post}
    assert keys >= BOTH | WHOLE[talk.names]
    assert not keys & other
    always = {"id", "text", "author_id", "created_at", "conversation_id", f"edit_history_{talk.names}_ids"}
    assert all(post.keys() >= always for post in posts)
    events = [event for one in talk.of("GET", "/dm_events") for event in one.answer.get("data", [])]
    assert {key for event in events for key in event} == EVENT
    asked = {name for one in talk.exchanges for name, _ in parse_qsl(urlsplit(one.target).query)}
    assert f"{talk.names}.fields" in asked
    assert not asked & {"tweet.fields", "post.fields"} - {f"{talk.names}.fields"}
    found = [
        error for one in talk.of("GET", "/2/tweets") for error in one.answer.get("errors", []) if error.get("parameter") == "ids"
    ]
    assert [(error["resource_type"], error["type"].rpartition("/")[2]) for error in found] == [
        (talk.names, "resource-not-found"),
        (talk.names, "not-authorized-for-resource"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": b'{"meta": {"result_count": "none"}}'},
        {"body": b'{"data": {}}'},
        {"body": b'{"data": [{"id": 1990800000000000500}]}'},
        {"body": b'{"data": [{"id": "1", "created_at": "yesterday"}]}'},
        {"body": b'{"errors": [{"title": "Not Found Error"}]}'},
        {"target": f"/2/users/{US}/mentions?max_results=3"},
        {"target": f"/2/users/{US}/mentions?since_id=yesterday"},
        {"target": f"/2/users/{US}/mentions?expansions=everything"},
        {"headers": {"Authorization": "Basic abc"}},
        {"headers": {}},
        {"method": "POST", "target": "/2/tweets", "status": 201, "sent": b'{"text": "hallo", "colour": "red"}'},
        {"method": "POST", "target": f"/2/dm_conversations/with/{FIEN}/messages", "status": 201, "sent": b'{"text": ""}'},
        {"method": "PUT", "target": "/2/tweets/1/hidden", "sent": b'{"hidden": "yes"}'},
        {"method": "PUT", "target": "/2/tweets/first/hidden", "sent": b'{"hidden": true}'},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
@pytest.mark.parametrize("names", FILES)
def test_the_judges_see_what_is_wrong(judges, names, wrong):
    right = Exchange(
        "GET", f"/2/users/{US}/mentions", {"Authorization": "OAuth x"}, b"", 200, "application/json", b'{"meta": {}}'
    )
    assert faults(judges[names], right) is None
    assert faults(judges[names], replace(right, **wrong)) is not None

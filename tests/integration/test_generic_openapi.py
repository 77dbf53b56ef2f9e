"""The generic connector's own OpenAPI file judges what passes between its client and its simulator, both ways, and its fixtures."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from openapi_core import Config as JudgeConfig
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

from connectors import generic
from connectors.generic.client import REFUSALS, Client, Config
from connectors.generic.simulator import ACCOUNT, API_TOKEN, WEBHOOK_SECRET, WORLD, app
from webcare.domain.message import Kind
from webcare.ports.connector import Reply, Sort
from webcare.ports.errors import AuthFailed, OutsideError, Rejected
from webcare.services.hearing import hear

FOLDER = Path(generic.__file__).parent
SPEC = yaml.safe_load((FOLDER / "openapi.yaml").read_text(encoding="utf-8"))
HOST = "https://chat.example.org"
SIGNED = "t=1795424400,v1=" + "0" * 64
FIXTURES = sorted((FOLDER / "fixtures").glob("*.json"))


@dataclass(frozen=True)
class Exchange:
    method: str
    target: str
    headers: dict
    sent: bytes
    status: int
    content_type: str
    body: bytes


class Asked:
    """A request as openapi-core wants it."""

    def __init__(self, exchange):
        parts = urlsplit(exchange.target)
        self.host_url, self.path, self.method = HOST, f"/webcare{parts.path}", exchange.method.lower()
        self.body, self.content_type = exchange.sent or None, "application/json"
        query = parse_qsl(parts.query, keep_blank_values=True)
        self.parameters = RequestParameters(query=ImmutableMultiDict(query), header=Headers(exchange.headers))


class Delivered:
    """A delivery as openapi-core wants it: of the webhook, by its name."""

    name, method, content_type = "messages", "post", "application/json"

    def __init__(self, raw, signature=SIGNED):
        self.body = raw
        self.parameters = RequestParameters(header=Headers({"X-Webcare-Signature": signature}))


class Answered:
    def __init__(self, exchange):
        self.status_code, self.data, self.content_type = exchange.status, exchange.body, exchange.content_type
        self.headers = Headers({"Content-Type": exchange.content_type})


@pytest.fixture(scope="module")
def judge():
    return OpenAPI.from_dict(SPEC, config=JudgeConfig())


def told(error):
    causes = [getattr(one, "message", one) for one in getattr(error.__cause__, "schema_errors", [])]
    return f"{error!r} {error.__cause__!r} {causes}"


def faults(judge, exchange):
    try:
        judge.validate_request(Asked(exchange))
        judge.validate_response(Asked(exchange), Answered(exchange))
    except OpenAPIError as error:
        return f"{exchange.method} {exchange.target}: {told(error)}"
    return None


def objections(judge, body, signature=SIGNED):
    try:
        judge.validate_request(Delivered(json.dumps(body).encode(), signature))
    except OpenAPIError as error:
        return told(error)
    return None


def reply(**more):
    return Reply(**{"key": "reply:17", "channel": "generic:x", "conversation_id": "c", "reply_to": None, "text": "Dag", **more})


@pytest.fixture(name="talk")
async def _talk():
    exchanges, deliveries = [], []
    service, ours = app(), web.Application()

    @web.middleware
    async def listening(asked, handler):
        sent = await asked.read()
        answer = await handler(asked)
        if not asked.path.startswith("/_sim/"):
            heard = (asked.method, asked.raw_path, dict(asked.headers), sent)
            exchanges.append(Exchange(*heard, answer.status, answer.content_type, answer.body or b""))
        return answer

    async def hook(request):
        deliveries.append((await request.read(), request.headers["X-Webcare-Signature"]))
        return web.Response()

    service.middlewares.insert(0, listening)
    ours.router.add_post("/hook", hook)
    async with TestServer(service) as server, TestServer(ours) as receiver, aiohttp.ClientSession() as session:
        service[WORLD].hooks.append(str(receiver.make_url("/hook")))
        config = Config(account=ACCOUNT, base_url=str(server.make_url("/")))
        client = Client(config, session, {"api_token": API_TOKEN, "webhook_secret": WEBHOOK_SECRET})
        yield service[WORLD], client, exchanges, deliveries


async def test_what_our_client_asks_and_is_answered_is_what_the_file_says(judge, talk):
    world, client, exchanges, _ = talk
    world.page = 1
    for text in ("een", "twee"):
        world.say(text=text)
    batch = await client.poll(None, world.now)
    await client.poll(batch.cursor, world.now)
    await client.find(reply())
    await client.send(reply(kind=Kind.DM, to="sanne", reply_to="m1"))
    await client.send(reply(kind=Kind.DM, to="sanne", reply_to="m1"))
    await client.find(reply())
    await client.preflight(world.now)
    for refused in (reply(text="anders"), reply(key="k2", text="x" * 5000)):
        with pytest.raises(Rejected):
            await client.send(refused)
    world.faults += [{"kind": "refuse", "status": status, "code": "slow"} for status in (429, 500, 503)]
    for _ in range(3):
        with pytest.raises(OutsideError):
            await client.poll(None, world.now)
    world.bearer = "another"
    with pytest.raises(AuthFailed):
        await client.preflight(world.now)
    assert [fault for one in exchanges if (fault := faults(judge, one))] == []
    found = {(one.method, urlsplit(one.target).path.split("/")[1], one.status) for one in exchanges}
    assert found >= {("GET", "messages", 200), ("GET", "replies", 404), ("GET", "replies", 200), ("GET", "health", 200)}
    assert found >= {("POST", "replies", 201), ("POST", "replies", 200), ("POST", "replies", 409), ("GET", "health", 401)}


async def test_what_the_simulator_delivers_is_what_the_file_says(judge, talk):
    world, _, _, deliveries = talk
    world.say(text="hoi")
    world.say(kind="review", text="slecht", author={"id": "u1", "handle": "u"}, permalink="https://x.example/1")
    world.say(event="edit", id="m1", text="hoi!")
    world.say(event="delete", id="m1")
    world.say(direction="outbound", text="Dag", conversation_id="c", app="bot", key="reply:1")
    world.say(event="status", id="r1", status="failed")
    assert await world.deliver() == 6
    assert [objections(judge, json.loads(raw), signature) for raw, signature in deliveries] == [None] * 6


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_fixture_is_what_the_file_says_and_a_broken_one_is_not(judge, path):
    """A page of a poll is a delivery too, with more fields. Element by element: what the file refuses, the reader does not understand."""
    held = json.loads(path.read_text(encoding="utf-8"))
    for body in held if isinstance(held, list) else [held]:
        if path.stem in ("other_platforms", "broken_bodies"):
            assert objections(judge, body), body
            continue
        for item in body["messages"] or [None]:
            alone = {**body, "messages": [] if item is None and not body["messages"] else [item]}
            (heard,) = hear(generic.connector, alone, None)
            assert (objections(judge, alone) is not None) == (heard.sort is Sort.UNREADABLE), item


def test_every_code_that_means_something_here_is_in_the_file():
    described = SPEC["components"]["schemas"]["Refusal"]["properties"]["error"]["properties"]["code"]["description"]
    assert [name for name in REFUSALS if name not in described] == []


RIGHT = Exchange("GET", "/health", {"Authorization": "Bearer x"}, b"", 200, "application/json", b'{"account": "a"}')
SENT = b'{"key": "k", "conversation_id": "c", "reply_to": null, "to": null, "text": "Dag", "private": false}'
POSTED = replace(RIGHT, method="POST", target="/replies", sent=SENT, status=201, body=b'{"id": "1"}')
WITH_KEY = {"Authorization": "Bearer x", "Idempotency-Key": "k"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {}},
        {"body": b"{}"},
        {"body": b'{"account": "a", "expires_at": "tomorrow"}'},
        {"status": 401, "body": b'{"error": "no"}'},
        {"target": "/nothing"},
        {"target": "/messages?since=", "body": b'{"messages": [], "cursor": "c"}'},
        {"target": "/messages", "body": b'{"messages": []}'},
        {"target": "/messages", "body": b'{"messages": [{"id": "1"}], "cursor": "c"}'},
        {**vars(POSTED)},
        {**vars(POSTED), "headers": WITH_KEY, "sent": SENT.replace(b'"text"', b'"words"')},
        {**vars(POSTED), "headers": WITH_KEY, "body": b'{"id": 1}'},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_the_judge_sees_what_is_wrong(judge, wrong):
    assert faults(judge, RIGHT) is None
    assert faults(judge, replace(POSTED, headers=WITH_KEY)) is None
    assert faults(judge, replace(RIGHT, **wrong)) is not None


def test_the_judge_sees_a_delivery_without_a_proper_signature(judge):
    assert objections(judge, {"messages": []}) is None
    for signature in ("", "v1=" + "0" * 64, "t=1,v1=0", "sha256=" + "0" * 64):
        assert objections(judge, {"messages": []}, signature) is not None

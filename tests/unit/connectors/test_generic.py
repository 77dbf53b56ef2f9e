"""The generic connector and the service that its simulator plays: signed deliveries, polls, replies that are sent once."""

from __future__ import annotations

import json
import re
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import HTTPServer
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.generic import connector
from connectors.generic.client import NOWHERE, Client, Config, explain, ways
from connectors.generic.reading import read, signed, split, verify
from connectors.generic.simulator import ACCOUNT, API_TOKEN, START, WEBHOOK_SECRET, WORLD, app
from webcare.domain.message import Author, Direction, Kind, Message
from webcare.ports.connector import Reply, Situation, Sort, WayKind
from webcare.ports.errors import AuthFailed, RateLimited, RefusalCode, Rejected, Unavailable, Unconfirmed
from webcare.services.hearing import hear

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECRETS = {"api_token": API_TOKEN, "webhook_secret": WEBHOOK_SECRET}
README = Path(connector.config.__module__.replace(".", "/")).parent / "README.md"


class Stage:
    """The service on a port of its own, the client that talks to it, and our side of its deliveries."""

    def __init__(self, server, hook, session):
        self.server, self.session, self.world = server, session, server.app[WORLD]
        self.hook, self.got, self.answers = hook, [], []
        self.client = self.new_client()

    def new_client(self, secrets=SECRETS, **config):
        base_url = str(self.server.make_url("/"))
        return Client(Config(**{"account": ACCOUNT, "base_url": base_url, **config}), self.session, secrets)

    async def play(self, step, **how):
        async with self.session.post(self.server.make_url(f"/_sim/{step}"), json=how) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def take(self, request):
        raw = await request.read()
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.got.append((verify(request.headers, raw, SECRETS), json.loads(raw)))
        return web.Response(status=status)

    def heard(self):
        return [one for _, body in self.got for one in hear(connector, body, None)]


@pytest.fixture
async def stage():
    ours = web.Application()
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        found = Stage(server, None, session)
        ours.router.add_post("/hook", found.take)
        async with TestServer(ours) as receiver:
            found.hook = str(receiver.make_url("/hook"))
            yield found


def reply(**more):
    return Reply(
        **{"key": "reply:17", "channel": "generic:meerkoet", "conversation_id": "chat-1", "reply_to": "m1", "text": "Dag", **more}
    )


# --- who signed it


def test_only_what_the_secret_signed_is_proven():
    raw = b'{"messages": []}'
    right = signed("geheim", "1795424400", raw)
    ours, other = {"webhook_secret": "geheim"}, "0" * 64
    for header in (f"t=1795424400,v1={right}", f"t=1795424400, v1={other}, v1={right}", f"v1={right.upper()},t=1795424400"):
        assert verify({"x-WEBCARE-signature": header}, raw, ours)
    for header in (
        f"t=1795424401,v1={right}",
        f"v1={right}",
        f"t=,v1={right}",
        f"t=1795424400,v2={right}",
        right,
        "t=1795424400,v1=",
    ):
        assert not verify({"X-Webcare-Signature": header}, raw, ours)
    header = {"X-Webcare-Signature": f"t=1795424400,v1={right}"}
    assert not verify(header, raw + b" ", ours)
    assert not verify(header, raw, {"webhook_secret": "anders"})


async def test_deliveries_are_signed_and_come_until_they_are_taken(stage):
    await stage.play("hook", url=stage.hook)
    stage.answers = [503]
    assert (await stage.play("message", text="Is er iemand?"))["delivered"] == 0
    assert (await stage.play("clock", seconds=60))["waiting"] == 0
    await stage.play("state", twice=True)
    await stage.play("message", event="delete", id="m1")
    assert [(proven, body["account"]) for proven, body in stage.got] == [(True, ACCOUNT)] * 3
    assert [(one.sort, one.external_id) for one in stage.heard()] == [
        (Sort.MESSAGE, "m1"),
        (Sort.DELETE, "m1"),
        (Sort.DELETE, "m1"),
    ]


# --- what is said


def test_our_own_account_writes_outbound_whatever_the_service_calls_it():
    said = {"id": "1", "kind": "review", "author": {"id": ACCOUNT}, "text": "Dank", "created_at": "2026-11-23T09:00:00Z"}
    (element,) = split({"messages": [said]})
    assert [(one.sort, one.direction) for one in read(element, ACCOUNT)] == [(Sort.ECHO, Direction.OUTBOUND)]
    assert [one.sort for one in read(element, None)] == [Sort.MESSAGE]


def test_the_mark_of_our_own_reply_comes_back():
    said = {
        "id": "r1",
        "kind": "dm",
        "direction": "outbound",
        "conversation_id": "c",
        "text": "Dag",
        "created_at": "2026-11-23T09:00:00Z",
    }
    body = {"messages": [{**said, "key": "reply:17"}, {"event": "status", "id": "r1", "status": "failed", "key": "reply:17"}]}
    assert [one.note for one in hear(connector, body, None)] == ["reply:17"] * 2


# --- polling


async def test_pages_are_asked_for_until_there_is_no_more(stage):
    await stage.play("state", page=2)
    for text in ("een", "twee", "drie"):
        await stage.play("message", text=text)
    first = await stage.client.poll(None, NOW)
    second = await stage.client.poll(first.cursor, NOW)
    nothing = await stage.client.poll(second.cursor, NOW)
    texts = [one.text for batch in (first, second) for body in batch.bodies for one in hear(connector, body, None)]
    assert texts == ["een", "twee", "drie"]
    assert [(batch.more, len(batch.bodies)) for batch in (first, second, nothing)] == [(True, 1), (False, 1), (False, 0)]
    assert nothing.cursor == second.cursor


async def test_who_delivers_everything_is_not_polled(stage):
    await stage.play("message", text="hoi")
    assert not (await stage.new_client(polled=False).poll(None, NOW)).bodies
    assert not (await stage.new_client(base_url=NOWHERE).poll(None, NOW)).bodies


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "refuse", "status": 429, "code": "slow", "headers": {"Retry-After": "90"}}, RateLimited),
        ({"kind": "refuse", "status": 403, "code": "no"}, AuthFailed),
        ({"kind": "page", "status": 502}, Unavailable),
        ({"kind": "page", "status": 200}, Unavailable),
        ({"kind": "page", "status": 404}, Unavailable),
        ({"kind": "drop_before"}, Unavailable),
        ({"kind": "cut_off"}, Unavailable),
    ],
    ids=lambda fault: fault.get("kind") if isinstance(fault, dict) else fault.__name__,
)
async def test_a_poll_that_fails_says_why_and_moves_nothing(stage, fault, error):
    await stage.play("message", text="hoi")
    for _ in range(2 if fault["kind"] == "drop_before" else 1):  # the session itself asks again once
        await stage.play("fault", **fault)
    with pytest.raises(error) as refused:
        await stage.client.poll(None, NOW)
    if error is RateLimited:
        assert refused.value.until == NOW + timedelta(seconds=90)
    assert (await stage.client.poll(None, NOW)).bodies


# --- sending


async def test_a_key_is_sent_once_and_can_be_asked_for(stage):
    assert await stage.client.find(reply()) is None
    first = await stage.client.send(reply())
    assert (first.external_id, first.accepted_at) == ("r1", START)
    assert await stage.client.send(reply()) == first
    assert await stage.client.find(reply()) == first
    ((asked),) = (await stage.play("state"))["replies"]
    assert asked == {
        "key": "reply:17",
        "conversation_id": "chat-1",
        "reply_to": "m1",
        "to": None,
        "text": "Dag",
        "private": False,
    }


async def test_a_key_of_odd_signs_is_the_same_key_in_its_address(stage):
    odd = reply(key="reply/17?a=%2F&b ü")
    await stage.session.get(stage.server.make_url("/"))
    receipt = await stage.client.send(replace(odd, key="reply:18"))
    assert await stage.client.find(replace(odd, key="reply:18")) == receipt
    assert await stage.client.find(odd) is None


async def test_what_got_lost_on_the_way_is_asked_for_and_not_sent_again(stage):
    for kind in ("drop_after", "cut_off"):
        await stage.play("fault", kind=kind)
        with pytest.raises(Unconfirmed):
            await stage.client.send(reply(key=kind))
        assert await stage.client.find(reply(key=kind)) is not None
    await stage.play("fault", kind="page", status=502)
    with pytest.raises(Unconfirmed):
        await stage.client.send(reply())
    assert await stage.client.find(reply()) is None


async def test_a_proxy_that_finds_nothing_does_not_say_that_nothing_was_sent(stage):
    await stage.client.send(reply())
    await stage.play("fault", kind="page", status=404)
    with pytest.raises(Unavailable):
        await stage.client.find(reply())
    await stage.play("fault", kind="refuse", status=400, code="odd")
    with pytest.raises(Unavailable):
        await stage.client.find(reply())


async def test_a_refusal_goes_back_to_its_writer_and_a_dead_token_stops_the_channel(stage):
    with pytest.raises(Rejected, match="4000 characters") as refused:
        await stage.client.send(reply(text="x" * 4001))
    assert refused.value.code is RefusalCode.TOO_LONG
    await stage.client.send(reply())
    with pytest.raises(Rejected) as refused:
        await stage.client.send(reply(text="iets anders"))
    assert refused.value.code is RefusalCode.DUPLICATE
    await stage.play("state", bearer="another")
    with pytest.raises(AuthFailed):
        await stage.client.send(reply(key="k2"))
    with pytest.raises(AuthFailed):
        await stage.client.preflight(NOW)


async def test_a_limit_while_sending_counts_from_the_clock_of_the_answer(stage):
    await stage.play("fault", kind="refuse", status=429, code="slow", headers={"Retry-After": "30"})
    with pytest.raises(RateLimited) as refused:
        await stage.client.send(reply())
    assert refused.value.until == START + timedelta(seconds=30)


async def test_nobody_at_home_is_certainly_not_sent(stage):
    client = stage.new_client(base_url="http://127.0.0.1:9")  # discard: nobody listens
    with pytest.raises(Unavailable):
        await client.send(reply())
    with pytest.raises(Rejected):
        await stage.new_client(base_url=NOWHERE).send(reply())


def test_a_limit_may_name_a_date_and_never_one_that_is_over():
    for given, until in (("Mon, 23 Nov 2026 09:05:00 GMT", 300), ("Mon, 23 Nov 2026 08:00:00 GMT", 1), ("soon", 60)):
        assert explain(429, {"retry-after": given}, b"", NOW).until == NOW + timedelta(seconds=until)


# --- who we are, and how to answer


async def test_the_check_says_who_the_token_speaks_for(stage):
    found = await stage.client.preflight(NOW)
    assert (found.account, found.expires_at, found.problems) == (ACCOUNT, START + timedelta(days=90), ())
    (problem,) = (await stage.new_client(account="waterhoen").preflight(NOW)).problems
    assert "waterhoen" in problem
    assert (await stage.new_client(base_url=NOWHERE).preflight(NOW)).account == ACCOUNT


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        (Kind.DM, {}, [(WayKind.PRIVATE, True)]),
        (Kind.REVIEW, {}, [(WayKind.PUBLIC, True)]),
        (Kind.REVIEW, {"private_replies": ("review",)}, [(WayKind.PUBLIC, True), (WayKind.PRIVATE, True)]),
        (Kind.DM, {"private_replies": ("dm",)}, [(WayKind.PRIVATE, True)]),
        (Kind.DM, {"base_url": NOWHERE}, [(WayKind.PRIVATE, False)]),
        (Kind.REVIEW, {"base_url": NOWHERE, "private_replies": ("review",)}, [(WayKind.PUBLIC, False)]),
    ],
)
def test_how_a_customer_may_be_answered(kind, config, expected):
    said = Message(
        channel="generic:meerkoet",
        external_id="1",
        conversation_id="1",
        direction=Direction.INBOUND,
        kind=kind,
        author=Author(id="v1"),
        text="hoi",
        created_at=NOW,
    )
    situation = Situation(account=ACCOUNT, message=said, raw_type=None, last_inbound_at=NOW)
    found = ways(situation, Config(**{"account": ACCOUNT, "base_url": "https://chat.example", **config}), NOW)
    assert [(way.kind, way.refused is None) for way in found] == expected


async def test_a_private_answer_to_a_review_says_that_it_is_private(stage):
    await stage.client.send(reply(kind=Kind.REVIEW, way=WayKind.PRIVATE, to="u-204"))
    await stage.client.send(reply(key="k2", kind=Kind.DM))
    found = (await stage.play("state"))["replies"]
    assert [(one["to"], one["private"]) for one in found] == [("u-204", True), (None, True)]


# --- the README's service


@asynccontextmanager
async def served(handler):
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_the_service_in_the_readme_takes_replies(stage, monkeypatch, capsys):
    (text,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    names = {"__name__": "the_readme"}
    exec(compile(text, str(README), "exec"), names)  # noqa: S102 - our own README
    monkeypatch.setattr(names["Service"], "log_message", lambda *_: None)
    monkeypatch.setenv("API_TOKEN", API_TOKEN)
    async with served(names["Service"]) as base_url:
        client = stage.new_client(account="shop", base_url=base_url)
        assert (await client.preflight(NOW)).problems == ()
        assert await client.find(reply()) is None
        receipt = await client.send(reply(text="Ja, Noor hier."))
        assert await client.send(reply(text="Ja, Noor hier.")) == receipt
        assert await client.find(reply()) == receipt
        with pytest.raises(AuthFailed):
            await stage.new_client({"api_token": "x"}, account="shop", base_url=base_url).send(reply())
    assert capsys.readouterr().out == "to chat-1: Ja, Noor hier.\n"

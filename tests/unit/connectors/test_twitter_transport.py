"""X: signatures, secrets, redirects, webhooks, and the config of a channel."""

from __future__ import annotations

import base64
import logging

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from x_stage import NOW, heard_in, on_stage, post, reply  # noqa: F401 - the fixture is asked for by name

from connectors.twitter import Config, connect, connector
from connectors.twitter.simulator.world import KEYS, US
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, OutsideError, Unavailable

BODY = b'{"for_user_id":"1","text":"caf\\u00e9 \\ud83d\\ude00 \\/"}'


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
    missed = (await sim.client().poll(None, sim.now)).missed
    await sim.do("fault", kind="html", times=3)  # of every list
    with pytest.raises(OutsideError) as error:
        await sim.client().poll(None, sim.now)
    for secret in (*KEYS.values(), "geheim antwoord", "OAuth"):
        assert secret not in caplog.text
        assert secret not in f"{error.value} {missed}"


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
    assert heard_in(await sim.client(direct_messages=False).poll(None, sim.now)) == []


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

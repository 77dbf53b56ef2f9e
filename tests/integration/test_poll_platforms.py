"""Polls and checks against the platforms' simulators over real HTTP, with the session that the daemon opens."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import web
from aiohttp.test_utils import TestServer
from fakes import FakeClock, account

from connectors.facebook import connector as facebook
from connectors.facebook.simulator import app as facebook_simulator
from connectors.facebook.simulator.world import APP_SECRET, PAGE, PAGE_TOKEN
from connectors.facebook.simulator.world import START as FACEBOOK_START
from connectors.twitter import connector as twitter
from connectors.twitter.simulator import WORLD
from connectors.twitter.simulator import app as twitter_simulator
from connectors.twitter.simulator.world import KEYS, START, US
from webcare.credentials import client_of
from webcare.services.channel_health import AGAIN, check
from webcare.services.poll import Running, poll
from webcare.sessions import open_session
from webcare.store import channel_state, messages, raw_bodies, read_costs
from webcare.store.channel_state import Fares

ME = "daemon one"


@asynccontextmanager
async def running(spec, app, number, given):
    """Yield a channel whose platform is this application, and the session."""
    async with TestServer(app) as server, open_session() as session:
        config = spec.config(**{spec.account: number, "base_url": str(server.make_url("")).rstrip("/")})
        ours = replace(account(number, spec=spec), config=config)
        yield Running(account=ours, client=client_of(ours, session, given)), session


async def kept(store):
    return [json.loads(body.body) for body in await store.read(raw_bodies.unread, 100)]


async def test_x_is_polled_paid_for_stopped_and_back_again(store):
    app, clock = twitter_simulator(now=START), FakeClock(START)
    world = app[WORLD]
    world.people["42"] = {"name": "Sanne", "username": "sanne"}
    world.say("42", "@klaverenergie mijn factuur klopt niet?")
    async with running(twitter, app, US, KEYS) as (channel, _):
        assert await check(store, [channel], clock, ME) == 1
        assert await poll(store, [channel], clock, ME) == 1
        assert "factuur" in json.dumps(await kept(store))
        assert (await store.read(read_costs.of_month, channel.account.id, "2026-11")).resources == 1
        assert await store.read(messages.read_cursor, channel.account.id, "poll")
        world.is_revoked = True
        clock.at = clock.at_machine = START + channel.account.pace
        await poll(store, [channel], clock, ME)
        assert (await store.read(channel_state.get, channel.account.id)).state is Fares.STOPPED
        world.is_revoked = False
        clock.at = clock.at_machine = clock.at + AGAIN
        await check(store, [channel], clock, ME)
        assert (await store.read(channel_state.get, channel.account.id)).state is Fares.FINE
        assert await poll(store, [channel], clock, ME) == 1


async def test_facebook_is_polled_and_limited(store):
    app, clock = facebook_simulator(), FakeClock(FACEBOOK_START)
    given = {"access_token": PAGE_TOKEN, "app_secret": APP_SECRET, "verify_token": "v"}
    async with running(facebook, app, PAGE, given) as (channel, session):
        async with session.post(f"{channel.account.config.base_url}/_sim/post", json={"text": "Storing in Delft"}) as answer:
            assert answer.ok, await answer.text()
        assert await poll(store, [channel], clock, ME) == 1
        assert "Storing in Delft" in json.dumps(await kept(store))
        async with session.post(f"{channel.account.config.base_url}/_sim/limit", json={"calls": 1}):
            pass
        clock.at = clock.at_machine = clock.at + channel.account.pace
        await poll(store, [channel], clock, ME)
        state = await store.read(channel_state.get, channel.account.id)
        assert state.state is Fares.FINE
        assert state.next_poll_at > clock.at_machine + channel.account.pace


async def test_a_client_without_its_keys_is_none_and_not_an_error():
    async with open_session() as session:
        ours = replace(account(US, spec=twitter), config=twitter.config(user_id=US))
        assert client_of(ours, session, {}) is None
        assert client_of(ours, session, KEYS) is not None


async def test_platforms_are_told_who_asks():
    seen = []

    async def look(request):
        seen.append(request.headers["User-Agent"])
        return web.Response(headers={"Set-Cookie": "a=b"})

    app = web.Application()
    app.router.add_get("/", look)
    async with TestServer(app) as server, open_session() as session, session.get(server.make_url("/")):
        assert session.timeout.total == 60
        assert session.timeout.connect == 10
        assert not list(session.cookie_jar)
    assert seen[0].startswith("webcare/")

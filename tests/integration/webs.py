"""The three applications on real sockets, over a real database: what the tests of the web share."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import aiohttp
from aiohttp.test_utils import TestServer
from fakes import FakeClock
from sqlalchemy import select

from connectors.facebook import connector as facebook
from connectors.facebook.simulator import app as facebook_simulator
from connectors.facebook.simulator.world import APP_SECRET, VERIFY_TOKEN
from connectors.twitter import connector as twitter
from connectors.twitter.simulator import app as twitter_simulator
from connectors.twitter.simulator.world import KEYS
from connectors.whatsapp import connector as whatsapp
from connectors.whatsapp.simulator import create_app as whatsapp_simulator
from webcare.services.measure import measure
from webcare.services.receive import Hook, Receiver
from webcare.store import hooks
from webcare.store.tables import raw_body
from webcare.web.apps import create_hooks_app, create_metrics_app, create_site_app
from webcare.web.health import Sweep
from webcare.web.metrics import Metrics
from webcare.web.parts import Parts
from webcare.web.serve import Listener, Place

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
META = {"app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}
SPECS = {"facebook": facebook, "whatsapp": whatsapp, "twitter": twitter}
SECRETS = {"facebook": META, "whatsapp": META, "twitter": KEYS}
SIMULATORS = {"facebook": facebook_simulator, "whatsapp": whatsapp_simulator, "twitter": twitter_simulator}


class FakeHealth:
    """A daemon that is as well as it is told to be."""

    def __init__(self):
        self.alive = True
        self.found = []
        self.asked = 0

    def is_alive(self):
        return self.alive

    async def problems(self):
        self.asked += 1
        await asyncio.sleep(0)  # others get their turn, as with a database
        return self.found

    def last_sweep(self):
        return Sweep(age=0.5, took=0.02)


@dataclass
class Webs:
    """What is being served: `hooks` are the addresses by platform, `woken` counts the calls of the collector."""

    store: object
    session: aiohttp.ClientSession
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    health: FakeHealth = field(default_factory=FakeHealth)
    secrets: dict = field(default_factory=lambda: dict(SECRETS))
    hooks: dict = field(default_factory=dict)
    woken: int = 0

    async def serve(self, stack, **changes):
        for kind in SPECS:
            self.hooks[kind] = await self.store.write(hooks.ensure, kind, f"{kind}-app", NOW)
        metrics = Metrics(partial(measure, self.store, self.clock), self.health, self.clock)
        self.parts = Parts(clock=self.clock, health=self.health, receiver=self.receiver(), metrics=metrics, **changes)
        made = {"hooks": create_hooks_app, "metrics": create_metrics_app, "site": create_site_app}
        places = [Place(setting=name, address="127.0.0.1:0", app=create(self.parts)) for name, create in made.items()]
        self.listener = await Listener.start(places)
        stack.push_async_callback(self.listener.stop)

    def receiver(self):
        known = {
            self.hooks[kind]: Hook(spec=spec, app=f"{kind}-app", brand="meerkoet", secrets=partial(self._secrets, kind))
            for kind, spec in SPECS.items()
        }
        return Receiver(self.store, self.clock, known, on_kept=self._wake)

    async def _secrets(self, kind):
        return self.secrets[kind]

    def _wake(self):
        self.woken += 1

    def url(self, app, path):
        host, port = self.listener.addresses(app)[0]
        return f"http://{host}:{port}{path}"

    def hook(self, kind):
        return self.url("hooks", f"/hooks/{self.hooks[kind]}")

    async def kept(self):
        """Every body in the database: (hook, body, headers)."""
        query = select(raw_body.c.hook, raw_body.c.body, raw_body.c.headers, raw_body.c.state).order_by(raw_body.c.id)
        return await self.store.read(lambda conn: [tuple(row) for row in conn.execute(query)])

    async def metrics(self):
        """Every sample of a scrape, as it is written: name{labels} -> value."""
        async with self.session.get(self.url("metrics", "/metrics")) as answer:
            text = await answer.text()
        lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in lines}


@asynccontextmanager
async def serving(store, **changes):
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        webs = Webs(store, session)
        await webs.serve(stack, **changes)
        yield webs


@asynccontextmanager
async def simulator(kind, session):
    """Yield what plays this platform: `await play("hook", url=…)`."""
    async with TestServer(SIMULATORS[kind](), host="127.0.0.1") as server:

        async def play(step, **asked):
            async with session.post(server.make_url(f"/_sim/{step}"), json=asked) as answer:
                return await answer.json()

        yield play

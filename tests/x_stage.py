"""X on a stage: the simulator, the client that talks to it, and short words for both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from connectors.twitter import Config, connect, connector
from connectors.twitter.simulator import WORLD, app
from connectors.twitter.simulator.world import KEYS, US
from webcare.domain.message import Kind
from webcare.ports.connector import Reply, Sort
from webcare.services.hearing import hear

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


@pytest.fixture(name="sim")
async def on_stage():
    server = TestServer(app())
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        yield Sim(server, session)
    await server.close()


def heard_in(batch):
    return [heard for body in batch.bodies for heard in hear(connector, body, US)]


def ids(batch):
    return [heard.external_id for heard in heard_in(batch) if heard.sort is not Sort.IGNORED]


def reply(post_id="1", text="We zoeken het uit.", **kwargs):
    return Reply(
        **{
            "key": "k",
            "channel": f"twitter:{US}",
            "conversation_id": post_id,
            "reply_to": post_id,
            "text": text,
            "kind": Kind.MENTION,
            **kwargs,
        }
    )

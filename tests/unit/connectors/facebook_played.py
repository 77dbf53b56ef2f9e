"""A page that is played, a client of it, a webhook that listens, and a script: what the tests of Facebook share."""

from __future__ import annotations

import json

from aiohttp import web

from connectors.facebook import connector
from connectors.facebook.config import Config
from connectors.facebook.simulator.keys import WORLD
from connectors.facebook.simulator.world import APP_SECRET, PAGE, PAGE_TOKEN, VERIFY_TOKEN
from webcare.domain.message import Kind
from webcare.ports.connector import Reply
from webcare.services.hearing import hear

SECRETS = {"access_token": PAGE_TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}
SANNE = {"id": "5500000000000001", "name": "Sanne de Wit"}
PSID = "6600000000000001"


def heard(body, me=None):
    return list(hear(connector, body, me))


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


def said_in(batch):
    return [one for body in batch.bodies for one in heard(body, PAGE)]


def texts(batch):
    return sorted(one.text for one in said_in(batch) if one.text is not None)


def answer(to, text="We kijken het na.", conversation=f"{PAGE}_1", kind=Kind.COMMENT):
    return Reply(key="k1", channel=f"facebook:{PAGE}", conversation_id=conversation, reply_to=to, text=text, kind=kind)


def private(to=None, text="We kijken het na."):
    return answer(to, text, PSID, Kind.DM)


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


def told(receiver):
    return [one for body in receiver.bodies for one in heard(body)]

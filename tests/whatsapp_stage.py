"""WhatsApp on a stage: the simulator, the client that talks to it, and our own side of the webhook."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors.meta import handshake, verify
from connectors.whatsapp import connector
from connectors.whatsapp.client import Client
from connectors.whatsapp.settings import Config
from connectors.whatsapp.simulator import create_app
from webcare.ports.connector import Reply
from webcare.services.hearing import hear

SANNE, SANNE_ID = "31612345678", "NL.11223344556677"
SECRETS = {"access_token": "sim-token", "app_secret": "geheim", "verify_token": "welkom"}


def heard(body, me=None):
    return list(hear(connector, body, me))


class Receiver:
    """Our own side of the webhook: it proves itself, checks each signature, and fails when told to."""

    def __init__(self):
        self.got, self.answers = [], []

    async def __call__(self, request):
        if request.method == "GET":
            answer = handshake(request.query, SECRETS)
            return web.Response(status=answer.status, text=answer.text)
        raw = await request.read()
        if self.answers and (status := self.answers.pop(0)) != 200:
            return web.Response(status=status)
        self.got.append((verify(request.headers, raw, SECRETS), raw))
        return web.Response()


class Stage:
    """The simulator on a port of its own, the client that talks to it, and a receiver of its webhooks."""

    def __init__(self, simulator, hook, receiver, session):
        self.simulator, self.hook, self.receiver, self.session = simulator, hook, receiver, session
        self.client = self.client_at(str(simulator.make_url("/")))

    def client_at(self, base_url, secrets=SECRETS):
        return Client(Config(phone_number_id="106500000000001", base_url=base_url), self.session, secrets)

    async def play(self, what, **how):
        async with self.session.post(self.simulator.make_url(f"/_sim/{what}"), json=how) as response:
            assert response.status in (200, 400), await response.text()
            return await response.json()

    async def state(self):
        async with self.session.get(self.simulator.make_url("/_sim/state")) as response:
            return await response.json()

    async def subscribe(self, other=None):
        return await self.play("hooks", **{"url": str(self.hook), **OUR_HOOK, **(other or {})})

    def heard(self):
        return [h for _, raw in self.receiver.got for h in heard(json.loads(raw))]


OUR_HOOK = {name: SECRETS[name] for name in ("app_secret", "verify_token")}


@asynccontextmanager
async def on_stage():
    app, receiver = web.Application(), Receiver()
    app.router.add_get("/hook", receiver.__call__)
    app.router.add_post("/hook", receiver.__call__)
    async with TestServer(create_app()) as simulator, TestServer(app) as ours, aiohttp.ClientSession() as session:
        found = Stage(simulator, ours.make_url("/hook"), receiver, session)
        await found.play("customers", number=SANNE, user_id=SANNE_ID, name="Sanne de Wit")
        yield found


def reply(**more):
    return Reply(
        **{
            "key": "reply-1",
            "channel": "whatsapp:meerkoet",
            "conversation_id": SANNE,
            "reply_to": None,
            "text": "Dag Sanne",
            **more,
        }
    )

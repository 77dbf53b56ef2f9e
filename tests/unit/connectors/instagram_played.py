"""An account that is played, a client of it, and a script: what the tests of Instagram share."""

from __future__ import annotations

from datetime import timedelta

from connectors.instagram import connector
from connectors.instagram.config import Config
from connectors.instagram.simulator.keys import WORLD
from connectors.instagram.simulator.world import (
    ACCOUNT,
    APP_SECRET,
    PAGE,
    PAGE_TOKEN,
    START,
    VERIFY_TOKEN,
)
from webcare.domain.message import Kind
from webcare.ports.connector import Act, Deed, Reply, WayKind
from webcare.services.hearing import hear

SECRETS = {"access_token": PAGE_TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}
JOS = {"id": "6700000000000001", "username": "jos.vd.brink"}
MIA = {"id": "6700000000000002", "username": "mia_en_de_fiets"}
NOW = START
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def heard(body, me=None):
    return list(hear(connector, body, me))


class Played:
    """A simulator, a client of it, and a script."""

    def __init__(self, server, session):
        self.server, self.session = server, session
        self.world = server.app[WORLD]
        self.client = self.talk()

    def config(self, **more):
        given = {"account_id": ACCOUNT, "page_id": PAGE, "base_url": str(self.server.make_url("")), "human_agent": True}
        return Config(**(given | more))

    def talk(self, token=PAGE_TOKEN, **more):
        return connector.client(self.config(**more), self.session, SECRETS | {"access_token": token})

    async def sim(self, step, **asked):
        async with self.session.post(self.server.make_url(f"/_sim/{step}"), json=asked) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    async def media(self, caption="Glasvezel in Leiden", **more):
        return (await self.sim("media", caption=caption, **more))["id"]

    async def comment(self, on, text="help", author=JOS, **more):
        return (await self.sim("comment", on=on, text=text, author=author, **more))["id"]

    async def message(self, text="waar?", **more):
        return (await self.sim("message", person=JOS["id"], text=text, **more))["id"]

    async def poll(self, cursor=None, client=None):
        return await (client or self.client).poll(cursor, self.world.now)


def said_in(batch):
    return [one for body in batch.bodies for one in heard(body, ACCOUNT)]


def texts(batch):
    return sorted(one.text for one in said_in(batch) if one.text)


def public(answered, conversation, text="We kijken het na.", kind=Kind.COMMENT, **more):
    more = {"way": WayKind.PUBLIC} | more
    return Reply(key="k", channel="instagram:1", conversation_id=conversation, reply_to=answered, text=text, kind=kind, **more)


def private(answered=None, text="We kijken het na.", **more):
    return public(answered, JOS["id"], text, Kind.DM, way=WayKind.PRIVATE, **more)


def act(target, deed=Deed.HIDE, kind=Kind.COMMENT):
    return Act(key="k", channel="instagram:1", deed=deed, target_id=target, conversation_id="1", kind=kind)

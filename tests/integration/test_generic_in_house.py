"""A live chat by the generic connector, through the house: delivered and polled, answered once though the answer got lost, and echoed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestServer
from fakes import BRAND, MONDAY, FakeClock
from sqlalchemy import select
from webs import FakeHealth

from connectors.generic.simulator import ACCOUNT, API_TOKEN, WEBHOOK_SECRET, WORLD, app
from webcare.house import open_house, reload_house
from webcare.house_work import HouseWork
from webcare.listeners import listeners
from webcare.services import answer
from webcare.settings import settings_of
from webcare.store.alert_tables import reply
from webcare.store.tables import case, clock, message, raw_body, verdict

QUESTION = "Mijn modem knippert rood. Wat moet ik doen?"


def settings(tmp_path, url, base_url):
    channel = {"name": "shop", "kind": "generic", "brand": BRAND, "account": ACCOUNT, "base_url": base_url}
    anywhere = dict.fromkeys(("listen", "hooks_listen", "metrics_listen"), "127.0.0.1:0")
    secrets = {"shop": {"api_token": API_TOKEN, "webhook_secret": WEBHOOK_SECRET}}
    doc = {"database": {"url": url}, "state_folder": str(tmp_path), "web": anywhere, "sentiment": {"model": "rules"}}
    return settings_of({**doc, "channel": [channel], "secrets": secrets})


async def nobody():
    return []


class Chat:
    """The service, and the house that it delivers to."""

    def __init__(self, house, world):
        self.house, self.world, self.work = house, world, HouseWork(house, nobody)

    async def rows(self, *columns):
        return [tuple(row) for row in await self.house.store.read(lambda conn: conn.execute(select(*columns)).all())]

    async def hear(self):
        await self.world.deliver()
        await self.work.collect()
        await self.work.triage()

    def wait(self, **span):
        self.house.clock.at = self.house.clock.at_machine = self.house.clock.at + timedelta(**span)


@pytest.fixture
async def chat(tmp_path, sqlite_url):
    now = FakeClock(MONDAY)
    service = app(now.now)
    async with _opened(tmp_path, sqlite_url, service, now) as found:
        yield found


@asynccontextmanager
async def _opened(tmp_path, url, service, now):
    async with TestServer(service, host="127.0.0.1") as server:
        doc = settings(tmp_path, url, str(server.make_url("")).rstrip("/"))
        async with open_house(doc, now) as house, listeners(house, FakeHealth(), lambda _: None) as listener:
            (host, port), *_ = listener.addresses("[web] hooks_listen")
            (number,) = house.hooks
            service[WORLD].hooks.append(f"http://{host}:{port}/hooks/{number}")
            yield Chat(house, service[WORLD])


async def test_a_chat_is_heard_twice_kept_once_and_answered_once(chat):
    chat.world.twice = True
    chat.world.say(text=QUESTION, conversation_id="chat-1")
    await chat.hear()
    assert await chat.house.poller.beat(chat.house.running, wait=None) == 1
    await chat.hear()
    assert sorted(await chat.rows(raw_body.c.hook.is_(None))) == [(False,), (False,), (True,)]  # delivered twice, and polled
    assert chat.world.waiting == []
    assert await chat.rows(message.c.external_id, message.c.text) == [("m1", QUESTION)]
    ((number, channel, kind),) = await chat.rows(case.c.id, case.c.channel, case.c.kind)
    assert (channel, kind) == (f"generic:{ACCOUNT}", "dm")

    await chat.house.store.write(answer.write, number, text="Houd de knop tien tellen in.", by="noor", now=MONDAY)
    chat.world.faults.append({"kind": "drop_after"})
    for _ in range(6):
        await chat.work.reply()
        chat.wait(minutes=1)
    ((key, kept),) = chat.world.replies.items()
    asked = kept["asked"]
    assert (asked["text"], asked["private"], asked["to"], asked["reply_to"]) == (
        "Houd de knop tien tellen in.",
        True,
        "sanne",
        "m1",
    )
    assert await chat.rows(reply.c.state) == [("accepted",)]
    assert ("first_response", "met") in await chat.rows(clock.c.clock, clock.c.state)

    ours = {"direction": "outbound", "conversation_id": "chat-1", "text": asked["text"], "app": "webcare"}
    chat.world.say(id=kept["made"]["id"], key=key, **ours)
    chat.world.say(event="delete", id="m1")
    await chat.hear()
    assert sorted(await chat.rows(message.c.external_id, message.c.direction)) == [("m1", "inbound"), ("r1", "outbound")]
    assert QUESTION not in [text for (text,) in await chat.rows(message.c.text)]


async def test_a_channels_language_is_taken_up_by_a_reload(chat):
    """A message that shows none is read in it from then on."""
    now = chat.house.settings
    chat.world.say(text="??", conversation_id="chat-1")
    await chat.hear()
    english = now.channel[0].model_copy(update={"language": "en"})
    plan = await reload_house(chat.house, now.model_copy(update={"channel": (english,)}))
    assert (plan.applies, plan.needs_restart) == (("channel shop: language",), ())
    chat.world.say(text="??", conversation_id="chat-2")
    await chat.hear()
    assert await chat.rows(verdict.c.language) == [("und",), ("en",)]

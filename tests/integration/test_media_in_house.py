"""A photo on WhatsApp, from the webhook to the bytes that are kept: the daemon's own parts, and the simulator in the platform's place."""

from __future__ import annotations

import io

from aiohttp import web
from aiohttp.test_utils import TestServer
from fakes import BRAND, MONDAY, FakeClock
from PIL import Image
from sqlalchemy import select

from connectors.whatsapp.simulator import create_app
from connectors.whatsapp.simulator.world import World
from webcare.house import open_house
from webcare.house_work import HouseWork
from webcare.settings import settings_of
from webcare.store import raw_bodies
from webcare.store.media_tables import media

HOOK = {"app_secret": "sim-secret", "verify_token": "sim-verify"}
SECRETS = {**HOOK, "access_token": World().bearer}


class Heard:
    """Whatever the platform sends to our address."""

    def __init__(self):
        self.bodies = []

    def app(self):
        app = web.Application()
        app.router.add_get("/", self.agree)
        app.router.add_post("/", self.take)
        return app

    async def agree(self, request):
        return web.Response(text=request.query["hub.challenge"])

    async def take(self, request):
        self.bodies.append(await request.read())
        return web.Response()


def settings(tmp_path, base_url, number):
    channel = {"name": "wa", "kind": "whatsapp", "brand": BRAND, "phone_number_id": number, "base_url": base_url}
    doc = {"database": {"url": f"sqlite:///{tmp_path / 'house.db'}"}, "state_folder": str(tmp_path)}
    return settings_of({**doc, "channel": [channel], "secrets": {"wa": SECRETS}})


async def nobody():
    return []


async def test_a_photo_on_whatsapp_is_fetched_with_our_key_and_kept(tmp_path):
    heard = Heard()
    async with (
        TestServer(create_app(), host="127.0.0.1") as platform,
        TestServer(heard.app(), host="127.0.0.1") as ours,
    ):
        base = str(platform.make_url("")).rstrip("/")
        async with open_house(settings(tmp_path, base, World().number_id), FakeClock(MONDAY)) as house:

            async def play(step, **asked):
                async with house.session.post(f"{base}/_sim/{step}", json=asked) as answer:
                    return await answer.json()

            await play("hooks", url=str(ours.make_url("/")), **HOOK)
            await play("messages", number="31612345678", type="image")
            await play("settle")
            (channel,) = house.fetchers
            for body in heard.bodies:
                origin = {"brand": BRAND, "channel": channel, "received_at": MONDAY, "delete_after": MONDAY.replace(year=2027)}
                await house.store.write(raw_bodies.keep, body, {}, **origin)
            work = HouseWork(house, nobody)
            assert await work.collect() == 1
            assert await work.media() == 1
            (row,) = await house.store.read(lambda conn: conn.execute(select(media)).all())
    assert (row.state, row.why, row.mime) == ("kept", None, "image/jpeg")
    assert Image.open(io.BytesIO(row.small)).format == "JPEG"

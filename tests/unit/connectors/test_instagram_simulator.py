"""What the simulator of Instagram tells a webhook."""

from __future__ import annotations

import json

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from instagram_played import JOS, MIA, MINUTE, SECRETS, Played, heard, private

from connectors.instagram import connector
from connectors.instagram.simulator import app
from webcare.ports.connector import Sort


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


# --- what the simulator tells a webhook


class Receiver:
    """A webhook that keeps what it is told, and refuses as often as it is asked to."""

    def __init__(self):
        self.bodies, self.refuse = [], 0

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


@pytest.fixture
async def receiver(played):
    kept = Receiver()
    hook = web.Application()
    hook.router.add_route("*", "/hook", kept.handle)
    async with TestServer(hook) as server:
        assert (await played.sim("hook", url=str(server.make_url("/hook"))))["subscribed"]
        yield kept


def told(receiver):
    return [one for body in receiver.bodies for one in heard(body)]


async def test_the_webhook_hears_comments_ads_and_broadcasts_once_for_each_place(played, receiver):
    comment = await played.comment(await played.media(ad_id="23"), "géén a/b")
    await played.sim("native", on=comment, text="opgelost")
    await played.comment(await played.media("live", is_live=True), "hoor niks")
    await played.media("@meerkoet", author=MIA, names_us=True)
    await played.media("alleen getagd", author=MIA, tags_us=True)
    said = told(receiver)
    assert [(one.sort.value, one.raw_type) for one in said] == [
        ("message", "comments"),
        ("message", "comments.ad"),
        ("echo", "comments"),
        ("echo", "comments.ad"),
        ("message", "live_comments"),
        ("message", "mentions.media"),
    ]
    assert said[0].conversation_id == said[1].conversation_id


async def test_the_webhook_hears_the_life_of_a_message(played, receiver):
    mid = await played.message()
    await played.message("mooi", story="https://lookaside.fbsbx.com/s")
    await played.message("", mention="https://lookaside.fbsbx.com/m")
    await played.message("", unsupported=True)
    await played.message("hallo?", part="standby")
    await played.sim("edit", id=mid, text="waar blijft het?")
    await played.sim("react", id=mid)
    await played.sim("native", person=JOS["id"], text="komt eraan")
    sent = await played.client.send(private(mid))
    await played.sim("read", id=sent.external_id)
    await played.sim("press", person=JOS["id"], title="Ik heb een storing")
    await played.sim("refer", person=JOS["id"])
    await played.sim("unsend", id=mid)
    said = told(receiver)
    assert [one.sort.value for one in said] == [
        *("message", "message", "message", "message", "message", "edit", "reaction"),
        *("echo", "echo", "status", "message", "ignored", "delete"),
    ]
    assert {one.conversation_id for one in said if one.sort is not Sort.IGNORED} == {JOS["id"]}
    assert [one.attachments[0].type for one in said if one.attachments] == ["story", "story_mention", "unsupported"]
    assert (said[7].app_id, said[8].app_id) == (None, "123400000000002")


async def test_what_the_receiver_refuses_comes_again_twice_backwards_and_together(played, receiver):
    receiver.refuse = 2
    media = await played.media()
    for number in range(2):
        await played.comment(media, f"c{number}")
    assert receiver.bodies == []
    played.world.skipped += 2 * MINUTE
    await played.sim("deliver", twice=True, backwards=True, together=True)
    assert [one.text for one in told(receiver)] == ["c1", "c0"] * 2


async def test_what_is_new_to_us_is_seen_and_not_dropped(played, receiver):
    await played.sim("tell", field="holograms", value={"text": "hallo?"})
    assert [one.sort for one in told(receiver)] == [Sort.UNREADABLE]

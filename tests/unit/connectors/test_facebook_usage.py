"""How much of what Meta grants is used: row 24 of what a simulator must play, and what a poll makes of it."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from facebook_played import PSID, Played, private, texts

from connectors.facebook.simulator import app
from connectors.facebook.usage import Meter
from webcare.ports.errors import RateLimited

MINUTE, HOUR = 60, 3600
BUC, APP_USE, PAGE_USE = "X-Business-Use-Case-Usage", "X-App-Usage", "X-Page-Usage"


@pytest.fixture
async def played():
    async with TestServer(app()) as server, aiohttp.ClientSession() as session:
        yield Played(server, session)


@pytest.mark.parametrize("header", [BUC, APP_USE, PAGE_USE])
@pytest.mark.parametrize(("percent", "rests"), [(0, 0), (49, 0), (50, 6), (80, 20), (95, 60)])
async def test_24_much_use_slows_the_polls_before_the_limit_is_there(played, header, percent, rests):
    await played.sim("usage", percent=percent, header=header)
    batch = await played.poll()
    calls = len(played.world.calls)
    if not rests:
        assert await played.poll(batch.cursor)
        return
    with pytest.raises(RateLimited) as caught:
        await played.poll(batch.cursor)
    assert caught.value.until == played.world.now + timedelta(minutes=rests)
    assert len(played.world.calls) == calls, "nothing was asked"
    await played.sim("message", person=PSID, text="waar?")
    assert await played.client.send(private()), "an answer waits for nobody"
    await played.sim("clock", advance=rests * MINUTE)
    await played.sim("usage", percent=0)
    assert await played.poll(batch.cursor)


async def test_24_a_poll_that_meets_much_use_reads_fewer_posts_and_comes_back_for_the_rest(played):
    for number in range(8):
        await played.comment(await played.post(f"p{number}"), f"c{number}")
    await played.sim("usage", percent=80)
    client = played.talk(posts_per_poll=8)
    first = await played.poll(client=client)
    assert sum(text.startswith("c") for text in texts(first)) == 2
    await played.sim("usage", percent=0)
    await played.sim("clock", advance=HOUR)
    second = await played.poll(first.cursor, client)
    assert {f"c{number}" for number in range(8)} <= {*texts(first), *texts(second)}


@pytest.mark.parametrize(
    "said", ["{nonsense", "[]", '{"call_count":"many"}', '{"call_count":true}', "[" * 90_000, "NaN", '{"call_count":1e999}']
)
def test_24_a_header_of_nonsense_is_no_use(said):
    meter = Meter(percent=99)
    meter.read({APP_USE: said, BUC: said, PAGE_USE: said})
    assert meter.percent == 0

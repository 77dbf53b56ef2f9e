"""Looking up with the connectors themselves: the post above a reply on X, what is gone there, and the words of a mention on Instagram."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import Desk, FakeClock
from hearsay import Ears, real_account
from x_stage import FIEN, on_stage

from connectors.twitter.simulator.world import US
from webcare.ports.connector import Batch
from webcare.services.look_up import look_up, see_deleted
from webcare.services.poll import Running, poll
from webcare.store import tables
from webcare.store.conversation_tables import context

__all__ = ["on_stage"]  # the fixture `sim`

FIXTURES = Path(__file__).parents[2] / "connectors/instagram/fixtures"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)


class House:
    def __init__(self, desk, account, client, now):
        self.desk, self.clock = desk, FakeClock(now)
        self.running = [Running(account=account, client=client)]
        self.ears = Ears(desk, accounts=[account])

    async def do(self, work, **options):
        done = await work(self.desk.store, self.running, self.clock, "one", **options)
        await self.ears.work(self.clock.at)
        return done

    async def messages(self):
        return {row["external_id"]: row for row in await self.desk.rows(tables.message)}


class Graph:
    """Instagram's answers to whatever is asked."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []

    async def look_up(self, ids, _now):
        self.asked += ids
        return Batch(bodies=tuple(self.answers), cursor=None, cost=len(ids))


@pytest.fixture
async def desk(store):
    return await Desk.open(store)


async def test_x_shows_the_old_post_above_a_reply_and_what_was_deleted(desk, sim):
    root = sim.says("Wie heeft er nog storing?", "45102")
    sim.world.pass_time(40 * DAY)
    reply = sim.says("@klaverenergie hoe lang nog?", reply_to=root.id)
    account = real_account(f"twitter:{US}")
    house = House(desk, account, sim.client(), sim.now)
    await house.do(poll)
    assert (await house.messages()).keys() == {reply.id}
    assert await house.do(look_up, keep_for=DAY) == 1
    assert (await house.messages()).keys() == {reply.id}
    (post,) = await desk.rows(context)
    assert (post["external_id"], post["text"], post["author_name"]) == (root.id, "Wie heeft er nog storing?", "Bram")
    assert (await desk.case())["customer_id"] == FIEN
    house.clock.at += HOUR
    assert await house.do(see_deleted, keep_for=DAY) == 1
    assert (await house.messages())[reply.id]["deleted_at"] is None
    sim.world.delete(reply.id)
    house.clock.at += HOUR
    assert await house.do(see_deleted, keep_for=DAY) == 1
    assert (await house.messages())[reply.id]["deleted_at"] is not None
    assert ("delete", house.clock.at, reply.id) in await desk.log()


async def test_the_words_of_a_mention_on_instagram_are_asked_for(desk):
    """Instagram tells a mention by its ids and when it told it, which is after it was written."""
    told = json.loads((FIXTURES / "mentions.json").read_text(encoding="utf-8"))
    words = json.loads((FIXTURES / "looked_up_mentions.json").read_text(encoding="utf-8"))[:2]
    graph = Graph(words)
    house = House(desk, real_account(f"instagram:{told['entry'][0]['id']}"), graph, TEN)
    await house.ears.keep(told, TEN, channel=house.running[0].account.id)
    await house.ears.work(TEN)
    assert {row["text"] for row in (await house.messages()).values()} == {""}
    await house.do(look_up, keep_for=DAY, roots=False)
    found = await house.messages()
    assert set(graph.asked) == set(found)
    assert {row["text"] for row in found.values()} == {"@meerkoet dit is toch niet normaal?", "Dank @meerkoet voor niets"}
    assert {row["author_handle"] for row in found.values()} == {"jos.vd.brink", "mia_en_de_fiets"}

"""X: searches, look-ups, limits and the meter, against the simulator over real HTTP."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from x_stage import FIEN, heard_in, ids, on_stage  # noqa: F401 - the fixture is asked for by name

from connectors.twitter.config import Config
from connectors.twitter.places import Place, read_places, write_places
from connectors.twitter.simulator.world import START, US
from webcare.domain.message import Kind
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited

SEARCHES = ("klaver storing OR klaver uitval", "#klaverdown")
WEEK = timedelta(days=7)


@pytest.mark.parametrize("names", ["tweet", "post"])
async def test_a_search_finds_who_does_not_name_us_and_nobody_twice(sim, names):
    sim.world.names = names
    hit = sim.says("weer klaver storing hier")
    both = sim.says("@klaverenergie weer die klaver storing")
    tag = sim.says("#klaverdown")
    sim.says("iets anders")
    sim.world.repost(FIEN, hit.id)
    ours = sim.says("de klaver storing is voorbij", author=US)
    batch = await sim.client(names=names, searches=SEARCHES).poll(None, sim.now)
    heard = {(h.external_id, h.kind, h.sort) for h in heard_in(batch)}
    assert heard == {
        (hit.id, Kind.POST, Sort.MESSAGE),
        (both.id, Kind.MENTION, Sort.MESSAGE),
        (tag.id, Kind.POST, Sort.MESSAGE),
        (ours.id, Kind.POST, Sort.ECHO),
    }
    assert (batch.cost, batch.costs) == (4, {"owned": 2, "post": 2})


async def test_each_search_goes_on_where_it_stopped_and_one_that_is_gone_leaves_no_trace(sim):
    first_hit = sim.says("klaver storing")
    first = await sim.client(searches=SEARCHES).poll(None, sim.now)
    second_hit = sim.says("klaver uitval")
    second = await sim.client(searches=SEARCHES).poll(first.cursor, sim.now)
    assert (set(ids(second)), second.costs) == ({first_hit.id, second_hit.id}, {"post": 1})
    third = await sim.client().poll(second.cursor, sim.now)
    assert not [name for name in json.loads(third.cursor) if name.startswith("search:")]


async def test_a_search_that_x_refuses_keeps_nobody_waiting_and_is_named(sim):
    """One bracket too many in one search stopped all reading: mentions too, until somebody mended it."""
    mention, hit = sim.says("@klaverenergie waar blijft de monteur?"), sim.says("#klaverdown")
    client = sim.client(searches=("klaver (storing", "#klaverdown"))
    batch = await client.poll(None, sim.now)
    assert set(ids(batch)) == {mention.id, hit.id}
    assert batch.missed is not None
    assert batch.missed.startswith("search 'klaver (storing': X refuses it (400): ")
    found = sim.says("klaver storing nog steeds")
    batch = await sim.client(searches=("klaver storing", "#klaverdown")).poll(batch.cursor, sim.now)
    assert (ids(batch).count(found.id), batch.missed) == (1, None)


async def test_after_more_than_a_week_a_search_begins_where_x_still_reaches(sim):
    sim.says("klaver storing")
    client = sim.client(searches=SEARCHES)
    cursor = (await client.poll(None, sim.now)).cursor
    sim.world.pass_time(timedelta(days=1))
    lost = sim.says("klaver storing, dag twee")
    sim.world.pass_time(WEEK + timedelta(hours=2))
    found = sim.says("klaver storing, dag negen")
    assert ids(await client.poll(cursor, sim.now)) == [found.id]
    assert lost.id not in ids(await client.poll(cursor, sim.now))


async def test_a_starting_point_that_x_calls_too_old_is_left_out(sim):
    """Its clock may be ahead of ours: what we think is a week ago lies further back there."""
    found = sim.says("klaver storing")
    client, ours = sim.client(searches=SEARCHES), sim.now - timedelta(hours=2)
    assert found.id in ids(await client.poll(None, ours - WEEK))


async def test_a_walk_that_was_broken_off_a_week_ago_does_not_go_on(sim):
    client = sim.client(searches=SEARCHES)
    empty = json.loads((await client.poll(None, sim.now)).cursor)
    name = next(name for name in empty if name.startswith("search:"))
    old = sim.says("klaver storing")
    sim.world.pass_time(WEEK * 2)
    new = sim.says("klaver storing")
    between = Place(since=1 << 22, top=int(old.id) + 1, below=int(old.id))
    batch = await client.poll(write_places({name: between}), sim.now)
    assert (ids(batch), read_places(batch.cursor)[name].is_between) == ([new.id], False)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("klaver OR storing", "(klaver OR storing) -is:retweet"),
        ("klaver -is:retweet", "klaver -is:retweet"),
        ("k" * 510, "k" * 510),
    ],
)
def test_retweets_are_left_out_where_there_is_room_to_say_so(given, asked):
    assert Config(user_id="1", searches=(given,)).query(given) == asked


@pytest.mark.parametrize(
    "wrong",
    [
        {"searches": ("k" * 513,)},
        {"searches": (" ",)},
        {"searches": ("klaver", "klaver")},
        {"access": "free"},
        {"handle": "klaver energie"},
        {"longest": 500},
        {"price_post": -1.0},
    ],
)
def test_a_config_that_cannot_work_is_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        Config(user_id="1", **wrong)


def test_enterprise_asks_longer_questions():
    assert Config(user_id="1", access="enterprise", searches=("k" * 4096,)).searches


async def test_a_look_up_brings_roots_and_tells_what_is_gone(sim):
    there, away = sim.says("@klaverenergie hoi"), sim.says("@klaverenergie dag")
    sim.world.delete(away.id)
    batch = await sim.client().look_up([there.id, away.id, there.id, "e4f4-1"], sim.now)
    assert [(h.sort, h.external_id or h.target_id) for h in heard_in(batch)] == [
        (Sort.MESSAGE, there.id),
        (Sort.DELETE, away.id),
    ]
    assert (batch.cursor, batch.cost, batch.costs) == (None, 1, {"post": 1})
    assert (await sim.client().look_up([], sim.now)).bodies == ()


async def test_a_hundred_at_a_time_are_looked_up(sim):
    said = [sim.world.say(FIEN, f"@klaverenergie {n}").id for n in range(130)]
    batch = await sim.client().look_up(said, sim.now)
    assert (len(batch.bodies), batch.cost) == (2, 130)


async def test_a_list_that_may_not_be_read_waits_and_the_others_go_on(sim):
    sim.says()
    await sim.do("limit", path="/mentions", requests=1)
    client = sim.client()
    first = await client.poll(None, sim.now)
    second_said = sim.says("@klaverenergie nog iemand?")
    sim.world.whisper(FIEN, US, "hallo?")
    second = await client.poll(first.cursor, sim.now)
    assert [h.kind for h in heard_in(second)] == [Kind.DM]
    sim.world.pass_time(timedelta(minutes=15))
    assert second_said.id in ids(await client.poll(second.cursor, sim.now))


async def test_where_nothing_may_be_read_the_channel_waits_for_the_first_that_may(sim):
    cursor = write_places({"mentions": Place(wait=int(START.timestamp()) + 300), "own": Place(wait=int(START.timestamp()) + 200)})
    with pytest.raises(RateLimited) as limited:
        await sim.client(direct_messages=False).poll(cursor, sim.now)
    assert limited.value.until == START + timedelta(seconds=200)
    assert (await sim.client(direct_messages=False).poll(cursor, sim.now + timedelta(minutes=6))).bodies == ()


async def test_a_wait_that_no_window_of_x_has_is_no_wait(sim):
    asked = sim.says()
    cursor = write_places({"mentions": Place(wait=10**12), "own": Place(wait=-5)})
    assert ids(await sim.client().poll(cursor, sim.now)) == [asked.id]


async def test_direct_messages_are_read_no_more_often_than_x_allows_and_some_reads_are_spared(sim):
    await sim.do("limit", path="/dm_events", requests=15)
    client, cursor, read = sim.client(), None, 0
    for _ in range(14):
        before = sim.world.used.total()
        cursor = (await client.poll(cursor, sim.now)).cursor
        read += sim.world.used.total() - before
        sim.world.pass_time(timedelta(minutes=1))
    assert read == 13


async def test_pages_that_were_read_before_a_limit_are_kept(sim):
    sim.world.page = 2
    said = [sim.says(f"@klaverenergie {n}").id for n in range(6)]
    await sim.do("limit", path="/mentions", requests=2)
    client = sim.client(direct_messages=False)
    first = await client.poll(None, sim.now)
    assert (len(ids(first)), first.more) == (4, False)
    sim.world.pass_time(timedelta(minutes=15))
    second = await client.poll(first.cursor, sim.now)
    assert set(ids(first)) | set(ids(second)) == set(said)
    assert first.cost + second.cost == 6


async def test_the_meter_tells_resources_apart_as_their_prices_do(sim):
    sim.says()
    sim.says("klaver storing")
    sim.world.whisper(FIEN, US, "hoi")
    owned = await sim.client(searches=SEARCHES).poll(None, sim.now)
    assert (owned.costs, owned.cost) == ({"owned": 1, "post": 1, "message": 1}, 3)
    dear = await sim.client(searches=SEARCHES, owns_app=False).poll(None, sim.now)
    assert dear.costs == {"post": 2, "message": 1}
    assert Config(user_id="1").prices == {"post": 0.005, "owned": 0.001, "message": 0.010}


async def test_an_app_without_direct_messages_says_how_to_do_without(sim):
    await sim.do("fault", kind="access", path="/dm_events")
    with pytest.raises(AuthFailed, match="direct_messages = false"):
        await sim.client().poll(None, sim.now)


async def test_preflight_tells_a_wrong_name_and_a_missing_permission(sim):
    assert (await sim.client(handle="@KlaverEnergie").preflight(sim.now)).problems == ()
    await sim.do("set", access="read-write")
    problems = (await sim.client(handle="klaver").preflight(sim.now)).problems
    assert ["direct messages" in problems[0], "@klaverenergie" in problems[1]] == [True, True]

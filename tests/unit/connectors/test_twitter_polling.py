"""X: polling, against the simulator over real HTTP."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from aiohttp.test_utils import unused_port
from x_stage import FIEN, NOW, heard_in, ids, on_stage, post, reply  # noqa: F401 - the fixture is asked for by name

from connectors.twitter.asking import Asking
from connectors.twitter.places import read_places
from connectors.twitter.simulator.world import START, US
from webcare.domain.message import Kind
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited, Unavailable


@pytest.mark.parametrize("names", ["tweet", "post"])
async def test_polling_reads_mentions_and_our_own_posts_in_either_words(sim, names):
    sim.world.names = names
    asked = sim.says()
    sim.says("iets heel anders")
    sim.world.pass_time(timedelta(minutes=1))
    answered = sim.world.say(US, "@fiendewolf nog even", reply_to=asked.id)
    batch = await sim.client(names=names).poll(None, sim.now)
    assert [(h.external_id, h.sort, h.reply_to, h.conversation_id) for h in heard_in(batch)] == [
        (asked.id, Sort.MESSAGE, None, asked.id),
        (answered.id, Sort.ECHO, asked.id, asked.id),
    ]
    assert heard_in(batch)[0].author.handle == "fiendewolf"
    assert (batch.cost, batch.more) == (2, False)


async def test_an_empty_poll_brings_nothing_and_costs_nothing(sim):
    batch = await sim.client().poll(None, sim.now)
    assert (batch.bodies, batch.cost, batch.more) == ((), 0, False)
    assert (await sim.client().poll(batch.cursor, sim.now)).bodies == ()


async def test_a_list_that_was_always_empty_loses_nothing_while_we_are_away(sim):
    """It began a day before now each time: what came in the first of three days without us was never asked for."""
    first = await sim.client().poll(None, sim.now)
    asked, whispered = sim.says(), sim.world.whisper(FIEN, US, "hallo?")
    sim.world.pass_time(timedelta(days=3))
    assert {asked.id, whispered.id} <= {*ids(await sim.client().poll(first.cursor, sim.now))}


async def test_a_second_poll_pays_only_for_what_is_new(sim):
    sim.says()
    first = await sim.client().poll(None, sim.now)
    second = sim.says("@klaverenergie hallo?")
    batch = await sim.client().poll(first.cursor, sim.now)
    assert second.id in ids(batch)
    assert batch.cost == 1


async def test_a_mention_that_x_finds_late_is_not_lost(sim):
    """X indexes some posts minutes after newer ones: their id is below the newest that was seen."""
    late = sim.says("@klaverenergie ik was er eerder", late=timedelta(minutes=4))
    sim.says("@klaverenergie ik was er later")
    first = await sim.client().poll(None, sim.now)
    assert late.id not in ids(first)
    sim.world.pass_time(timedelta(minutes=5))
    assert late.id in ids(await sim.client().poll(first.cursor, sim.now))
    assert late.id not in ids(await sim.client(overlap=timedelta(0)).poll(first.cursor, sim.now))


async def test_pages_are_followed_though_they_are_shorter_than_asked(sim):
    sim.world.page = 2
    said_ = [sim.says(f"@klaverenergie {n}").id for n in range(7)]
    batch = await sim.client().poll(None, sim.now)
    assert sorted(ids(batch)) == sorted(said_)
    assert batch.more is False


async def test_a_poll_that_runs_out_of_pages_is_taken_up_where_it_stopped(sim):
    sim.world.page = 2
    client, cursor, found, costs = sim.client(pages=2), None, [], []
    said_ = [sim.says(f"@klaverenergie {n}").id for n in range(9)]
    for turn in range(3):
        batch = await client.poll(cursor, sim.now)
        cursor, found, costs = batch.cursor, found + ids(batch), [*costs, batch.cost]
        assert batch.more is (turn < 2)
        said_.append(sim.says(f"@klaverenergie tussendoor {turn}").id)
    assert sorted(found) == sorted(said_[:9])
    assert costs == [4, 4, 1]
    assert set(said_[9:]) <= set(ids(await client.poll(cursor, sim.now)))


def test_a_list_of_empty_pages_does_not_lose_its_place(sim):
    place = read_places('{"own": {"since": 5, "top": 9, "below": 7, "token": "x"}, "mentions": {"since": "odd", "more": 1}}')
    assert (place["own"].below, place["mentions"].since) == (7, 0)
    assert place["own"].after([], "next").below == 7
    assert place["own"].after([], None).since == 9
    assert read_places("no json") == read_places("[]") == read_places(None) == {}


async def test_a_cursor_that_cannot_be_read_starts_anew(sim):
    asked = sim.says()
    assert ids(await sim.client().poll("broken", sim.now)) == [asked.id]


async def test_an_id_from_the_future_does_not_end_all_reading(sim):
    sim.says()
    far = sim.says("@klaverenergie uit de toekomst")
    far.id = "9" * 18
    first = await sim.client().poll(None, sim.now)
    after = sim.says("@klaverenergie en nu?")
    assert after.id in ids(await sim.client().poll(first.cursor, sim.now))


async def test_edits_deletions_retweets_and_the_suspended(sim):
    asked = sim.says()
    changed = sim.world.edit(asked.id, "@klaverenergie hoe lang nog?? (aangepast)")
    sim.says("RT @klaverenergie: onderhoud", retweets="5")
    sim.world.people.pop(FIEN)
    heard = heard_in(await sim.client().poll(None, sim.now))
    assert [(h.sort, h.target_id) for h in heard if h.external_id == changed.id] == [(Sort.EDIT, asked.id)]
    assert "retweet" in [h.reason for h in heard]
    assert [h.author.handle for h in heard if h.author] == [None]
    sim.world.delete(changed.id)
    async with sim.session.get(sim.server.make_url(f"/2/tweets?ids={asked.id}")) as response:
        assert response.status == 401  # nobody reads here without a signature


async def test_direct_messages_are_polled_unless_the_channel_wants_none(sim):
    sim.world.whisper(FIEN, US, "mijn nummer is 88120")
    assert ids(await sim.client(direct_messages=False).poll(None, sim.now)) == []
    client = sim.client()
    first = await client.poll(None, sim.now)
    assert [(h.kind, h.conversation_id) for h in heard_in(first)] == [(Kind.DM, f"{US}-{FIEN}")]
    sim.world.pass_time(timedelta(minutes=20))
    assert (await client.poll(first.cursor, sim.now)).cost == 0
    sim.world.whisper(US, FIEN, "dank je")
    second = await client.poll(first.cursor, sim.now)
    assert (second.cost, [h.sort for h in heard_in(second)]) == (1, [Sort.ECHO, Sort.MESSAGE])


async def test_many_direct_messages_are_taken_up_by_their_token(sim):
    sim.world.page = 2
    client = sim.client(direct_messages=True, pages=1)
    said_ = []
    for n in range(5):
        sim.world.pass_time(timedelta(seconds=1))
        said_.append(sim.world.whisper(FIEN, US, f"bericht {n}").id)
    cursor, found, more = None, [], True
    while more:
        batch = await client.poll(cursor, sim.now)
        cursor, more = batch.cursor, batch.more
        found += ids(batch)
    assert sorted(found) == sorted(said_)


async def test_a_token_that_x_has_forgotten_costs_a_longer_walk_and_no_message(sim):
    sent = sim.world.whisper(FIEN, US, "hoi")
    cursor = json.dumps({"messages": {"since": 0, "top": 0, "token": "long-gone"}})
    assert ids(await sim.client(direct_messages=True).poll(cursor, sim.now)) == [sent.id]


@pytest.mark.parametrize("shape", ["legacy", "problem", "mixed"])
@pytest.mark.parametrize(
    ("reset", "wait"), [("ahead", timedelta(minutes=15)), ("past", timedelta(minutes=1)), ("none", timedelta(minutes=1))]
)
async def test_a_rate_limit_in_every_shape_and_with_every_header(sim, shape, reset, wait):
    await sim.do("fault", kind=f"limit-{shape}", reset=reset, times=3)
    with pytest.raises(RateLimited) as limited:
        await sim.client().poll(None, sim.now)
    assert limited.value.until == START + wait


async def test_a_limit_on_one_list_does_not_throw_away_what_another_brought(sim):
    asked = sim.says()
    await sim.do("limit", path="/tweets", requests=0)
    batch = await sim.client().poll(None, sim.now)
    assert ids(batch) == [asked.id]
    places = read_places(batch.cursor)
    assert places["own"].until(sim.now) == START + timedelta(minutes=15)
    assert places["mentions"].until(sim.now) is None


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("html", Unavailable),
        ("empty", Unavailable),
        ("server", Unavailable),
        ("truncated", Unavailable),
        ("page", Unavailable),
        ("drop", Unavailable),
        ("unauthorized", AuthFailed),
        ("access", AuthFailed),
        ("unenrolled", AuthFailed),
        ("capped", AuthFailed),
        ("unpaid", AuthFailed),
        ("spent", AuthFailed),
    ],
)
async def test_what_breaks_reading_says_what_to_do(sim, kind, error):
    """Of every list; and aiohttp asks once more by itself when a connection breaks before an answer to a GET."""
    for asking in (sim.client().poll(None, sim.now), sim.client().preflight(sim.now)):
        sim.world.faults.clear()
        await sim.do("fault", kind=kind, times=6)
        with pytest.raises(error):
            await asking


async def test_a_page_that_does_not_come_loses_neither_those_before_it_nor_its_place(sim):
    sim.world.page = 2
    said_ = [sim.says(f"@klaverenergie {n}").id for n in range(6)]
    own = sim.says("van ons", author=US)
    client = sim.client(pages=1)
    first = await client.poll(None, sim.now)
    assert (first.more, first.missed) == (True, None)
    await sim.do("fault", kind="server", path="/mentions")
    second = await client.poll(first.cursor, sim.now)
    assert (ids(second), second.missed) == ([own.id], "mentions: X answers 500: Internal error")
    third = await client.poll(second.cursor, sim.now)
    assert third.missed is None
    found = [*ids(first), *ids(third), *ids(await client.poll(third.cursor, sim.now))]
    assert sorted(one for one in found if one != own.id) == sorted(said_)  # our own is in each, as overlap


async def test_a_walk_that_breaks_off_keeps_what_was_paid_for(sim, monkeypatch):
    sim.world.page = 2
    said_ = [sim.says(f"@klaverenergie {n}").id for n in range(4)]
    asked, page = [], Asking.page

    async def broken_second(self, route, *rest):
        asked.append(route)
        if asked.count(route) == 2 and route.endswith("/mentions"):
            raise Unavailable("X cannot be reached (TimeoutError)")
        return await page(self, route, *rest)

    monkeypatch.setattr(Asking, "page", broken_second)
    first = await sim.client().poll(None, sim.now)
    assert (ids(first), first.cost, first.missed) == (said_[:1:-1], 2, "mentions: X cannot be reached (TimeoutError)")
    second = await sim.client().poll(first.cursor, sim.now)
    assert (ids(second), second.cost, second.missed) == (said_[1::-1], 2, None)


async def test_no_network_is_unavailable(sim):
    client = sim.client(base_url=f"http://127.0.0.1:{unused_port()}")
    for doing in (client.poll(None, NOW), client.preflight(NOW), client.find(reply()), client.send(reply())):
        with pytest.raises(Unavailable):
            await doing


async def test_an_account_that_is_not_there_stops_the_channel(sim):
    with pytest.raises(AuthFailed):
        await sim.client(user_id="999").poll(None, sim.now)


async def test_keys_that_were_revoked(sim):
    await sim.do("set", is_revoked=True)
    for doing in (sim.client().poll(None, sim.now), sim.client().preflight(sim.now), sim.client().send(reply())):
        with pytest.raises(AuthFailed):
            await doing

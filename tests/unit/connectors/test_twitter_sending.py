"""X: what is sent and looked for, against the simulator over real HTTP."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest
from x_stage import FIEN, on_stage, reply  # noqa: F401 - the fixture is asked for by name

from connectors.twitter.sameness import essence
from connectors.twitter.simulator.world import START, US
from webcare.domain.message import Kind
from webcare.ports.errors import RateLimited, Rejected, Unavailable, Unconfirmed


async def test_preflight_says_who_we_are_and_what_is_missing(sim):
    health = await sim.client().preflight(sim.now)
    assert (health.account, health.problems, health.expires_at) == (US, (), None)
    await sim.do("set", access="read")
    health = await sim.client(user_id="45102").preflight(sim.now)
    assert len(health.problems) == 2


async def test_a_reply_is_sent_once_and_can_be_found(sim):
    asked = sim.says("@klaverenergie A & B werken niet, zie klaver.nl")
    wanted = reply(asked.id, "Klopt, A & B < C. Zie https://klaver.nl/storing 👍")
    client = sim.client()
    assert await client.find(wanted) is None
    receipt = await client.send(wanted)
    assert receipt.accepted_at is None
    found = await client.find(wanted)
    assert found.external_id == receipt.external_id
    assert found.accepted_at == sim.now
    with pytest.raises(Rejected, match="exactly this text"):
        await client.send(wanted)
    assert await client.find(reply(asked.id, "iets anders")) is None


@pytest.mark.parametrize("fault", ["lose", "html", "empty", "server", "truncated", "page", "nameless"])
async def test_what_may_have_been_sent_is_unconfirmed_and_then_looked_for(sim, fault):
    asked, client = sim.says(), sim.client()
    await sim.do("fault", kind=fault, path="/2/tweets", method="POST")
    with pytest.raises(Unconfirmed):
        await client.send(reply(asked.id))
    found = await client.find(reply(asked.id))
    assert (found is not None) is (fault == "lose")


async def test_a_time_out_after_the_reply_was_accepted(sim):
    asked = sim.says()
    await sim.do("fault", kind="hang", method="POST")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_read=0.2)) as session:
        with pytest.raises(Unconfirmed):
            await sim.client(session).send(reply(asked.id))
    assert await sim.client().find(reply(asked.id)) is not None


async def test_sending_has_no_time_of_ours_so_x_says_when(sim):
    asked = sim.says()
    await sim.do("fault", kind="limit-problem", path="/2/tweets")
    with pytest.raises(RateLimited) as limited:
        await sim.client().send(reply(asked.id))
    assert limited.value.until == START + timedelta(minutes=15)


async def test_what_x_refuses_is_told_in_plain_words(sim):
    client = sim.client()
    with pytest.raises(Rejected, match="mention us"):
        await client.send(reply(sim.says("klaver doet het niet").id))
    with pytest.raises(Rejected, match="who may reply"):
        await client.send(reply(sim.says("vraag", reply_settings="following").id))
    with pytest.raises(Rejected, match="too long"):
        await client.send(reply(sim.says().id, "x" * 281))
    gone = sim.says()
    sim.world.delete(gone.id)
    with pytest.raises(Rejected, match="no longer there"):
        await client.send(reply(gone.id))
    with pytest.raises(Rejected, match="names none"):
        await client.send(reply(reply_to=None))
    await sim.do("set", is_enterprise=True)
    assert (await client.send(reply(sim.says("klaver doet het niet").id))).external_id


async def test_a_quote_of_ours_may_be_answered(sim):
    ours = sim.says("Vanavond onderhoud", author=US)
    assert (await sim.client().send(reply(sim.says("zucht", quotes=ours.id).id))).external_id


async def test_a_direct_message_is_sent_found_and_refused(sim):
    asked = sim.world.whisper(FIEN, US, "hoi")
    wanted = reply(f"{US}-{FIEN}", "Dag Fien!", kind=Kind.DM, reply_to=asked.id)
    client = sim.client()
    assert await client.find(wanted) is None
    receipt = await client.send(wanted)
    assert (await client.find(wanted)).external_id == receipt.external_id
    with pytest.raises(Unconfirmed, match="older"):
        await client.find(reply(f"{US}-{FIEN}", "Dag Fien!", kind=Kind.DM, reply_to=None))
    assert await client.find(reply(f"{US}-{FIEN}", "Iets anders", kind=Kind.DM, reply_to=None)) is None
    await sim.do("person", id=FIEN, name="Fien", username="fiendewolf", closed=True)
    with pytest.raises(Rejected, match="direct messages"):
        await client.send(wanted)
    for conversation in ("../../2/tweets", "e4f4d3fc", "1-2/3"):
        with pytest.raises(Rejected, match="X app"):
            await client.send(reply(conversation, kind=Kind.DM))


async def test_the_same_words_before_the_question_are_not_our_answer(sim):
    sim.world.whisper(US, FIEN, "Dank je!")
    sim.world.pass_time(timedelta(seconds=1))
    asked = sim.world.whisper(FIEN, US, "en nu?")
    assert await sim.client().find(reply(f"{US}-{FIEN}", "Dank je!", kind=Kind.DM, reply_to=asked.id)) is None


async def test_where_there_is_more_than_can_be_looked_through_nothing_is_certain(sim):
    asked = sim.says()
    sim.world.page = 1
    for n in range(4):
        sim.says(f"@fiendewolf {n}", author=US, reply_to=asked.id)
    with pytest.raises(Unconfirmed):
        await sim.client(pages=2).find(reply(asked.id))
    for unknown in (reply(reply_to=None), reply(reply_to="e4f4d3fc-8bbf")):
        with pytest.raises(Unconfirmed):
            await sim.client().find(unknown)


async def test_looking_is_unavailable_while_x_is(sim):
    asked = sim.says()
    for kind in ("html", "limit-problem", "unauthorized", "truncated"):
        await sim.do("fault", kind=kind)
        with pytest.raises(Unavailable):
            await sim.client().find(reply(asked.id))


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Hallo  daar\n", "@a @b_c Hallo daar"),
        ("cafe\u0301", "café"),
        ("Zie klaver.nl/x?y=1 nu", "@a Zie https://t.co/abcdefghij nu"),
        ("@fien hoi", "@fien hoi"),
    ],
)
def test_what_x_makes_of_a_text_is_seen_through(sent, shown):
    assert essence(sent) == essence(shown)
    assert essence(sent) != essence(shown + " en meer")

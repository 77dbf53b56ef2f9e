"""Polling: what a platform says is kept with the cursor and the cost in one transaction, and what goes wrong says what to do."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from fakes import BRAND, CHANNEL, DAY, HOUR, MONDAY, FakeClient, FakeClock, account, spec
from sqlalchemy import select
from structlog.testing import capture_logs

from webcare.domain.pace import Paces
from webcare.ports.connector import Batch, Capability
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable, Unconfirmed
from webcare.services import poll as module
from webcare.services.channel_health import TROUBLE_AFTER, check, is_stopped
from webcare.services.poll import LONGEST_WAIT, Poller, Running, poll, wait_after
from webcare.store import channel_state, leases, messages, raw_bodies, read_costs, tables
from webcare.store.channel_state import Fares

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
ME = "daemon one"


class BugError(Exception):
    pass


class Watched:
    """A store, a clock and one polled channel or several."""

    def __init__(self, store, *clients, **changes):
        names = ["meerkoet", "waterhoen", "fuut"][: len(clients)]
        self.store, self.clock = store, FakeClock(MONDAY)
        self.running = [
            Running(account=account(name, **changes), client=client) for name, client in zip(names, clients, strict=True)
        ]

    def pass_time(self, span):
        self.clock.at += span
        self.clock.at_machine += span

    async def poll(self, holder=ME, **options):
        return await poll(self.store, self.running, self.clock, holder, **options)

    async def check(self):
        return await check(self.store, self.running, self.clock, ME)

    async def state(self, channel=CHANNEL):
        return await self.store.read(channel_state.get, channel)

    async def bodies(self):
        found = await self.store.read(raw_bodies.unread, 1000)
        return [(body.channel, json.loads(body.body)) for body in found]

    async def cursor(self, channel=CHANNEL):
        return await self.store.read(messages.read_cursor, channel, "poll")

    async def cost(self, month="2026-11"):
        return await self.store.read(read_costs.of_month, CHANNEL, month)

    async def told(self):
        query = select(tables.delivery).order_by(tables.delivery.c.id)
        rows = [row._mapping for row in await self.store.read(lambda conn: conn.execute(query).all())]
        return [row["content"]["trouble"]["what"] for row in rows]


def batch(*bodies, cursor="c1", cost=0, more=False, missed=None):
    return Batch(bodies=bodies, cursor=cursor, cost=cost, more=more, missed=missed)


# --- what a poll brings


async def test_what_a_poll_brings_is_kept_with_its_cursor_and_its_cost(store):
    client = FakeClient(batch({"data": ["één"]}, {"data": []}, cursor="c1", cost=3), batch(cursor=None))
    seen = Watched(store, client)
    assert await seen.poll() == 1
    assert await seen.bodies() == [(CHANNEL, {"data": ["één"]}), (CHANNEL, {"data": []})]
    assert await seen.cursor() == "c1"
    assert await seen.cost() == read_costs.Cost(resources=3, polls=1)
    (body, _) = await store.read(raw_bodies.unread, 10)
    assert (body.brand, body.hook, body.received_at) == (BRAND, None, MONDAY)
    state = await seen.state()
    assert (state.state, state.polled_at, state.next_poll_at) == (Fares.FINE, MONDAY, MONDAY + MINUTE)
    seen.pass_time(MINUTE)
    assert await seen.poll() == 1
    assert client.cursors == [None, "c1"]
    assert await seen.cursor() == "c1"  # a poll without a cursor leaves it where it was


async def test_an_account_where_much_is_said_is_asked_sooner_again_unless_somebody_chose_its_pace(store):
    paces = Paces(quickest=MINUTE / 2, slowest=2 * MINUTE)
    client = FakeClient(batch(), batch(cost=1), batch(), batch(), batch())
    seen = Watched(store, client, spec=spec(paces=paces))
    waits = []
    for _ in range(5):
        await seen.poll()
        waits.append((await seen.state()).next_poll_at - seen.clock.machine())
        seen.pass_time(waits[-1])
    assert waits == [MINUTE, MINUTE / 2, MINUTE * 0.625, MINUTE * 0.78125, MINUTE * 0.9765625]
    chosen = Watched(store, FakeClient(batch(cost=1), batch(cost=1)), spec=spec(paces=paces, kind="other"), pace=2 * MINUTE)
    for _ in range(2):
        await chosen.poll()
        assert (await chosen.state("other:meerkoet")).next_poll_at == chosen.clock.machine() + 2 * MINUTE
        chosen.pass_time(2 * MINUTE)


async def test_what_a_poll_costs_is_counted_by_kind_a_day(store):
    client = FakeClient(*(Batch(bodies=(), cursor=None, cost=3, costs={"post": 2, "message": 1}) for _ in range(2)))
    seen = Watched(store, client)
    await seen.poll()
    seen.pass_time(MINUTE)
    await seen.poll()
    assert await store.read(read_costs.kinds_of_month, CHANNEL, "2026-11") == {"post": 4, "message": 2}
    assert await store.read(read_costs.kinds_of_month, CHANNEL, "2026-12") == {}


async def test_a_channel_is_asked_when_its_pace_says_so_and_at_once_when_more_waits(store):
    client = FakeClient(batch(more=True), batch(), batch())
    seen = Watched(store, client)
    assert [await seen.poll(), await seen.poll(), await seen.poll()] == [1, 1, 0]
    seen.pass_time(MINUTE - SECOND)
    assert await seen.poll() == 0
    seen.pass_time(SECOND)
    assert await seen.poll() == 1


async def test_a_channel_that_cannot_be_polled_is_not(store):
    client = FakeClient()
    assert await Watched(store, client, spec=spec(Capability.SEND, Capability.WEBHOOK)).poll() == 0
    assert client.cursors == []


async def test_nothing_of_a_poll_is_kept_when_its_transaction_fails(store, monkeypatch):
    """Bodies without the cursor would be read twice, a cursor without bodies would lose them."""
    seen = Watched(store, FakeClient(batch({"a": 1}, cost=5)))

    def full(*_args, **_kwargs):
        raise BugError

    monkeypatch.setattr(raw_bodies, "keep", full)
    with pytest.raises(BugError):
        await seen.poll()
    assert (await seen.bodies(), await seen.cursor(), await seen.cost()) == ([], None, read_costs.Cost(resources=0, polls=0))


async def test_the_same_body_again_is_kept_again(store):
    seen = Watched(store, FakeClient(batch({"a": 1}, more=True), batch({"a": 1})))
    await seen.poll()
    await seen.poll()
    assert len(await seen.bodies()) == 2


# --- side by side


async def test_a_slow_channel_holds_nobody(store):
    """A platform that took two minutes to answer kept all others waiting for so long."""
    gate = asyncio.Event()
    slow, quick = FakeClient(batch({"slow": 1}), gate=gate), FakeClient(*[batch({"quick": n}) for n in range(3)])
    seen = Watched(store, slow, quick)
    poller = Poller(store, seen.clock, ME)
    for _ in range(3):
        while not await poller.beat(seen.running, wait=timedelta(seconds=0.05)):
            pass
        seen.pass_time(MINUTE)
    assert await seen.bodies() == [("twitter:waterhoen", {"quick": n}) for n in range(3)]
    assert len(slow.cursors) == 1
    gate.set()
    assert await poller.beat(seen.running, wait=None) == 2
    assert (CHANNEL, {"slow": 1}) in await seen.bodies()
    await poller.close()


async def test_a_platform_that_never_answers_is_given_up(store):
    seen = Watched(store, FakeClient(gate=asyncio.Event()), FakeClient(batch({"a": 1})))
    with capture_logs() as logged:
        assert await seen.poll(patience=timedelta(seconds=0.05)) == 2
    assert (await seen.state()).state is Fares.FAILING
    assert [line["event"] for line in logged] == ["channel.failing"]
    assert len(await seen.bodies()) == 1


async def test_two_daemons_ask_once(store):
    gate = asyncio.Event()
    client = FakeClient(batch({"a": 1}), gate=gate)
    seen = Watched(store, client)
    first = asyncio.create_task(seen.poll("daemon one"))
    await client.is_asked.wait()
    assert await seen.poll("daemon two") == 0
    gate.set()
    assert await first == 1
    assert await seen.poll("daemon two") == 0  # it was asked just now
    assert len(client.cursors) == 1


async def test_what_comes_after_the_lease_was_lost_is_left_to_the_other(store):
    gate = asyncio.Event()
    client = FakeClient(batch({"a": 1}, cost=2), gate=gate)
    seen = Watched(store, client)
    first = asyncio.create_task(seen.poll())
    await client.is_asked.wait()
    late = MONDAY + HOUR
    assert await store.write(leases.take, f"poll:{CHANNEL}", "daemon two", late + HOUR, late)
    gate.set()
    await first
    assert (await seen.bodies(), await seen.cursor()) == ([], None)
    assert (await seen.cost()).resources == 2  # it was paid for


async def test_a_lease_is_renewed_while_a_long_poll_runs(store, monkeypatch):
    monkeypatch.setattr(module, "RENEW", timedelta(seconds=0.02))
    gate = asyncio.Event()
    client = FakeClient(batch({"a": 1}), gate=gate)
    seen = Watched(store, client)
    first = asyncio.create_task(seen.poll())
    await client.is_asked.wait()
    seen.clock.at_machine += timedelta(seconds=25)
    renewed = asyncio.Event()
    original = store.write

    async def watched(unit, *args, **kwargs):
        value = await original(unit, *args, **kwargs)
        if unit is leases.take:
            renewed.set()
        return value

    monkeypatch.setattr(store, "write", watched)
    await renewed.wait()
    late = MONDAY + timedelta(seconds=40)
    assert not await original(leases.take, f"poll:{CHANNEL}", "daemon two", late + HOUR, late)
    gate.set()
    assert await first == 1


async def test_a_daemon_that_is_stopped_gives_its_channels_back(store):
    client = FakeClient(batch({"a": 1}), gate=asyncio.Event())
    seen = Watched(store, client)
    first = asyncio.create_task(seen.poll("daemon one"))
    await client.is_asked.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    client.gate = None
    assert await seen.poll("daemon two") == 1


# --- what goes wrong


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unavailable("X answers 503"), "X answers 503"),
        (Rejected("what is this"), "what is this"),
        (Unconfirmed("who knows"), "who knows"),
        (BugError("mijn moeder ligt in het ziekenhuis"), "our own mistake: BugError"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_a_channel_that_fails_is_tried_ever_later_and_said_once(store, error, reason):
    client = FakeClient(error, error, error, batch({"a": 1}))
    seen = Watched(store, client)
    waited = []
    with capture_logs() as logged:
        for _ in range(3):
            assert await seen.poll() == 1
            state = await seen.state()
            assert (state.state, state.reason, state.since) == (Fares.FAILING, reason, MONDAY)
            waited.append(state.next_poll_at - seen.clock.at_machine)
            seen.pass_time(waited[-1] - SECOND)
            assert await seen.poll() == 0
            seen.pass_time(SECOND)
        await seen.poll()
    assert waited == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert [line["event"] for line in logged] == ["channel.failing", "channel.recovered"]
    assert "ziekenhuis" not in str(logged)
    state = await seen.state()
    assert (state.state, state.failures, state.reason) == (Fares.FINE, 0, None)
    assert await seen.told() == []  # it did not last


async def test_our_own_mistake_is_logged_with_its_place(store):
    seen = Watched(store, FakeClient(BugError("words")))
    with capture_logs() as logged:
        await seen.poll()
    assert any("fakes.py" in frame and frame.endswith("_next") for frame in logged[0]["where"])


async def test_a_body_that_is_no_json_is_a_mistake_of_the_connector(store):
    seen = Watched(store, FakeClient(batch({"a": object()})))
    await seen.poll()
    assert ((await seen.state()).reason, await seen.cursor()) == ("our own mistake: TypeError", None)


@pytest.mark.parametrize(
    ("failures", "pace", "wait"),
    [
        (0, MINUTE, MINUTE),
        (3, MINUTE, 8 * MINUTE),
        (4, MINUTE, LONGEST_WAIT),
        (10_000, MINUTE, LONGEST_WAIT),
        (0, HOUR, HOUR),
        (5, HOUR, HOUR),
    ],
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(failures, pace, wait):
    assert wait_after(failures, pace) == wait


async def test_a_limit_is_waited_for_exactly(store):
    seen = Watched(store, FakeClient(RateLimited(MONDAY + timedelta(minutes=7, seconds=13)), batch()))
    with capture_logs() as logged:
        await seen.poll()
    state = await seen.state()
    assert (state.state, state.next_poll_at) == (Fares.FINE, MONDAY + timedelta(minutes=7, seconds=13))
    assert logged == []


async def test_a_limit_is_counted_on_the_machine_s_clock(store):
    """The world of a demo runs faster than its machine; the platform speaks of the world's time."""
    seen = Watched(store, FakeClient(RateLimited(MONDAY + 5 * MINUTE)))
    seen.clock.at_machine = MONDAY - 100 * DAY
    await seen.poll()
    assert (await seen.state()).next_poll_at == MONDAY - 100 * DAY + 5 * MINUTE


@pytest.mark.parametrize("until", [MONDAY - DAY, datetime.max.replace(tzinfo=UTC)])
async def test_a_limit_that_makes_no_sense_breaks_nothing(store, until):
    seen = Watched(store, FakeClient(RateLimited(until)))
    assert await seen.poll() == 1
    assert (await seen.state()).next_poll_at >= MONDAY


async def test_trouble_that_lasts_is_told_once_and_its_end_too(store):
    client = FakeClient(*[Unavailable("down")] * 6)
    seen = Watched(store, client)
    while client.polls:
        await seen.poll()
        await seen.check()
        expected = ["failing"] if seen.clock.at_machine - MONDAY >= TROUBLE_AFTER else []
        assert await seen.told() == expected, seen.clock.at_machine
        seen.pass_time(MINUTE)
    for _ in range(30):
        await seen.poll()
        await seen.check()
        seen.pass_time(MINUTE)
    assert (await seen.state()).state is Fares.FINE
    assert await seen.told() == ["failing", "recovered"]


async def test_a_part_that_is_not_read_is_told_when_that_lasts_and_the_rest_comes_at_its_pace(store):
    """One search of many is written wrongly: nobody's mentions wait for that. A platform that is away for a moment changes nothing."""
    why = "search 'klaver (': X refuses it (400)"
    whole = batch({"n": "whole"})
    polls = [
        *[batch({"n": n}, missed=why) for n in range(5)],
        Unavailable("down"),
        *[batch({"n": n}, missed=why) for n in range(5, 12)],
    ]
    seen = Watched(store, FakeClient(batch({}, missed=why), batch({}), *polls, whole))
    with capture_logs() as logged:
        for _ in range(2):  # it lasts for a minute only
            await seen.poll()
            await seen.check()
            seen.pass_time(MINUTE)
        assert [line["event"] for line in logged] == ["channel.partly", "channel.whole"]
        began = seen.clock.at_machine
        for said in polls:
            await seen.poll()
            await seen.check()
            state, lasts = await seen.state(), seen.clock.at_machine - began
            assert (state.partly_since, state.partly_reason) == (began, why)
            assert state.next_poll_at == seen.clock.at_machine + MINUTE
            assert state.state is (Fares.FAILING if isinstance(said, Unavailable) else Fares.FINE)
            assert await seen.told() == ["partly"] * (lasts >= TROUBLE_AFTER), lasts
            seen.pass_time(MINUTE)
        await seen.poll()
    told = [line for line in logged[2:] if line["event"] != "channel.recovered"]
    assert [(line["event"], line["reason"]) for line in told] == [
        ("channel.partly", why),
        ("channel.failing", "down"),
        ("channel.whole", why),
    ]
    assert await seen.told() == ["partly", "recovered"]
    state = await seen.state()
    assert (state.partly_since, state.partly_reason, state.partly_told_at) == (None, None, None)
    assert len(await seen.bodies()) == 2 + 12 + 1


async def test_dead_credentials_stop_the_channel_and_are_told_at_once(store):
    client = FakeClient(AuthFailed("the token was revoked"))
    seen = Watched(store, client)
    with capture_logs() as logged:
        await seen.poll()
    assert [line["event"] for line in logged] == ["channel.stopped"]
    assert await seen.told() == ["stopped"]
    assert await store.read(is_stopped, CHANNEL)
    seen.pass_time(30 * DAY)
    assert await seen.poll() == 0
    assert len(client.cursors) == 1


async def test_a_poll_that_ends_after_the_channel_was_stopped_does_not_start_it_again(store):
    """A token that may still read and no longer write: reading went on and called the channel fine, sending stopped it again."""
    gate = asyncio.Event()
    client = FakeClient(batch({"a": 1}), gate=gate)
    seen = Watched(store, client)
    running = asyncio.create_task(seen.poll())
    await client.is_asked.wait()
    await store.write(channel_state.change, CHANNEL, state=Fares.STOPPED.value)
    gate.set()
    await running
    assert len(await seen.bodies()) == 1
    assert (await seen.state()).state is Fares.STOPPED


# --- what reading costs


async def test_a_spent_budget_is_a_hard_stop_until_the_month_ends(store):
    client = FakeClient(batch(cursor="c1", cost=60), batch(cursor="c2", cost=60), batch(cursor="c3", cost=1))
    seen = Watched(store, client, monthly_reads=100)
    with capture_logs() as logged:
        for _ in range(10 * 24):  # until 3 December
            await seen.poll()
            seen.pass_time(HOUR)
    assert len(client.cursors) > 3  # two before it was spent, and those of December
    assert await seen.cost() == read_costs.Cost(resources=120, polls=2)  # one batch may overrun
    assert [line["event"] for line in logged] == ["channel.spent", "channel.recovered"]
    assert await seen.told() == ["spent", "recovered"]
    assert (await seen.state()).since == datetime(2026, 12, 1, tzinfo=UTC)


async def test_a_spent_channel_still_sends(store):
    seen = Watched(store, FakeClient(batch(cost=100)), monthly_reads=100)
    await seen.poll()
    seen.pass_time(MINUTE)
    assert await seen.poll() == 0
    assert (await seen.state()).state is Fares.SPENT
    assert not await store.read(is_stopped, CHANNEL)


async def test_a_channel_without_a_budget_is_not_slowed_down(store):
    seen = Watched(store, FakeClient(*[batch(cost=100)] * 15))
    for _ in range(15):
        assert await seen.poll() == 1
        seen.pass_time(MINUTE)


async def test_polling_slows_down_before_the_budget_is_spent(store):
    seen = Watched(store, FakeClient(*[batch(cost=1)] * 10_000), monthly_reads=2000)
    waits = []
    for _ in range(40):
        await seen.poll()
        waits.append((await seen.state()).next_poll_at - seen.clock.at_machine)
        seen.pass_time(waits[-1])
    assert waits[0] == MINUTE
    left = datetime(2026, 12, 1, tzinfo=UTC) - seen.clock.at
    assert waits[-1] == pytest.approx(left / 1960, rel=0.01)


async def test_a_day_is_a_day_in_utc(store):
    seen = Watched(store, FakeClient(batch(cost=1), batch(cost=2)))
    seen.clock.at = datetime.fromisoformat("2026-12-01T00:59:30+01:00")
    await seen.poll()
    seen.pass_time(MINUTE)
    await seen.poll()
    assert (await seen.cost("2026-11")).resources == 1
    assert (await seen.cost("2026-12")).resources == 2

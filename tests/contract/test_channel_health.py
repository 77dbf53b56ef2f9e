"""Whether a channel is alive: preflights, dead credentials, silence, tokens that end; and who is told of it, once."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, FakeClient, FakeClock, account, said, spec
from sqlalchemy import select
from structlog.testing import capture_logs

from webcare.domain.message import Direction
from webcare.domain.rota import ContactMethod, Level, LevelName, Person, Rhythm, Role
from webcare.ports.connector import Batch, Capability, Health
from webcare.ports.errors import AuthFailed, RateLimited, Unavailable
from webcare.services.accept import accept
from webcare.services.channel_health import AGAIN, DAILY, check, is_stopped, listen, note_auth_failed
from webcare.services.poll import Running, poll
from webcare.store import channel_state, heard, people, tables
from webcare.store.channel_state import Fares
from webcare.store.door import open_store

MINUTE = timedelta(minutes=1)
ME = "daemon one"
OURS = Health(account="meerkoet")


def person(id_):
    method = ContactMethod(name="phone", target=f"lines:{id_}")
    return Person(id=id_, name=id_.title(), role=Role.AGENT, contacts=(method,), zone="Europe/Amsterdam")


class House:
    """A store with two people who take turns a day each, and one channel."""

    def __init__(self, store, client, **changes):
        self.store, self.client, self.clock = store, client, FakeClock(MONDAY)
        self.account = account(**changes)
        self.running = [Running(account=self.account, client=client)]

    @classmethod
    async def open(cls, store, client, **changes):
        rotation = Level(
            name=LevelName.ONCALL,
            rotation=("noor", "daan"),
            rhythm=Rhythm.DAILY,
            anchor=date(2026, 11, 23),
            zone="Europe/Amsterdam",
        )
        await store.write(people.seed, [person("noor"), person("daan")], [rotation])
        return cls(store, client, **changes)

    def pass_time(self, span):
        self.clock.at += span
        self.clock.at_machine += span

    async def check(self, **options):
        return await check(self.store, self.running, self.clock, ME, **options)

    async def listen(self):
        return await listen(self.store, [self.account], self.clock, ME)

    async def poll(self):
        return await poll(self.store, self.running, self.clock, ME)

    async def state(self):
        return await self.store.read(channel_state.get, self.account.id)

    async def told(self):
        query = select(tables.delivery).order_by(tables.delivery.c.id)
        rows = [row._mapping for row in await self.store.read(lambda conn: conn.execute(query).all())]
        return [(row["person"], row["content"]["trouble"]["what"]) for row in rows]

    async def trouble(self):
        """What was told last."""
        query = select(tables.delivery.c.content).order_by(tables.delivery.c.id.desc())
        return (await self.store.read(lambda conn: conn.execute(query).scalars().all()))[0]["trouble"]


# --- preflights


async def test_a_channel_is_checked_at_the_start_and_then_once_a_day(store):
    client = FakeClient(healths=[Health(account="meerkoet", expires_at=MONDAY + 60 * DAY), OURS])
    house = await House.open(store, client)
    assert await house.check() == 1
    state = await house.state()
    assert (state.state, state.checked_at, state.expires_at) == (Fares.FINE, MONDAY, MONDAY + 60 * DAY)
    house.pass_time(DAILY - MINUTE)
    assert await house.check() == 0
    house.pass_time(MINUTE)
    assert await house.check() == 1
    await store.write(channel_state.check_anew, [CHANNEL])  # a daemon starts
    assert await house.check() == 1
    assert client.checks == 3


async def test_a_stopped_channel_is_checked_every_quarter_of_an_hour_and_polled_at_once_when_it_is_back(store):
    client = FakeClient(AuthFailed("revoked"), Batch(bodies=({"a": 1},), cursor="c"), healths=[AuthFailed("revoked")] * 2)
    house = await House.open(store, client)
    await house.poll()
    with capture_logs() as logged:
        for _ in range(45):
            await house.check()
            house.pass_time(MINUTE)
        assert client.checks == 2
        assert await store.read(is_stopped, CHANNEL)
        await house.check()
    assert [line["event"] for line in logged] == ["channel.recovered"]
    assert not await store.read(is_stopped, CHANNEL)
    assert await house.poll() == 1
    assert await house.told() == [("noor", "stopped"), ("noor", "recovered")]


async def test_who_was_told_of_a_trouble_hears_of_its_end_also_after_a_hand_over(store):
    """Noor was called out of bed, Daan heard next morning that something was over that he had never heard of."""
    house = await House.open(store, FakeClient(AuthFailed("revoked"), healths=[AuthFailed("revoked")]))
    await house.poll()
    house.pass_time(DAY)
    await house.check()
    house.pass_time(AGAIN)
    await house.check()
    assert await house.told() == [("noor", "stopped"), ("noor", "recovered")]


async def test_credentials_that_fail_while_sending_stop_the_channel_and_a_person_is_told(store):
    house = await House.open(store, FakeClient(Batch(bodies=(), cursor="c")))
    await house.check()
    await house.poll()
    await store.write(note_auth_failed, CHANNEL, "may not write", house.clock.machine())
    await store.write(note_auth_failed, CHANNEL, "may not write", house.clock.machine())
    assert await store.read(is_stopped, CHANNEL)
    house.pass_time(timedelta(seconds=15))
    assert await house.check() == 0
    house.pass_time(timedelta(seconds=15))
    await house.check()
    assert await house.told() == [("noor", "stopped")]
    assert await house.trouble() == {
        "what": "stopped",
        "channel": CHANNEL,
        "name": "Meerkoet",
        "since": "2026-11-23T09:00:00Z",
        "reason": "may not write",
    }
    house.pass_time(DAY)
    assert await house.poll() == 0


async def test_a_channel_that_nothing_is_known_of_is_not_stopped(store):
    assert not await store.read(is_stopped, CHANNEL)


async def test_keys_of_another_account_stop_the_channel(store):
    health = Health(account="waterhoen", problems=("these keys belong to account waterhoen",))
    house = await House.open(store, FakeClient(healths=[health]))
    await house.check()
    state = await house.state()
    assert (state.state, state.reason) == (Fares.STOPPED, "these keys belong to account waterhoen")
    assert await house.told() == [("noor", "stopped")]


async def test_a_check_that_does_not_say_who_we_are_starts_nothing_again(store):
    house = await House.open(
        store, FakeClient(AuthFailed("revoked"), healths=[Health(account=None, problems=("no such number",))])
    )
    await house.poll()
    house.pass_time(AGAIN)
    await house.check()
    assert ((await house.state()).state, (await house.state()).reason) == (Fares.STOPPED, "no such number")


async def test_what_a_check_notes_stands_beside_a_channel_that_is_fine(store):
    health = Health(account="meerkoet", problems=("the webhook is not subscribed",))
    house = await House.open(store, FakeClient(Batch(bodies=(), cursor=None), healths=[health, health, OURS]))
    with capture_logs() as logged:
        await house.check()
        await house.poll()
        assert ((await house.state()).state, (await house.state()).reason) == (Fares.FINE, "the webhook is not subscribed")
        house.pass_time(DAY)
        await house.check()
        house.pass_time(DAY)
        await house.check()
    assert [line["event"] for line in logged] == ["channel.noted"]
    assert (await house.state()).reason is None
    assert await house.told() == []


@pytest.mark.parametrize("error", [Unavailable("down"), RateLimited(MONDAY + DAY), ZeroDivisionError()], ids=repr)
async def test_a_check_that_gets_no_answer_says_nothing_of_a_channel_that_is_polled(store, error):
    house = await House.open(store, FakeClient(healths=[error]))
    await house.check()
    assert (await house.state()).state is Fares.FINE


async def test_a_channel_that_is_only_called_by_its_platform_fails_and_recovers_by_its_checks(store):
    hooked = spec(Capability.SEND, Capability.PREFLIGHT, Capability.WEBHOOK)
    client = FakeClient(healths=[*[Unavailable("down")] * 5, OURS])
    house = await House.open(store, client, spec=hooked)
    for _ in range(31):
        await house.check()
        house.pass_time(MINUTE)
    assert client.checks == 6  # every three minutes, until it answers
    assert await house.told() == [("noor", "failing"), ("noor", "recovered")]
    assert (await house.state()).state is Fares.FINE


async def test_a_single_hiccup_of_a_check_is_told_to_nobody(store):
    """One failed check was all that anybody knew for a quarter of an hour, and after ten minutes of it somebody was called."""
    hooked = spec(Capability.SEND, Capability.PREFLIGHT, Capability.WEBHOOK)
    house = await House.open(store, FakeClient(healths=[Unavailable("HTTP 503"), OURS]), spec=hooked)
    await house.check()
    assert (await house.state()).state is Fares.FAILING
    for _ in range(8):
        house.pass_time(2 * MINUTE)
        await house.check()
    assert (await house.state()).state is Fares.FINE
    assert await house.told() == []


async def test_a_channel_that_cannot_be_asked_who_we_are_is_tried_again(store):
    house = await House.open(store, FakeClient(AuthFailed("revoked")), spec=spec(Capability.POLL))
    await house.poll()
    house.pass_time(AGAIN)
    await house.check()
    assert (await house.state()).state is Fares.FINE


async def test_a_check_that_hangs_is_given_up(store):
    house = await House.open(store, FakeClient(gate=asyncio.Event()))
    assert await house.check(patience=timedelta(seconds=0.05)) == 1
    assert (await house.state()).checked_at == MONDAY


async def test_two_daemons_check_once(store):
    house = await House.open(store, FakeClient())
    assert await house.check() == 1
    assert await check(store, house.running, house.clock, "daemon two") == 0


async def test_trouble_is_told_after_the_time_of_the_settings(store):
    house = await House.open(store, FakeClient(Unavailable("down")))
    await house.poll()
    house.pass_time(3 * MINUTE)
    await house.check(trouble_after=4 * MINUTE)
    assert await house.told() == []
    await house.check(trouble_after=3 * MINUTE)
    assert await house.told() == [("noor", "failing")]


async def test_a_clock_that_is_set_back_makes_nobody_wait(store):
    """The clock was an hour ahead and was corrected: nothing was polled for an hour."""
    house = await House.open(store, FakeClient(Batch(bodies=(), cursor=None)))
    await house.check()
    await house.poll()
    house.pass_time(-HOUR)
    assert (await house.poll(), await house.check()) == (0, 0)
    await store.write(channel_state.forget_waits, house.clock.machine())
    assert (await house.poll(), await house.check()) == (1, 1)


# --- tokens that end


async def test_a_token_s_end_is_told_a_week_ahead_and_a_day_ahead(store):
    end = MONDAY + 10 * DAY
    house = await House.open(store, FakeClient(healths=[Health(account="meerkoet", expires_at=end)]))
    await house.check()
    told = []
    while house.clock.at < end:
        await house.listen()
        found = await house.told()
        told += [(end - house.clock.at, what) for _, what in found[len(told) :]]
        house.pass_time(6 * HOUR)
    assert told == [(7 * DAY, "expiring"), (DAY, "expiring")]
    assert (await house.trouble())["since"] == "2026-12-03T09:00:00Z"


async def test_a_token_that_is_found_to_end_today_is_told_once(store):
    house = await House.open(store, FakeClient(healths=[Health(account="meerkoet", expires_at=MONDAY + HOUR)]))
    await house.check()
    for _ in range(3):
        await house.listen()
        house.pass_time(5 * MINUTE)
    assert await house.told() == [("noor", "expiring")]


# --- silence


async def hear(store, *times, channel=CHANNEL, direction=Direction.INBOUND):
    said_ = [said(f"m{at.isoformat()}", "?", at, channel=channel, direction=direction) for at in times]
    await store.write(accept, said_, brand="meerkoet", now=max(times))


async def test_a_channel_that_falls_silent_is_told_once_and_so_is_that_it_is_heard_again(store):
    house = await House.open(store, FakeClient())
    await hear(store, *[MONDAY - n * 20 * MINUTE for n in range(3 * 24 * 21)])  # three weeks, every 20 minutes
    with capture_logs() as logged:
        for _ in range(30):
            assert await house.listen() == (house.clock.at - MONDAY > 2 * HOUR)
            house.pass_time(5 * MINUTE)
        await hear(store, house.clock.at - 2 * MINUTE)
        for _ in range(3):
            assert await house.listen() == 0
            house.pass_time(5 * MINUTE)
    assert [line["event"] for line in logged] == ["channel.silent", "channel.heard_again"]
    assert await house.told() == [("noor", "silent"), ("noor", "recovered")]
    state = await house.state()
    assert (state.silent_since, state.state) == (None, Fares.FINE)
    assert state.heard_at == MONDAY + 148 * MINUTE


async def test_what_arrives_late_from_before_the_silence_does_not_end_it(store):
    house = await House.open(store, FakeClient())
    await hear(store, *[MONDAY - n * 20 * MINUTE for n in range(3 * 24 * 21)])
    house.pass_time(3 * HOUR)
    assert await house.listen() == 1
    await hear(store, MONDAY + 10 * MINUTE)
    house.pass_time(5 * MINUTE)
    assert await house.listen() == 1
    assert await house.told() == [("noor", "silent")]


async def test_a_silence_that_was_ours_is_told_to_nobody(store):
    """After a night in which no daemon ran, everybody was told that every channel was silent, before the first poll was back."""
    house = await House.open(store, FakeClient())
    await hear(store, *[MONDAY - n * 20 * MINUTE for n in range(3 * 24 * 21)])
    house.pass_time(3 * HOUR)
    began = house.clock.at_machine
    for _ in range(2):
        assert await listen(store, [house.account], house.clock, ME, began=began) == 0
        house.pass_time(5 * MINUTE)
    house.pass_time(10 * MINUTE)
    assert await listen(store, [house.account], house.clock, ME, began=began) == 1  # by now it is the channel's


async def test_our_own_messages_and_other_channels_break_no_silence(store):
    house = await House.open(store, FakeClient())
    await hear(store, *[MONDAY - n * 20 * MINUTE for n in range(3 * 24 * 21)])
    house.pass_time(3 * HOUR)
    await hear(store, house.clock.at, direction=Direction.OUTBOUND)
    await hear(store, house.clock.at, channel="twitter:waterhoen")
    assert await house.listen() == 1


async def test_a_channel_in_other_trouble_is_not_called_silent_too(store):
    house = await House.open(store, FakeClient(AuthFailed("revoked")))
    await hear(store, *[MONDAY - n * 20 * MINUTE for n in range(3 * 24 * 21)])
    await house.poll()
    house.pass_time(3 * HOUR)
    await house.listen()
    assert await house.told() == [("noor", "stopped")]


async def test_a_channel_that_nobody_ever_wrote_to_is_not_silent(store):
    house = await House.open(store, FakeClient())
    assert await house.listen() == 0
    assert (await house.state()).heard_at is None


async def test_one_daemon_listens_for_all(store):
    house = await House.open(store, FakeClient())
    await hear(store, MONDAY)
    await house.listen()
    await hear(store, MONDAY + MINUTE)
    await listen(store, [house.account], house.clock, "daemon two")
    assert (await house.state()).heard_at == MONDAY


async def test_the_index_answers_how_quiet_it_is(sqlite_url):
    """Twenty-eight days of a busy channel are a hundred thousand messages; each look reads a few entries of an index."""
    store = open_store(sqlite_url)

    def plans(conn):
        found = []
        for statement in (heard._FIRST, heard._LAST, heard._BEFORE, heard._WITHIN, heard._AFTER, heard._COUNT):
            text = str(statement.compile(dialect=conn.dialect))
            ordered = tuple(1 for _ in statement.compile(dialect=conn.dialect).positiontup)
            found.append(conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ordered).all()[0][3])
        return found

    try:
        found = await store.read(plans)
    finally:
        await store.close()
    assert all("ix_message_heard" in plan and "SEARCH" in plan for plan in found), found

"""A channel on which far fewer write than usual is told once, and once when it is as usual again; on both databases."""

from __future__ import annotations

from datetime import date, timedelta

from fakes import CHANNEL, HOUR, MONDAY, FakeClock, account, said
from sqlalchemy import select
from structlog.testing import capture_logs

from webcare.domain.message import Direction
from webcare.domain.rota import ContactMethod, Level, LevelName, Person, Rhythm, Role
from webcare.services import channels_view
from webcare.services.accept import accept
from webcare.services.channel_health import listen
from webcare.services.channel_troubles import stop
from webcare.services.channels_view import Standing
from webcare.store import channel_state, people, tables

MINUTE, WEEK = timedelta(minutes=1), timedelta(weeks=1)
EVERY = 3 * MINUTE
OPENS, SHUTS = MONDAY - 2 * HOUR, MONDAY + 8 * HOUR


class House:
    """One person on call, and a channel on which somebody wrote every three minutes of the last four Mondays."""

    def __init__(self, store):
        self.store, self.clock, self.account, self.nth = store, FakeClock(MONDAY), account(), 0

    @classmethod
    async def open(cls, store, weeks=4):
        contact = ContactMethod(name="phone", target="lines:noor")
        noor = Person(id="noor", name="Noor", role=Role.AGENT, contacts=(contact,), zone="Europe/Amsterdam")
        level = Level(
            name=LevelName.ONCALL, rotation=("noor",), rhythm=Rhythm.DAILY, anchor=date(2026, 11, 23), zone="Europe/Amsterdam"
        )
        await store.write(people.seed, [noor], [level])
        house = cls(store)
        for week in range(weeks, 0, -1):
            await house.hear(OPENS - week * WEEK, SHUTS - week * WEEK, EVERY)
        return house

    async def hear(self, start, end, every, direction=Direction.INBOUND):
        times = [start + n * every for n in range(int((end - start) / every))]
        self.nth += 1
        written = [said(f"m{self.nth}-{at.isoformat()}", "?", at, channel=CHANNEL, direction=direction) for at in times]
        await self.store.write(accept, written, brand="meerkoet", now=end)

    async def listen_until(self, end):
        while self.clock.at < end:
            await listen(self.store, [self.account], self.clock, "me")
            self.clock.at += 5 * MINUTE
            self.clock.at_machine = self.clock.at

    async def told(self):
        rows = await self.store.read(
            lambda conn: conn.scalars(select(tables.delivery.c.content).order_by(tables.delivery.c.id)).all()
        )
        return [row["trouble"] for row in rows]

    async def standing(self):
        (found,) = await self.store.read(channels_view.troubles, [self.account], machine=self.clock.at)
        return found.standing


async def test_a_channel_that_only_trickles_is_told_once_and_so_is_its_end(store):
    house = await House.open(store)
    await house.hear(OPENS, MONDAY, EVERY)
    await house.hear(MONDAY, MONDAY + 3 * HOUR, HOUR - MINUTE)  # one an hour where there are twenty
    await house.hear(MONDAY + 3 * HOUR, SHUTS, EVERY)
    with capture_logs() as logged:
        await house.listen_until(MONDAY + 2 * HOUR + 10 * MINUTE)
        assert await house.told() == []  # until an hour is over and what was written in it should be here
        await house.listen_until(MONDAY + 3 * HOUR)
        (told,) = await house.told()
        assert (told["what"], told["seen"], told["usual"], told["since"]) == ("few", 3, 40, "2026-11-23T09:00:00Z")
        assert await house.standing() is Standing.FEW
        await house.listen_until(SHUTS)
    assert [line["event"] for line in logged] == ["channel.few", "channel.as_usual"]
    assert [one["what"] for one in await house.told()] == ["few", "recovered"]
    assert (await store.read(channel_state.get, CHANNEL)).few_since is None


async def test_what_is_few_and_then_nothing_at_all_is_told_once(store):
    house = await House.open(store)
    await house.hear(OPENS, MONDAY, EVERY)
    await house.hear(MONDAY, MONDAY + 2 * HOUR, HOUR - MINUTE)
    await house.listen_until(MONDAY + 7 * HOUR)
    assert [one["what"] for one in await house.told()] == ["few"]


async def test_what_is_silent_is_not_called_few_too(store):
    house = await House.open(store)
    await house.hear(OPENS, MONDAY, EVERY)
    await house.listen_until(MONDAY + 7 * HOUR)
    assert [one["what"] for one in await house.told()] == ["silent"]


async def test_a_night_after_few_is_no_end_of_it(store):
    house = await House.open(store)
    await house.hear(OPENS, MONDAY, EVERY)
    await house.hear(MONDAY, SHUTS, HOUR - MINUTE)
    await house.listen_until(SHUTS + 10 * HOUR)
    assert [one["what"] for one in await house.told()] == ["few"]


async def test_our_own_messages_are_no_volume(store):
    house = await House.open(store)
    await house.hear(OPENS, MONDAY, EVERY)
    await house.hear(MONDAY, MONDAY + 3 * HOUR, HOUR - MINUTE)
    await house.hear(MONDAY, MONDAY + 3 * HOUR, EVERY, Direction.OUTBOUND)
    await house.listen_until(MONDAY + 3 * HOUR)
    assert [one["what"] for one in await house.told()] == ["few"]


async def test_a_channel_in_other_trouble_and_a_young_one_are_left_alone(store):
    house = await House.open(store)
    await house.hear(OPENS, MONDAY, EVERY)
    await house.hear(MONDAY, MONDAY + 3 * HOUR, HOUR - MINUTE)
    await house.listen_until(MONDAY + 5 * MINUTE)
    await store.write(lambda conn: stop(conn, CHANNEL, "the token is dead", house.clock.at))
    await house.listen_until(MONDAY + 3 * HOUR)
    assert await house.told() == []


async def test_a_channel_of_ten_days_has_no_usual(store):
    house = await House.open(store, weeks=1)
    await house.hear(OPENS, MONDAY, EVERY)
    await house.hear(MONDAY, MONDAY + 3 * HOUR, HOUR - MINUTE)
    await house.listen_until(MONDAY + 3 * HOUR)
    assert await house.told() == []

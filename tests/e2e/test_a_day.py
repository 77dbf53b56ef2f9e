"""A day of ten thousand messages on virtual time: everything stored once, every answer sent once, whatever the platforms do.

    00  03 ........ 09----10 ...... 12--------14 ... 16----17 ....... 20----21 ..... 24
                    X fails         Facebook's       we are           Instagram fails,
                                    token is dead    down             WhatsApp is away

Limits in every shape all day; five in a hundred bodies come twice, two in a hundred late and out of order; people answer some two
thousand cases, and of their answers some get through without our hearing of it. What happens when is drawn with a fixed seed.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import ledger
import pytest
from aiohttp import ClientSession, ClientTimeout
from bad_luck import BadLuck
from cryptography.fernet import Fernet
from four_platforms import ACCOUNTS, FACEBOOK, INSTAGRAM, PLATFORMS, SECRETS, TWITTER, WHATSAPP, open_four, patient
from settings_file import ONCALL, policy
from sqlalchemy import select
from structlog.testing import capture_logs

from connectors.facebook.simulator.world import PAGE, PAGE_TOKEN
from webcare.daemon import Daemon
from webcare.demo.loopback import Loopback
from webcare.domain.case import ImpossibleMove
from webcare.house import open_house
from webcare.house_work import HouseWork
from webcare.listeners import listeners
from webcare.ports.credentials import Fresh
from webcare.services import answer, compose
from webcare.services.receipt import BY
from webcare.settings import settings_of
from webcare.store import hooks
from webcare.store.tables import case, message, reply

pytestmark = pytest.mark.slow

SEED = 20261123
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TICK = 3 * MINUTE
MESSAGES, ANSWERS = 10_000, 2_000
SHARES = {TWITTER: 0.2, FACEBOOK: 0.2, INSTAGRAM: 0.15, WHATSAPP: 0.45}
PEOPLE = {TWITTER: 250, FACEBOOK: 250, INSTAGRAM: 200, WHATSAPP: 600}
CURVE = (1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 11, 11, 10, 10, 10, 9, 9, 10, 10, 8, 5, 3)  # of the day's hours
NEEDS = ("Waar blijft mijn bestelling?", "Mijn factuur klopt niet, kunnen jullie dat nakijken?", "Hoe zeg ik mijn abonnement op?")
AFTERNOON = "sim-page-token-of-the-afternoon"
ROUNDS = 40  # of work at one instant


@dataclass
class DayClock:
    """World and machine are one, and both are moved by the test."""

    at: datetime = MIDNIGHT

    def now(self):
        return self.at

    def machine(self):
        return self.at

    def jump(self, at):
        self.at = max(at, self.at)


def settings(folder, url, four, key):
    channels = [
        {"name": one, "kind": one, "base_url": four.at[one], **ACCOUNTS[one], "receipt": {"nl": "Ontvangen, antwoord {before}."}}
        for one in PLATFORMS
    ]
    person = {"id": ONCALL, "name": "Noor", "role": "lead", "contacts": [{"name": "file", "target": "lines:noor.jsonl"}]}
    return settings_of(
        {
            "database": {"url": url},
            "state_folder": str(folder),
            "web": {"listen": "127.0.0.1:0", "hooks_listen": "127.0.0.1:0", "metrics_listen": "127.0.0.1:0"},
            "house": {"brand": "meerkoet"},
            "channel": channels,
            "secrets": SECRETS,
            "sealing": {"keys": [key]},
            "person": [person],
            "rota": {"oncall": {"rotation": [ONCALL], "anchor": "2026-01-05"}},
            "policy": [policy("PT200H")],
            "alerts": {"lines_in": str(folder)},
            "sentiment": {"model": "rules"},
        }
    )


@dataclass
class Day:
    """The day, and the people at the desk."""

    four: object
    clock: DayClock
    settings: object
    rng: random.Random
    luck: BadLuck
    answered: dict = field(default_factory=dict)  # text -> reply
    house: object = None
    work: dict = field(default_factory=dict)
    stack: AsyncExitStack | None = None
    left: dict = field(default_factory=dict)

    # --- the house

    async def open(self):
        self.stack = AsyncExitStack()
        self.house = await self.stack.enter_async_context(open_house(self.settings, self.clock))
        daemon = Daemon(self.house, lambda: self.settings)
        listener = await self.stack.enter_async_context(listeners(self.house, daemon, lambda _row: None))
        host, port = listener.addresses("[web] hooks_listen")[0]
        self.four.road.door = f"http://{host}:{port}"
        self.work = {work.row.name: work.unit for work in HouseWork(self.house, daemon.problems).table()}

    async def close(self):
        self.four.road.door = None
        await self.stack.aclose()
        self.house = None

    async def do_all(self):
        """Do what there is to do at this instant."""
        await self.work["channels"]()
        for _ in range(ROUNDS):
            if not await self.work["poll"]():
                break
        for _ in range(ROUNDS):
            done = 0
            for name in ("collect", "triage", "wake", "watch", "remind", "deliver", "reply", "search"):
                done += await self.work[name]()
            if not done:
                return
            await self.four.play(WHATSAPP, "settle")  # the states of what was sent
        raise AssertionError("the work at one instant does not come to an end")

    async def do_sometimes(self, nth):
        if nth % 5 == 0:
            for name in ("silence", "peak", "lapse", "risk"):
                await self.work[name]()
        if nth % 30 == 0:
            for name in ("digest", "letter", "retention", "checks", "reread", "rejudge"):
                await self.work[name]()

    # --- the desk

    async def answer_some(self):
        """Let people answer the cases that wait, the oldest first, so many as keep pace with the day."""
        hours = (self.clock.now() - MIDNIGHT) / HOUR
        share = sum(CURVE[: int(hours)]) + CURVE[min(int(hours), 23)] * (hours % 1) if hours < 24 else sum(CURVE)
        wanted = int(ANSWERS * share / sum(CURVE)) - len(self.answered)
        if wanted <= 0:
            return
        for number in await self.house.store.read(unanswered, wanted):
            text = f"We kijken het voor je na, dossier {len(self.answered):04d}."
            try:
                self.answered[text] = await self.house.store.write(
                    compose.send, number, text=text, by=ONCALL, rules=self.house.rules, now=self.clock.now()
                )
            except ImpossibleMove:
                continue

    async def look_after_answers(self):
        """Let people look on the platform for what nobody knows of, and send what is not there once more."""
        there = Counter(self.four.sent())
        for row in await self.house.store.read(ledger.replies):
            if (
                row["state"] in ("unconfirmed", "refused", "withdrawn")
                and not row["automatic"]
                and not copies(there, row["text"])
            ):
                await self.house.store.write(answer.send_again, row["id"], now=self.clock.now())

    # --- what goes wrong

    async def happenings(self, at):
        """Let happen what happens at this instant of the day."""
        hours = (at - MIDNIGHT) / HOUR
        if hours == 10:
            self.luck.repair(TWITTER)
        if hours == 12:
            await self.four.play(FACEBOOK, "token", token=PAGE_TOKEN, code=190, subcode=463)
        if hours == 14:
            self.four.world(FACEBOOK).tokens[AFTERNOON] = PAGE
            await self.house.credentials.put(FACEBOOK, Fresh(secrets={"access_token": AFTERNOON}))
        if hours == 16:
            await self.close()
        if hours == 17:
            await self.open()
        if hours == 20:
            await self.four.play(WHATSAPP, "deliveries", hold=True)
        if hours == 21:
            self.luck.repair(INSTAGRAM, WHATSAPP)
            await self.four.play(WHATSAPP, "deliveries", hold=False)
        if 9 <= hours < 10:
            await self.luck.break_x(hangs=hours == 9)
        if 20 <= hours < 21:
            await self.luck.break_meta()

    # --- the day

    async def pass_it(self):
        await self.open()
        numbers = {row.kind: row.id for row in await self.house.store.read(hooks.all_hooks)}
        await self.four.subscribe(numbers)
        await self.four.gather(PEOPLE)
        await self.four.play(TWITTER, "limit", documented=True)
        await self.four.play(FACEBOOK, "limit", calls=2_000)
        coming = self._messages()[::-1]
        for nth in range(int(24 * HOUR / TICK)):
            at = MIDNIGHT + nth * TICK
            while coming and coming[-1][0] < at:
                when, platform, who, text = coming.pop()
                self.clock.jump(when)
                await self.four.say(platform, who, text)
            await self._tick(nth, at)
        assert not coming
        await self._calm_down()

    def _messages(self):
        """Draw who writes when, and where."""
        found = []
        for nth in range(MESSAGES):
            (hour,) = self.rng.choices(range(24), CURVE)
            at = MIDNIGHT + min(hour * HOUR + timedelta(seconds=self.rng.uniform(0, 3600)), 24 * HOUR - 2 * TICK)
            (platform,) = self.rng.choices(list(SHARES), list(SHARES.values()))
            found.append((at, platform, self.rng.randrange(PEOPLE[platform]), f"{self.rng.choice(NEEDS)} ({nth})"))
        return sorted(found)

    async def _tick(self, nth, at):
        self.clock.jump(at)
        await self.happenings(at)
        await self.four.pass_time()
        if self.rng.random() < 0.15:
            await self.luck.limit_somebody()
        if self.rng.random() < 0.1:
            await self.luck.lose_an_answer()
        if self.house is None:
            return
        await self.answer_some()
        await self.do_all()
        await self.do_sometimes(nth)
        if nth % 15 == 0:
            await self.look_after_answers()

    async def _calm_down(self):
        """Let the platforms be well and the road be clear, until nothing is left to do."""
        self.luck.repair(*PLATFORMS)
        self.four.road.is_calm = True
        for nth in range(200):
            self.clock.jump(self.clock.now() + 2 * TICK)
            await self.four.pass_time()
            await self.do_all()
            await self.look_after_answers()
            if nth > 10 and await self._is_done():
                return
        raise AssertionError(f"the day does not come to an end: {self.left}")

    async def _is_done(self):
        self.left = await self.house.store.read(ledger.waiting)
        self.left["on the road"] = len(self.four.road.held)
        return not any(self.left.values())


def unanswered(conn, most):
    """Return the cases whose customers wait and for which no answer is on its way, the longest waiting first."""
    under_way = select(reply.c.case).where(reply.c.state != "accepted", reply.c.automatic.is_(False))
    query = select(case.c.id).where(case.c.state == "open", case.c.due_at.is_not(None), case.c.id.not_in(under_way))
    return list(conn.scalars(query.order_by(case.c.due_at).limit(most)))


def copies(there, text):
    """Return how often a platform holds an answer; X puts the customer's name before it."""
    return sum(count for held, count in there.items() if held.endswith(text))


@asynccontextmanager
async def a_day(folder, url):
    clock, rng = DayClock(), random.Random(SEED)
    async with Loopback() as served, ClientSession(timeout=patient()) as session:
        four = await open_four(served, session, clock, rng)
        day = Day(four, clock, settings(folder, url, four, Fernet.generate_key().decode()), rng, BadLuck(four, rng))
        try:
            yield day
        finally:
            if day.house is not None:
                await day.close()


async def everything_is_well(day, folder, logged):
    await stored_once(day)
    await answered_once(day)
    await told_once(day, folder)
    await quiet_of_what_is_old(day)
    assert [line["event"] for line in logged if line["event"] in CRASHES] == []


CRASHES = {"collect.not_applied", "hook.crashed", "delivery.crashed", "check.stumbled", "poll.stumbled", "collect.unreadable"}


async def stored_once(day):
    store, said = day.house.store, day.four.said
    assert len(said) == MESSAGES
    rows = await store.read(heard)
    assert Counter((kind, id_) for kind, id_, _ in rows) == Counter(dict.fromkeys(said, 1))
    assert {(kind, id_): text for kind, id_, text in rows} == said
    assert await store.read(ledger.unreadable_elements) == []
    assert {row["state"] for row in await store.read(ledger.bodies)} <= {"read", "ignored"}
    assert day.four.road.brought_twice > 0.05 * MESSAGES
    assert day.four.road.brought_late > 0.02 * MESSAGES


def heard(conn):
    query = select(message.c.channel, message.c.external_id, message.c.text).where(message.c.direction == "inbound")
    return [(row.channel.partition(":")[0], row.external_id, row.text) for row in conn.execute(query)]


async def answered_once(day):
    there, ours = Counter(day.four.sent()), await day.house.store.read(ledger.our_messages)
    rows = [row for row in await day.house.store.read(ledger.replies) if not row["automatic"]]
    assert len(rows) == len(day.answered) > 0.9 * ANSWERS
    states = Counter(row["state"] for row in rows)
    assert {copies(there, row["text"]) for row in rows} == {1}
    assert {copies(ours, row["text"]) for row in rows if row["state"] == "accepted"} == {1}
    assert states.keys() <= {"accepted", "unconfirmed"}
    assert states["accepted"] > 0.9 * len(rows)


async def told_once(day, folder):
    """Whoever is on call heard once of each trouble, and once of its end."""
    lines = [json.loads(line) for line in (folder / "noor.jsonl").read_text(encoding="utf-8").splitlines()]
    told = Counter((line["trouble"]["channel"].partition(":")[0], line["trouble"]["what"]) for line in lines if "trouble" in line)
    troubles = {(FACEBOOK, "stopped"), (TWITTER, "failing"), (INSTAGRAM, "failing")}
    assert told == Counter([*troubles, *((channel, "recovered") for channel, _ in troubles)])
    assert {row["state"] for row in (await day.house.store.read(ledger.channel_states)).values()} == {"fine"}


async def quiet_of_what_is_old(day):
    """Nobody got a receipt for what we found late, and nobody got two."""
    late, receipts = await day.house.store.read(found_late), await day.house.store.read(receipts_for)
    assert len(late) > 0.02 * MESSAGES
    assert len(receipts) > 100
    assert not late & set(receipts)
    assert max(Counter(receipts).values()) == 1


def found_late(conn):
    query = select(message.c.channel, message.c.external_id).where(message.c.direction == "inbound", message.c.late_ingest)
    return {tuple(row) for row in conn.execute(query)}


def receipts_for(conn):
    return [tuple(row) for row in conn.execute(select(reply.c.channel, reply.c.reply_to).where(reply.c.by == BY))]


async def pass_a_day(folder, url, monkeypatch):
    monkeypatch.setattr("webcare.sessions.TIMEOUT", ClientTimeout(total=3, connect=2))  # a platform hangs
    with capture_logs() as logged:
        async with a_day(folder, url) as day:
            await day.pass_it()
            await everything_is_well(day, folder, logged)


async def test_a_day_on_sqlite(tmp_path, sqlite_url, monkeypatch):
    await pass_a_day(tmp_path, sqlite_url, monkeypatch)


async def test_a_quieter_day_on_postgresql(tmp_path, postgres_url, monkeypatch):
    monkeypatch.setattr(f"{__name__}.MESSAGES", 2_000)
    monkeypatch.setattr(f"{__name__}.ANSWERS", 400)
    await pass_a_day(tmp_path, postgres_url, monkeypatch)

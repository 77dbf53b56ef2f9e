"""Thirty kills at random under a stream of two thousand messages: nothing is lost, nothing is done twice that may not be.

    customers --2,000--> platforms --webhooks twice, polls that overlap--> daemons, killed at random, started again --> drained
                             ^------- 100 replies, some of which the platform takes without its answer arriving ---'

Which message is said when, and when a daemon dies, is drawn with a fixed seed; what the machine makes of it differs each time.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import ledger
import pytest
from crowd import FACEBOOK, PLATFORMS, TWITTER, WHATSAPP, Crowd
from processes import moment, until
from settings_file import LAST_RESORT, LEAD, NEXT, ONCALL, RUNGS, policy

from webcare.clock import machine_now
from webcare.services import answer

MESSAGES, KILLS, REPLIES = 2_000, 30, 100
TARGET = "PT15S"
REPLY_LATE, LETTER_LATE = 0.4, 0.2  # seconds from taking to saying so: many a kill falls in between
SEED = 20261123
WORD = "kwikstaartje"  # stands in every text: it may stand in no log

pytestmark = pytest.mark.slow


@dataclass
class Run:
    """One evening: who is killed how often, what was said, and what we answered."""

    platforms: object
    mail: object
    daemons: list
    store: object
    rng: random.Random = field(default_factory=lambda: random.Random(SEED))
    kills: int = 0
    said: dict[str, str] = field(default_factory=dict)  # platform id -> channel
    answered: dict[str, int] = field(default_factory=dict)  # text -> reply
    left: dict[str, int] = field(default_factory=dict)
    heard: int = 0  # bodies, when everything was done: what a poll brings while we stop is read at the next start

    async def open(self):
        """Start once, so that the platforms can be told where to knock."""
        await self.daemons[0].started()
        await self.platforms.lead_to(*self.daemons)
        await self.platforms.subscribe_whatsapp(await self.store.read(ledger.hook_of, WHATSAPP))
        await self.platforms.subscribe_facebook(await self.store.read(ledger.hook_of, FACEBOOK))
        await self.platforms.play(WHATSAPP, "deliveries", twice=True)
        await self.platforms.be_late(REPLY_LATE)
        self.mail.late = LETTER_LATE
        self.daemons[0].kill()

    async def play(self):
        async with asyncio.TaskGroup() as group:
            for nth, daemon in enumerate(self.daemons):
                group.create_task(self._kill(daemon, KILLS // len(self.daemons), random.Random(f"{SEED} {nth}")))
            group.create_task(self._talk())
            group.create_task(self._answer())
            group.create_task(self._lose_answers())

    async def _kill(self, daemon, times, rng):
        for _ in range(times):
            before = await self.store.read(ledger.judged)
            daemon.start()
            if rng.random() < 0.25:
                await moment(rng.uniform(0, 1.5))  # while it starts
            else:
                await daemon.ready()
                await moment(rng.uniform(0, 2))
            if rng.random() < 0.4:  # on a slow machine, too, something comes about
                await until(lambda before=before: self._has_moved(daemon, before), "something is done", within=600)
            daemon.kill()
            self.kills += 1
            await self.store.write(ledger.let_leases_run_out, daemon.process.pid)
        daemon.start()  # it stays: whoever is still to be answered has to be heard first

    async def _has_moved(self, daemon, before):
        assert daemon.process.poll() is None, f"it ended by itself: {daemon.text()[-2000:]}"
        left = await self.store.read(ledger.waiting)
        return await self.store.read(ledger.judged) > before or not left["unread"] + left["untriaged"]

    async def _when(self, share):
        """Wait until this share of the kills is behind us."""
        await until(lambda: self.kills >= share * KILLS, f"{share:.0%} of the kills", within=600)

    async def _talk(self):
        crowd = Crowd(self.platforms, WORD, random.Random(f"{SEED} crowd"))
        await crowd.gather()
        for nth in range(MESSAGES):
            await self._when(nth / MESSAGES - 1 / KILLS)
            channel, external_id = await crowd.say_something()
            self.said[external_id] = channel

    async def _answer(self):
        rng = random.Random(f"{SEED} answers")
        for nth in range(REPLIES):
            await self._when(0.1 + 0.9 * nth / REPLIES)
            number = rng.choice(
                await until(lambda: self.store.read(ledger.unanswered), "somebody waits for an answer", within=600)
            )
            text = f"We kijken het na, dossier {nth:03d} van {WORD}."
            self.answered[text] = await self.store.write(answer.write, number, text=text, by="noor", now=machine_now())

    async def _lose_answers(self):
        """Let each platform take a reply now and then whose receipt never arrives."""
        for share in (0.2, 0.5, 0.8):
            await self._when(share)
            await self.platforms.play(WHATSAPP, "faults", kind="drop_after")
            await self.platforms.play(TWITTER, "fault", kind="lose", path="/2/tweets", method="POST")
            await self.platforms.play(FACEBOOK, "fault", kind="lost_answer", where="/comments", method="POST")

    async def drain(self):
        """Let the daemons work on, and wait until nothing is left to do."""
        await self.platforms.be_late(0)
        self.mail.late = 0
        for daemon in self.daemons:
            await daemon.ready()
        try:
            await until(self._is_drained, "everything is done", within=600)
        except AssertionError as late:
            raise AssertionError(f"{late}; left: {self.left}") from None
        for daemon in self.daemons:
            assert await daemon.stop() == 0

    async def _is_drained(self):
        """Look in the order in which one leads to the next: what comes about between two looks is seen by a later one."""
        self.heard = max(row["id"] for row in await self.store.read(ledger.bodies))
        self.left = left = {"on the way": len((await self.platforms.whatsapp())["waiting"])}
        left["unheard"] = len(self.said.keys() - await self.store.read(ledger.customers_messages))
        left |= await self.store.read(ledger.waiting)
        steps = await self.store.read(ledger.steps)
        waiting = [row for row in await self.store.read(ledger.cases) if row["due_at"] is not None]
        left["not escalated"] = sum(not (ladder_of(row) <= steps[row["id"]].keys()) for row in waiting)
        left["queued"] = (await self.store.read(ledger.waiting))["queued"]
        return not any(left.values())


async def evening(run):
    await run.open()
    await run.play()
    await run.drain()
    assert run.kills == KILLS
    assert len(run.said) == MESSAGES
    assert set(run.said.values()) == set(PLATFORMS)
    await nothing_lost_nothing_twice(run)
    await decided_once(run)
    await replied_at_most_once(run)
    await alerted(run)
    nothing_leaked(run)


async def nothing_lost_nothing_twice(run):
    assert await run.store.read(ledger.customers_messages) == Counter(dict.fromkeys(run.said, 1))
    assert await run.store.read(ledger.unreadable_elements) == []
    bodies = await run.store.read(ledger.bodies)
    assert {row["state"] for row in bodies if row["id"] <= run.heard} <= {"read", "ignored"}
    assert {row["state"] for row in bodies} <= {"read", "ignored", "new"}


async def decided_once(run):
    steps = await run.store.read(ledger.steps)
    assert steps
    assert {count for of_case in steps.values() for count in of_case.values()} == {1}
    waiting = [row for row in await run.store.read(ledger.cases) if row["due_at"] is not None]
    assert len(waiting) > 100
    assert [row["id"] for row in waiting if not ladder_of(row) <= steps[row["id"]].keys()] == []


def ladder_of(row):
    """Return the steps that a case must have taken that was due long ago. An older message that was found later made it due earlier."""
    return {(row["due_clock"], rung, row["due_at"]) for rung in RUNGS}


async def replied_at_most_once(run):
    copies = Counter(text for texts in (await run.platforms.sent()).values() for text in texts)
    ours = await run.store.read(ledger.our_messages)
    states = Counter()
    for row in await run.store.read(ledger.replies):
        held = sum(count for text, count in copies.items() if text.endswith(row["text"]))  # X puts the customer's name before it
        states[row["state"]] += 1
        assert held == 1 if row["state"] == "accepted" else held <= 1, (row["id"], row["state"], row["reason"], held)
        if row["state"] == "accepted":
            assert sum(count for text, count in ours.items() if text.endswith(row["text"])) == 1
    assert sum(states.values()) == len(run.answered) == REPLIES
    assert states.keys() <= {"accepted", "unconfirmed"}
    assert states["accepted"] > REPLIES / 2


async def alerted(run):
    """Everybody was told at least once: the person on call by letters, the others by lines. A repeat says that it is one.

    What nobody waited for any more when it was to leave is over, and told nobody.
    """
    alerts = [row for row in await run.store.read(ledger.deliveries) if row["kind"] == "alert"]
    assert {row["state"] for row in alerts} <= {"sent", "over"}
    sent = [row for row in alerts if row["state"] == "sent"]
    letters = Counter(letter["Message-ID"] for letter in run.mail.letters)
    assert len(letters) == sum(row["person"] == ONCALL for row in sent)
    lines = [line for name in (NEXT, LEAD, LAST_RESORT) for line in run.daemons[0].lines(name)]
    by_key = {row["key"]: None for row in sent if row["person"] == ONCALL}
    for line in lines:
        assert by_key.setdefault(line["key"], line) == line  # a repeat says the same
    by_key |= {row["key"]: None for row in alerts if row["state"] == "over"}
    notices = await run.store.read(ledger.notices)
    assert len(notices) > 100
    untold = [(step, person) for step, person, keys in notices if not by_key.keys() & set(keys)]
    assert untold == []


def nothing_leaked(run):
    for daemon in run.daemons:
        text = daemon.text()
        assert "Traceback" not in text
        assert WORD not in text
        assert "work.crashed" not in text


def with_letters(daemon, mail):
    """Let the person on call be reached by mail."""
    daemon.doc["smtp"] = mail.settings
    daemon.doc["person"][0]["contacts"] = [{"name": "mail", "target": "mailto:noor@meerkoet.example"}]
    return daemon


async def test_thirty_kills_on_sqlite(platforms, mail, make_daemon, open_beside, sqlite_url):
    daemon = with_letters(make_daemon(sqlite_url, platforms, policy=[policy(TARGET)]), mail)
    await evening(Run(platforms, mail, [daemon], open_beside(sqlite_url)))


async def test_thirty_kills_of_three_daemons_on_postgresql(platforms, mail, make_daemon, open_beside, postgres_url):
    made = [make_daemon(postgres_url, platforms, name=name, policy=[policy(TARGET)]) for name in ("east", "west", "north")]
    await evening(Run(platforms, mail, [with_letters(daemon, mail) for daemon in made], open_beside(postgres_url)))

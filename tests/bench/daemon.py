"""The daemon as a process: how soon it is ready, what it costs while nothing happens, and how late a due step is handed over.

Memory and lateness do not follow the speed of the machine (the one is what was loaded, the other the rhythm of the work), so that their
reference is the figure of the requirements itself, and the limit 1. Starting is measured against a bare Python that loads the libraries
which no daemon of this kind goes without.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
from rounds import Bench, timed
from sqlalchemy import func, insert, select
from sweeps import CASE, MESSAGE, many_cases_sqlite

from webcare.clock import machine_now
from webcare.domain.durations import parse_instant
from webcare.domain.sla.promise import DAY
from webcare.store import migrate
from webcare.store.door import open_store
from webcare.store.tables import case, case_event, message, step, verdict

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))
import knocking
import ledger
import settings_file
from processes import Daemon, Platforms, free_ports, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from datetime import datetime

    from sqlalchemy import Connection

READY, STARTING = 3.0, 0.75  # seconds: of the requirements, and of the reference on the machine of README.md
MEMORY, MEMORY_WITH_MODEL, LATENESS = 160.0, 400.0, 2.0  # megabytes and seconds of the requirements
LIBRARIES = "aiohttp.web, apscheduler.schedulers.asyncio, pydantic_settings, sqlalchemy, structlog"
SETTLED, LOOKED_AT = 10.0, 2.0  # seconds before the first look at an idle daemon, and of each look
FIRST = 10_000_000  # number of the first case that comes due: beyond all others
SPREAD = 4.0  # seconds over which the cases of a round come due
AHEAD = 1.5
ALERT = 0.75  # the share of the target at which the person on call is told


@asynccontextmanager
async def _daemon(folder: Path, url: str, *, platforms: bool) -> AsyncIterator[Daemon]:
    async with aiohttp.ClientSession() as session:
        played = await Platforms.start(session) if platforms else None
        ports = free_ports(3)
        addresses = None if played is None else played.addresses
        doc = settings_file.settings(folder, url, ports, addresses)
        doc["alerts"] |= {"bundle": "PT0S"}  # what is measured is how late an alert is that nothing holds back
        daemon = Daemon(folder=folder, doc=doc, ports=ports, session=session)
        try:
            yield daemon
        finally:
            daemon.kill()
            if played is not None:
                played.stop()


@contextmanager
def _running(folder: Path, url: str, *, platforms: bool) -> Iterator[tuple[asyncio.Runner, Daemon]]:
    """Yield a daemon, not started yet, and the loop that its harness lives on."""
    folder.mkdir(exist_ok=True)
    with asyncio.Runner() as runner:
        context = _daemon(folder, url, platforms=platforms)
        daemon = runner.run(context.__aenter__())
        try:
            yield runner, daemon
        finally:
            runner.run(context.__aexit__(None, None, None))


def starting(folder: Path) -> Iterator[Bench]:
    url = f"sqlite:///{folder / 'start.db'}"
    migrate.upgrade(url)
    with _running(folder / "start", url, platforms=True) as (runner, daemon):

        def ours() -> float:
            seconds = timed(lambda: runner.run(daemon.started()))
            runner.run(daemon.stop())
            return seconds

        yield Bench(
            name="daemon.start",
            unit="ms",
            against="a bare Python that loads aiohttp, SQLAlchemy, pydantic-settings, APScheduler and structlog",
            ours=ours,
            theirs=lambda: timed(lambda: subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)),
            limit=READY / STARTING,
            required="start to ready < 3 s",
        )


def idle(folder: Path, settled: float = SETTLED, looked_at: float = LOOKED_AT) -> Iterator[Bench]:
    """What a daemon with three channels costs while nobody writes."""
    url = f"sqlite:///{folder / 'idle.db'}"
    migrate.upgrade(url)
    with _running(folder / "idle", url, platforms=True) as (runner, daemon):
        runner.run(daemon.started())
        runner.run(asyncio.sleep(settled))
        yield Bench(
            name="daemon.idle.memory",
            unit="MB",
            against="160 MB",
            ours=lambda: _resident(daemon.process.pid) / 1000,
            theirs=lambda: MEMORY / 1000,
            limit=1,
            required="idle < 160 MB without the model",
        )

        def share_of_core() -> float:
            before = _processor(daemon.process.pid)
            seconds = timed(lambda: runner.run(asyncio.sleep(looked_at)))
            return (_processor(daemon.process.pid) - before) / seconds

        yield Bench(
            name="daemon.idle.cpu",
            unit="ms",
            against="a second of one core",
            ours=share_of_core,
            theirs=lambda: 1.0,
            required="none: three channels, polled every 2 and 3 s",
        )


def with_model(folder: Path, weights: Path, stream: Path, messages: int = 200) -> Iterator[Bench]:
    """What a daemon had in memory at most, with the model that ships: loading it, and reading many messages at once."""
    url = f"sqlite:///{folder / 'model.db'}"
    migrate.upgrade(url)
    with _running(folder / "model", url, platforms=True) as (runner, daemon):
        daemon.doc["sentiment"]["model"] = str(weights)
        runner.run(daemon.started())
        texts = [json.loads(line)["text"] for line in stream.read_text(encoding="utf-8").splitlines()[:messages]]
        runner.run(_read_by_model(daemon, url, texts))
        yield Bench(
            name="daemon.model.memory",
            unit="MB",
            against="400 MB",
            ours=lambda: _resident(daemon.process.pid, "VmHWM") / 1000,
            theirs=lambda: MEMORY_WITH_MODEL / 1000,
            limit=1,
            required="daemon with model < 400 MB",
        )


async def _read_by_model(daemon: Daemon, url: str, texts: list[str]) -> None:
    """Return when the model has read them all, those too that the word rules read while it loaded."""
    store = open_store(url)
    try:
        hook = await store.read(ledger.hook_of, "whatsapp")
        for number, text in enumerate(texts):
            assert await knocking.knock(daemon, hook, knocking.message(number, text)) == 200

        async def are_read() -> bool:
            return await store.read(_read_by, "stand-in:") == len(texts)

        await until(are_read, "the model has read them all", within=120)
    finally:
        await store.close()


def _read_by(conn: Connection, not_by: str) -> int:
    """Return how many messages anybody else has read."""
    query = select(func.count(verdict.c.message.distinct())).where(verdict.c.model.not_like(f"{not_by}%"))
    return conn.scalars(query).one()


def _resident(pid: int, line: str = "VmRSS") -> float:
    """Return the megabytes that a process has in memory, or with VmHWM had at most."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    kilobytes = next(found.split()[1] for found in status.splitlines() if found.startswith(f"{line}:"))
    return int(kilobytes) * 1024 / 1e6


def _processor(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- from due to handed over


def due(folder: Path, count: int = 100_000, a_round: int = 40, spread: float = SPREAD) -> Iterator[Bench]:
    """Yield how late the alerts of cases are that come due at random instants beside `count` others."""
    file = folder / "many.db"
    url = many_cases_sqlite(file, count)
    _put_off(file)
    medians: list[float] = []
    with _running(folder / "due", url, platforms=False) as (runner, daemon):
        daemon.doc["alerts"]["bundle"] = "PT0S"  # all of them go to one person, and none is to wait for the others
        runner.run(daemon.started())
        numbers, rng = iter(range(FIRST, 2 * FIRST)), random.Random(7)

        def ours() -> float:
            late = sorted(runner.run(_lateness(daemon, url, [next(numbers) for _ in range(a_round)], rng, spread)))
            medians.append(statistics.median(late))
            return late[-(len(late) // 100) - 1]

        yield Bench(
            name="daemon.due.p99",
            unit="ms",
            against="2 s",
            ours=ours,
            theirs=lambda: LATENESS,
            limit=1,
            required=f"a due step at its target within 2 s, {count} open cases",
        )
        yield Bench(
            name="daemon.due.p50",
            unit="ms",
            against="2 s",
            ours=lambda: medians.pop(0),
            theirs=lambda: LATENESS,
            required="the middle of the same rounds",
        )


def _put_off(file: Path) -> None:
    """Let nothing of what is there come due today."""
    conn = sqlite3.connect(file)
    far = f"{machine_now() + DAY:%Y-%m-%d %H:%M:%S}"
    look = "strftime('%Y-%m-%d %H:%M:%f', ?, '+' || (id % 80000) || ' seconds') || '000'"
    conn.execute(f'UPDATE "case" SET due_at = {look}, next_check_at = {look}', (far, far))  # noqa: S608 - our own words
    conn.commit()
    conn.close()


async def _lateness(daemon: Daemon, url: str, numbers: list[int], rng: random.Random, spread: float) -> list[float]:
    """Return how many seconds after its instant each case's alert stood in the file of the person on call."""
    begins = machine_now() + timedelta(seconds=AHEAD)
    instants = {number: begins + timedelta(seconds=rng.uniform(0, spread)) for number in numbers}
    store = open_store(url)
    try:
        await store.write(_cases_due, instants)
    finally:
        await store.close()
    file = daemon.folder / f"{settings_file.ONCALL}.jsonl"
    seen: dict[int, float] = {}
    read = file.stat().st_size if file.exists() else 0

    def is_told() -> bool:
        nonlocal read
        if not file.exists():
            return False
        now, text = machine_now(), file.read_bytes()[read:]
        whole = text[: text.rfind(b"\n") + 1]
        read += len(whole)
        for line in whole.splitlines():
            for fact in json.loads(line)["cases"]:
                seen.setdefault(fact["case"], (now - parse_instant(fact["at"])).total_seconds())
        return seen.keys() >= set(numbers)

    await until(is_told, "the person on call hears of every case", within=spread + 60, every=0.005)
    return [seen[number] for number in numbers]


def _cases_due(conn: Connection, instants: dict[int, datetime]) -> None:
    """Write cases that reach the third quarter of their target at these instants; the step before it was taken."""
    channel = {"channel": "twitter:b"}
    for number, at in instants.items():
        wrote = at - DAY * ALERT
        said = {**MESSAGE, **channel, "id": number, "external_id": f"m{number}", "conversation_id": str(number)}
        conn.execute(insert(message), {**said, "created_at": wrote, "learned_at": wrote})
        own: dict[str, Any] = {**CASE, "id": number, "opening_message": number, "conversation_id": str(number)}
        own.update(customer_id=str(number), opened_at=wrote, due_clock="first_response", due_at=wrote + DAY, next_check_at=at)
        conn.execute(insert(case), own)
        line = {"case": number, "seq": 0, "at": wrote, "learned_at": wrote, "type": "inbound", "by": None, "message": number}
        conn.execute(insert(case_event), {**line, "data": {"needs_response": True, "ref": f"m{number}"}})
        taken = {"case": number, "clock": "first_response", "deadline": wrote + DAY, "rung": "inbox@0.5", "step": "inbox"}
        conn.execute(insert(step), {**taken, "at": wrote + DAY / 2, "decided_at": wrote + DAY / 2})

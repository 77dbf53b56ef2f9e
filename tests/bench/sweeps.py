"""The sweep, which runs every second for years: with nothing due, and with a thousand steps due at once.

With nothing due it is one read of an index: a hundred times the cases must not show (limit 1.5), and going through the door (a thread on
SQLite, a task on PostgreSQL) may not make it three times the same statement on a bare connection of the same engine (limit 3).

A thousand due steps must be decided, addressed and queued within 2 s. The reference writes the very rows that the sweep leaves behind,
by bare executemany in one transaction on the same engine. On the machine of README.md that takes about REFERENCE milliseconds, so
that LIMIT is what 2 s come to.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rounds import Bench, timed
from sqlalchemy import bindparam, insert, select, update

from webcare.domain.rulebook import SHIPPED_BOOK
from webcare.domain.sla.promise import DAY
from webcare.services.settle import Rules
from webcare.services.watch import BATCH, watch
from webcare.store import migrate, sqlite_file
from webcare.store.cases import _ANY_DUE
from webcare.store.door import database_url, open_store
from webcare.store.tables import case, case_event, channel, clock, delivery, delivery_notice, message, notice, rule_book, step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULES = Rules(book=SHIPPED_BOOK, revision=1)
DUE = 1_000
REFERENCE = 80  # ms, see README.md
LIMIT = 2000 / REFERENCE

CASE = {
    "brand": "b",
    "channel": "twitter:b",
    "kind": "mention",
    "opening_message": 1,
    "found_by": "classifier",
    "queue": "default",
    "revision": 1,
    "policy": "default",
    "policy_why": "",
    "state": "open",
    "urgency": "normal",
    "unsure": False,
    "events": 1,
}
MESSAGE = {
    "brand": "b",
    "channel": "twitter:b",
    "direction": "inbound",
    "kind": "mention",
    "author_id": "c",
    "text": "?",
    "attachments": [],
    "content_hash": "",
    "created_at": NOW,
    "learned_at": NOW,
    "late_ingest": False,
}


def _foundation(conn: Connection) -> None:
    """Write what every case refers to."""
    conn.execute(insert(channel), {"id": "twitter:b", "brand": "b", "kind": "twitter", "account": "b", "added_at": NOW})
    conn.execute(insert(rule_book), {"revision": 1, "fingerprint": "", "content": {"policy": "shipped"}, "stored_at": NOW})
    conn.execute(insert(message), {**MESSAGE, "id": 1, "external_id": "m1", "conversation_id": "1"})


async def _prepare(url: str, *units: Callable[[Connection], Any]) -> None:
    store = open_store(url)
    for unit in units:
        await store.write(unit)
    await store.close()


# --- nothing due


def many_cases_sqlite(file: Path, count: int) -> str:
    """Return the address of a database with so many open cases, none of them due."""
    url = f"sqlite:///{file}"
    migrate.upgrade(url)
    asyncio.run(_prepare(url, _foundation))
    conn = sqlite3.connect(file, isolation_level=None)
    for setting in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-200000"):
        conn.execute(f"PRAGMA {setting}")
    indexes = conn.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'case' AND sql > ''"
    ).fetchall()
    for name, _ in indexes:
        conn.execute(f"DROP INDEX {name}")  # put back below: sorting once is faster
    names = [*CASE, "conversation_id", "customer_id", "opened_at", "due_clock", "due_at", "next_check_at"]
    fixed, at = tuple(CASE.values()), f"{NOW - timedelta(hours=1):%Y-%m-%d %H:%M:%S.%f}"
    conn.execute("BEGIN")
    conn.executemany(
        f'INSERT INTO "case" ({", ".join(names)}) VALUES ({", ".join("?" * len(names))})',  # noqa: S608 - our own names
        ((*fixed, str(i), str(i), at, "first_response", look := _later(i), look) for i in range(count)),
    )
    for _, sql in indexes:
        conn.execute(sql)
    conn.execute("COMMIT")
    conn.execute("PRAGMA journal_mode=WAL")
    conn.close()
    return url


def _later(i: int) -> str:
    return f"{NOW + timedelta(hours=1, seconds=i % 80_000):%Y-%m-%d %H:%M:%S.%f}"


def _many_cases_sql(count: int) -> str:
    fixed = ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in CASE.values())
    return f"""INSERT INTO "case" ({", ".join(CASE)}, conversation_id, customer_id, opened_at, due_clock, due_at, next_check_at)
        SELECT {fixed}, i, i, now(), 'first_response', look, look
        FROM (SELECT i, timestamptz '{NOW.isoformat()}' + interval '1 hour' + i % 80000 * interval '1 second' AS look
              FROM generate_series(1, {count}) AS i) AS made"""  # noqa: S608 - our own names


def many_cases_postgres(url: str, count: int) -> str:
    migrate.upgrade(url)
    asyncio.run(_prepare(url, _foundation, lambda conn: conn.exec_driver_sql(_many_cases_sql(count)) and None))
    return url


async def _timed_async(work: Callable[[], Any], times: int) -> float:
    loop = asyncio.get_running_loop()
    await work()  # connects, and compiles the statement
    begun = loop.time()
    for _ in range(times):
        await work()
    return (loop.time() - begun) / times


def _through_the_door(url: str, times: int) -> Callable[[], float]:
    async def whole() -> float:
        store = open_store(url)
        try:
            return await _timed_async(lambda: watch(store, RULES, NOW), times)
        finally:
            await store.close()

    return lambda: asyncio.run(whole())


def _bare(url: str, times: int) -> Callable[[], float]:
    """Return a round of the same statement in a transaction of its own, on the engine that the door reads with."""

    async def sqlite(store: Any) -> None:
        with store._reading.connect() as conn, conn.begin():
            conn.execute(_ANY_DUE, {"now": NOW}).first()

    async def postgres(store: Any) -> None:
        async with store._reading.connect() as conn, conn.begin():
            (await conn.execute(_ANY_DUE, {"now": NOW})).first()

    async def whole() -> float:
        store = open_store(url)
        try:
            bare = sqlite if store.dialect == "sqlite" else postgres
            return await _timed_async(lambda: bare(store), times)
        finally:
            await store.close()

    return lambda: asyncio.run(whole())


def nothing_due(dialect: str, few: str, many: str, times: int, sizes: tuple[str, str]) -> Iterator[Bench]:
    yield Bench(
        name=f"sweep.idle.{dialect}.size",
        unit="ms",
        against=f"the same sweep over {sizes[0]} open cases",
        ours=_through_the_door(many, times),
        theirs=_through_the_door(few, times),
        limit=1.5,
        required=f"{sizes[1]} open cases cost what {sizes[0]} do",
    )
    yield Bench(
        name=f"sweep.idle.{dialect}.door",
        unit="ms",
        against="the same statement on a bare connection",
        ours=_through_the_door(many, times),
        theirs=_bare(many, times),
        limit=3,
        required="one indexed read",
    )


# --- a thousand steps due


def _due_cases(conn: Connection, count: int) -> None:
    """Cases that have just reached the third quarter of their target: the alert is due, the step before it was taken."""
    wrote = NOW - DAY * 3 / 4
    numbers = range(2, count + 2)
    conn.execute(insert(message), [{**MESSAGE, "id": n, "external_id": f"m{n}", "conversation_id": str(n)} for n in numbers])
    own = {**CASE, "opened_at": wrote, "due_clock": "first_response", "due_at": wrote + DAY, "next_check_at": NOW}
    rows = [{**own, "id": n, "opening_message": n, "conversation_id": str(n), "customer_id": str(n)} for n in numbers]
    conn.execute(insert(case), rows)
    said = {"seq": 0, "at": wrote, "learned_at": wrote, "type": "inbound", "by": None}
    conn.execute(
        insert(case_event), [{**said, "case": n, "message": n, "data": {"needs_response": True, "ref": f"m{n}"}} for n in numbers]
    )
    taken = {
        "clock": "first_response",
        "deadline": wrote + DAY,
        "rung": "inbox@0.5",
        "step": "inbox",
        "at": wrote,
        "decided_at": wrote,
    }
    conn.execute(insert(step), [{**taken, "case": n} for n in numbers])


async def _watch_all(url: str) -> int:
    store = open_store(url)
    steps = 0
    try:
        while True:
            swept = await watch(store, RULES, NOW)
            steps += swept.steps
            if swept.cases < BATCH:
                return steps
    finally:
        await store.close()


WRITTEN = (step, notice, delivery, delivery_notice, clock)
PROJECTED = ("state", "due_clock", "due_at", "next_check_at", "events", "opened_at", "closed_at")
PROJECT = update(case).where(case.c.id == bindparam("number")).values({name: bindparam(name) for name in PROJECTED})


def _left_behind(conn: Connection) -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]]:
    """Return the rows that the sweep wrote, and the cases that it brought up to date."""
    rows = {table.name: [dict(row._mapping) for row in conn.execute(select(table))] for table in WRITTEN}
    rows["step"] = [row for row in rows["step"] if row["decided_at"] == NOW]
    columns = [case.c.id.label("number"), *(case.c[name] for name in PROJECTED)]
    return rows, [dict(row._mapping) for row in conn.execute(select(*columns))]


def _write_raw(url: str, rows: dict[str, list[dict[str, Any]]], cases: list[dict[str, Any]]) -> None:
    engine = sqlite_file.engine(database_url(url), connections=1)
    with engine.begin() as conn:
        for table in WRITTEN:
            conn.execute(insert(table), rows[table.name])
        conn.execute(PROJECT, cases)
    engine.dispose()


def thousand_due(folder: Path, count: int = DUE) -> Iterator[Bench]:
    template = folder / "due.db"
    url = f"sqlite:///{template}"
    migrate.upgrade(url)
    asyncio.run(_prepare(url, _foundation, lambda conn: _due_cases(conn, count)))

    def on_a_copy(work: Callable[[str], object]) -> float:
        file = folder / "copy.db"
        shutil.copy(template, file)
        seconds = timed(lambda: work(f"sqlite:///{file}"))
        for left in folder.glob("copy.db*"):
            left.unlink()
        return seconds

    async def swept() -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]]:
        file = folder / "swept.db"
        shutil.copy(template, file)
        assert await _watch_all(f"sqlite:///{file}") == count
        store = open_store(f"sqlite:///{file}")
        found = await store.read(_left_behind)
        await store.close()
        return found

    rows, cases = asyncio.run(swept())
    assert len(rows["step"]) == len(rows["notice"]) == len(rows["delivery_notice"]) == count
    yield Bench(
        name="sweep.due",
        unit="ms",
        against=f"writing the rows of these {count} steps by bare executemany",
        ours=lambda: on_a_copy(lambda url: asyncio.run(_watch_all(url))),
        theirs=lambda: on_a_copy(lambda url: _write_raw(url, rows, cases)),
        limit=LIMIT,
        required=f"{count} due steps with their notices within 2 s",
    )

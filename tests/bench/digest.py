"""The digest of a busy day in a long history: 20,000 messages among 1,000,000, on SQLite, with a letter kept of each day before it.

The requirement is 2 s. The reference reads the day's messages and verdicts and the first responses of four weeks through bare `sqlite3`
and sorts the latter: what no digest goes without. On the machine of README.md that takes about REFERENCE milliseconds.
"""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rounds import Bench, timed
from sweeps import CASE, MESSAGE, _foundation, _prepare

from webcare.domain.digest import Digest, Period
from webcare.domain.digest_record import freeze
from webcare.services.summarize import digest_for
from webcare.store import digest_kept, migrate
from webcare.store.door import open_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

A_DAY, HISTORY = 20_000, 1_000_000
MISSED = 50  # one message in so many: 5 % of the cases
REFERENCE = 200  # ms
LIMIT = 2000 / REFERENCE
DAY = date(2026, 11, 23)
PERIOD = Period(day=DAY, zone="UTC")
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(hours=32)
KINDS = ("mention", "comment", "dm")


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


def _insert(
    conn: sqlite3.Connection, table: str, fixed: dict[str, Any], own: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> None:
    names, values = [*fixed, *own], tuple(fixed.values())
    marks = ", ".join("?" * len(names))
    quoted = ", ".join(f'"{name}"' for name in names)
    conn.executemany(f'INSERT INTO "{table}" ({quoted}) VALUES ({marks})', ((*values, *row) for row in rows))  # noqa: S608 - our own names


def _history(file: Path, a_day: int, days: int) -> None:
    """Write days of messages, the last of them the day itself: of fifty messages twenty open a case, and one of these is a miss."""
    conn = sqlite3.connect(file, isolation_level=None)
    for setting in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-200000"):
        conn.execute(f"PRAGMA {setting}")
    tables = ("message", "verdict", "case", "case_event", "clock", "step", "notice", "delivery", "delivery_notice")
    dropped = conn.execute(
        f"SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql > '' AND tbl_name IN {tables}"  # noqa: S608 - our own names
    ).fetchall()
    for type_, name, _ in dropped:
        conn.execute(f"DROP {type_} {name}")  # put back below: sorting once is faster
    count = a_day * days
    start, step = MIDNIGHT - timedelta(days=days - 1), timedelta(days=1) / a_day
    written = [start + n * step for n in range(count)]
    cases = [n for n in range(count) if n % 10 < 4]
    conn.execute("BEGIN")
    message = {name: value for name, value in MESSAGE.items() if name not in {"created_at", "learned_at", "kind", "attachments"}}
    _insert(
        conn, "message", {**message, "attachments": "[]"}, ("id", "external_id", "conversation_id", "kind", "created_at", "learned_at", "verdict"),
        ((n + 2, f"m{n + 2}", str(n + 2), KINDS[n % 3], at := _at(written[n]), at, n + 2) for n in range(count)),
    )  # fmt: skip
    verdict = {
        "by": "machine",
        "model": "rules",
        "language": "nl",
        "sentiment": "neutral",
        "scores": "{}",
        "needs_response": True,
    }
    verdict |= {"needs_response_score": 0.9, "urgency": "normal"}
    _insert(
        conn, "verdict", verdict, ("id", "message", "at", "intents", "unsure"),
        ((n + 2, n + 2, _at(written[n]), '["question"]' if n % 2 else "[]", n % 20 == 0) for n in range(count)),
    )  # fmt: skip
    _insert(
        conn, "case", {**CASE, "state": "closed"}, ("id", "conversation_id", "customer_id", "opened_at", "closed_at"),
        ((n + 2, str(n + 2), "c", _at(written[n]), _at(written[n] + timedelta(days=2))) for n in cases),
    )  # fmt: skip
    event = {"seq": 0, "type": "inbound", "data": '{"needs_response": true}'}
    _insert(
        conn,
        "case_event",
        event,
        ("case", "at", "learned_at", "message"),
        ((n + 2, at := _at(written[n]), at, n + 2) for n in cases),
    )
    _insert(
        conn, "clock", {"clock": "first_response", "nth": 0, "target_s": 86400.0},
        ("case", "state", "started_at", "due_at", "stopped_at", "elapsed_s"), (_clock(n, written[n]) for n in cases),
    )  # fmt: skip
    _alerts(conn, [n for n in cases if n % MISSED == 0], written)
    for *_, sql in dropped:
        conn.execute(sql)
    conn.execute("COMMIT")
    conn.execute("PRAGMA journal_mode=WAL")
    conn.close()


def _clock(n: int, at: datetime) -> tuple[Any, ...]:
    took = timedelta(hours=30) if n % MISSED == 0 else timedelta(seconds=60 + n % 80_000)
    state = "missed" if n % MISSED == 0 else "met"
    return n + 2, state, _at(at), _at(at + timedelta(days=1)), _at(at + took), took.total_seconds()


def _alerts(conn: sqlite3.Connection, missed: list[int], written: list[datetime]) -> None:
    """One alert of each miss, three quarters on the way to its deadline."""
    own = [(n + 2, _at(written[n] + timedelta(hours=18)), _at(written[n] + timedelta(days=1))) for n in missed]
    step = {"clock": "first_response", "rung": "alert@0.75", "step": "alert"}
    _insert(conn, "step", step, ("id", "case", "deadline", "at", "decided_at"), ((n, n, due, at, at) for n, at, due in own))
    _insert(conn, "notice", {"person": "noor", "why": ""}, ("id", "step"), ((n, n) for n, *_ in own))
    delivery = {
        "brand": "b",
        "kind": "alert",
        "person": "noor",
        "method": "push",
        "content": '{"cases": []}',
        "state": "sent",
        "attempt": 1,
    }
    _insert(
        conn, "delivery", delivery, ("id", "key", "created_at", "not_before", "sent_at"),
        ((n, f"alert:{n}", at, at, at) for n, at, _ in own),
    )  # fmt: skip
    _insert(conn, "delivery_notice", {}, ("delivery", "notice"), ((n, n) for n, *_ in own))


async def _keep_letters(url: str, days: int) -> None:
    """Keep a digest of each of the days before, as a house has them that sends letters."""
    store = open_store(url)
    try:
        for n in range(min(days - 1, 28), 0, -1):
            period = PERIOD.later(-n)
            found = freeze(await digest_for(store, period, period.ends_at + timedelta(hours=8)))
            await store.write(digest_kept.keep, found, period.ends_at + timedelta(hours=8))
    finally:
        await store.close()


async def _made(url: str) -> Digest:
    store = open_store(url)
    try:
        return await digest_for(store, PERIOD, NOW)
    finally:
        await store.close()


def _bare(file: Path) -> None:
    conn = sqlite3.connect(file)
    start, end, month = _at(MIDNIGHT), _at(MIDNIGHT + timedelta(days=1)), _at(MIDNIGHT - timedelta(days=28))
    conn.execute(
        """SELECT m.id, m.channel, m.kind, m.created_at, v.intents, v.unsure, v.by FROM message m LEFT JOIN verdict v ON v.id = m.verdict
           WHERE m.direction = 'inbound' AND m.channel = 'twitter:b' AND m.created_at >= ? AND m.created_at < ?""",
        (start, end),
    ).fetchall()
    conn.execute(
        "SELECT elapsed_s FROM clock WHERE state = 'met' AND clock = 'first_response' AND stopped_at >= ? AND stopped_at < ? ORDER BY 1",
        (month, start),
    ).fetchall()
    conn.close()


def busy_day(folder: Path, a_day: int = A_DAY, history: int = HISTORY) -> Iterator[Bench]:
    file, days = folder / "digest.db", max(2, history // a_day)
    url = f"sqlite:///{file}"
    migrate.upgrade(url)
    asyncio.run(_prepare(url, _foundation))
    _history(file, a_day, days)
    asyncio.run(_keep_letters(url, days))
    found = asyncio.run(_made(url))
    assert found.heard == a_day + 1  # that of the foundation is of this day too
    assert found.first_response.count > a_day * 3 // 10
    assert len(found.misses) == a_day // MISSED
    yield Bench(
        name="digest.day",
        unit="ms",
        against="the day's messages and four weeks of first responses by bare sqlite3",
        ours=lambda: timed(lambda: asyncio.run(_made(url))),
        theirs=lambda: timed(lambda: _bare(file)),
        limit=LIMIT,
        required=f"the digest of a day with {a_day} messages among {a_day * days} in < 2 s",
    )

"""A restored backup never re-sends.

The database counts generations, and a small file outside it (the state folder) remembers the last. Each time the daemon starts,
and in each transaction that leases deliveries, `start_generation` takes the next number; after the commit and before anything is
sent, `remember` writes it to the file.

    file 41, database 41 -> 42     the same history: go on
    file 41, database 17           the database is older than what we sent: hold every queued delivery, until a person resumes

A backup put back on a machine without the file cannot be told from a move: there a person calls `hold`.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, update

from webcare.store import acts
from webcare.store.dialect import upsert
from webcare.store.errors import StoreUnavailable
from webcare.store.tables import delivery, site

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

KEY: Final = "generation"
_TURN: Final = threading.Lock()  # alerts and replies are leased side by side


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """The number now in force, whether the database turned out to be a restored backup, and how many deliveries that held."""

    value: int
    restored: bool
    held: int


def start_generation(conn: Connection, outside: int | None, machine_now: datetime) -> Generation:
    """Take the next number; `outside` is what the file remembers, None when there is no file."""
    inside = int(conn.scalar(select(site.c.value).where(site.c.key == KEY)) or 0)
    restored = outside is not None and outside > inside
    value = max(inside, outside or 0) + 1
    conn.execute(upsert(conn, site, {"key": KEY, "value": str(value)}, key=["key"]))
    return Generation(value=value, restored=restored, held=hold(conn, machine_now) if restored else 0)


def hold(conn: Connection, machine_now: datetime) -> int:
    """Hold every queued delivery and return how many; a press on a message that did not leave is over: it may have been undone since."""
    acts.drop_waiting(conn, machine_now, acts.RESTORED)
    changed = update(delivery).where(delivery.c.state == "queued").values(state="held", held_at=machine_now, gathers=None)
    return conn.execute(changed).rowcount


def held(conn: Connection) -> list[tuple[str, int, datetime]]:
    """Return of each kind of delivery how many are held, and when the oldest was due."""
    counted = select(delivery.c.kind, func.count(), func.min(delivery.c.not_before)).where(delivery.c.state == "held")
    rows = conn.execute(counted.group_by(delivery.c.kind).order_by(delivery.c.kind))
    return [(kind, count, oldest) for kind, count, oldest in rows]


def resume(conn: Connection) -> int:
    """Queue what was held and return how many."""
    changed = update(delivery).where(delivery.c.state == "held").values(state="queued", held_at=None)
    return conn.execute(changed).rowcount


def remembered(file: Path) -> int | None:
    """Read the number outside; None when there is no file, or none that holds a number."""
    with suppress(FileNotFoundError, ValueError):
        return int(file.read_text("ascii"))
    return None


def remember(file: Path, value: int) -> None:
    """Write the number outside, whole or not at all, and onto the disk; those who write at once take turns.

    Raises:
        StoreUnavailable: it cannot be written.
    """
    try:
        with _TURN:
            _write(file, value)
    except OSError as error:
        raise StoreUnavailable(f"The state folder {file.parent} cannot be written: {error.strerror}.") from error


def _write(file: Path, value: int) -> None:
    fresh = file.with_name(f"{file.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, f"{value}\n".encode("ascii"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)  # the new name too
    finally:
        os.close(folder)

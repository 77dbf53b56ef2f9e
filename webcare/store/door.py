"""The door to the database: hand in a unit of work, get its value back once it is safe.

    await store.write(accept, message)   accept(conn, message) runs in one transaction; returns after the commit
    await store.read(due, now)           read-only; on SQLite it never waits for a writer
    async with store.held():             replay: one transaction over many units, each under its own savepoint

A unit of work is a plain function `(Connection, ...) -> value`: nobody can await inside a transaction, and SQLite and
PostgreSQL run the same lines. It touches nothing but its connection (PostgreSQL may run it again after a conflict), returns
plain values, and leaves beginning and ending to the door. README.md beside this file says why.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, Protocol, TypeVar

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from webcare.store.errors import StoreUnsupported
from webcare.store.sqlite import SQLiteStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from sqlalchemy import Connection

P = ParamSpec("P")
T = TypeVar("T")

PARAMETERS: Final = {"host", "port", "ssl", "passfile", "prepared_statement_cache_size"}  # of a PostgreSQL address


class Store(Protocol):
    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""

    async def write(self, unit: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the unit in a transaction and return its value after the commit.

        What the unit raises rolls back that unit only, and comes out here. Once handed over, the unit runs even when the caller
        is cancelled. A `StoreError` means that nothing of it was kept.
        """

    async def read(self, unit: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the unit on one snapshot, in which it cannot write."""

    def held(self) -> AbstractAsyncContextManager[None]:
        """Hold one transaction over everything that is written and read inside.

        Commits at the exit and at each `checkpoint()`; an exception that leaves the block rolls back what came after the last one.
        On SQLite the units run on the calling thread: for a program that does nothing else meanwhile.
        """

    async def checkpoint(self) -> None:
        """Commit what the held transaction has so far. Outside `held()` there is nothing to do."""

    async def close(self) -> None:
        """Finish what is queued and let go of the database."""


def database_url(url: str) -> URL:
    """Read an address: `sqlite:///path`, `postgresql://user:password@host/name`, or a plain path, which is SQLite.

    Raises:
        StoreUnsupported: any other database, or one in memory: it would be gone at the first restart.
    """
    if "://" not in url:
        return _file_url(URL.create("sqlite", database=str(Path(url).expanduser()) if url else None))
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # neither is shown: they quote the address, and the address has a password
        raise StoreUnsupported(
            "The database address cannot be read; write sqlite:///path or postgresql://user@host/name."
        ) from None
    match parsed.get_backend_name():
        case "sqlite":
            return _file_url(parsed.set(drivername="sqlite"))
        case "postgresql" | "postgres":
            return _server_url(parsed)
        case other:
            raise StoreUnsupported(f"webcare keeps its data in SQLite or PostgreSQL, not in {other}.")


def _file_url(url: URL) -> URL:
    if url.database in {None, "", ":memory:"} or str(url.database).startswith("file:"):
        raise StoreUnsupported("The database must be a file; write sqlite:///path.")
    return url


def _server_url(url: URL) -> URL:
    query = {("ssl" if name == "sslmode" else name): value for name, value in url.query.items()}  # libpq's word for it
    if unknown := sorted(query.keys() - PARAMETERS):
        raise StoreUnsupported(f"The database address has parameters that webcare does not know: {', '.join(unknown)}.")
    return url.set(drivername="postgresql+asyncpg", query=query)


def is_missing(url: str) -> bool:
    """Tell whether this is a SQLite file that is not there: opening it would make an empty one where somebody mistyped a path."""
    parsed = database_url(url)
    if parsed.get_backend_name() != "sqlite":
        return False
    file = Path(str(parsed.database))
    return file.parent.is_dir() and not file.exists()


def open_store(url: str, *, exclusive: bool = False, durable: bool = True) -> Store:
    """Open the database.

    Args:
        url: see `database_url`.
        exclusive: on SQLite, hold `<file>.lock` so that no second `run` starts; the lock dies with the process. PostgreSQL is shared.
        durable: False for a throw-away SQLite file: nothing is flushed to the disk, a power cut may ruin it.

    Raises:
        StoreError: it cannot be opened. PostgreSQL connects at first use and raises there.
    """
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SQLiteStore.open(parsed, exclusive=exclusive, durable=durable)
    from webcare.store.postgres import PostgresStore  # noqa: PLC0415 - its driver is an extra, and asyncio support is slow to import

    return PostgresStore.open(parsed)

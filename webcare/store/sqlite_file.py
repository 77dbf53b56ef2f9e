"""The SQLite file: how its connections are made, who may hold it, and what its errors mean."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import create_engine, event
from sqlalchemy.exc import DBAPIError

from webcare.store import units
from webcare.store.errors import (
    StoreError,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnsupported,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

BUSY_SECONDS: Final = 10.0  # how long we wait for another process that writes

# https://www.sqlite.org/rescode.html
_TROUBLE: Final[dict[int, tuple[type[StoreError], str]]] = {
    sqlite3.SQLITE_PERM: (StoreReadOnly, "The file system refuses access to the database {file}."),
    sqlite3.SQLITE_BUSY: (StoreLocked, "The database {file} is locked by another process that writes."),
    sqlite3.SQLITE_LOCKED: (StoreLocked, "The database {file} is locked by another connection of this process."),
    sqlite3.SQLITE_READONLY: (StoreReadOnly, "The database {file} is read-only."),
    sqlite3.SQLITE_IOERR: (StoreUnavailable, "The disk fails under the database {file}."),
    sqlite3.SQLITE_CORRUPT: (StoreError, "The database {file} is damaged; restore a backup."),
    sqlite3.SQLITE_FULL: (StoreFull, "No room is left for the database {file}."),
    sqlite3.SQLITE_CANTOPEN: (StoreUnavailable, "The database {file} cannot be opened."),
    sqlite3.SQLITE_NOTADB: (StoreError, "The file {file} is not an SQLite database."),
}


def raw(conn: Connection) -> sqlite3.Connection:
    """Reach the driver's connection, for savepoints: twenty times cheaper than through the engine."""
    return cast("sqlite3.Connection", conn.connection.dbapi_connection)


def explained(error: BaseException, file: str) -> BaseException:
    """Return a `StoreError` for what the file system or another process did; what a unit raised comes back as it is."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(origin, "sqlite_errorcode", None)
    if code is None or (code & 0xFF) not in _TROUBLE:  # the upper bits refine the same trouble
        return error
    kind, sentence = _TROUBLE[code & 0xFF]
    told = kind(sentence.format(file=file))
    told.__cause__ = error
    return told


@contextmanager
def explaining(file: str) -> Iterator[None]:
    """Raise a `StoreError` where `explained` knows one."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        told = explained(error, file)
        if told is error:
            raise
        raise told from error


def engine(url: URL, *, connections: int, durable: bool = True, read_only: bool = False) -> Engine:
    """Make an engine whose transactions begin at BEGIN: IMMEDIATE to write, so that no read is stale when it writes."""
    made = create_engine(
        url,
        hide_parameters=True,  # an error must not say what a customer wrote
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "isolation_level": None, "cached_statements": 256},
    )
    settings = ["foreign_keys=ON", f"synchronous={'FULL' if durable else 'OFF'}", f"query_only={'ON' if read_only else 'OFF'}"]
    if not read_only:
        settings.append("secure_delete=ON")  # what is erased is overwritten: not every build of SQLite does so by itself
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    @event.listens_for(made, "connect")
    def _set_up(connection: sqlite3.Connection, _record: Any) -> None:
        if not read_only and connection.execute("PRAGMA journal_mode=WAL").fetchone() != ("wal",):
            raise StoreUnsupported(
                f"The database {url.database} stands on a file system without shared memory; use a local disk."
            )
        for setting in settings:
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(made, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    units.forbid_endings(made)
    return made


def check_place(url: URL) -> None:
    """Look before opening: SQLite's own message is the same for all of these.

    Raises:
        StoreError: no such folder, a folder in the file's place, or no right to write.
    """
    file = Path(str(url.database))
    if not file.parent.is_dir():
        raise StoreUnavailable(f"The folder {file.parent} of the database does not exist.")
    if file.is_dir():
        raise StoreUnavailable(f"The database {file} is a folder.")
    if file.exists() and not os.access(file, os.W_OK, effective_ids=True):
        raise StoreReadOnly(f"The database {file} is read-only.")
    if not os.access(file.parent, os.W_OK, effective_ids=True):
        raise StoreReadOnly(f"The folder {file.parent} of the database is read-only; SQLite writes files beside it.")


class FileLock:
    """`<database>.lock`, held by the kernel for as long as the process lives. The file stays; the lock goes."""

    def __init__(self, url: URL) -> None:
        self.path = Path(f"{url.database}.lock")
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"The lock file {self.path} cannot be opened: {error.strerror}.") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._descriptor, 20).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            by = f" by process {holder}" if holder else ""
            raise StoreLocked(f"Another webcare runs on this database: the lock file {self.path} is held{by}.") from error
        with suppress(OSError):  # a full disk: the number is a courtesy, the lock is what counts
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, f"{os.getpid()}\n".encode("ascii"))

    def release(self) -> None:
        os.close(self._descriptor)

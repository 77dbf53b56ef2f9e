"""SQLite behind the door: one thread that writes, a few that read.

    write() --> inbox --> [ BEGIN IMMEDIATE | unit, unit, unit: each under its savepoint | COMMIT ] --> futures
                             what arrives meanwhile waits for the next group

One COMMIT with `synchronous=FULL` is one flush of the disk; the group shares it. Nothing is answered before the commit, and
when the commit fails every unit of the group hears it. The units run on the sync engine: an async driver would add a thread
hop for each statement.

Inside `held()` the threads rest and the units run where they are called.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

from webcare.store import sqlite_file, units
from webcare.store.errors import StoreClosed, StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

    from sqlalchemy import URL, Connection, Engine, RootTransaction

P = ParamSpec("P")
T = TypeVar("T")

READERS: Final = 3
GROUP: Final = 200  # units in one transaction: bounds what one commit holds back, and what a failed one takes with it
WAITING: Final = 1000  # units handed over and not yet answered; the next caller waits its turn


@dataclass(slots=True, eq=False)
class _Job:
    """A unit on its way through the writer, which notes the outcome; the future hears of it on its own loop."""

    unit: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    value: Any = None
    failure: BaseException | None = None


class SQLiteStore:
    dialect: Final = "sqlite"

    def __init__(self, file: str, writing: Engine, reading: Engine, lock: sqlite_file.FileLock | None) -> None:
        self._file = file
        self._writing = writing
        self._reading = reading
        self._lock = lock
        self._conn = writing.connect()  # the writer's; whoever calls, inside held()
        self._inbox: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._room = asyncio.Semaphore(WAITING)
        self._unanswered = 0
        self._closed = False
        self._held: RootTransaction | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._writer = threading.Thread(target=self._write_groups, name="store-write", daemon=True)

    @classmethod
    def open(cls, url: URL, *, exclusive: bool, durable: bool) -> SQLiteStore:
        """Open the file, creating it when its folder exists.

        Raises:
            StoreError: it cannot be opened, or another process holds the lock file.
        """
        sqlite_file.check_place(url)
        lock = sqlite_file.FileLock(url) if exclusive else None
        file = str(url.database)
        writing = sqlite_file.engine(url, connections=1, durable=durable)
        reading = sqlite_file.engine(url, connections=READERS, durable=durable, read_only=True)
        try:
            with sqlite_file.explaining(file):
                store = cls(file, writing, reading, lock)  # connects, and so reads the file's first page
        except BaseException:
            writing.dispose()
            if lock is not None:
                lock.release()
            raise
        store._writer.start()
        return store

    async def write(self, unit: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """See `door.Store.write`."""
        value: T = await self._write(lambda conn: unit(conn, *args, **kwargs))
        return value

    async def read(self, unit: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """See `door.Store.read`."""
        self._refuse_when_closed()
        if self._held is not None:
            value: T = self._run_held(lambda conn: unit(conn, *args, **kwargs))
            return value
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, self._read, lambda conn: unit(conn, *args, **kwargs)
        )

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """See `door.Store.held`."""
        while self._unanswered:  # the connection is ours once the writer has nothing left to answer
            await self._write(lambda _conn: None)
        self._refuse_when_closed()
        if self._held is not None:
            raise RuntimeError("The transaction is held already.")
        with sqlite_file.explaining(self._file):
            self._held = self._conn.begin()
        try:
            yield
            with sqlite_file.explaining(self._file):
                self._held.commit()
        finally:
            self._held = None
            _leave(self._conn)

    async def checkpoint(self) -> None:
        """See `door.Store.checkpoint`."""
        if self._held is not None:
            with sqlite_file.explaining(self._file):
                self._held.commit()
                self._held = self._conn.begin()

    async def close(self) -> None:
        """See `door.Store.close`."""
        if not self._closed:
            self._closed = True
            self._inbox.put(None)
            await asyncio.to_thread(self._stop)

    # on the caller's loop

    async def _write(self, unit: Callable[[Connection], Any]) -> Any:
        self._refuse_when_closed()
        if self._held is not None:
            return self._run_held(unit)
        await self._room.acquire()  # given back with the answer, not by the caller: it may be cancelled before
        return await self._hand_over(unit)

    async def _hand_over(self, unit: Callable[[Connection], Any]) -> Any:
        if self._closed or self._held is not None:  # since the caller began to wait for room
            self._room.release()
            self._refuse_when_closed()
            return self._run_held(unit)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._unanswered += 1
        self._inbox.put(_Job(unit, future))
        return await future

    def _hear(self, jobs: Iterable[_Job]) -> None:
        for job in jobs:
            self._unanswered -= 1
            self._room.release()
            if job.future.done():  # its caller was cancelled; the unit is committed all the same
                continue
            if job.failure is None:
                job.future.set_result(job.value)
            else:
                job.future.set_exception(job.failure)

    def _run_held(self, unit: Callable[[Connection], Any]) -> Any:
        with sqlite_file.explaining(self._file):
            return _under_savepoint(self._conn, unit)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise StoreClosed(f"The database {self._file} was closed.")

    # on the readers' threads

    def _read(self, unit: Callable[[Connection], T]) -> T:
        with sqlite_file.explaining(self._file), self._reading.connect() as conn, conn.begin():
            return units.run(conn, unit)

    # on the writer's thread

    def _write_groups(self) -> None:
        while (first := self._inbox.get()) is not None:
            group = deque([first])
            with suppress(queue.Empty):
                while len(group) < GROUP:
                    job = self._inbox.get_nowait()
                    if job is None:
                        self._inbox.put(None)  # nothing comes after it: stop once this group is answered
                        break
                    group.append(job)
            while group:
                self._answer(self._commit(group))

    def _commit(self, group: deque[_Job]) -> list[_Job]:
        """Take units from the group into one transaction; return those that have their outcome. The rest has not run."""
        done: list[_Job] = []
        try:
            transaction = self._conn.begin()
            while group:
                job = group.popleft()
                done.append(job)
                try:
                    job.value = _under_savepoint(self._conn, job.unit)
                except BaseException as error:
                    job.failure = self._told(error)
                    if not sqlite_file.raw(self._conn).in_transaction:
                        raise  # a full disk takes the whole transaction with it
            transaction.commit()
        except BaseException as error:  # noqa: BLE001 - nothing of this transaction was kept, and no caller may wait forever
            if not done:
                done.extend(group)
                group.clear()
            for job in done:
                job.failure = job.failure or self._told(error)
        finally:
            _leave(self._conn)
        return done

    def _told(self, error: BaseException) -> BaseException:
        if isinstance(error, StopIteration):  # no future takes it
            return RuntimeError("A unit of work raised StopIteration.")
        return sqlite_file.explained(error, self._file)

    def _answer(self, jobs: list[_Job]) -> None:
        for loop in {job.future.get_loop() for job in jobs}:
            with suppress(RuntimeError):  # that loop has ended, and its callers with it
                loop.call_soon_threadsafe(self._hear, [job for job in jobs if job.future.get_loop() is loop])

    def _stop(self) -> None:
        self._writer.join()
        self._readers.shutdown()
        self._conn.close()
        self._writing.dispose()
        self._reading.dispose()
        if self._lock is not None:
            self._lock.release()


def _under_savepoint(conn: Connection, unit: Callable[[Connection], Any]) -> Any:
    raw = sqlite_file.raw(conn)
    if not raw.in_transaction:
        raise StoreError("The transaction was lost to an earlier error.")
    raw.execute("SAVEPOINT unit")
    try:
        value = units.run(conn, unit)
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK TO unit")
            raw.execute("RELEASE unit")
        raise
    raw.execute("RELEASE unit")
    return value


def _leave(conn: Connection) -> None:
    """Roll back whatever is still open, also where an error came between the engine and the file."""
    with suppress(Exception):
        conn.rollback()
    raw = sqlite_file.raw(conn)
    if raw.in_transaction:
        with suppress(Exception):
            raw.rollback()

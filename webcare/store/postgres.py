"""PostgreSQL behind the door: pooled connections, each unit in a transaction of its own.

Writes are SERIALIZABLE: a unit may read and then write as if it were alone, as it is on SQLite. Where two of them would not fit,
PostgreSQL lets one win and the other is run again after a pause: a few times beside the others, then while the rest of this process waits.
Reads see one snapshot (REPEATABLE READ) and wait for nobody.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine

from webcare.store import units
from webcare.store.errors import (
    StoreClosed,
    StoreDenied,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnsupported,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

    from sqlalchemy import URL, Connection
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

P = ParamSpec("P")
T = TypeVar("T")

WRITERS: Final = 4  # units that write at a time, of this process
READERS: Final = 4
WAITING: Final = 1000  # units handed over and not yet answered; the next caller waits its turn
ATTEMPTS: Final = 16
BESIDE_OTHERS: Final = 2  # attempts before a unit asks the other writers to wait
# Seconds before another attempt, doubling: two daemons that try again at once meet again at once.
PAUSE, LONGEST_PAUSE = 0.002, 0.1
CONNECT_SECONDS: Final = 10.0

# https://www.postgresql.org/docs/current/errcodes-appendix.html: whole codes first, then classes
_CONFLICT: Final = {"40001", "40P01"}
_TROUBLE: Final[dict[str, tuple[type[StoreError], str]]] = {
    "28": (StoreDenied, "The database {shown} refuses the user name or the password."),
    "42501": (StoreDenied, "The database {shown} does not let this user do that."),
    "3D000": (StoreUnavailable, "There is no such database: {shown}."),
    "53100": (StoreFull, "No room is left for the database {shown}."),
    "25006": (StoreReadOnly, "The database {shown} is read-only here."),
    "40": (StoreLocked, "Other writers to the database {shown} kept getting in between."),
    "55P03": (StoreLocked, "The database {shown} is locked by another writer."),
    "55000": (StoreUnavailable, "The database {shown} takes no connections now."),
    "08": (StoreUnavailable, "The connection to the database {shown} was lost."),
    "53": (StoreUnavailable, "The database {shown} has no connection or memory left for us."),
    "57P": (StoreUnavailable, "The database {shown} is stopping or starting."),
    "58": (StoreUnavailable, "The disk fails under the database {shown}."),
}


def _state(error: BaseException) -> str:
    """Find the SQLSTATE, whichever of SQLAlchemy and asyncpg raised it."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlstate", None) or ""


def _explained(error: Exception, shown: str) -> StoreError | None:
    state = _state(error)
    for code, (kind, sentence) in _TROUBLE.items():
        if state.startswith(code):
            return kind(sentence.format(shown=shown))
    if isinstance(error, (OSError, asyncio.TimeoutError)):  # also a refused connection and an unknown host
        return StoreUnavailable(f"The database {shown} cannot be reached.")
    if isinstance(error, PoolTimeoutError):
        return StoreUnavailable(f"Every connection to the database {shown} stayed busy.")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return StoreUnavailable(f"The connection to the database {shown} was lost.")
    return None


class PostgresStore:
    dialect: Final = "postgresql"

    def __init__(self, url: URL, engine: AsyncEngine) -> None:
        self._shown = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        self._engine = engine
        self._writing = engine.execution_options(isolation_level="SERIALIZABLE")
        self._reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._writers = asyncio.Semaphore(WRITERS)
        self._alone = asyncio.Lock()
        self._room = asyncio.Semaphore(WAITING)
        self._running: set[asyncio.Task[Any]] = set()
        self._held: _Held | None = None
        self._closed = False

    @classmethod
    def open(cls, url: URL) -> PostgresStore:
        """Make the store; the first unit connects.

        Raises:
            StoreUnsupported: the driver is not installed.
        """
        if any(find_spec(name) is None for name in ("asyncpg", "greenlet")):  # the second is what run_sync stands on
            raise StoreUnsupported('PostgreSQL needs a driver: pip install "webcare[postgres]".')
        engine = create_async_engine(
            url,
            hide_parameters=True,  # an error must not say what a customer wrote
            pool_size=WRITERS + READERS,
            max_overflow=1,  # for held()
            pool_pre_ping=True,
            connect_args={"timeout": CONNECT_SECONDS, "server_settings": {"application_name": "webcare", "jit": "off"}},
        )
        units.forbid_endings(engine.sync_engine)
        return cls(url, engine)

    async def write(self, unit: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """See `door.Store.write`."""
        self._refuse_when_closed()
        if self._held is not None:
            return await self._held.run(lambda conn: unit(conn, *args, **kwargs))
        await self._room.acquire()  # given back by the task: the caller may be cancelled before
        task = asyncio.create_task(self._write(lambda conn: unit(conn, *args, **kwargs)))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def read(self, unit: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """See `door.Store.read`."""
        self._refuse_when_closed()
        if self._held is not None:
            return await self._held.run(lambda conn: unit(conn, *args, **kwargs))
        async with self._explaining():
            return await _in_transaction(self._reading, lambda conn: unit(conn, *args, **kwargs))

    @asynccontextmanager
    async def held(self) -> AsyncGenerator[None]:
        """See `door.Store.held`."""
        self._refuse_when_closed()
        if self._held is not None:
            raise RuntimeError("The transaction is held already.")
        async with AsyncExitStack() as stack:
            async with self._explaining():
                conn = await stack.enter_async_context(self._engine.connect())
            self._held = held = _Held(conn, self._explaining)
            try:
                await held.begin()
                yield
                await held.commit()
            finally:
                self._held = None

    async def checkpoint(self) -> None:
        """See `door.Store.checkpoint`."""
        if self._held is not None:
            await self._held.commit()
            await self._held.begin()

    async def close(self) -> None:
        """See `door.Store.close`."""
        self._closed = True
        if self._running:
            await asyncio.wait(self._running)
        await self._engine.dispose()

    async def _write(self, unit: Callable[[Connection], T]) -> T:
        async with self._explaining():
            for attempt in range(1, ATTEMPTS):
                try:
                    async with self._turn(alone=attempt > BESIDE_OTHERS):
                        return await _in_transaction(self._writing, unit)
                except DBAPIError as error:
                    if _state(error) not in _CONFLICT:
                        raise
                await asyncio.sleep(random.uniform(0, min(PAUSE * 2**attempt, LONGEST_PAUSE)))  # noqa: S311 - to come apart, no secret
            async with self._turn(alone=True):
                return await _in_transaction(self._writing, unit)

    @asynccontextmanager
    async def _turn(self, *, alone: bool) -> AsyncGenerator[None]:
        async with AsyncExitStack() as turn:
            if alone:
                await turn.enter_async_context(self._alone)
            for _ in range(WRITERS if alone else 1):
                await turn.enter_async_context(self._writers)
            yield

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        self._room.release()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise StoreClosed(f"The database {self._shown} was closed.")

    @asynccontextmanager
    async def _explaining(self) -> AsyncGenerator[None]:
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            told = _explained(error, self._shown)
            if told is None:
                raise
            raise told from error


class _Held:
    """One connection, one transaction; units take turns on it, each under its savepoint."""

    def __init__(self, conn: AsyncConnection, explaining: Callable[[], Any]) -> None:
        self._conn = conn
        self._explaining = explaining
        self._turn = asyncio.Lock()

    async def begin(self) -> None:
        async with self._turn, self._explaining():
            await self._conn.begin()

    async def commit(self) -> None:
        async with self._turn, self._explaining():
            await self._conn.commit()

    async def run(self, unit: Callable[[Connection], T]) -> T:
        def under_savepoint(conn: Connection) -> T:
            with conn.begin_nested():
                return units.run(conn, unit)

        async with self._turn, self._explaining():
            return await self._conn.run_sync(under_savepoint)


async def _in_transaction(engine: AsyncEngine, unit: Callable[[Connection], T]) -> T:
    def whole(conn: Connection) -> T:
        with conn.begin():
            return units.run(conn, unit)

    async with engine.connect() as conn:
        return await conn.run_sync(whole)


def once(url: URL, unit: Callable[[Connection], T]) -> Coroutine[Any, Any, T]:
    """Run one unit that may take long and then let go: migrations.

    Raises:
        StoreError: the database is unreachable, or the driver is not installed.
    """

    async def work() -> T:
        store = PostgresStore.open(url)
        try:
            async with store.held():
                return await store.write(unit)
        finally:
            await store.close()

    return work()

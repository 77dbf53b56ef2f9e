"""The database of a command: there, up to date, and closed when the command is done."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final, TypeVar

from webcare.lines import CannotStart
from webcare.store import schema
from webcare.store.door import database_url, is_missing, open_store
from webcare.store.errors import StoreError, StoreNotMigrated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from webcare.settings.model import Settings
    from webcare.store.door import Store

T = TypeVar("T")

ROOM: Final = 1024 * 1024  # ten times what a training keeps
BLOCK: Final = 4096


def database_of(db: str | None, settings: Settings) -> str:
    """Return the address of the database that was named on the command line, else in the settings.

    Raises:
        CannotStart: in neither.
    """
    if db is None and settings.database.url is not None:
        db = settings.database.url.get_secret_value()
    if not db:
        raise CannotStart("which database? Give --db URL, or [database] url in the config")
    return db


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    """Open a database that is up to date.

    Raises:
        StoreNotMigrated: it is not.
    """
    if is_missing(url):
        raise StoreNotMigrated("The database has no tables yet; run `webcare db upgrade`.")
    store = open_store(url)
    try:
        await store.read(schema.require_current)
        yield store
    finally:
        await store.close()


def with_store(url: str, work: Callable[[Store], Awaitable[T]]) -> T:
    """Run this on a database that is up to date.

    Raises:
        CannotStart: it cannot be used.
    """

    async def run() -> T:
        async with opened(url) as store:
            return await work(store)

    try:
        return asyncio.run(run())
    except StoreError as error:
        raise CannotStart(str(error)) from None


@contextmanager
def room_for(url: str) -> Iterator[None]:
    """Hold room on the disk of a SQLite database for what is to be written after this, so that no long work is lost for want of it.

    A server looks after its own disk. The file has no name: it is gone with the process, however that ends.

    Raises:
        CannotStart: there is none.
    """
    parsed = database_url(url)
    if parsed.get_backend_name() != "sqlite":
        yield
        return
    with ExitStack() as stack:
        try:
            held = stack.enter_context(TemporaryFile(dir=Path(str(parsed.database)).parent, buffering=0))
            for _ in range(ROOM // BLOCK):
                held.write(bytes(BLOCK))
        except OSError as error:
            raise CannotStart(f"what is to be kept has no room beside the database {parsed.database}: {error.strerror}") from None
        yield

"""The database fills up, cannot be written, or goes away: the daemon says so once, refuses webhooks, and goes on by itself."""

from __future__ import annotations

import shutil
from importlib import import_module

import knocking
import ledger
import pytest
from disks import small_disk
from processes import until
from settings_file import LAST_RESORT
from sqlalchemy import make_url

pytestmark = pytest.mark.slow

QUESTION = "Waar blijft mijn bestelling?"
ROOM = 256 * 1024


@pytest.fixture
def disk(tmp_path):
    with small_disk(tmp_path / "disk") as found:
        if found is None:
            pytest.skip("a disk of our own is not there: mounting one needs root")
        yield found


@pytest.fixture
def started_on(make_daemon, platforms, sqlite_url):
    """Start a daemon whose database lies in a folder."""

    async def start(folder):
        folder.mkdir(exist_ok=True)
        file = folder / "webcare.db"
        shutil.copy(make_url(sqlite_url).database, file)
        return await make_daemon(f"sqlite:///{file}", platforms).started(), f"sqlite:///{file}"

    return start


async def refuses(daemon, hook, numbers):
    """Knock until the daemon cannot keep what is delivered, and return what it had kept."""
    kept = []

    async def is_refused():
        number = next(numbers)
        status = await knocking.knock(daemon, hook, knocking.message(number, QUESTION))
        if status == 200:
            kept.append(f"wamid.{number}")
        return status == 503

    await until(is_refused, "a webhook is refused")
    return kept


async def takes_again(daemon, hook, numbers, store):
    """Knock until the daemon keeps it, and wait until it is ready and everything that it ever acknowledged is stored."""
    number = next(numbers)

    async def is_taken():
        return await knocking.knock(daemon, hook, knocking.message(number, QUESTION)) == 200

    await until(is_taken, "a webhook is taken")
    await daemon.ready()
    await all_stored(store, [f"wamid.{number}"])


async def all_stored(store, ids):
    async def are_there():
        found = await store.read(ledger.customers_messages)
        return all(found[one] == 1 for one in ids)

    await until(are_there, f"{len(ids)} messages are stored")


async def is_not_ready(daemon):
    status, problems = await daemon.health("readyz")
    assert daemon.process.poll() is None
    return problems if status == 503 else None


def said_once(daemon):
    """Show that what is broken is said once a row of work, and not each second."""
    rows = [event["row"] for event in daemon.events("work.broken")]
    assert len(rows) == len(set(rows)), rows
    assert "Traceback" not in daemon.text()


async def test_a_full_disk(disk, started_on, open_beside):
    daemon, url = await started_on(disk.folder)
    store, numbers = open_beside(url), iter(range(1, 10_000))
    hook = await store.read(ledger.hook_of, "whatsapp")
    disk.fill()
    kept = await refuses(daemon, hook, numbers)
    disk.free()
    await takes_again(daemon, hook, numbers, store)
    await all_stored(store, kept)
    said_once(daemon)
    assert await daemon.stop() == 0


async def test_a_file_that_may_not_grow(started_on, open_beside, tmp_path):
    """The same without a disk of our own: the system refuses to make the file longer."""
    daemon, url = await started_on(tmp_path / "limited")
    store, numbers = open_beside(url), iter(range(1, 10_000))
    hook = await store.read(ledger.hook_of, "whatsapp")
    daemon.limit_files((tmp_path / "limited" / "webcare.db").stat().st_size // 2)
    kept = await refuses(daemon, hook, numbers)
    daemon.limit_files(-1)
    await takes_again(daemon, hook, numbers, store)
    await all_stored(store, kept)
    said_once(daemon)
    assert await daemon.stop() == 0


async def test_a_disk_that_becomes_read_only(disk, started_on, open_beside):
    daemon, url = await started_on(disk.folder)
    store, numbers = open_beside(url), iter(range(1, 10_000))
    hook = await store.read(ledger.hook_of, "whatsapp")
    await store.close()  # a disk with a file that somebody writes to is not made read-only
    daemon.kill()
    disk.make_read_only()
    daemon.start()
    assert await daemon.ended() == 2
    told = daemon.text().splitlines()[-1]
    assert told.startswith("webcare: ")
    assert "read-only" in told.lower() or "cannot be written" in told
    assert "Traceback" not in daemon.text()
    disk.make_writable()
    await daemon.started()
    await takes_again(daemon, hook, numbers, open_beside(url))


@pytest.fixture
async def server(postgres_server):
    """The PostgreSQL server as its operator meets it."""
    asyncpg = import_module("asyncpg")
    connection = await asyncpg.connect(postgres_server)
    yield connection
    await connection.close()


@pytest.mark.slow
async def test_postgresql_is_gone_for_a_while(make_daemon, platforms, open_beside, postgres_url, server):
    daemon = await make_daemon(postgres_url, platforms).started()
    store, numbers = open_beside(postgres_url), iter(range(1, 10_000))
    hook = await store.read(ledger.hook_of, "whatsapp")
    await store.close()
    name = make_url(postgres_url).database
    assert await knocking.knock(daemon, hook, knocking.message(next(numbers), QUESTION)) == 200

    await server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
    await server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    try:
        problems = await until(lambda: is_not_ready(daemon), "it says that it is not ready")
        assert any("database" in problem for problem in problems)
        kept = await refuses(daemon, hook, numbers)
        told = await until(lambda: daemon.lines(LAST_RESORT), "the last resort hears of it")
        assert "database" in told[0]["text"]
        assert (await daemon.health("healthz"))[0] == 200  # nothing that a restart would mend
    finally:
        await server.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")

    back = open_beside(postgres_url)
    await takes_again(daemon, hook, numbers, back)
    await all_stored(back, ["wamid.1", *kept])
    await until(lambda: len(daemon.lines(LAST_RESORT)) == 2, "the last resort hears that it is back")
    said_once(daemon)
    assert await daemon.stop() == 0

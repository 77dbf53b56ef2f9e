"""What can go wrong with a database: one clear sentence, nothing half done, and on with it once the trouble is over."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import sys
import tempfile
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text

from webcare.store.door import open_store
from webcare.store.errors import (
    StoreDenied,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnavailable,
    StoreUnsupported,
)
from webcare.store.tables import site

PASSWORD = "correct-horse"  # noqa: S105 - the one that must not be shown


def put(conn, key, value="x"):
    conn.execute(site.insert().values(key=key, value=value))


def keys(conn):
    return list(conn.scalars(select(site.c.key).order_by(site.c.key)))


def pragma(conn, setting):
    return conn.exec_driver_sql(f"PRAGMA {setting}").scalar()


def log_size(url):
    return Path(f"{make_url(url).database}-wal").stat().st_size


# --- opening


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://root@localhost/x", "in SQLite or PostgreSQL, not in mysql"),
        ("sqlite:///:memory:", "must be a file"),
        ("sqlite://", "must be a file"),
        (":memory:", "must be a file"),
        ("", "must be a file"),
        ("://x", "cannot be read"),
        ("postgresql://u:correct-horse@h:port/x", "cannot be read"),
        ("postgresql://h/x?password=correct-horse&sslmode=require", "does not know: password"),
    ],
)
def test_an_address_that_names_no_database(url, sentence):
    with pytest.raises(StoreUnsupported, match=sentence) as caught:
        open_store(url)
    assert PASSWORD not in str(caught.value)


def test_a_missing_folder(tmp_path):
    with pytest.raises(StoreUnavailable, match=r"The folder .*nowhere of the database does not exist"):
        open_store(str(tmp_path / "nowhere" / "webcare.db"))


def test_a_folder_in_its_place(tmp_path):
    with pytest.raises(StoreUnavailable, match="is a folder"):
        open_store(str(tmp_path))


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "letter.db").write_text("Dear customer, " * 1000, encoding="utf-8")
    with pytest.raises(StoreError, match=r"letter\.db is not an SQLite database"):
        open_store(str(tmp_path / "letter.db"))


@pytest.fixture
def mortal():
    """A folder of somebody who is not root, and being that somebody: to root nothing is read-only."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        yield folder
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_file_that_may_not_be_written(mortal):
    folder = mortal
    if os.getuid() == 0:
        os.seteuid(0)
    open_file = folder / "webcare.db"
    open_file.touch()
    open_file.chmod(0o444)
    if os.getuid() == 0:
        os.seteuid(65534)
    with pytest.raises(StoreReadOnly, match=r"webcare\.db is read-only"):
        open_store(str(open_file))


def test_a_folder_that_may_not_be_written(mortal):
    if os.getuid() != 0:
        mortal.chmod(0o555)
    with pytest.raises(StoreReadOnly, match=r"The folder .* is read-only"):
        open_store(str(mortal / "webcare.db"))


async def test_a_second_run_is_kept_away(sqlite_url):
    first = open_store(sqlite_url, exclusive=True)
    with pytest.raises(StoreLocked, match=rf"the lock file .*webcare\.db\.lock is held by process {os.getpid()}"):
        open_store(sqlite_url, exclusive=True)
    beside = open_store(sqlite_url)  # another command: the same door, without the lock
    await beside.write(put, "a")
    await beside.close()
    await first.close()
    again = open_store(sqlite_url, exclusive=True)
    assert await again.read(keys) == ["a"]
    await again.close()


def test_a_failed_opening_gives_the_lock_back(tmp_path):
    file = tmp_path / "webcare.db"
    file.write_text("no database" * 100, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(StoreError, match="not an SQLite database"):
            open_store(str(file), exclusive=True)


# --- SQLite at work


async def test_another_process_keeps_writing(sqlite_url):
    """Every unit hears it, nothing is kept, and the next ones go through."""
    store = open_store(sqlite_url)
    await store.write(pragma, "busy_timeout=0")
    other = sqlite3.connect(make_url(sqlite_url).database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    outcomes = await asyncio.gather(*(store.write(put, f"{n}") for n in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreLocked] * 5
    with pytest.raises(StoreLocked, match="locked by another process"):
        async with store.held():
            pytest.fail("held what another holds")
    other.execute("ROLLBACK")
    other.close()
    await store.write(put, "after")
    assert await store.read(keys) == ["after"]
    await store.close()


async def test_a_full_disk(sqlite_url):
    """Whoever was told "no" has nothing in the database, whoever was told "yes" has all of it."""
    store = open_store(sqlite_url)
    pages = await store.read(pragma, "page_count")
    await store.write(pragma, f"max_page_count={pages + 2}")
    sizes = {f"{n:02}": 50_000 if n == 10 else 1 for n in range(20)}
    outcomes = await asyncio.gather(*(store.write(put, key, "x" * size) for key, size in sizes.items()), return_exceptions=True)
    refused = {key for key, outcome in zip(sizes, outcomes, strict=True) if isinstance(outcome, StoreFull)}
    assert "10" in refused
    assert set(await store.read(keys)) == set(sizes) - refused
    with pytest.raises(StoreFull, match="No room is left"):
        await store.write(put, "big", "x" * 50_000)

    await store.write(pragma, "max_page_count=1000000")
    await store.write(put, "big", "x" * 50_000)
    assert "big" in await store.read(keys)
    await store.close()


async def test_a_full_disk_inside_held(sqlite_url):
    """The transaction may be gone with the unit that failed; then nothing after it may pretend."""
    store = open_store(sqlite_url)
    pages = await store.read(pragma, "page_count")
    await store.write(pragma, f"max_page_count={pages + 2}")

    async def fills_up():
        async with store.held():
            await store.write(put, "a")
            await store.checkpoint()
            await store.write(put, "big", "x" * 50_000)

    with pytest.raises(StoreFull):
        await fills_up()
    assert await store.read(keys) == ["a"]
    await store.write(put, "b")
    assert await store.read(keys) == ["a", "b"]
    await store.close()


async def test_a_disk_that_fails_at_the_commit(sqlite_url):
    """The log cannot grow: the commit fails, and with it the whole group. What was answered before is there afterwards."""
    store = open_store(sqlite_url)
    await store.write(put, "before")
    size = log_size(sqlite_url)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10_000, hard))
    try:
        outcomes = await asyncio.gather(*(store.write(put, f"{n}", "x" * 20_000) for n in range(5)), return_exceptions=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {type(outcome) for outcome in outcomes} <= {StoreUnavailable, StoreFull}
    assert await store.read(keys) == ["before"]
    await store.write(put, "after")
    assert await store.read(keys) == ["after", "before"]
    assert await store.read(pragma, "integrity_check") == "ok"
    await store.close()


KILLED = """
import asyncio, itertools, sys
from webcare.store.door import open_store
from webcare.store.tables import site

def put(conn, key):
    conn.execute(site.insert().values(key=key, value="x"))

async def main():
    store = open_store(sys.argv[1], exclusive=True)
    numbers = itertools.count()
    async def work():
        for n in numbers:
            await store.write(put, str(n))
            sys.stdout.write(f"{n}\\n")
            sys.stdout.flush()
    await asyncio.gather(*(work() for _ in range(20)))

asyncio.run(main())
"""


async def test_kill_9_loses_nothing_that_was_answered(sqlite_url):
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, sqlite_url, stdout=asyncio.subprocess.PIPE)
    answered = [await child.stdout.readline() for _ in range(500)]
    child.send_signal(signal.SIGKILL)
    answered += (await child.stdout.read()).splitlines(keepends=True)
    assert await child.wait() == -signal.SIGKILL
    told = {line.decode().strip() for line in answered if line.endswith(b"\n")}
    assert len(told) >= 500
    store = open_store(sqlite_url, exclusive=True)  # the lock died with it
    assert told <= set(await store.read(keys))
    assert await store.read(pragma, "integrity_check") == "ok"
    await store.close()


# --- PostgreSQL


def shows_no_password(error):
    return PASSWORD not in "".join(traceback.format_exception(error))


async def refusal(url):
    store = open_store(url)
    try:
        with pytest.raises(StoreError) as caught:
            await store.write(put, "a")
        with pytest.raises(type(caught.value)):
            await store.read(keys)
        with pytest.raises(type(caught.value)):
            async with store.held():
                pytest.fail("held nothing")
    finally:
        await store.close()
    return caught.value


async def test_nobody_listens():
    error = await refusal(f"postgresql://webcare:{PASSWORD}@127.0.0.1:1/webcare")
    assert isinstance(error, StoreUnavailable)
    assert str(error) == "The database postgresql://webcare:***@127.0.0.1:1/webcare cannot be reached."
    assert shows_no_password(error)


async def test_a_wrong_password():
    """The server's part is played: it refuses TLS, reads who comes, and refuses the password."""

    async def refuse(reader, writer):
        while (length := int.from_bytes(await reader.readexactly(4), "big")) == 8:
            await reader.readexactly(length - 4)
            writer.write(b"N")  # no TLS here: https://www.postgresql.org/docs/current/protocol-flow.html
        fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await refusal(f"postgresql+asyncpg://webcare:{PASSWORD}@127.0.0.1:{port}/webcare?sslmode=prefer")
    assert isinstance(error, StoreDenied)
    assert "refuses the user name or the password" in str(error)
    assert shows_no_password(error)


async def test_no_such_database(postgres_server):
    error = await refusal(make_url(postgres_server).set(database="nowhere").render_as_string(hide_password=False))
    assert isinstance(error, StoreUnavailable)
    assert "There is no such database" in str(error)


def test_the_driver_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(StoreUnsupported, match=r'pip install "webcare\[postgres\]"'):
        open_store("postgresql://webcare@localhost/webcare")


def end_connections(url):
    """What a restarted server does to us."""
    others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )

    async def run():
        store = open_store(url)
        await store.write(lambda conn: len(conn.execute(others).all()))
        await store.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


async def test_a_connection_that_ended_between_units(postgres_url):
    """Nobody notices: each connection is tried before it is used."""
    store = open_store(postgres_url)
    await store.write(put, "a")
    end_connections(postgres_url)
    await store.write(put, "b")
    assert await store.read(keys) == ["a", "b"]
    await store.close()


async def test_a_connection_that_ends_inside_a_unit(postgres_url):
    store = open_store(postgres_url)

    def cut_off(conn):
        put(conn, "a")
        end_connections(postgres_url)
        put(conn, "b")

    with pytest.raises(StoreUnavailable):
        await store.write(cut_off)
    with pytest.raises(StoreUnavailable):
        async with store.held():
            await store.write(cut_off)
    await store.write(put, "c")
    assert await store.read(keys) == ["c"]
    await store.close()

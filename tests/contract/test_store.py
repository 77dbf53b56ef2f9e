"""The door's promises, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from webcare.store import leases, restore, schema
from webcare.store.dialect import insert_or_ignore, upsert
from webcare.store.door import open_store
from webcare.store.errors import StoreClosed, StoreReadOnly, StoreUnavailable
from webcare.store.tables import channel as channel_table
from webcare.store.tables import cursor, delivery, lease, raw_body, rule_book, site

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def put(conn, key, value="x"):
    conn.execute(site.insert().values(key=key, value=value))


def keys(conn):
    return list(conn.scalars(select(site.c.key).order_by(site.c.key)))


def value_of(conn, key):
    return conn.scalar(select(site.c.value).where(site.c.key == key))


def add_one(conn, key):
    """Read, then write: as if alone."""
    conn.execute(update(site).where(site.c.key == key).values(value=str(int(value_of(conn, key)) + 1)))


def put_and_raise(conn, key):
    put(conn, key)
    raise LookupError(key)


def elsewhere(url, way, unit, *args):
    """Do it from another thread, loop and store, and wait for it: what another process would do meanwhile."""

    async def run():
        other = open_store(url)
        try:
            return await getattr(other, way)(unit, *args)
        finally:
            await other.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()


# --- transactions


async def test_what_is_written_is_read(store):
    assert store.dialect in {"sqlite", "postgresql"}
    assert await store.write(put, "a") is None
    assert await store.write(put, "b", value="y") is None
    assert await store.read(keys) == ["a", "b"]
    assert await store.read(value_of, key="b") == "y"


async def test_an_exception_rolls_back_its_unit_and_comes_out(store):
    with pytest.raises(LookupError, match="a"):
        await store.write(put_and_raise, "a")
    assert await store.read(keys) == []


async def test_one_failing_unit_leaves_its_neighbours_alone(store):
    units = [put_and_raise if n % 3 == 0 else put for n in range(30)]
    outcomes = await asyncio.gather(*(store.write(unit, f"{n:02}") for n, unit in enumerate(units)), return_exceptions=True)
    assert [isinstance(outcome, LookupError) for outcome in outcomes] == [n % 3 == 0 for n in range(30)]
    assert await store.read(keys) == [f"{n:02}" for n in range(30) if n % 3]


async def test_a_refused_statement_is_the_callers_to_see(store):
    await store.write(put, "a")
    with pytest.raises(IntegrityError):
        await store.write(put, "a")
    await store.write(put, "b")
    assert await store.read(keys) == ["a", "b"]


async def test_a_unit_may_have_savepoints_of_its_own(store):
    def partly(conn):
        put(conn, "kept")
        with suppress(LookupError), conn.begin_nested():
            put_and_raise(conn, "lost")

    await store.write(partly)
    assert await store.read(keys) == ["kept"]


@pytest.mark.parametrize("ending", ["commit", "rollback"])
async def test_a_unit_does_not_end_the_transaction(store, ending):
    def ends(conn):
        put(conn, "a")
        getattr(conn, ending)()

    with pytest.raises(RuntimeError, match="leaves commit and rollback to the door"):
        await store.write(ends)
    await store.write(put, "b")
    assert await store.read(keys) == ["b"]


async def test_a_result_must_be_fetched_inside(store):
    with pytest.raises(TypeError, match="fetched"):
        await store.read(lambda conn: conn.execute(select(site)))
    with pytest.raises(TypeError, match="fetched"):
        await store.write(lambda conn: conn.execute(select(site)))


async def test_a_read_cannot_write(store):
    with pytest.raises(StoreReadOnly):
        await store.read(put, "a")
    assert await store.read(keys) == []


async def test_a_read_sees_one_snapshot(store, database_url):
    """Two queries of one unit agree, though a write was committed between them."""

    def twice(conn):
        before = keys(conn)
        elsewhere(database_url, "write", put, "a")
        return before, keys(conn)

    assert await store.read(twice) == ([], [])
    assert await store.read(keys) == ["a"]


async def test_a_read_does_not_wait_for_a_writer(store, database_url):
    def slow(conn):
        put(conn, "a")
        return elsewhere(database_url, "read", keys)

    assert await store.write(slow) == []  # would wait forever, or for the time-out of the lock


async def test_twenty_tasks_lose_nothing(store):
    """Each reads the number and writes the next: the classic way to lose updates."""
    await store.write(put, "n", "0")

    async def five_times():
        for _ in range(5):
            await store.write(add_one, "n")

    await asyncio.gather(*(five_times() for _ in range(20)))
    assert await store.read(value_of, "n") == "100"


async def test_two_processes_lose_nothing(store, database_url):
    await store.write(put, "n", "0")
    other = open_store(database_url)
    await asyncio.gather(*((store if n % 2 else other).write(add_one, "n") for n in range(40)))
    await other.close()
    assert await store.read(value_of, "n") == "40"


async def test_many_units_at_once(store):
    """More than one group and more than the store lets wait."""
    await asyncio.gather(*(store.write(put, f"{n:04}") for n in range(1500)))
    assert len(await store.read(keys)) == 1500


# --- who gives up waiting, and the end


async def test_a_cancelled_caller_changes_nothing_for_the_unit(store):
    """Once handed over it runs, also when nobody waits for it any more; the next one is served."""
    tasks = [asyncio.create_task(store.write(put, f"{n:02}")) for n in range(20)]
    await asyncio.sleep(0)  # all are handed over
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [n % 2 == 0 for n in range(20)]
    await store.write(put, "after")
    await store.close()  # finishes what nobody waits for


async def test_a_cancelled_unit_is_committed(store, database_url):
    task = asyncio.create_task(store.write(put, "a"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.close()
    assert await asyncio.to_thread(elsewhere, database_url, "read", keys) == ["a"]


async def test_a_cancelled_read_does_no_harm(store):
    task = asyncio.create_task(store.read(keys))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await store.read(keys) == []


async def test_close_finishes_what_is_queued(store, database_url):
    tasks = [asyncio.create_task(store.write(put, f"{n:03}")) for n in range(300)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*tasks)
    await store.close()  # twice is fine
    assert len(await asyncio.to_thread(elsewhere, database_url, "read", keys)) == 300
    for refused in (store.write(put, "late"), store.read(keys)):
        with pytest.raises(StoreClosed):
            await refused


# --- one transaction held over many units


async def test_held_is_one_transaction(store, database_url):
    async with store.held():
        await store.write(put, "a")
        assert await store.read(keys) == ["a"]  # sees its own
        assert await asyncio.to_thread(elsewhere, database_url, "read", keys) == []  # nobody else does
        await store.checkpoint()
        assert await asyncio.to_thread(elsewhere, database_url, "read", keys) == ["a"]
        await store.write(put, "b")
    assert await asyncio.to_thread(elsewhere, database_url, "read", keys) == ["a", "b"]
    await store.checkpoint()  # nothing is held: nothing to do
    await store.write(put, "c")
    assert await store.read(keys) == ["a", "b", "c"]


async def test_held_rolls_back_what_came_after_the_checkpoint(store):
    async def breaks_off():
        async with store.held():
            await store.write(put, "a")
            await store.checkpoint()
            await store.write(put, "b")
            raise LookupError("outside")

    with pytest.raises(LookupError, match="outside"):
        await breaks_off()
    assert await store.read(keys) == ["a"]
    await store.write(put, "c")
    assert await store.read(keys) == ["a", "c"]


async def test_a_unit_fails_alone_inside_held(store):
    async with store.held():
        await store.write(put, "a")
        with pytest.raises(LookupError):
            await store.write(put_and_raise, "b")
        with pytest.raises(IntegrityError):
            await store.write(put, "a")
        await store.write(put, "c")
    assert await store.read(keys) == ["a", "c"]


async def test_held_begins_after_what_was_handed_over(store):
    before = [asyncio.create_task(store.write(put, f"{n:02}")) for n in range(20)]
    await asyncio.sleep(0)
    async with store.held():
        await asyncio.gather(*before)
        await asyncio.gather(*(store.write(put, f"held {n:02}") for n in range(20)))
        assert len(await store.read(keys)) == 40
        with pytest.raises(RuntimeError, match="held already"):
            async with store.held():
                pytest.fail("held twice")
    assert len(await store.read(keys)) == 40


# --- values


async def test_instants_keep_their_moment_and_come_back_in_utc(store):
    plus_five = datetime(2026, 11, 21, 17, 0, 0, 123456, tzinfo=timezone(timedelta(hours=5)))

    def both(conn):
        conn.execute(
            lease.insert(), [{"name": "a", "holder": "x", "until": plus_five}, {"name": "b", "holder": "x", "until": NOON}]
        )
        return conn.execute(select(lease.c.name, lease.c.until).order_by(lease.c.until)).all()

    rows = await store.write(both)
    assert [name for name, _ in rows] == ["b", "a"]
    assert [until for _, until in rows] == [NOON, plus_five]
    assert {until.tzinfo for _, until in rows} == {UTC}
    assert await store.read(lambda conn: conn.scalar(select(func.count()).where(lease.c.until >= plus_five))) == 1


async def test_naive_instants_are_refused(store):
    naive = datetime(2026, 11, 21, 12)  # noqa: DTZ001 - the point
    with pytest.raises(StatementError, match="naive datetime refused"):
        await store.write(leases.take, "a", "me", until=naive, now=NOON)
    assert await store.read(lambda conn: conn.scalar(select(func.count()).select_from(lease))) == 0


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Groß 👩‍👩‍👧 ﷽ \U0010ffff", "Groß 👩‍👩‍👧 ﷽ \U0010ffff"),
        ("before\x00after", "before\ufffdafter"),
        ("half an emoji: \ud83d", "half an emoji: \ufffd"),
        ("'; DROP TABLE message; --", "'; DROP TABLE message; --"),
        ("\r\n\t\x01\x7f", "\r\n\t\x01\x7f"),
    ],
)
async def test_text_is_kept_whatever_people_send(store, written, kept):
    """NUL is refused by PostgreSQL, a lone surrogate by both drivers: stored and looked up as U+FFFD."""
    await store.write(put, "a", written)
    assert await store.read(value_of, "a") == kept
    assert await store.read(lambda conn: conn.scalars(select(site.c.key).where(site.c.value == written)).all()) == ["a"]


async def test_an_id_that_does_not_fit_is_refused_on_both(store):
    await store.write(leases.take, "n" * 300, "me", until=NOON + HOUR, now=NOON)
    with pytest.raises(StatementError, match="301 characters do not fit"):
        await store.write(leases.take, "n" * 301, "me", until=NOON + HOUR, now=NOON)


async def test_json_round_trip(store):
    content = {"emoji": "👩‍👩‍👧", "nul": "\x00", "half": "\ud83d", "numbers": [0.1, 2**53, -1, True, None], "nested": {"": [[]]}}

    def both(conn):
        conn.execute(rule_book.insert().values(revision=1, fingerprint="f", content=content, stored_at=NOON))
        return conn.scalar(select(rule_book.c.content))

    assert await store.write(both) == content


async def test_bytes_round_trip(store):
    body = bytes(range(256))

    def both(conn):
        row = {"brand": "b", "received_at": NOON, "headers": {}, "body": body, "state": "new", "delete_after": NOON}
        first = conn.execute(raw_body.insert().values(row)).inserted_primary_key
        second = conn.execute(raw_body.insert().values(row)).inserted_primary_key
        return first.id, second.id, conn.scalar(select(raw_body.c.body).where(raw_body.c.id == first.id))

    first, second, kept = await store.write(both)
    assert (second - first, kept) == (1, body)


async def test_a_child_needs_its_parent(store):
    with pytest.raises(IntegrityError):
        await store.write(
            lambda conn: conn.execute(cursor.insert().values(channel="x:1", name="n", value="v", moved_at=NOON)).rowcount
        )


# --- statements that SQLAlchemy spells twice


async def test_insert_or_ignore_tells_who_is_new(store):
    def add(conn, *ids):
        rows = [{"id": id_, "brand": "b", "kind": "x", "account": "1", "added_at": NOON} for id_ in ids]
        return sorted(conn.scalars(insert_or_ignore(conn, channel_table, channel_table.c.id), rows))

    assert await store.write(add, "x:1", "x:2") == ["x:1", "x:2"]
    assert await store.write(add, "x:2", "x:3") == ["x:3"]


async def test_upsert(store):
    def set_value(conn, value, **more):
        return conn.execute(upsert(conn, site, {"key": "k", "value": value}, key=["key"], **more)).rowcount

    assert await store.write(set_value, "1") == 1
    assert await store.write(set_value, "2") == 1
    assert await store.write(set_value, "3", where=site.c.value == "1") == 0
    assert await store.read(value_of, "k") == "2"


# --- leases


async def test_a_lease_has_one_holder(store):
    async def take(holder, now):
        return await store.write(leases.take, "poll x:1", holder, until=now + HOUR, now=now)

    assert await take("one", NOON)
    assert not await take("two", NOON)
    assert await take("one", NOON + HOUR / 2)  # renewed: until 13:30
    assert not await take("two", NOON + HOUR)
    assert await take("two", NOON + 2 * HOUR)  # expired
    assert not await take("one", NOON + 2 * HOUR)
    await store.write(leases.release, "poll x:1", "one")  # not theirs any more
    assert not await take("one", NOON + 2 * HOUR)
    await store.write(leases.release, "poll x:1", "two")
    assert await take("one", NOON + 2 * HOUR)


async def test_of_many_takers_one_wins(store, database_url):
    other = open_store(database_url)
    stores = [store, other] * 8
    taken = await asyncio.gather(
        *(each.write(leases.take, "digest", f"holder {n}", until=NOON + HOUR, now=NOON) for n, each in enumerate(stores))
    )
    await other.close()
    assert sum(taken) == 1


# --- a restored backup


def queue_alert(conn, key, state="queued"):
    conn.execute(
        delivery.insert().values(
            brand="b", kind="alert", key=key, method="mail", content={}, state=state, created_at=NOON, not_before=NOON, attempt=0
        )
    )


def states(conn):
    return [tuple(row) for row in conn.execute(select(delivery.c.state, delivery.c.held_at).order_by(delivery.c.key))]


async def test_a_restored_backup_holds_what_is_queued(store, tmp_path):
    file = tmp_path / "generation"
    await store.write(queue_alert, "a")
    await store.write(queue_alert, "b", "sent")
    assert restore.remembered(file) is None

    first = await store.write(restore.start_generation, restore.remembered(file), NOON)
    restore.remember(file, first.value)
    second = await store.write(restore.start_generation, restore.remembered(file), NOON)
    restore.remember(file, second.value)
    assert (first, second) == (
        restore.Generation(value=1, restored=False, held=0),
        restore.Generation(value=2, restored=False, held=0),
    )

    await store.write(lambda conn: conn.execute(update(site).values(value="1")).rowcount)  # yesterday's database comes back
    third = await store.write(restore.start_generation, restore.remembered(file), NOON)
    assert third == restore.Generation(value=3, restored=True, held=1)
    assert await store.read(states) == [("held", NOON), ("sent", None)]

    restore.remember(file, third.value)
    fourth = await store.write(restore.start_generation, restore.remembered(file), NOON)
    assert not fourth.restored  # said once; what is held stays held
    assert await store.read(states) == [("held", NOON), ("sent", None)]
    assert await store.write(restore.resume) == 1
    assert await store.read(states) == [("queued", None), ("sent", None)]


async def test_a_crash_before_the_file_was_written_is_no_restored_backup(store, tmp_path):
    file = tmp_path / "generation"
    restore.remember(file, (await store.write(restore.start_generation, None, NOON)).value)
    await store.write(restore.start_generation, restore.remembered(file), NOON)  # committed, and then the power went
    assert not (await store.write(restore.start_generation, restore.remembered(file), NOON)).restored


def test_a_file_that_holds_no_number_is_no_memory(tmp_path):
    file = tmp_path / "generation"
    file.write_text("", encoding="ascii")
    assert restore.remembered(file) is None
    restore.remember(file, 7)
    assert restore.remembered(file) == 7
    assert [path.name for path in tmp_path.iterdir()] == ["generation"]


def test_several_who_write_the_number_at_once_do_not_take_each_others_file_away(tmp_path):
    """Alerts and replies are leased side by side: one renamed the file that the other had just written, and its row crashed."""
    file = tmp_path / "generation"
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: restore.remember(file, number), range(200)))
    assert restore.remembered(file) in range(200)
    assert [path.name for path in tmp_path.iterdir()] == ["generation"]


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path):
    with pytest.raises(StoreUnavailable, match=r"state folder .* cannot be written"):
        restore.remember(tmp_path / "missing" / "generation", 1)


# --- what only one of them does


async def test_sqlite_units_share_commits(sqlite_url):
    """What is queued while a commit runs goes into the next transaction: far fewer commits than units."""
    store = open_store(sqlite_url)
    commits = []
    event.listen(store._writing, "commit", commits.append)
    entered, go_on = threading.Event(), threading.Event()

    def wait(conn):
        put(conn, "first")
        entered.set()
        go_on.wait()

    first = asyncio.create_task(store.write(wait))
    await asyncio.to_thread(entered.wait)
    rest = [asyncio.create_task(store.write(put, f"{n:03}")) for n in range(100)]
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(first, *rest)
    assert len(commits) == 2
    assert len(await store.read(keys)) == 101
    await store.close()


async def test_sqlite_answers_after_the_commit(sqlite_url):
    """A failed commit fails every unit of its group and keeps none of them."""
    store = open_store(sqlite_url)

    def fail(_conn):
        raise OSError("the disk went away")

    event.listen(store._writing, "commit", fail)
    outcomes = await asyncio.gather(*(store.write(put, f"{n}") for n in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [OSError] * 5
    event.remove(store._writing, "commit", fail)
    assert await store.read(keys) == []
    await store.write(put, "after")
    assert await store.read(keys) == ["after"]
    await store.close()


async def test_sqlite_reads_while_its_own_writer_works(sqlite_url):
    store = open_store(sqlite_url)
    entered, go_on = threading.Event(), threading.Event()

    def wait(conn):
        put(conn, "a")
        entered.set()
        go_on.wait()

    writing = asyncio.create_task(store.write(wait))
    await asyncio.to_thread(entered.wait)
    assert await store.read(keys) == []
    go_on.set()
    await writing
    assert await store.read(keys) == ["a"]
    await store.close()


async def test_sqlite_a_unit_that_raises_stop_iteration_wedges_nobody(sqlite_url):
    store = open_store(sqlite_url)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await store.write(lambda _conn: next(iter(())))
    await store.write(put, "a")
    await store.close()


async def test_postgres_runs_a_unit_again_after_a_conflict(postgres_url):
    store = open_store(postgres_url)
    await store.write(put, "n", "0")
    runs = []

    def interrupted(conn):
        number = int(value_of(conn, "n"))
        runs.append(number)
        if len(runs) == 1:
            elsewhere(postgres_url, "write", add_one, "n")
        conn.execute(update(site).where(site.c.key == "n").values(value=str(number + 1)))

    await store.write(interrupted)
    assert runs == [0, 1]
    assert await store.read(value_of, "n") == "2"
    await store.close()


async def test_schema_of_the_program_is_the_schema_of_the_database(store):
    await store.read(schema.require_current)

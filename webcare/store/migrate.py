"""Migrations, run by our own code: an installed wheel has no alembic.ini, and a daemon no shell.

Each function is synchronous and may be called inside a running loop. alembic is imported inside: it takes seconds at a cold start.
An upgrade is one transaction on both databases; one that fails halfway leaves the old schema.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import text

from webcare.store import (
    act_tables,
    conversation_tables,
    desk_tables,
    digest_tables,
    house_tables,
    label_tables,
    media_tables,
    model_tables,
    outgoing_tables,
    peak_tables,
    read_tables,
    risk_tables,
    rota_tables,
    same_customer_tables,
    schema,
    serving_tables,
    sqlite_file,
    tables,
    user_tables,
)
from webcare.store.door import database_url
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from alembic.autogenerate.api import AutogenContext
    from alembic.config import Config
    from sqlalchemy import URL, Connection

T = TypeVar("T")

DRAWN: Final = (
    tables,
    act_tables,
    conversation_tables,
    house_tables,
    label_tables,
    media_tables,
    model_tables,
    user_tables,
    desk_tables,
    digest_tables,
    outgoing_tables,
    peak_tables,
    read_tables,
    risk_tables,
    rota_tables,
    same_customer_tables,
    serving_tables,
)  # every file that draws tables: importing it is what makes them known
METADATA: Final = tables.metadata
ADVISORY_LOCK: Final = 0x7765_6263_6172_65  # "webcare"


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to the revision. Several instances may call this at once: one works, the rest find it done.

    Raises:
        StoreError: it cannot be opened, or it was made by a newer webcare.
    """
    from alembic import command  # noqa: PLC0415 - see above

    def work(conn: Connection) -> None:
        found = schema.current(conn)
        if found is not None and found not in schema.revisions():
            schema.require_current(conn)  # says what is wrong
        command.upgrade(_config(conn), revision)

    _in_transaction(url, work)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to an earlier revision, or to `base`: no tables."""
    from alembic import command  # noqa: PLC0415 - see above

    _in_transaction(url, lambda conn: command.downgrade(_config(conn), revision))


def current(url: str) -> tuple[str | None, str]:
    """Return the revision of the database and the one of this program."""
    return _in_transaction(url, schema.current), schema.head()


def check(url: str) -> list[str]:
    """Compare the database with `tables.py` and return the differences, none of which there should be."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - see above
    from alembic.migration import MigrationContext  # noqa: PLC0415 - see above

    def work(conn: Connection) -> list[str]:
        context = MigrationContext.configure(conn, opts=options(conn))
        return [repr(difference) for difference in compare_metadata(context, METADATA)]

    return _in_transaction(url, work)


def options(conn: Connection) -> dict[str, Any]:
    """Return what alembic needs to know; `alembic/env.py` uses the same."""
    return {
        "target_metadata": METADATA,
        "compare_type": True,
        "compare_server_default": True,
        "render_item": _render_item,
        "include_name": _is_drawn,
        "render_as_batch": conn.dialect.name == "sqlite",
        "transactional_ddl": True,  # SQLite has it too, once BEGIN is ours
    }


def run_scripts(conn: Connection | None) -> None:
    """Run the migrations that alembic chose: the body of `alembic/env.py`. Without a connection, ask `-x url=` for one."""
    from alembic import context  # noqa: PLC0415 - see above

    if conn is None:
        url = context.get_x_argument(as_dictionary=True).get("url")
        if url is None or context.is_offline_mode():
            raise StoreError("Name the database: alembic -x url=sqlite:///webcare.db …; there is no offline mode.")
        _in_transaction(url, run_scripts)
        return
    context.configure(connection=conn, **options(conn))
    with context.begin_transaction():
        context.run_migrations()


def _config(conn: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config(attributes={"connection": conn})
    config.set_main_option("script_location", str(schema.scripts()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _render_item(kind: str, thing: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column types as SQLAlchemy's: a migration must not import code that changes later."""
    from webcare.store.text import CleanText  # noqa: PLC0415
    from webcare.store.utc import UTCDateTime  # noqa: PLC0415

    if kind == "type" and isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, CleanText):
        return f"sa.String({thing.length or ''})"
    return False


def _is_drawn(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out what each database has of its own to search by: the migration makes it, `search.py` uses it."""
    return not (name or "").startswith({"table": "search_index", "index": "ix_search_text_words"}.get(kind, "\0"))


def _in_transaction(url: str, work: Callable[[Connection], T]) -> T:
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _on_sqlite(parsed, work)
    from webcare.store import postgres  # noqa: PLC0415 - its driver is an extra

    def locked(conn: Connection) -> T:
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        return work(conn)

    with ThreadPoolExecutor(1) as thread:  # there may be a loop in this one
        return thread.submit(asyncio.run, postgres.once(parsed, locked)).result()


def _on_sqlite(url: URL, work: Callable[[Connection], T]) -> T:
    sqlite_file.check_place(url)
    engine = sqlite_file.engine(url, connections=1)
    try:
        with sqlite_file.explaining(str(url.database)), engine.connect() as conn:
            raw = sqlite_file.raw(conn)
            raw.execute("PRAGMA foreign_keys=OFF")  # alembic copies a table and drops the old one: ON would delete its children
            with conn.begin():
                value = work(conn)
                if broken := raw.execute("PRAGMA foreign_key_check").fetchall():
                    raise StoreError(f"The migration would leave {len(broken)} rows without their parent; nothing was changed.")
            return value
    finally:
        engine.dispose()

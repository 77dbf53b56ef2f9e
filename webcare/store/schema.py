"""Which schema this program expects and which one a database has, without importing alembic: that takes seconds at a cold start."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, MetaData, String, Table, inspect, select

from webcare.store.errors import StoreNotMigrated

if TYPE_CHECKING:
    from sqlalchemy import Connection

_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


def scripts() -> Path:
    """Return the folder of migrations: inside the installed package, else `alembic/` beside it in a checkout.

    Raises:
        StoreNotMigrated: neither is there.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "_migrations", package.parent / "alembic"):
        if (folder / "env.py").is_file():
            return folder
    raise StoreNotMigrated("This installation of webcare carries no migrations; install it again.")


@cache
def revisions() -> tuple[str, ...]:
    """Return every revision this program knows, the newest last. They form one line, which a test holds them to."""
    follows: dict[object, str] = {}
    for script in (scripts() / "versions").glob("*.py"):
        found = _assigned(script)
        follows[found["down_revision"]] = str(found["revision"])
    line: list[str] = []
    while (later := follows.get(line[-1] if line else None)) is not None:
        line.append(later)
    return tuple(line)


def _assigned(script: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for statement in ast.parse(script.read_bytes()).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=value)):
                found[name] = value
    return found


def head() -> str:
    """Return the revision that this program was written for."""
    return revisions()[-1]


def current(conn: Connection) -> str | None:
    """Return the revision of this database; None before the first migration."""
    if not inspect(conn).has_table(_version.name):
        return None
    return conn.scalar(select(_version.c.version_num))


def require_current(conn: Connection) -> None:
    """Make sure that the schema is the one this program was written for.

    Raises:
        StoreNotMigrated: it is older, newer, or not there.
    """
    found = current(conn)
    if found == head():
        return
    if found is None:
        raise StoreNotMigrated("The database has no tables yet; run `webcare db upgrade`.")
    if found in revisions():
        raise StoreNotMigrated(f"The database is older ({found}) than this webcare ({head()}); run `webcare db upgrade`.")
    raise StoreNotMigrated(f"The database ({found}) was made by a newer webcare than this one ({head()}); install that one.")

"""What SQLite and PostgreSQL both know and SQLAlchemy spells twice."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, Executable, Table


def insert(conn: Connection, table: Table) -> sqlite.Insert:
    """Return the dialect's insert. Both have the same `on_conflict_…`, `excluded` and `returning`; the type names one of them."""
    if conn.dialect.name == "postgresql":
        return postgresql.insert(table)  # type: ignore[return-value]
    return sqlite.insert(table)


def insert_or_ignore(conn: Connection, table: Table, *returning: Column[Any]) -> Executable:
    """Return an insert that leaves existing rows alone; it returns columns of the new rows only: who is new, for free.

    Built once: making a statement costs more than running it. Hand the rows to `execute`.
    """
    return _insert_or_ignore(conn.dialect.name, table, returning)


@cache
def _insert_or_ignore(dialect: str, table: Table, returning: tuple[Column[Any], ...]) -> Executable:
    ignoring = (postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)).on_conflict_do_nothing()
    return ignoring.returning(*returning) if returning else ignoring


def upsert(
    conn: Connection,
    table: Table,
    values: Mapping[str, Any],
    *,
    key: Sequence[str],
    where: ColumnElement[bool] | None = None,
) -> sqlite.Insert:
    """Return an insert that updates the row of the same key; with `where`, only if that holds for the row that is there."""
    statement = insert(conn, table).values(**values)
    changed = {name: statement.excluded[name] for name in values if name not in key}
    return statement.on_conflict_do_update(index_elements=list(key), set_=changed, where=where)

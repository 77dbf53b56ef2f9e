"""Who did what to people's data: numbers and ids, never a customer's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from webcare.store.house_tables import audit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

_NOTE = insert(audit).returning(audit.c.id)
_AMEND = update(audit).where(audit.c.id == bindparam("number")).values(data=bindparam("now_data"))


def note(conn: Connection, *, at: datetime, by: str, what: str, data: Mapping[str, Any]) -> int:
    """Write a line and return its number."""
    number: int = conn.execute(_NOTE, {"at": at, "by": by, "what": what, "data": dict(data)}).scalar_one()
    return number


def amend(conn: Connection, number: int, data: Mapping[str, Any]) -> None:
    """Add facts to a line: of work in several transactions, each says how far it came."""
    known = conn.execute(select(audit.c.data).where(audit.c.id == number)).scalar_one()
    conn.execute(_AMEND, {"number": number, "now_data": {**known, **data}})


def lines(conn: Connection, what: str | None = None) -> list[dict[str, Any]]:
    """Return the lines, of one kind of act if it is named, the oldest first."""
    query = select(audit).order_by(audit.c.at, audit.c.id)
    if what is not None:
        query = query.where(audit.c.what == what)
    return [dict(row._mapping) for row in conn.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name for it


def count_before(conn: Connection, before: datetime) -> int:
    """Return how many lines are older."""
    return conn.execute(select(func.count()).where(audit.c.at <= before)).scalar_one()


def expire(conn: Connection, before: datetime) -> int:
    """Delete older lines and return how many. There is one an act of a person: they go in one."""
    return conn.execute(delete(audit).where(audit.c.at <= before)).rowcount

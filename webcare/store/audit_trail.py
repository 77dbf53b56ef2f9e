"""The audit log a page at a time: by time, or by who or what and then time, each an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal, select, tuple_

from webcare.store.house_tables import audit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

MOST_NAMES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """`start` is part of it, `end` is not."""

    by: str | None = None
    what: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def page(conn: Connection, where: Where, limit: int, before: tuple[datetime, int] | None = None) -> list[Row[Any]]:
    """Return the lines, the newest first, that come after those which the page before ended with."""
    query = select(audit).where(*_conditions(where))
    if before is not None:
        query = query.where(tuple_(audit.c.at, audit.c.id) < tuple_(literal(before[0], audit.c.at.type), literal(before[1])))
    return list(conn.execute(query.order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit)))


def _conditions(where: Where) -> Iterator[ColumnElement[bool]]:
    if where.by is not None:
        yield audit.c.by == where.by
    if where.what is not None:
        yield audit.c.what == where.what
    if where.start is not None:
        yield audit.c.at >= where.start
    if where.end is not None:
        yield audit.c.at < where.end


def people(conn: Connection) -> list[str]:
    """Return who did anything that is in the log."""
    return _distinct(conn, audit.c.by)


def acts(conn: Connection) -> list[str]:
    """Return what was ever done."""
    return _distinct(conn, audit.c.what)


def _distinct(conn: Connection, column: ColumnElement[str]) -> list[str]:
    """Return the values of a column, from one to the next by its index: there are few, of many lines."""
    found: list[str] = []
    while len(found) < MOST_NAMES:
        query = select(column).order_by(column).limit(1)
        value = conn.execute(query.where(column > found[-1]) if found else query).scalar()
        if value is None:
            break
        found.append(value)
    return found

"""Rows as they stand, for the customer who asks what is kept: nothing is left out here that is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from webcare.store.retention import batches
from webcare.store.tables import case, case_event, clock, raw_body, reply, verdict, version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row, Table


def versions(conn: Connection, messages: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """Return every text of these messages, the oldest first."""
    return _of_messages(conn, version, messages)


def verdicts(conn: Connection, messages: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """Return everything that was made of these messages, the oldest first."""
    return _of_messages(conn, verdict, messages)


def _of_messages(conn: Connection, table: Table, messages: Sequence[int]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for some in batches(messages):
        for row in conn.execute(select(table).where(table.c.message.in_(some)).order_by(table.c.at, table.c.id)):
            found.setdefault(row.message, []).append(row)
    return found


def case_row(conn: Connection, number: int) -> Row[Any]:
    return conn.execute(select(case).where(case.c.id == number)).one()


def clocks(conn: Connection, number: int) -> Sequence[Row[Any]]:
    return conn.execute(select(clock).where(clock.c.case == number).order_by(clock.c.clock, clock.c.nth)).all()


def events(conn: Connection, number: int) -> Sequence[Row[Any]]:
    return conn.execute(select(case_event).where(case_event.c.case == number).order_by(case_event.c.seq)).all()


def replies(conn: Connection, number: int) -> Sequence[Row[Any]]:
    return conn.execute(select(reply).where(reply.c.case == number).order_by(reply.c.id)).all()


def bodies(conn: Connection, numbers: Sequence[int]) -> list[Row[Any, Any, Any]]:
    """Return when these bodies came, until when they are kept, and how long they are: what stands in them is others' too."""
    columns = (raw_body.c.received_at, raw_body.c.delete_after, func.length(raw_body.c.body).label("bytes"))
    found: list[Row[Any, Any, Any]] = []
    for some in batches(numbers):
        found += conn.execute(select(*columns).where(raw_body.c.id.in_(some)).order_by(raw_body.c.id)).all()
    return found

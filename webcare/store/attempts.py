"""Every attempt to send something to a person: when, by which method, how long it took, and whether it arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, insert, literal_column, select

from webcare.store.outgoing_tables import attempt
from webcare.store.tables import delivery, delivery_notice, notice, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Row

_NOTE = insert(attempt)
_OF = (
    select(attempt).where(attempt.c.delivery.in_(bindparam("numbers", expanding=True))).order_by(attempt.c.delivery, attempt.c.id)
)
_OF_CASE = (
    select(attempt)
    .where(
        attempt.c.delivery.in_(
            select(delivery_notice.c.delivery)
            .join(notice, notice.c.id == delivery_notice.c.notice)
            .join(step, step.c.id == notice.c.step)
            .where(step.c.case == bindparam("case"), delivery_notice.c.dropped_at.is_(None))
        )
    )
    .order_by(attempt.c.delivery, attempt.c.id)
)
_LAST_OF_METHOD = (  # by the index of a person's deliveries: its condition is written out
    select(delivery.c.state)
    .where(
        delivery.c.person == bindparam("person"),
        delivery.c.kind == literal_column("'alert'"),
        delivery.c.attempt >= literal_column("0"),
        delivery.c.method == bindparam("method"),
        delivery.c.state.in_((literal_column("'sent'"), literal_column("'failed'"))),
    )
    .order_by(delivery.c.id.desc())
    .limit(literal_column("2"))
)


class Tried(NamedTuple):
    """How one attempt went; `error` is None when it arrived."""

    at: datetime
    machine_at: datetime
    took: timedelta
    error: str | None


def note(conn: Connection, delivery_id: int, *, nth: int, method: str, tried: Tried) -> None:
    values = {"delivery": delivery_id, "nth": nth, "method": method, "at": tried.at, "machine_at": tried.machine_at}
    conn.execute(_NOTE, {**values, "took_ms": round(tried.took.total_seconds() * 1000), "error": tried.error})


def of_messages(conn: Connection, numbers: Iterable[int]) -> dict[int, list[Row[Any]]]:
    """Return the attempts of each of these deliveries, the first one first."""
    return _grouped(conn.execute(_OF, {"numbers": list(numbers)}).all())


def of_case(conn: Connection, case_id: int) -> dict[int, list[Row[Any]]]:
    """Return the attempts to tell people of a case, by delivery."""
    return _grouped(conn.execute(_OF_CASE, {"case": case_id}).all())


def failed_twice(conn: Connection, person: str, method: str) -> bool:
    """Tell whether the last two messages to a person by this method both failed for good."""
    found = conn.execute(_LAST_OF_METHOD, {"person": person, "method": method}).all()
    return [row.state for row in found] == ["failed", "failed"]


def _grouped(rows: Sequence[Row[Any]]) -> dict[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.delivery, []).append(row)
    return found

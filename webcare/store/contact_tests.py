"""Tests that somebody asked for of their contacts, and what became of each: that is what became of its delivery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, or_, select

from webcare.store.rota_tables import contact_test
from webcare.store.tables import delivery

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_LATELY = (
    select(func.count())
    .select_from(contact_test)
    .where(
        contact_test.c.at > bindparam("since"),
        or_(contact_test.c.person == bindparam("person"), contact_test.c.by == bindparam("by")),
    )
)
_OF_PERSON = (
    select(
        contact_test.c.method,
        contact_test.c.at,
        *(delivery.c[name] for name in ("state", "created_at", "sent_at", "attempt", "result")),
    )
    .join(delivery, delivery.c.id == contact_test.c.delivery)
    .where(contact_test.c.person == bindparam("person"), contact_test.c.at > bindparam("since"))
    .order_by(contact_test.c.id.desc())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedRow:
    """`sent_at` and `created_at` are the world's time."""

    method: str
    state: str
    created_at: datetime
    sent_at: datetime | None
    attempts: int
    result: str | None


def count(conn: Connection, *, person: str, by: str, since: datetime) -> int:
    """Return how many tests went to this person, or were asked for by that one, since an instant of the machine's time."""
    return int(conn.execute(_LATELY, {"person": person, "by": by, "since": since}).scalar_one())


def add(conn: Connection, *, person: str, method: str, key: str, by: str, machine: datetime) -> None:
    """Write down that the delivery of this key is a test."""
    number = conn.execute(select(delivery.c.id).where(delivery.c.key == key)).scalar_one()
    conn.execute(insert(contact_test).values(person=person, method=method, delivery=number, by=by, at=machine))


def forget(conn: Connection, person: str, method: str) -> None:
    """Forget the tests of a contact that is gone: another one of its name is another target."""
    conn.execute(delete(contact_test).where(contact_test.c.person == person, contact_test.c.method == method))


def latest(conn: Connection, person: str, since: datetime) -> list[TriedRow]:
    """Return the last test of each contact, the newest first."""
    found: dict[str, TriedRow] = {}
    for row in conn.execute(_OF_PERSON, {"person": person, "since": since}):
        one = TriedRow(
            method=row.method,
            state=row.state,
            created_at=row.created_at,
            sent_at=row.sent_at,
            attempts=row.attempt,
            result=row.result,
        )
        found.setdefault(row.method, one)
    return list(found.values())

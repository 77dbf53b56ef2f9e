"""What became of a drill: its deliveries, found by their keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from webcare.store.outbox import IS_QUEUED
from webcare.store.tables import delivery

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

_TRIES = (
    select(delivery.c.key, delivery.c.method, delivery.c.state, delivery.c.created_at, delivery.c.sent_at, delivery.c.result)
    .where(delivery.c.key.in_(bindparam("keys", expanding=True)))
    .order_by(delivery.c.id)
)
_UNTOUCHED = delete(delivery).where(
    delivery.c.key.in_(bindparam("keys", expanding=True)), IS_QUEUED, delivery.c.lease_by.is_(None), delivery.c.attempt == 0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One delivery by one method."""

    key: str
    method: str
    state: str
    created_at: datetime
    sent_at: datetime | None
    result: str | None


def sent(conn: Connection, keys: Collection[str]) -> list[Sent]:
    """Return the deliveries with these keys, in the order in which they were made."""
    return [Sent(**row._mapping) for row in conn.execute(_TRIES, {"keys": list(keys)})]  # noqa: SLF001 - SQLAlchemy's public name for it


def drop_untouched(conn: Connection, keys: Collection[str]) -> int:
    """Take those out of the outbox that nobody has tried to send, and return how many."""
    return conn.execute(_UNTOUCHED, {"keys": list(keys)}).rowcount

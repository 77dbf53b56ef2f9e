"""Letters in the outbox: each once, by its key; and who is locked out and gets none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from webcare.store.dialect import insert_or_ignore
from webcare.store.outbox import LETTER, QUEUED
from webcare.store.tables import delivery
from webcare.store.user_tables import login

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection


def queue(conn: Connection, *, brand: str, person: str, method: str, key: str, content: Mapping[str, Any], now: datetime) -> bool:
    """Put one letter to one person into the outbox; False when this key is there already."""
    row: dict[str, Any] = {
        "brand": brand,
        "kind": LETTER,
        "key": key,
        "person": person,
        "method": method,
        "content": dict(content),
    }
    row.update(state=QUEUED, created_at=now, not_before=now, attempt=0)
    return conn.execute(insert_or_ignore(conn, delivery, delivery.c.id), row).first() is not None


def keys_there(conn: Connection, keys: Iterable[str]) -> set[str]:
    """Return which of these keys the outbox has, whatever became of them."""
    return {row.key for row in conn.execute(select(delivery.c.key).where(delivery.c.key.in_(list(keys))))}


def locked_out(conn: Connection) -> set[str]:
    """Return whose login was switched off: they do not work here any more."""
    return {row.person for row in conn.execute(select(login.c.person).where(login.c.disabled_at.is_not(None)))}

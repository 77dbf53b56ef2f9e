"""What a platform sent, byte for byte: kept before it is understood, read once, deleted after its time.

A body that could not be read stays until then, so that a repaired reader can have another go.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, delete, insert, literal_column, select, update

from webcare.store.tables import raw_body

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection


class BodyState(StrEnum):
    NEW = "new"
    READ = "read"
    UNREADABLE = "unreadable"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBody:
    id: int
    brand: str
    channel: str | None
    hook: str | None
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes


_KEEP = insert(raw_body).returning(raw_body.c.id)
_COLUMNS = [raw_body.c[name] for name in ("id", "brand", "channel", "hook", "received_at", "headers", "body")]
_NEW = (
    select(*_COLUMNS)
    .where(raw_body.c.state == literal_column(f"'{BodyState.NEW.value}'"))  # written out, for the partial index
    .order_by(raw_body.c.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
_MARK = update(raw_body).where(raw_body.c.id == bindparam("number")).values(state=bindparam("to"), reason=bindparam("because"))


def keep(
    conn: Connection,
    body: bytes,
    headers: Mapping[str, str],
    *,
    brand: str,
    channel: str | None = None,
    hook: str | None = None,
    received_at: datetime,
    delete_after: datetime,
) -> int:
    """Store a body as it came and return its number. Both times are the machine's."""
    row: dict[str, Any] = {"brand": brand, "channel": channel, "hook": hook, "received_at": received_at, "headers": dict(headers)}
    row.update(body=body, state=BodyState.NEW.value, delete_after=delete_after)
    number: int = conn.execute(_KEEP, row).scalar_one()
    return number


def unread(conn: Connection, limit: int) -> list[RawBody]:
    """Return bodies that nobody has read, the oldest first; those that another daemon has in hand are left to it."""
    return [RawBody(**row._mapping) for row in conn.execute(_NEW, {"limit": limit})]  # noqa: SLF001 - SQLAlchemy's public name for it


def mark(conn: Connection, number: int, state: BodyState, reason: str | None = None) -> None:
    conn.execute(_MARK, {"number": number, "to": state.value, "because": reason})


def read_again(conn: Connection) -> int:
    """Put unreadable bodies back, after a reader was repaired, and return how many."""
    where = raw_body.c.state == BodyState.UNREADABLE.value
    return conn.execute(update(raw_body).where(where).values(state=BodyState.NEW.value, reason=None)).rowcount


def expire(conn: Connection, now: datetime) -> int:
    """Delete bodies whose time is over and return how many; one that nobody has read yet is never deleted."""
    where = (raw_body.c.delete_after <= now) & (raw_body.c.state != BodyState.NEW.value)
    return conn.execute(delete(raw_body).where(where)).rowcount

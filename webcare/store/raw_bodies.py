"""What a platform sent, byte for byte: kept before it is understood, read once, deleted after its time.

A body that could not be read stays until then, so that a repaired reader can have another go.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, delete, insert, literal_column, or_, select, update

from webcare.store.house_tables import hook as hook_table
from webcare.store.house_tables import unreadable
from webcare.store.tables import raw_body

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
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
    app: str | None  # of the hook: the channels that it may speak of
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes


_KEEP = insert(raw_body).returning(raw_body.c.id)
_COLUMNS = [raw_body.c[name] for name in ("id", "brand", "channel", "hook", "received_at", "headers", "body")]
_NEW = (
    select(*_COLUMNS, hook_table.c.app)
    .outerjoin(hook_table, hook_table.c.id == raw_body.c.hook)
    .where(raw_body.c.state == literal_column(f"'{BodyState.NEW.value}'"))  # written out, for the partial index
    .order_by(raw_body.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_TAKE = (
    update(raw_body)
    .where(raw_body.c.id == bindparam("number"), raw_body.c.state == BodyState.NEW.value)
    .values(state=bindparam("to"), reason=bindparam("because"))
)


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
    """Return bodies that nobody has read, the oldest first; another daemon may read the same ones: `take` says who has them."""
    return [RawBody(**row._mapping) for row in conn.execute(_NEW, {"limit": limit})]  # noqa: SLF001 - SQLAlchemy's public name for it


def take(conn: Connection, number: int, state: BodyState, reason: str | None = None) -> bool:
    """Note how reading a body ended; False when somebody else was first. What was heard goes into the same transaction."""
    return conn.execute(_TAKE, {"number": number, "to": state.value, "because": reason}).rowcount == 1


def read_again(conn: Connection) -> int:
    """Put unreadable bodies back, after a reader was repaired, and return how many; what was unreadable in them is found anew."""
    where = raw_body.c.state == BodyState.UNREADABLE.value
    conn.execute(delete(unreadable).where(unreadable.c.raw.in_(select(raw_body.c.id).where(where))))
    return conn.execute(update(raw_body).where(where).values(state=BodyState.NEW.value, reason=None)).rowcount


def past_their_time(conn: Connection, now: datetime, received_before: datetime) -> list[int]:
    """Return bodies past their own term, or past the one that is in the settings now; none that nobody has read yet."""
    is_over = or_(raw_body.c.delete_after <= now, raw_body.c.received_at <= received_before)
    found = select(raw_body.c.id).where(is_over, raw_body.c.state != BodyState.NEW.value)
    return [row.id for row in conn.execute(found.order_by(raw_body.c.id))]


def drop(conn: Connection, numbers: Collection[int]) -> int:
    """Delete bodies and return how many; one that nobody has read yet is never deleted."""
    where = (raw_body.c.id.in_(numbers), raw_body.c.state != BodyState.NEW.value)
    return conn.execute(delete(raw_body).where(*where)).rowcount

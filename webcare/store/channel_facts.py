"""What the page of channels asks beside their state: how late texts come, what could not be read, what waits to be sent there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select

from webcare.domain.message import Direction
from webcare.store.house_tables import unreadable
from webcare.store.outbox import IS_QUEUED, REPLY
from webcare.store.raw_bodies import BodyState
from webcare.store.tables import delivery, message, raw_body, reply

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

ENOUGH = 1000  # bodies nobody could read: whoever has more counts no further
EXCERPT = 300  # bytes

# States are written out: a parameter would keep the database off the partial indexes.
_NEWEST = (
    select(message.c.created_at, message.c.learned_at)
    .where(
        message.c.channel == bindparam("which"),
        message.c.direction == literal_column(f"'{Direction.INBOUND.value}'"),
    )
    .order_by(message.c.created_at.desc())
    .limit(1)
)
_QUEUED = (
    select(reply.c.channel, func.count())
    .join(delivery, delivery.c.reply == reply.c.id)
    .where(IS_QUEUED, delivery.c.kind == REPLY)
    .group_by(reply.c.channel)
)
_HELD = (
    select(reply.c.channel, func.count())
    .join(delivery, delivery.c.reply == reply.c.id)
    .where(
        literal_column("delivery.state IN ('failed', 'held')"),
        delivery.c.kind == REPLY,
        literal_column("delivery.state = 'held'"),
    )
    .group_by(reply.c.channel)
)
_FIRST_WAITING = (
    select(raw_body.c.received_at).where(literal_column(f"state = '{BodyState.NEW.value}'")).order_by(raw_body.c.id).limit(1)
)
_BODIES = (
    select(raw_body.c.id, raw_body.c.channel, raw_body.c.reason, raw_body.c.received_at)
    .where(literal_column(f"state = '{BodyState.UNREADABLE.value}'"))
    .order_by(raw_body.c.id.desc())
)
_SOME = _BODIES.limit(ENOUGH + 1).subquery()
_CHANNEL = func.coalesce(unreadable.c.channel, _SOME.c.channel)
_COUNTED = select(_CHANNEL, func.count()).outerjoin_from(_SOME, unreadable, unreadable.c.raw == _SOME.c.id).group_by(_CHANNEL)


class Newest(NamedTuple):
    written_at: datetime
    kept_at: datetime


class Unread(NamedTuple):
    """One element that nobody could read, or a whole body: then `where` is None. `heard_at` is the machine's time."""

    channel: str | None
    where: str | None
    reason: str
    heard_at: datetime
    start: bytes


def newest(conn: Connection, channel: str) -> Newest | None:
    """Return when the newest text of a customer was written, and when we had it."""
    row = conn.execute(_NEWEST, {"which": channel}).first()
    return None if row is None else Newest(*row)


def replies_waiting(conn: Connection) -> dict[str, int]:
    """Return how many replies wait to be sent, by channel."""
    return {channel: count for channel, count in conn.execute(_QUEUED)}  # noqa: C416 - a row is no pair to a type checker


def replies_held(conn: Connection) -> dict[str, int]:
    """Return how many replies are held after a restore, by channel."""
    return {channel: count for channel, count in conn.execute(_HELD)}  # noqa: C416 - as above


def waiting_since(conn: Connection) -> datetime | None:
    """Return when the oldest body came that nobody has read, by the machine's time."""
    return conn.execute(_FIRST_WAITING).scalar()


def unread_counts(conn: Connection) -> dict[str | None, int]:
    """Return what could not be read, by channel; None is what belongs to none that we know."""
    return {channel: count for channel, count in conn.execute(_COUNTED)}  # noqa: C416 - as above


def unread(conn: Connection, limit: int) -> list[Unread]:
    """Return what could not be read, the newest first, with the beginning of the body that it came in."""
    some = _BODIES.limit(limit).subquery()
    columns: tuple[Any, ...] = (
        func.coalesce(unreadable.c.channel, some.c.channel),
        unreadable.c.where,
        func.coalesce(unreadable.c.reason, some.c.reason, ""),
        some.c.received_at,
        func.substr(raw_body.c.body, 1, EXCERPT),
    )
    query = (
        select(*columns)
        .select_from(some)
        .join(raw_body, raw_body.c.id == some.c.id)
        .outerjoin(unreadable, unreadable.c.raw == some.c.id)
        .order_by(some.c.id.desc(), unreadable.c.id.desc())
        .limit(limit)
    )
    return [
        Unread(channel, where, reason, heard_at, bytes(start or b""))
        for channel, where, reason, heard_at, start in conn.execute(query)
    ]

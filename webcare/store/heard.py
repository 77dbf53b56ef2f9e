"""When customers wrote on a channel: a few entries of one index, however many messages there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, literal_column, select

from webcare.domain.message import Direction
from webcare.store.tables import message

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The first and the last message of a channel's customers."""

    first: datetime
    last: datetime


at = message.c.created_at
_HEARD = select(at).where(
    message.c.channel == bindparam("which"),
    message.c.direction == literal_column(f"'{Direction.INBOUND.value}'"),  # written out, for the partial index
)
_FIRST, _LAST = _HEARD.order_by(at).limit(1), _HEARD.order_by(at.desc()).limit(1)
_BEFORE = _HEARD.where(at < bindparam("start")).order_by(at.desc()).limit(1)
_WITHIN = _HEARD.where(at >= bindparam("start"), at < bindparam("end")).order_by(at)
_AFTER = _HEARD.where(at >= bindparam("end")).order_by(at).limit(1)
_COUNT = _HEARD.with_only_columns(func.count()).where(at >= bindparam("start"), at < bindparam("end"))


def ends(conn: Connection, channel: str) -> Ends | None:
    """Return when customers first and last wrote; None when nobody did."""
    last: datetime | None = conn.execute(_LAST, {"which": channel}).scalar()
    first: datetime | None = conn.execute(_FIRST, {"which": channel}).scalar()
    return None if first is None or last is None else Ends(first=first, last=last)


def around(conn: Connection, channel: str, start: datetime, end: datetime) -> list[datetime]:
    """Return when customers wrote from `start` to `end`, with the one before and the one after, in order."""
    before = conn.execute(_BEFORE, {"which": channel, "start": start}).scalars().all()
    within = conn.execute(_WITHIN, {"which": channel, "start": start, "end": end}).scalars().all()
    after = conn.execute(_AFTER, {"which": channel, "end": end}).scalars().all()
    return [*before, *within, *after]


def count(conn: Connection, channel: str, start: datetime, end: datetime) -> int:
    """Return how many messages of customers were written from `start` to `end`."""
    return conn.execute(_COUNT, {"which": channel, "start": start, "end": end}).scalar_one()

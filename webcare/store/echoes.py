"""What we sent lately, and to whom: the facts by which an automatic message of ours is told from a person's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, literal_column, select

from webcare.domain.message import Direction, Kind
from webcare.store.tables import message

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

# Written out, for the partial index.
_OURS = select(
    message.c.external_id, message.c.conversation_id, message.c.reply_to, message.c.kind, message.c.text, message.c.created_at
).where(
    message.c.channel == bindparam("account"),
    message.c.direction == literal_column(f"'{Direction.OUTBOUND.value}'"),
    message.c.created_at >= bindparam("start"),
    message.c.created_at <= bindparam("end"),
)
_LAST = select(func.max(message.c.created_at)).where(
    message.c.channel == bindparam("account"),
    message.c.conversation_id == bindparam("conversation"),
    message.c.direction == Direction.INBOUND.value,
    message.c.created_at <= bindparam("at"),
)
_REPLIED_TO = select(message.c.author_id, message.c.created_at).where(
    message.c.channel == bindparam("account"),
    message.c.external_id == bindparam("id"),
    message.c.direction == Direction.INBOUND.value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A message of ours, as far as copies of one text are looked for."""

    external_id: str
    conversation_id: str
    reply_to: str | None
    kind: Kind
    text: str
    at: datetime


def ours_between(conn: Connection, channel: str, start: datetime, end: datetime) -> list[Ours]:
    """Return what we sent on a channel from `start` to `end`."""
    rows = conn.execute(_OURS, {"account": channel, "start": start, "end": end})
    return [
        Ours(
            external_id=row.external_id,
            conversation_id=row.conversation_id,
            reply_to=row.reply_to,
            kind=Kind(row.kind),
            text=row.text,
            at=row.created_at,
        )
        for row in rows
    ]


def replied_to(conn: Connection, channel: str, external_id: str) -> tuple[str, datetime] | None:
    """Return who wrote a customer's message, and when."""
    row = conn.execute(_REPLIED_TO, {"account": channel, "id": external_id}).first()
    return None if row is None else (row.author_id, row.created_at)


def last_wrote(conn: Connection, channel: str, conversation_id: str, at: datetime) -> datetime | None:
    """Return when the customer of a one-to-one conversation had last written, as of an instant."""
    values = {"account": channel, "conversation": conversation_id, "at": at}
    found: datetime | None = conn.execute(_LAST, values).scalar()
    return found

"""Deliver: what waits to be sent, who has it in hand, and how it went. Sending itself happens outside of any transaction."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, insert, literal_column, or_, select, update

from webcare.ports.connector import Reply
from webcare.store.tables import delivery, reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Update

QUEUED, SENT, FAILED = "queued", "sent", "failed"
IS_QUEUED = delivery.c.state == literal_column(
    f"'{QUEUED}'"
)  # written out: a parameter would keep the database off the partial index


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One delivery in hand. `began` says that an earlier attempt may have got through: its holder died or it gave no answer."""

    id: int
    kind: str
    key: str
    person: str | None
    method: str
    content: Mapping[str, Any]
    attempt: int
    created_at: datetime
    reply: int | None
    began: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRow:
    """A reply as its writer left it, and how far it came."""

    id: int
    brand: str
    case: int
    channel: str
    conversation_id: str
    reply_to: str | None
    text: str
    by: str
    automatic: bool
    written_at: datetime
    state: str
    external_id: str | None
    accepted_at: datetime | None
    reason: str | None

    def to_send(self) -> Reply:
        return Reply(
            key=f"reply:{self.id}",
            channel=self.channel,
            conversation_id=self.conversation_id,
            reply_to=self.reply_to,
            text=self.text,
        )


_DUE = (
    select(delivery.c.id, delivery.c.lease_by)
    .where(
        IS_QUEUED,
        delivery.c.not_before <= bindparam("now"),
        or_(delivery.c.retry_at.is_(None), delivery.c.retry_at <= bindparam("machine")),
        or_(
            delivery.c.lease_until.is_(None),
            delivery.c.lease_until <= bindparam("machine"),
            delivery.c.lease_by == bindparam("holder"),
        ),
    )
    .order_by(delivery.c.not_before, delivery.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_CLAIMABLE = _DUE.with_for_update(skip_locked=True)
_TAKE = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("numbers", expanding=True)))
    .values(lease_by=bindparam("holder"), lease_until=bindparam("until"), attempt=delivery.c.attempt + 1)
    .returning(
        delivery.c.id,
        delivery.c.kind,
        delivery.c.key,
        delivery.c.person,
        delivery.c.method,
        delivery.c.content,
        delivery.c.attempt,
        delivery.c.created_at,
        delivery.c.reply,
    )
)


def any_due(conn: Connection, *, now: datetime, machine: datetime, holder: str) -> bool:
    """Tell whether there is something to send: one read of an index."""
    return conn.execute(_DUE, {"now": now, "machine": machine, "holder": holder, "limit": 1}).first() is not None


def claim(conn: Connection, holder: str, *, now: datetime, machine: datetime, until: datetime, limit: int) -> list[Job]:
    """Take deliveries that are due and in nobody's hand; they are ours until `until` of the machine's time."""
    values = {"now": now, "machine": machine, "holder": holder, "limit": limit}
    began = {row.id: row.lease_by is not None for row in conn.execute(_CLAIMABLE, values)}
    if not began:
        return []
    found = conn.execute(_TAKE, {"numbers": list(began), "holder": holder, "until": until})
    jobs = [Job(**row._mapping, began=began[row.id]) for row in found]  # noqa: SLF001 - SQLAlchemy's public name for it
    return sorted(jobs, key=lambda job: job.id)


def finish(conn: Connection, job: Job, holder: str, *, state: str, now: datetime, result: str | None = None) -> bool:
    """Note how a delivery ended; False when it is not in our hand any more."""
    values: dict[str, Any] = {"state": state, "result": result, "lease_by": None, "lease_until": None, "retry_at": None}
    if state == SENT:
        values["sent_at"] = now
    return _note(conn, job, holder, values)


def try_later(conn: Connection, job: Job, holder: str, *, retry_at: datetime, result: str, counts: bool = True) -> bool:
    """Give a delivery back until `retry_at` of the machine's time; an attempt that does not count is taken off again."""
    values: dict[str, Any] = {"lease_by": None, "lease_until": None, "retry_at": retry_at, "result": result}
    return _note(conn, job, holder, values if counts else {**values, "attempt": job.attempt - 1})


def renew(conn: Connection, job: Job, holder: str, *, until: datetime) -> bool:
    """Hold a delivery for longer, just before it is sent; False when it is not in our hand any more."""
    return _note(conn, job, holder, {"lease_until": until})


def _note(conn: Connection, job: Job, holder: str, values: dict[str, Any]) -> bool:
    return conn.execute(_update(frozenset(values)), {"number": job.id, "holder": holder, **values}).rowcount == 1


@cache
def _update(columns: frozenset[str]) -> Update:
    ours = update(delivery).where(delivery.c.id == bindparam("number"), delivery.c.lease_by == bindparam("holder"))
    return ours.values({name: bindparam(name) for name in columns})


# --- replies ---


def queue_reply(conn: Connection, values: Mapping[str, Any], now: datetime) -> int:
    """Write a reply down and put it into the outbox; return its number."""
    reply_id: int = conn.execute(insert(reply).values(**values, state=QUEUED).returning(reply.c.id)).scalar_one()
    send_again(conn, reply_id, brand=values["brand"], key=f"reply:{reply_id}", now=now)
    return reply_id


def send_again(conn: Connection, reply_id: int, *, brand: str, key: str, now: datetime) -> None:
    """Put a reply into the outbox under a key that was not used before."""
    row = {"brand": brand, "kind": "reply", "key": key, "method": "channel", "reply": reply_id, "content": {}}
    row.update(state=QUEUED, created_at=now, not_before=now, attempt=0)
    conn.execute(insert(delivery).values(row))


def get_reply(conn: Connection, reply_id: int) -> ReplyRow:
    row = conn.execute(select(reply).where(reply.c.id == reply_id).with_for_update()).one()
    return ReplyRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def set_reply(conn: Connection, reply_id: int, /, **values: Any) -> None:
    conn.execute(update(reply).where(reply.c.id == reply_id).values(values))


def reply_accepted_as(conn: Connection, channel: str, external_id: str) -> ReplyRow | None:
    """Return the reply that the platform knows by this id."""
    row = conn.execute(select(reply).where(reply.c.channel == channel, reply.c.external_id == external_id)).first()
    return None if row is None else ReplyRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it

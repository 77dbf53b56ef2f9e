"""Deliver: what waits to be sent, who has it in hand, and how it went. Sending itself happens outside of any transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, bindparam, delete, exists, insert, literal, literal_column, or_, select, update

from webcare.domain.message import Direction
from webcare.domain.outgoing import OPEN
from webcare.domain.sla.promise import Clock
from webcare.ports.connector import Reply, Template, WayKind
from webcare.store import all_clears
from webcare.store.channel_state import Fares
from webcare.store.dialect import insert_or_ignore
from webcare.store.house_tables import channel_state
from webcare.store.tables import clock, delivery, delivery_notice, message, reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select, Update

    from webcare.domain.message import Kind

QUEUED, SENT, FAILED = "queued", "sent", "failed"
OVER = "over"  # when it was about to leave, nobody waited any more
ALERT, LETTER, REPLY = "alert", "letter", "reply"
KINDS = (ALERT, LETTER, REPLY)
LEASE = timedelta(minutes=2)  # longer than the slowest send
IS_QUEUED = delivery.c.state == literal_column(
    f"'{QUEUED}'"
)  # written out: a parameter would keep the database off the partial index


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One delivery in hand.

    `began` says that an earlier attempt may have got through: its holder died, or could not note how it went. `lapses` is until when
    that one had it, by the machine's time; `channel` where a reply goes, `case` what it answers.
    """

    id: int
    brand: str
    kind: str
    key: str
    person: str | None
    method: str
    content: Mapping[str, Any]
    attempt: int
    created_at: datetime
    reply: int | None
    began: bool
    lapses: datetime | None = None
    channel: str | None = None
    case: int | None = None


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
    code: str | None = None
    way: str | None = None
    late: bool = False
    to_id: str | None = None
    template: Mapping[str, Any] | None = None
    after_reply: int | None = None

    def to_send(self, kind: Kind | None) -> Reply:
        """Return it as a connector takes it; `kind` is that of what it answers."""
        return Reply(
            key=f"reply:{self.id}",
            channel=self.channel,
            conversation_id=self.conversation_id,
            reply_to=self.reply_to,
            text=self.text,
            kind=kind,
            way=None if self.way is None else WayKind(self.way),
            late=self.late,
            to=self.to_id,
            template=None if self.template is None else _template(self.template),
        )


def _template(kept: Mapping[str, Any]) -> Template:
    return Template(name=kept["name"], language=kept["language"], values=tuple(kept["values"]))


_BEFORE = reply.alias("before")
_WAITS = (  # a part of a longer text, for the part before it
    select(reply.c.id)
    .join(_BEFORE, _BEFORE.c.id == reply.c.after_reply)
    .where(reply.c.id == delivery.c.reply, _BEFORE.c.state != "accepted")
    .exists()
)
_LEAVES = delivery.alias("leaves")
_QUEUES = (  # behind what was written in the same case before and cannot leave now; a receipt holds up nobody
    select(reply.c.id)
    .join(_BEFORE, _BEFORE.c.case == reply.c.case)
    .join(_LEAVES, _LEAVES.c.reply == _BEFORE.c.id)
    .where(
        reply.c.id == delivery.c.reply,
        _BEFORE.c.id < reply.c.id,
        ~_BEFORE.c.automatic,
        _LEAVES.c.state == literal_column("'queued'"),
        or_(
            _LEAVES.c.not_before > bindparam("now"),
            _LEAVES.c.retry_at > bindparam("machine"),
            and_(_LEAVES.c.lease_until > bindparam("machine"), _LEAVES.c.lease_by != bindparam("holder")),
        ),
    )
    .exists()
)
_IS_HELD = (  # asked only of replies that are due: two reads by key
    select(channel_state.c.channel)
    .join(reply, reply.c.channel == channel_state.c.channel)
    .where(reply.c.id == delivery.c.reply, channel_state.c.state == Fares.STOPPED.value)
    .exists()
)


@cache
def _due(kinds: tuple[str, ...]) -> Select[Any]:
    """Return the statement that finds what is due of these kinds; written out, or their number would be no part of its plan."""
    return (
        select(delivery.c.id, delivery.c.lease_by, delivery.c.lease_until)
        .where(
            IS_QUEUED,
            or_(*(delivery.c.kind == literal_column(f"'{kind}'") for kind in kinds)),
            delivery.c.not_before <= bindparam("now"),
            or_(delivery.c.retry_at.is_(None), delivery.c.retry_at <= bindparam("machine")),
            or_(
                delivery.c.lease_until.is_(None),
                delivery.c.lease_until <= bindparam("machine"),
                delivery.c.lease_by == bindparam("holder"),
            ),
            or_(delivery.c.reply.is_(None), and_(~_IS_HELD, ~_WAITS, ~_QUEUES)),
        )
        .order_by(delivery.c.not_before, delivery.c.id)
        .limit(bindparam("limit", type_=Integer))
    )


@cache
def _claimable(kinds: tuple[str, ...]) -> Select[Any]:
    return _due(kinds).with_for_update(skip_locked=True)


_TAKE = (
    update(delivery)
    .where(delivery.c.id.in_(bindparam("numbers", expanding=True)))
    .values(lease_by=bindparam("holder"), lease_until=bindparam("until"), attempt=delivery.c.attempt + 1, gathers=None)
    .returning(
        delivery.c.id,
        delivery.c.brand,
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


_FILL = update(delivery).where(delivery.c.id == bindparam("number")).values(content=bindparam("said"))
_PLACES = select(reply.c.id, reply.c.channel, reply.c.case).where(reply.c.id.in_(bindparam("numbers", expanding=True)))


def any_due(conn: Connection, *, now: datetime, machine: datetime, holder: str, kinds: tuple[str, ...] = KINDS) -> bool:
    """Tell whether there is something to send: one read of an index."""
    values = {"now": now, "machine": machine, "holder": holder, "limit": 1}
    return conn.execute(_due(kinds), values).first() is not None


def claim(
    conn: Connection,
    holder: str,
    *,
    now: datetime,
    machine: datetime,
    until: datetime,
    limit: int,
    kinds: tuple[str, ...] = KINDS,
) -> list[Job]:
    """Take deliveries that are due and in nobody's hand; they are ours until `until` of the machine's time.

    The replies of a channel that has stopped are left where they are.
    """
    values = {"now": now, "machine": machine, "holder": holder, "limit": limit}
    before = {row.id: row for row in conn.execute(_claimable(kinds), values)}
    if not before:
        return []
    found = conn.execute(_TAKE, {"numbers": list(before), "holder": holder, "until": until}).all()
    numbers = [row.reply for row in found if row.reply is not None]
    places = {row.id: row for row in conn.execute(_PLACES, {"numbers": numbers})} if numbers else {}
    jobs = [
        Job(
            **row._mapping,  # noqa: SLF001 - SQLAlchemy's public name for it
            began=before[row.id].lease_by is not None,
            lapses=before[row.id].lease_until,
            channel=None if row.reply is None else places[row.reply].channel,
            case=None if row.reply is None else places[row.reply].case,
        )
        for row in found
    ]
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


def give_back(conn: Connection, job: Job, holder: str, *, retry_at: datetime | None = None) -> bool:
    """Give a delivery back untouched: this was no attempt."""
    return _note(conn, job, holder, {"lease_by": None, "lease_until": None, "retry_at": retry_at, "attempt": job.attempt - 1})


def renew(conn: Connection, job: Job, holder: str, *, until: datetime) -> bool:
    """Hold a delivery for longer, just before it is sent; False when it is not in our hand any more."""
    return _note(conn, job, holder, {"lease_until": until})


def fill(conn: Connection, job: Job, content: Mapping[str, Any]) -> None:
    """Keep what a delivery in our hand is about to say."""
    conn.execute(_FILL, {"number": job.id, "said": dict(content)})


def _note(conn: Connection, job: Job, holder: str, values: dict[str, Any]) -> bool:
    return conn.execute(_update(frozenset(values)), {"number": job.id, "holder": holder, **values}).rowcount == 1


@cache
def _update(columns: frozenset[str]) -> Update:
    ours = update(delivery).where(delivery.c.id == bindparam("number"), delivery.c.lease_by == bindparam("holder"))
    return ours.values({name: bindparam(name) for name in columns})


def free_alerts(conn: Connection) -> int:
    """Free the alerts and letters that a dead daemon held, and return how many; for who knows that there is no other daemon.

    Replies stay in its hand until their lease ends: a copy may be on its way.
    """
    held = update(delivery).where(IS_QUEUED, delivery.c.kind != REPLY, delivery.c.lease_until.is_not(None))
    return conn.execute(held.values(lease_until=None)).rowcount


def forget_waits(conn: Connection, machine: datetime) -> None:
    """After the clock was set back: what was put off until an hour that now lies far ahead is tried again at once."""
    queued = update(delivery).where(IS_QUEUED)
    conn.execute(queued.where(delivery.c.retry_at > machine).values(retry_at=None))
    conn.execute(queued.where(delivery.c.lease_until > machine + LEASE).values(lease_until=machine + LEASE))
    is_soon = or_(delivery.c.not_before == delivery.c.created_at, delivery.c.gathers == OPEN)
    ahead = queued.where(delivery.c.created_at > machine, is_soon)
    conn.execute(ahead.values(not_before=machine))


# --- the next contact method ---


def methods_tried(conn: Connection, keys: Iterable[str]) -> set[str]:
    """Return the methods of the deliveries with these keys."""
    return {row.method for row in conn.execute(select(delivery.c.method).where(delivery.c.key.in_(list(keys))))}


def told_under(conn: Connection, keys: Iterable[str]) -> set[str]:
    """Return the people to whom the deliveries with these keys go."""
    found = conn.execute(select(delivery.c.person).where(delivery.c.key.in_(list(keys)), delivery.c.person.is_not(None)))
    return {row.person for row in found}


def send_by(conn: Connection, job: Job, *, method: str, key: str, now: datetime) -> None:
    """Queue what a delivery holds once more, by another method and under a key of its own, for the same notices."""
    row: dict[str, Any] = {"brand": job.brand, "kind": job.kind, "key": key, "person": job.person, "method": method}
    row.update(content=job.content, state=QUEUED, created_at=now, not_before=now, attempt=0)
    number = conn.execute(insert_or_ignore(conn, delivery, delivery.c.id), row).scalar_one_or_none()
    if number is not None:
        conn.execute(insert(delivery_notice).from_select(["delivery", "notice"], _notices_of(number, job.id)))
        all_clears.move(conn, job.id, number)


def _notices_of(number: int, delivery_id: int) -> Select[Any]:
    taken: ColumnElement[int] = literal(number)
    return select(taken, delivery_notice.c.notice).where(delivery_notice.c.delivery == delivery_id)


# --- replies ---


def queue_reply(conn: Connection, values: Mapping[str, Any], now: datetime) -> int:
    """Write a reply down and put it into the outbox; return its number."""
    reply_id: int = conn.execute(insert(reply).values(**values, state=QUEUED).returning(reply.c.id)).scalar_one()
    send_again(conn, reply_id, brand=values["brand"], key=f"reply:{reply_id}", now=now)
    return reply_id


def send_again(conn: Connection, reply_id: int, *, brand: str, key: str, now: datetime) -> None:
    """Put a reply into the outbox under a key that was not used before."""
    row = {"brand": brand, "kind": REPLY, "key": key, "method": "channel", "reply": reply_id, "content": {}}
    row.update(state=QUEUED, created_at=now, not_before=now, attempt=0)
    conn.execute(insert(delivery).values(row))


def take_back(conn: Connection, reply_id: int) -> bool:
    """Drop the delivery of a reply that waits and is in nobody's hand, as if it had never been queued; False when there is none.

    One statement: whoever claims it meanwhile either finds it gone, or has it before we look.
    """
    free = (delivery.c.reply == reply_id, IS_QUEUED, delivery.c.lease_by.is_(None))
    return conn.execute(delete(delivery).where(*free)).rowcount > 0


def get_reply(conn: Connection, reply_id: int) -> ReplyRow:
    row = conn.execute(select(reply).where(reply.c.id == reply_id).with_for_update()).one()
    return ReplyRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def set_reply(conn: Connection, reply_id: int, /, **values: Any) -> None:
    conn.execute(update(reply).where(reply.c.id == reply_id).values(values))


def reply_accepted_as(conn: Connection, channel: str, external_id: str) -> ReplyRow | None:
    """Return the reply that the platform knows by this id."""
    row = conn.execute(select(reply).where(reply.c.channel == channel, reply.c.external_id == external_id)).first()
    return None if row is None else ReplyRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


# --- receipts ---


def we_spoke_since(conn: Connection, channel: str, conversation_id: str, at: datetime) -> bool:
    """Tell whether anybody of ours, or a machine, has written in a conversation from that instant on."""
    ours = exists().where(
        message.c.channel == channel,
        message.c.conversation_id == conversation_id,
        message.c.direction == Direction.OUTBOUND.value,
        message.c.created_at >= at,
    )
    return bool(conn.execute(select(ours)).scalar())


def is_being_answered(conn: Connection, case_id: int) -> bool:
    """Tell whether a person's reply in this case is on its way."""
    under_way = exists().where(reply.c.case == case_id, reply.c.automatic.is_(False), reply.c.state.in_([QUEUED, "sending"]))
    return bool(conn.execute(select(under_way)).scalar())


def first_answer_due(conn: Connection, case_id: int) -> datetime | None:
    """Return when the first answer of a case is due; None when nothing was promised."""
    first = (clock.c.case == case_id) & (clock.c.clock == Clock.FIRST_RESPONSE.value)
    return conn.execute(select(clock.c.due_at).where(first).order_by(clock.c.nth).limit(1)).scalar_one_or_none()

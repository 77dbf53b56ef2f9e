"""What is done to customers' messages: which act waits, who has it in hand, and how it went.

An act that another one undoes before it left is `replaced`. One that is in somebody's hand may still reach the platform, so its successor
waits until that hand lets go: `note_end` and `free_next`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, insert, literal_column, or_, select, update

from webcare.store.act_tables import act
from webcare.store.channel_state import Fares
from webcare.store.house_tables import channel_state
from webcare.store.tables import message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

QUEUED, DONE, REFUSED, REPLACED = "queued", "done", "refused", "replaced"
RESTORED, GONE, TIRED = "restored", "gone", "tired"
OWN_REASONS = frozenset({RESTORED, GONE, TIRED})  # for which the pages have words
LEASE = timedelta(minutes=2)  # longer than the slowest answer of a platform
_IS_QUEUED = act.c.state == literal_column(f"'{QUEUED}'")  # written out: else it is no part of the partial index


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """An act as it was pressed, and how far it came. Lease and `retry_at` are the machine's times."""

    id: int
    brand: str
    case: int
    message: int
    channel: str
    deed: str
    pair: str
    by: str
    at: datetime
    state: str
    done_at: datetime | None
    reason: str | None
    attempt: int
    retry_at: datetime | None
    lease_by: str | None
    lease_until: datetime | None

    @property
    def key(self) -> str:
        """Return what a platform that compares keys knows it by."""
        return f"act:{self.id}"


_IS_HELD = (
    select(channel_state.c.channel)
    .where(channel_state.c.channel == act.c.channel, channel_state.c.state == Fares.STOPPED.value)
    .exists()
)
_DUE = (
    select(act.c.id)
    .where(
        _IS_QUEUED,
        or_(act.c.retry_at.is_(None), act.c.retry_at <= bindparam("machine")),
        or_(
            act.c.lease_until.is_(None),
            act.c.lease_until <= bindparam("machine"),
            act.c.lease_by == bindparam("holder"),
        ),
        ~_IS_HELD,
    )
    .order_by(act.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_CLAIMABLE = _DUE.with_for_update(skip_locked=True)
_TAKE = (
    update(act)
    .where(act.c.id.in_(bindparam("numbers", expanding=True)))
    .values(lease_by=bindparam("holder"), lease_until=bindparam("until"), attempt=act.c.attempt + 1)
    .returning(*act.c)
)


def any_due(conn: Connection, *, machine: datetime, holder: str) -> bool:
    """Tell whether there is something to do: one read of an index."""
    return conn.execute(_DUE, {"machine": machine, "holder": holder, "limit": 1}).first() is not None


def claim(conn: Connection, holder: str, *, machine: datetime, until: datetime, limit: int) -> list[ActRow]:
    """Take acts that are due and in nobody's hand; those of a channel that has stopped are left where they are."""
    numbers = [row.id for row in conn.execute(_CLAIMABLE, {"machine": machine, "holder": holder, "limit": limit})]
    if not numbers:
        return []
    found = conn.execute(_TAKE, {"numbers": numbers, "holder": holder, "until": until}).all()
    return sorted((_row(row) for row in found), key=lambda one: one.id)


def renew(conn: Connection, job: ActRow, holder: str, *, until: datetime) -> bool:
    """Hold an act for longer, just before it is done; False when it is not ours any more, or was replaced."""
    return _note(conn, job, holder, {"lease_until": until}, only_queued=True)


def try_later(conn: Connection, job: ActRow, holder: str, *, retry_at: datetime | None, counts: bool = True) -> bool:
    """Give an act back until `retry_at` of the machine's time; an attempt that does not count is taken off again."""
    values: dict[str, Any] = {"retry_at": retry_at, "attempt": job.attempt if counts else job.attempt - 1}
    return _note(conn, job, holder, {**values, "lease_by": None, "lease_until": None})


def note_end(conn: Connection, job: ActRow, holder: str, *, state: str, now: datetime, reason: str | None = None) -> bool:
    """Note how an act ended; False when it is not in our hand any more. One that was replaced meanwhile was done all the same."""
    values: dict[str, Any] = {"state": state, "done_at": now, "reason": reason, "retry_at": None}
    return _note(conn, job, holder, {**values, "lease_by": None, "lease_until": None})


def is_queued(conn: Connection, number: int) -> bool:
    """Tell whether an act still waits, in somebody's hand or not: nothing was pressed after it."""
    return conn.execute(select(act.c.id).where(act.c.id == number, _IS_QUEUED)).first() is not None


def free_next(conn: Connection, job: ActRow) -> None:
    """Let go of what waits because this one was in hand."""
    waiting = update(act).where(act.c.message == job.message, act.c.pair == job.pair, _IS_QUEUED, act.c.attempt == 0)
    conn.execute(waiting.where(act.c.id != job.id).values(retry_at=None))


def _note(conn: Connection, job: ActRow, holder: str, values: dict[str, Any], *, only_queued: bool = False) -> bool:
    ours = update(act).where(act.c.id == job.id, act.c.lease_by == holder)
    if only_queued:
        ours = ours.where(_IS_QUEUED)
    return conn.execute(ours.values(values)).rowcount == 1


# --- pressing ---


def of_messages(conn: Connection, numbers: Sequence[int]) -> list[ActRow]:
    """Return every act on these messages, the oldest first."""
    if not numbers:
        return []
    return [_row(row) for row in conn.execute(select(act).where(act.c.message.in_(numbers)).order_by(act.c.id))]


def queue(conn: Connection, values: dict[str, Any], *, retry_at: datetime | None = None) -> int:
    """Put an act into the outbox and return its number."""
    row = {**values, "state": QUEUED, "attempt": 0, "retry_at": retry_at}
    number: int = conn.execute(insert(act).values(row).returning(act.c.id)).scalar_one()
    return number


def replace(conn: Connection, number: int) -> None:
    """Take an act that waits out of the outbox; whoever has it in hand keeps it until they know how it went."""
    conn.execute(update(act).where(act.c.id == number).values(state=REPLACED, retry_at=None))


def of_case(conn: Connection, number: int) -> list[Row[Any, Any, Any, Any, Any, Any]]:
    """Return every act in a case, the oldest first, for the customer who asks; `message` is the platform's id."""
    columns = (message.c.external_id.label("message"), act.c.deed, act.c.by, act.c.at, act.c.state, act.c.done_at)
    found = select(*columns).join(message, message.c.id == act.c.message).where(act.c.case == number)
    return list(conn.execute(found.order_by(act.c.id)))


# --- forgetting, and waits ---


def forget(conn: Connection, messages: Sequence[int]) -> None:
    """Forget what platforms said of acts on these messages; what has not left yet never will."""
    theirs = update(act).where(act.c.message.in_(messages))
    conn.execute(theirs.where(_IS_QUEUED).values(state=REFUSED, lease_by=None, lease_until=None, retry_at=None))
    conn.execute(theirs.values(reason=None))


def drop_waiting(conn: Connection, now: datetime, reason: str) -> int:
    """End every act that waits, and return how many: after a restored backup nobody knows what was pressed since."""
    ended = {"state": REFUSED, "reason": reason, "done_at": now, "lease_by": None, "lease_until": None, "retry_at": None}
    return conn.execute(update(act).where(_IS_QUEUED).values(ended)).rowcount


def forget_waits(conn: Connection, machine: datetime) -> None:
    """After the clock was set back: what was put off until an hour that now lies far ahead is tried again at once."""
    queued = update(act).where(_IS_QUEUED)
    conn.execute(queued.where(act.c.retry_at > machine).values(retry_at=None))
    conn.execute(queued.where(act.c.lease_until > machine + LEASE).values(lease_until=machine + LEASE))


def _row(row: Row[Any]) -> ActRow:
    return ActRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it

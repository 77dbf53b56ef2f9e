"""The messages that gather what is to be told, what each carries, and whether that still stands when it is about to leave.

A message gathers under a name (`gathers`), one a person, brand and contact method, which an index holds. Whoever takes it to send it takes
the name away in the same statement: from then on nothing joins, and what becomes due begins another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Integer, and_, bindparam, exists, func, insert, literal_column, select, update

from webcare.domain.sla.promise import CAPPED, State
from webcare.store.dialect import insert_or_ignore
from webcare.store.outgoing_tables import all_clear
from webcare.store.tables import case, clock, delivery, delivery_notice, notice, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

_OPEN_STATES = (State.RUNNING.value, State.MISSED.value)


class Gathering(NamedTuple):
    """A message that others may still join."""

    id: int
    not_before: datetime


# --- gathering ---

_GATHERING = (
    select(delivery.c.id, delivery.c.not_before)
    .where(
        delivery.c.person == bindparam("person"),
        delivery.c.brand == bindparam("brand"),
        delivery.c.method == bindparam("method"),
        delivery.c.gathers == bindparam("bundle"),
    )
    .with_for_update()  # whoever sends it now must not do so between this look and what we add
)
_PULL = update(delivery).where(delivery.c.id == bindparam("number")).values(not_before=bindparam("at"))
_BEGIN = insert(delivery).returning(delivery.c.id)
_KEYS = select(func.count()).select_from(delivery_notice).where(delivery_notice.c.notice == bindparam("notice"))
_RECENT = (  # the newest of a person's deliveries, by their index: its condition is written out
    select(delivery.c.not_before, delivery.c.sent_at)
    .where(
        delivery.c.person == bindparam("person"),
        delivery.c.kind == literal_column("'alert'"),
        delivery.c.attempt >= literal_column("0"),
        delivery.c.state.in_((literal_column("'queued'"), literal_column("'sent'"))),
    )
    .order_by(delivery.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


def gathering(conn: Connection, *, person: str, brand: str, method: str, bundle: str) -> Gathering | None:
    """Return the message that gathers under this name, locked; None when there is none."""
    found = conn.execute(_GATHERING, {"person": person, "brand": brand, "method": method, "bundle": bundle}).first()
    return None if found is None else Gathering(*found)


def join(conn: Connection, message: Gathering, notices: Iterable[int], at: datetime) -> None:
    """Let a message carry these as well; it leaves no later than it would have, nor than they may."""
    carry(conn, message.id, notices)
    if at < message.not_before:
        conn.execute(_PULL, {"number": message.id, "at": at})


def carry(conn: Connection, message: int, notices: Iterable[int]) -> None:
    """Let a message carry these; what it carries already it does."""
    rows = [{"delivery": message, "notice": number} for number in notices]
    if rows:
        conn.execute(insert_or_ignore(conn, delivery_notice), rows)


def begin(
    conn: Connection, *, person: str, brand: str, method: str, key: str, bundle: str | None, at: datetime, now: datetime
) -> int:
    """Begin a message that leaves at `at` and return its number; without a name nothing joins it. The key must be a new one."""
    row: dict[str, Any] = {
        "brand": brand,
        "kind": "alert",
        "key": key,
        "person": person,
        "method": method,
        "content": {"cases": []},
    }
    row |= {"state": "queued", "gathers": bundle, "created_at": now, "not_before": at, "attempt": 0}
    number: int = conn.execute(_BEGIN, row).scalar_one()
    return number


def carried_before(conn: Connection, number: int) -> int:
    """Return how many messages carry this notice already."""
    return int(conn.execute(_KEYS, {"notice": number}).scalar_one())


def recent(conn: Connection, person: str, limit: int) -> list[datetime]:
    """Return when the newest messages to a person left, or are to leave."""
    return [row.sent_at or row.not_before for row in conn.execute(_RECENT, {"person": person, "limit": limit})]


# --- what a message carries ---

_waits = clock.alias("waits")
# Not `=`: SQLite would look it up among all that are due at that instant, in a storm thousands for each of thousands.
_IS_ITS_DEADLINE = clock.c.due_at.between(step.c.deadline, step.c.deadline)
_CARRIED: Select[Any] = (  # a row for each exchange of that clock with that deadline, one without a clock where there is none
    select(
        notice.c.id,
        notice.c.because,
        delivery_notice.c.dropped_at,
        step.c.case,
        step.c.clock,
        step.c.deadline,
        step.c.rung,
        step.c.step,
        step.c.at,
        case.c.channel,
        case.c.kind,
        case.c.urgency,
        case.c.unsure,
        case.c.closed_at,
        case.c.due_clock,
        case.c.due_at,
        clock.c.state,
        clock.c.stopped_at,
        exists()
        .where(
            _waits.c.case == step.c.case,
            _waits.c.clock.in_([one.value for one in CAPPED]),
            _waits.c.state.in_(_OPEN_STATES),
            _waits.c.stopped_at.is_(None),
        )
        .label("is_waiting"),
    )
    .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
    .join(step, step.c.id == notice.c.step)
    .join(case, case.c.id == step.c.case)
    .outerjoin(clock, and_(clock.c.case == step.c.case, clock.c.clock == step.c.clock, _IS_ITS_DEADLINE))
    .where(delivery_notice.c.delivery == bindparam("number"))
    .order_by(notice.c.id)
)
_DROP = update(delivery_notice).where(delivery_notice.c.delivery == bindparam("number"))
_DROP_NONE = _DROP.where(delivery_notice.c.dropped_at.is_not(None)).values(dropped_at=None)
_DROP_SOME = _DROP.where(delivery_notice.c.notice == bindparam("which")).values(dropped_at=bindparam("now"))
_CARRIES_ANY = select(delivery_notice.c.notice).where(delivery_notice.c.delivery == bindparam("number")).limit(1)
_CLEARS_ANY = select(all_clear.c.id).where(all_clear.c.delivery == bindparam("number")).limit(1)
_LEAVING: Select[Any] = (  # who is told of these cases by what leaves now
    select(step.c.case, notice.c.person)
    .join(notice, notice.c.step == step.c.id)
    .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
    .join(delivery, delivery.c.id == delivery_notice.c.delivery)
    .where(
        step.c.case.in_(bindparam("cases", expanding=True)),
        delivery.c.state == literal_column("'queued'"),
        delivery.c.not_before <= bindparam("now"),
        delivery.c.result.is_(None),  # one that has failed already may not reach them
        delivery_notice.c.dropped_at.is_(None),
    )
    .group_by(step.c.case, notice.c.person)
    .order_by(step.c.case, func.min(notice.c.id))
)
_CASES_OF = (
    select(step.c.case)
    .distinct()
    .join(notice, notice.c.step == step.c.id)
    .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
    .where(delivery_notice.c.delivery == bindparam("number"))
    .order_by(step.c.case)
    .limit(bindparam("limit", type_=Integer))
)


def carries_any(conn: Connection, message: int) -> bool:
    """Tell whether a message is about steps, or says that something is over."""
    return any(conn.execute(query, {"number": message}).first() is not None for query in (_CARRIES_ANY, _CLEARS_ANY))


def carried(conn: Connection, message: int) -> list[Row[Any]]:
    """Return each notice of a message with its step, its case and the clock as it stands."""
    return list(conn.execute(_CARRIED, {"number": message}))


def drop(conn: Connection, message: int, notices: Iterable[int], now: datetime) -> None:
    """Note which notices a message leaves without, of all that it carries."""
    rows = [{"number": message, "which": number, "now": now} for number in notices]
    if rows:
        conn.execute(_DROP_SOME, rows)


def take_up(conn: Connection, message: int) -> None:
    """Forget what a message was to leave without when it was tried before."""
    conn.execute(_DROP_NONE, {"number": message})


def leaving(conn: Connection, case_ids: Iterable[int], now: datetime) -> Sequence[Row[Any]]:
    """Return who is told of these cases by messages that leave now."""
    return conn.execute(_LEAVING, {"cases": list(case_ids), "now": now}).all()


def cases_of(conn: Connection, message: int, limit: int) -> list[int]:
    """Return the first cases that a message is about."""
    return [row.case for row in conn.execute(_CASES_OF, {"number": message, "limit": limit})]

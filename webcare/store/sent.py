"""What went out, the newest first, as its page shows it: one index a kind, merged, so that a page costs the same however long the list.

everything            the table's own order                    of a person     person, kind, id
of a kind             kind, id                                 their answers   reply by, then its deliveries
what did not arrive   kind, id of the partial index            (written out: a parameter would keep the database off it)

Replies have a writer where alerts have a reader.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, literal_column, select

from webcare.domain.sla.events import EventType
from webcare.store.outbox import KINDS, LETTER, REPLY
from webcare.store.tables import case, case_event, delivery, delivery_notice, notice, reply, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

IS_STUCK: ColumnElement[bool] = literal_column("delivery.state IN ('failed', 'held')")
_NEWEST: ColumnElement[Any] = literal_column(
    "+delivery.id"
).desc()  # the sign keeps SQLite from walking all deliveries for one writer's few answers
IS_LISTED: ColumnElement[bool] = literal_column("delivery.attempt >= 0")  # always: it names the indexes of this page
_TAKES = (EventType.ACK.value, EventType.CLAIM.value)  # as the digest counts

_ROW: Select[Any] = select(
    *(delivery.c[name] for name in ("id", "kind", "person", "method", "content", "state", "created_at", "not_before", "sent_at")),
    *(delivery.c[name] for name in ("attempt", "retry_at", "lease_until", "result")),
    reply.c.case,
    reply.c.channel,
    reply.c.by,
    reply.c.automatic,
    reply.c.state.label("reply_state"),
    reply.c.reason,
    reply.c.code,
).outerjoin(reply, reply.c.id == delivery.c.reply)
_LETTER: Select[Any] = _ROW.where(delivery.c.id == bindparam("number"), delivery.c.kind == LETTER)
_TAKEN = (
    select(delivery.c.id, case_event.c.at, case_event.c.by)
    .join(delivery_notice, delivery_notice.c.delivery == delivery.c.id)
    .join(notice, notice.c.id == delivery_notice.c.notice)
    .join(step, step.c.id == notice.c.step)
    .join(case_event, case_event.c.case == step.c.case)
    .where(
        delivery.c.id.in_(bindparam("numbers", expanding=True)),
        case_event.c.type.in_(_TAKES),
        case_event.c.at >= delivery.c.sent_at,
    )
    .order_by(case_event.c.at.desc(), case_event.c.seq.desc())
)
_THERE = select(case.c.id).where(case.c.id.in_(bindparam("numbers", expanding=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """`kind` is one of the outbox, None for all; `person` who was told or who wrote; `stuck` keeps what did not arrive."""

    kind: str | None = None
    person: str | None = None
    stuck: bool = False


def page(conn: Connection, where: Where, limit: int, before: int | None = None) -> list[Row[Any]]:
    """Return what went out last, before the delivery of that number."""
    if where.kind is None and where.person is None and not where.stuck:
        return _read(conn, [], limit, before)
    kinds = KINDS if where.kind is None else (where.kind,)
    found = (_of_kind(conn, kind, where, limit, before) for kind in kinds)
    return list(islice(heapq.merge(*found, key=lambda row: row.id, reverse=True), limit))


def _of_kind(conn: Connection, kind: str, where: Where, limit: int, before: int | None) -> list[Row[Any]]:
    stuck = [IS_STUCK] if where.stuck else []
    if where.person is None:
        return _read(conn, [delivery.c.kind == kind, *(stuck or [IS_LISTED])], limit, before)
    if kind != REPLY:
        return _read(conn, [delivery.c.person == where.person, delivery.c.kind == kind, IS_LISTED, *stuck], limit, before)
    written = delivery.c.reply.in_(select(reply.c.id).where(reply.c.by == where.person))
    theirs = select(delivery.c.id).where(written, delivery.c.reply.is_not(None), IS_LISTED, *stuck)
    if before is not None:
        theirs = theirs.where(delivery.c.id < before)
    numbers = [row.id for row in conn.execute(theirs.order_by(_NEWEST).limit(limit))]  # numbers only: all of theirs are sorted
    return _read(conn, [delivery.c.id.in_(numbers)], limit, None)


def _read(conn: Connection, conditions: Sequence[ColumnElement[bool]], limit: int, before: int | None) -> list[Row[Any]]:
    query = _ROW.where(*conditions)
    if before is not None:
        query = query.where(delivery.c.id < before)
    return list(conn.execute(query.order_by(delivery.c.id.desc()).limit(limit)))


def letter(conn: Connection, number: int) -> Row[Any] | None:
    """Return a letter; None where this is the number of none."""
    return conn.execute(_LETTER, {"number": number}).first()


def taken(conn: Connection, numbers: Sequence[int]) -> dict[int, tuple[datetime, str]]:
    """Return of these alerts which were acknowledged: when first, and by whom."""
    return {row.id: (row.at, row.by or "") for row in conn.execute(_TAKEN, {"numbers": list(numbers)})}


def cases_there(conn: Connection, numbers: Iterable[int]) -> frozenset[int]:
    """Return which of these cases there still are."""
    return frozenset(row.id for row in conn.execute(_THERE, {"numbers": sorted(set(numbers))}))

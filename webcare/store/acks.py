"""Who was told of a case by which message, who has said that they saw it, and to whom it was passed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, func, insert, select, update
from sqlalchemy import case as case_when

from webcare.domain.case import CaseState
from webcare.domain.verdict import Urgency
from webcare.store.tables import case, delivery, delivery_notice, notice, step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

REPEAT = "repeat"  # what is looked for when a notice is looked at again; a hold goes on until the customer is answered

_STEPS = select(step.c.id).where(step.c.case == bindparam("case_id"))
_OF_PERSON = (notice.c.step.in_(_STEPS), notice.c.person == bindparam("who"))
_MARK = update(notice).where(*_OF_PERSON, notice.c.acked_at.is_(None)).values(acked_at=bindparam("now"))
_CALM = (
    update(notice)
    .where(*_OF_PERSON, notice.c.look_at.is_not(None), notice.c.look_for == REPEAT)
    .values(look_at=None, look_for=None)
)
_OPEN = select(exists().where(*_OF_PERSON, notice.c.acked_at.is_(None)))
_NEWEST: Select[Any] = (
    select(notice.c.id, notice.c.step, notice.c.level, notice.c.acked_at, step.c.step.label("name"), step.c.at, step.c.deadline)
    .join(step, step.c.id == notice.c.step)
    .where(step.c.case == bindparam("case_id"), notice.c.person == bindparam("who"))
    .order_by(notice.c.id.desc())
    .limit(1)
)
_SEEN = select(func.max(notice.c.acked_at, type_=notice.c.acked_at.type)).where(*_OF_PERSON)

_MESSAGE: Select[Any] = select(
    delivery.c.id,
    delivery.c.brand,
    delivery.c.kind,
    delivery.c.person,
    delivery.c.method,
    delivery.c.content,
    delivery.c.created_at,
)
_BY_NUMBER = _MESSAGE.where(delivery.c.id == bindparam("number"))
_NUMBER = select(delivery.c.id).where(delivery.c.key == bindparam("key"))
_CARRIED = (
    select(step.c.case)
    .join(notice, notice.c.step == step.c.id)
    .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
    .join(case, case.c.id == step.c.case)
    .where(delivery_notice.c.delivery == bindparam("number"))
    .group_by(step.c.case, case.c.state, case.c.urgency, case.c.due_at)
)
_CASES = _CARRIED.order_by(
    case_when((case.c.state == CaseState.OPEN.value, 0), else_=1),
    case_when((case.c.urgency == Urgency.HIGH.value, 0), else_=1),
    case_when((case.c.due_at.is_(None), 1), else_=0),
    case.c.due_at,
    step.c.case,
).limit(bindparam("limit"))
_UNSEEN = _CARRIED.where(notice.c.acked_at.is_(None)).order_by(step.c.case).limit(bindparam("limit"))
_COUNT = (
    select(func.count(step.c.case.distinct()))
    .join(notice, notice.c.step == step.c.id)
    .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
    .where(delivery_notice.c.delivery == bindparam("number"))
)
_CARRIES = _COUNT.where(step.c.case == bindparam("case_id"))
_AGAIN = (
    update(notice)
    .where(notice.c.step == bindparam("which"), notice.c.person == bindparam("who"))
    .values(why=bindparam("said"), because=bindparam("facts"), acked_at=None, told_at=None, look_at=None, look_for=REPEAT)
    .returning(notice.c.id)
)


# --- acknowledged ---


def mark(conn: Connection, case_id: int, person: str, now: datetime) -> int:
    """Note that a person knows of all that they were told of a case, so that it is not repeated; return how much that was."""
    values = {"case_id": case_id, "who": person}
    conn.execute(_CALM, values)
    return conn.execute(_MARK, {**values, "now": now}).rowcount


def is_asked(conn: Connection, case_id: int, person: str) -> bool:
    """Tell whether a person was told of a case and has not said that they know."""
    return bool(conn.execute(_OPEN, {"case_id": case_id, "who": person}).scalar())


def seen_at(conn: Connection, case_id: int, person: str) -> datetime | None:
    """Return when a person last said so."""
    found: datetime | None = conn.execute(_SEEN, {"case_id": case_id, "who": person}).scalar()
    return found


def newest(conn: Connection, case_id: int, person: str) -> Row[Any] | None:
    """Return what a person was last told of a case: the notice, its step and level."""
    return conn.execute(_NEWEST, {"case_id": case_id, "who": person}).first()


def pass_to(conn: Connection, step_id: int, person: str, *, level: str | None, why: str, because: Mapping[str, Any]) -> int:
    """Let a person be told of a step, again if they were before; return the number of the notice.

    Silence is looked for from when it is sent, as with any other.
    """
    values = {"which": step_id, "who": person, "said": why, "facts": because}
    known = conn.execute(_AGAIN, values).scalar_one_or_none()
    if known is not None:
        return int(known)
    row = {"step": step_id, "person": person, "level": level, "why": why, "because": because, "look_for": REPEAT}
    return int(conn.execute(insert(notice).values(row).returning(notice.c.id)).scalar_one())


# --- by which message ---


def number_of(conn: Connection, key: str) -> int | None:
    """Return the number of the message with this key."""
    found: int | None = conn.execute(_NUMBER, {"key": key}).scalar_one_or_none()
    return found


def message(conn: Connection, number: int) -> Row[Any] | None:
    return conn.execute(_BY_NUMBER, {"number": number}).first()


def cases_of(conn: Connection, number: int, limit: int) -> Sequence[int]:
    """Return the cases that a message told of, the most urgent first."""
    return [row.case for row in conn.execute(_CASES, {"number": number, "limit": limit})]


def unseen_of(conn: Connection, number: int, limit: int) -> Sequence[int]:
    """Return cases of a message of which its reader has not said that they know."""
    return [row.case for row in conn.execute(_UNSEEN, {"number": number, "limit": limit})]


def count_of(conn: Connection, number: int) -> int:
    return int(conn.execute(_COUNT, {"number": number}).scalar_one())


def carries(conn: Connection, number: int, case_id: int) -> bool:
    """Tell whether a message told of this case: of no other may its link say or do anything."""
    return bool(conn.execute(_CARRIES, {"number": number, "case_id": case_id}).scalar())

"""What has been kept for its time: cases with what was said in them, and messages outside of cases.

Nothing of an open case goes, nothing that waits to be triaged, and nothing with a reply that is still to leave. Finding reads whole
tables, so it is done beside the writers; each batch is checked again where it is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select

from webcare.domain.case import CaseState
from webcare.domain.message import Direction
from webcare.store import forget
from webcare.store.customers import ERASED
from webcare.store.forget import Forgotten
from webcare.store.tables import case, case_event, message, reply, version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

LEAVING = ("queued", "sending")
INBOUND, OUTBOUND = Direction.INBOUND.value, Direction.OUTBOUND.value
BATCH = 500


def batches(numbers: Sequence[int], size: int = BATCH) -> Iterator[Sequence[int]]:
    """Cut a list into what one transaction, or one statement, takes."""
    return (numbers[start : start + size] for start in range(0, len(numbers), size))


# --- cases, with what was said in them ---


def _old_case(before: datetime) -> tuple[ColumnElement[bool], ...]:
    log = select(case_event.c.seq).join(version, version.c.message == case_event.c.message)
    return (
        case.c.state == CaseState.CLOSED.value,
        case.c.closed_at <= before,
        case.c.customer_id.not_like(f"{ERASED}%"),
        ~exists().where(reply.c.case == case.c.id, reply.c.state.in_(LEAVING)),
        ~log.where(case_event.c.case == case.c.id, version.c.triaged_at.is_(None)).exists(),
    )


def old_cases(conn: Connection, before: datetime) -> list[int]:
    """Return cases that were closed by then."""
    return [row.id for row in conn.execute(select(case.c.id).where(*_old_case(before)).order_by(case.c.id))]


def count_cases(conn: Connection, numbers: Sequence[int]) -> Forgotten:
    """Return how much there is in cases."""
    done = Forgotten(cases=len(numbers))
    for some in batches(numbers):
        said = select(case_event.c.message).where(case_event.c.case.in_(some), case_event.c.message.is_not(None))
        by_direction = select(message.c.direction, func.count()).where(message.c.id.in_(said)).group_by(message.c.direction)
        found: dict[str, int] = {row[0]: row[1] for row in conn.execute(by_direction)}
        replies = conn.execute(select(func.count()).where(reply.c.case.in_(some))).scalar_one()
        done += Forgotten(messages=found.get(INBOUND, 0), answers=found.get(OUTBOUND, 0), replies=replies)
    return done


def forget_cases(conn: Connection, numbers: Sequence[int], before: datetime) -> Forgotten:
    """Forget those of these cases that may still go, with their messages."""
    found = select(case.c.id, case.c.customer_id).where(case.c.id.in_(numbers), *_old_case(before))
    rows = conn.execute(found.order_by(case.c.id).with_for_update()).all()
    cases = [row.id for row in rows]
    said = select(case_event.c.message).where(case_event.c.case.in_(cases), case_event.c.message.is_not(None))
    messages = conn.execute(select(message).where(message.c.id.in_(said)).order_by(message.c.id)).all()
    authors = _renamed(messages) | {row.customer_id: forget.pseudonym() for row in rows}
    return forget.forget(conn, forget.Lot(messages=messages, cases=cases, authors=authors))


def _renamed(messages: Sequence[Row[Any]]) -> dict[str, str]:
    theirs = {row.author_id for row in messages if row.direction == INBOUND}
    return {author_id: forget.pseudonym() for author_id in theirs if not author_id.startswith(ERASED)}


# --- messages that no case was opened for ---


def _old_message(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        message.c.case.is_(None),
        message.c.created_at <= before,
        message.c.external_id.not_like(f"{ERASED}%"),
        ~exists().where(version.c.message == message.c.id, version.c.triaged_at.is_(None)),
    )


def old_messages(conn: Connection, before: datetime) -> list[int]:
    """Return messages outside of any case that were written by then."""
    return [row.id for row in conn.execute(select(message.c.id).where(*_old_message(before)).order_by(message.c.id))]


def count_messages(conn: Connection, numbers: Sequence[int]) -> Forgotten:
    """Return which of these messages are customers' and which ours."""
    done = Forgotten()
    for some in batches(numbers):
        where = (message.c.id.in_(some), message.c.direction == INBOUND)
        theirs = conn.execute(select(func.count()).where(*where)).scalar_one()
        done += Forgotten(messages=theirs, answers=len(some) - theirs)
    return done


def forget_messages(conn: Connection, numbers: Sequence[int], before: datetime) -> Forgotten:
    """Forget those of these messages that may still go."""
    messages = conn.execute(select(message).where(message.c.id.in_(numbers), *_old_message(before))).all()
    return forget.forget(conn, forget.Lot(messages=messages, cases=(), authors=_renamed(messages)))

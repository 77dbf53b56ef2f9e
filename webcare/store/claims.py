"""Claims of cases: when somebody last did something with what they have, and when their shift ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, select, update

from webcare.store.tables import case

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Select

GRAIN = timedelta(minutes=1)  # typing is heard of every few seconds: to the minute is enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody has a case. `active_at` is when they last did something with it, `ends_at` when the shift ends in which they took it."""

    case: int
    person: str
    active_at: datetime | None
    ends_at: datetime | None


_CLAIM: Select[Any] = select(case.c.id, case.c.claimed_by, case.c.claim_active_at, case.c.claim_ends_at)
_IS_CLAIMED = case.c.claimed_by.is_not(None)
_IDLE = _IS_CLAIMED & (case.c.claim_active_at <= bindparam("since"))
_OVER = _IS_CLAIMED & (case.c.claim_ends_at <= bindparam("now"))
_LIMIT = bindparam("limit", type_=Integer)
# Each by an index of its own: an OR would read all cases.
_ANY_IDLE = select(case.c.id).where(_IDLE).order_by(case.c.claim_active_at).limit(1)
_ANY_OVER = select(case.c.id).where(_OVER).order_by(case.c.claim_ends_at).limit(1)
_ALL_IDLE = _CLAIM.where(_IDLE).order_by(case.c.claim_active_at, case.c.id).limit(_LIMIT).with_for_update(skip_locked=True)
_ALL_OVER = _CLAIM.where(_OVER).order_by(case.c.claim_ends_at, case.c.id).limit(_LIMIT).with_for_update(skip_locked=True)
_OF_CASES = _CLAIM.where(_IS_CLAIMED, case.c.id.in_(bindparam("cases", expanding=True)))
_OF_SHIFTS = _CLAIM.where(_IS_CLAIMED, case.c.claim_ends_at.is_not(None))
_TOUCH = update(case).where(case.c.id == bindparam("number"), case.c.claimed_by == bindparam("who"))


def any_due(conn: Connection, idle: timedelta, now: datetime) -> bool:
    """Tell whether a claim may lapse: two reads of an index."""
    is_idle = conn.execute(_ANY_IDLE, {"since": now - idle}).first() is not None
    return is_idle or conn.execute(_ANY_OVER, {"now": now}).first() is not None


def due(conn: Connection, idle: timedelta, now: datetime, limit: int) -> list[Claim]:
    """Return claims that may lapse, locked; those that another daemon has in hand are left to it."""
    found = [
        *conn.execute(_ALL_IDLE, {"since": now - idle, "limit": limit}),
        *conn.execute(_ALL_OVER, {"now": now, "limit": limit}),
    ]
    return list({row.id: _claim(row) for row in found}.values())[:limit]


def of_cases(conn: Connection, case_ids: Sequence[int]) -> list[Claim]:
    """Return the claims of those of these cases that somebody has."""
    return [_claim(row) for row in conn.execute(_OF_CASES, {"cases": list(case_ids)})] if case_ids else []


def of_shifts(conn: Connection) -> list[Claim]:
    """Return the claims that end with a shift."""
    return [_claim(row) for row in conn.execute(_OF_SHIFTS)]


def _claim(row: Row[Any]) -> Claim:
    return Claim(case=row.id, person=row.claimed_by, active_at=row.claim_active_at, ends_at=row.claim_ends_at)


def active(conn: Connection, case_id: int, person: str, now: datetime, *, grain: timedelta = timedelta(0)) -> None:
    """Note that whoever has a case did something with it; nobody else's doing counts."""
    older = case.c.claim_active_at <= bindparam("before")
    values = {"number": case_id, "who": person, "before": now - grain, "now": now}
    conn.execute(_TOUCH.where(older).values(claim_active_at=bindparam("now")), values)


def taken(conn: Connection, case_id: int, person: str, *, ends_at: datetime | None, now: datetime) -> None:
    """Note that a case was taken, and when the shift of its claimer ends."""
    values = {"number": case_id, "who": person, "now": now, "ends": ends_at}
    conn.execute(_TOUCH.values(claim_active_at=bindparam("now"), claim_ends_at=bindparam("ends")), values)


def prolong(conn: Connection, case_id: int, ends_at: datetime | None) -> None:
    """Set when the shift ends after all."""
    conn.execute(update(case).where(case.c.id == case_id).values(claim_ends_at=ends_at))

"""Decide, address: each step once, each person once a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select

from webcare.store.dialect import insert_or_ignore
from webcare.store.tables import delivery, delivery_notice, notice, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from webcare.domain.sla.ladder import Due

_STEPS = select(step.c.case, step.c.clock, step.c.deadline, step.c.rung)
_TAKEN = _STEPS.where(step.c.case.in_(bindparam("cases", expanding=True)))
_TAKEN_BY_ONE = _STEPS.where(step.c.case == bindparam("case"))
_CARRIES = insert(delivery_notice)
_TOLD = (
    select(step.c.case, notice.c.person, func.min(delivery.c.sent_at, type_=delivery.c.sent_at.type).label("at"))
    .join(notice, notice.c.step == step.c.id)
    .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
    .join(delivery, delivery.c.id == delivery_notice.c.delivery)
    .where(
        step.c.case.in_(bindparam("cases", expanding=True)),
        delivery.c.sent_at.is_not(None),
        delivery_notice.c.dropped_at.is_(None),
    )
    .group_by(step.c.case, notice.c.person)
    .order_by(step.c.case, func.min(delivery.c.sent_at), notice.c.person)
)

Key = tuple[int, str, "datetime", str]  # case, clock, deadline, rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Somebody who is told of a step, and why this person; `look_for` is what is due at `look_at` if they stay silent."""

    step: int
    person: str
    why: str
    level: str | None = None
    look_for: str | None = None
    look_at: datetime | None = None
    because: Mapping[str, Any] | None = None


def decided(conn: Connection, case_ids: Iterable[int]) -> set[Key]:
    """Return the steps that these cases have taken."""
    ids = list(case_ids)
    if not ids:
        return set()
    found = conn.execute(_TAKEN_BY_ONE, {"case": ids[0]}) if len(ids) == 1 else conn.execute(_TAKEN, {"cases": ids})
    return {tuple(row) for row in found}


def key_of(case_id: int, due: Due) -> Key:
    return (case_id, due.clock.value, due.deadline, due.rung.key)


def decide(conn: Connection, dues: Sequence[tuple[int, Due]], now: datetime) -> dict[Key, int]:
    """Record steps; return those that were not taken before, with their numbers."""
    if not dues:
        return {}
    rows = [
        {
            "case": case_id,
            "clock": due.clock.value,
            "deadline": due.deadline,
            "rung": due.rung.key,
            "step": due.rung.step,
            "at": due.at,
            "decided_at": now,
        }
        for case_id, due in dues
    ]
    statement = insert_or_ignore(conn, step, step.c.id, step.c.case, step.c.clock, step.c.deadline, step.c.rung)
    found = conn.execute(statement, rows)
    return {(row.case, row.clock, row.deadline, row.rung): row.id for row in found}


def tell(conn: Connection, told: Sequence[Told]) -> dict[tuple[int, str], int]:
    """Record who is told of which step; return the numbers of the notices by step and person. Nobody is told twice of one."""
    if not told:
        return {}
    rows = [{name: getattr(one, name) for name in Told.__dataclass_fields__} for one in told]
    found = conn.execute(insert_or_ignore(conn, notice, notice.c.id, notice.c.step, notice.c.person), rows)
    return {(row.step, row.person): row.id for row in found}


def told_before(conn: Connection, case_ids: Iterable[int]) -> dict[int, list[tuple[str, datetime]]]:
    """Return who has been told of these cases and when it first left, the earliest first."""
    found: dict[int, list[tuple[str, datetime]]] = {}
    for row in conn.execute(_TOLD, {"cases": list(case_ids)}):
        found.setdefault(row.case, []).append((row.person, row.at))
    return found


def queue_alert(
    conn: Connection,
    *,
    brand: str,
    person: str,
    method: str,
    key: str,
    content: Mapping[str, Any],
    notices: Sequence[int],
    now: datetime,
    not_before: datetime | None = None,
) -> bool:
    """Put one alert to one person into the outbox, for all these notices; False when this key is there already."""
    row = {
        "brand": brand,
        "kind": "alert",
        "key": key,
        "person": person,
        "method": method,
        "content": content,
        "state": "queued",
        "created_at": now,
        "not_before": not_before or now,
        "attempt": 0,
    }
    delivery_id = conn.execute(insert_or_ignore(conn, delivery, delivery.c.id), row).scalar_one_or_none()
    if delivery_id is not None and notices:
        conn.execute(_CARRIES, [{"delivery": delivery_id, "notice": n} for n in notices])
    return delivery_id is not None

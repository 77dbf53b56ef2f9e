"""Overrides of the rota, one by one: who made each, and why. Which of them holds is the domain's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select, update

from webcare.domain.rota import LevelName, Override
from webcare.domain.rota_changes import OverrideRow
from webcare.store.house_tables import rota_override

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

_AHEAD = (
    select(rota_override)
    .where(rota_override.c.ends_at > bindparam("now"))
    .order_by(rota_override.c.starts_at, rota_override.c.id)
)
_ONE = select(rota_override).where(rota_override.c.id == bindparam("number"))


def ahead(conn: Connection, now: datetime) -> list[OverrideRow]:
    """Return those that are not over, the earliest first."""
    return [_row(row) for row in conn.execute(_AHEAD, {"now": now})]


def get(conn: Connection, number: int) -> OverrideRow | None:
    row = conn.execute(_ONE, {"number": number}).first()
    return None if row is None else _row(row)


def add(conn: Connection, override: Override, *, by: str, reason: str | None) -> int:
    """Write one down and return its number."""
    values = {
        "level": override.level.value,
        "starts_at": override.starts_at,
        "ends_at": override.ends_at,
        "person": override.person,
        "created_at": override.created_at,
        "by": by,
        "reason": reason,
    }
    number: int = conn.execute(insert(rota_override).values(**values).returning(rota_override.c.id)).scalar_one()
    return number


def end(conn: Connection, row: OverrideRow, now: datetime) -> None:
    """Take one away from now on: what of it has passed stays."""
    this = rota_override.c.id == row.id
    if row.override.starts_at >= now:
        conn.execute(delete(rota_override).where(this))
    else:
        conn.execute(update(rota_override).where(this).values(ends_at=now))


def _row(row: Row[Any]) -> OverrideRow:
    override = Override(
        level=LevelName(row.level),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        person=row.person,
        created_at=row.created_at,
    )
    return OverrideRow(id=row.id, override=override, by=row.by, reason=row.reason)

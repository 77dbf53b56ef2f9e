"""Swaps of shifts that one colleague asked of another, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, or_, select, update

from webcare.domain.rota import LevelName
from webcare.domain.rota_changes import ASKED, Span, Swap, SwapRow
from webcare.store.rota_tables import rota_swap

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

_OPEN = (
    select(rota_swap)
    .where(rota_swap.c.state == ASKED, rota_swap.c.expires_at > bindparam("now"))
    .order_by(rota_swap.c.expires_at, rota_swap.c.id)
)
_OF_ONE = (
    select(rota_swap)
    .where(or_(rota_swap.c.person == bindparam("who"), rota_swap.c.colleague == bindparam("who")))
    .order_by(rota_swap.c.id.desc())
    .limit(bindparam("most"))
)


def add(conn: Connection, swap: Swap, *, note: str | None, state: str, now: datetime) -> int:
    """Write one down and return its number."""
    back = swap.back
    values = {
        "person": swap.person,
        "colleague": swap.colleague,
        "level": swap.given.level.value,
        "starts_at": swap.given.starts_at,
        "ends_at": swap.given.ends_at,
        "back_level": None if back is None else back.level.value,
        "back_starts_at": None if back is None else back.starts_at,
        "back_ends_at": None if back is None else back.ends_at,
        "note": note,
        "asked_at": swap.asked_at,
        "expires_at": swap.expires_at,
        "state": state,
        "answered_at": None if state == ASKED else now,
    }
    number: int = conn.execute(insert(rota_swap).values(**values).returning(rota_swap.c.id)).scalar_one()
    return number


def get(conn: Connection, number: int) -> SwapRow | None:
    """Return a swap for whoever is about to answer it."""
    row = conn.execute(select(rota_swap).where(rota_swap.c.id == number).with_for_update()).first()
    return None if row is None else _row(row)


def answer(conn: Connection, number: int, state: str, now: datetime) -> None:
    conn.execute(update(rota_swap).where(rota_swap.c.id == number).values(state=state, answered_at=now))


def unanswered(conn: Connection, now: datetime) -> list[SwapRow]:
    """Return those that somebody can still answer, the first to expire first."""
    return [_row(row) for row in conn.execute(_OPEN, {"now": now})]


def of_person(conn: Connection, who: str, most: int) -> list[SwapRow]:
    """Return those that somebody asked or was asked, the newest first."""
    return [_row(row) for row in conn.execute(_OF_ONE, {"who": who, "most": most})]


def _row(row: Row[Any]) -> SwapRow:
    given = Span(level=LevelName(row.level), starts_at=row.starts_at, ends_at=row.ends_at)
    back = None
    if row.back_level is not None:
        back = Span(level=LevelName(row.back_level), starts_at=row.back_starts_at, ends_at=row.back_ends_at)
    swap = Swap(person=row.person, colleague=row.colleague, given=given, back=back, asked_at=row.asked_at)
    return SwapRow(id=row.id, swap=swap, note=row.note, expires_at=row.expires_at, state=row.state, answered_at=row.answered_at)

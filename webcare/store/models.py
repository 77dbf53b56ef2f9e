"""Which model was chosen when, and by whom. Rows are added and never changed: the way back is one more row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, delete, exists, false, func, insert, select

from webcare.domain.model_choice import Change, Choice, ModelKind, ModelNote
from webcare.store.model_tables import model_choice

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from webcare.domain.model_choice import NewChoice

_NEWEST = select(func.max(model_choice.c.id)).where(model_choice.c.in_force.is_(True))
_IN_FORCE = (
    select(model_choice)
    .where(model_choice.c.in_force.is_(True))
    .order_by(model_choice.c.id.desc())
    .limit(1)
    .offset(bindparam("back", type_=Integer))
)
_TOLD_OUTDATED = select(
    exists().where(model_choice.c.change == Change.OUTDATED.value, model_choice.c.id > bindparam("choice", type_=Integer))
)
_HISTORY = select(model_choice).order_by(model_choice.c.id.desc()).limit(bindparam("limit", type_=Integer))
_NOTES = (
    select(model_choice.c.at, model_choice.c.by, model_choice.c.kind, model_choice.c.change, model_choice.c.figures)
    .where(model_choice.c.at >= bindparam("start"), model_choice.c.at < bindparam("end"))
    .order_by(model_choice.c.id)
)


def newest(conn: Connection) -> int | None:
    """Return the number of the choice in force: what a daemon looks at each minute."""
    number: int | None = conn.execute(_NEWEST).scalar()
    return number


def in_force(conn: Connection, *, back: int = 0) -> Choice | None:
    """Return the choice in force, or the one that was so many before it; None where nobody chose."""
    row = conn.execute(_IN_FORCE, {"back": back}).first()
    return None if row is None else _choice(row)


def history(conn: Connection, limit: int) -> list[Choice]:
    """Return choices, also those that were left, the newest first."""
    return [_choice(row) for row in conn.execute(_HISTORY, {"limit": limit})]


def notes(conn: Connection, start: datetime, end: datetime) -> tuple[ModelNote, ...]:
    """Return what was chosen or left in a span, for a letter."""
    return tuple(
        ModelNote(at=row.at, by=row.by, kind=ModelKind(row.kind), change=Change(row.change), figures=row.figures)
        for row in conn.execute(_NOTES, {"start": start, "end": end})
    )


def is_told_outdated(conn: Connection, choice: int) -> bool:
    """Tell whether it was noted since a choice that what was learned counts no more."""
    return bool(conn.execute(_TOLD_OUTDATED, {"choice": choice}).scalar())


def keep(conn: Connection, new: NewChoice, *, by: str, now: datetime) -> int:
    row = {
        "at": now,
        "by": by,
        "kind": new.kind.value,
        "change": new.change.value,
        "in_force": new.is_in_force,
        "path": new.path,
        "base": new.base,
        "heads": new.heads,
        "tuning": None if new.tuning is None else dict(new.tuning),
        "figures": dict(new.figures),
        "report": None if new.report is None else dict(new.report),
    }
    number: int = conn.execute(insert(model_choice).returning(model_choice.c.id), row).scalar_one()
    return number


def try_out(conn: Connection) -> None:
    """Write nothing: a database that may only be read refuses even that."""
    conn.execute(delete(model_choice).where(false()))


def _choice(row: Row[Any]) -> Choice:
    return Choice(
        id=row.id,
        at=row.at,
        by=row.by,
        kind=ModelKind(row.kind),
        change=Change(row.change),
        path=row.path,
        base=row.base,
        heads=row.heads,
        tuning=row.tuning,
        figures=row.figures,
        report=row.report,
    )

"""Which model answers: what was chosen, the way back, and what a training came to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from webcare.domain.model_choice import Change, ModelKind, NewChoice
from webcare.store import audit, models

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.domain.model_choice import Choice
    from webcare.store import Connection

SHOWN = 10
MODEL = "model"  # in the audit


def newest(conn: Connection) -> int | None:
    """Return the number of the choice in force; None where nobody chose and the shipped model answers."""
    return models.newest(conn)


def in_force(conn: Connection) -> Choice | None:
    return models.in_force(conn)


def history(conn: Connection, limit: int = SHOWN) -> list[Choice]:
    """Return what was chosen or left, the newest first."""
    return models.history(conn, limit)


def use(conn: Connection, new: NewChoice, *, by: str, now: datetime) -> Choice | None:
    """Keep a choice, or a training that was left, and return the choice that is then in force."""
    models.keep(conn, new, by=by, now=now)
    said = {"kind": new.kind.value, "change": new.change.value}
    audit.note(conn, at=now, by=by, what=MODEL, data=said if new.path is None else {**said, "path": new.path})
    return models.in_force(conn)


def back(conn: Connection, *, by: str, now: datetime) -> Choice | None:
    """Put the choice before the one in force into force again; before the first it was the shipped model. None: nobody ever chose.

    Going back twice leads to where one came from.
    """
    if models.in_force(conn) is None:
        return None
    before = models.in_force(conn, back=1)
    again = NewChoice(kind=ModelKind.BUILTIN, change=Change.BACK)
    if before is not None:
        again = replace(_as_new(before), change=Change.BACK, figures={}, report=None)
    return use(conn, again, by=by, now=now)


def _as_new(choice: Choice) -> NewChoice:
    return NewChoice(**{name: getattr(choice, name) for name in NewChoice.__dataclass_fields__})

"""Which model answers: what was chosen, the way back, and what a training came to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from webcare.domain.model_choice import Change, ModelKind, NewChoice
from webcare.domain.sla.events import MACHINE
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


def outdated(conn: Connection, choice: Choice, *, now: datetime) -> None:
    """Note once, for the next letter, that what was learned counts no more since an upgrade."""
    if not models.is_told_outdated(conn, choice.id):
        gone = NewChoice(kind=choice.kind, change=Change.OUTDATED, path=choice.path, figures=choice.figures)
        models.keep(conn, gone, by=MACHINE, now=now)


class Overtaken(Exception):  # noqa: N818 - it is what happened
    """Somebody chose another meanwhile: `choice`."""

    def __init__(self, choice: Choice) -> None:
        super().__init__(choice.id)
        self.choice = choice


def replace_seen(conn: Connection, new: NewChoice, *, seen: int | None, by: str, now: datetime) -> Choice | None:
    """Keep a choice as `use` does, if the one in force still is the one that its maker saw.

    Raises:
        Overtaken: it is not.
    """
    present = models.in_force(conn)
    if present is not None and present.id != seen:
        raise Overtaken(present)
    return use(conn, new, by=by, now=now)


def try_out(conn: Connection) -> None:
    """See that choices can be kept, before somebody works for minutes on one."""
    models.try_out(conn)


def before(conn: Connection) -> Choice | None:
    """Return the choice before the one in force; None: the shipped model, which answered before the first."""
    return models.in_force(conn, back=1)


def back(conn: Connection, before: Choice | None, *, by: str, now: datetime) -> Choice | None:
    """Put a choice of before into force again, None for the shipped model. Going back twice leads to where one came from."""
    again = NewChoice(kind=ModelKind.BUILTIN, change=Change.BACK)
    if before is not None:
        again = replace(_as_new(before), change=Change.BACK, figures={}, report=None)
    return use(conn, again, by=by, now=now)


def _as_new(choice: Choice) -> NewChoice:
    return NewChoice(**{name: getattr(choice, name) for name in NewChoice.__dataclass_fields__})

"""Who else has a case before them. The pages say so every few seconds; who says nothing has gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from webcare.store import desk as kept

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.store import Connection

EVERY = timedelta(seconds=15)  # how often a page says that somebody looks
GONE_AFTER = timedelta(seconds=40)  # two of these lost, and a slow network


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    person: str
    name: str
    is_typing: bool


def looking(conn: Connection, case: int, person: str, machine: datetime, *, is_typing: bool = False) -> None:
    """Note that a person has a case before them, by the machine's time; a case that is gone is left alone."""
    kept.look(conn, case, person, is_typing=is_typing, machine=machine, stale=machine - GONE_AFTER)


def left(conn: Connection, case: int, person: str) -> None:
    """Note that a person has closed the page of a case."""
    kept.leave(conn, case, person)


def who_looks(conn: Connection, case: int, machine: datetime) -> list[Looking]:
    """Return who has a case before them now, by name; the reader leaves out themselves."""
    found = kept.looking(conn, case, machine - GONE_AFTER)
    return [Looking(person=row.person, name=row.name, is_typing=row.typing) for row in found]

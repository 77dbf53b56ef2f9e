"""What stands around a case while somebody works on it: who could take it over, who has blocked its author, who else looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.rota import LevelName, on_call
from webcare.services import desk, presence
from webcare.services.meanwhile import meanwhile
from webcare.store import acks, cases, claims, people
from webcare.store import desk as kept

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.services.meanwhile import Mark
    from webcare.services.presence import Looking
    from webcare.store import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    id: str
    name: str
    is_on_call: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """`blocked_by` is None when nobody did; `looking` leaves out the reader, who `is_asked` to say that they have seen an alert."""

    colleagues: tuple[Colleague, ...]
    blocked_by: str | None
    is_asked: bool
    looking: tuple[Looking, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Who else has a case before them, and who of them has answered since."""

    looking: tuple[Looking, ...]
    answered: str | None


def around(conn: Connection, case_id: int, *, reader: str, now: datetime, machine: datetime) -> Around:
    """Return what stands around a case."""
    return Around(
        colleagues=who_answers(conn, now),
        blocked_by=desk.blocked_by(conn, case_id),
        is_asked=acks.is_asked(conn, case_id, reader),
        looking=_others(conn, case_id, reader, machine),
    )


def who_answers(conn: Connection, now: datetime) -> tuple[Colleague, ...]:
    """Return everybody who answers customers: whoever is on call first, then by name."""
    rota = people.rota(conn)
    first = None if rota is None else on_call(rota, LevelName.ONCALL, now)
    everybody, gone = people.people(conn) if rota is None else rota.people, kept.gone(conn)
    found = [
        Colleague(id=one.id, name=one.name, is_on_call=first is not None and one.id == first.id)
        for one in everybody
        if desk.may(one.role, desk.Action.WORK) and one.id not in gone
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_on_call, one.name.casefold(), one.id)))


def look(
    conn: Connection, case_id: int, *, reader: str, machine: datetime, now: datetime, is_typing: bool, seen: Mark | None
) -> Company | None:
    """Note that somebody has a case before them and return who else has; None when there is no such case.

    Whoever types in a case that they have taken keeps it.
    """
    if cases.get(conn, case_id) is None:
        return None
    presence.looking(conn, case_id, reader, machine, is_typing=is_typing)
    if is_typing:
        claims.active(conn, case_id, reader, now, grain=claims.GRAIN)
    answered = None if seen is None else meanwhile(conn, case_id, seen, reader)
    return Company(looking=_others(conn, case_id, reader, machine), answered=answered)


def _others(conn: Connection, case_id: int, reader: str, machine: datetime) -> tuple[Looking, ...]:
    return tuple(one for one in presence.who_looks(conn, case_id, machine) if one.person != reader)

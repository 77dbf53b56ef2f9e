"""Who works here, how each is reached, and who is on call when. The config fills an empty database once; afterwards this is the truth.

Whoever is on call must be found, whatever happened to these tables: a turn of somebody who is gone is a turn of nobody, which sends the
alert to the next level, and an override of a level that is gone is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, literal_column, select, update

from webcare.domain.rota import ContactMethod, Level, LevelName, Override, Person, QuietHours, Rhythm, Role, Rota
from webcare.store.house_tables import contact, rota_level, rota_override
from webcare.store.house_tables import person as person_table
from webcare.store.tables import delivery

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

_PEOPLE = select(person_table).order_by(person_table.c.id)
_CONTACTS = select(contact).order_by(contact.c.person, contact.c.nth)
_ONE = select(person_table).where(person_table.c.id == bindparam("id"))
_CONTACTS_OF_ONE = select(contact).where(contact.c.person == bindparam("id")).order_by(contact.c.nth)
_LEVELS = select(rota_level)
_OVERRIDES = select(rota_override).order_by(rota_override.c.created_at, rota_override.c.id)
_CLIMBING = list(LevelName)
_LAST_ALERT = (  # by the index of a person's deliveries: its condition is written out
    select(delivery.c.state, delivery.c.created_at, delivery.c.sent_at)
    .where(
        delivery.c.person == bindparam("person"),
        delivery.c.kind == literal_column("'alert'"),
        delivery.c.attempt >= literal_column("0"),
        delivery.c.state.in_((literal_column("'sent'"), literal_column("'failed'"))),
    )
    .order_by(delivery.c.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAlert:
    """How the last alert to a person fared, and when."""

    arrived: bool
    at: datetime


# --- filling an empty database ---


def seed(conn: Connection, people: Sequence[Person], levels: Sequence[Level]) -> bool:
    """Write people and levels into a database that has neither; tell whether that was so and there was anything to write."""
    is_empty = all(conn.execute(select(table.c[0]).limit(1)).first() is None for table in (person_table, rota_level))
    if not is_empty or not (people or levels):
        return False
    if people:
        conn.execute(insert(person_table), [_person_row(one) for one in people])
    contacts = [_contact_row(one.id, nth, method) for one in people for nth, method in enumerate(one.contacts)]
    if contacts:
        conn.execute(insert(contact), contacts)
    if levels:
        conn.execute(insert(rota_level), [_level_row(level) for level in levels])
    return True


def _person_row(one: Person) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "role": one.role.value,
        "zone": one.zone,
        "language": one.language,
        "quiet_start": None if one.quiet is None else _clock(one.quiet.start),
        "quiet_end": None if one.quiet is None else _clock(one.quiet.end),
    }


def _contact_row(person_id: str, nth: int, method: ContactMethod) -> dict[str, Any]:
    return {
        "person": person_id,
        "nth": nth,
        "name": method.name,
        "target": method.target,
        "detail": method.detail,
        "trusted": method.trusted,
    }


def _level_row(level: Level) -> dict[str, Any]:
    return {
        "name": level.name.value,
        "rotation": list(level.rotation),
        "rhythm": level.rhythm.value,
        "anchor": level.anchor.isoformat(),
        "zone": level.zone,
        "handovers": [_clock(at) for at in level.handovers],
    }


def save_level(conn: Connection, level: Level) -> None:
    """Keep a level in place of what it was, if it was there."""
    row = _level_row(level)
    if not conn.execute(update(rota_level).where(rota_level.c.name == row["name"]).values(**row)).rowcount:
        conn.execute(insert(rota_level).values(**row))


def drop_level(conn: Connection, name: LevelName) -> None:
    conn.execute(delete(rota_level).where(rota_level.c.name == name.value))


def set_quiet(conn: Connection, person_id: str, quiet: QuietHours | None) -> None:
    """Keep these quiet hours of a person in place of what they were."""
    values = {
        "quiet_start": None if quiet is None else _clock(quiet.start),
        "quiet_end": None if quiet is None else _clock(quiet.end),
    }
    conn.execute(update(person_table).where(person_table.c.id == person_id).values(**values))


def set_contacts(conn: Connection, person_id: str, methods: Sequence[ContactMethod]) -> None:
    """Keep these ways to reach a person, in this order, in place of what there was."""
    conn.execute(delete(contact).where(contact.c.person == person_id))
    if methods:
        conn.execute(insert(contact), [_contact_row(person_id, nth, method) for nth, method in enumerate(methods)])


def _clock(at: time) -> str:
    return at.isoformat("minutes")


# --- asking ---


def people(conn: Connection) -> tuple[Person, ...]:
    """Return everybody, by id."""
    contacts: dict[str, list[Row[Any]]] = {}
    for row in conn.execute(_CONTACTS):
        contacts.setdefault(row.person, []).append(row)
    return tuple(_person(row, contacts.get(row.id, ())) for row in conn.execute(_PEOPLE))


def person(conn: Connection, person_id: str) -> Person | None:
    """Return the person of this id, None when there is none."""
    row = conn.execute(_ONE, {"id": person_id}).first()
    return None if row is None else _person(row, conn.execute(_CONTACTS_OF_ONE, {"id": person_id}))


def rota(conn: Connection) -> Rota | None:
    """Return who is on call when; None when there is no level."""
    found = [_level(row) for row in conn.execute(_LEVELS)]
    if not found:
        return None
    everybody = people(conn)
    known, names = {one.id for one in everybody}, {level.name for level in found}
    levels = [
        replace(level, rotation=tuple(id_ if id_ in known else None for id_ in level.rotation))
        for level in sorted(found, key=lambda level: _CLIMBING.index(level.name))
    ]
    overrides = [
        Override(
            level=LevelName(row.level),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            person=row.person if row.person in known else None,
            created_at=row.created_at,
        )
        for row in conn.execute(_OVERRIDES)
        if row.level in names
    ]
    return Rota(levels=tuple(levels), people=everybody, overrides=tuple(overrides))


def last_alerts(conn: Connection, ids: Iterable[str]) -> dict[str, LastAlert]:
    """Return how the last alert to each of these people fared; who was never sent one is not in it."""
    found = {id_: conn.execute(_LAST_ALERT, {"person": id_}).first() for id_ in ids}
    return {
        id_: LastAlert(arrived=row.state == "sent", at=row.sent_at or row.created_at)
        for id_, row in found.items()
        if row is not None
    }


def _person(row: Row[Any], contacts: Iterable[Row[Any]]) -> Person:
    quiet = None
    if row.quiet_start is not None and row.quiet_end is not None:
        quiet = QuietHours(start=time.fromisoformat(row.quiet_start), end=time.fromisoformat(row.quiet_end))
    return Person(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        contacts=tuple(ContactMethod(name=c.name, target=c.target, detail=c.detail, trusted=c.trusted) for c in contacts),
        zone=row.zone,
        language=row.language,
        quiet=quiet,
    )


def _level(row: Row[Any]) -> Level:
    return Level(
        name=LevelName(row.name),
        rotation=tuple(row.rotation),
        rhythm=Rhythm(row.rhythm),
        anchor=date.fromisoformat(row.anchor),
        zone=row.zone,
        handovers=tuple(time.fromisoformat(at) for at in row.handovers),
    )

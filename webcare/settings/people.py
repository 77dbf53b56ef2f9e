"""[[person]] and [rota] -> the people and levels that fill an empty database. Afterwards the database has them; nobody asks the file."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from webcare.domain import rota
from webcare.settings.values import NOBODY

if TYPE_CHECKING:
    from webcare.settings.model import Level, Model, Person


def people(settings: Model) -> tuple[tuple[rota.Person, ...], tuple[rota.Level, ...]]:
    """Return people and levels; what a person or a level does not say is as in [house]."""
    levels = [
        _level(rota.LevelName(name), level, settings.house.zone)
        for name in rota.LevelName
        if (level := getattr(settings.rota, name)) is not None
    ]
    return tuple(_person(person, settings) for person in settings.person), tuple(levels)


def _person(person: Person, settings: Model) -> rota.Person:
    contacts = [
        rota.ContactMethod(name=c.name, target=c.target.get_secret_value(), detail=c.detail, trusted=c.trusted)
        for c in person.contacts
    ]
    quiet = None
    if person.quiet is not None:
        start, end = map(time.fromisoformat, person.quiet)
        quiet = rota.QuietHours(start=start, end=end)
    return rota.Person(
        id=person.id,
        name=person.name,
        role=rota.Role(person.role),
        contacts=tuple(contacts),
        zone=person.zone or settings.house.zone,
        language=person.language or settings.house.language,
        quiet=quiet,
    )


def _level(name: rota.LevelName, level: Level, zone: str) -> rota.Level:
    return rota.Level(
        name=name,
        rotation=tuple(None if id_ == NOBODY else id_ for id_ in level.rotation),
        rhythm=rota.Rhythm(level.rhythm),
        anchor=level.anchor,
        zone=level.zone or zone,
        handovers=tuple(time.fromisoformat(at) for at in level.handovers),
    )

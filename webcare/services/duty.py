"""Who is on call: what the page of the rota shows, and a lead's change to the rotation of a level.

    fields --wanted--> Level --with_level--> preview        the same Level --change--> database, audit

The database is the truth that the watch asks each time it looks, so a change holds from the next look on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from webcare.domain.calendar import Calendar
from webcare.domain.rota import Level, LevelName, Rhythm, Rota
from webcare.domain.walltime import zone_named
from webcare.services import lapse
from webcare.store import audit, overrides, people, users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.people import LastAlert

NOBODY: Final = "-"
MOST_TURNS, MOST_HANDOVERS = 30, 12


class Field(StrEnum):
    """What of a level cannot be kept as it was asked for."""

    ROTATION = "rotation"
    PERSON = "person"
    RHYTHM = "rhythm"
    HANDOVERS = "handovers"
    ANCHOR = "anchor"
    ZONE = "zone"


class CannotKeep(ValueError):  # noqa: N818 - a refusal, not a fault
    """A level was asked for that cannot be followed; `field` says where."""

    def __init__(self, field: Field) -> None:
        super().__init__(f"{field.value} cannot be kept")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """`last` is how the last alert to each person fared, `closed` are those who cannot log in any more."""

    rota: Rota
    last: Mapping[str, LastAlert]
    closed: frozenset[str]


def duty(conn: Connection) -> Duty:
    """Return who is on call when; without levels it is a rota of people only."""
    found = people.rota(conn) or Rota(levels=(), people=people.people(conn))
    closed = frozenset(one.person for one in users.everybody(conn) if one.disabled_at is not None)
    return Duty(rota=found, last=people.last_alerts(conn, [one.id for one in found.people]), closed=closed)


def holidays(rules: Rules, first: date, last: date) -> dict[date, str]:
    """Return the days off of the calendars by which we promise, with their names; "" for one that has none."""
    every = (rule.policy.calendar for rule in rules.book.rules)
    calendars = {id(one): one for one in every if isinstance(one, Calendar)}.values()
    found: dict[date, str] = {}
    day = first
    while day <= last:
        for calendar in calendars:
            name = calendar.days_off.get(day, calendar.holiday(day))
            if name is not None:
                found[day] = found.get(day) or name
        day += timedelta(days=1)
    return found


def mark(level: Level | None) -> str:
    """Return what is another value after the level was changed."""
    facts = "" if level is None else repr((level.rotation, level.rhythm.value, level.anchor, level.zone, level.handovers))
    return hashlib.sha256(facts.encode()).hexdigest()[:32]


def wanted(
    name: LevelName,
    *,
    rotation: Sequence[str],
    rhythm: str,
    handovers: Sequence[str],
    anchor: str,
    zone: str,
    known: frozenset[str],
) -> Level:
    """Return a level as it was asked for; `-` is a turn that nobody has.

    Raises:
        CannotKeep: it names somebody unknown, or what is no time, day or zone.
    """
    if not 0 < len(rotation) <= MOST_TURNS or set(rotation) == {NOBODY}:
        raise CannotKeep(Field.ROTATION)
    if not set(rotation) <= known | {NOBODY}:
        raise CannotKeep(Field.PERSON)
    if rhythm not in set(Rhythm):
        raise CannotKeep(Field.RHYTHM)
    try:
        times = tuple(sorted({_wall_time(one) for one in handovers}))
    except ValueError:
        raise CannotKeep(Field.HANDOVERS) from None
    if not 0 < len(times) <= MOST_HANDOVERS or (rhythm == Rhythm.WEEKLY and len(times) > 1):
        raise CannotKeep(Field.HANDOVERS)
    try:
        first = date.fromisoformat(anchor)
    except ValueError:
        raise CannotKeep(Field.ANCHOR) from None
    if not 2000 <= first.year < 2200:  # noqa: PLR2004 - beyond lies a slip, and somewhere the end of the calendar
        raise CannotKeep(Field.ANCHOR)
    try:
        zone_named(zone, field="zone")
    except ValueError:
        raise CannotKeep(Field.ZONE) from None
    turns = tuple(None if id_ == NOBODY else id_ for id_ in rotation)
    return Level(name=name, rotation=turns, rhythm=Rhythm(rhythm), anchor=first, zone=zone, handovers=times)


def _wall_time(text: str) -> time:
    hour, _, minute = text.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and len(hour) in {1, 2} and len(minute) == 2):  # noqa: PLR2004
        raise ValueError("no time of day")
    return time(int(hour), int(minute))


def with_level(rota: Rota, level: Level) -> Rota:
    """Return the rota as it would be."""
    names = list(LevelName)
    levels = [*(one for one in rota.levels if one.name != level.name), level]
    return replace(rota, levels=tuple(sorted(levels, key=lambda one: names.index(one.name))))


def change(conn: Connection, level: Level, *, seen: str, by: str, now: datetime) -> Level | None:
    """Keep a level; None: done. Where somebody changed it since the page was shown (`seen`), theirs stays and is returned.

    Raises:
        CannotKeep: somebody in it is gone meanwhile.
    """
    found = people.rota(conn)
    before = None if found is None else found.level(level.name)
    if mark(before) != seen:
        return before or replace(level, rotation=())
    known = {one.id for one in people.people(conn)}
    if not {one for one in level.rotation if one is not None} <= known:
        raise CannotKeep(Field.PERSON)
    if before == level:
        return None
    people.save_level(conn, level)
    lapse.rota_changed(conn, now)
    audit.note(conn, at=now, by=by, what="rota", data={"level": level.name.value, "was": _facts(before), "is": _facts(level)})
    return None


def without_level(rota: Rota, name: LevelName) -> Rota:
    """Return the rota as it would be without a level, and without what lies over it."""
    kept = tuple(one for one in rota.overrides if one.level != name)
    return replace(rota, levels=tuple(one for one in rota.levels if one.name != name), overrides=kept)


def heir(rota: Rota, name: LevelName) -> LevelName | None:
    """Return the level that gets what a level without a rotation would have got: the next one above, else the next one below."""
    names, there = list(LevelName), {one.name for one in rota.levels} - {name}
    place = names.index(name)
    return next((one for one in (*names[place + 1 :], *names[:place][::-1]) if one in there), None)


def drop(conn: Connection, name: LevelName, *, seen: str, by: str, now: datetime) -> bool:
    """Take a level away, with the overrides of it that are not over; False where somebody changed it since the page was shown.

    The first level stays: without it nobody is called first.
    """
    found = people.rota(conn)
    before = None if found is None else found.level(name)
    if before is None or name is LevelName.ONCALL or mark(before) != seen:
        return False
    over = [one for one in overrides.ahead(conn, now) if one.override.level == name]
    for one in over:
        overrides.end(conn, one, now)
    people.drop_level(conn, name)
    lapse.rota_changed(conn, now)
    data = {"level": name.value, "did": "remove", "was": _facts(before), "overrides": len(over)}
    audit.note(conn, at=now, by=by, what="rota", data=data)
    return True


def _facts(level: Level | None) -> dict[str, object] | None:
    if level is None:
        return None
    return {
        "rotation": list(level.rotation),
        "rhythm": level.rhythm.value,
        "anchor": level.anchor.isoformat(),
        "zone": level.zone,
        "handovers": [f"{at:%H:%M}" for at in level.handovers],
    }

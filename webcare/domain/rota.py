"""Who is on call at a given moment, and who is next.

An alert that reaches nobody is a broken promise that nobody hears of, so this module answers one question in full: whom does a
rung tell at this instant, and why that person. A level is a rotation that is handed over at a local wall time; overrides lie on
top of it, and of two overrides the later created one wins. A swap is two overrides.

    rotation   | Daan           | Noor           | Sanne          |     hand-over 08:00 local time
    override            | Yara         |
    on call    | Daan   | Yara         | Noor    | Sanne          |     every span half-open: [from, to)

A wall time becomes an instant as everywhere (`walltime`). Nothing here moves a rung, reads a clock or sends. A rota that cannot be
followed is refused when it is made: every ValueError names the field and the reason.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from webcare.domain.walltime import instant_of, zone_named

_DAY = timedelta(days=1)


class Role(StrEnum):
    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"
    AUDITOR = "auditor"


class LevelName(StrEnum):
    """In the order in which an alert climbs."""

    ONCALL = "oncall"
    NEXT = "next"
    LEAD = "lead"


class Rhythm(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"


class Obstacle(StrEnum):
    """Why a level cannot be reached at a moment."""

    NOBODY = "nobody on call"
    NO_CONTACT = "no contact method"
    QUIET = "quiet hours"


class Told(StrEnum):
    """By what right a person is told."""

    ON_CALL = "on call"
    HELD = "on call, held back until the quiet hours end"
    NO_ROTA = "no rota"
    NOBODY = "nobody to tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMethod:
    """A way to reach a person; the target (an address, a number, a token) is a secret and stays out of every repr.

    `detail`: only facts, or also the customer's name and one line; of a private message that only where the target is `trusted`.
    """

    name: str
    target: str = field(repr=False)
    detail: str = "facts"
    trusted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Local wall times of every day, over midnight when `end` is the earlier one."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start.tzinfo or self.end.tzinfo or self.start == self.end:
            raise ValueError("quiet hours: start and end must be two different local times, without offset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of ours. `contacts` are in the order in which they are tried; without one nobody can reach this person."""

    id: str
    name: str
    role: Role
    contacts: tuple[ContactMethod, ...]
    zone: str
    quiet: QuietHours | None = None
    language: str = "nl"

    def __post_init__(self) -> None:
        zone_named(self.zone, field=f"person {self.id}: zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A rotation of person ids; None in it is a turn that nobody has, an empty one a level that nobody has.

    The first of the rotation takes over on `anchor`, at the first hand-over of that day; before it the rotation counts backwards.
    A weekly rotation changes hands on the anchor's weekday, a daily one every day, several times if it names several hand-overs.
    """

    name: LevelName
    rotation: tuple[str | None, ...]
    rhythm: Rhythm
    anchor: date
    zone: str
    handovers: tuple[time, ...] = (time(8),)

    def __post_init__(self) -> None:
        zone_named(self.zone, field=f"level {self.name}: zone")
        if any(t.tzinfo for t in self.handovers) or not self.handovers or sorted(set(self.handovers)) != list(self.handovers):
            raise ValueError(f"level {self.name}: handovers must be local times of day, at least one, earliest first")
        if self.rhythm is Rhythm.WEEKLY and len(self.handovers) > 1:
            raise ValueError(f"level {self.name}: handovers: a weekly rotation has one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """`person` has the level from `starts_at` until `ends_at`, whatever the rotation says; None means nobody has it."""

    level: LevelName
    starts_at: datetime
    ends_at: datetime
    person: str | None
    created_at: datetime

    def __post_init__(self) -> None:
        for name in ("starts_at", "ends_at", "created_at"):
            object.__setattr__(self, name, _utc(getattr(self, name), field=f"override of {self.level}: {name}"))
        if self.ends_at <= self.starts_at:
            raise ValueError(f"override of {self.level}: ends_at {self.ends_at:%Y-%m-%dT%H:%MZ} is not after starts_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Levels, what lies over them, and the people that both name; the overrides end up in the order of their creation."""

    levels: tuple[Level, ...]
    people: tuple[Person, ...]
    overrides: tuple[Override, ...] = ()

    def __post_init__(self) -> None:
        known, names = [p.id for p in self.people], [level.name for level in self.levels]
        for field_, ids in (("people", known), ("levels", names)):
            if len(set(ids)) < len(ids):
                raise ValueError(f"rota: {field_}: one of them occurs twice")
        named = [(f"level {level.name}: rotation", id_) for level in self.levels for id_ in level.rotation]
        named += [(f"override of {o.level}: person", o.person) for o in self.overrides]
        for where, id_ in named:
            if id_ is not None and id_ not in known:
                raise ValueError(f"{where}: unknown person {id_!r}")
        for override in self.overrides:
            if override.level not in names:
                raise ValueError(f"override of {override.level}: level: the rota has no such level")
        object.__setattr__(self, "overrides", tuple(sorted(self.overrides, key=lambda o: o.created_at)))

    def level(self, name: LevelName) -> Level | None:
        return next((level for level in self.levels if level.name == name), None)

    def person(self, id_: str | None) -> Person | None:
        return next((p for p in self.people if p.id == id_), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One person, or nobody, without interruption."""

    starts_at: datetime
    ends_at: datetime
    person: Person | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A span in which an alert that is not urgent passes this level by."""

    level: LevelName
    starts_at: datetime
    ends_at: datetime
    obstacle: Obstacle
    person: Person | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A person to tell, by what right, and the levels that could not be told first."""

    person: Person
    level: LevelName
    told: Told
    skipped: tuple[tuple[LevelName, Obstacle], ...] = ()

    @property
    def reason(self) -> str:
        """One line for the log and `webcare why`; letters make their own words from the fields."""
        if not self.skipped:
            return self.told.value
        passed = "; ".join(f"level {level}: nobody reachable ({obstacle})" for level, obstacle in self.skipped)
        return f"{passed}, so {self.told.replace(Told.ON_CALL, self.level)}"


_DAYS_A_LAP = {Rhythm.DAILY: 1, Rhythm.WEEKLY: 7}
_ADDRESSED: dict[str, LevelName | None] = {
    "inbox": None,
    "alert": LevelName.ONCALL,
    "page": LevelName.NEXT,
    "breach": LevelName.LEAD,
}


def level_for(step: str, *, is_breach: bool) -> LevelName | None:
    """Say which level a rung addresses: the breach the lead, whatever its name, a step of unknown name the first level."""
    return LevelName.LEAD if is_breach else _ADDRESSED.get(step, LevelName.ONCALL)


def on_call(rota: Rota, level: LevelName, at: datetime) -> Person | None:
    """Name the person who has the level at this instant; None is a hole."""
    at = _utc(at, field="at")
    over = [o for o in rota.overrides if o.level == level and o.starts_at <= at < o.ends_at]
    if over:
        return rota.person(over[-1].person)
    return rota.person(_by_rotation(rota.level(level), at))


def stand_in(rota: Rota, level: LevelName, at: datetime, *, urgent: bool) -> Person | None:
    """Name who of the same level is told once when the person on call stays silent: the next of the rotation who can be reached.

    Somebody whose turn has been taken over is left alone: they are ill, away or asleep.
    """
    at = _utc(at, field="at")
    turn = rota.level(level)
    if turn is None or not turn.rotation:
        return None
    now, place = on_call(rota, level, at), _turn_at(turn, at) % len(turn.rotation)
    left_alone = {turn.rotation[place], now.id if now else None}
    following = [rota.person(id_) for id_ in turn.rotation[place + 1 :] + turn.rotation[:place] if id_ not in left_alone]
    return next((p for p in following if obstacle(p, at, urgent=urgent) is None), None)


def next_handover(rota: Rota, level: LevelName, at: datetime) -> datetime | None:
    """Say when the level next passes to somebody else or to nobody; None when it never does.

    It is the end of the shift, not of the turn: a hand-over to oneself is none, and overrides count.
    """
    at = _utc(at, field="at")
    now = on_call(rota, level, at)
    end = max((o.ends_at for o in rota.overrides if o.level == level and o.ends_at > at), default=at)
    turn = rota.level(level)
    if turn is not None and turn.rotation:
        # After the last override one round of the rotation shows everybody there is.
        end = _turn_start(turn, _turn_at(turn, end) + len(turn.rotation))
    return next((e for e in _edges(rota, level, at, end) if on_call(rota, level, e) != now), None)


def shifts(rota: Rota, level: LevelName, start: datetime, end: datetime) -> list[Shift]:
    """Cut [start, end) into shifts, without gap or overlap; turns of one person that touch are one shift."""
    start, end = _utc(start, field="start"), _utc(end, field="end")
    if end < start:
        raise ValueError(f"end: {end:%Y-%m-%dT%H:%MZ} is before the start")
    found: list[Shift] = []
    for a, b in pairwise(sorted({start, end, *_edges(rota, level, start, end)})):
        person = on_call(rota, level, a)
        if found and found[-1].person == person:
            found[-1] = Shift(starts_at=found[-1].starts_at, ends_at=b, person=person)
        else:
            found.append(Shift(starts_at=a, ends_at=b, person=person))
    return found


def holes(rota: Rota, start: datetime, end: datetime) -> list[Hole]:
    """List, level by level, the spans with nobody on call or nobody whom an alert that is not urgent may reach.

    A level that the rota does not have is a choice and no hole; one with an empty rotation is.
    """
    found: list[Hole] = []
    for level in sorted((lv.name for lv in rota.levels), key=list(LevelName).index):
        for shift in shifts(rota, level, start, end):
            a, b, person = shift.starts_at, shift.ends_at, shift.person
            if person is not None and person.contacts:
                cut = [(max(a, x), min(b, y), Obstacle.QUIET) for x, y in _quiet_spans(person, a, b) if max(a, x) < min(b, y)]
            else:
                cut = [(a, b, Obstacle.NOBODY if person is None else Obstacle.NO_CONTACT)]
            found += [Hole(level=level, starts_at=x, ends_at=y, obstacle=why, person=person) for x, y, why in cut]
    return found


def quiet_until(person: Person, at: datetime) -> datetime | None:
    """Say when the quiet hours that hold at this instant end; None when none hold."""
    at = _utc(at, field="at")
    return next((b for a, b in _quiet_spans(person, at, at) if a <= at < b), None)


def is_quiet(person: Person, at: datetime) -> bool:
    return quiet_until(person, at) is not None


def obstacle(person: Person | None, at: datetime, *, urgent: bool) -> Obstacle | None:
    """Say what keeps an alert from this person now; urgent ones pass quiet hours."""
    if person is None:
        return Obstacle.NOBODY
    if not person.contacts:
        return Obstacle.NO_CONTACT
    return Obstacle.QUIET if not urgent and is_quiet(person, at) else None


def recipients(rota: Rota | None, level: LevelName, at: datetime, *, urgent: bool) -> list[Recipient]:
    """Name whom to tell at this instant; never empty, because an alert never goes to nobody.

    A level that cannot be reached passes the alert up, and when nobody is left above, down. Then a person above who only has
    quiet hours is told as well, once these end: the lead hears of every breach. Without a rota, or with nobody in it, the
    recipient is a placeholder, named by the level and without contact method: the sender's last resort.
    """
    placeholder = Person(id=level.value, name=level.value, role=Role.AGENT, contacts=(), zone="UTC")
    if rota is None or not rota.levels:
        return [Recipient(person=placeholder, level=level, told=Told.NO_ROTA)]
    names = list(LevelName)
    rank = names.index(level)
    upward, downward = names[rank:], names[:rank][::-1]
    skipped: tuple[tuple[LevelName, Obstacle], ...] = ()
    held: list[Recipient] = []
    for name in upward + downward:
        person = on_call(rota, name, at)
        why = obstacle(person, at, urgent=urgent)
        if person is not None and why is None:
            told = Recipient(person=person, level=name, told=Told.ON_CALL, skipped=skipped)
            return [told] if name in upward else [told, *held]
        if person is not None and why is Obstacle.QUIET and not held:
            held = [Recipient(person=person, level=name, told=Told.HELD, skipped=skipped)]
        skipped += ((name, why or Obstacle.NOBODY),)
    return held or [Recipient(person=placeholder, level=level, told=Told.NOBODY, skipped=skipped)]


def _by_rotation(level: Level | None, at: datetime) -> str | None:
    return level.rotation[_turn_at(level, at) % len(level.rotation)] if level is not None and level.rotation else None


def _turn_at(level: Level, at: datetime) -> int:
    """Count the turns from the anchor; of turns that start in one instant (in skipped time) the last is the one that lasts."""
    laps = (at.astimezone(ZoneInfo(level.zone)).date() - level.anchor).days // _DAYS_A_LAP[level.rhythm]
    # Two laps of room on either side: a change of the clocks around midnight moves an instant to another local day.
    near = range((laps - 2) * len(level.handovers), (laps + 3) * len(level.handovers))
    return near[bisect_right(near, at, key=lambda n: _turn_start(level, n))] - 1


def _turn_start(level: Level, n: int) -> datetime:
    lap, turn = divmod(n, len(level.handovers))
    day = level.anchor + lap * _DAYS_A_LAP[level.rhythm] * _DAY
    return instant_of(day, level.handovers[turn], ZoneInfo(level.zone))


def _edges(rota: Rota, level: LevelName, start: datetime, end: datetime) -> list[datetime]:
    """Give, in order, the instants after `start` and up to `end` at which duty may change hands."""
    edges = {e for o in rota.overrides if o.level == level for e in (o.starts_at, o.ends_at)}
    turn = rota.level(level)
    if turn is not None and turn.rotation:
        edges.update(_turn_start(turn, n) for n in range(_turn_at(turn, start) + 1, _turn_at(turn, end) + 1))
    return sorted(e for e in edges if start < e <= end)


def _quiet_spans(person: Person, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Give the quiet hours of every local day that could touch the span, uncut."""
    if person.quiet is None:
        return []
    zone, quiet = ZoneInfo(person.zone), person.quiet
    over = _DAY if quiet.end < quiet.start else timedelta(0)
    first = start.astimezone(zone).date() - 2 * _DAY
    days = [first + n * _DAY for n in range((end.astimezone(zone).date() - first).days + 2)]
    return [(instant_of(d, quiet.start, zone), instant_of(d + over, quiet.end, zone)) for d in days]


def _utc(at: datetime, *, field: str) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{field}: {at.isoformat()} has no offset")
    return at.astimezone(UTC)

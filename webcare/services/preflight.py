"""Preflight: would an alert find somebody, for the next fourteen days? Looked at every night, told in the morning.

    03:00  examine --> kept, with the night that it is of          08:00  tell the lead, if something is wrong

What is found is told again once a week as long as it stays. Nobody is woken for it, and nothing is sent to find out: whether a message
really arrives is what a drill shows.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from webcare.domain.durations import format_instant, parse_instant
from webcare.domain.rota import LevelName, Obstacle, holes
from webcare.domain.walltime import instant_of
from webcare.services.tell import tell_level
from webcare.store import leases, notes, people

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from webcare.domain.rota import Hole, Person, Rota
    from webcare.ports.clock import Clock
    from webcare.store import Connection
    from webcare.store.door import Store
    from webcare.store.people import LastAlert

    Try = Callable[[str], Awaitable[str | None]]  # a target -> why nothing will ever be delivered there

AHEAD = timedelta(days=14)
NIGHT, MORNING = time(3), time(8)
KEPT = "preflight"  # the note that keeps what was found
LEASE = timedelta(minutes=10)
MOST_TOLD = 20


class Kind(StrEnum):
    NO_CONTACT = "no_contact"
    TARGET = "target"
    NOT_ARRIVED = "not_arrived"
    NO_LEVELS = "no_levels"
    HOLE = "hole"
    QUIET = "quiet"  # worth knowing: the level is passed over then
    LAST_RESORT = "last_resort"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What would keep an alert from somebody. Of a hole that comes again, the first, and how often it comes.

    `name` is a person's, `reason` what the way to them says of itself.
    """

    kind: Kind
    person: str = ""
    name: str = ""
    contact: str = ""
    reason: str = ""
    level: str = ""
    obstacle: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    times: int = 1
    whole: timedelta = timedelta(0)

    @property
    def is_grave(self) -> bool:
        return self.kind is not Kind.QUIET


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The newest look: when, what was found, and whether the lead was told."""

    at: datetime
    findings: tuple[Finding, ...]
    is_told: bool


async def examine(
    who: Sequence[Person], rota: Rota | None, now: datetime, *, last: Mapping[str, LastAlert], check: Try
) -> list[Finding]:
    """Return what would keep alerts from people, from now on for fourteen days; it sends nothing."""
    found: list[Finding] = []
    for person in who:
        if not person.contacts:
            found.append(Finding(kind=Kind.NO_CONTACT, person=person.id, name=person.name))
        for contact in person.contacts:
            reason = await check(contact.target)
            if reason is not None:
                found.append(Finding(kind=Kind.TARGET, person=person.id, name=person.name, contact=contact.name, reason=reason))
        if person.contacts and person.id in last and not last[person.id].arrived:
            found.append(Finding(kind=Kind.NOT_ARRIVED, person=person.id, name=person.name))
    return [*found, *rota_findings(rota, now)]


def rota_findings(rota: Rota | None, now: datetime) -> Iterator[Finding]:
    """Yield the spans of the next fourteen days in which a level cannot be told, one finding a level, obstacle and person."""
    if rota is None or not rota.levels:
        yield Finding(kind=Kind.NO_LEVELS)
        return
    groups: dict[tuple[str, str, str], list[Hole]] = {}
    for hole in holes(rota, now, now + AHEAD):
        groups.setdefault((hole.level.value, hole.obstacle.value, hole.person.id if hole.person else ""), []).append(hole)
    for (level, obstacle, person), group in sorted(groups.items()):
        first = min(group, key=lambda hole: hole.starts_at)
        yield Finding(
            kind=Kind.QUIET if obstacle == Obstacle.QUIET else Kind.HOLE,
            person=person,
            name=first.person.name if first.person is not None else "",
            level=level,
            obstacle=obstacle,
            starts_at=first.starts_at,
            ends_at=first.ends_at,
            times=len(group),
            whole=sum((hole.ends_at - hole.starts_at for hole in group), timedelta(0)),
        )


# --- every night ---


async def nightly(store: Store, clock: Clock, holder: str, *, zone: str, brand: str, check: Try, has_last_resort: bool) -> int:
    """Examine once a night and tell once a morning; nearly always that is one read. Return how many were told."""
    now, house = clock.now(), ZoneInfo(zone)
    night = _newest(now, NIGHT, house)
    looked = await store.read(newest)
    if looked is None or looked.at < night:
        if not await store.write(_begin, holder, clock.machine()):
            return 0
        who, rota, last = await store.read(_kept)
        found = await examine(who, rota, now, last=last, check=check)
        if not has_last_resort:
            found.append(Finding(kind=Kind.LAST_RESORT))
        looked = await store.write(_keep, found, now, night)
    if looked.is_told or now < instant_of(night.astimezone(house).date(), MORNING, house):
        return 0
    return await store.write(_tell, brand, now, house)


def newest(conn: Connection) -> Looked | None:
    """Return what was found the last time; None before the first night."""
    kept = notes.read(conn, KEPT)
    if kept is None:
        return None
    facts = json.loads(kept)
    return Looked(at=parse_instant(facts["at"]), findings=tuple(thaw(one) for one in facts["findings"]), is_told=facts["is_told"])


def _newest(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    today = now.astimezone(zone).date()
    found = instant_of(today, at, zone)
    return found if found <= now else instant_of(today - timedelta(days=1), at, zone)


def _begin(conn: Connection, holder: str, machine: datetime) -> bool:
    return leases.take(conn, KEPT, holder, machine + LEASE, machine)


def _kept(conn: Connection) -> tuple[tuple[Person, ...], Rota | None, dict[str, LastAlert]]:
    who = people.people(conn)
    return who, people.rota(conn), people.last_alerts(conn, [one.id for one in who])


def _keep(conn: Connection, found: Sequence[Finding], now: datetime, night: datetime) -> Looked:
    """Keep what was found, unless another daemon was there first."""
    before = newest(conn)
    if before is not None and before.at >= night:
        return before
    made = Looked(at=now, findings=tuple(found), is_told=not any(one.is_grave for one in found))
    _write(conn, made)
    return made


def _write(conn: Connection, looked: Looked) -> None:
    facts = {"at": format_instant(looked.at), "findings": [freeze(one) for one in looked.findings], "is_told": looked.is_told}
    notes.write(conn, KEPT, json.dumps(facts))


def _tell(conn: Connection, brand: str, now: datetime, zone: ZoneInfo) -> int:
    """Tell the lead what is wrong, and note that: the same findings once a week."""
    looked = newest(conn)
    if looked is None or looked.is_told:
        return 0
    _write(conn, Looked(at=looked.at, findings=looked.findings, is_told=True))
    grave = [one for one in looked.findings if one.is_grave]
    known = hashlib.blake2b(json.dumps([_lasting(one) for one in grave]).encode(), digest_size=16).hexdigest()
    year, week, _ = now.astimezone(zone).isocalendar()
    content = {"preflight": {"findings": [freeze(one) for one in grave[:MOST_TOLD]], "more": max(0, len(grave) - MOST_TOLD)}}
    return tell_level(conn, LevelName.LEAD, content, brand=brand, key=f"preflight:{year}:{week}:{known}", now=now)


def _lasting(one: Finding) -> list[str]:
    """Return what stays the same of a finding from one night to the next."""
    return [one.kind.value, one.person, one.contact, one.level, one.obstacle]


def freeze(one: Finding) -> dict[str, Any]:
    """Return a finding as JSON; what it does not say is left out."""
    facts = {name: value for name, value in asdict(one).items() if value not in ("", None)}
    facts["kind"] = one.kind.value
    facts["whole"] = one.whole.total_seconds()
    for name in ("starts_at", "ends_at"):
        if name in facts:
            facts[name] = format_instant(facts[name])
    return facts


def thaw(facts: Mapping[str, Any]) -> Finding:
    """Return a finding from JSON."""
    read = {**facts, "kind": Kind(facts["kind"]), "whole": timedelta(seconds=facts["whole"])}
    read |= {name: parse_instant(facts[name]) for name in ("starts_at", "ends_at") if name in facts}
    return Finding(**read)

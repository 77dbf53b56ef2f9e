"""Summarize: the digest of a day, and a letter of it to each who gets one.

    a person's 08:00 has come -> the day before, in the house's zone -> its numbers, kept once -> one delivery a person
                                                                        `- the words are made when it is sent

The newest day only: after two days of downtime one letter comes, and says that it is late. Where the house's day is not over yet at
somebody's 08:00, far in the east, it is the day before that. Two daemons find the same digest and the same key, so nobody gets two.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from webcare.domain.digest import Digest, Period, digest_of
from webcare.domain.digest_peaks import with_peaks
from webcare.domain.digest_record import freeze, thaw
from webcare.domain.rota import Role
from webcare.domain.walltime import instant_of
from webcare.services.contact import letter_methods
from webcare.store import digest_kept, letters, notes, people
from webcare.store.digest import MORNING, facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from webcare.domain.rota import Person
    from webcare.ports.clock import Clock
    from webcare.store import Connection
    from webcare.store.door import Store

READERS = (Role.LEAD, Role.ADMIN)  # who gets the letter
LATE = timedelta(hours=1)
HOUSE = "house"  # the note by which this house's letters are told from another's


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One person's letter of one day."""

    person: str
    day: date
    late: bool = False


async def summarize(store: Store, clock: Clock, *, zone: str, brand: str) -> int:
    """Queue the letters whose time has come and return how many; nearly always that is one read."""
    now = clock.now()
    waiting = await store.read(due_letters, zone, now)
    queued = 0
    for day in sorted({letter.day for letter in waiting}):
        period = Period(day=day, zone=zone)
        content = await store.read(kept_or_made, period, now)
        of_day = [letter for letter in waiting if letter.day == day]
        queued += len(await store.write(queue, content, of_day, brand=brand, now=now))
    return queued


async def send(store: Store, period: Period, *, brand: str, now: datetime) -> tuple[list[str], list[str]]:
    """Queue the letters of a day for everybody who gets them; return who is sent one, and who had one queued before."""
    content = await store.read(kept_or_made, period, now)
    everybody = [person.id for person in await store.read(readers)]
    all_of_them = [Letter(person=person, day=period.day) for person in everybody]
    queued = await store.write(queue, content, all_of_them, brand=brand, now=now)
    return queued, [person for person in everybody if person not in queued]


async def digest_for(store: Store, period: Period, now: datetime) -> Digest:
    """Return the digest of a day that is over: as its letters said, or where none was made, as we know by now."""
    return thaw(await store.read(kept_or_made, period, now))


def kept_or_made(conn: Connection, period: Period, now: datetime) -> dict[str, Any]:
    """Return a digest as it is kept. That of a day whose letters were made does not change."""
    known = digest_kept.kept(conn, period.day)
    if known is not None:
        return known
    found = facts(conn, period, now)
    return freeze(with_peaks(digest_of(period, found), found))


# --- who gets one, and when ---


def readers(conn: Connection) -> list[Person]:
    """Return who gets the letter: by role, with a contact that takes letters, and not locked out."""
    gone = letters.locked_out(conn)
    return [one for one in people.people(conn) if one.role in READERS and letter_methods(one) and one.id not in gone]


def newest(zone: ZoneInfo, house: ZoneInfo, now: datetime) -> tuple[date, datetime]:
    """Return the newest day of which somebody in this zone has had a letter by now, and when that was due."""
    local = now.astimezone(zone).date()
    morning = local if instant_of(local, MORNING, zone) <= now else local - timedelta(days=1)
    due_at = instant_of(morning, MORNING, zone)
    return min(morning, due_at.astimezone(house).date()) - timedelta(days=1), due_at


def due_letters(conn: Connection, zone: str, now: datetime) -> list[Letter]:
    """Return the letters that should have been queued by now and were not. Of days before the house listened there are none."""
    known = readers(conn)
    began_at = digest_kept.first_channel_at(conn) if known else None
    if began_at is None:
        return []
    house, found = ZoneInfo(zone), []
    for person in known:
        day, due_at = newest(ZoneInfo(person.zone), house, now)
        if Period(day=day, zone=zone).ends_at > began_at:
            found.append(Letter(person=person.id, day=day, late=now - due_at > LATE))
    secret = notes.read(conn, HOUSE)
    if secret is None:  # no letter was ever queued here
        return found
    keys = {letter: key_of(secret, letter) for letter in found}
    there = letters.keys_there(conn, keys.values())
    return [letter for letter in found if keys[letter] not in there]


# --- the outbox ---


def queue(conn: Connection, content: Mapping[str, Any], wanted: Sequence[Letter], *, brand: str, now: datetime) -> list[str]:
    """Keep a digest and queue its letters; return whose were not there before."""
    digest_kept.keep(conn, content, now)
    secret = _secret(conn)
    return [letter.person for letter in wanted if _queue(conn, letter, key_of(secret, letter), brand=brand, now=now)]


def _queue(conn: Connection, letter: Letter, key: str, *, brand: str, now: datetime) -> bool:
    person = people.person(conn, letter.person)
    methods = letter_methods(person) if person is not None else ()
    if not methods:
        return False
    said = {"letter": {"edition": digest_kept.DAILY, "day": letter.day.isoformat(), "late": letter.late}}
    return letters.queue(conn, brand=brand, person=letter.person, method=methods[0], key=key, content=said, now=now)


def key_of(secret: str, letter: Letter) -> str:
    """Return a letter's key: the same whenever the same letter goes to the same person, and that of no other house."""
    parts: Iterable[str] = (secret, digest_kept.DAILY, letter.day.isoformat(), letter.person)
    return "letter:" + hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _secret(conn: Connection) -> str:
    known = notes.read(conn, HOUSE)
    if known is None:
        known = secrets.token_hex(16)
        notes.write(conn, HOUSE, known)
    return known

"""Overrides: a lead puts somebody, or nobody, in place of whoever the rotation names, sees what becomes of it, and takes it away again.

    fields --wanted--> Wanted --with_overrides--> preview        the same Wanted --make--> database, audit

Of two that lie over each other the newer one holds, so nothing is refused for another that is there; but whoever looked at a rota that
somebody has changed meanwhile looks again first.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from webcare.domain.durations import format_instant
from webcare.domain.rota import LevelName
from webcare.domain.rota_changes import CannotChange, Field, override_of, span_between
from webcare.services import duty, lapse
from webcare.store import audit, overrides, people, users

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.domain.rota import Override, Rota
    from webcare.domain.rota_changes import OverrideRow, Span
    from webcare.store import Connection

LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`person` None puts nobody in place."""

    span: Span
    person: str | None
    reason: str | None

    def override(self, now: datetime) -> Override:
        return override_of(self.span, self.person, now)


def mark(rota: Rota) -> str:
    """Return what is another value after a level, or what lies over one, was changed."""
    over = [(one.level.value, one.starts_at, one.ends_at, one.person, one.created_at) for one in rota.overrides]
    return hashlib.sha256(f"{[duty.mark(level) for level in rota.levels]} {over}".encode()).hexdigest()[:32]


def wanted(
    rota: Rota, *, level: str, person: str, starts: str, ends: str, reason: str, closed: frozenset[str], now: datetime
) -> Wanted:
    """Return an override as it was asked for; `-` is nobody. `closed` are those who cannot be put in place.

    Raises:
        CannotChange: it cannot be so, and where.
    """
    found = rota.level(LevelName(level)) if level in set(LevelName) else None
    if found is None:
        raise CannotChange(Field.LEVEL)
    if person != duty.NOBODY and (rota.person(person) is None or person in closed):
        raise CannotChange(Field.PERSON)
    return Wanted(
        span=span_between(found, starts, ends, now), person=None if person == duty.NOBODY else person, reason=said(reason)
    )


def said(reason: str) -> str | None:
    """Return a reason on one line.

    Raises:
        CannotChange: it is too long, or cannot be shown.
    """
    line = " ".join(reason.split())
    if len(line) > LONGEST_REASON or not line.isprintable():
        raise CannotChange(Field.REASON)
    return line or None


def make(conn: Connection, wanted: Wanted, *, seen: str, by: str, now: datetime) -> bool:
    """Keep an override; False where somebody changed the rota since the page was shown (`seen`): nothing is kept then.

    Raises:
        CannotChange: the person or the level is gone meanwhile, or the span has passed.
    """
    rota = people.rota(conn)
    if rota is None or rota.level(wanted.span.level) is None:
        raise CannotChange(Field.LEVEL)
    if mark(rota) != seen:
        return False
    if wanted.person is not None and rota.person(wanted.person) is None:
        raise CannotChange(Field.PERSON)
    override = replace(wanted, span=wanted.span.cut(now)).override(now)
    number = overrides.add(conn, override, by=by, reason=wanted.reason)
    note(conn, number, override, did="override", by=by, now=now)
    return True


def remove(conn: Connection, number: int, *, by: str, now: datetime) -> bool:
    """Take an override away from now on; False when it is gone, or over: what has been is not rewritten."""
    row = overrides.get(conn, number)
    if row is None or row.override.ends_at <= now:
        return False
    overrides.end(conn, row, now)
    note(conn, number, row.override, did="end_override", by=by, now=now)
    return True


def without(rota: Rota, row: OverrideRow, now: datetime) -> Rota:
    """Return the rota as it would be without an override from now on."""
    one = row.override

    def is_it(other: Override) -> bool:
        return (other.level, other.starts_at, other.ends_at, other.created_at) == (
            one.level,
            one.starts_at,
            one.ends_at,
            one.created_at,
        )

    kept = [
        other if not is_it(other) else replace(other, ends_at=now)
        for other in rota.overrides
        if not is_it(other) or other.starts_at < now
    ]
    return replace(rota, overrides=tuple(kept))


def ahead(conn: Connection, now: datetime) -> list[OverrideRow]:
    """Return the overrides that are not over, the earliest first."""
    return overrides.ahead(conn, now)


def found(conn: Connection, number: int, now: datetime) -> OverrideRow | None:
    """Return an override that is not over."""
    row = overrides.get(conn, number)
    return row if row is not None and row.override.ends_at > now else None


def closed(conn: Connection) -> frozenset[str]:
    """Return who cannot log in any more."""
    return frozenset(one.person for one in users.everybody(conn) if one.disabled_at is not None)


def note(conn: Connection, number: int, override: Override, *, did: str, by: str, now: datetime) -> None:
    """Write down who changed what of the rota; a reason may be somebody's health, and stays with the override."""
    data = {
        "did": did,
        "level": override.level.value,
        "person": override.person,
        "from": format_instant(override.starts_at),
        "until": format_instant(override.ends_at),
        "override": number,
    }
    lapse.rota_changed(conn, now)
    audit.note(conn, at=now, by=by, what="rota", data=data)

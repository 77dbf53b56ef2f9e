"""Who did what when, for those who look after it: a page at a time, by person, act and days. Numbers and ids, never a customer's words."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import format_instant, parse_instant
from webcare.domain.row_number import row_number
from webcare.domain.walltime import instant_of
from webcare.store import audit, audit_trail, case_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from webcare.store import Connection

PAGE = 50
LONGEST = 80  # characters of a fact; what is longer was none


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which lines are shown; they live in the address. Both days count, in the reader's zone."""

    by: str | None = None
    what: str | None = None
    first: date | None = None
    last: date | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """Read an address; what is no day is left out."""
        return cls(
            by=query.get("by") or None,
            what=query.get("what") or None,
            first=_date(query.get("first", "")),
            last=_date(query.get("last", "")),
        )

    def to_query(self) -> dict[str, str]:
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: str(value) for name, value in found.items() if value is not None}

    def where(self, zone: ZoneInfo) -> audit_trail.Where:
        start = None if self.first is None else instant_of(self.first, time(0), zone)
        end = None if self.last is None else instant_of(self.last + timedelta(days=1), time(0), zone)
        return audit_trail.Where(by=self.by, what=self.what, start=start, end=end)


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date(1970, 1, 2) <= found <= date(9000, 1, 1) else None  # what every zone can count with


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One act. `facts` are numbers and ids by their names."""

    at: datetime
    by: str
    name: str
    what: str
    facts: Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`next` is the `before` of the page that follows; None on the last."""

    lines: tuple[Line, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be filtered by: ids with names, and acts."""

    people: Mapping[str, str]
    acts: tuple[str, ...]


def page(conn: Connection, filters: Filters, zone: ZoneInfo, *, before: str | None = None, limit: int = PAGE) -> Page:
    """Return a page of the log, the newest first; `before` is where the page above it ended."""
    found = audit_trail.page(conn, filters.where(zone), limit + 1, _cursor(before))
    names, rows = case_file.names(conn), found[:limit]
    lines = tuple(
        Line(at=row.at, by=row.by, name=names.get(row.by, row.by), what=row.what, facts=_facts(row.data)) for row in rows
    )
    return Page(lines=lines, next=f"{rows[-1].id}~{format_instant(rows[-1].at)}" if len(found) > limit else None)


def choices(conn: Connection) -> Choices:
    """Return what there is to filter by."""
    names = case_file.names(conn)
    known = {id_: names.get(id_, id_) for id_ in audit_trail.people(conn)}
    return Choices(people=dict(sorted(known.items(), key=lambda one: one[1].casefold())), acts=tuple(audit_trail.acts(conn)))


def _cursor(text: str | None) -> tuple[datetime, int] | None:
    number, _, at = (text or "").partition("~")
    known = row_number(number)
    if known is None:
        return None
    try:
        return parse_instant(at), known
    except ValueError:
        return None


def _facts(data: Mapping[str, Any]) -> dict[str, str | int]:
    """Return what a line says, flat and short: of lists and tables how much they hold."""
    found: dict[str, str | int] = {}
    for name, value in data.items():
        if value is None:
            continue
        if isinstance(value, str):
            found[str(name)] = value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
        elif isinstance(value, (list, dict)):
            found[str(name)] = len(value)
        else:
            found[str(name)] = int(value) if isinstance(value, (bool, int)) else str(value)
    return found


def note_download(conn: Connection, *, by: str, filters: Mapping[str, str], machine: datetime) -> None:
    """Write down that somebody took cases along: by which filters, not what they looked for."""
    audit.note(conn, at=machine, by=by, what="download", data={"filters": " ".join(sorted(filters))})

"""What people change about a rota: an override of some hours, a swap between two of them, and what lies ahead unfilled.

A wall time is one of the level's zone: where the clocks skip or repeat it, the rule of `walltime` says which instant is meant. What has
been is left as it was: a change begins now at the earliest. Nothing here keeps anything; a change that cannot be is refused with the
field that is wrong.

    swap    | Daan        |      Daan asks Noor for the middle of it      two overrides, made at once, where something is given back
    kept    | Daan |Noor|D|
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from webcare.domain.rota import LevelName, Obstacle, Override, holes, shifts
from webcare.domain.walltime import first_shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from webcare.domain.rota import Level, Rota, Shift

LONGEST = timedelta(days=366)
ASKED, ACCEPTED, DECLINED, WITHDRAWN = "asked", "accepted", "declined", "withdrawn"
FARTHEST = timedelta(days=2 * 366)  # beyond it somebody mistyped a year


class Field(StrEnum):
    """What of a change cannot be kept as it was asked for."""

    LEVEL = "level"
    PERSON = "person"
    FROM = "from"
    UNTIL = "until"
    ORDER = "order"
    PAST = "past"
    FAR = "far"
    REASON = "reason"
    SHIFT = "shift"
    COLLEAGUE = "colleague"
    BACK = "back"


class CannotChange(ValueError):  # noqa: N818 - a refusal, not a fault
    """A change was asked for that cannot be; `field` says where."""

    def __init__(self, field: Field) -> None:
        super().__init__(f"{field.value} cannot be kept")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A level from one instant until another."""

    level: LevelName
    starts_at: datetime
    ends_at: datetime

    def cut(self, now: datetime) -> Span:
        """Return what of it has not passed.

        Raises:
            CannotChange: nothing.
        """
        if self.ends_at <= now:
            raise CannotChange(Field.PAST)
        return replace(self, starts_at=max(self.starts_at, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """`person` has `given` and asks `colleague` to take it; `back` is what the colleague gives for it."""

    person: str
    colleague: str
    given: Span
    back: Span | None
    asked_at: datetime

    @property
    def expires_at(self) -> datetime:
        """Return until when it can be accepted: the start of what it is about, or the end of what had begun when it was asked."""
        return min(
            one.starts_at if one.starts_at > self.asked_at else one.ends_at for one in (self.given, self.back) if one is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow:
    """`by` is who made it; None when it came with the database."""

    id: int
    override: Override
    by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapRow:
    """`state` is what somebody made of it: one that nobody answered in time stays `asked`."""

    id: int
    swap: Swap
    note: str | None
    expires_at: datetime
    state: str
    answered_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        return self.state == ASKED and now < self.expires_at


def wall_time(text: str, field: Field) -> datetime:
    """Read a wall time as a browser writes it, `2026-11-24T08:00`, without offset.

    Raises:
        CannotChange: it is none.
    """
    try:
        found = datetime.strptime(text, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 - a wall time has no offset
    except ValueError:
        raise CannotChange(field) from None
    if not 2000 <= found.year < 2200:  # noqa: PLR2004 - beyond lies a slip, and somewhere the end of the calendar
        raise CannotChange(field)
    return found


def span_between(level: Level, starts: str, ends: str, now: datetime) -> Span:
    """Return the span between two wall times of the level's zone, from now on.

    Raises:
        CannotChange: one is no wall time, they are in the wrong order, or too far away.
    """
    zone = ZoneInfo(level.zone)
    walls = wall_time(starts, Field.FROM), wall_time(ends, Field.UNTIL)
    start, end = (first_shown(one, zone) for one in walls)
    if end <= start:
        raise CannotChange(Field.ORDER)
    if end - start > LONGEST or end > now + FARTHEST:
        raise CannotChange(Field.FAR)
    return Span(level=level.name, starts_at=start, ends_at=end).cut(now)


def override_of(span: Span, person: str | None, now: datetime) -> Override:
    return Override(level=span.level, starts_at=span.starts_at, ends_at=span.ends_at, person=person, created_at=now)


def with_overrides(rota: Rota, overrides: Iterable[Override]) -> Rota:
    """Return the rota as it would be: what is added now lies on top."""
    return replace(rota, overrides=(*rota.overrides, *overrides))


def holds(rota: Rota, person: str, span: Span) -> bool:
    """Tell whether somebody has a level for the whole of a span."""
    return all(
        one.person is not None and one.person.id == person for one in shifts(rota, span.level, span.starts_at, span.ends_at)
    )


def shifts_of(rota: Rota, people: Collection[str], start: datetime, end: datetime) -> list[tuple[LevelName, Shift]]:
    """Return the shifts of these people, the earliest first; one that has begun is cut at the start, as is one that goes on at the end."""
    found = [
        (level.name, shift)
        for level in rota.levels
        for shift in shifts(rota, level.name, start, end)
        if shift.person is not None and shift.person.id in people
    ]
    return sorted(found, key=lambda one: (one[1].starts_at, list(LevelName).index(one[0])))


def agreed(rota: Rota, swap: Swap, now: datetime) -> tuple[Override, ...]:
    """Return what a swap makes of the rota, from now on.

    Raises:
        CannotChange: one of the two has no longer what they would give, or it has passed.
    """
    if rota.person(swap.colleague) is None or swap.colleague == swap.person:
        raise CannotChange(Field.COLLEAGUE)
    given = swap.given.cut(now)
    if not holds(rota, swap.person, given):
        raise CannotChange(Field.SHIFT)
    made = [override_of(given, swap.colleague, now)]
    if swap.back is not None:
        back = swap.back.cut(now)
        if not holds(rota, swap.colleague, back):
            raise CannotChange(Field.BACK)
        made.append(override_of(back, swap.person, now))
    return tuple(made)


def without_anybody(rota: Rota, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the spans in which every level fails an alert that is not urgent, at least one for quiet hours: it waits until they end."""
    names = {level.name for level in rota.levels}
    found = holes(rota, start, end)
    edges = sorted({edge for one in found for edge in (one.starts_at, one.ends_at)})
    spans: list[tuple[datetime, datetime]] = []
    for a, b in pairwise(edges):
        over = [one for one in found if one.starts_at < b and a < one.ends_at]
        if {one.level for one in over} == names and any(one.obstacle is Obstacle.QUIET for one in over):
            if spans and spans[-1][1] == a:
                spans[-1] = (spans[-1][0], b)
            else:
                spans.append((a, b))
    return spans

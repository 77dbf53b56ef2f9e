"""How many messages are missed, estimated from a few that somebody looks at: a random handful of each week that the machine let pass.

What is drawn follows from the week and the numbers of its messages alone: whoever draws, draws the same. The share is given with the
interval of Wilson, which says something sensible of twenty messages of which none was missed: up to 16 %, and not "none".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b
from heapq import nsmallest
from math import sqrt
from typing import TYPE_CHECKING

from webcare.domain.walltime import instant_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

SAMPLE = 20  # messages a week: two minutes of somebody's time
WEEKS = 4  # over which the share is told
SURE = 1.959964  # standard deviations around 95 %


class Answer(StrEnum):
    RIGHTLY = "rightly"  # it needs no answer
    MISSED = "missed"  # it should have been a case


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week from Monday to Sunday in the house's zone; `day` is its Monday."""

    day: date
    starts_at: datetime
    ends_at: datetime

    @property
    def name(self) -> str:
        return self.day.isoformat()


def last_week(now: datetime, zone: ZoneInfo) -> Week:
    """Return the newest week that is over."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday() + 7)
    begin, end = (instant_of(day, time(), zone) for day in (monday, monday + timedelta(days=7)))
    return Week(day=monday, starts_at=begin, ends_at=end)


def drawn(numbers: Iterable[int], week: str, size: int = SAMPLE) -> list[int]:
    """Return so many of these numbers, as if by chance, in the order in which they are to be looked at."""
    return nsmallest(size, numbers, key=lambda number: blake2b(f"{week}:{number}".encode(), digest_size=8).digest())


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Return between what and what a share lies, for 95 in 100 such samples.

    Raises:
        ValueError: nothing was counted, or more hits than that.
    """
    if not 0 <= hits <= count or count == 0:
        raise ValueError(f"{hits} of {count} is no share")
    share, square = hits / count, SURE**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = SURE * sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was looked at: `drawn` messages of `population`, of which `looked_at` have an answer and `missed` should have been cases."""

    population: int
    drawn: int
    looked_at: int
    missed: int

    def __add__(self, other: Checked) -> Checked:
        return Checked(
            population=self.population + other.population,
            drawn=self.drawn + other.drawn,
            looked_at=self.looked_at + other.looked_at,
            missed=self.missed + other.missed,
        )

    @property
    def share(self) -> float | None:
        return self.missed / self.looked_at if self.looked_at else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.missed, self.looked_at) if self.looked_at else None


NOTHING_CHECKED = Checked(population=0, drawn=0, looked_at=0, missed=0)

"""How many messages are missed, estimated from a few that somebody looks at: a random handful of each week that the machine let pass.

What is drawn follows from the week and the numbers of its messages alone: whoever draws, draws the same. The share is given with the
interval of Wilson, which says something sensible of twenty messages of which none was missed: up to 16 %, and not "none". A week counts by
its messages and not by its handful, so that a storm is not hidden by quiet weeks, and what was looked at is no guess: of a week of which
everything was, the share is known.
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


def wilson(share: float, count: float) -> tuple[float, float]:
    """Return between what and what a share lies that was found in so many, for 95 in 100 such samples.

    Raises:
        ValueError: nothing was counted, or it is no share.
    """
    if not 0 <= share <= 1 or count <= 0:
        raise ValueError(f"{share} of {count} is no share")
    square = SURE**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = SURE * sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was looked at: `drawn` messages of `population`, of which `looked_at` have an answer and `missed` should have been cases.

    `weeks` are those that it sums; of one week, none.
    """

    population: int
    drawn: int
    looked_at: int
    missed: int
    weeks: tuple[Checked, ...] = ()

    def __add__(self, other: Checked) -> Checked:
        return Checked(
            population=self.population + other.population,
            drawn=self.drawn + other.drawn,
            looked_at=self.looked_at + other.looked_at,
            missed=self.missed + other.missed,
            weeks=tuple(week for one in (self, other) for week in one.weeks or (one,) if week.population),
        )

    @property
    def is_whole(self) -> bool:
        """Whether everything was looked at: then nothing is estimated."""
        return 0 < self.looked_at == self.population

    @property
    def share(self) -> float | None:
        parts = self._parts()
        return min(1.0, sum(weight * one.missed / one.looked_at for one, weight in parts)) if parts else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Return between what and what the share lies: Wilson's, of as many messages drawn from an endless heap as these are worth."""
        share, parts = self.share, self._parts()
        if share is None:
            return None
        # Nobody looked at the other weeks: these are a part of all, as if drawn from them.
        part = sum(one.population for one, _ in parts) / self.population
        doubt = sum(weight**2 * (1 - part * one.looked_at / one.population) / one.looked_at for one, weight in parts)
        low, high = wilson(share, 1 / doubt) if doubt else (share, share)
        unknown = self.population - self.looked_at
        return max(low, self.missed / self.population), min(high, (self.missed + unknown) / self.population)

    def _parts(self) -> list[tuple[Checked, float]]:
        """Return the weeks of which something was looked at, each with its part of their messages."""
        seen = [one for one in self.weeks or (self,) if one.looked_at]
        count = sum(one.population for one in seen)
        return [(one, one.population / count) for one in seen]


NOTHING_CHECKED = Checked(population=0, drawn=0, looked_at=0, missed=0)

"""When do far fewer write than usual? A channel of which a part is lost still trickles, and no silence gives it away.

Each hour is measured against the same hour of the same weekday in the last four weeks: their middle is what is expected.

    four weeks ago   21  19  .  24 | 20   18  .  22         expected  21   20
    today                          |  1         1           far fewer: chance does not do that twice in a row in a thousand tries

Hours with few messages anyway say nothing. What was told lasts until an hour that says something is as it should be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from webcare.domain.silence import same_hours
from webcare.domain.walltime import first_shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

IN_A_ROW = 2
LEAST = 8  # expected in an hour; of fewer nothing can be said
BY_CHANCE = 0.001
ARRIVES = timedelta(minutes=15)  # what was written in an hour is heard so long after it
WITNESSES = 2  # weeks

Span = tuple["datetime", "datetime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """How many wrote in an hour, and how many in the same hour of the weeks before."""

    seen: int
    before: tuple[int, ...]

    @property
    def expected(self) -> float:
        return median(self.before) if len(self.before) >= WITNESSES else 0.0

    @property
    def says_something(self) -> bool:
        return self.expected >= LEAST

    @property
    def is_low(self) -> bool:
        return self.says_something and at_most(self.seen, self.expected) < BY_CHANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Few:
    """So many wrote of so many that usually do."""

    since: datetime
    seen: int
    usual: int


def hours_on_trial(now: datetime, zone: ZoneInfo) -> list[Span]:
    """Return the last whole hours of the clocks there from which everything should be here by now, the oldest first."""
    until = (now - ARRIVES).astimezone(zone)
    wall = until.replace(minute=0, second=0, microsecond=0, tzinfo=None)
    edges = [first_shown(wall - timedelta(hours=back), zone) for back in range(IN_A_ROW, -1, -1)]
    return [(start, end) for start, end in pairwise(edges) if start < end]  # a skipped hour is none


def weeks_before(hour: Span, zone: ZoneInfo, first: datetime) -> list[Span]:
    """Return the same hour of the weeks before, as far as the channel was there."""
    return [(start, end) for start, end in same_hours(hour[0], zone) if start >= first]


def at_most(seen: int, expected: float) -> float:
    """Return how likely chance brings so few or fewer, where so many are expected (Poisson)."""
    if expected <= 0:
        return 1.0
    likeliest = min(seen, int(expected))
    total = share = 1.0  # each as a share of the likeliest
    for k in range(likeliest, 0, -1):
        share *= k / expected
        total += share
    share = 1.0
    for k in range(likeliest + 1, seen + 1):
        share *= expected / k
        total += share
    return min(math.exp(likeliest * math.log(expected) - expected - math.lgamma(likeliest + 1)) * total, 1.0)


def far_fewer(spans: Sequence[Span], hours: Sequence[Hour]) -> Few | None:
    """Return how few wrote if it was far fewer than usual in each of these hours."""
    if len(hours) < IN_A_ROW or not all(hour.is_low for hour in hours):
        return None
    return Few(since=spans[0][0], seen=sum(hour.seen for hour in hours), usual=round(sum(hour.expected for hour in hours)))


def is_back(hours: Sequence[Hour]) -> bool:
    """Tell whether the newest hour shows that as many write as usual."""
    return bool(hours) and hours[-1].says_something and not hours[-1].is_low

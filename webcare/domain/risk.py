"""Will a case be answered in time? A plain estimate, made of figures that can be said in one sentence each.

    now ------- open time left -------> deadline        missed if fewer answers than `ahead` + 1 come by then
         answers come one by one, at the pace of today and of the days like it

How many come is a Poisson count, but nobody knows its pace: what was seen of it is a Gamma (so many answers in so many hours), and the
mixture of both is a negative binomial. So little evidence says "perhaps", and much says yes or no. It is computed exactly: more ahead
or less time never lowers the risk. What it does not know stands in webcare/README.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from webcare.domain.calendar import WorkingTime

HISTORY: Final = 28  # days that say what is usual
FEWEST_ANSWERS: Final = 20  # with fewer, or on fewer days, nothing is said
FEWEST_DAYS: Final = 3
WEIGHT: Final = timedelta(hours=4)  # what is usual counts as much as so many hours of today
LOW, LIKELY, MOST = 10, 50, 99  # per cent: below the first the figure is not said; what is not yet late is never sure
_HOUR: Final = timedelta(hours=1)
_FAR: Final = 8.0  # standard deviations: beyond, the chance is nought or one
_TINY: Final = 1e-300
_CLOSE: Final = 1e-13
_LONGEST: Final = 20_000  # terms of a continued fraction that needs about the square root of what is counted
_WEEK: Final = 7
_ENOUGH_WEEKDAYS: Final = 2


# --- the pace ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """One local day: how many customers who waited were answered, in how much open time."""

    day: date
    answers: int
    open: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`answers` in `hours` is today so far; `usual` an hour is that of `days`, the same weekday where there is enough of it."""

    answers: int
    hours: float
    usual: float
    days: tuple[date, ...]
    is_weekday: bool

    @property
    def evidence(self) -> tuple[float, float]:
        """Return answers and hours that count: those of today, and of what is usual as much as `WEIGHT`."""
        weight = WEIGHT / _HOUR
        return self.answers + self.usual * weight, self.hours + weight

    @property
    def an_hour(self) -> float:
        answers, hours = self.evidence
        return answers / hours


def pace_of(today: Worked, past: Sequence[Worked]) -> Pace | None:
    """Return the pace of today; None while there is too little to go by. Of `past` the last `HISTORY` days count, and no closed one."""
    known = [one for one in past if 0 < (today.day - one.day).days <= HISTORY and one.open]
    begun = min((one.day for one in known if one.answers), default=None)
    known = [one for one in known if begun is not None and one.day >= begun]  # before the first answer we were not there
    seen = [today, *known] if today.open else known
    if sum(one.answers for one in seen) < FEWEST_ANSWERS or sum(one.answers > 0 for one in seen) < FEWEST_DAYS:
        return None
    alike = [one for one in known if (today.day - one.day).days % _WEEK == 0]
    is_weekday = len(alike) >= _ENOUGH_WEEKDAYS and any(one.answers for one in alike)
    used = alike if is_weekday else known
    return Pace(
        answers=today.answers if today.open else 0,
        hours=today.open / _HOUR,
        usual=sum(one.answers for one in used) / sum(one.open / _HOUR for one in used) if used else 0.0,
        days=tuple(sorted(one.day for one in used)),
        is_weekday=is_weekday,
    )


# --- one case ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`ahead` wait and run out earlier, `in_hand` of them somebody has; `expected_at` is when its turn comes, None beyond the calendar."""

    due_at: datetime
    ahead: int
    in_hand: int
    pace: Pace
    left: timedelta
    percent: int
    expected_at: datetime | None
    is_missed: bool

    @property
    def is_likely(self) -> bool:
        return self.percent >= LIKELY


def estimate(*, due_at: datetime, ahead: int, in_hand: int, pace: Pace, calendar: WorkingTime, now: datetime) -> Estimate:
    """Return what is to be expected of one case, in the open time of its calendar."""
    left = calendar.between(now, due_at)
    try:
        expected = calendar.add(now, (ahead + 1) / pace.an_hour * _HOUR) if pace.an_hour else None
    except (ValueError, OverflowError):
        expected = None
    return Estimate(
        due_at=due_at,
        ahead=ahead,
        in_hand=in_hand,
        pace=pace,
        left=left,
        percent=percent(ahead, pace, left) if due_at > now else 100,
        expected_at=expected,
        is_missed=due_at <= now,
    )


def percent(ahead: int, pace: Pace, left: timedelta) -> int:
    """Return the risk in whole per cent, at most `MOST`: until its instant has come nothing is missed."""
    return min(MOST, round(100 * chance(ahead, pace, left)))


def chance(ahead: int, pace: Pace, left: timedelta) -> float:
    """Return the probability that at most `ahead` answers come in the open time left: then the turn of this one has not come."""
    answers, hours = pace.evidence
    time = left / _HOUR
    if time <= 0 or answers <= 0:
        return 1.0
    mean = answers * time / hours
    away = (ahead + 0.5 - mean) / math.sqrt(mean + mean * mean / answers)
    if abs(away) > _FAR:
        return 1.0 if away > 0 else 0.0
    return _beta(hours / (hours + time), answers, ahead + 1)


def _beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function, I_x(a, b), by the side of it that converges (dlmf.nist.gov/8.17#SS5)."""
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    if x <= (a + 1) / (a + b + 2):
        return min(1.0, math.exp(log) / (a * _fraction(x, a, b)))
    return max(0.0, 1 - math.exp(log) / (b * _fraction(1 - x, b, a)))


def _fraction(x: float, a: float, b: float) -> float:
    """Return 1 + d1/(1 + d2/(1 + ...)) of the formula, from the front, until a further term changes nothing."""
    value, up, down = 1.0, 1.0, 0.0
    for n in range(1, _LONGEST):
        m = n // 2
        top, below = (-(a + m) * (a + b + m), a + 2 * m + 1) if n % 2 else (m * (b - m), a + 2 * m - 1)
        d = top * x / (below * (a + 2 * m))
        up = 1 + d / up or _TINY
        down = 1 / (1 + d * down or _TINY)
        value *= up * down
        if abs(up * down - 1) < _CLOSE:
            break
    return value

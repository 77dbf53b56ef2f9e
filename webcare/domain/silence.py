"""When is it too quiet? A channel that nobody writes to any more is more often broken than out of fashion.

Quiet is measured against the same hour of the same weekday in the last four weeks: nights and Sundays are long, Monday mornings short.

    hour four weeks ago      -----x--|--x-xx---x-|----x----       every gap that touches the hour counts, with its full length
    this hour                --x-----|------?                     silence: three times the longest of them, two hours at least

The gap that lasts now is the one on trial and never its own witness. A channel younger than two weeks has no usual yet.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from webcare.domain.walltime import first_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from zoneinfo import ZoneInfo

WEEKS = 4
TIMES = 3
SHORTEST = timedelta(hours=2)
HISTORY = timedelta(days=14)
_HOUR = timedelta(hours=1)


def same_hours(now: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """Return this hour of this weekday in each of the last four weeks, as clocks there showed it; a skipped one is left out."""
    local = now.astimezone(zone)
    walls = [datetime.combine(local.date() - timedelta(weeks=n), time(local.hour)) for n in range(1, WEEKS + 1)]
    hours = [(first_shown(wall, zone), first_shown(wall + _HOUR, zone)) for wall in walls]
    return [(start, end) for start, end in hours if start < end]


def longest_gap(hours: Iterable[Sequence[datetime]]) -> timedelta | None:
    """Return the longest time between two messages; each hour holds its messages in order, with the one before it and the one after it."""
    return max((b - a for heard in hours for a, b in pairwise(heard)), default=None)


def is_silent(now: datetime, *, first: datetime, last: datetime, longest: timedelta | None) -> bool:
    """Tell whether a channel is quieter than it ever is at this hour. `first` and `last` are its messages' ends."""
    if longest is None or now - first < HISTORY:
        return False
    return now - last > max(SHORTEST, TIMES * longest)

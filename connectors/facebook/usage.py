"""How much of what Meta grants an hour or a day is used: told in headers, and only once it matters.

https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

OF_THE_APP, OF_THE_PAGE, OF_THE_BUSINESS = "x-app-usage", "x-page-usage", "x-business-use-case-usage"
MEASURES = ("call_count", "total_cputime", "total_time")
NEARLY_ALL = 90  # percent: what is left is for answers
RESTS = (  # from so many percent on, polls lie so far apart: calling on at 100 makes the wait longer
    (NEARLY_ALL, timedelta(minutes=60)),
    (75, timedelta(minutes=20)),
    (50, timedelta(minutes=6)),
)


@dataclass(slots=True, kw_only=True)
class Meter:
    """What the last answer said of our use, in percent; silence means little of it."""

    percent: float = 0.0

    def read(self, headers: Mapping[str, str]) -> None:
        lower = {name.lower(): value for name, value in headers.items()}
        self.percent = max(_percents(lower), default=0.0)

    @property
    def is_nearly_used_up(self) -> bool:
        return self.percent >= NEARLY_ALL

    def rest(self, now: datetime) -> datetime | None:
        """Return until when to leave the platform alone, None where there is no need."""
        return next((now + rest for percent, rest in RESTS if self.percent >= percent), None)

    def share(self, budget: int) -> int:
        """Return how much of a poll's budget to spend: half from 50 percent on, a quarter from 75."""
        return max(budget // (4 if self.percent >= RESTS[1][0] else 2 if self.percent >= RESTS[2][0] else 1), 1)


def _percents(headers: Mapping[str, str]) -> Iterator[float]:
    for name in (OF_THE_APP, OF_THE_PAGE):
        yield from _measures(_parsed(headers.get(name, "")))
    uses = _parsed(headers.get(OF_THE_BUSINESS, ""))
    for one in uses.values() if isinstance(uses, dict) else ():
        for use in one if isinstance(one, list) else ():
            yield from _measures(use)


def _measures(use: Any) -> Iterator[float]:
    for name in MEASURES if isinstance(use, dict) else ():
        value = use.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            yield float(value)


def _parsed(header: str) -> Any:
    try:
        return json.loads(header or "{}")
    except (ValueError, RecursionError):
        return None

"""How often to ask a platform: an account where much is said is asked sooner again, a quiet one later.

    quickest <--halved while something new is heard-- usual --a quarter longer each time nothing is--> slowest

What an account may spend, and what a platform allows, make it slower still: webcare/domain/budget.py, `RateLimited`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

LONGER = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Paces:
    """The bounds between which an account of a platform is asked."""

    quickest: timedelta
    slowest: timedelta


def adapted(last: timedelta | None, *, usual: timedelta, within: Paces, is_busy: bool) -> timedelta:
    """Return the time until the next poll; `last` is the time that was left before this one, None when it is the first."""
    if last is None:
        return usual
    last = min(max(last, within.quickest), within.slowest)
    return max(last / 2, within.quickest) if is_busy else min(last * LONGER, within.slowest)

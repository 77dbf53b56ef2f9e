"""What reading may cost in a calendar month, and how slowly to read so that it lasts.

Platforms count months in UTC. The forecast is the simplest one: each further poll costs what the polls of this month have cost so far.
Nobody is left unread for longer than an hour by a forecast alone: where that does not suffice, the budget ends before the month, polling
stops, and a person is told. Targets of an hour and less need a budget that carries the pace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MILLION = 1_000_000
SLOWEST = timedelta(hours=1)
FIRST_SAID = timedelta(hours=6)  # of a month, before anybody says what it will cost
FEWEST = 10  # polls that a forecast stands on: the first one of a channel catches up, and tells nothing of the next


def day_of(now: datetime) -> str:
    """Return the day that a platform charges: `2026-11-23`."""
    return f"{now.astimezone(UTC):%Y-%m-%d}"


def month_of(now: datetime) -> str:
    """Return the calendar month, as its days begin: `2026-11`."""
    return f"{now.astimezone(UTC):%Y-%m}"


def month_end(now: datetime) -> datetime:
    """Return the first instant of the next month."""
    at = now.astimezone(UTC)
    return datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)


def stretched(pace: timedelta, *, left: int, cost: int, polls: int, remaining: timedelta) -> timedelta:
    """Return the time between two polls: `pace`, or longer when at this pace the month would outlast what is left to spend.

    `cost` resources were spent by `polls` polls this month; `remaining` is the time until the month ends.
    """
    if polls < FEWEST or cost <= 0 or left <= 0:
        return pace
    affordable = left * polls / cost
    return min(max(pace, remaining / affordable), max(pace, SLOWEST))


def forecast(*, cost: int, polls: int, now: datetime) -> int | None:
    """Return what the month will have cost when it goes on like this; None before anything can be said."""
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    passed = now - month
    if polls < FEWEST or passed < FIRST_SAID:
        return None
    return round(cost * ((month_end(now) - month) / passed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What reading has cost in dollars this month, and what the month will have cost when it goes on like this."""

    dollars: float
    forecast: float | None


def bill(kinds: Mapping[str, int], prices: Mapping[str, float], *, polls: int, now: datetime) -> Bill | None:
    """Return what the resources of a month cost, by kind; None where a platform asks nothing."""
    if not prices:
        return None
    millionths = round(sum(count * prices.get(kind, 0) for kind, count in kinds.items()) * MILLION)
    expected = forecast(cost=millionths, polls=polls, now=now)
    return Bill(dollars=millionths / MILLION, forecast=None if expected is None else expected / MILLION)


def carries(more: int, *, budget: int, spent: int, now: datetime) -> bool:
    """Tell whether a month's budget holds `more` resources beside what the month will cost as it goes: what is left for what can wait."""
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    share = max(now - month, FIRST_SAID) / (month_end(now) - month)
    return spent + more <= budget * min(share, 1.0)

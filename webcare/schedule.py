"""The table of work: what is done, how often, and how long it may take. It has two drivers: virtual time in replay, the daemon's loop.

A unit of work takes no arguments and tells whether it left something for a next call at the same instant. Rhythms are the daemon's; replay, which
knows when something is due, asks for everything at each jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Unit = Callable[[], Awaitable[bool]]

SECOND = timedelta(seconds=1)
ENDLESS = 100_000  # rounds at one instant: more means that a unit reports work that it does not finish


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One row. `budget` is how long one call may take before it counts as stuck."""

    name: str
    rhythm: timedelta
    budget: timedelta
    unit: Unit


def table(*, triage: Unit, watch: Unit, deliver: Unit) -> tuple[Work, ...]:
    """Return the rows in the order in which one makes work for the next."""
    return (
        Work(name="triage", rhythm=SECOND, budget=timedelta(seconds=30), unit=triage),
        Work(name="watch", rhythm=SECOND, budget=timedelta(seconds=10), unit=watch),
        Work(name="deliver", rhythm=SECOND, budget=timedelta(seconds=60), unit=deliver),
    )


async def work_off(rows: tuple[Work, ...]) -> None:
    """Run every row until nothing waits.

    Raises:
        RuntimeError: a unit of work never ends.
    """
    for row in rows:
        for _ in range(ENDLESS):
            if not await row.unit():
                break
        else:
            raise RuntimeError(f"{row.name} does not come to an end")

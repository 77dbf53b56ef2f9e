"""The table of work: what is done, how often, and how long it may take. It has two drivers: virtual time in replay, the daemon's loop.

A unit of work takes no arguments and tells whether it left something for a next call at the same instant. Rhythms are the daemon's;
replay asks the horizon, which says what waits and until when nothing will.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    Unit = Callable[[], Awaitable[bool]]

SECOND = timedelta(seconds=1)
ENDLESS = 100_000  # rounds at one instant: more means that a unit reports work that it does not finish


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """What the database has for us: texts to triage, and the instants at which a case and a delivery are due."""

    untriaged: bool
    look_at: datetime | None
    send_at: datetime | None

    @property
    def next_at(self) -> datetime | None:
        return min((at for at in (self.look_at, self.send_at) if at is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One row. `budget` is how long one call may take before it counts as stuck, `waits` whether it has work at an instant."""

    name: str
    rhythm: timedelta
    budget: timedelta
    unit: Unit
    waits: Callable[[Horizon, datetime], bool]


def table(*, triage: Unit, watch: Unit, deliver: Unit) -> tuple[Work, ...]:
    """Return the rows in the order in which one makes work for the next."""
    return (
        Work(name="triage", rhythm=SECOND, budget=timedelta(seconds=30), unit=triage, waits=lambda h, _: h.untriaged),
        Work(name="watch", rhythm=SECOND, budget=timedelta(seconds=10), unit=watch, waits=lambda h, now: _is_due(h.look_at, now)),
        Work(
            name="deliver",
            rhythm=SECOND,
            budget=timedelta(seconds=60),
            unit=deliver,
            waits=lambda h, now: _is_due(h.send_at, now),
        ),
    )


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


async def work_off(rows: tuple[Work, ...], horizon: Horizon, now: datetime, look: Callable[[], Awaitable[Horizon]]) -> Horizon:
    """Run every row that has work at this instant and return the horizon as it is then; `look` reads it anew.

    Raises:
        RuntimeError: a unit of work never ends.
    """
    for row in rows:
        if not row.waits(horizon, now):
            continue
        for _ in range(ENDLESS):
            if not await row.unit():
                break
        else:
            raise RuntimeError(f"{row.name} does not come to an end")
        horizon = await look()
    return horizon

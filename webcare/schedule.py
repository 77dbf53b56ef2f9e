"""The table of work: what is done, how often, how long it may take, and whom it wakes.

It has two drivers: virtual time in replay, the engine in the daemon.

    poll, web hooks --> collect --> triage --> watch --> deliver          each wakes the next one, and has a rhythm of its own
                           `------> media                                 what was sent along, fetched before its address dies
    look_up, deleted --> collect                                          what only an answer to a question tells
                                     lapse --> remind --> deliver         what nobody answered to
                                                         letter, reply, act    apart: nothing slow must keep an alert waiting

A unit of work takes no arguments and returns how much it did; a full batch says that more may wait at the same instant. Rhythms are the
daemon's; replay asks the horizon, which says what waits and until when nothing will.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    Unit = Callable[[], Awaitable[int]]

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ENDLESS = 100_000  # rounds at one instant: more means that a unit reports work that it does not finish


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """What the database has for us: texts to triage, and the instants at which a case, a delivery and what was told are due."""

    untriaged: bool
    look_at: datetime | None
    send_at: datetime | None
    remind_at: datetime | None = None

    @property
    def next_at(self) -> datetime | None:
        return min((at for at in (self.look_at, self.send_at, self.remind_at) if at is not None), default=None)


def _never(_horizon: Horizon, _now: datetime) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. `budget` is how long one call may take before it counts as slow.

    `wakes` is the row that has work after it, `also` another for which nobody waits.
    """

    name: str
    rhythm: timedelta
    budget: timedelta
    wakes: str | None = None
    also: str | None = None
    waits: Callable[[Horizon, datetime], bool] = _never


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A row bound to what does it; `batch` is how much one call does at most."""

    row: Row
    unit: Unit
    batch: int = 1


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


TABLE = (  # in the order in which one makes work for the next
    Row(name="poll", rhythm=SECOND, budget=2 * MINUTE, wakes="collect"),
    Row(name="collect", rhythm=SECOND, budget=30 * SECOND, wakes="triage", also="media"),
    Row(name="triage", rhythm=SECOND, budget=30 * SECOND, wakes="watch", waits=lambda h, _: h.untriaged),
    Row(name="wake", rhythm=5 * SECOND, budget=10 * SECOND, wakes="watch"),
    Row(name="reread", rhythm=5 * SECOND, budget=30 * SECOND, wakes="watch"),
    Row(name="rejudge", rhythm=5 * SECOND, budget=10 * SECOND, wakes="watch"),
    Row(
        name="watch",
        rhythm=SECOND,
        budget=10 * SECOND,
        wakes="deliver",
        waits=lambda h, now: _is_due(h.look_at, now),
    ),
    Row(name="lapse", rhythm=5 * SECOND, budget=10 * SECOND, wakes="remind"),
    Row(
        name="remind",
        rhythm=SECOND,
        budget=10 * SECOND,
        wakes="deliver",
        waits=lambda h, now: _is_due(h.remind_at, now),
    ),
    Row(name="deliver", rhythm=SECOND, budget=MINUTE, waits=lambda h, now: _is_due(h.send_at, now)),
    Row(name="letter", rhythm=SECOND, budget=2 * MINUTE),
    Row(name="reply", rhythm=SECOND, budget=2 * MINUTE),
    Row(name="media", rhythm=SECOND, budget=2 * MINUTE),
    Row(name="act", rhythm=SECOND, budget=2 * MINUTE),
    Row(name="look_up", rhythm=5 * SECOND, budget=3 * MINUTE, wakes="collect"),
    Row(name="deleted", rhythm=5 * MINUTE, budget=3 * MINUTE, wakes="collect"),
    Row(name="community", rhythm=MINUTE, budget=10 * SECOND),
    Row(name="search", rhythm=SECOND, budget=10 * SECOND),
    Row(name="risk", rhythm=MINUTE, budget=30 * SECOND),
    Row(name="channels", rhythm=15 * SECOND, budget=2 * MINUTE),
    Row(name="peak", rhythm=MINUTE, budget=10 * SECOND, wakes="deliver"),
    Row(name="model", rhythm=MINUTE, budget=10 * SECOND, wakes="deliver"),
    Row(name="silence", rhythm=5 * MINUTE, budget=MINUTE),
    Row(name="checks", rhythm=5 * MINUTE, budget=MINUTE),
    Row(name="digest", rhythm=20 * SECOND, budget=30 * SECOND, wakes="letter"),
    Row(name="preflight", rhythm=5 * MINUTE, budget=2 * MINUTE, wakes="deliver"),
    Row(name="heartbeat", rhythm=5 * SECOND, budget=30 * SECOND),
    Row(name="retention", rhythm=60 * MINUTE, budget=10 * MINUTE),
)


def table(units: Mapping[str, tuple[Unit, int]]) -> tuple[Work, ...]:
    """Return the rows that these units do, each with its batch, in the order of the table.

    Raises:
        KeyError: a unit that is in no row.
    """
    known = {row.name: row for row in TABLE}
    if unknown := units.keys() - known.keys():
        raise KeyError(*sorted(unknown))
    return tuple(Work(row=row, unit=units[name][0], batch=units[name][1]) for name, row in known.items() if name in units)


async def work_off(rows: tuple[Work, ...], horizon: Horizon, now: datetime, look: Callable[[], Awaitable[Horizon]]) -> Horizon:
    """Run every row that has work at this instant and return the horizon as it is then; `look` reads it anew.

    Raises:
        RuntimeError: a unit of work never ends.
    """
    for work in rows:
        if not work.row.waits(horizon, now):
            continue
        for _ in range(ENDLESS):
            if await work.unit() < work.batch:
                break
        else:
            raise RuntimeError(f"{work.row.name} does not come to an end")
        horizon = await look()
    return horizon

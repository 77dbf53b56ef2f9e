"""Measure: how things stand at this moment, for whoever watches from outside. One snapshot, a handful of index reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.store import gauges
from webcare.store.errors import StoreError
from webcare.store.raw_bodies import BodyState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from webcare.ports.clock import Clock
    from webcare.store import Connection
    from webcare.store.door import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFacts:
    """`state` is how its polls fare; `since_poll` is None for one that was never polled."""

    state: str
    is_silent: bool
    since_poll: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Counts and ages. Spans may be negative: `to_deadline` when it is over, `queued_for` when nothing may go out yet."""

    open_cases: Mapping[str, int]
    overdue_cases: Mapping[str, int]
    to_deadline: timedelta | None
    unclassified_for: timedelta | None
    bodies_waiting: int
    bodies_unreadable: int
    deliveries: Mapping[tuple[str, str], int]
    queued_for: timedelta | None
    replies: Mapping[str, int]
    channels: Mapping[str, ChannelFacts]
    reads_this_month: Mapping[str, int]


async def measure(store: Store, clock: Clock) -> Measured | None:
    """Return how things stand; None when the database does not answer."""
    try:
        return await store.read(look, clock.now(), clock.machine())
    except StoreError:
        return None


def look(conn: Connection, now: datetime, machine: datetime) -> Measured:
    """Look once. Cases and texts live in the world's time, channels in the machine's; a month is a UTC one, as platforms count."""
    cases = gauges.open_cases(conn, now)
    deadlines = [row.next_due_at for row in cases if row.next_due_at is not None]
    unclassified, queued = gauges.unclassified_since(conn), gauges.queued_since(conn)
    bodies = gauges.bodies(conn)
    return Measured(
        open_cases={row.channel: row.open for row in cases},
        overdue_cases={row.channel: row.overdue for row in cases},
        to_deadline=min(deadlines) - now if deadlines else None,
        unclassified_for=None if unclassified is None else now - unclassified,
        bodies_waiting=bodies[BodyState.NEW],
        bodies_unreadable=bodies[BodyState.UNREADABLE],
        deliveries=gauges.deliveries(conn),
        queued_for=None if queued is None else now - queued,
        replies=gauges.unsettled_replies(conn),
        channels={
            row.channel: ChannelFacts(
                state=row.state,
                is_silent=row.silent_since is not None,
                since_poll=None if row.polled_at is None else machine - row.polled_at,
            )
            for row in gauges.channels(conn)
        },
        reads_this_month=gauges.reads_of_month(conn, f"{machine:%Y-%m}"),
    )

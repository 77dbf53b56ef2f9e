"""How things stand, for a scrape every few seconds: counts and first entries of indexes.

What is done and sent is left alone: nothing here costs more as history grows. Only the open cases are walked through, all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select
from sqlalchemy import case as case_when

from webcare.store.house_tables import channel_state, read_cost
from webcare.store.outbox import IS_QUEUED
from webcare.store.raw_bodies import BodyState
from webcare.store.tables import case, delivery, raw_body, reply, version
from webcare.store.utc import UTCDateTime

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


class OpenCases(NamedTuple):
    channel: str
    open: int
    overdue: int
    next_due_at: datetime | None


# States are written out: a parameter would keep the database off the partial indexes.
_OPEN = (
    select(
        case.c.channel,
        func.count(),
        func.sum(case_when((case.c.due_at < bindparam("now", type_=UTCDateTime), 1), else_=0)),
        func.min(case.c.due_at),
    )
    .where(literal_column("state = 'open'"))
    .group_by(case.c.channel)
)
_UNCLASSIFIED = select(version.c.learned_at).where(version.c.triaged_at.is_(None)).order_by(version.c.id).limit(1)
_BODIES = {
    state: select(func.count(raw_body.c.id)).where(literal_column(f"state = '{state.value}'"))
    for state in (BodyState.NEW, BodyState.UNREADABLE)
}
_QUEUED = select(delivery.c.kind, delivery.c.state, func.count()).where(IS_QUEUED).group_by(delivery.c.kind, delivery.c.state)
_STUCK = (
    select(delivery.c.kind, delivery.c.state, func.count())
    .where(literal_column("state IN ('failed', 'held')"))
    .group_by(delivery.c.kind, delivery.c.state)
)
_FIRST_QUEUED = select(delivery.c.not_before).where(IS_QUEUED).order_by(delivery.c.not_before).limit(1)
_REPLIES = select(reply.c.state, func.count()).where(literal_column("state <> 'accepted'")).group_by(reply.c.state)
_CHANNELS = select(channel_state.c.channel, channel_state.c.state, channel_state.c.polled_at, channel_state.c.silent_since)
_READS = (
    select(read_cost.c.channel, func.sum(read_cost.c.resources))
    .where(read_cost.c.day >= bindparam("first"), read_cost.c.day <= bindparam("last"))
    .group_by(read_cost.c.channel)
)


def open_cases(conn: Connection, now: datetime) -> list[OpenCases]:
    """Return, a channel, how many cases are open, how many of them past their deadline, and the earliest deadline."""
    return [OpenCases(row[0], row[1], int(row[2]), row[3]) for row in conn.execute(_OPEN, {"now": now})]


def unclassified_since(conn: Connection) -> datetime | None:
    """Return when we learned of the oldest text that nobody has classified."""
    return conn.execute(_UNCLASSIFIED).scalar()


def bodies(conn: Connection) -> dict[BodyState, int]:
    """Return how many bodies wait to be read, and how many could not be."""
    return {state: conn.execute(query).scalar_one() for state, query in _BODIES.items()}


def deliveries(conn: Connection) -> dict[tuple[str, str], int]:
    """Return how many deliveries are queued, held or failed, by kind and state."""
    return {(kind, state): count for query in (_QUEUED, _STUCK) for kind, state, count in conn.execute(query)}


def queued_since(conn: Connection) -> datetime | None:
    """Return since when the first queued delivery may go out; it may lie in the future."""
    return conn.execute(_FIRST_QUEUED).scalar()


def unsettled_replies(conn: Connection) -> dict[str, int]:
    """Return how many replies there are by state, but for those that a platform accepted."""
    return {state: count for state, count in conn.execute(_REPLIES)}  # noqa: C416 - a row is no pair to a type checker


class Channel(NamedTuple):
    channel: str
    state: str
    polled_at: datetime | None
    silent_since: datetime | None


def channels(conn: Connection) -> list[Channel]:
    return [Channel(*row) for row in conn.execute(_CHANNELS)]


def reads_of_month(conn: Connection, month: str) -> dict[str, int]:
    """Return what each channel has read in a month, `2026-11`."""
    values = {"first": f"{month}-01", "last": f"{month}-31"}
    return {channel: int(count) for channel, count in conn.execute(_READS, values)}

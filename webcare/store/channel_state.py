"""How each channel fares: one row a channel account, kept up by its polls and checks.

Times are the machine's, but `heard_at`, `silent_since` and `few_since`: what customers do happens in the world's time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from webcare.store.dialect import insert_or_ignore
from webcare.store.house_tables import channel_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection


class Fares(StrEnum):
    FINE = "fine"
    FAILING = "failing"  # it cannot be reached, or we stumble over it
    STOPPED = "stopped"  # its credentials are dead: nothing is read or sent
    SPENT = "spent"  # this month's budget is


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """`since` is when the state began, `told_at` when a person was told of it; `reason` may stand beside `fine` too: what a check noted."""

    channel: str
    state: Fares
    since: datetime
    reason: str | None = None
    failures: int = 0
    next_poll_at: datetime | None = None
    polled_at: datetime | None = None
    checked_at: datetime | None = None
    expires_at: datetime | None = None
    heard_at: datetime | None = None
    told_at: datetime | None = None
    silent_since: datetime | None = None
    few_since: datetime | None = None
    few_seen: int | None = None
    few_usual: int | None = None
    partly_since: datetime | None = None
    partly_reason: str | None = None
    partly_told_at: datetime | None = None


_GET = select(channel_state).where(channel_state.c.channel == bindparam("which"))
_SOME = select(channel_state).where(channel_state.c.channel.in_(bindparam("which", expanding=True)))


def get(conn: Connection, channel: str) -> ChannelState | None:
    row = conn.execute(_GET, {"which": channel}).first()
    return None if row is None else _read(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def some(conn: Connection, channels: Sequence[str]) -> dict[str, ChannelState]:
    """Return the states of these channels that have one."""
    if not channels:
        return {}
    return {row.channel: _read(row._mapping) for row in conn.execute(_SOME, {"which": list(channels)})}  # noqa: SLF001 - as above


def ensure(conn: Connection, channel: str, machine: datetime) -> ChannelState:
    """Return the state of a channel that the database knows; a new one is fine."""
    row = {"channel": channel, "state": Fares.FINE.value, "since": machine, "failures": 0}
    conn.execute(insert_or_ignore(conn, channel_state), row)
    return _read(conn.execute(_GET, {"which": channel}).one()._mapping)  # noqa: SLF001 - as above


def change(conn: Connection, channel: str, /, **values: Any) -> None:
    conn.execute(update(channel_state).where(channel_state.c.channel == channel).values(values))


def check_anew(conn: Connection, channels: Sequence[str]) -> None:
    """Have these channels checked soon: at the start of a daemon, and after new secrets."""
    conn.execute(update(channel_state).where(channel_state.c.channel.in_(list(channels))).values(checked_at=None))


def forget_waits(conn: Connection, machine: datetime) -> None:
    """Wait for nothing that lies ahead: somebody set the machine's clock back, and it may lie too far ahead."""
    for name, value in (("next_poll_at", machine), ("since", machine), ("partly_since", machine), ("checked_at", None)):
        column = channel_state.c[name]
        conn.execute(update(channel_state).where(column > machine).values({name: value}))


def _read(row: Any) -> ChannelState:
    return ChannelState(**{**row, "state": Fares(row["state"])})

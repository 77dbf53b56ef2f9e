"""How the channels fare, as people look at them: what is wrong first, then each with its figures. Facts as values, no words.

stopped > spent > failing > silent > partly > few > behind > expiring > works        the worst of what is true of a channel is its state

Unreadable things are shown to whoever may, with the beginning of what came.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from webcare.domain.budget import Bill, bill, forecast, month_of
from webcare.ports.connector import Capability
from webcare.services.channel_health import AHEAD, TROUBLE_AFTER
from webcare.store import channel_facts, channel_state, heard, read_costs
from webcare.store.channel_state import Fares

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.ports.channel import ChannelAccount
    from webcare.store import Connection
    from webcare.store.channel_state import ChannelState

FRESH = timedelta(hours=1)
NEWEST = 20  # of what could not be read
ENOUGH = channel_facts.ENOUGH


class Standing(StrEnum):
    """How a channel stands, the worst first."""

    STOPPED = "stopped"
    SPENT = "spent"
    FAILING = "failing"
    SILENT = "silent"
    PARTLY = "partly"  # a part of it is not read
    FEW = "few"  # far fewer write than usual
    BEHIND = "behind"
    EXPIRING = "expiring"
    UNKNOWN = "unknown"  # no daemon has looked at it yet
    WORKS = "works"

    @property
    def is_bad(self) -> bool:
        """Tell whether nothing gets through, or nobody can say that anything does."""
        return self in {Standing.STOPPED, Standing.SPENT, Standing.SILENT}

    @property
    def is_trouble(self) -> bool:
        return self not in {Standing.WORKS, Standing.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFacts:
    """One channel. `since` of silence is the last message, of too few when that began, the world's time; otherwise the machine's.

    The last three instants are the machine's too. `few` is how many wrote, and how many usually do, where that is the trouble.
    """

    account: ChannelAccount
    is_only: bool  # of its platform: that says enough
    standing: Standing
    since: datetime | None
    reason: str | None
    heard_at: datetime | None
    lag: timedelta | None
    cost: int
    forecast: int | None
    bill: Bill | None
    unreadable: int
    waiting: int
    held: int
    succeeded_at: datetime | None
    told_at: datetime | None
    expires_at: datetime | None
    token_left: timedelta | None
    few: tuple[int, int] | None = None

    @property
    def budget(self) -> int | None:
        return self.account.monthly_reads or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What nobody could read; `where` is None when that is the whole body."""

    channel: str | None
    where: str | None
    reason: str
    heard_at: datetime
    start: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """`strangers` could not be read and belong to no channel of ours; `waiting_for` is the age of the oldest body nobody has read."""

    channels: tuple[ChannelFacts, ...]
    strangers: int
    waiting_for: timedelta | None
    unread: tuple[Unread, ...]

    @property
    def troubled(self) -> tuple[ChannelFacts, ...]:
        return tuple(sorted((one for one in self.channels if one.standing.is_trouble), key=lambda one: _order(one.standing)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A channel that does not fare well, in as much as a menu has room for."""

    account: ChannelAccount
    is_only: bool
    standing: Standing


def look(conn: Connection, accounts: Sequence[ChannelAccount], *, now: datetime, machine: datetime, newest: bool) -> Channels:
    """Look at all channels; `newest` brings what could not be read, which is for those who may see it."""
    states = channel_state.some(conn, [one.id for one in accounts])
    waiting, held = channel_facts.replies_waiting(conn), channel_facts.replies_held(conn)
    unread, since = channel_facts.unread_counts(conn), channel_facts.waiting_since(conn)
    kinds = Counter(one.kind for one in accounts)
    found = [
        _facts(
            conn,
            one,
            states.get(one.id),
            now=now,
            machine=machine,
            is_only=kinds[one.kind] == 1,
            counts=(unread.get(one.id, 0), waiting.get(one.id, 0), held.get(one.id, 0)),
        )
        for one in accounts
    ]
    known = {one.id for one in accounts}
    return Channels(
        channels=tuple(found),
        strangers=sum(count for channel, count in unread.items() if channel not in known),
        waiting_for=None if since is None or machine - since < TROUBLE_AFTER else machine - since,
        unread=tuple(_unread(one) for one in channel_facts.unread(conn, NEWEST)) if newest else (),
    )


def troubles(conn: Connection, accounts: Sequence[ChannelAccount], *, machine: datetime) -> list[Trouble]:
    """Return which channels do not fare well, the worst first: one read, for every page."""
    states = channel_state.some(conn, [one.id for one in accounts])
    kinds = Counter(one.kind for one in accounts)
    found = [
        Trouble(account=one, is_only=kinds[one.kind] == 1, standing=_standing(one, states.get(one.id), machine=machine))
        for one in accounts
    ]
    return sorted((one for one in found if one.standing.is_trouble), key=lambda one: _order(one.standing))


def _order(standing: Standing) -> int:
    return list(Standing).index(standing)


def _facts(
    conn: Connection,
    account: ChannelAccount,
    state: ChannelState | None,
    *,
    now: datetime,
    machine: datetime,
    is_only: bool,
    counts: tuple[int, int, int],
) -> ChannelFacts:
    ends, last = heard.ends(conn, account.id), channel_facts.newest(conn, account.id)
    lag = None if last is None else max(last.kept_at - last.written_at, timedelta(0))
    is_fresh = last is not None and now - last.kept_at < FRESH  # of last night's delay nobody has to do anything
    standing = _standing(account, state, machine=machine, lag=lag if is_fresh else None)
    month = month_of(now)
    spent, kinds = read_costs.of_month(conn, account.id, month), read_costs.kinds_of_month(conn, account.id, month)
    heard_at = None if ends is None else ends.last
    expires_at = None if state is None else state.expires_at
    unreadable, waiting, held = counts
    return ChannelFacts(
        account=account,
        is_only=is_only,
        standing=standing,
        since=None if state is None else _since(state, standing),
        reason=None if state is None else state.partly_reason if standing is Standing.PARTLY else state.reason,
        heard_at=heard_at,
        lag=lag,
        cost=spent.resources,
        forecast=forecast(cost=spent.resources, polls=spent.polls, now=now),
        bill=bill(kinds, account.prices, polls=spent.polls, now=now) if kinds else None,
        unreadable=unreadable,
        waiting=waiting,
        held=held,
        succeeded_at=succeeded(state),
        told_at=None if state is None else state.partly_told_at if standing is Standing.PARTLY else state.told_at,
        expires_at=expires_at,
        token_left=None if expires_at is None else expires_at - machine,
        few=None if state is None or state.few_since is None else (state.few_seen or 0, state.few_usual or 0),
    )


def _since(state: ChannelState, standing: Standing) -> datetime | None:
    if standing is Standing.SILENT:
        return state.heard_at or state.silent_since
    if standing is Standing.PARTLY:
        return state.partly_since
    return state.few_since if standing is Standing.FEW else state.since


def _standing(
    account: ChannelAccount, state: ChannelState | None, *, machine: datetime, lag: timedelta | None = None
) -> Standing:
    """Return the worst of what is true. `lag` is how late the newest text came, where that was asked."""
    if state is None:
        return Standing.UNKNOWN
    if state.state is not Fares.FINE:
        return Standing(state.state.value)
    if state.silent_since is not None:
        return Standing.SILENT
    if state.partly_since is not None:
        return Standing.PARTLY
    if state.few_since is not None:
        return Standing.FEW
    polled = Capability.POLL in account.spec.capabilities
    is_overdue = polled and state.next_poll_at is not None and state.next_poll_at + TROUBLE_AFTER < machine
    if is_overdue or (lag is not None and lag > TROUBLE_AFTER):
        return Standing.BEHIND
    if state.expires_at is not None and state.expires_at - max(AHEAD) <= machine:
        return Standing.EXPIRING
    return Standing.WORKS


def succeeded(state: ChannelState | None) -> datetime | None:
    """Return when the channel last answered: to a poll, or where nothing is polled, to a check."""
    if state is None or state.polled_at is not None:
        return None if state is None else state.polled_at
    return state.checked_at if state.state is Fares.FINE else None


def _unread(one: channel_facts.Unread) -> Unread:
    return Unread(
        channel=one.channel,
        where=one.where,
        reason=one.reason,
        heard_at=one.heard_at,
        start=one.start.decode("utf-8", "replace"),
    )

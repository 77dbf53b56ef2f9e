"""Poll: ask each platform that has to be asked what is new, and keep the answer as it came.

    due? --lease--> ask the client --one transaction--> bodies kept, cursor moved, cost counted, next poll set
                       |-- a part of it --> the rest is kept at the usual pace, a person is told when it lasts
                       |-- Unavailable, our own mistake --> failing: back off, doubling
                       |-- RateLimited --> wait exactly so long
                       |-- AuthFailed --> stopped, a person is told
                       `-- nothing left of the month's budget --> spent, not asked at all

Channels run side by side, and a slow one holds nobody. What was heard is read later: a body that cannot be understood stops no poll.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from webcare.domain.budget import day_of, month_end, month_of, stretched
from webcare.domain.pace import adapted
from webcare.ports.connector import Capability
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited
from webcare.services.asking import Stumbled, ask
from webcare.services.channel_troubles import Change, Moment, failed, read_partly, recovered, spent, stopped
from webcare.store import channel_state, leases, messages, raw_bodies, read_costs
from webcare.store.channel_state import Fares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from webcare.ports.channel import ChannelAccount
    from webcare.ports.clock import Clock
    from webcare.ports.connector import Client
    from webcare.store import Connection
    from webcare.store.channel_state import ChannelState
    from webcare.store.door import Store

log = structlog.get_logger()

CURSOR = "poll"
LONGEST_WAIT = timedelta(minutes=15)
LONGEST_LIMIT = timedelta(days=366)  # of a platform that names a day that no calendar has
PATIENCE = timedelta(minutes=2)  # many pages, each with a time-out of its own
LEASE, RENEW = timedelta(seconds=30), timedelta(seconds=10)
MOMENT = timedelta(seconds=1)  # how long a beat waits for what it began
KEEP_FOR = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A configured channel, and the client that talks for it."""

    account: ChannelAccount
    client: Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A poll that may be made, or why none may."""

    cursor: str | None = None
    may_ask: bool = True
    change: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What a poll brought, its bodies as the bytes that are kept."""

    bodies: tuple[bytes, ...]
    cursor: str | None
    cost: int
    more: bool
    kinds: Mapping[str, int] = field(default_factory=dict)
    missed: str | None = None


class LostLease(Exception):  # noqa: N818 - it is what happened; it never leaves this module
    """Another daemon took the channel over while we asked."""


async def poll(
    store: Store,
    running: Sequence[Running],
    clock: Clock,
    holder: str,
    *,
    keep_for: timedelta = KEEP_FOR,
    patience: timedelta = PATIENCE,
) -> int:
    """Poll every channel that is due, wait for all of them, and return how many were polled."""
    poller = Poller(store, clock, holder, keep_for=keep_for, patience=patience)
    try:
        return await poller.beat(running, wait=None)
    finally:
        await poller.close()


class Poller:
    """Polls beat by beat: one that takes longer than a beat is left running, and its channel alone waits for it."""

    def __init__(
        self, store: Store, clock: Clock, holder: str, *, keep_for: timedelta = KEEP_FOR, patience: timedelta = PATIENCE
    ) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self._keep_for = keep_for
        self._patience = patience
        self._in_hand: dict[str, asyncio.Task[bool]] = {}

    async def beat(self, running: Sequence[Running], *, wait: timedelta | None = MOMENT) -> int:
        """Begin what is due and return how many polls have ended since the last beat; `wait` None waits for all of them.

        Raises:
            StoreError: the database did not keep what a platform said; it will be asked again from the same place.
        """
        polled = [one for one in running if Capability.POLL in one.account.spec.capabilities]
        free = [one for one in polled if one.account.id not in self._in_hand]
        due = await self._store.read(_due, [one.account.id for one in free], self._clock.machine())
        for one in free:
            if one.account.id in due:
                self._in_hand[one.account.id] = asyncio.create_task(self._poll(one), name=f"poll {one.account.id}")
        if not self._in_hand:
            return 0
        await asyncio.wait(self._in_hand.values(), timeout=None if wait is None else wait.total_seconds())
        ended = [self._in_hand.pop(channel) for channel, task in list(self._in_hand.items()) if task.done()]
        broken = [error for task in ended if (error := task.exception()) is not None]
        if broken:
            raise broken[0]
        return sum(task.result() for task in ended)

    async def close(self) -> None:
        """Break off what runs; nothing was kept of it."""
        running = list(self._in_hand.values())
        self._in_hand.clear()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _poll(self, one: Running) -> bool:
        """Poll one channel and tell whether it was asked."""
        account = one.account
        begun = await self._store.write(_begin, account, self._holder, self._moment())
        if begun is None or not begun.may_ask:
            _say(begun.change if begun is not None else None)
            return False
        try:
            brought = await self._ask(one, begun.cursor)
        except LostLease:
            log.warning("poll.taken_over", channel=account.id)
            return False
        except OutsideError as error:
            change = await self._store.write(_note, account, self._holder, error, self._moment())
            _say(change, error)
        else:
            for change in await self._store.write(_keep, account, self._holder, brought, self._keep_for, self._moment()):
                _say(change)
        return True

    async def _ask(self, one: Running, cursor: str | None) -> Brought:
        """Ask once, and hold the lease as long as that takes."""
        asking = asyncio.create_task(ask(_bring(one.client, cursor, self._clock.now()), within=self._patience))
        try:
            while not (await asyncio.wait({asking}, timeout=RENEW.total_seconds()))[0]:
                machine = self._clock.machine()
                if not await self._store.write(leases.take, _lease(one.account), self._holder, machine + LEASE, machine):
                    raise LostLease
            return asking.result()
        except asyncio.CancelledError:  # the daemon stops: the next one need not wait for the lease to run out
            await self._store.write(leases.release, _lease(one.account), self._holder)
            raise
        finally:
            asking.cancel()

    def _moment(self) -> Moment:
        return Moment(now=self._clock.now(), machine=self._clock.machine())


async def _bring(client: Client, cursor: str | None, now: datetime) -> Brought:
    batch = await client.poll(cursor, now)
    bodies = tuple(json.dumps(body, separators=(",", ":")).encode() for body in batch.bodies)
    return Brought(bodies=bodies, cursor=batch.cursor, cost=batch.cost, more=batch.more, kinds=batch.costs, missed=batch.missed)


def _lease(account: ChannelAccount) -> str:
    return f"poll:{account.id}"


def _say(change: Change | None, error: OutsideError | None = None) -> None:
    """Say it once in the log: when a channel breaks, and when it recovers."""
    if change is None:
        return
    said = log.info if change.event == "channel.recovered" else log.warning
    more = {"error": type(error).__name__} if error is not None else {}
    where = {"where": error.where} if isinstance(error, Stumbled) else {}
    said(change.event, channel=change.channel, reason=change.reason, **more, **where)


# --- units of work ---


def _due(conn: Connection, channels: Sequence[str], machine: datetime) -> set[str]:
    """Return which of these channels are to be asked now; one that nobody has asked yet is."""
    known = channel_state.some(conn, channels)
    return {channel for channel in channels if channel not in known or _is_due(known[channel], machine)}


def _is_due(state: ChannelState, machine: datetime) -> bool:
    return state.state is not Fares.STOPPED and (state.next_poll_at is None or state.next_poll_at <= machine)


def _begin(conn: Connection, account: ChannelAccount, holder: str, at: Moment) -> Begun | None:
    """Take the channel in hand; None when another daemon has it, or has just asked."""
    messages.ensure_channel(conn, account.id, brand=account.brand, now=at.now)
    state = channel_state.ensure(conn, account.id, at.machine)
    if not _is_due(state, at.machine):
        return None
    if account.monthly_reads and _left(conn, account, at.now) <= 0:
        until = at.machine + (month_end(at.now) - at.now)
        return Begun(may_ask=False, change=spent(conn, account, until=until, at=at))
    if not leases.take(conn, _lease(account), holder, at.machine + LEASE, at.machine):
        return None
    return Begun(cursor=messages.read_cursor(conn, account.id, CURSOR))


def _left(conn: Connection, account: ChannelAccount, now: datetime) -> int:
    return account.monthly_reads - read_costs.of_month(conn, account.id, month_of(now)).resources


def _keep(
    conn: Connection, account: ChannelAccount, holder: str, brought: Brought, keep_for: timedelta, at: Moment
) -> list[Change]:
    """Keep what a poll brought and move on, all of it or nothing; from a lease that was lost only the cost remains."""
    read_costs.add(conn, account.id, day=day_of(at.now), resources=brought.cost, kinds=brought.kinds)
    if not leases.take(conn, _lease(account), holder, at.machine + LEASE, at.machine):
        return []
    for body in brought.bodies:
        raw_bodies.keep(
            conn,
            body,
            {},
            brand=account.brand,
            channel=account.id,
            received_at=at.machine,
            delete_after=at.machine + keep_for,
        )
    if brought.cursor is not None:
        messages.move_cursor(conn, account.id, CURSOR, brought.cursor, at.now)
    leases.release(conn, _lease(account), holder)
    before = channel_state.ensure(conn, account.id, at.machine)
    if before.state is Fares.STOPPED:  # stopped while we read: whether we may send again, a check says
        channel_state.change(conn, account.id, polled_at=at.machine)
        return []
    next_at = (
        at.machine
        if brought.more
        else at.machine + _pace(conn, account, at.now, _usual(account, before, is_busy=brought.cost > 0))
    )
    channel_state.change(conn, account.id, polled_at=at.machine, next_poll_at=next_at)
    changes = (recovered(conn, account, before, at), read_partly(conn, account, before, brought.missed, at))
    return [change for change in changes if change is not None]


def _usual(account: ChannelAccount, before: ChannelState, *, is_busy: bool) -> timedelta:
    """Return the account's pace, after how much is said there where its platform wants that and nobody chose one."""
    within = account.spec.paces
    if within is None or account.pace != account.spec.pace:
        return account.pace
    asked, due = before.polled_at, before.next_poll_at
    last = None if asked is None or due is None else due - asked
    return adapted(last, usual=account.pace, within=within, is_busy=is_busy)


def _pace(conn: Connection, account: ChannelAccount, now: datetime, usual: timedelta) -> timedelta:
    """Return the time until the next poll: as usual, or longer so that the month's budget lasts."""
    if not account.monthly_reads:
        return usual
    cost = read_costs.of_month(conn, account.id, month_of(now))
    left = account.monthly_reads - cost.resources
    return stretched(usual, left=left, cost=cost.resources, polls=cost.polls, remaining=month_end(now) - now)


def _note(conn: Connection, account: ChannelAccount, holder: str, error: OutsideError, at: Moment) -> Change | None:
    """Note that a poll failed, and when to try again."""
    leases.release(conn, _lease(account), holder)
    if isinstance(error, AuthFailed):
        return stopped(conn, account, str(error), at)
    if isinstance(error, RateLimited):
        wait = min(max(error.until - at.now, timedelta(0)), LONGEST_LIMIT)
        channel_state.change(conn, account.id, next_poll_at=at.machine + wait)
        return None
    failures = channel_state.ensure(conn, account.id, at.machine).failures
    return failed(conn, account, str(error), retry_at=at.machine + wait_after(failures, account.pace), at=at)


def wait_after(failures: int, pace: timedelta) -> timedelta:
    """Return how long to wait after one more failure: the pace, doubling, up to a quarter of an hour."""
    doubled: timedelta = pace * (1 << min(failures, 20))
    return min(doubled, max(pace, LONGEST_WAIT))

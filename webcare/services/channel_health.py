"""Is each channel alive: may we still speak there, does its token live on, and does anybody write to us?

check    every few seconds: who is to be told of trouble; a preflight where one is due: at the start, once a day, every quarter of an
         hour of a channel that is stopped, every few minutes of one that cannot be reached and is not polled
listen   every few minutes: a channel that is quieter than it ever is at this hour, or on which far fewer write than usual, and a
         token that will soon be dead

A stopped channel is neither polled nor sent to; nothing of it is lost, replies wait in the outbox.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog

from webcare.domain.durations import format_instant
from webcare.domain.silence import SHORTEST, is_silent, longest_gap, same_hours
from webcare.domain.volume import ARRIVES
from webcare.ports.connector import Capability, Health
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited
from webcare.services import channel_volume
from webcare.services.asking import Stumbled, ask
from webcare.services.channel_troubles import (
    EXPIRING,
    SILENT,
    Change,
    Moment,
    failed,
    is_untold,
    recovered,
    stop,
    stopped,
    tell,
    tell_recovered,
    tell_untold,
)
from webcare.store import channel_state, heard, leases, messages
from webcare.store.channel_state import Fares

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.ports.channel import ChannelAccount
    from webcare.ports.clock import Clock
    from webcare.services.poll import Running
    from webcare.store import Connection
    from webcare.store.channel_state import ChannelState
    from webcare.store.door import Store

log = structlog.get_logger()

AGAIN, DAILY = timedelta(minutes=15), timedelta(days=1)
SOON = timedelta(minutes=3)  # before anybody is told that a channel cannot be reached, it was asked more than once
PATIENCE = timedelta(seconds=60)
TROUBLE_AFTER = timedelta(minutes=10)
LISTEN_LEASE = timedelta(minutes=4)
AHEAD = (timedelta(days=1), timedelta(days=7))  # when a person is told that a token will end, the nearest first
NO_REASON = "the check found nothing that may be used"


# --- for those who send ---


def is_stopped(conn: Connection, channel: str) -> bool:
    """Tell whether nothing may be sent on a channel now: its credentials are dead."""
    state = channel_state.get(conn, channel)
    return state is not None and state.state is Fares.STOPPED


def note_auth_failed(conn: Connection, channel: str, reason: str, machine: datetime) -> Change | None:
    """Stop a channel that refused our credentials and return what is to be said of it; the next check tells a person."""
    return stop(conn, channel, reason, machine)


# --- preflights, and trouble that is to be told ---


async def check(
    store: Store,
    running: Sequence[Running],
    clock: Clock,
    holder: str,
    *,
    trouble_after: timedelta = TROUBLE_AFTER,
    patience: timedelta = PATIENCE,
) -> int:
    """Tell of trouble that nobody was told of, check the channels that are due, and return how many were checked."""
    at = Moment(now=clock.now(), machine=clock.machine())
    states = await store.read(channel_state.some, [one.account.id for one in running])
    for one in running:
        state = states.get(one.account.id)
        if state is not None and is_untold(state, trouble_after, at.machine):
            await store.write(tell_untold, one.account, trouble_after=trouble_after, at=at)
    due = [one for one in running if is_check_due(one.account, states.get(one.account.id), at.machine)]
    ended = await asyncio.gather(*(_check(store, one, clock, holder, patience) for one in due), return_exceptions=True)
    for error in ended:
        if error is not None:
            raise error
    return len(due)


def is_check_due(account: ChannelAccount, state: ChannelState | None, machine: datetime) -> bool:
    """Tell whether a channel is to be checked: sooner when it is stopped, or fails and no poll would show that it is back."""
    if state is None or state.checked_at is None:
        return True
    is_polled = Capability.POLL in account.spec.capabilities
    wait = SOON if state.state is Fares.FAILING and not is_polled else AGAIN if state.state is Fares.STOPPED else DAILY
    return state.checked_at + wait <= machine


async def _check(store: Store, one: Running, clock: Clock, holder: str, patience: timedelta) -> None:
    account, machine = one.account, clock.machine()
    if not await store.write(_begin, account, holder, machine + 2 * patience, Moment(now=clock.now(), machine=machine)):
        return
    try:
        health = await _preflight(one, clock.now(), patience)
    except OutsideError as error:
        at = Moment(now=clock.now(), machine=clock.machine())
        _say(await store.write(note_refusal, account, error, at), error)
    else:
        at = Moment(now=clock.now(), machine=clock.machine())
        _say(await store.write(note_health, account, health, at))
    finally:
        await store.write(leases.release, _lease(account), holder)


async def _preflight(one: Running, now: datetime, patience: timedelta) -> Health:
    if Capability.PREFLIGHT not in one.account.spec.capabilities:  # nobody to ask: the next poll or reply shows
        return Health(account=one.account.account)
    return await ask(one.client.preflight(now), within=patience)


def _lease(account: ChannelAccount) -> str:
    return f"check:{account.id}"


def _begin(conn: Connection, account: ChannelAccount, holder: str, until: datetime, at: Moment) -> bool:
    messages.ensure_channel(conn, account.id, brand=account.brand, now=at.now)
    state = channel_state.ensure(conn, account.id, at.machine)
    if not is_check_due(account, state, at.machine):  # another daemon was faster
        return False
    return leases.take(conn, _lease(account), holder, until, at.machine)


def note_health(conn: Connection, account: ChannelAccount, health: Health, at: Moment) -> Change | None:
    """Note what a preflight found. Keys of another account stop the channel: what they sent would come from somebody else."""
    before = channel_state.ensure(conn, account.id, at.machine)
    problems = "; ".join(health.problems) or None
    channel_state.change(conn, account.id, checked_at=at.machine, expires_at=health.expires_at)
    if is_other_account(account, health):
        return stopped(conn, account, problems or f"the credentials are those of account {health.account}", at)
    if health.account is None and before.state is Fares.STOPPED:
        channel_state.change(conn, account.id, reason=problems or NO_REASON)
        return None
    is_polled = Capability.POLL in account.spec.capabilities
    if before.state is Fares.STOPPED or (before.state is Fares.FAILING and not is_polled):
        change = recovered(conn, account, before, at)
        channel_state.change(conn, account.id, next_poll_at=at.machine, reason=problems)
        return change
    if before.state is Fares.FINE and before.reason != problems:
        channel_state.change(conn, account.id, reason=problems)
        return None if problems is None else Change(event="channel.noted", channel=account.id, reason=problems)
    return None


def is_other_account(account: ChannelAccount, health: Health) -> bool:
    return health.account is not None and health.account != account.account


def note_refusal(conn: Connection, account: ChannelAccount, error: OutsideError, at: Moment) -> Change | None:
    """Note that a preflight failed. Of a channel that is polled only dead credentials count: the rest its polls show."""
    channel_state.change(conn, account.id, checked_at=at.machine)
    if isinstance(error, AuthFailed):
        return stopped(conn, account, str(error), at)
    if isinstance(error, RateLimited) or Capability.POLL in account.spec.capabilities:
        return None
    return failed(conn, account, str(error), retry_at=at.machine + AGAIN, at=at)


def _say(change: Change | None, error: OutsideError | None = None) -> None:
    if change is None:
        if isinstance(error, Stumbled):
            log.error("check.stumbled", error=str(error), where=error.where)
        return
    said = log.info if change.event == "channel.recovered" else log.warning
    said(change.event, channel=change.channel, reason=change.reason)


# --- silence, few messages, and tokens that end ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """How long a channel has been quiet, and whether that is unusual."""

    last: datetime
    is_silent: bool


async def listen(
    store: Store,
    accounts: Sequence[ChannelAccount],
    clock: Clock,
    holder: str,
    *,
    zone: str = "Europe/Amsterdam",
    began: datetime | None = None,
) -> int:
    """Listen to every channel once, tell of silence and of tokens that will end, and return how many channels are silent.

    `began` is when this daemon did: what was written while nobody listened is still on its way then, and that silence was ours.
    """
    at = Moment(now=clock.now(), machine=clock.machine())
    if not await store.write(leases.take, "listen", holder, at.machine + LISTEN_LEASE, at.machine):
        return 0
    silent = 0
    for account in accounts:
        quiet, volume = None, None
        if began is None or at.machine - began >= ARRIVES:
            quiet = await store.read(how_quiet, account.id, at.now, ZoneInfo(zone))
            volume = await store.read(channel_volume.how_many, account.id, at.now, ZoneInfo(zone))
        changes = await store.write(_note_heard, account, quiet, volume, at)
        silent += quiet is not None and quiet.is_silent
        for change in changes:
            log.warning(change.event, channel=change.channel, reason=change.reason)
    return silent


def how_quiet(conn: Connection, channel: str, now: datetime, zone: ZoneInfo) -> Quiet | None:
    """Compare a channel's silence with what it is used to; None when nobody ever wrote there."""
    ends = heard.ends(conn, channel)
    if ends is None:
        return None
    if now - ends.last <= SHORTEST:  # nearly always: then two entries of an index are all that is read
        return Quiet(last=ends.last, is_silent=False)
    longest = longest_gap([heard.around(conn, channel, start, end) for start, end in same_hours(now, zone)])
    return Quiet(last=ends.last, is_silent=is_silent(now, first=ends.first, last=ends.last, longest=longest))


def _note_heard(
    conn: Connection, account: ChannelAccount, quiet: Quiet | None, volume: channel_volume.Volume | None, at: Moment
) -> list[Change]:
    messages.ensure_channel(conn, account.id, brand=account.brand, now=at.now)
    state = channel_state.ensure(conn, account.id, at.machine)
    _tell_expiry(conn, account, state, at)
    found = [_note_quiet(conn, account, state, quiet, at)]
    found.append(channel_volume.note(conn, account, channel_state.ensure(conn, account.id, at.machine), volume, at))
    return [change for change in found if change is not None]


def _note_quiet(conn: Connection, account: ChannelAccount, state: ChannelState, quiet: Quiet | None, at: Moment) -> Change | None:
    if quiet is None:
        return None
    changed: dict[str, Any] = {} if state.heard_at == quiet.last else {"heard_at": quiet.last}
    change = None
    if state.silent_since is not None and quiet.last > state.silent_since - SHORTEST:  # newer than what was missed
        changed["silent_since"] = None
        tell_recovered(conn, account, SILENT, since=state.heard_at or state.silent_since, now=at.now)
        change = Change(event="channel.heard_again", channel=account.id, reason=None)
    elif state.silent_since is None and quiet.is_silent and not _is_known(state):
        changed["silent_since"] = at.now
        tell(conn, account, SILENT, since=quiet.last, reason=None, now=at.now)
        change = Change(event="channel.silent", channel=account.id, reason=f"nobody wrote since {format_instant(quiet.last)}")
    if changed:
        channel_state.change(conn, account.id, **changed)
    return change


def _is_known(state: ChannelState) -> bool:
    """Tell whether people know of a trouble that this one would only be a part of."""
    return state.state is not Fares.FINE or state.few_since is not None


def _tell_expiry(conn: Connection, account: ChannelAccount, state: ChannelState, at: Moment) -> None:
    """Tell of a token's end a week ahead and a day ahead; what was told already is not told again, by its key."""
    if state.expires_at is None or state.state is Fares.STOPPED:
        return
    for ahead in AHEAD:
        if state.expires_at - ahead <= at.machine:
            reason = f"the access ends at {format_instant(state.expires_at)}"
            tell(conn, account, EXPIRING, since=state.expires_at, reason=reason, now=at.now, mark=f":{ahead.days}")
            return

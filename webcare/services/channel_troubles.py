"""What became of a channel, and who is told: the moves of its state, each in the transaction of whatever brought it about.

    fine --no answer--> failing --lasts--> told
      |                    `--answer--> fine, told if the trouble was
      |--credentials dead--> stopped, told at once --a check that passes--> fine
      `--budget spent--> spent, told at once --month ends, a poll passes--> fine

Beside that a part of a channel may not be read, one of its searches, say, while the rest of it is: told when it lasts, and when it ends.
Every move returns what is to be said in the log, once when a channel breaks and once when it recovers; the caller says it after the commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import format_instant
from webcare.domain.rota import LevelName
from webcare.services.tell import tell_level, tell_same, told
from webcare.store import channel_state
from webcare.store.channel_state import Fares

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from webcare.ports.channel import ChannelAccount
    from webcare.store import Connection
    from webcare.store.channel_state import ChannelState

EXPIRING, SILENT, FEW, PARTLY, RECOVERED = "expiring", "silent", "few", "partly", "recovered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One instant on both clocks."""

    now: datetime
    machine: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A line for the log: `channel.failing`, and why."""

    event: str
    channel: str
    reason: str | None


def failed(conn: Connection, account: ChannelAccount, reason: str, *, retry_at: datetime, at: Moment) -> Change | None:
    """Note that a channel could not be reached; only the first time is news."""
    before = channel_state.ensure(conn, account.id, at.machine)
    changed: dict[str, Any] = {"failures": before.failures + 1, "next_poll_at": retry_at}
    if before.state is Fares.STOPPED:  # which is worse, and told
        channel_state.change(conn, account.id, failures=before.failures + 1)
        return None
    is_news = before.state is not Fares.FAILING
    if is_news:
        changed.update(state=Fares.FAILING.value, since=at.machine, told_at=None)
    channel_state.change(conn, account.id, reason=reason, **changed)
    return Change(event="channel.failing", channel=account.id, reason=reason) if is_news else None


def stopped(conn: Connection, account: ChannelAccount, reason: str, at: Moment) -> Change | None:
    """Stop a channel whose credentials are dead, and tell a person at once."""
    change = stop(conn, account.id, reason, at.machine)
    if change is not None:
        _tell_trouble(conn, account, channel_state.ensure(conn, account.id, at.machine), at)
    return change


def stop(conn: Connection, channel: str, reason: str, machine: datetime) -> Change | None:
    """Stop a channel; who is to be told of it is told by the next look at the untold."""
    before = channel_state.ensure(conn, channel, machine)
    if before.state is Fares.STOPPED:
        return None
    values = {"state": Fares.STOPPED.value, "since": machine, "reason": reason, "told_at": None, "next_poll_at": None}
    channel_state.change(conn, channel, **values, checked_at=machine)
    return Change(event="channel.stopped", channel=channel, reason=reason)


def spent(conn: Connection, account: ChannelAccount, *, until: datetime, at: Moment) -> Change | None:
    """Stop reading until the month ends, and tell a person at once."""
    before = channel_state.ensure(conn, account.id, at.machine)
    channel_state.change(conn, account.id, next_poll_at=until)
    if before.state is Fares.SPENT:
        return None
    reason = f"the month's budget of {account.monthly_reads} is spent"
    values = {"state": Fares.SPENT.value, "since": at.machine, "reason": reason, "told_at": None}
    channel_state.change(conn, account.id, **values)
    _tell_trouble(conn, account, channel_state.ensure(conn, account.id, at.machine), at)
    return Change(event="channel.spent", channel=account.id, reason=reason)


def recovered(conn: Connection, account: ChannelAccount, before: ChannelState, at: Moment) -> Change | None:
    """Note that all is well; told to people only if the trouble was."""
    if before.state is Fares.FINE:
        if before.failures:
            channel_state.change(conn, account.id, failures=0)
        return None
    values = {"state": Fares.FINE.value, "since": at.machine, "reason": None, "failures": 0, "told_at": None}
    channel_state.change(conn, account.id, **values)
    if before.told_at is not None:
        tell_recovered(conn, account, before.state.value, since=before.since, now=at.now)
    return Change(event="channel.recovered", channel=account.id, reason=before.reason)


def read_partly(conn: Connection, account: ChannelAccount, before: ChannelState, missed: str | None, at: Moment) -> Change | None:
    """Note what of a channel a poll could not read, or that it read everything; told to people only if the trouble was."""
    since = before.partly_since
    if missed is not None:
        channel_state.change(conn, account.id, partly_since=since or at.machine, partly_reason=missed)
        return Change(event="channel.partly", channel=account.id, reason=missed) if since is None else None
    if since is None:
        return None
    channel_state.change(conn, account.id, partly_since=None, partly_reason=None, partly_told_at=None)
    if before.partly_told_at is not None:
        tell_recovered(conn, account, PARTLY, since=since, now=at.now)
    return Change(event="channel.whole", channel=account.id, reason=before.partly_reason)


def tell_untold(conn: Connection, account: ChannelAccount, *, trouble_after: timedelta, at: Moment) -> bool:
    """Tell a person of trouble that nobody was told of: at once, but of a platform that does not answer only when that lasts."""
    state = channel_state.get(conn, account.id)
    if state is None or not is_untold(state, trouble_after, at.machine):
        return False
    if _is_part_untold(state, trouble_after, at.machine):
        tell(conn, account, PARTLY, since=state.partly_since or state.since, reason=state.partly_reason, now=at.now)
        channel_state.change(conn, account.id, partly_told_at=at.machine)
    else:
        _tell_trouble(conn, account, state, at)
    return True


def is_untold(state: ChannelState, trouble_after: timedelta, machine: datetime) -> bool:
    if state.state is Fares.FINE:
        return _is_part_untold(state, trouble_after, machine)
    return state.told_at is None and (state.state is not Fares.FAILING or state.since + trouble_after <= machine)


def _is_part_untold(state: ChannelState, trouble_after: timedelta, machine: datetime) -> bool:
    """Tell whether a part of a channel is long not read, of which nobody knows; where nothing of it is, that is the trouble."""
    since = state.partly_since
    if state.state is not Fares.FINE or since is None or state.partly_told_at is not None:
        return False
    return since + trouble_after <= machine


def _tell_trouble(conn: Connection, account: ChannelAccount, state: ChannelState, at: Moment) -> None:
    tell(conn, account, state.state.value, since=state.since, reason=state.reason, now=at.now)
    channel_state.change(conn, account.id, told_at=at.machine)


def tell(
    conn: Connection,
    account: ChannelAccount,
    what: str,
    *,
    since: datetime,
    reason: str | None,
    now: datetime,
    mark: str = "",
    counts: Mapping[str, int] | None = None,
) -> None:
    """Tell whoever is on call, unless anybody was told of it; `mark` tells apart what has one beginning, `counts` stand in the words."""
    content, key = _news(account, what, since, reason, counts), _key(account, what, since) + mark
    if not told(conn, key):
        tell_level(conn, LevelName.ONCALL, content, brand=account.brand, key=key, now=now)


def tell_recovered(conn: Connection, account: ChannelAccount, what: str, *, since: datetime, now: datetime) -> None:
    """Tell those who were told of a trouble that it is over."""
    key = f"{_key(account, what, since)}:{RECOVERED}"
    tell_same(conn, _key(account, what, since), _news(account, RECOVERED, since, None), brand=account.brand, key=key, now=now)


def _news(
    account: ChannelAccount, what: str, since: datetime, reason: str | None, counts: Mapping[str, int] | None = None
) -> dict[str, Any]:
    trouble = {"what": what, "channel": account.id, "name": account.name, "since": format_instant(since), "reason": reason}
    return {"trouble": {**trouble, **(counts or {})}}


def _key(account: ChannelAccount, what: str, since: datetime) -> str:
    return f"channel:{account.id}:{what}:{format_instant(since)}"

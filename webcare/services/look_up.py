"""Look up: ask platforms for messages by their ids, in batches, within what may be read.

    new case --its root was never heard--> wanted --+
    mention without its words ------------> wanted --+--asked once--> body kept --collect--> context, or the words
    open cases' messages --each hour, then each day--+--asked------> body kept --collect--> what is gone is deleted

Whatever goes wrong rests the channel for a while; what failed together is asked for one by one.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

import structlog

from webcare.domain.budget import carries, day_of, month_of
from webcare.domain.case import CaseState
from webcare.domain.message import Kind
from webcare.ports.connector import Capability
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited
from webcare.services.asking import Stumbled, ask
from webcare.services.looked_up import ASKED
from webcare.store import channel_state, leases, look_ups, notes, raw_bodies, read_costs
from webcare.store.channel_state import Fares
from webcare.store.look_ups import Why

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from webcare.ports.channel import ChannelAccount
    from webcare.ports.clock import Clock
    from webcare.ports.connector import Asker, Batch
    from webcare.services.poll import Running
    from webcare.store import Connection
    from webcare.store.door import Store

log = structlog.get_logger()

BATCH: Final = 100
CASES: Final = 200  # looked at in one go for posts that were never heard
WITHIN: Final = timedelta(minutes=2)
LEASE: Final = timedelta(minutes=3)  # longer than the longest question
REST: Final = timedelta(minutes=5)
LONGEST_REST: Final = timedelta(hours=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LOOKED_AT: Final = "roots_looked_at"  # the newest case whose root was looked for
RESTING: Final = "resting"  # holds a channel's lease while it rests


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a channel is asked in one call. `picked` chooses it in the transaction that takes the channel in hand."""

    why: Why
    picked: Callable[[Connection, str, datetime], list[str]]


def askers(running: Sequence[Running]) -> tuple[Running, ...]:
    """Return the channels that can be asked for messages by their ids."""
    return tuple(one for one in running if Capability.LOOK_UP in one.account.spec.capabilities)


async def look_up(
    store: Store, running: Sequence[Running], clock: Clock, holder: str, *, keep_for: timedelta, roots: bool = True
) -> int:
    """Ask for what is wanted and return for how many messages; `roots`: also for posts that new cases stand under."""
    channels = askers(running)
    if not channels:
        return 0
    if roots:
        await _want_roots(store, {one.account.id for one in channels}, clock.now())
    wanted = Question(why=Why.ROOT, picked=lambda conn, channel, _now: look_ups.next_wanted(conn, channel, BATCH))
    waiting = [one for one in channels if await store.read(wanted.picked, one.account.id, clock.now())]
    return await _ask_all(store, waiting, wanted, clock, holder, keep_for=keep_for)


async def see_deleted(store: Store, running: Sequence[Running], clock: Clock, holder: str, *, keep_for: timedelta) -> int:
    """Ask whether the messages of open cases still stand, one batch a channel, and return how many were asked for."""
    standing = Question(why=Why.STANDING, picked=_standing)
    waiting = [one for one in askers(running) if await store.read(_standing, one.account.id, clock.now())]
    return await _ask_all(store, waiting, standing, clock, holder, keep_for=keep_for)


def _standing(conn: Connection, channel: str, now: datetime) -> list[str]:
    return look_ups.next_standing(conn, channel, day_ago=now - DAY, hour_ago=now - HOUR, limit=BATCH)


# --- wanted ---


async def _want_roots(store: Store, channels: set[str], now: datetime) -> None:
    """Put the posts above new cases on the list, where we never heard them."""
    while await store.read(_any_fresh):
        if await store.write(_want, channels, now) < CASES:
            return


def _any_fresh(conn: Connection) -> bool:
    return bool(look_ups.fresh_cases(conn, _looked_at(conn), 1))


def _looked_at(conn: Connection) -> int:
    return int(notes.read(conn, LOOKED_AT) or 0)


def _want(conn: Connection, channels: set[str], now: datetime) -> int:
    found = look_ups.fresh_cases(conn, _looked_at(conn), CASES)
    for row in found:
        if row.channel not in channels or row.kind == Kind.DM.value or row.state != CaseState.OPEN.value:
            continue
        for named in dict.fromkeys((row.conversation_id, row.reply_to)):
            if named is not None and named != row.external_id and not look_ups.is_known(conn, row.channel, named):
                look_ups.want(conn, row.channel, named, Why.ROOT, now)
    if found:
        notes.write(conn, LOOKED_AT, str(found[-1].id))
    return len(found)


# --- asked ---


async def _ask_all(
    store: Store, channels: Sequence[Running], question: Question, clock: Clock, holder: str, *, keep_for: timedelta
) -> int:
    asked = await asyncio.gather(*(_ask(store, one, question, clock, holder, keep_for) for one in channels))
    return sum(asked)


async def _ask(store: Store, one: Running, question: Question, clock: Clock, holder: str, keep_for: timedelta) -> int:
    """Ask one channel once and return for how many messages."""
    account, machine = one.account, clock.machine()
    wanted = await store.write(_begin, account, question, holder, now=clock.now(), machine=machine)
    if not wanted:
        return 0
    try:
        batch = await ask(cast("Asker", one.client).look_up(wanted, clock.now()), within=WITHIN)
    except OutsideError as error:
        where = {"where": error.where} if isinstance(error, Stumbled) else {}
        log.warning("look_up.not_answered", channel=account.id, messages=len(wanted), error=type(error).__name__, **where)
        until = clock.machine() + _rest(error, clock.now())
        await store.write(_put_off, account, question, wanted, error, holder, until=until)
        return 0
    await store.write(
        _keep, account, question, wanted, batch, holder, now=clock.now(), machine=clock.machine(), keep_for=keep_for
    )
    log.info("look_up.asked", channel=account.id, why=question.why.value, messages=len(wanted), cost=batch.cost)
    return len(wanted)


def _begin(
    conn: Connection, account: ChannelAccount, question: Question, holder: str, *, now: datetime, machine: datetime
) -> list[str]:
    """Take a channel in hand and return what to ask; nothing while it rests, is stopped, or cannot pay for it."""
    state = channel_state.get(conn, account.id)
    if state is not None and state.state is Fares.STOPPED:
        return []
    wanted = question.picked(conn, account.id, now)
    if not wanted or not _can_pay(conn, account, len(wanted), question.why, now):
        return []
    return wanted if leases.take(conn, _lease(account), holder, machine + LEASE, machine) else []


def _can_pay(conn: Connection, account: ChannelAccount, messages: int, why: Why, now: datetime) -> bool:
    """Tell whether the month's budget holds it: a root once, and deletions only from what the polls will leave."""
    if not account.monthly_reads:
        return True
    spent = read_costs.of_month(conn, account.id, month_of(now)).resources
    if why is Why.STANDING:
        return carries(messages, budget=account.monthly_reads, spent=spent, now=now)
    return spent + messages <= account.monthly_reads


def _keep(
    conn: Connection,
    account: ChannelAccount,
    question: Question,
    wanted: Sequence[str],
    batch: Batch,
    holder: str,
    *,
    now: datetime,
    machine: datetime,
    keep_for: timedelta,
) -> None:
    """Keep what was answered, count what it cost, and give the channel back."""
    read_costs.add(conn, account.id, day=day_of(now), resources=batch.cost, polls=0, kinds=batch.costs)
    for body in batch.bodies:
        raw = json.dumps(body, separators=(",", ":")).encode()
        headers: Mapping[str, str] = {ASKED: question.why.value}
        raw_bodies.keep(
            conn,
            raw,
            headers,
            brand=account.brand,
            channel=account.id,
            received_at=machine,
            delete_after=machine + keep_for,
        )
    if question.why is Why.STANDING:
        look_ups.seen_standing(conn, account.id, wanted, now)
    elif batch.more:  # some were not answered, and it is not said which: what we have by then costs nothing to hear again
        look_ups.failed(conn, account.id, wanted)
    else:
        look_ups.asked(conn, account.id, wanted, now)
    leases.release(conn, _lease(account), holder)


def _put_off(
    conn: Connection,
    account: ChannelAccount,
    question: Question,
    wanted: Sequence[str],
    error: OutsideError,
    holder: str,
    *,
    until: datetime,
) -> None:
    """Let the channel rest: nobody holds its lease until then."""
    if question.why is not Why.STANDING and not isinstance(error, RateLimited | AuthFailed):
        look_ups.failed(conn, account.id, wanted)
    leases.release(conn, _lease(account), holder)
    leases.take(conn, _lease(account), RESTING, until, until)


def _rest(error: OutsideError, now: datetime) -> timedelta:
    if isinstance(error, RateLimited):
        return min(max(error.until - now, timedelta(0)), LONGEST_REST)
    return LONGEST_REST if isinstance(error, AuthFailed) else REST


def _lease(account: ChannelAccount) -> str:
    return f"look_up:{account.id}"

"""Send replies: never twice without a person's say, whatever dies in between.

    queued --in hand--> sending --send--> accepted
      ^                    |-- Rejected --> refused
      |                    |-- Unavailable, RateLimited: certainly not sent --> queued, later
      |                    |-- AuthFailed: not sent, the channel stops --> queued, until it works again
      |                    `-- Unconfirmed, or a death: somebody may have sent it --> the platform is asked
      |                              |-- it has it --> accepted          it cannot be asked --> unconfirmed
      `-- sent again <-- it has not, also some time later

How an attempt ended is noted in one transaction: the reply, its delivery, the case and who is told. A reply that stands as `sending`
when it is claimed is one whose sender died, or could not note the result. A list of a platform may lag behind what it has taken, so
it is asked again before its "no" is believed; and it finds words, so what it finds must not be another reply of ours.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, Rejected, Unavailable, Unconfirmed
from webcare.services import answer, channel_health, receipt
from webcare.services.post import retry_after
from webcare.store import messages, outbox, uploads
from webcare.store.outbox import LEASE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.domain.message import Kind
    from webcare.ports.clock import Clock
    from webcare.ports.connector import Receipt, Reply, Sender, Upload
    from webcare.services.channel_troubles import Change
    from webcare.services.post import Post
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.door import Store
    from webcare.store.outbox import Job, ReplyRow

log = structlog.get_logger()

SENDING = "sending"
TRIES = 12  # about two hours
SILENT = 2  # cases in a row that a channel takes no answer for: then it is the channel
SETTLES = timedelta(seconds=30)  # how long a platform's own list may lag behind what it has taken
LOOKS_AGAIN = timedelta(minutes=1)  # after a refusal of our credentials: only for a channel that does not stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A reply in hand, as it stood before, the kind of what it answers, and the files that go with it."""

    row: ReplyRow
    kind: Kind | None
    uploads: tuple[Upload, ...] = ()

    @property
    def to_send(self) -> Reply:
        return replace(self.row.to_send(self.kind), uploads=self.uploads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """An attempt that brought no receipt. `in_doubt` says that this one or one before it may have got through."""

    error: OutsideError
    in_doubt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A reply that was not sent now. `for_all` says that none of its channel would be."""

    until: datetime
    for_all: bool


async def in_order(store: Store, post: Post, lane: Sequence[Job], rules: Rules, clock: Clock) -> None:
    """Send the replies of one channel one after the other.

    One that fails holds up its own case only: it may be its reader whom the platform does not reach. After a limit, or where
    several fail in a row, all those behind wait as long as it does.
    """
    waits: dict[int | None, datetime] = {}
    until, failed = None, 0
    for job in lane:
        behind = until or waits.get(job.case)
        if behind is not None:
            await store.write(outbox.give_back, job, post.holder, retry_at=behind)
            continue
        wait = await _send(store, post, job, rules, clock)
        if wait is None:
            failed = 0
            continue
        waits[job.case] = wait.until
        failed += 1
        until = wait.until if wait.for_all or failed >= SILENT else None


async def _send(store: Store, post: Post, job: Job, rules: Rules, clock: Clock) -> Wait | None:
    """Send one reply; return until when it waits, if it does."""
    taken = await store.write(_take_in_hand, job, post.holder, machine=clock.machine(), now=clock.now())
    if taken is None:
        return None
    found = await _attempt(store, post, taken, job)
    if not isinstance(found, Miss):
        await store.write(_note_accepted, job, taken.row.id, post.holder, receipt=found, rules=rules, now=clock.now())
        return None
    error = found.error
    log.warning("delivery.not_sent", delivery=job.id, attempt=job.attempt, channel=taken.row.channel, error=type(error).__name__)
    if isinstance(error, AuthFailed):
        change = await store.write(_note_stopped, job, taken.row, post.holder, miss=found, machine=clock.machine())
        if change is not None:
            log.warning(change.event, channel=change.channel, reason=change.reason)
        return None
    retry_at = _retry_at(job, found, clock.machine())
    if retry_at is None:
        await store.write(_note_end, job, taken.row, post.holder, miss=found, now=clock.now())
        return None
    await store.write(_note_retry, job, taken.row, post.holder, miss=found, retry_at=retry_at)
    return Wait(until=retry_at, for_all=isinstance(error, RateLimited))


def _retry_at(job: Job, miss: Miss, machine: datetime) -> datetime | None:
    """Return when to try again after a failed attempt; None when it was the last one."""
    if isinstance(miss.error, RateLimited):
        return miss.error.until
    if not isinstance(miss.error, Unavailable) or job.attempt >= TRIES:
        return None
    wait = retry_after(job.attempt)
    return machine + (max(wait, SETTLES) if miss.in_doubt else wait)


# --- one attempt, outside of any transaction ---


async def _attempt(store: Store, post: Post, taken: Taken, job: Job) -> Receipt | Miss:
    """Send a reply, unless the platform holds it already from an attempt that nobody could note."""
    doubted, sender, within = taken.row.state == SENDING, post.senders.get(taken.row.channel), post.slowest
    if sender is None:
        return Miss(error=Unavailable(f"channel {taken.row.channel} is not configured here"), in_doubt=doubted)
    try:
        if doubted and (found := await _find(store, sender, taken, job, within)) is not None:
            return found
    except OutsideError as error:
        return Miss(error=error, in_doubt=True)
    try:
        return await _hand_over(sender, taken, job, within)
    except Unconfirmed as error:
        unsure = error
    except OutsideError as error:
        return Miss(error=error, in_doubt=doubted)
    try:
        found = await _find(store, sender, taken, job, within)
    except Unconfirmed:
        return Miss(error=unsure, in_doubt=True)
    except OutsideError as error:
        return Miss(error=error, in_doubt=True)
    return found or Miss(error=Unavailable(f"not seen on the platform yet: {unsure}"), in_doubt=True)


async def _hand_over(sender: Sender, taken: Taken, job: Job, within: timedelta) -> Receipt:
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await sender.send(taken.to_send)
    except OutsideError:
        raise
    except TimeoutError as slow:
        raise Unconfirmed("no answer in time") from slow
    except Exception as bug:  # the runner around a plugin; how far it came nobody knows
        raise Unconfirmed(_crashed(job, bug)) from bug


async def _find(store: Store, sender: Sender, taken: Taken, job: Job, within: timedelta) -> Receipt | None:
    """Ask the platform; it finds words, and of the same words another reply of ours may stand there."""
    found = await _found(sender, taken, job, within)
    if found is not None and await store.read(_is_anothers, taken.row, found.external_id):
        raise Unconfirmed("the same words stand there, of another reply of ours")
    return found


async def _found(sender: Sender, taken: Taken, job: Job, within: timedelta) -> Receipt | None:
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await sender.find(taken.to_send)
    except Rejected as error:
        raise Unconfirmed(f"it may have been sent, and the platform cannot be asked: {error}") from error
    except OutsideError:
        raise
    except TimeoutError as slow:
        raise Unavailable("no answer in time") from slow
    except Exception as bug:  # as above
        raise Unavailable(_crashed(job, bug)) from bug


def _crashed(job: Job, bug: Exception) -> str:
    log.error("delivery.crashed", delivery=job.id, attempt=job.attempt, exc_info=bug)
    return f"our own mistake: {type(bug).__name__}"


# --- units of work ---


def _is_anothers(conn: Connection, row: ReplyRow, external_id: str) -> bool:
    other = outbox.reply_accepted_as(conn, row.channel, external_id)
    return other is not None and other.id != row.id


def _take_in_hand(conn: Connection, job: Job, holder: str, *, machine: datetime, now: datetime) -> Taken | None:
    """Mark a reply as under way and return it as it stood before; None when it is not ours to send, or not now."""
    if job.reply is None or not outbox.renew(conn, job, holder, until=machine + LEASE):
        return None
    row = outbox.get_reply(conn, job.reply)
    if row.state not in (outbox.QUEUED, SENDING):
        outbox.finish(conn, job, holder, state=outbox.FAILED, now=now, result=f"the reply was {row.state} already")
        return None
    if channel_health.is_stopped(conn, row.channel):  # since this batch was claimed
        outbox.give_back(conn, job, holder)
        return None
    settled_at = job.lapses - LEASE + SETTLES if job.lapses is not None else machine
    if row.state == SENDING and machine < settled_at:
        outbox.give_back(conn, job, holder, retry_at=settled_at)
        return None
    if row.state == outbox.QUEUED and row.automatic and not receipt.is_wanted(conn, row, now):
        outbox.set_reply(conn, row.id, state="refused", reason=receipt.NOT_WANTED)
        outbox.finish(conn, job, holder, state=outbox.FAILED, now=now, result=receipt.NOT_WANTED)
        return None
    outbox.set_reply(conn, row.id, state=SENDING)
    answered = messages.find(conn, row.channel, row.reply_to) if row.reply_to is not None else None
    kind = answered.message.kind if answered is not None else None
    return Taken(row=row, kind=kind, uploads=uploads.to_send(conn, row.id))


def _note_accepted(
    conn: Connection, job: Job, number: int, holder: str, *, receipt: Receipt, rules: Rules, now: datetime
) -> None:
    answer.accepted(conn, number, receipt, rules, now)  # a fact, whoever holds the delivery by now
    outbox.finish(conn, job, holder, state=outbox.SENT, now=now)


def _note_retry(conn: Connection, job: Job, row: ReplyRow, holder: str, *, miss: Miss, retry_at: datetime) -> None:
    counts = not isinstance(miss.error, RateLimited)  # being told when to come back is no failure
    ours = outbox.try_later(conn, job, holder, retry_at=retry_at, result=str(miss.error), counts=counts)
    if ours and not miss.in_doubt:
        outbox.set_reply(conn, row.id, state=outbox.QUEUED)


def _note_stopped(conn: Connection, job: Job, row: ReplyRow, holder: str, *, miss: Miss, machine: datetime) -> Change | None:
    """Stop the channel and hold the reply: it goes on when the channel does, and this was no attempt."""
    change = channel_health.note_auth_failed(conn, row.channel, str(miss.error), machine)
    ours = outbox.try_later(conn, job, holder, retry_at=machine + LOOKS_AGAIN, result=str(miss.error), counts=False)
    if ours and not miss.in_doubt:
        outbox.set_reply(conn, row.id, state=outbox.QUEUED)
    return change


def _note_end(conn: Connection, job: Job, row: ReplyRow, holder: str, *, miss: Miss, now: datetime) -> None:
    error = miss.error
    if not outbox.finish(conn, job, holder, state=outbox.FAILED, now=now, result=str(error)):
        return
    tried = f"not sent after {job.attempt} attempts: {error}" if isinstance(error, Unavailable) else str(error)
    if isinstance(error, Unconfirmed) or (isinstance(error, Unavailable) and miss.in_doubt):
        answer.unconfirmed(conn, row.id, tried, now)
    else:
        answer.refused(conn, row.id, tried, now, error.code if isinstance(error, Rejected) else None)

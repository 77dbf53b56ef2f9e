"""Deliver: take from the outbox, send outside of any transaction, note how it went.

    queued --lease--> in hand --send--> sent
       ^                 |-- Unavailable, RateLimited --> queued again, later
       |                 |-- Rejected, AuthFailed, tried too often --> failed
       `-- lease ran out (its holder died): an alert is sent again with the same key, a reply only if the platform does not hold it

Alerts are sent at least once, replies at most once without a person's say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, Rejected, Unavailable, Unconfirmed
from webcare.ports.notifier import Alert
from webcare.services import answer
from webcare.store import outbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.ports.clock import Clock
    from webcare.ports.connector import Receipt, Sender
    from webcare.ports.notifier import Notifier
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.door import Store
    from webcare.store.outbox import Job, ReplyRow

log = structlog.get_logger()

BATCH = 50
LEASE = timedelta(minutes=2)  # longer than the slowest send
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(minutes=15)
SENDING = "sending"
TRIES = 12  # about two hours; then the next contact method has its turn


def retry_after(attempt: int) -> timedelta:
    """Return how long to wait after that many attempts: doubling, up to a quarter of an hour."""
    doubled: timedelta = FIRST_RETRY * (1 << min(attempt - 1, 20))
    return min(doubled, LONGEST_RETRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Who carries what: a notifier for people, a sender for each channel account."""

    notifier: Notifier
    senders: Mapping[str, Sender]
    holder: str


async def deliver(store: Store, post: Post, rules: Rules, clock: Clock, *, peek: bool = True) -> int:
    """Send one batch of what is due and return how much it held. `peek` looks first whether there is any."""
    machine = clock.machine()
    if peek and not await store.read(outbox.any_due, now=clock.now(), machine=machine, holder=post.holder):
        return 0
    jobs = await store.write(outbox.claim, post.holder, now=clock.now(), machine=machine, until=machine + LEASE, limit=BATCH)
    for job in jobs:
        if job.reply is not None:
            await _send_reply(store, post, job, job.reply, rules, clock)
        elif await store.write(outbox.renew, job, post.holder, until=clock.machine() + LEASE):
            await _send_alert(store, post, job, clock)
    return len(jobs)


async def _send_alert(store: Store, post: Post, job: Job, clock: Clock) -> None:
    alert = Alert(key=job.key, person=job.person or "", method=job.method, content=dict(job.content), decided_at=job.created_at)
    error: OutsideError
    try:
        await post.notifier.send(alert)
    except OutsideError as known:
        error = known
    except Exception as bug:  # noqa: BLE001 - the runner around a plugin: its bug must not keep other people's alerts
        error = _crashed(job, bug)
    else:
        await store.write(outbox.finish, job, post.holder, state=outbox.SENT, now=clock.now())
        return
    retry_at = _retry_at(job, error, clock.machine())
    if retry_at is not None:
        await store.write(outbox.try_later, job, post.holder, retry_at=retry_at, result=str(error), counts=_counts(error))
    else:
        await store.write(outbox.finish, job, post.holder, state=outbox.FAILED, now=clock.now(), result=str(error))


def _crashed(job: Job, bug: Exception) -> Unavailable:
    log.error("delivery.crashed", delivery=job.id, attempt=job.attempt, exc_info=bug)
    return Unavailable(f"our own mistake: {type(bug).__name__}")


def _counts(error: OutsideError) -> bool:
    """Tell whether an attempt counts: being told when to come back is no failure."""
    return not isinstance(error, RateLimited)


def _retry_at(job: Job, error: OutsideError, machine: datetime) -> datetime | None:
    """Return when to try again after a failed attempt; None when it was the last one."""
    log.warning("delivery.not_sent", delivery=job.id, attempt=job.attempt, error=type(error).__name__)
    if isinstance(error, RateLimited):
        return error.until
    if isinstance(error, Unavailable) and job.attempt < TRIES:
        return machine + retry_after(job.attempt)
    return None


# --- replies: how each attempt ended is one transaction, so that no death in between sends a reply twice ---


async def _send_reply(store: Store, post: Post, job: Job, number: int, rules: Rules, clock: Clock) -> None:
    row = await store.write(_take_in_hand, job, number, post.holder, until=clock.machine() + LEASE, now=clock.now())
    if row is None:
        return
    error: OutsideError
    try:
        receipt = await _receipt(post, job, row)
    except OutsideError as known:
        error = known
    else:
        await store.write(_note_accepted, job, row.id, post.holder, receipt=receipt, rules=rules, now=clock.now())
        return
    retry_at = _retry_at(job, error, clock.machine())
    if retry_at is None:
        await store.write(_note_end, job, row, post.holder, error, clock.now())
    else:
        await store.write(_note_retry, job, row, post.holder, error, retry_at)


async def _receipt(post: Post, job: Job, row: ReplyRow) -> Receipt:
    """Send a reply, unless somebody died with it in hand and the platform holds it."""
    sender = post.senders.get(row.channel)
    if sender is None:
        raise Unavailable(f"channel {row.channel} is not configured here")
    if row.state == SENDING:
        try:
            found = await sender.find(row.to_send())
        except (Rejected, AuthFailed) as error:
            raise Unconfirmed(f"it may have been sent, and the platform cannot be asked: {error}") from error
        except OutsideError:
            raise
        except Exception as bug:
            raise _crashed(job, bug) from bug
        if found is not None:
            return found
    try:
        return await sender.send(row.to_send())
    except OutsideError:
        raise
    except Exception as bug:  # the runner around a plugin; how far it came nobody knows
        raise Unconfirmed(str(_crashed(job, bug))) from bug


def _take_in_hand(conn: Connection, job: Job, number: int, holder: str, *, until: datetime, now: datetime) -> ReplyRow | None:
    """Mark a reply as under way and return it as it stood before; None when it is not ours to send."""
    if not outbox.renew(conn, job, holder, until=until):
        return None
    row = outbox.get_reply(conn, number)
    if row.state not in (outbox.QUEUED, SENDING):
        outbox.finish(conn, job, holder, state=outbox.FAILED, now=now, result=f"the reply was {row.state} already")
        return None
    outbox.set_reply(conn, number, state=SENDING)
    return row


def _note_accepted(
    conn: Connection, job: Job, number: int, holder: str, *, receipt: Receipt, rules: Rules, now: datetime
) -> None:
    answer.accepted(conn, number, receipt, rules, now)  # a fact, whoever holds the delivery by now
    outbox.finish(conn, job, holder, state=outbox.SENT, now=now)


def _note_retry(conn: Connection, job: Job, row: ReplyRow, holder: str, error: OutsideError, retry_at: datetime) -> None:
    ours = outbox.try_later(conn, job, holder, retry_at=retry_at, result=str(error), counts=_counts(error))
    if ours and row.state != SENDING:  # else the attempt before this one may have got through: ask again
        outbox.set_reply(conn, row.id, state=outbox.QUEUED)


def _note_end(conn: Connection, job: Job, row: ReplyRow, holder: str, error: OutsideError, now: datetime) -> None:
    if not outbox.finish(conn, job, holder, state=outbox.FAILED, now=now, result=str(error)):
        return
    tried = f"not sent after {job.attempt} attempts: {error}" if isinstance(error, Unavailable) else str(error)
    if isinstance(error, Unconfirmed) or (isinstance(error, Unavailable) and row.state == SENDING):
        answer.unconfirmed(conn, row.id, tried)
    else:
        answer.refused(conn, row.id, tried)

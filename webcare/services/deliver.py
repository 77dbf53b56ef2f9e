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
    from webcare.ports.connector import Sender
    from webcare.ports.notifier import Notifier
    from webcare.services.settle import Rules
    from webcare.store.door import Store
    from webcare.store.outbox import Job

log = structlog.get_logger()

BATCH = 50
LEASE = timedelta(minutes=2)  # longer than the slowest send
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(minutes=15)
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


async def deliver(store: Store, post: Post, rules: Rules, clock: Clock) -> int:
    """Send one batch of what is due and return how much it held."""
    machine = clock.machine()
    if not await store.read(outbox.any_due, now=clock.now(), machine=machine, holder=post.holder):
        return 0
    jobs = await store.write(outbox.claim, post.holder, now=clock.now(), machine=machine, until=machine + LEASE, limit=BATCH)
    for job in jobs:
        if job.kind == "reply":
            await _send_reply(store, post, job, rules, clock)
        else:
            await _send_alert(store, post, job, clock)
    return len(jobs)


async def _send_alert(store: Store, post: Post, job: Job, clock: Clock) -> None:
    alert = Alert(key=job.key, person=job.person or "", method=job.method, content=dict(job.content), decided_at=job.created_at)
    try:
        await post.notifier.send(alert)
    except OutsideError as error:
        await _not_sent(store, post, job, error, clock)
    else:
        await store.write(outbox.finish, job, post.holder, state=outbox.SENT, now=clock.now())


async def _not_sent(store: Store, post: Post, job: Job, error: OutsideError, clock: Clock) -> bool:
    """Note a failed attempt; True when it was the last one."""
    log.warning("delivery.not_sent", delivery=job.id, attempt=job.attempt, error=type(error).__name__)
    retry_at: datetime | None = None
    if isinstance(error, RateLimited):
        retry_at = error.until
    elif isinstance(error, Unavailable) and job.attempt < TRIES:
        retry_at = clock.machine() + retry_after(job.attempt)
    if retry_at is not None:
        await store.write(outbox.try_later, job, post.holder, retry_at=retry_at, result=str(error))
        return False
    await store.write(outbox.finish, job, post.holder, state=outbox.FAILED, now=clock.now(), result=str(error))
    return True


async def _send_reply(store: Store, post: Post, job: Job, rules: Rules, clock: Clock) -> None:
    if job.reply is None:
        raise AssertionError(f"delivery {job.id} is a reply without a text")
    row = await store.read(outbox.get_reply, job.reply)
    sender = post.senders.get(row.channel)
    if sender is None:
        await _not_sent(store, post, job, Unavailable(f"channel {row.channel} is not configured here"), clock)
        return
    try:
        receipt = None
        if row.state == "sending":  # somebody died with it in hand: it may have left
            receipt = await sender.find(row.to_send())
        if receipt is None:
            await store.write(outbox.set_reply, row.id, state="sending")
            receipt = await sender.send(row.to_send())
    except Unconfirmed as error:
        await store.write(answer.unconfirmed, row.id, str(error))
        await store.write(outbox.finish, job, post.holder, state=outbox.FAILED, now=clock.now(), result=str(error))
    except (Rejected, AuthFailed) as error:
        await store.write(answer.refused, row.id, str(error))
        await _not_sent(store, post, job, error, clock)
    except (Unavailable, RateLimited) as error:
        if row.state != "sending":
            await store.write(outbox.set_reply, row.id, state="queued")
        if await _not_sent(store, post, job, error, clock):
            await store.write(answer.refused, row.id, f"not sent after {job.attempt} attempts: {error}")
    else:
        await store.write(answer.accepted, row.id, receipt, rules, clock.now())
        await store.write(outbox.finish, job, post.holder, state=outbox.SENT, now=clock.now())

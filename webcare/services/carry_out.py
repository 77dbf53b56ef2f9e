"""Carry out: do on the platform what people pressed on messages, outside of any transaction, and note how it went.

    queued --lease--> in hand --act--> done
       ^                 |-- Unavailable, RateLimited, no answer --> queued again, later: doing it twice is doing it once
       |                 |-- AuthFailed --> the channel stops; it waits until that works again
       |                 `-- Rejected, tried too often, the message is gone --> refused, and its presser hears of it
       `-- lease ran out: its holder died

Several channels are at work at a time, one message of a channel after the other.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from webcare.ports.connector import Act, Deed
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, RefusalCode, Rejected, Unavailable, Unconfirmed
from webcare.services import channel_health
from webcare.services.post import retry_after
from webcare.services.tell import tell_person
from webcare.store import acts, messages
from webcare.store.acts import LEASE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.ports.clock import Clock
    from webcare.services.channel_troubles import Change
    from webcare.services.post import Post
    from webcare.store import Connection
    from webcare.store.acts import ActRow
    from webcare.store.door import Store

log = structlog.get_logger()

BATCH = 50
AT_ONCE = 10
TRIES = 12  # about two hours
LOOKS_AGAIN = channel_health.TROUBLE_AFTER / 10  # after a refusal of our credentials: only for a channel that does not stop
NOT_HIDDEN, NOT_DONE = "not_hidden", "not_done"  # what a letter calls it


async def carry_out(store: Store, post: Post, clock: Clock) -> int:
    """Do one batch of what is due and return how much it held. Never run twice at once for the same holder."""
    if not await store.read(acts.any_due, machine=clock.machine(), holder=post.holder):
        return 0
    machine = clock.machine()
    jobs = await store.write(acts.claim, post.holder, machine=machine, until=machine + LEASE, limit=BATCH)
    lanes: dict[str, list[ActRow]] = {}
    for job in jobs:
        lanes.setdefault(job.channel, []).append(job)
    room = asyncio.Semaphore(AT_ONCE)

    async def walk(lane: Sequence[ActRow]) -> None:
        async with room:
            await _in_order(store, post, lane, clock)

    ended = await asyncio.gather(*(walk(lane) for lane in lanes.values()), return_exceptions=True)
    for error in ended:
        if error is not None:
            raise error
    return len(jobs)


async def _in_order(store: Store, post: Post, lane: Sequence[ActRow], clock: Clock) -> None:
    """Do the acts of one channel; when it cannot be reached, those behind are given back untried."""
    for nth, job in enumerate(lane):
        error = await _do(store, post, job, clock)
        if isinstance(error, RateLimited | Unavailable | AuthFailed):
            retry_at = error.until if isinstance(error, RateLimited) else None
            for waiting in lane[nth + 1 :]:
                await store.write(_note_retry, waiting, post.holder, retry_at=retry_at, counts=False)
            return


async def _do(store: Store, post: Post, job: ActRow, clock: Clock) -> OutsideError | None:
    """Do one act and return what went wrong."""
    act = await store.write(_take_in_hand, job, post.holder, machine=clock.machine(), now=clock.now())
    if act is None:
        return None
    error = await _attempt(post, act, job)
    if error is None:
        await store.write(_note_done, job, post.holder, now=clock.now())
        return None
    log.warning("act.not_done", act=job.id, attempt=job.attempt, channel=job.channel, error=type(error).__name__)
    if isinstance(error, AuthFailed):
        change = await store.write(_note_stopped, job, post.holder, str(error), machine=clock.machine())
        if change is not None:
            log.warning(change.event, channel=change.channel, reason=change.reason)
        return error
    retry_at = _retry_at(job, error, clock.machine())
    if retry_at is None:
        await store.write(_note_refused, job, post.holder, _why(error), now=clock.now())
    else:
        counts = not isinstance(error, RateLimited)  # being told when to come back is no failure
        await store.write(_note_retry, job, post.holder, retry_at=retry_at, counts=counts)
    return error


async def _attempt(post: Post, act: Act, job: ActRow) -> OutsideError | None:
    doer = post.doers.get(act.channel)
    if doer is None:
        return Unavailable(f"channel {act.channel} is not configured here")
    try:
        async with asyncio.timeout(post.slowest.total_seconds()):
            await doer.act(act)
    except OutsideError as known:
        return known
    except TimeoutError:
        return Unavailable("no answer in time")
    except Exception as bug:  # the runner around a plugin: its bug must not keep what others pressed
        log.exception("act.crashed", act=job.id, attempt=job.attempt)
        return Unavailable(f"our own mistake: {type(bug).__name__}")
    return None


def _retry_at(job: ActRow, error: OutsideError, machine: datetime) -> datetime | None:
    """Return when to try again after a failed attempt; None when it was the last one."""
    if isinstance(error, RateLimited):
        return error.until
    may_come_back = isinstance(error, Unavailable | Unconfirmed) and job.attempt < TRIES
    return machine + retry_after(job.attempt) if may_come_back else None


def _why(error: OutsideError) -> str:
    if isinstance(error, Rejected) and error.code is RefusalCode.GONE:
        return acts.GONE
    return acts.TIRED if isinstance(error, Unavailable | Unconfirmed) else str(error)


# --- units of work ---


def _take_in_hand(conn: Connection, job: ActRow, holder: str, *, machine: datetime, now: datetime) -> Act | None:
    """Return what is to be done; None when that is not ours to do, or not now. The message is named as it is called by now."""
    if not acts.renew(conn, job, holder, until=machine + LEASE):
        acts.try_later(conn, job, holder, retry_at=None, counts=False)  # it was replaced before we began
        acts.free_next(conn, job)
        return None
    if channel_health.is_stopped(conn, job.channel):  # since this batch was claimed
        acts.try_later(conn, job, holder, retry_at=None, counts=False)
        return None
    target = messages.get(conn, job.message)
    if target.is_deleted:
        acts.note_end(conn, job, holder, state=acts.REFUSED, now=now, reason=acts.GONE)
        return None
    said = target.message
    return Act(
        key=job.key,
        channel=job.channel,
        deed=Deed(job.deed),
        target_id=said.external_id,
        conversation_id=said.conversation_id,
        kind=said.kind,
    )


def _note_done(conn: Connection, job: ActRow, holder: str, *, now: datetime) -> None:
    acts.note_end(conn, job, holder, state=acts.DONE, now=now)
    acts.free_next(conn, job)


def _note_retry(conn: Connection, job: ActRow, holder: str, *, retry_at: datetime | None, counts: bool) -> None:
    acts.try_later(conn, job, holder, retry_at=retry_at, counts=counts)
    acts.free_next(conn, job)


def _note_stopped(conn: Connection, job: ActRow, holder: str, reason: str, *, machine: datetime) -> Change | None:
    """Stop the channel and hold the act: it goes on when the channel does, and this was no attempt."""
    change = channel_health.note_auth_failed(conn, job.channel, reason, machine)
    _note_retry(conn, job, holder, retry_at=machine + LOOKS_AGAIN, counts=False)
    return change


def _note_refused(conn: Connection, job: ActRow, holder: str, reason: str, *, now: datetime) -> None:
    """Note that it will not be done, and tell who pressed it, unless the opposite was pressed since."""
    is_wanted = acts.is_queued(conn, job.id)
    is_ours = acts.note_end(conn, job, holder, state=acts.REFUSED, now=now, reason=reason)
    acts.free_next(conn, job)
    if is_ours and is_wanted:
        what = NOT_HIDDEN if job.deed == Deed.HIDE.value else NOT_DONE
        said = None if reason in acts.OWN_REASONS else reason
        content = {"reply": {"what": what, "case": job.case, "channel": job.channel, "reason": said}}
        tell_person(conn, job.by, content, brand=job.brand, key=f"{job.key}:refused", now=now)

"""Deliver: take from the outbox, send outside of any transaction, note how it went.

    queued --lease--> in hand --send--> sent
       ^                 |-- nobody waits any more --> over, and nobody is told
       |                 |-- Unavailable, RateLimited --> queued again, later
       |                 |-- Rejected, tried too often --> failed; an alert goes to its person's next contact method
       |                 |-- AuthFailed --> an alert as above; a reply waits, and its channel stops
       `-- lease ran out (its holder died): an alert is sent again with the same key, a reply only if the platform does not hold it

Alerts are sent at least once, replies at most once without a person's say. Several are under way at a time, so that one dead receiver
does not hold up the others; the replies of one channel go one after the other, those of a case in the order in which they were written.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, Unavailable
from webcare.ports.notifier import Alert
from webcare.services import contact, remind, saying, send_reply
from webcare.services.contact import LAST_RESORT
from webcare.services.post import retry_after
from webcare.store import attempts, outbox, restore
from webcare.store.attempts import Tried
from webcare.store.outbox import LEASE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.ports.clock import Clock
    from webcare.services.post import Post
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.door import Store
    from webcare.store.outbox import Job
    from webcare.store.restore import Generation

log = structlog.get_logger()

BATCH = 50
AT_ONCE = 10
ALERT_TRIES = 4  # by one contact method, within a minute; then the next one has its turn
LETTER_TRIES = 40  # by one address, some eight hours: a mail server that is down in the morning is up at noon
LAST_TRIES = 100  # of the last resort: about a day
PATIENCE = timedelta(minutes=2)  # a receiver that wants an alert to wait for longer is passed over
GONE = "the person has no such contact method any more"
NEXT_METHOD = {outbox.ALERT: "alert.next_method", outbox.LETTER: "letter.next_method"}
REACHED_NOBODY = {outbox.ALERT: "alert.reached_nobody", outbox.LETTER: "letter.reached_nobody"}


async def deliver(
    store: Store, post: Post, rules: Rules, clock: Clock, *, peek: bool = True, kinds: tuple[str, ...] = outbox.KINDS
) -> int:
    """Send one batch of what is due and return how much it held.

    `peek` looks first whether there is any. With alerts, letters and replies as `kinds` of rows of their own, nothing that is slow keeps
    an alert waiting. Never run twice at once for the same kind and holder.
    """
    machine, now = clock.machine(), clock.now()
    if peek and not await store.read(outbox.any_due, now=now, machine=machine, holder=post.holder, kinds=kinds):
        return 0
    jobs = await _claim(store, post, clock, kinds)
    lanes: dict[str, list[Job]] = {}
    for job in jobs:
        lanes.setdefault(job.channel or str(job.id), []).append(job)
    room = asyncio.Semaphore(AT_ONCE)

    async def walk(lane: Sequence[Job]) -> None:
        async with room:
            if lane[0].reply is None:
                await _send_alert(store, post, lane[0], rules, clock)
            else:
                await send_reply.in_order(store, post, lane, rules, clock)

    ended = await asyncio.gather(*(walk(lane) for lane in lanes.values()), return_exceptions=True)
    for error in ended:
        if error is not None:
            raise error
    return len(jobs)


async def _claim(store: Store, post: Post, clock: Clock, kinds: tuple[str, ...]) -> list[Job]:
    """Take what is due. Before anything of it leaves, the file outside knows how far this database has come."""
    memory, machine = post.memory, clock.machine()
    outside = None if memory is None else await asyncio.to_thread(restore.remembered, memory)
    jobs, generation = await store.write(_claim_of, post, outside, kinds, now=clock.now(), machine=machine)
    if memory is not None and generation is not None:
        await asyncio.to_thread(restore.remember, memory, generation.value)
        if generation.restored:
            log.error("database.restored", held=generation.held, then="look at what is held, and run: webcare resume")
    return jobs


def _claim_of(
    conn: Connection, post: Post, outside: int | None, kinds: tuple[str, ...], *, now: datetime, machine: datetime
) -> tuple[list[Job], Generation | None]:
    generation = None if post.memory is None else restore.start_generation(conn, outside, machine)
    until = machine + LEASE
    return outbox.claim(conn, post.holder, now=now, machine=machine, until=until, limit=BATCH, kinds=kinds), generation


async def _send_alert(store: Store, post: Post, job: Job, rules: Rules, clock: Clock) -> None:
    taken = await store.write(_take_in_hand, job, post.holder, until=clock.machine() + LEASE, now=clock.now())
    if taken is None:
        return
    at, machine_at = clock.now(), clock.machine()
    error = await _attempt(post, taken)
    told = None if error is None else str(error) or type(error).__name__
    tried = Tried(at=at, machine_at=machine_at, took=clock.machine() - machine_at, error=told)
    if error is None:
        await store.write(_sent, taken, post.holder, tried, rules, now=clock.now())
        return
    log.warning("delivery.not_sent", delivery=job.id, attempt=job.attempt, error=type(error).__name__)
    retry_at = _retry_at(taken, error, clock.machine())
    if retry_at is not None:
        counts = not (isinstance(error, RateLimited) and job.method == LAST_RESORT)
        await store.write(_try_later, taken, post.holder, tried, retry_at=retry_at, counts=counts)
        return
    is_ours, following = await store.write(_give_up, taken, post.holder, tried, now=clock.now())
    if following is not None:
        log.warning(NEXT_METHOD[job.kind], delivery=job.id, person=job.person, method=following)
    elif is_ours:
        log.error(REACHED_NOBODY[job.kind], delivery=job.id, person=job.person)


async def _attempt(post: Post, job: Job) -> OutsideError | None:
    """Send an alert once and return what went wrong."""
    alert = Alert(key=job.key, person=job.person or "", method=job.method, content=dict(job.content), decided_at=job.created_at)
    try:
        async with asyncio.timeout(post.slowest.total_seconds()):
            await post.notifier.send(alert)
    except OutsideError as known:
        return known
    except TimeoutError:
        return Unavailable("no answer in time")
    except Exception as bug:  # the runner around a plugin: its bug must not keep other people's alerts
        log.exception("delivery.crashed", delivery=job.id, attempt=job.attempt)
        return Unavailable(f"our own mistake: {type(bug).__name__}")
    return None


def _retry_at(job: Job, error: OutsideError, machine: datetime) -> datetime | None:
    """Return when to try this method again; None when it has had its turn."""
    is_patient = job.method == LAST_RESORT or job.kind == outbox.LETTER
    tries = LETTER_TRIES if job.kind == outbox.LETTER else LAST_TRIES if is_patient else ALERT_TRIES
    has_tries = job.attempt < tries
    if isinstance(error, RateLimited):
        return (
            error.until
            if job.method == LAST_RESORT or (has_tries and (is_patient or error.until <= machine + PATIENCE))
            else None
        )
    may_come_back = isinstance(error, Unavailable) or (is_patient and isinstance(error, AuthFailed))
    return machine + retry_after(job.attempt) if may_come_back and has_tries else None


def _take_in_hand(conn: Connection, job: Job, holder: str, *, until: datetime, now: datetime) -> Job | None:
    """Hold an alert for longer, just before it is sent, and say what it tells now.

    None when it is not ours to send, when its method is gone, or when there is nothing left to tell.
    """
    if not outbox.renew(conn, job, holder, until=until):
        return None
    if not contact.exists(conn, job):
        _end(conn, job, holder, GONE, now=now)
        return None
    if not saying.is_told_late(conn, job):
        return job
    content = saying.take(conn, job.id, reader=job.person or "", now=now)
    if not content:
        outbox.finish(conn, job, holder, state=outbox.OVER, now=now)
        return None
    outbox.fill(conn, job, content)
    return replace(job, content=content)


def _sent(conn: Connection, job: Job, holder: str, tried: Tried, rules: Rules, *, now: datetime) -> None:
    """Note that somebody was told. That it arrived is kept also when somebody else has it in hand by now."""
    attempts.note(conn, job.id, nth=job.attempt, method=job.method, tried=tried)
    if outbox.finish(conn, job, holder, state=outbox.SENT, now=now) and job.kind == outbox.ALERT:
        remind.after_sending(conn, job.id, rules.alerts, now)


def _try_later(conn: Connection, job: Job, holder: str, tried: Tried, *, retry_at: datetime, counts: bool) -> None:
    attempts.note(conn, job.id, nth=job.attempt, method=job.method, tried=tried)
    outbox.try_later(conn, job, holder, retry_at=retry_at, result=tried.error or "", counts=counts)


def _give_up(conn: Connection, job: Job, holder: str, tried: Tried, *, now: datetime) -> tuple[bool, str | None]:
    """Note that a method failed and give the next one its turn; return whether that was ours to say, and which it is."""
    attempts.note(conn, job.id, nth=job.attempt, method=job.method, tried=tried)
    is_ours, following = _end(conn, job, holder, tried.error or "", now=now)
    if following is not None and job.kind == outbox.ALERT:
        contact.tell_of_dead(conn, job, following, tried.error or "", now)
    return is_ours, following


def _end(conn: Connection, job: Job, holder: str, result: str, *, now: datetime) -> tuple[bool, str | None]:
    is_ours = outbox.finish(conn, job, holder, state=outbox.FAILED, now=now, result=result)
    return is_ours, contact.pass_on(conn, job, now) if is_ours else None

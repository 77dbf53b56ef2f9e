"""Media: what customers send along is fetched as soon as it is heard, because its addresses die within minutes, and kept as it is safe.

    kept with its message --lease--> fetched, outside of any transaction --its type from its bytes--> picture: made anew, small and large
        ^                                |                                     |                      PDF, sound, film: as it is
        |                                |-- Rejected --> gone                 `-- anything else, too large, broken --> refused
        `-- RateLimited, Unavailable ----'                                           after a week: gone

It is on the list in the transaction that keeps its message, so a daemon that dies misses none.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from webcare.domain.file_types import PICTURES, file_type
from webcare.domain.message import Direction
from webcare.ports.connector import Capability
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, Rejected
from webcare.services.asking import Stumbled, ask
from webcare.services.pictures import Broken, made_anew
from webcare.store import media, messages
from webcare.store.media import Blob, Fares, Kept, MediaState, Wanted, Why

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from webcare.domain.message import Attachment, Message
    from webcare.ports.channel import ChannelAccount
    from webcare.ports.clock import Clock
    from webcare.ports.connector import Fetcher
    from webcare.store import Connection
    from webcare.store.door import Store

__all__ = ["BATCH", "Blob", "Fares", "MediaState", "Why", "blob", "fares", "fetch", "want"]

log = structlog.get_logger()

BATCH: Final = 6  # at a time: each may be as large as the largest that is kept
WITHIN: Final = timedelta(seconds=50)
LEASE: Final = timedelta(minutes=2)  # longer than the slowest, with the making of its picture
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(hours=1)
GIVE_UP: Final = timedelta(days=7)
LONGEST_REASON: Final = 300
NO_FILES: Final = frozenset(  # an address of another kind, or no address at all
    {"link", "share", "fallback", "location", "contact", "poll", "order", "product", "template", "unsupported"}
)
Outcome = Kept | tuple[MediaState, Why, str | None]


# --- wanted ---


def want(conn: Connection, account: ChannelAccount, said: Message, now: datetime) -> None:
    """Put on the list what came with a message that was kept just now, or is another after an edit."""
    if Capability.FETCH not in account.spec.capabilities or said.direction is not Direction.INBOUND:
        return
    stored = messages.find(conn, said.channel, said.external_id)  # what it shows may be another version than this
    if stored is not None:
        files = [(nth, one) for nth, one in enumerate(stored.message.attachments) if _is_file(one)]
        media.want(conn, stored.id, files, now)


def _is_file(one: Attachment) -> bool:
    return one.type not in NO_FILES and (one.id is not None or one.url is not None)


# --- fetched ---


async def fetch(store: Store, fetchers: Mapping[str, Fetcher], clock: Clock, holder: str, *, most: int) -> int:
    """Fetch one batch and return how many it held. `fetchers` are by channel; nothing larger than `most` bytes is kept."""
    machine, too_old = clock.machine(), clock.now() - GIVE_UP
    if not await store.read(media.any_due, fetchers.keys(), machine=machine, too_old=too_old):
        return 0
    claim = {"machine": machine, "until": machine + LEASE, "too_old": too_old}
    batch = await store.write(media.claim, holder, fetchers.keys(), limit=BATCH, **claim)
    making = asyncio.Lock()  # one picture at a time: unpacked it may be a hundred times as large
    ended = await asyncio.gather(
        *(_fetch_one(store, fetchers.get(one.channel), one, clock, holder, most=most, making=making) for one in batch),
        return_exceptions=True,
    )
    for error in ended:
        if error is not None:
            raise error
    return len(batch)


async def _fetch_one(
    store: Store, fetcher: Fetcher | None, one: Wanted, clock: Clock, holder: str, *, most: int, making: asyncio.Lock
) -> None:
    try:
        outcome = await _outcome(fetcher, one, most=most, making=making)
    except OutsideError as error:
        where = {"where": error.where} if isinstance(error, Stumbled) else {}
        log.warning(
            "media.not_fetched", media=one.id, channel=one.channel, attempt=one.attempt, error=type(error).__name__, **where
        )
        if clock.now() - one.wanted_at < GIVE_UP:
            retry_at = clock.machine() + _wait(error, one.attempt, clock.now())
            await store.write(media.try_later, one.id, holder, retry_at=retry_at)
            return
        outcome = (MediaState.GONE, Why.LATE, None)
    if isinstance(outcome, Kept):
        await store.write(media.keep, one.id, holder, outcome, now=clock.now())
        return
    state, why, reason = outcome
    log.info("media.not_kept", media=one.id, channel=one.channel, state=state.value, why=why.value)
    await store.write(media.give_up, one.id, holder, state, why, reason=reason, now=clock.now())


async def _outcome(fetcher: Fetcher | None, one: Wanted, *, most: int, making: asyncio.Lock) -> Outcome:
    """Ask once.

    Raises:
        OutsideError: later may be better.
    """
    if fetcher is None:  # nobody of ours may ask that channel, for a week
        return MediaState.GONE, Why.LATE, None
    if one.attachment is None:
        return MediaState.GONE, Why.PLATFORM, None
    try:
        found = await ask(fetcher.fetch(one.attachment, most=most), within=WITHIN)
    except Rejected as no:
        return MediaState.GONE, Why.PLATFORM, str(no)[:LONGEST_REASON] or None
    if len(found.content) > most:
        return MediaState.REFUSED, Why.SIZE, None
    mime = file_type(found.content)
    if mime is None:
        return MediaState.REFUSED, Why.KIND, None
    if mime not in PICTURES:
        return Kept(mime=mime, content=found.content)
    try:
        async with making:
            made = await asyncio.to_thread(made_anew, found.content)
    except Broken:
        return MediaState.REFUSED, Why.BROKEN, None
    return Kept(mime=made.mime, content=made.content, small=made.small, width=made.width, height=made.height)


def _wait(error: OutsideError, attempt: int, now: datetime) -> timedelta:
    """Return how long to wait: as the platform says, else doubling up to an hour; with dead keys that hour at once."""
    if isinstance(error, RateLimited):
        return min(max(error.until - now, FIRST_RETRY), GIVE_UP)
    if isinstance(error, AuthFailed):
        return LONGEST_RETRY
    doubled: timedelta = FIRST_RETRY * (1 << min(attempt - 1, 20))
    return min(doubled, LONGEST_RETRY)


# --- shown ---


def fares(conn: Connection, shown: Collection[int]) -> dict[tuple[int, int], Fares]:
    """Return how what came with these messages fares, by message and place."""
    return {(one.message, one.nth): one for one in media.of_messages(conn, shown)} if shown else {}


def blob(conn: Connection, case: int, number: int, *, small: bool) -> Blob | None:
    """Return something that came in a case, or in its conversation; None when there is no such thing."""
    return media.blob(conn, case, number, small=small)

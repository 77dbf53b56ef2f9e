"""Collect: bodies that were kept as they came are read, and what was heard in them is applied.

    read a batch of bodies -> parse, split, read: off the event loop, outside of any transaction
        -> for each body one transaction: take it (two daemons may have read it), apply all that was heard, note how it ended

A body or element that nobody can read is kept and shown, and harms only itself; so does one that we stumble over when it is applied. A
body with such an element waits as `unreadable` for a repaired reader; the rest of it was applied, and is applied again without effect.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import structlog

from webcare.ports.connector import Sort
from webcare.services.hearing import WHOLE, parts
from webcare.services.learn import Learned, When, learn
from webcare.services.looked_up import asked_for
from webcare.services.news import OfNoInterest, concerns_us, news_of
from webcare.store import raw_bodies, unreadable
from webcare.store.errors import StoreError
from webcare.store.raw_bodies import BodyState
from webcare.store.unreadable import Unread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from webcare.ports.channel import ChannelAccount
    from webcare.ports.clock import Clock
    from webcare.ports.connector import Heard, Spec
    from webcare.services.hearing import Part
    from webcare.services.news import News
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.door import Store
    from webcare.store.raw_bodies import RawBody

log = structlog.get_logger()

BATCH = 100
UNKNOWN_ACCOUNT = "unknown account"
TOLD = {Sort.ACCOUNT: "collect.account", Sort.IDENTITY: "collect.identity"}  # people may have to act
TOLD_OF_ONE = 20  # lines of one body in the log
SAID_OF_IT = 3  # reasons in one
FRAMES = 8  # the last of a traceback


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Who can read: the accounts by channel id, and which connector an address of ours belongs to."""

    accounts: Mapping[str, ChannelAccount]
    hooks: Mapping[str, Spec]

    def of(self, body: RawBody) -> tuple[Spec, str | None] | None:
        """Return the connector that reads a body, and our account where only one can be meant; None when it is not configured."""
        if body.channel is not None:
            polled = self.accounts.get(body.channel)
            return None if polled is None else (polled.spec, polled.account)
        spec = self.hooks.get(body.hook or "")
        if spec is None:
            return None
        only = self._only(spec.kind, body)
        return spec, None if only is None else only.account

    def account(self, heard: Heard, body: RawBody) -> ChannelAccount | None:
        """Return the account that something heard is about."""
        if heard.account is not None:
            return self.accounts.get(f"{heard.channel_kind}:{heard.account}")
        if body.channel is not None:
            return self.accounts.get(body.channel)
        return self._only(heard.channel_kind, body)

    def _only(self, kind: str, body: RawBody) -> ChannelAccount | None:
        of_kind = [a for a in self.accounts.values() if a.kind == kind and body.app in (None, a.app)]
        return of_kind[0] if len(of_kind) == 1 else None


@dataclass(slots=True, kw_only=True)
class Reading:
    """What a body says. `news` stand with their places in it, `others` counts what is only counted.

    `told` is what people may have to know, without anybody's words.
    """

    body: RawBody
    news: list[tuple[str, News]] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)

    @property
    def end(self) -> tuple[BodyState, str | None]:
        if self.unread:
            return BodyState.UNREADABLE, _some([one.reason for one in self.unread])
        if self.news or self.others:
            return BodyState.READ, None
        return BodyState.IGNORED, _some(self.ignored)


def _some(reasons: Sequence[str]) -> str:
    different = list(dict.fromkeys(reasons))
    more = len(different) - SAID_OF_IT
    return "; ".join(different[:SAID_OF_IT]) + (f"; and {more} more" if more > 0 else "")


async def collect(store: Store, readers: Readers, rules: Rules, clock: Clock, *, off_loop: bool = True) -> int:
    """Work off one batch of bodies and return how many it held; 0 when nothing waits."""
    bodies = await store.read(raw_bodies.unread, BATCH)
    if not bodies:
        return 0
    readings = await asyncio.to_thread(_read_all, bodies, readers) if off_loop else _read_all(bodies, readers)
    counts = sum(await _keep_all(store, readings, rules, clock), Counter())
    log.info("collect.read", bodies=len(bodies), **{name: counts[name] for name in sorted(counts)})
    return len(bodies)


# --- reading ---


def _read_all(bodies: Sequence[RawBody], readers: Readers) -> list[Reading]:
    return [_read(body, readers) for body in bodies]


def _read(body: RawBody, readers: Readers) -> Reading:
    reading = Reading(body=body)
    reader = readers.of(body)
    if reader is None:
        _note_unread(reading, WHOLE, f"{body.channel or 'the app behind this address'} is not configured here", kind="unknown")
        return reading
    spec, me = reader
    try:
        document = json.loads(body.body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        _note_unread(reading, WHOLE, f"not JSON ({type(error).__name__})", kind=spec.kind)
        return reading
    for part in parts(spec, document, me):
        _take_in(reading, part, spec, readers)
    return reading


def _take_in(reading: Reading, part: Part, spec: Spec, readers: Readers) -> None:
    if part.error is not None:
        _note_trouble(reading, part.where, part.error, kind=spec.kind)
    for heard in part.heard:
        try:
            _take_one(reading, part.where, heard, readers)
        except OfNoInterest as why:
            reading.ignored.append(str(why))
        except Exception as error:  # noqa: BLE001 - the runner around a plugin: what it says may be anything
            _note_trouble(reading, part.where, error, kind=spec.kind)
            _note_unread(reading, part.where, f"{type(error).__name__}: {error}", kind=spec.kind)


def _take_one(reading: Reading, where: str, heard: Heard, readers: Readers) -> None:
    account = readers.account(heard, reading.body)
    if heard.sort is Sort.UNREADABLE:
        _note_unread(reading, where, heard.reason or "", kind=heard.channel_kind, account=account)
    elif heard.sort is Sort.IGNORED:
        reading.ignored.append(heard.reason or "of no interest")
    elif not concerns_us(heard):
        reading.others[heard.sort.value] += 1
        if heard.sort in TOLD:
            keys = {"account": heard.account, "status": heard.status, "type": heard.raw_type}
            reading.told.append((TOLD[heard.sort], keys))
    elif account is None:
        reading.ignored.append(UNKNOWN_ACCOUNT)
        reading.strangers.add(f"{heard.channel_kind}:{heard.account or '?'}")
    else:
        reading.news.append((where, news_of(heard, account, reading.body.received_at)))
        if heard.sort in TOLD:
            reading.told.append((TOLD[heard.sort], {"account": heard.account, "type": heard.raw_type}))


def _note_unread(reading: Reading, where: str, reason: str, *, kind: str, account: ChannelAccount | None = None) -> None:
    channel = reading.body.channel or (None if account is None else account.id)
    reading.unread.append(Unread(channel=channel, kind=kind, where=where, reason=reason))


def _note_trouble(reading: Reading, where: str, error: Exception, *, kind: str) -> None:
    keys = {"kind": kind, "where": where, "error": type(error).__name__, "at": frames(error)}
    reading.told.append(("collect.unreadable", keys))


def frames(error: BaseException) -> list[str]:
    """Return where an error was raised, without its message: that may quote what somebody wrote."""
    found = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{'/'.join(PurePath(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}" for frame in found]


# --- keeping ---


async def _keep_all(store: Store, readings: Sequence[Reading], rules: Rules, clock: Clock) -> list[Counter[str]]:
    """Apply bodies. SQLite's writer flushes once for what it is handed together; PostgreSQL would run most of them twice."""
    if store.dialect != "sqlite":
        return [await _keep(store, reading, rules, clock) for reading in readings]
    ended = await asyncio.gather(*(_keep(store, reading, rules, clock) for reading in readings), return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return [one for one in ended if isinstance(one, Counter)]


async def _keep(store: Store, reading: Reading, rules: Rules, clock: Clock) -> Counter[str]:
    """Apply a body and return what it came to, for the log."""
    number = reading.body.id
    when = When(now=clock.now(), raw=number, asked=asked_for(reading.body.headers))
    try:
        counts = await store.write(_apply, reading, rules, when)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - one body that we stumble over must not hold up the others
        _say_not_applied(number, error)
        counts = await _keep_each(store, reading, rules, when)
    if counts is None:
        return Counter(taken_elsewhere=1)
    for event, keys in reading.told[:TOLD_OF_ONE]:
        log.warning(event, body=number, **keys)
    for stranger in reading.strangers:
        _say_unknown(stranger)
    return counts


def _apply(conn: Connection, reading: Reading, rules: Rules, when: When) -> Counter[str] | None:
    """Take a body and apply what was heard; None when somebody else has taken it."""
    if not raw_bodies.take(conn, reading.body.id, *reading.end):
        return None
    return _note(conn, reading, learn(conn, [one for _, one in reading.news], rules, when), when.now)


async def _keep_each(store: Store, reading: Reading, rules: Rules, when: When) -> Counter[str] | None:
    """Apply one by one what could not be applied together, set aside what we stumble over, then take the body: twice does no harm."""
    learned: Counter[Learned] = Counter()
    for where, one in reading.news:
        try:
            learned += await store.write(learn, [one], rules, when)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one message that we stumble over must not take its body with it
            _note_unread(reading, where, f"our own mistake: {type(error).__name__}", kind=one.account.kind, account=one.account)
    return await store.write(_set_aside, reading, learned, when.now)


def _set_aside(conn: Connection, reading: Reading, learned: Counter[Learned], now: datetime) -> Counter[str] | None:
    return _note(conn, reading, learned, now) if raw_bodies.take(conn, reading.body.id, *reading.end) else None


def _note(conn: Connection, reading: Reading, learned: Counter[Learned], now: datetime) -> Counter[str]:
    """Keep what nobody could read and return what a body came to."""
    unreadable.keep(conn, reading.body.id, reading.unread, now)
    counts: Counter[str] = Counter({name.value: number for name, number in learned.items()})
    counts.update(reading.others)
    counts.update(ignored=len(reading.ignored), unreadable=len(reading.unread))
    return +counts


def _say_not_applied(number: int, error: Exception) -> None:
    log.error("collect.not_applied", body=number, error=type(error).__name__, at=frames(error))


@cache
def _say_unknown(channel: str) -> None:
    """Say once that bodies come for an account that is not configured."""
    log.warning("collect.unknown_account", channel=channel)

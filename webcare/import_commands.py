"""`webcare import`: what was said before we listened, from lines of `normalize` or from payloads as the platform sent them.

It goes through the same door as what the daemon hears, also while one runs: known messages stay as they are, new ones are marked as found
late and wait for the daemon's triage. Nothing is sent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from webcare.channel_commands import opened
from webcare.clock import SystemClock
from webcare.discovery import connectors
from webcare.domain.rulebook import SHIPPED_BOOK
from webcare.heard_lines import entries, is_line, read_line
from webcare.lines import DONE, REFUSED, CannotStart, refuse, write
from webcare.ports.connector import Sort
from webcare.privacy_commands import operator
from webcare.rule_books import rules_of
from webcare.services.hearing import hear
from webcare.services.learn import Learned, When, learn
from webcare.services.news import OfNoInterest, concerns_us, news_of
from webcare.services.settle import Rules
from webcare.settings import load
from webcare.settings.accounts import accounts
from webcare.store import audit, rulebooks
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence

    from webcare.heard_lines import Entry
    from webcare.ports.channel import ChannelAccount
    from webcare.ports.connector import Heard
    from webcare.services.news import News
    from webcare.settings import Settings
    from webcare.store import Connection
    from webcare.store.door import Store

AT_ONCE = 100  # things heard, in one transaction
IMPORT = "import"
IGNORED, REFUSED_LINES = "ignored", "refused"
NO_TIME = datetime.min.replace(tzinfo=UTC)  # of what names none, and is refused for it


def import_file(arguments: Namespace) -> int:
    """Take a file in and return the exit status: 1 when something in it was refused.

    Raises:
        CannotStart: no such channel, no such file, no database.
    """
    settings = load(arguments.config)
    account = _account(settings, arguments.channel)
    return asyncio.run(_import(settings, account, arguments.file))


def _account(settings: Settings, name: str) -> ChannelAccount:
    specs = {found.name: found.spec for found in connectors() if found.spec is not None}
    known = {account.name: account for account in accounts(settings, specs)}
    if name not in known:
        raise CannotStart(f"no channel is called {name!r}; there are {', '.join(sorted(known)) or 'none'}")
    return known[name]


async def _import(settings: Settings, account: ChannelAccount, file: str) -> int:
    try:
        async with opened(settings) as store:
            done = BackFill(store=store, account=account, rules=await store.read(newest_rules))
            await done.take(entries(file))
            counts = done.told()
            await store.write(audit.note, at=SystemClock().now(), by=operator(), what=IMPORT, data=counts)
    except StoreError as error:
        raise CannotStart(str(error)) from None
    write(counts)
    return REFUSED if done.counts[REFUSED_LINES] else DONE


def newest_rules(conn: Connection) -> Rules:
    """Return the rule book that the daemon works by; before its first start there are no cases, and any will do."""
    revision = rulebooks.newest_revision(conn)
    if revision is None:
        return Rules(book=SHIPPED_BOOK, revision=0)
    return rules_of(conn, revision)


@dataclass(slots=True, kw_only=True)
class BackFill:
    """One import: what it has in hand, and what it came to so far."""

    store: Store
    account: ChannelAccount
    rules: Rules
    counts: Counter[str] = field(default_factory=Counter)
    waiting: list[tuple[int, News]] = field(default_factory=list)

    async def take(self, lines: Iterable[Entry]) -> None:
        for number, held in lines:
            try:
                if isinstance(held, ValueError):
                    raise held
                for heard in [read_line(held)] if is_line(held) else hear(self.account.spec, held, self.account.account):
                    self._take(number, heard)
            except ValueError as error:
                self._refuse(number, error)
            if len(self.waiting) >= AT_ONCE:
                await self._keep()
        await self._keep()

    def told(self) -> dict[str, Any]:
        learned = (Learned.NEW, Learned.EDIT, Learned.KNOWN, Learned.DELETED, Learned.RENAMED, Learned.FAILED)
        names = (*learned, IGNORED, REFUSED_LINES)
        return {"channel": self.account.id, **{str(name): self.counts[str(name)] for name in names}}

    def _take(self, number: int, heard: Heard) -> None:
        try:
            self.waiting.append((number, self._news(heard)))
        except OfNoInterest:
            self.counts[IGNORED] += 1
        except ValueError as error:
            self._refuse(number, error)

    def _news(self, heard: Heard) -> News:
        if heard.sort is Sort.UNREADABLE:
            raise ValueError(heard.reason or "unreadable")
        if heard.channel_kind != self.account.kind:
            raise ValueError(f"channel_kind: {heard.channel_kind!r} is not that of this channel")
        if heard.sort is Sort.IGNORED or not concerns_us(heard):
            raise OfNoInterest
        if heard.account not in (None, self.account.account):
            raise ValueError(f"account: {heard.account!r} is not that of this channel")
        news = news_of(heard, self.account, NO_TIME)
        if not news.is_timed:
            raise ValueError("created_at: missing, so nobody can say when it was written")
        return news

    async def _keep(self) -> None:
        waiting, self.waiting = self.waiting, []
        if waiting:
            await self._apply(waiting)

    async def _apply(self, waiting: Sequence[tuple[int, News]]) -> None:
        """Apply what waits in one transaction; where that fails, one by one, so that only what is wrong is refused."""
        try:
            await self._learn([news for _, news in waiting])
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - one line that we stumble over must not take the others with it
            if len(waiting) > 1:
                for one in waiting:
                    await self._apply([one])
            else:
                self._refuse(waiting[0][0], ValueError(f"our own mistake: {type(error).__name__}"))

    async def _learn(self, news: Sequence[News]) -> None:
        when = When(now=SystemClock().now(), is_back_fill=True)
        self.counts.update(await self.store.write(learn, news, self.rules, when))

    def _refuse(self, number: int, error: ValueError) -> None:
        self.counts[REFUSED_LINES] += 1
        refuse(number, error)

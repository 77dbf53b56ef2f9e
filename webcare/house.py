"""Settings -> a running house: the daemon's parts, put together, spelled out.

    lock and schema -> people, rule book, channels, hooks -> credentials -> clients -> notifier

What a reload may replace is replaced here and nowhere else: the units of work ask the house each time they run.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import structlog

from webcare import logs
from webcare.addressing import router_of
from webcare.classifiers import judge_of
from webcare.clock import SystemClock, running_seconds
from webcare.country_days import LOOKUP
from webcare.credentials import CannotSeal, StoredCredentials, client_of
from webcare.discovery import connectors
from webcare.domain.nonsense import odd
from webcare.lines import CannotStart
from webcare.ports.connector import Capability
from webcare.rule_books import books_of
from webcare.safe_session import SafeSession, open_outside
from webcare.services import model_choice
from webcare.services.collect import Readers
from webcare.services.poll import Poller, Running
from webcare.services.post import Post
from webcare.services.receipt import receipts_of
from webcare.services.settle import Rules
from webcare.sessions import open_session
from webcare.settings import reload_plan
from webcare.settings.accounts import accounts, languages_of
from webcare.settings.people import people
from webcare.settings.rules import rules
from webcare.store import acts, channel_state, hooks, media, messages, migrate, outbox, restore, schema
from webcare.store import people as people_store
from webcare.store.door import open_store
from webcare.store.errors import StoreError, StoreNotMigrated
from webcare.store.rulebooks import store_revision

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from aiohttp import ClientSession

    from webcare.domain.routing import RuleBook
    from webcare.notify.router import Router
    from webcare.ports.channel import ChannelAccount
    from webcare.ports.clock import Clock
    from webcare.ports.connector import Doer, Fetcher, Session, Spec
    from webcare.services.judge import Judge
    from webcare.services.receipt import Receipts
    from webcare.settings import Plan, Settings
    from webcare.store import Connection
    from webcare.store.door import Store

log = structlog.get_logger()

GENERATION = "generation"  # the file in the state folder by which a restored backup is known
STEP_BACK = 0.0


@dataclass(slots=True, kw_only=True)
class House:
    """Everything that a running daemon has."""

    settings: Settings
    store: Store
    clock: Clock
    holder: str
    state_folder: Path
    session: ClientSession
    outside: ClientSession  # for addresses that strangers wrote
    credentials: StoredCredentials
    secrets: dict[str, Mapping[str, str]]  # by app, as the clients were made with
    accounts: tuple[ChannelAccount, ...]
    hooks: Mapping[str, ChannelAccount]  # one account of the app that knocks there
    running: tuple[Running, ...]
    judge: Judge
    rules: Rules
    router: Router
    poller: Poller
    fetchers: dict[str, Fetcher] = field(default_factory=dict)  # by channel: clients that fetch what customers sent
    locked: dict[str, str] = field(default_factory=dict)  # apps whose secrets cannot be opened, and why
    stale: str | None = None  # why the sweep may not decide anything

    @property
    def readers(self) -> Readers:
        specs: dict[str, Spec] = {number: account.spec for number, account in self.hooks.items()}
        return Readers(accounts={account.id: account for account in self.accounts}, hooks=specs)

    @property
    def post(self) -> Post:
        """Who carries what now."""
        senders = {r.account.id: r.client for r in self.running if Capability.SEND in r.account.spec.capabilities}
        doers = {r.account.id: cast("Doer", r.client) for r in self.running if Capability.ACT in r.account.spec.capabilities}
        memory = self.state_folder / GENERATION
        return Post(notifier=self.router, senders=senders, holder=self.holder, memory=memory, doers=doers)

    async def last_resort(self, text: str, *, key: str) -> None:
        """Tell the last resort, if there is one; it needs no database.

        Raises:
            OutsideError: it could not be told.
        """
        target = self.settings.alerts.last_resort
        if target is not None:
            await self.router.last_resort(target.get_secret_value(), text, key=key)


@asynccontextmanager
async def open_house(settings: Settings, clock: Clock | None = None) -> AsyncIterator[House]:
    """Open everything that a daemon needs, and close it again. Only the demo brings a clock of its own.

    Raises:
        CannotStart: settings, database or connectors do not let it.
    """
    specs = {found.name: found.spec for found in connectors() if found.spec is not None}
    configured, clock = accounts(settings, specs), clock or SystemClock()
    book, content = rules(settings, LOOKUP, configured, today=clock.now().date())
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    store = await _open_database(settings)
    try:
        async with open_session() as session, open_outside() as outside:
            state = _state_folder(settings)
            in_force = await _in_force(store, book, content, settings, configured, clock.now())
            knocked = await store.write(_settle_in, settings, configured, clock.now(), clock.machine())
            await _take_generation(store, state, clock)
            if store.dialect == "sqlite":  # nobody else runs on it
                await store.write(outbox.free_alerts)
                await store.write(media.free)
            house = House(
                settings=settings,
                store=store,
                clock=clock,
                holder=holder,
                state_folder=state,
                session=session,
                outside=outside,
                credentials=StoredCredentials(store, settings, clock, holder),
                secrets={},
                accounts=configured,
                hooks=knocked,
                running=(),
                judge=judge_of(settings.sentiment.model, await store.read(model_choice.in_force), running_seconds),
                rules=in_force,
                router=router_of(settings, store, clock),
                poller=Poller(store, clock, holder, keep_for=settings.retention.raw_bodies),
            )
            await house.credentials.rewrap()
            await make_clients(house)
            house.judge.start()
            try:
                yield house
            finally:
                await house.poller.close()
                await asyncio.to_thread(house.judge.stop)
    except StoreError as error:
        raise CannotStart(str(error)) from None
    finally:
        await store.close()


async def _open_database(settings: Settings) -> Store:
    """Open the database for this daemon alone (SQLite) and bring its schema up to date: alembic is loaded only when it is behind."""
    if settings.database.url is None:
        raise CannotStart("which database? Set [database] url in the config")
    url = settings.database.url.get_secret_value()
    try:
        store = open_store(url, exclusive=True)
    except StoreError as error:
        raise CannotStart(str(error)) from None
    try:
        found = await store.read(schema.current)
        if found is None or (found != schema.head() and found in schema.revisions()):
            log.info("database.upgrading", found=found, to=schema.head())
            await asyncio.to_thread(migrate.upgrade, url)
        await store.read(schema.require_current)
    except (StoreError, StoreNotMigrated) as error:
        await store.close()
        raise CannotStart(str(error)) from None
    return store


def _state_folder(settings: Settings) -> Path:
    """Return where small files live that must not be in the database: systemd's state folder, or beside an SQLite file.

    Raises:
        CannotStart: there is none, or it cannot be written.
    """
    given = settings.state_folder or (Path(found) if (found := os.environ.get("STATE_DIRECTORY")) else None)
    url = settings.database.url.get_secret_value() if settings.database.url is not None else ""
    if given is None and "postgres" not in url.partition("://")[0]:
        given = Path(url.removeprefix("sqlite:///")).parent
    if given is None:
        raise CannotStart("where may webcare keep its state? Set state_folder in the config")
    if not given.is_dir() or not os.access(given, os.W_OK):
        raise CannotStart(f"the state folder {given} is not there, or cannot be written")
    return given


def _settle_in(
    conn: Connection, settings: Settings, configured: tuple[ChannelAccount, ...], now: datetime, machine: datetime
) -> dict[str, ChannelAccount]:
    """Make people, channels and hooks known; return an account for each hook."""
    who, levels = people(settings)
    people_store.seed(conn, who, levels)
    knocked: dict[str, ChannelAccount] = {}
    for account in configured:
        messages.ensure_channel(conn, account.id, brand=account.brand, now=now)
        if Capability.WEBHOOK in account.spec.capabilities:
            knocked.setdefault(hooks.ensure(conn, account.kind, account.app, machine), account)
    channel_state.check_anew(conn, [account.id for account in configured])
    return knocked


async def _take_generation(store: Store, state: Path, clock: Clock) -> None:
    file = state / GENERATION
    found = await store.write(restore.start_generation, restore.remembered(file), clock.machine())
    await asyncio.to_thread(restore.remember, file, found.value)
    if found.restored:
        log.error("database.restored", held=found.held, then="look at what is held, and run: webcare resume")


async def make_clients(house: House) -> None:
    """Make a client for each channel whose secrets are not those of its present client."""
    known = {running.account.id: running for running in house.running}
    fetchers: dict[str, Fetcher] = {}
    made: list[Running] = []
    fresh: dict[str, Mapping[str, str]] = {}
    for account in house.accounts:
        if account.app not in fresh:
            fresh[account.app] = await _secrets(house, account.app)
        kept = known.get(account.id)
        if kept is not None and kept.account == account and house.secrets.get(account.app) == fresh[account.app]:
            made.append(kept)
            fetchers.update({id_: one for id_, one in house.fetchers.items() if id_ == account.id})
        elif (client := client_of(account, cast("Session", house.session), fresh[account.app])) is not None:
            made.append(Running(account=account, client=client))
            if Capability.FETCH in account.spec.capabilities:
                fetchers[account.id] = cast("Fetcher", client_of(account, _for_files(house, account), fresh[account.app]))
    house.running, house.secrets, house.fetchers = tuple(made), fresh, fetchers


def _for_files(house: House, account: ChannelAccount) -> Session:
    """Return the session by which a channel fetches what strangers sent."""
    home, own = getattr(account.config, "base_url", None), account.spec.own_hosts
    safe = SafeSession(house.session, house.outside, home=home, own_hosts=own, most=lambda: house.settings.media.most)
    return cast("Session", safe)


async def _secrets(house: House, app: str) -> Mapping[str, str]:
    """Return an app's secrets; none when they cannot be opened: its channels rest until somebody mends the key, the others work."""
    try:
        found = await house.credentials.current(app)
    except CannotSeal as error:
        if house.locked.get(app) is None:
            log.error("credentials.locked", secrets=app, why=str(error))  # noqa: TRY400 - it is a sentence for the operator
        house.locked[app] = str(error)
        return {}
    house.locked.pop(app, None)
    return found


async def _in_force(
    store: Store,
    book: RuleBook,
    content: Mapping[str, Any],
    settings: Settings,
    configured: tuple[ChannelAccount, ...],
    now: datetime,
) -> Rules:
    """Store a rule book as the newest revision, and return it with those of before."""
    revision = await store.write(store_revision, content, now)
    books = await store.read(books_of)
    for why in odd(book):
        log.warning("rules.odd", why=why)
    return Rules(
        book=book,
        revision=revision,
        receipts=_receipts(settings, configured),
        alerts=settings.alerts.rules,
        books=books,
        keeps_media=settings.media.keep,
        languages=languages_of(configured),
    )


def _receipts(settings: Settings, configured: tuple[ChannelAccount, ...]) -> Receipts:
    return receipts_of(configured, language=settings.house.language, zone=settings.house.zone)


# --- while it runs ---


async def reload_house(house: House, settings: Settings) -> Plan:
    """Apply what can be applied of new settings and return the plan: what was applied, and what needs a restart.

    Raises:
        CannotStart: the new settings are wrong; the old ones stay in force.
    """
    specs = {account.kind: account.spec for account in house.accounts}
    plan = reload_plan(house.settings, settings)
    applied = plan.settings
    configured = accounts(applied, specs)
    book, content = rules(applied, LOOKUP, configured, today=house.clock.now().date())
    in_force = await _in_force(house.store, book, content, applied, configured, house.clock.now())
    house.router = router_of(applied, house.store, house.clock)
    await house.poller.close()
    house.poller = Poller(house.store, house.clock, house.holder, keep_for=applied.retention.raw_bodies)
    house.stale = None
    house.settings, house.accounts = applied, configured
    house.rules = in_force
    await make_clients(house)
    logs.set_level(applied.log.level)
    return plan


async def follow_clock(house: House, moved: float) -> None:
    """After somebody set the clock back, what was put off until an hour that now lies far ahead is tried again."""
    if moved < STEP_BACK:
        for forget_waits in (outbox.forget_waits, acts.forget_waits, media.forget_waits, channel_state.forget_waits):
            await house.store.write(forget_waits, house.clock.machine())

"""`webcare check`: try everything that the config names, side by side, before somebody relies on it. It sends nothing to anybody."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from webcare import logs
from webcare.addressing import mail_server, router_of
from webcare.channel_commands import opened
from webcare.clock import SystemClock
from webcare.country_days import LOOKUP
from webcare.credentials import HOW_TO_MAKE_ONE, CannotSeal, StoredCredentials, client_of, missing
from webcare.discovery import connectors
from webcare.domain.rota import Rota
from webcare.letters.why import plain, span
from webcare.lines import DONE, REFUSED, CannotStart, write
from webcare.model_check import tried
from webcare.notify.router import LINES, scheme_of
from webcare.notify.smtp_notifier import SmtpNotifier
from webcare.ports.connector import Capability
from webcare.ports.errors import OutsideError
from webcare.services import model_choice
from webcare.services.asking import ask
from webcare.services.channel_health import is_other_account
from webcare.services.preflight import rota_findings
from webcare.sessions import open_session
from webcare.settings import load
from webcare.settings.accounts import accounts, secrets_of
from webcare.settings.people import people
from webcare.settings.rules import rules
from webcare.store import people as people_store
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Awaitable, Iterator, Mapping, Sequence
    from datetime import datetime

    from webcare.discovery import Found
    from webcare.domain.rota import Person
    from webcare.notify.router import Router
    from webcare.ports.channel import ChannelAccount
    from webcare.ports.connector import Health, Session
    from webcare.services.preflight import Finding
    from webcare.settings import Settings
    from webcare.store import Connection
    from webcare.store.door import Store

PATIENCE = timedelta(seconds=20)
SOON = timedelta(days=7)
WIDEST = 28  # characters of what is checked
MODEL = "model"
CONNECT = "run `webcare channels connect {name}`"


class State(StrEnum):
    FINE = "fine"
    NOTE = "note"  # worth knowing, and no reason to do something
    FINDING = "finding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    what: str
    state: State
    why: str


def fine(what: str, why: str = "") -> Result:
    return Result(what=what, state=State.FINE, why=why)


def note(what: str, why: str) -> Result:
    return Result(what=what, state=State.NOTE, why=why)


def finding(what: str, why: str) -> Result:
    return Result(what=what, state=State.FINDING, why=why)


def check(arguments: Namespace) -> int:
    """Show what was found and return the exit status: 1 for a finding.

    Raises:
        CannotStart: the config itself cannot be read.
    """
    settings, found, clock = load(arguments.config), connectors(), SystemClock()
    logs.configure("text")  # what a part logs when it is tried goes beside the results, not among them
    configured = accounts(settings, {one.name: one.spec for one in found if one.spec is not None})
    rules(settings, LOOKUP, configured, today=clock.now().date())
    results = [
        fine("config", f"{len(configured)} channel" + ("s" if len(configured) != 1 else "")),
        *_written(settings, configured, found),
    ]
    results += asyncio.run(_tried(settings, configured, clock.now(), PATIENCE))
    for result in results:
        if arguments.json:
            write({"what": result.what, "state": result.state.value, "why": result.why})
    if not arguments.json:
        _table(results)
    return REFUSED if any(result.state is State.FINDING for result in results) else DONE


def _table(results: Sequence[Result]) -> None:
    width = min(max(len(result.what) for result in results), WIDEST)
    print(f"{'what':{width}}  {'state':7}  why and what to do")
    for result in results:
        print(f"{plain(result.what, WIDEST):{width}}  {result.state.value:7}  {plain(result.why, 400)}".rstrip())
    count = sum(result.state is State.FINDING for result in results)
    print(f"\n{count or 'no'} finding{'s' if count != 1 else ''}")


# --- what can be told from the config alone ---


def _written(settings: Settings, configured: Sequence[ChannelAccount], found: Sequence[Found]) -> Iterator[Result]:
    for one in found:
        if one.problem is not None:
            yield finding(f"connector {one.name}", one.problem)
    if not configured:
        yield finding("channels", "there is nothing to listen to: each channel is a table [[channel]]")
    yield _public_url(settings, configured)
    if not settings.sealing.keys:
        yield note("sealing", f"no key: `webcare channels connect` can keep nothing; {HOW_TO_MAKE_ONE}")
    if settings.alerts.heartbeat is None:
        yield finding("heartbeat", "when this daemon falls silent nobody hears of it: set [alerts] heartbeat")
    else:
        yield fine("heartbeat")


def _public_url(settings: Settings, configured: Sequence[ChannelAccount]) -> Result:
    what, url = "public address", settings.web.public_url
    hooked = ", ".join(one.name for one in configured if Capability.WEBHOOK in one.spec.capabilities)
    if url is None:
        called = f", and platforms cannot call us ({hooked})" if hooked else ""
        return finding(what, f"alerts hold no links{called}: set [web] public_url")
    if not url.startswith("https://"):
        return finding(what, f"{url} is not https: platforms refuse it, and what people type there can be read on the way")
    return fine(what, url)


# --- what has to be tried ---


async def _tried(settings: Settings, configured: Sequence[ChannelAccount], now: datetime, patience: timedelta) -> list[Result]:
    async with AsyncExitStack() as stack:
        store, database = await _database(stack, settings, patience)
        who, rota = await _people(settings, store)
        session = cast("Session", await stack.enter_async_context(open_session()))
        router = router_of(settings, cast("Store", store), SystemClock())  # no address is looked up: there may be no database
        tries = [
            _within(_channel(settings, account, store, session, now), f"channel {account.name}", patience)
            for account in configured
        ]
        tries.append(_within(_model(settings, store), MODEL, patience))
        tries.append(_within(_smtp(settings), "mail server", patience))
        tries += [_within(_targets(settings, router, one), f"person {one.id}", patience) for one in who]
        tries.append(_within(_last_resort(settings, router), "last resort", patience))
        results = [result for found in await asyncio.gather(*tries) for result in found]
        return [database, *results, *_rota(rota, who, now, ZoneInfo(settings.house.zone))]


async def _within(trying: Awaitable[list[Result]], what: str, patience: timedelta) -> list[Result]:
    """Return what was found, or that nothing was in time: one dead thing hangs nobody."""
    try:
        async with asyncio.timeout(patience.total_seconds()):
            return await trying
    except TimeoutError:
        return [finding(what, f"no answer within {patience.total_seconds():.0f} s")]


async def _database(stack: AsyncExitStack, settings: Settings, patience: timedelta) -> tuple[Store | None, Result]:
    try:
        async with asyncio.timeout(patience.total_seconds()):
            store = await stack.enter_async_context(opened(settings))
    except (StoreError, CannotStart) as error:
        return None, finding("database", str(error))
    except TimeoutError:
        return None, finding("database", f"no answer within {patience.total_seconds():.0f} s")
    return store, fine("database", f"{store.dialect}, up to date")


async def _people(settings: Settings, store: Store | None) -> tuple[tuple[Person, ...], Rota | None]:
    """Return who works here: as the database says, before the first start as the config does."""
    if store is not None:
        who, rota = await store.read(_kept)
        if who or rota is not None:
            return who, rota
    written, levels = people(settings)
    return written, Rota(levels=levels, people=written) if levels else None


def _kept(conn: Connection) -> tuple[tuple[Person, ...], Rota | None]:
    return people_store.people(conn), people_store.rota(conn)


# --- channels ---


async def _channel(
    settings: Settings, account: ChannelAccount, store: Store | None, session: Session, now: datetime
) -> list[Result]:
    what = f"channel {account.name}"
    try:
        given = await _secrets(settings, account, store)
    except (CannotSeal, StoreError) as error:
        return [finding(what, str(error))]
    absent = missing(account.spec.secrets, given)
    lacks = [finding(what, f"no {', '.join(absent)}: {CONNECT.format(name=account.name)}")] if absent else []
    client = client_of(account, session, given) if len(absent) < len(account.spec.secrets) else None
    if client is None or Capability.PREFLIGHT not in account.spec.capabilities:
        return lacks or [note(what, "its platform cannot be asked who we are")]
    try:
        health = await ask(client.preflight(now), within=PATIENCE)
    except OutsideError as error:
        return [*lacks, finding(what, f"{type(error).__name__}: {error}")]
    return [*lacks, *_health(what, account, health, now)]


async def _secrets(settings: Settings, account: ChannelAccount, store: Store | None) -> Mapping[str, str]:
    if store is None:
        return secrets_of(settings, account.app)
    return await StoredCredentials(store, settings, SystemClock()).current(account.app)


def _health(what: str, account: ChannelAccount, health: Health, now: datetime) -> Iterator[Result]:
    yield from (finding(what, problem) for problem in health.problems)
    if is_other_account(account, health) and not health.problems:
        yield finding(what, f"the credentials are those of account {health.account}")
    if health.expires_at is not None and health.expires_at - now < SOON:
        yield finding(what, f"its token ends in {span(health.expires_at - now)}: {CONNECT.format(name=account.name)}")
    elif not health.problems and not is_other_account(account, health):
        left = "" if health.expires_at is None else f", token for {(health.expires_at - now).days} more days"
        yield fine(what, f"account {health.account or account.account}{left}")


# --- the model ---


async def _model(settings: Settings, store: Store | None) -> list[Result]:
    """Load the model that the daemon would load, and say how good it is."""
    try:
        choice = None if store is None else await store.read(model_choice.in_force)
        said = await asyncio.to_thread(tried, settings.sentiment.model, choice)
    except StoreError as error:
        return [finding(MODEL, str(error))]
    except CannotStart as error:
        return [finding(MODEL, f'{error}; the word rules answer (for those alone: [sentiment] model = "rules")')]
    return [fine(MODEL, said)]


# --- alerts ---


async def _smtp(settings: Settings) -> list[Result]:
    if settings.smtp is None:
        return []
    where = f"{settings.smtp.host}:{settings.smtp.port}"
    try:
        await SmtpNotifier(mail_server(settings.smtp)).try_server()
    except OutsideError as error:
        return [finding("mail server", f"{where}: {error}")]
    return [fine("mail server", where)]


async def _targets(settings: Settings, router: Router, person: Person) -> list[Result]:
    found = [await _target(settings, router, f"{person.id}'s {contact.name}", contact.target) for contact in person.contacts]
    return found or [finding(f"person {person.id}", "has no contact method: nobody can alert them")]


async def _last_resort(settings: Settings, router: Router) -> list[Result]:
    target = settings.alerts.last_resort
    if target is None:
        return [finding("last resort", "when nobody else can be told, nobody is: set [alerts] last_resort")]
    return [await _target(settings, router, "last resort", target.get_secret_value())]


async def _target(settings: Settings, router: Router, what: str, target: str) -> Result:
    """Try whether a target can be used at all. It is a secret, so only its kind is shown."""
    try:
        await asyncio.to_thread(router.check, target)
    except OutsideError as error:
        return finding(what, str(error))
    folder = settings.alerts.lines_in
    if scheme_of(target) == LINES and folder is not None and not (folder.is_dir() and os.access(folder, os.W_OK)):
        return finding(what, f"{folder} is not there, or cannot be written")
    return fine(what, scheme_of(target))


# --- the rota ---


def _rota(rota: Rota | None, who: Sequence[Person], now: datetime, zone: ZoneInfo) -> Iterator[Result]:
    if rota is None or not rota.levels:
        people_of = f"{len(who)} people and " if who else ""
        yield finding("rota", f"there are {people_of}no levels: every alert goes to the last resort")
        return
    holed: set[str] = set()
    for one in rota_findings(rota, now):
        holed.add(one.level)
        what, why = f"rota {one.level}", _described(one, zone)
        yield finding(what, why) if one.is_grave else note(what, why)
    yield from (fine(f"rota {level.name}", "no hole for 14 days") for level in rota.levels if level.name not in holed)


def _described(one: Finding, zone: ZoneInfo) -> str:
    if one.starts_at is None or one.ends_at is None:
        return one.obstacle
    who = f"{one.obstacle} ({one.name})" if one.name else one.obstacle
    times = f"{_local(one.starts_at, zone)} to {_local(one.ends_at, zone)}"
    more = f", first of {one.times} times, {span(one.whole)} in all" if one.times > 1 else ""
    return f"{who}: {times}{more}; alerts pass to the next level"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %d %b %H:%M}"

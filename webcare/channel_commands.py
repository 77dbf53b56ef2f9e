"""`webcare channels`: which connectors there are, how each channel fares and what it costs. `connect`: how one gets its secrets."""

from __future__ import annotations

import asyncio
import secrets
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from getpass import getpass
from typing import TYPE_CHECKING, Any, cast

from webcare import open_database
from webcare.clock import SystemClock
from webcare.credentials import CannotSeal, StoredCredentials, client_of, missing
from webcare.discovery import connectors
from webcare.domain.budget import Bill, bill, month_of
from webcare.domain.durations import format_duration, format_instant
from webcare.letters.why import plain, span
from webcare.lines import DONE, REFUSED, CannotStart, write
from webcare.ports.connector import Capability
from webcare.ports.credentials import Fresh
from webcare.ports.errors import OutsideError
from webcare.services.asking import ask
from webcare.services.channel_health import PATIENCE, is_other_account, note_health
from webcare.services.channel_troubles import Moment
from webcare.services.channels_view import succeeded
from webcare.sessions import open_session
from webcare.settings import load
from webcare.settings.accounts import accounts
from webcare.store import channel_state, heard, hooks, messages, read_costs
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from webcare.discovery import Found
    from webcare.ports.channel import ChannelAccount
    from webcare.ports.connector import Health, Session
    from webcare.settings import Settings
    from webcare.store import Connection
    from webcare.store.channel_state import ChannelState
    from webcare.store.door import Store

NO_STATE = "unknown"  # no daemon has looked at it yet
REASON = 120  # characters


# --- the list ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the database knows of a channel, and what keeps it from running."""

    state: ChannelState | None = None
    heard_at: datetime | None = None
    cost: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    bill: Bill | None = None
    hook: str | None = None
    skipped: str | None = None


def list_channels(arguments: Namespace) -> int:
    settings, found = load(arguments.config), connectors()
    if arguments.json:
        for one in found:
            write(_connector_json(one))
    else:
        _connectors(found)
    configured = accounts(settings, {one.name: one.spec for one in found if one.spec is not None})
    seen, problem = asyncio.run(_look(settings, configured))
    now = SystemClock().now()
    if arguments.json:
        for account in configured:
            write(_channel_json(account, seen.get(account.id, Seen()), settings.web.public_url, now))
    else:
        _table(configured, seen, settings.web.public_url, now)
    if problem is not None:
        print(f"webcare: how the channels fare is not known: {problem}", file=sys.stderr)
    return DONE if problem is None else REFUSED


async def _look(settings: Settings, configured: Sequence[ChannelAccount]) -> tuple[dict[str, Seen], str | None]:
    """Return what is known of each channel; without a database, why nothing is."""
    clock = SystemClock()
    try:
        async with opened(settings) as store:
            credentials = StoredCredentials(store, settings, clock)
            found = {}
            for account in configured:
                skipped = await _skipped(account, credentials)
                found[account.id] = await store.write(_see, account, skipped, clock.now(), clock.machine())
            return found, None
    except (StoreError, CannotStart) as error:
        return {}, str(error)


async def _skipped(account: ChannelAccount, credentials: StoredCredentials) -> str | None:
    try:
        given = await credentials.current(account.app)
    except CannotSeal as error:
        return str(error)
    names = missing(account.spec.secrets, given)
    return f"no {', '.join(names)}: run `webcare channels connect {account.name}`" if names else None


def _see(conn: Connection, account: ChannelAccount, skipped: str | None, now: datetime, machine: datetime) -> Seen:
    ends = heard.ends(conn, account.id)
    is_hooked = Capability.WEBHOOK in account.spec.capabilities
    month = month_of(now)
    spent, kinds = read_costs.of_month(conn, account.id, month), read_costs.kinds_of_month(conn, account.id, month)
    return Seen(
        state=channel_state.get(conn, account.id),
        heard_at=None if ends is None else ends.last,
        cost=spent.resources,
        kinds=kinds,
        bill=bill(kinds, account.prices, polls=spent.polls, now=now),
        hook=hooks.ensure(conn, account.kind, account.app, machine) if is_hooked else None,
        skipped=skipped,
    )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """Open the database of the settings, beside a daemon that runs on it.

    Raises:
        CannotStart: no database is named.
        StoreError: it cannot be opened, or is not up to date.
    """
    async with open_database.opened(open_database.database_of(None, settings)) as store:
        yield store


def _connector_json(found: Found) -> dict[str, Any]:
    can = [] if found.spec is None else sorted(capability.value for capability in found.spec.capabilities)
    return {"connector": found.name, "capabilities": can, "problem": found.problem}


def _channel_json(account: ChannelAccount, seen: Seen, public_url: str | None, now: datetime) -> dict[str, Any]:
    state = seen.state
    expires_at = state.expires_at if state is not None else None
    return {
        "channel": account.id,
        "name": account.name,
        "kind": account.kind,
        "brand": account.brand,
        "state": NO_STATE if state is None else state.state.value,
        "since": _instant(state.since if state is not None else None),
        "reason": None if state is None else state.reason,
        "partly": None if state is None else state.partly_reason,
        "skipped": seen.skipped,
        "last_success": _instant(succeeded(state)),
        "heard_at": _instant(seen.heard_at),
        "lag": None if seen.heard_at is None else format_duration(now - seen.heard_at),
        "cost": seen.cost,
        "budget": account.monthly_reads or None,
        "reads": dict(sorted(seen.kinds.items())),
        "dollars": None if seen.bill is None else round(seen.bill.dollars, 3),
        "dollars_forecast": None if seen.bill is None or seen.bill.forecast is None else round(seen.bill.forecast, 2),
        "token_expires_at": _instant(expires_at),
        "token_days_left": None if expires_at is None else (expires_at - now).days,
        "hook": _address(seen.hook, public_url),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else format_instant(at)


def _address(hook: str | None, public_url: str | None) -> str | None:
    """Return what the platform is told to call; without a public address, its path."""
    return None if hook is None else f"{public_url or ''}/hooks/{hook}"


def _connectors(found: Sequence[Found]) -> None:
    print("connectors")
    for one in found:
        can = one.problem or ", ".join(_connector_json(one)["capabilities"])
        print(f"  {one.name:12}  {plain(can, REASON)}")


def _table(configured: Sequence[ChannelAccount], seen: Mapping[str, Seen], public_url: str | None, now: datetime) -> None:
    if not configured:
        print("\nno channel is configured: each is a table [[channel]] in the config")
        return
    print(f"\n{'channel':20}  {'state':8}  {'for':>12}  {'last success':>14}  {'last heard':>14}  {'read this month':>18}  token")
    for account in configured:
        one = seen.get(account.id, Seen())
        state = one.state
        cost = f"{one.cost:,}" + (f" of {account.monthly_reads:,}" if account.monthly_reads else "")
        print(
            f"{plain(account.name, 20):20}  {NO_STATE if state is None else state.state.value:8}  "
            f"{'' if state is None else span(now - state.since):>12}  {_ago(succeeded(state), now):>14}  "
            f"{_ago(one.heard_at, now):>14}  {cost:>18}  {_left(state, now)}"
        )
        print(f"    {account.id}")
        notes = {
            "skipped": one.skipped,
            "note": None if state is None else state.reason,
            "not read": None if state is None else state.partly_reason,
            "paid": _paid(one),
            "hook": _address(one.hook, public_url),
        }
        for what, said in notes.items():
            if said:
                print(f"    {what}: {plain(said, REASON)}")


def _paid(seen: Seen) -> str | None:
    """Return what reading has cost in money, where it has cost any."""
    if seen.bill is None or not seen.kinds:
        return None
    ahead = "" if seen.bill.forecast is None else f", about ${seen.bill.forecast:,.2f} by the end of the month"
    return f"${seen.bill.dollars:,.2f}{ahead}: " + ", ".join(f"{count:,} {kind}" for kind, count in sorted(seen.kinds.items()))


def _ago(at: datetime | None, now: datetime) -> str:
    return "never" if at is None else f"{span(now - at)} ago"


def _left(state: ChannelState | None, now: datetime) -> str:
    if state is None or state.expires_at is None:
        return ""
    return f"{span(state.expires_at - now)} left" if state.expires_at > now else "ended"


# --- connect ---


def connect(arguments: Namespace) -> int:
    """Ask for the secrets of a channel, try them, and keep them sealed; what fails is not kept."""
    settings, found = load(arguments.config), connectors()
    configured = accounts(settings, {one.name: one.spec for one in found if one.spec is not None})
    account = next((one for one in configured if arguments.name in (one.name, one.id)), None)
    if account is None:
        known = ", ".join(one.name for one in configured) or "none"
        raise CannotStart(f"no channel is called {arguments.name!r}; there are {known}")
    try:
        return asyncio.run(_connect(settings, account))
    except (StoreError, CannotSeal) as error:
        raise CannotStart(str(error)) from None


async def _connect(settings: Settings, account: ChannelAccount) -> int:
    clock = SystemClock()
    async with opened(settings) as store, open_session() as session:
        credentials = StoredCredentials(store, settings, clock)
        credentials.require_keys(account.app)
        try:
            present = await credentials.current(account.app)
        except CannotSeal:  # the key is gone, and what it sealed with it: all of it is asked for anew
            present = {}
        _explain(account)
        given = _asked(account, present)
        try:
            health = await _tried(account, cast("Session", session), {**present, **given}, clock.now())
        except OutsideError as error:
            print(f"webcare: nothing was kept: {error}", file=sys.stderr)
            return REFUSED
        if health is not None and is_other_account(account, health):
            why = "; ".join(health.problems) or f"they are those of account {health.account}"
            print(f"webcare: nothing was kept: {why}", file=sys.stderr)
            return REFUSED
        expires_at = None if health is None else health.expires_at
        kept = await credentials.put(account.app, Fresh(secrets=given, expires_at=expires_at))
        hook = await store.write(_note, account, health, Moment(now=clock.now(), machine=clock.machine()))
        _report(account, health, kept, _address(hook, settings.web.public_url), clock.now())
        return DONE


def _explain(account: ChannelAccount) -> None:
    consent = account.spec.consent
    print(f"{account.name}: {account.id}")
    if consent is not None:
        print(f"The keys are made at {consent.address}" if consent.address else "The keys are made by the service itself:")
        for number, step in enumerate(consent.steps, 1):
            print(f"  {number}. {step}")
    print("What you paste is not shown. It is tried before it is kept.")


def _asked(account: ChannelAccount, present: Mapping[str, str]) -> dict[str, str]:
    """Return what the operator gave, and what we thought up; what is there already may be left as it is.

    Raises:
        CannotStart: nothing was given where something is needed.
    """
    made = account.spec.consent.made_here if account.spec.consent is not None else frozenset()
    given: dict[str, str] = {}
    for name in account.spec.secrets:
        if name in made:
            if not present.get(name):
                given[name] = secrets.token_urlsafe(24)
            continue
        text = _read(f"{name}{' (Enter leaves the present one)' if present.get(name) else ''}: ")
        if text:
            given[name] = text
        elif not present.get(name):
            raise CannotStart(f"{name} was not given; nothing was kept")
    return given


def _read(prompt: str) -> str:
    """Read a secret: unseen from a terminal, else a line of standard input."""
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass(prompt).strip()
    return "" if sys.stdin is None else sys.stdin.readline().strip()


async def _tried(account: ChannelAccount, session: Session, given: Mapping[str, str], now: datetime) -> Health | None:
    """Ask the platform who we are with these secrets; None where it cannot be asked.

    Raises:
        OutsideError: it does not take them, or does not answer.
    """
    client = client_of(account, session, given)
    if client is None or Capability.PREFLIGHT not in account.spec.capabilities:
        return None
    return await ask(client.preflight(now), within=PATIENCE)


def _note(conn: Connection, account: ChannelAccount, health: Health | None, at: Moment) -> str | None:
    """Bring the channel back if it was stopped, and return its hook."""
    messages.ensure_channel(conn, account.id, brand=account.brand, now=at.now)
    if health is not None:
        note_health(conn, account, health, at)
    is_hooked = Capability.WEBHOOK in account.spec.capabilities
    return hooks.ensure(conn, account.kind, account.app, at.machine) if is_hooked else None


def _report(account: ChannelAccount, health: Health | None, kept: Mapping[str, str], hook: str | None, now: datetime) -> None:
    print(f"kept, sealed, as {account.app}. A daemon that runs takes them within a minute.")
    if health is not None:
        left = "no end is known" if health.expires_at is None else f"{(health.expires_at - now).days} days left"
        print(f"account: {health.account or 'not said'}; token: {left}")
        for problem in health.problems:
            print(f"note: {plain(problem, REASON)}")
    if hook is not None:
        print(f"webhook: {hook}" + ("" if hook.startswith("http") else "  (set [web] public_url for its whole address)"))
    for name in sorted(account.spec.consent.made_here) if account.spec.consent is not None else ():
        print(f"{name}: {kept.get(name, '')}")

"""Who is there: logging in, staying in, logging out, and the link by which a person sets a password.

    link (one hour to a day, once) --> password --> session (a random token; the database keeps its hash) --> every page
                                          |
                                          `- guesses are counted before they are tried, by account and by address

A wrong name and a wrong password are the same answer, after the same time. An account is a name that somebody typed, known or not, so
that throttling tells nothing either. Everything runs on the machine's clock.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from webcare.domain.rota import Role
from webcare.services.passwords import Flaw, flaw
from webcare.store import audit, users
from webcare.store.users import Login, SessionRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.ports.clock import Clock
    from webcare.services.passwords import Passwords
    from webcare.store import Connection
    from webcare.store.door import Store

IDLE: Final = timedelta(hours=12)
LONGEST: Final = timedelta(days=7)
SEEN_EVERY: Final = timedelta(minutes=1)  # how exactly we know when somebody was last there; each time is a write
LINK_HOLDS: Final = timedelta(hours=24)
TRIES, FORGIVEN_AFTER = 5, timedelta(minutes=5)  # of an account
TRIES_OF_ADDRESS, ADDRESS_FORGIVEN_AFTER = 30, timedelta(minutes=15)  # colleagues share one
LONGEST_NAME: Final = 300
_SHARED_BITS: Final = 64  # of an IPv6 address: whoever has one has all of these
_AGENT: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who is logged in. `session` is the hash of their token: it names the session and opens nothing."""

    id: str
    name: str
    role: Role
    zone: str
    language: str
    theme: str | None
    density: str | None
    shortcuts: str | None
    signature: str | None
    session: str

    @property
    def may_act(self) -> bool:
        """An auditor looks."""
        return self.role is not Role.AUDITOR

    @property
    def leads(self) -> bool:
        return self.role in {Role.LEAD, Role.ADMIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not logged in. `left` tries remain; `wait` is set when there are none for now. `was_tried` says that this one was looked at."""

    left: int = 0
    wait: timedelta | None = None
    was_tried: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """Logged in: `token` goes into the cookie and is seen nowhere else."""

    token: str
    visitor: Visitor

    def __repr__(self) -> str:
        return f"Welcome(visitor={self.visitor.id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """From where somebody asks."""

    address: str
    agent: str


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class SignIn:
    """The one place that opens and ends sessions."""

    def __init__(self, store: Store, clock: Clock, passwords: Passwords) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords

    async def log_in(self, name: str, password: str, browser: Browser, *, old: str | None = None) -> Welcome | Refused:
        """Open a session for the right password; `old` is the token of the browser's session so far, which ends.

        Raises:
            TooMany: come back in a moment.
        """
        keys = _keys(name, browser.address)
        left = await self._store.write(_guess, keys, self._clock.machine())
        if isinstance(left, Refused):
            return left
        known = await self._store.read(_named, name.strip()) if len(name) <= LONGEST_NAME else None
        proof = await self._passwords.prove(None if known is None or known.disabled_at else known.password, password)
        if known is None or not proof.is_right:
            return Refused(left=left, wait=None if left else FORGIVEN_AFTER)
        return await self._open(known, browser, old=old, keys=keys, fresh=proof.fresh)

    async def _open(
        self,
        known: Login,
        browser: Browser,
        *,
        old: str | None,
        keys: Mapping[str, Limit] | None = None,
        fresh: str | None = None,
    ) -> Welcome:
        token, now = secrets.token_urlsafe(32), self._clock.machine()
        row = SessionRow(
            token=hashed(token),
            person=known.person,
            created_at=now,
            seen_at=now,
            expires_at=now + LONGEST,
            address=browser.address[:64],
            agent=browser.agent[:_AGENT],
        )
        await self._store.write(_begin, row, known=known, old=old and hashed(old), keys=keys or {}, fresh=fresh)
        return Welcome(token=token, visitor=_visitor(known, row.token))

    async def who(self, token: str) -> Visitor | None:
        """Return whose session this is; None when there is none any more."""
        now, session = self._clock.machine(), hashed(token)
        found = await self._store.read(users.find, session, machine=now, idle_since=now - IDLE)
        if found is None:
            return None
        known, seen_at = found
        if now - seen_at >= SEEN_EVERY or now < seen_at:  # a clock may be set back
            await self._store.write(users.touch, session, now)
        return _visitor(known, session)

    async def is_there(self, visitor: Visitor) -> bool:
        """Tell whether a session still stands, without counting that as being seen."""
        now = self._clock.machine()
        return await self._store.read(users.find, visitor.session, machine=now, idle_since=now - IDLE) is not None

    async def log_out(self, visitor: Visitor) -> None:
        await self._store.write(users.end, visitor.session)

    async def log_out_everywhere(self, visitor: Visitor) -> None:
        """End every session of this person, this one too."""
        await self._store.write(_end_all, visitor.id, self._clock.machine())

    async def sessions(self, visitor: Visitor) -> list[SessionRow]:
        now = self._clock.machine()
        return await self._store.read(users.sessions, visitor.id, machine=now, idle_since=now - IDLE)

    async def end(self, visitor: Visitor, session: str) -> None:
        """End one of this person's own sessions; somebody else's stays."""
        if session in {row.token for row in await self.sessions(visitor)}:
            await self._store.write(users.end, session)

    # --- passwords ---

    async def invited(self, link: str) -> Login | None:
        """Return whom this link is for, as long as it holds. Looking does not use it up: mail programs look at links by themselves."""
        return await self._store.read(users.by_link, hashed(link), self._clock.machine())

    async def accept(self, link: str, password: str, again: str, browser: Browser) -> Welcome | Flaw | None:
        """Set the password that the link is for and log in; every other session ends. None: the link holds no more.

        Raises:
            TooMany: come back in a moment.
        """
        known = await self.invited(link)
        if known is None:
            return None
        found = flaw(password, again, known.person, known.name)
        if found is not None:
            return found
        made = await self._passwords.hash(password)
        if not await self._store.write(_use_link, hashed(link), made, self._clock.machine()):
            return None  # somebody else used it meanwhile
        return await self._open(known, browser, old=None)

    async def change(self, visitor: Visitor, old: str, password: str, again: str, browser: Browser) -> Refused | Flaw | None:
        """Set another password; every other session of this person ends. None: done.

        Raises:
            TooMany: come back in a moment.
        """
        left = await self._store.write(_guess, _keys(visitor.id, browser.address), self._clock.machine())
        if isinstance(left, Refused):
            return left
        known = await self._store.read(users.get, visitor.id)
        if known is None or not (await self._passwords.prove(known.password, old)).is_right:
            return Refused(left=left, wait=None if left else FORGIVEN_AFTER)
        found = flaw(password, again, known.person, known.name)
        if found is not None:
            return found
        made = await self._passwords.hash(password)
        await self._store.write(_change, visitor, made, _keys(visitor.id, browser.address), self._clock.machine())
        return None

    async def choose(self, visitor: Visitor, tastes: Mapping[str, str | None]) -> None:
        """Keep what a person chose of theme, language, density, shortcuts and signature."""
        await self._store.write(users.set_tastes, visitor.id, tastes)


def _visitor(known: Login, session: str) -> Visitor:
    return Visitor(
        id=known.person,
        name=known.name,
        role=known.role,
        zone=known.zone,
        language=known.language,
        theme=known.theme,
        density=known.density,
        shortcuts=known.shortcuts,
        signature=known.signature,
        session=session,
    )


# --- guesses ---


@dataclass(frozen=True, slots=True)
class Limit:
    tries: int
    forgiven_after: timedelta


def _keys(name: str, address: str) -> dict[str, Limit]:
    """Return under what a guess is counted. The name is hashed: people type passwords into that field."""
    return {
        f"account:{hashed(name.strip().casefold())}": Limit(TRIES, FORGIVEN_AFTER),
        f"address:{network(address)}": Limit(TRIES_OF_ADDRESS, ADDRESS_FORGIVEN_AFTER),
    }


def network(address: str) -> str:
    """Return under what guesses from an address are counted: with IPv6 whoever has one has all of its network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((found, _SHARED_BITS), strict=False)) if found.version == 6 else str(found)  # noqa: PLR2004


def _guess(conn: Connection, keys: Mapping[str, Limit], machine: datetime) -> int | Refused:
    """Count a guess and return how many are left, or that none may be tried now.

    One that is refused is not counted: whoever keeps knocking does not keep the owner out for longer.
    """
    known = {key: users.guesses(conn, key, machine) for key in keys}
    waits = [at[1] - machine for key, at in known.items() if at is not None and at[0] >= keys[key].tries]
    if waits:
        return Refused(wait=max(waits), was_tried=False)
    left = []
    for key, limit in keys.items():
        tries, _ = users.count_guess(conn, key, until=machine + limit.forgiven_after, machine=machine)
        left.append(limit.tries - tries)
    return max(0, min(left))


def _named(conn: Connection, name: str) -> Login | None:
    return users.get(conn, name) or users.get(conn, name.lower())  # a telephone's keyboard begins with a capital


def _forgive(conn: Connection, keys: Mapping[str, Limit]) -> None:
    for key in keys:
        if key.startswith("account:"):
            users.forget_guesses(conn, key)
        else:
            users.take_back_guess(conn, key)


# --- units ---


def _begin(
    conn: Connection, row: SessionRow, *, known: Login, old: str | None, keys: Mapping[str, Limit], fresh: str | None
) -> None:
    _forgive(conn, keys)
    if old is not None:
        users.end(conn, old)
    if fresh is not None and known.password is not None:
        users.rehash(conn, known.person, known.password, fresh)
    users.begin(conn, row)
    audit.note(conn, at=row.created_at, by=known.person, what="login", data={"address": row.address})


def _end_all(conn: Connection, person: str, machine: datetime) -> None:
    ended = users.end_all(conn, person)
    audit.note(conn, at=machine, by=person, what="logout", data={"sessions": ended})


def _use_link(conn: Connection, link: str, password: str, machine: datetime) -> bool:
    known = users.by_link(conn, link, machine)
    if known is None:
        return False
    users.set_password(conn, known.person, password)
    users.end_all(conn, known.person)
    audit.note(conn, at=machine, by=known.person, what="password", data={"by": "link"})
    return True


def _change(conn: Connection, visitor: Visitor, password: str, keys: Mapping[str, Limit], machine: datetime) -> None:
    _forgive(conn, keys)
    users.set_password(conn, visitor.id, password)
    users.end_all(conn, visitor.id, but=visitor.session)
    audit.note(conn, at=machine, by=visitor.id, what="password", data={"by": "themselves"})


# --- who may log in ---


def invite(conn: Connection, person: str, link: str, *, by: str, machine: datetime) -> datetime:
    """Let a person set a password by this link and return until when; a login that was switched off works again."""
    until = machine + LINK_HOLDS
    users.give_link(conn, person, link=hashed(link), until=until, now=machine)
    audit.note(conn, at=machine, by=by, what="invite", data={"person": person})
    return until


def switch_off(conn: Connection, person: str, *, by: str, machine: datetime) -> bool:
    """End a person's login and every session of theirs; False when they have none."""
    if not users.disable(conn, person, machine):
        return False
    audit.note(conn, at=machine, by=by, what="disable", data={"person": person})
    return True

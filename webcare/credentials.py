"""What we prove ourselves with: static secrets from the settings, and over them what is kept sealed in the store.

    settings  [secrets.x-main]  ---.
                                    >-- current("x-main")
    store     credential, sealed --'        ^
                                            |  re-read under the lease, ask the platform, commit, only then return
                                        rotate("x-main", refresh)

What is stored wins: a token that was rotated or connected is newer than the one in a file. It is sealed with Fernet; the first key of
`[sealing] keys` seals, all of them open, so that a key can be changed without losing a token. No error or repr here holds a secret.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from webcare.ports.errors import AuthFailed, Unavailable
from webcare.store import credentials as sealed
from webcare.store import leases
from webcare.store.credentials import Sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from pydantic import SecretStr

    from webcare.ports.channel import ChannelAccount
    from webcare.ports.clock import Clock
    from webcare.ports.connector import Client, Session
    from webcare.ports.credentials import Fresh, Refresh, Secrets
    from webcare.settings import Settings
    from webcare.store import Connection
    from webcare.store.door import Store

log = structlog.get_logger()

LEASE = timedelta(minutes=2)  # longer than the slowest platform takes to hand out a token
HOW_TO_MAKE_ONE = "make one with: openssl rand -base64 32 | tr '+/' '-_'"


class CannotSeal(AuthFailed):
    """Secrets cannot be kept, or not be opened, with the keys of the settings: the channel stops until somebody repairs these."""


class StoredCredentials:
    """Implements `ports.credentials.Credentials`."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, holder: str | None = None) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._static = {name: _shown(table) for name, table in settings.secrets.items()}
        self._keys = [Fernet(key.get_secret_value().strip()) for key in settings.sealing.keys]
        self._seen: dict[str, datetime | None] = {}  # when what we last handed out was changed
        self._rotating: set[asyncio.Task[Secrets]] = set()

    async def current(self, name: str) -> Secrets:
        """Return the secrets of that name; empty when there are none.

        Raises:
            CannotSeal: there are some, and no key of ours opens them.
        """
        return self._merged(name, await self._store.read(sealed.get, name))

    def _merged(self, name: str, found: Sealed | None) -> dict[str, str]:
        self._seen[name] = found.changed_at if found is not None else None
        return {**self._static.get(name, {}), **self._opened(found)}

    async def rotate(self, name: str, refresh: Refresh) -> Secrets:
        """Ask the platform for new secrets and keep them before they are first used; only one of all daemons asks.

        Once the platform was asked it is seen through, also when the caller is cancelled: the old secrets may be dead by then.

        Raises:
            OutsideError: what `refresh` raised; the old secrets stay. Unavailable while another daemon asks, CannotSeal without a key.
        """
        self.require_keys(name)
        task = asyncio.create_task(self._rotate(name, refresh))
        self._rotating.add(task)
        task.add_done_callback(self._rotating.discard)
        return await asyncio.shield(task)

    async def _rotate(self, name: str, refresh: Refresh) -> Secrets:
        lease, machine = f"credentials:{name}", self._clock.machine()
        if not await self._store.write(leases.take, lease, self._holder, machine + LEASE, machine):
            raise Unavailable("another daemon renews these secrets now")
        try:
            was_seen, seen = name in self._seen, self._seen.get(name)
            found = await self._store.read(sealed.get, name)
            before = self._merged(name, found)
            if was_seen and found is not None and found.changed_at != seen:
                return before  # somebody renewed them since we last looked
            fresh = await refresh(before)
            return await self._put(name, self._opened(found), fresh)
        finally:
            await self._store.write(leases.release, lease, self._holder)

    async def put(self, name: str, fresh: Fresh) -> Secrets:
        """Keep secrets that a person brought, and return all of that name. Those that no key opens any more are given up.

        Raises:
            CannotSeal: there is no key to seal them with.
        """
        self.require_keys(name)
        found = await self._store.read(sealed.get, name)
        try:
            return await self._put(name, self._opened(found), fresh)
        except CannotSeal:
            return await self._put(name, {}, fresh)

    async def _put(self, name: str, before: Mapping[str, str], fresh: Fresh) -> Secrets:
        kept = {**before, **fresh.secrets}
        row = Sealed(name=name, sealed=self._seal(kept), changed_at=self._clock.machine(), expires_at=fresh.expires_at)
        await self._store.write(sealed.put, row)
        return self._merged(name, row)

    async def rewrap(self) -> int:
        """Seal again, with the newest key, what was sealed with an older one, and return how much that was: then the old key may go."""
        if not self._keys:
            return 0
        done, locked = await self._store.write(_rewrap, self._keys[0], MultiFernet(self._keys))
        for name in locked:
            log.error("credentials.cannot_open", secrets=name)
        if done:
            log.info("credentials.sealed_anew", count=done)
        return done

    def require_keys(self, name: str) -> None:
        """Make sure that secrets of that name can be kept.

        Raises:
            CannotSeal: there is no key to seal them with.
        """
        if not self._keys:
            raise CannotSeal(f"the secrets {name!r} cannot be kept: [sealing] keys holds no key; {HOW_TO_MAKE_ONE}")

    def _seal(self, values: Mapping[str, str]) -> bytes:
        return MultiFernet(self._keys).encrypt(json.dumps(dict(values)).encode())

    def _opened(self, found: Sealed | None) -> dict[str, str]:
        if found is None:
            return {}
        try:
            opened = MultiFernet(self._keys).decrypt(found.sealed) if self._keys else None
        except InvalidToken:
            opened = None
        if opened is None:
            raise CannotSeal(f"the secrets {found.name!r} were sealed with a key that is not among [sealing] keys") from None
        values: dict[str, str] = json.loads(opened)
        return values


def client_of(account: ChannelAccount, session: Session, given: Secrets) -> Client | None:
    """Return the client of a channel; None where its platform is never asked, or a secret without which it cannot be is not there."""
    if account.spec.client is None:
        return None
    try:
        return account.spec.client(account.config, session, given)
    except KeyError as error:
        if error.args and error.args[0] in account.spec.secrets:
            return None
        raise


def missing(needed: Sequence[str], given: Secrets) -> list[str]:
    """Return which of the secrets that a connector needs are not there."""
    return [name for name in needed if not given.get(name, "").strip()]


def _shown(table: Mapping[str, SecretStr]) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in table.items()}


def _rewrap(conn: Connection, newest: Fernet, every: MultiFernet) -> tuple[int, list[str]]:
    done, locked = 0, []
    for found in sealed.every(conn):
        if _opens(newest.decrypt, found.sealed):
            continue
        if not _opens(every.decrypt, found.sealed):
            locked.append(found.name)
            continue
        row = Sealed(name=found.name, sealed=every.rotate(found.sealed), changed_at=found.changed_at, expires_at=found.expires_at)
        sealed.put(conn, row)
        done += 1
    return done, locked


def _opens(decrypt: Callable[[bytes], bytes], blob: bytes) -> bool:
    try:
        decrypt(blob)
    except InvalidToken:
        return False
    return True

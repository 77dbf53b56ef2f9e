"""Passwords: argon2id, off the event loop, two at a time. A hash takes 64 MiB and a tenth of a second, and strangers may ask for one."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

AT_ONCE: Final = 2
IN_LINE: Final = 20  # more than that are asked to come back: each waits a tenth of a second for each before it
SHORTEST, LONGEST = 12, 200
_NEEDLESS: Final = 4  # different characters that even a careless password has


class TooMany(Exception):  # noqa: N818 - it is what happened
    """More log-ins are waiting than this machine should work on: come back in a moment."""


class Flaw(StrEnum):
    """Why a new password is not taken."""

    SHORT = "short"
    LONG = "long"
    SIMPLE = "simple"
    OWN_NAME = "own_name"
    UNEQUAL = "unequal"


@dataclass(frozen=True, slots=True)
class Proof:
    """`fresh` is a new hash of the same password, where the old one was made with yesterday's parameters."""

    is_right: bool
    fresh: str | None = None


def flaw(password: str, again: str, *names: str) -> Flaw | None:
    """Return why this cannot be a password, None when it can; `names` are what others would try first."""
    if password != again:
        return Flaw.UNEQUAL
    if len(password) < SHORTEST:
        return Flaw.SHORT
    if len(password) > LONGEST:
        return Flaw.LONG
    folded = password.casefold()
    if len(set(folded)) <= _NEEDLESS:
        return Flaw.SIMPLE
    rest = folded
    for name in sorted(filter(None, names), key=len, reverse=True):
        rest = rest.replace(name.casefold(), "")
    return Flaw.OWN_NAME if len(rest) < SHORTEST // 2 else None


class Passwords:
    """Hashes and proves."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash of a password.

        Raises:
            TooMany: come back in a moment.
        """
        return await self._in_turn(lambda: self._hasher.hash(_plain(password)))

    async def prove(self, known: str | None, password: str) -> Proof:
        """Tell whether this is the password. For nobody's (None) it takes as long, and is wrong.

        Raises:
            TooMany: come back in a moment.
        """
        return await self._in_turn(lambda: self._prove(known, _plain(password)))

    def _prove(self, known: str | None, password: bytes) -> Proof:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(secrets.token_bytes(16))
        try:
            self._hasher.verify(known or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return Proof(is_right=False)
        if not known:
            return Proof(is_right=False)
        return Proof(is_right=True, fresh=self._hasher.hash(password) if self._hasher.check_needs_rehash(known) else None)

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting >= IN_LINE:
            raise TooMany
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _plain(password: str) -> bytes:
    """Return what is hashed: the same, whichever keyboard composed its accents."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")

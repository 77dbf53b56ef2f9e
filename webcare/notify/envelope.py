"""What a carrier is handed: where to, and the words. Nothing in here knows people, cases or languages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Protocol

from webcare.domain.durations import format_instant

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.ports.notifier import Alert


class Worded(Protocol):
    """A message in words; the text says all that the HTML says."""

    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def html(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Words of our own, for when nothing else is left."""

    subject: str
    text: str

    @property
    def html(self) -> str:
        return f"<!doctype html><html><body><pre>{escape(self.text)}</pre></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """Where an alert goes and what it says there. A target is a secret: an address, a number, a token.

    `key` is that of a letter, where it is known to outlast this database; else one is made of the alert.
    """

    target: str = field(repr=False)
    words: Worded = field(repr=False)
    key: str | None = None
    is_grave: bool = False  # a promise is broken; receivers that know degrees are told


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """`key` is the same whenever the same thing is sent again, and of nothing else: receivers drop repeats by it."""

    key: str
    target: str = field(repr=False)
    words: Worded = field(repr=False)
    written_at: datetime
    is_grave: bool = False


class Carrier(Protocol):
    def check(self, target: str) -> str:
        """Return the address as it may be shown; Rejected where nothing will ever be delivered. It sends nothing, and may block."""

    async def carry(self, envelope: Envelope) -> None:
        """Hand it over; the errors are those of `ports.notifier.Notifier.send`."""


def lasting_key(alert: Alert) -> str:
    """Return a key that no other alert has, of this house or of one that was restored, rebuilt or is on trial beside it.

    The numbers in `alert.key` start again in a new database; a receiver remembers them for weeks and would swallow an alert.
    """
    parts = (alert.key, alert.person, alert.method, format_instant(alert.decided_at))
    return "webcare-" + hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()

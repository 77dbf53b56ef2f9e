"""The link in an alert: whose it is and until when it works, in 36 characters that fit into a text message.

    day of the key (2 bytes) | delivery (5) | ends at, in minutes (4) | the first 16 bytes of an HMAC-SHA256 over these and the person

Who opens it needs no login, so it is worth what a key is worth: it belongs to one message to one person, and it ends. What may be done
with it is asked anew each time. The person is not in it: whoever reads the address learns nobody's name, and a delivery that is
somebody else's does not fit. It lives by the machine's clock, as sessions and one-time links do.

It ends a day after it was sent. That is longer than any night and any shift, and it does not depend on a deadline that the world's time
may bend or a new message may move; what has been dealt with ends its buttons long before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

LASTS: Final = timedelta(hours=24)
LENGTH: Final = 36
_MINUTE, _EPOCH = timedelta(minutes=1), datetime(1970, 1, 1, tzinfo=UTC)
_MADE_FOR: Final = b"webcare alert link 1"  # the key signs nothing else by mistake
_HEAD: Final = struct.Struct(">HBII")  # the delivery is the second and the third
_LOW: Final = 32  # bits of the delivery in the third
_MOST: Final = 2**40
_TAG: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a token says of itself; nothing of it is true before `holds` says so."""

    day: int
    delivery: int
    ends_at: datetime
    head: bytes = field(repr=False)
    tag: bytes = field(repr=False)

    def is_over(self, machine: datetime) -> bool:
        return machine >= self.ends_at


def day_of(machine: datetime) -> int:
    """Return which key a token made now is signed with: each day has its own, so that one that was stolen is soon worth nothing."""
    return (machine - _EPOCH) // timedelta(days=1)


def make(delivery: int, person: str, *, machine: datetime, secret: bytes) -> str:
    """Return the token for one message to one person, signed with the key of today.

    Raises:
        ValueError: the delivery has a number that no database counts to.
    """
    if not 0 < delivery < _MOST:
        raise ValueError(f"delivery: {delivery} does not fit into a link")
    minutes = (machine + LASTS - _EPOCH) // _MINUTE
    head = _HEAD.pack(day_of(machine), delivery >> _LOW, delivery & (2**_LOW - 1), minutes)
    return base64.urlsafe_b64encode(head + _sign(head, person, secret)).decode("ascii")


def parse(token: str) -> Claim | None:
    """Return what a token says; None for what can be none."""
    if len(token) != LENGTH or not token.isascii():
        return None
    try:
        found = base64.b64decode(token, altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    head, tag = found[: _HEAD.size], found[_HEAD.size :]
    if len(tag) != _TAG:
        return None
    day, high, low, minutes = _HEAD.unpack(head)
    return Claim(day=day, delivery=(high << _LOW) | low, ends_at=_EPOCH + minutes * _MINUTE, head=head, tag=tag)


def holds(claim: Claim, person: str, secret: bytes) -> bool:
    """Tell whether this token was made with this key for this person, in a time that tells nothing."""
    return hmac.compare_digest(claim.tag, _sign(claim.head, person, secret))


def _sign(head: bytes, person: str, secret: bytes) -> bytes:
    said = b"\0".join((_MADE_FOR, head, person.encode("utf-8", "replace")))
    return hmac.new(secret, said, hashlib.sha256).digest()[:_TAG]

"""What a platform can be asked for. Each method is optional and named in `capabilities`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply as its writer left it. `key` lets a platform that can compare keys refuse a second copy."""

    key: str
    channel: str
    conversation_id: str
    reply_to: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The platform accepted a reply; `accepted_at` is its own time stamp, or the instant of its 2xx."""

    external_id: str
    accepted_at: datetime


class Sender(Protocol):
    async def send(self, reply: Reply) -> Receipt:
        """Send once.

        Raises:
            Unavailable: it was certainly not sent, try again.
            Unconfirmed: it may have been sent.
            RateLimited: not sent, try at that time.
            AuthFailed: not sent, the channel is down.
            Rejected: not sent, and never will be.
        """

    async def find(self, reply: Reply) -> Receipt | None:
        """Return the receipt when the platform already holds this reply, None when it certainly does not.

        Raises:
            Unconfirmed: this platform cannot be asked.
            Unavailable: not now.
        """

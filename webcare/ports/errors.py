"""Errors that tell the caller what to do next. The docstring is what happens, the message is what a person reads."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class OutsideError(Exception):
    """Something outside refused or failed; the subclasses say what to do."""


class Unavailable(OutsideError):  # noqa: N818 - named for what the caller does, as ports/errors explains
    """Network, 5xx, time-out, not JSON: back off, log once, alert when it lasts."""


class RateLimited(OutsideError):  # noqa: N818 - see Unavailable
    """The platform says when to come back: wait exactly that long."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"rate limited until {until.isoformat()}")
        self.until = until


class AuthFailed(OutsideError):  # noqa: N818 - see Unavailable
    """The token is dead or a permission is lost: stop the channel, hold its outbox, tell a person."""


class RefusalCode(StrEnum):
    """Refusals that mean the same on every platform: people read a sentence of ours for each, and the platform's words behind it."""

    WINDOW_CLOSED = "window_closed"  # the customer wrote too long ago
    NOT_SUMMONED = "not_summoned"  # the customer did not address us, so the platform takes no public reply
    ANSWERED_ONCE = "answered_once"  # this message takes one private answer, and had it
    DUPLICATE = "duplicate"  # the same words were said just before
    TOO_LONG = "too_long"
    BLOCKED = "blocked"  # the customer wants no messages from us, or cannot be reached
    GONE = "gone"  # what was to be answered is not there any more
    TEMPLATE_UNKNOWN = "template_unknown"  # the platform knows no such text, or not with these gaps
    PART_BEFORE = "part_before"  # ours: what should stand before it did not arrive


class Rejected(OutsideError):  # noqa: N818 - see Unavailable
    """A reply was refused: do not retry, tell the person who wrote it."""

    def __init__(self, reason: str, code: RefusalCode | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Unconfirmed(OutsideError):  # noqa: N818 - see Unavailable
    """Nobody can tell whether it was sent: never send again without a person's say."""

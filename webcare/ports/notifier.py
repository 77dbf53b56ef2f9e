"""How people are reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing to send to one person by one method.

    `key` is the receiver's dedupe key: a repeat carries the same one. `content` holds the cases, the most urgent first.
    """

    key: str
    person: str
    method: str
    content: Mapping[str, Any]
    decided_at: datetime


class Notifier(Protocol):
    async def send(self, alert: Alert) -> None:
        """Hand it over.

        Raises:
            Unavailable: try again later.
            RateLimited: try again at that time.
            AuthFailed: this method is dead until somebody repairs it.
            Rejected: this method will never take it.
        """

"""What we prove ourselves with on a platform. Static secrets come from the settings, rotating ones are kept sealed in the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    Secrets = Mapping[str, str]
    Refresh = Callable[[Secrets], Awaitable["Fresh"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """New secrets in place of old ones, by name; those that are not named stay."""

    secrets: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None = None


class Credentials(Protocol):
    async def current(self, name: str) -> Secrets:
        """Return the secrets of that name; empty when there are none."""

    async def rotate(self, name: str, refresh: Refresh) -> Secrets:
        """Ask the platform for new secrets and keep them before they are first used; only one of all daemons asks.

        Raises:
            OutsideError: what `refresh` raised; the old secrets stay.
        """

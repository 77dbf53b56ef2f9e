"""Saying something once in a while: a stranger who knocks a thousand times a second must not fill the log."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from webcare.ports.clock import Clock

EVERY: Final = timedelta(minutes=1)


class Seldom:
    """Lets each key through once in `every`. Keys are few: addresses of ours, never what a caller makes up."""

    def __init__(self, clock: Clock, every: timedelta = EVERY) -> None:
        self._clock = clock
        self._every = every
        self._said: dict[Hashable, datetime] = {}
        self._muted: dict[Hashable, int] = {}

    def muted_before(self, key: Hashable) -> int | None:
        """Return how often this was kept quiet since it was last said, or None when it is to be kept quiet now."""
        now = self._clock.machine()
        if key in self._said and timedelta(0) <= now - self._said[key] < self._every:
            self._muted[key] = self._muted.get(key, 0) + 1
            return None
        self._said[key] = now
        return self._muted.pop(key, 0)

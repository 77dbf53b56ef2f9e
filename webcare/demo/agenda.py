"""What is still to come in the town, by the world's time."""

from __future__ import annotations

import heapq
import itertools
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    Act = Callable[[], Awaitable[None]]


class Agenda:
    """Acts, each at its time; what is due at the same time happens in the order in which it was put here."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Act]] = []
        self._numbers = itertools.count()

    def put(self, at: datetime, act: Act) -> None:
        heapq.heappush(self._heap, (at.astimezone(UTC), next(self._numbers), act))

    @property
    def next_at(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    async def play(self, now: datetime) -> int:
        """Let happen what is due and return how much that was."""
        done = 0
        while self._heap and self._heap[0][0] <= now:
            await heapq.heappop(self._heap)[2]()
            done += 1
        return done

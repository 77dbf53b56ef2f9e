"""An answer that costs something, asked for once in a while however many want it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from webcare.ports.clock import Clock

T = TypeVar("T")


class Lately(Generic[T]):
    """Whoever asks within `every` of the last answer gets that one; those who ask together wait for one answer."""

    def __init__(self, question: Callable[[], Awaitable[T]], clock: Clock, every: timedelta) -> None:
        self._question = question
        self._clock = clock
        self._every = every
        self._turn = asyncio.Lock()
        self._last: tuple[datetime, T] | None = None

    async def ask(self) -> T:
        async with self._turn:
            now = self._clock.machine()
            if self._last is None or not timedelta(0) <= now - self._last[0] < self._every:  # a clock may be set back
                self._last = (now, await self._question())
            return self._last[1]

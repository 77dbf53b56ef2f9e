"""The one place that reads a clock. Everywhere else time is an argument, which a lint rule holds."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


def machine_now() -> datetime:
    return datetime.now(UTC)


def running_seconds() -> float:
    """Return the clock that nobody sets, in seconds since some past: only differences mean anything."""
    return time.monotonic()


def between_clocks() -> float:
    """Return the seconds between the clock that people set and the one that only runs: a change says that somebody set it."""
    return time.time() - running_seconds()


class SystemClock:
    """World and machine are one."""

    def now(self) -> datetime:
        return machine_now()

    def machine(self) -> datetime:
        return machine_now()


class VirtualClock:
    """The world's time is set by whoever drives it, and never goes back; the machine's is real."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def jump(self, at: datetime) -> None:
        self._at = max(at, self._at)

    def now(self) -> datetime:
        return self._at

    def machine(self) -> datetime:
        return machine_now()


class BentClock:
    """The world's time runs faster than the machine's, from an instant on; it can be halted, and never goes back."""

    def __init__(self, at: datetime, speed: float) -> None:
        self._at = at
        self._since: float | None = running_seconds()
        self.speed = speed

    @property
    def is_halted(self) -> bool:
        return self._since is None

    def halt(self) -> None:
        self._at, self._since = self.now(), None

    def go(self) -> None:
        if self._since is None:
            self._since = running_seconds()

    def now(self) -> datetime:
        ran = 0.0 if self._since is None else running_seconds() - self._since
        return self._at + timedelta(seconds=ran * self.speed)

    def machine(self) -> datetime:
        return machine_now()

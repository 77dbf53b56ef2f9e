"""Two clocks: the world's time, which replay and demo bend, and the machine's own, which nobody bends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the world's time in UTC: what goes into cases and cursors."""

    def machine(self) -> datetime:
        """Return the machine's own time in UTC: leases, time-outs, back-off, sessions and links."""

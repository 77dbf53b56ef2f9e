"""Tell systemd how we are: ready, stopping, alive. One datagram each; where there is no systemd, nothing.

https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def notify(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send a state, `READY=1` or several lines of them; False where nobody listens."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # abstract: a name without a file
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.settimeout(1)
        try:
            out.sendto(state.encode(), address)
        except OSError:  # it went away, or does not keep up: that must not stop us
            return False
    return True


def watchdog_every(environment: Mapping[str, str] = os.environ) -> timedelta | None:
    """Return how often to send `WATCHDOG=1`, half the time after which systemd loses patience; None when it does not watch us."""
    period, who = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not period.isdecimal() or int(period) == 0 or who not in ("", str(os.getpid())):
        return None
    return timedelta(microseconds=int(period)) / 2

"""What sending to people and sending to platforms have in common: who carries what, and how long to wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from webcare.ports.connector import Doer, Sender
    from webcare.ports.notifier import Notifier

SLOWEST = timedelta(seconds=90)  # well before a lease runs out: whoever takes it over must be the only one
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=5), timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Who carries what: a notifier for people, a sender for each channel account, a doer where messages can be hidden or liked.

    What takes `slowest` counts as without an answer.
    """

    notifier: Notifier
    senders: Mapping[str, Sender]
    holder: str
    slowest: timedelta = SLOWEST
    memory: Path | None = None
    doers: Mapping[str, Doer] = field(default_factory=dict)


def retry_after(attempt: int) -> timedelta:
    """Return how long to wait after that many attempts: doubling, up to a quarter of an hour."""
    doubled: timedelta = FIRST_RETRY * (1 << min(attempt - 1, 20))
    return min(doubled, LONGEST_RETRY)

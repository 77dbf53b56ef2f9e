"""What the pages know of a demo: what people were told, and the clock that runs too fast. In a real house there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class Way(StrEnum):
    ALERT = "alert"
    MAIL = "mail"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A text as somebody received it. `by` is the contact it came by, or the channel; `html` the same letter as a page."""

    key: str
    at: datetime
    way: Way
    to: str
    by: str
    subject: str
    text: str
    html: str | None = None
    state: str | None = None


class Stage(Protocol):
    """The demo, as its page sees it."""

    @property
    def speed(self) -> float: ...

    @property
    def is_halted(self) -> bool: ...

    @property
    def visitor(self) -> str: ...

    def halt(self) -> None: ...

    def go(self) -> None: ...

    def told(self) -> Sequence[Told]:
        """Return everything that was received, the newest first."""

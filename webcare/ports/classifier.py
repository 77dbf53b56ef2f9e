"""Who says what a message means: the word rules, a model, or a fake in a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from webcare.domain.message import Kind
    from webcare.domain.verdict import Intent, Verdict

LOADING: Final = "loading"
READY: Final = "ready"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepliedTo:
    """The message that was answered: its text, and whether it was ours."""

    text: str
    by_us: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One message to classify, with what triage knows about it.

    `kind` is None where the asker does not know; `language_hint` is the conversation's or channel's language; `earlier` holds the
    intents of the customer's earlier messages in this conversation, oldest first.
    """

    id: str
    text: str
    kind: Kind | None = None
    language_hint: str | None = None
    replied_to: RepliedTo | None = None
    we_spoke_last: bool = False
    earlier: tuple[tuple[Intent, ...], ...] = ()
    explain: bool = False


class Classifier(Protocol):
    @property
    def name(self) -> str:
        """Goes into `Verdict.model`, with a version."""

    def classify(self, requests: Sequence[Request]) -> list[Verdict]:
        """Return one verdict a request, in the same order. Never raises for what a text holds; may block."""


class Serving(Classifier, Protocol):
    """A classifier that loads in a thread of its own; until then, and when that fails, another answers in its place."""

    @property
    def state(self) -> str:
        """LOADING, READY or FAILED."""

    @property
    def trouble(self) -> str | None:
        """Why what was to be loaded last is not there, in one sentence; None when it is, or is still loading."""

    @property
    def waiting(self) -> int:
        """How many texts wait for their turn."""

    def start(self) -> None:
        """Begin to load; return at once."""

    def stop(self) -> None:
        """End the thread."""

    def swap(self, load: Callable[[], Classifier]) -> None:
        """Load another; the present one answers until it is there, and goes on when it cannot be loaded."""

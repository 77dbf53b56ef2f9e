"""What a reader says of a message, by the annotation guide: what a model is taught and measured by.

None means that nobody said: a label that is not there is not the opposite of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webcare.domain.verdict import Intent, Sentiment, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """An empty set of intents says that there is none."""

    sentiment: Sentiment | None = None
    intents: frozenset[Intent] | None = None
    needs_response: bool | None = None
    urgency: Urgency | None = None

    @property
    def is_empty(self) -> bool:
        return self == Labels()

"""What a classifier makes of one message, and how sure it is. The labels are those of the annotation guide."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

STAND_IN: Final = "stand-in:"  # before the name of whoever answered in place of a model that was not ready: asked again later


class Sentiment(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Intent(StrEnum):
    """None of them is called noise in reports."""

    QUESTION = "question"
    COMPLAINT = "complaint"
    PRAISE = "praise"
    COURTESY = "courtesy"


class Urgency(StrEnum):
    HIGH = "high"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A word that carried the decision; `weight` > 0 speaks for the label, < 0 against it."""

    word: str
    label: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Scores are calibrated probabilities from 0 to 1.

    `needs_response` is the best single decision; `unsure` says that the score lies between the two cost thresholds, on either
    side of that decision. `language` is ISO 639-1 or `und`. `model` names who said so.
    """

    language: str
    sentiment: Sentiment
    sentiment_scores: Mapping[Sentiment, float]
    intents: tuple[Intent, ...]
    intent_scores: Mapping[Intent, float]
    needs_response: bool
    needs_response_score: float
    unsure: bool
    urgency: Urgency
    urgency_score: float
    model: str
    why: tuple[Reason, ...] = field(default=())

    @property
    def is_stand_in(self) -> bool:
        return self.model.startswith(STAND_IN)

"""A verdict as labels: how sure the machine is, told by the edge of a label before its figure tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from webcare.domain.verdict import Intent, Sentiment

SURE, FAIR = 80, 60  # per cent
FACES: Final = {"negative": "neg", "neutral": "neu", "positive": "pos"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """`percent` is None where a person said so, or nobody measured it."""

    name: str
    percent: int | None

    @property
    def is_guess(self) -> bool:
        return self.percent is not None and self.percent < FAIR

    @property
    def band(self) -> str:
        """Return the class of the edge."""
        if self.percent is None or self.percent >= SURE:
            return ""
        return " fair" if self.percent >= FAIR else " unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    intents: tuple[Label, ...]
    sentiment: Label | None

    @property
    def face(self) -> str:
        return FACES["neutral" if self.sentiment is None else self.sentiment.name]


def labels(intents: Sequence[Intent], sentiment: Sentiment | None, scores: Mapping[str, float], *, by_person: bool) -> Labels:
    """Return the labels of a message; what a person said has no percentage."""

    def label(name: str) -> Label:
        score = None if by_person else scores.get(name)
        return Label(name=name, percent=None if score is None else round(100 * score))

    return Labels(
        intents=tuple(label(intent.value) for intent in intents),
        sentiment=None if sentiment is None else label(sentiment.value),
    )

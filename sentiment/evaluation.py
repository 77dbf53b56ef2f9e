"""How good a classifier is, counted: pure figures over verdicts and the labels that people gave.

What matters most is that nobody who waits is passed over: a message is *caught* when it needs an answer by the verdict, or is unsure.
A missed one costs as much as twenty false alarms. A label that nobody gave is left out of its figure; a figure over nothing is None.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from webcare.domain.verdict import Intent, Sentiment, Urgency

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from webcare.domain.labels import Labels
    from webcare.domain.verdict import Verdict

MISSED_COSTS: Final = 20  # false alarms
ECE_LIMIT: Final = 0.05  # how far probabilities may be off
BINS: Final = 15
_PAIR: Final = "pair-"  # what begins so names a pair: the same words, another label
HARD_PAIR: Final = "hard pair"  # as which they are told of together
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A message with what people say of it and what a classifier says. `traps` are the difficulties that it was written for."""

    labels: Labels
    verdict: Verdict
    language: str
    traps: tuple[str, ...] = ()

    @property
    def is_caught(self) -> bool:
        return self.verdict.needs_response or self.verdict.unsure


# --- figures ---


def recall(truth: Sequence[bool], said: Sequence[bool]) -> float | None:
    """Return which share of what is so was said to be so."""
    hits = [one for is_so, one in zip(truth, said, strict=True) if is_so]
    return sum(hits) / len(hits) if hits else None


def precision(truth: Sequence[bool], said: Sequence[bool]) -> float | None:
    """Return which share of what was said to be so is so."""
    return recall(said, truth)


def f1(truth: Sequence[bool], said: Sequence[bool]) -> float | None:
    """Return the harmonic mean of both; None where there is nothing to find."""
    hits = sum(is_so and one for is_so, one in zip(truth, said, strict=True))
    return 2 * hits / (sum(truth) + sum(said)) if any(truth) else None


def macro(
    figure: Callable[[Sequence[bool], Sequence[bool]], float | None], truth: Sequence[str], said: Sequence[str]
) -> float | None:
    """Return the mean of a figure over the labels that occur, each counted alike."""
    found = [figure([one == label for one in truth], [one == label for one in said]) for label in sorted(set(truth))]
    known = [one for one in found if one is not None]
    return sum(known) / len(known) if known else None


def ece(scores: Sequence[float], truth: Sequence[bool], bins: int = BINS) -> float | None:
    """Return the expected calibration error: how far what is said to be likely is from how often it is so, over bins of equal width."""
    if not scores:
        return None
    p, y = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    place = np.minimum((p * bins).astype(np.int64), bins - 1)
    said, so = np.bincount(place, weights=p, minlength=bins), np.bincount(place, weights=y, minlength=bins)
    return float(np.abs(said - so).sum() / len(p))


def costs(judged: Iterable[Judged]) -> list[int]:
    """Return what a classifier costs on each message of which people said whether it needs an answer."""
    return [_cost(one) for one in judged if one.labels.needs_response is not None]


def _cost(one: Judged) -> int:
    if one.is_caught:
        return 0 if one.labels.needs_response else 1
    return MISSED_COSTS if one.labels.needs_response else 0


# --- the report ---


def report(judged: Sequence[Judged]) -> Figures:
    """Return every figure: over all, by language and by trap."""
    languages, traps = defaultdict(list), defaultdict(list)
    for one in judged:
        languages[one.language].append(one)
        for trap in {HARD_PAIR if trap.startswith(_PAIR) else trap for trap in one.traps}:
            traps[trap].append(one)
    return {
        "n": len(judged),
        "all": figures(judged),
        "languages": {
            name: figures(languages[name]) for name in sorted(languages, key=lambda name: (-len(languages[name]), name))
        },
        "traps": {name: trap_figures(traps[name]) for name in sorted(traps)},
    }


def figures(judged: Sequence[Judged]) -> Figures:
    """Return the figures of some messages together."""
    return {
        "n": len(judged),
        "needs_response": _needs(judged),
        "f1": {intent.value: _intent(judged, intent, f1) for intent in Intent},
        **_sentiment(judged),
        "urgency_f1": f1(*_urgency(judged)),
        "ece": _calibration(judged),
    }


def _needs(judged: Sequence[Judged]) -> Figures:
    known = [one for one in judged if one.labels.needs_response is not None]
    truth = [bool(one.labels.needs_response) for one in known]
    said = [one.verdict.needs_response for one in known]
    sure = [one.verdict.needs_response and not one.verdict.unsure for one in known]
    cost = costs(known)
    return {
        "n": len(known),
        "recall": recall(truth, said),
        "precision": precision(truth, said),
        "precision_sure": precision(truth, sure),
        "caught": recall(truth, [one.is_caught for one in known]),
        "unsure": sum(one.verdict.unsure for one in judged) / len(judged) if judged else None,
        "cost": sum(cost) / len(cost) if any(truth) else None,
    }


def _intent(
    judged: Iterable[Judged], intent: Intent, figure: Callable[[Sequence[bool], Sequence[bool]], float | None]
) -> float | None:
    known = [one for one in judged if one.labels.intents is not None]
    truth = [intent in (one.labels.intents or ()) for one in known]
    return figure(truth, [intent in one.verdict.intents for one in known])


def _sentiment(judged: Iterable[Judged]) -> Figures:
    known = [(one.labels.sentiment.value, one.verdict.sentiment.value) for one in judged if one.labels.sentiment is not None]
    truth, said = [so for so, _ in known], [one for _, one in known]
    return {"sentiment_macro_f1": macro(f1, truth, said), "sentiment_macro_recall": macro(recall, truth, said)}


def _urgency(judged: Iterable[Judged]) -> tuple[list[bool], list[bool]]:
    known = [one for one in judged if one.labels.urgency is not None]
    return [one.labels.urgency is Urgency.HIGH for one in known], [one.verdict.urgency is Urgency.HIGH for one in known]


def _calibration(judged: Sequence[Judged]) -> Figures:
    """Return the error of each head; of sentiment, of the label that it names."""
    felt = [one for one in judged if one.labels.sentiment is not None and one.verdict.sentiment_scores]
    meant = [one for one in judged if one.labels.intents is not None and one.verdict.intent_scores]
    needed = [one for one in judged if one.labels.needs_response is not None]
    hurried = [one for one in judged if one.labels.urgency is not None]
    return {
        "sentiment": ece(
            [_likeliest(one.verdict.sentiment_scores) for one in felt],
            [one.verdict.sentiment is one.labels.sentiment for one in felt],
        ),
        **{
            intent.value: ece(
                [one.verdict.intent_scores[intent] for one in meant], [intent in (one.labels.intents or ()) for one in meant]
            )
            for intent in Intent
        },
        "needs": ece([one.verdict.needs_response_score for one in needed], [bool(one.labels.needs_response) for one in needed]),
        "urgency": ece([one.verdict.urgency_score for one in hurried], [one.labels.urgency is Urgency.HIGH for one in hurried]),
    }


def _likeliest(scores: Mapping[Sentiment, float]) -> float:
    return max(scores.values())


def trap_figures(judged: Sequence[Judged]) -> Figures:
    """Return the shares that are right among messages with a trap: of each label, and of all three at once."""
    return {
        "n": len(judged),
        "needs_response": _share(judged, lambda one: one.labels.needs_response, lambda one: one.verdict.needs_response),
        "intents": _share(judged, lambda one: one.labels.intents, lambda one: frozenset(one.verdict.intents)),
        "sentiment": _share(judged, lambda one: one.labels.sentiment, lambda one: one.verdict.sentiment),
        "caught": recall(
            [bool(one.labels.needs_response) for one in judged if one.labels.needs_response is not None],
            [one.is_caught for one in judged if one.labels.needs_response is not None],
        ),
        "complaint_recall": _intent(judged, Intent.COMPLAINT, recall),
    }


def _share(judged: Iterable[Judged], truth: Callable[[Judged], object], said: Callable[[Judged], object]) -> float | None:
    known = [truth(one) == said(one) for one in judged if truth(one) is not None]
    return sum(known) / len(known) if known else None

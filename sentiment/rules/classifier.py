"""The word rules as a classifier: read, find, decide, say so.

It keeps nothing between two messages, asks no network and never raises for what a text holds: it is what remains when no model is
installed or the model is broken, and a message that nobody classified is a customer that nobody answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentiment.rules.context import Context
from sentiment.rules.decide import decide
from sentiment.rules.evidence import collect
from sentiment.rules.language import UNKNOWN, detect
from sentiment.rules.text import read
from webcare.domain.verdict import Intent, Reason, Sentiment, Urgency, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentiment.rules.decide import Scores
    from sentiment.rules.text import Reading
    from webcare.ports.classifier import Request

NAME = "rules-1"
NEEDED = 0.5
# A missed complaint costs twenty false alarms, so doubt begins far below the decision.
DOUBT_FROM, DOUBT_TO = 0.15, 0.70
_SUBSTANTIAL = 3
_HIGH = 0.5
_INTENT = 0.5


class RuleClassifier:
    """Classifies Dutch and English by word lists. Safe to share between threads."""

    @property
    def name(self) -> str:
        return NAME

    def classify(self, requests: Sequence[Request]) -> list[Verdict]:
        return [_verdict(request) for request in requests]


def _verdict(request: Request) -> Verdict:
    reading = read(request.text)
    words = reading.words
    language = detect(words, hint=request.language_hint, elsewhere=reading.letters_elsewhere)
    scores = decide(reading, collect(reading, language), Context.of(request))
    needs = scores.needs
    is_foreign = language == UNKNOWN and (_real_words(reading) >= _SUBSTANTIAL or reading.letters_elsewhere >= _SUBSTANTIAL)
    if is_foreign and not reading.is_retweet:
        needs = max(needs, 0.35)
    feeling = {Sentiment.NEGATIVE: scores.negative, Sentiment.NEUTRAL: scores.neutral, Sentiment.POSITIVE: scores.positive}
    by_intent = {
        Intent.QUESTION: scores.question,
        Intent.COMPLAINT: scores.complaint,
        Intent.PRAISE: scores.praise,
        Intent.COURTESY: scores.courtesy,
    }
    return Verdict(
        language=language,
        sentiment=max(feeling, key=lambda s: feeling[s]),
        sentiment_scores=feeling,
        intents=_intents(by_intent),
        intent_scores=by_intent,
        needs_response=needs >= NEEDED,
        needs_response_score=needs,
        unsure=DOUBT_FROM <= needs < DOUBT_TO or is_foreign,
        urgency=Urgency.HIGH if scores.urgent >= _HIGH else Urgency.NORMAL,
        urgency_score=scores.urgent,
        model=NAME,
        why=_why(scores) if request.explain else (),
    )


def _intents(scores: dict[Intent, float]) -> tuple[Intent, ...]:
    """Those over the line; courtesy stands alone."""
    found = tuple(i for i in (Intent.QUESTION, Intent.COMPLAINT, Intent.PRAISE) if scores[i] >= _INTENT)
    return found or ((Intent.COURTESY,) if scores[Intent.COURTESY] >= _INTENT else ())


def _real_words(reading: Reading) -> int:
    return sum(word.isalpha() and len(word) > 1 for word in reading.words)


def _why(scores: Scores) -> tuple[Reason, ...]:
    return tuple(Reason(word=c.word, label=c.label, weight=c.weight) for c in scores.why)

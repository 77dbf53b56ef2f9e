"""From the sums of the heads to a verdict: which language, how probable each label, what is decided and what is doubted.

Pure. Thresholds come with the heads and are by language; what is fixed here is what no figure may change: courtesy stands alone, a
question that needs no answer is doubted, and a text that cannot be read is shown to a person.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sentiment.model.heads import LANGUAGES, SPANS, UNKNOWN
from sentiment.rules.language import is_in_both
from webcare.domain.verdict import Intent, Sentiment, Urgency, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentiment.model.heads import Calibration, Heads, Thresholds

SENTIMENTS: Final = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)
_KNOWN: Final = LANGUAGES[:2]
_SURE_OF_LANGUAGE: Final = 0.6
_WORDS_OF_A_LANGUAGE, _WORDS_OF_A_SENTENCE = 2, 3
_WORD: Final = re.compile(r"\[\w+\]|([^\W\d_]{2,})")
_ELSEWHERE: Final = re.compile(r"[^\W\d_\x00-\u024f\u1e00-\u1eff]")
_LATIN: Final = re.compile(r"[^\W\d_]")
_LETTERS_OF_A_SENTENCE: Final = 3  # in a script that may write it without a space


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be told of a masked text without a model.

    `words` of two letters and more, markers are none. `is_elsewhere`: it is written in another script than ours. `is_mixed`: it is
    Dutch and English, which the head for languages does not see: it names the one that has more words.
    """

    words: int
    is_elsewhere: bool
    is_mixed: bool


def read(text: str) -> Reading:
    words = [found[1].lower() for found in _WORD.finditer(text) if found[1]]
    return Reading(len(words), False if text.isascii() else _is_elsewhere(text), is_in_both(words))


def _is_elsewhere(text: str) -> bool:
    letters = len(_ELSEWHERE.findall(text))
    return letters >= _LETTERS_OF_A_SENTENCE and 2 * letters > len(_LATIN.findall(text))


def decide(heads: Heads, z: Sequence[float], text: str, hint: str | None, model: str) -> Verdict:
    """Return the verdict on a masked text whose heads gave the sums `z`, in the order of SPANS."""
    reading = read(text)
    language, is_other = _language(heads, z, reading, hint)
    limits = heads.limits(language)
    scores = {intent: _score(heads, z, intent.value, language) for intent in Intent}
    needs = _score(heads, z, "needs", language)
    urgent = _score(heads, z, "urgency", language)
    feeling = softmax(z[0:3], heads.of("sentiment", language))
    intents = _intents(scores, limits)
    is_foreign = is_other and (reading.words >= _WORDS_OF_A_SENTENCE or reading.is_elsewhere)
    contradicts = needs < limits.unsure_from and (Intent.QUESTION in intents or Intent.COMPLAINT in intents)
    return Verdict(
        language=language,
        sentiment=SENTIMENTS[max(range(3), key=feeling.__getitem__)],
        sentiment_scores=dict(zip(SENTIMENTS, feeling, strict=True)),
        intents=intents,
        intent_scores=scores,
        needs_response=needs >= limits.needs,
        needs_response_score=needs,
        unsure=limits.unsure_from <= needs < limits.unsure_to or is_foreign or contradicts,
        urgency=Urgency.HIGH if urgent >= limits.urgency else Urgency.NORMAL,
        urgency_score=urgent,
        model=model,
    )


def silence(hint: str | None, model: str) -> Verdict:
    """Return the verdict on a message without a text: it says nothing, whatever surrounds it."""
    return Verdict(
        language=hint if hint in _KNOWN else UNKNOWN,
        sentiment=Sentiment.NEUTRAL,
        sentiment_scores={Sentiment.NEGATIVE: 0.0, Sentiment.NEUTRAL: 1.0, Sentiment.POSITIVE: 0.0},
        intents=(),
        intent_scores=dict.fromkeys(Intent, 0.0),
        needs_response=False,
        needs_response_score=0.0,
        unsure=False,
        urgency=Urgency.NORMAL,
        urgency_score=0.0,
        model=model,
    )


def _language(heads: Heads, z: Sequence[float], reading: Reading, hint: str | None) -> tuple[str, bool]:
    """Return the language, and whether the text is in one that the model does not know."""
    if reading.is_elsewhere:
        return UNKNOWN, True
    if reading.words >= _WORDS_OF_A_LANGUAGE:
        begin, end = SPANS["language"]
        chances = softmax(z[begin:end], heads.of("language", UNKNOWN))
        best = max(range(3), key=chances.__getitem__)
        is_sure = chances[best] >= _SURE_OF_LANGUAGE
        if is_sure and LANGUAGES[best] not in _KNOWN:
            return UNKNOWN, True
        if is_sure and not reading.is_mixed:
            return LANGUAGES[best], False
    return (hint, False) if hint is not None and hint in _KNOWN else (UNKNOWN, False)


def _intents(scores: dict[Intent, float], limits: Thresholds) -> tuple[Intent, ...]:
    """Those over the line; courtesy stands alone."""
    lines = ((Intent.QUESTION, limits.question), (Intent.COMPLAINT, limits.complaint), (Intent.PRAISE, limits.praise))
    found = tuple(intent for intent, line in lines if scores[intent] >= line)
    return found or ((Intent.COURTESY,) if scores[Intent.COURTESY] >= limits.courtesy else ())


def _score(heads: Heads, z: Sequence[float], head: str, language: str) -> float:
    calibration = heads.of(head, language)
    return sigmoid(calibration.scale * z[SPANS[head][0]] + calibration.shift[0])


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -_FAR else 0.0


_FAR: Final = 700.0  # exp(700) still is a number


def softmax(z: Sequence[float], calibration: Calibration) -> list[float]:
    sums = [calibration.scale * one + shift for one, shift in zip(z, calibration.shift, strict=True)]
    most = max(sums)
    parts = [math.exp(max(one - most, -_FAR)) for one in sums]
    total = math.fsum(parts)
    return [part / total for part in parts]

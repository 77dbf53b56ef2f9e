"""Why: each word is left out once, and what a label loses without it is its pull. One pass over all of them.

What is shown are the words as the model reads them, so nobody's handle or number stands in an explanation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sentiment.model.heads import SPANS
from webcare.domain.verdict import Reason, Sentiment, Urgency

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from sentiment.model.encoder import Pair
    from sentiment.model.heads import Heads, Matrix
    from webcare.domain.verdict import Verdict

AROUND: Final = "[context]"  # stands for all that is known around the message
NEEDS: Final = "needs_response"
STRONGEST: Final = 8
MOST_WORDS: Final = 40
_WEAKEST: Final = 0.05
_END_OF_SENTENCE: Final = re.compile(r"[.!?]+[\"')]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The words to leave out, and the message without each of them, the whole one first."""

    words: tuple[str, ...]
    pairs: tuple[Pair, ...]


def trial(text: str, around: str = "") -> Trial:
    words = text.split()
    tried = chosen(words)
    without = [(" ".join(words[:i] + words[i + 1 :]), around) for i in tried]
    named = [words[i] for i in tried]
    if around:
        named, without = [*named, AROUND], [*without, (text, "")]
    return Trial(words=tuple(named), pairs=((text, around), *without))


def chosen(words: Sequence[str]) -> list[int]:
    """Return which words are tried: all of them, or as many as bearable, in turn the longest of each sentence."""
    if len(words) <= MOST_WORDS:
        return list(range(len(words)))
    sentences: list[list[int]] = [[]]
    for i, word in enumerate(words):
        sentences[-1].append(i)
        if _END_OF_SENTENCE.search(word):
            sentences.append([])
    ranked = [sorted(sentence, key=lambda i: (-len(words[i]), i)) for sentence in sentences]
    found: list[int] = []
    for turn in range(max(map(len, ranked))):
        found += [sentence[turn] for sentence in ranked if turn < len(sentence)]
        if len(found) >= MOST_WORDS:
            break
    return sorted(found[:MOST_WORDS])


def reasons(words: Sequence[str], pulls: Mapping[str, NDArray[np.float32]]) -> tuple[Reason, ...]:
    """Return the strongest. `pulls` gives for each label its log-odds, of the whole message first."""
    found: dict[tuple[str, str], float] = {}
    for label, odds in pulls.items():
        for word, lost in zip(words, (odds[0] - odds[1:]).tolist(), strict=True):
            key = (word, label)
            if abs(lost) >= _WEAKEST and abs(lost) > abs(found.get(key, 0.0)):
                found[key] = lost
    strongest = sorted(found.items(), key=lambda item: -abs(item[1]))[:STRONGEST]
    return tuple(Reason(word=word, label=label, weight=round(weight, 2)) for (word, label), weight in strongest)


def pulls(heads: Heads, verdict: Verdict, z: Matrix) -> dict[str, NDArray[np.float32]]:
    """Return the log-odds of what a verdict says, in each row of sums; those of `needs_response` where it names no intent."""
    language = verdict.language
    found = {intent.value: _binary(heads, z, intent.value, language) for intent in verdict.intents}
    if not found:
        found[NEEDS] = _binary(heads, z, "needs", language)
    if verdict.sentiment is not Sentiment.NEUTRAL:
        found[verdict.sentiment.value] = _of_three(heads, z, list(Sentiment).index(verdict.sentiment), language)
    if verdict.urgency is Urgency.HIGH:
        found["urgency"] = _binary(heads, z, "urgency", language)
    return found


def _binary(heads: Heads, z: Matrix, head: str, language: str) -> NDArray[np.float32]:
    calibration = heads.of(head, language)
    odds: NDArray[np.float32] = calibration.scale * z[:, SPANS[head][0]] + calibration.shift[0]
    return odds


def _of_three(heads: Heads, z: Matrix, column: int, language: str) -> NDArray[np.float32]:
    """Return the log-odds of one sentiment against the other two."""
    calibration = heads.of("sentiment", language)
    sums = calibration.scale * z[:, 0:3] + np.asarray(calibration.shift, dtype=np.float32)
    others = np.delete(sums, column, axis=1)
    odds: NDArray[np.float32] = sums[:, column] - np.logaddexp(others[:, 0], others[:, 1])
    return odds

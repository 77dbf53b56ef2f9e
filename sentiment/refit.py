"""The heads, fitted again to what people corrected, on the frozen encoder: numpy, minutes, no torch.

Each head is a logistic regression that is pulled towards the present one: with little to learn it stays as it is. What it is taught is
people's words on messages, and beside them the own data as the present heads see it, so that nothing is forgotten; what nobody said of a
message teaches nothing.

Of our own 47,200 messages the embeddings take 145 MB and the fit needs as much again; the minutes go into the embeddings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sentiment.least import least
from sentiment.model.heads import LANGUAGES, OUTPUTS, SPANS, Matrix
from webcare.domain.verdict import Intent, Sentiment, Urgency

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from sentiment.model.heads import Heads
    from webcare.domain.labels import Labels

    Numbers = NDArray[np.float64]

TAUGHT: Final = (
    "sentiment",
    "question",
    "complaint",
    "praise",
    "courtesy",
    "needs",
    "urgency",
)  # of languages people say nothing
SENTIMENTS: Final = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)
STRENGTHS: Final = (0.3, 0.03)  # of the pull towards the present heads, where that alone holds them
BESIDE: Final = (
    0.0003,
)  # and beside messages that say what those know: they hold the heads where it matters, a pull where it does not
STILL: Final = 1e-4  # the slope at which a fit ends: what is left to gain is less than messages can tell
CHANGED, SEEN = 5.0, 1.0  # the weight of a label that a person changed, and of one that they left
MOST: Final = 0.25  # of what is taught is people's at the most: three quarters keep what is known from being forgotten
HALFWAY: Final = (
    100  # corrections with which they have half of that: a handful may be one person's whim, hundreds are how it is here
)
_KNOWN: Final = LANGUAGES[:2]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """Messages: `embeddings` (n, size), `targets` (n, OUTPUTS) with NaN where nobody said, `weights` (n, OUTPUTS), `languages` (n)."""

    embeddings: Matrix
    targets: Matrix
    weights: Matrix
    languages: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.embeddings)

    def __add__(self, other: Lesson) -> Lesson:
        return Lesson(
            embeddings=np.concatenate((self.embeddings, other.embeddings)),
            targets=np.concatenate((self.targets, other.targets)),
            weights=np.concatenate((self.weights, other.weights)),
            languages=self.languages + other.languages,
        )


def targets(labels: Sequence[Labels], languages: Sequence[str]) -> Matrix:
    """Return labels as the heads' outputs should be, NaN where nobody said."""
    found = np.full((len(labels), OUTPUTS), np.nan, dtype=np.float32)
    for row, (said, language) in enumerate(zip(labels, languages, strict=True)):
        if said.sentiment is not None:
            found[row, 0:3] = [said.sentiment is one for one in SENTIMENTS]
        if said.intents is not None:
            for intent in Intent:
                found[row, SPANS[intent.value][0]] = intent in said.intents
        if said.needs_response is not None:
            found[row, SPANS["needs"][0]] = said.needs_response
        if said.urgency is not None:
            found[row, SPANS["urgency"][0]] = said.urgency is Urgency.HIGH
        if language in LANGUAGES:
            begin, end = SPANS["language"]
            found[row, begin:end] = [language == one for one in LANGUAGES]
    return found


def shares(people: Lesson) -> Numbers:
    """Return which share of the teaching each output leaves to people; what they only confirmed counts as a fifth of what they changed."""
    n = (people.weights * ~np.isnan(people.targets)).sum(axis=0) / CHANGED
    found: Numbers = np.asarray(MOST * n / (n + HALFWAY), dtype=np.float64)
    return found


def joined(own: Lesson, people: Lesson, share: Numbers) -> Lesson:
    """Return both lessons, people's so much heavier that they have their share however large the other is; alone they have all."""
    ours, theirs = ((one.weights * ~np.isnan(one.targets)).sum(axis=0, dtype=np.float64) for one in (own, people))
    is_both = (ours > 0) & (theirs > 0)
    factor = np.where(is_both, share / (1 - share) * ours / np.where(theirs > 0, theirs, 1), 1)
    return own + replace(people, weights=(people.weights * factor).astype(np.float32))


def remembered(lesson: Lesson, heads: Heads) -> Lesson:
    """Return a lesson that teaches what the heads say already, of what it taught: who learns beside it forgets nothing.

    Labels would not do, where the encoder was taught the same messages: on those it is surer than it will ever be again.
    """
    z, found = heads.logits(lesson.embeddings), lesson.targets.copy()
    for head in TAUGHT:
        begin, end = SPANS[head]
        said = _sigmoid(z[:, begin:end]) if end - begin == 1 else _shares_of(z[:, begin:end])
        found[:, begin:end] = np.where(np.isnan(found[:, begin:end]), np.nan, said)
    return replace(lesson, targets=found)


def refit(heads: Heads, lesson: Lesson, strength: float, taught: Collection[str] = TAUGHT) -> Heads:
    """Return the heads as the lesson would have those that are `taught`; calibration and thresholds have to be found anew."""
    weights, bias = heads.weights.copy(), heads.bias.copy()
    size = float(np.sqrt(np.mean(np.square(lesson.embeddings)))) or 1.0
    for head in taught:
        begin, end = SPANS[head]
        rows = ~np.isnan(lesson.targets[:, begin])
        if not rows.any():
            continue
        present = np.column_stack((heads.weights[begin:end] * size, heads.bias[begin:end])).astype(np.float64)
        found = _fitted(
            np.column_stack((lesson.embeddings[rows] / size, np.ones(int(rows.sum()), dtype=np.float32))),
            lesson.targets[rows, begin:end],
            lesson.weights[rows, begin],
            present,
            strength,
        )
        weights[begin:end], bias[begin:end] = found[:, :-1] / size, found[:, -1]
    return replace(heads, weights=weights, bias=bias)


def _fitted(x: Matrix, y: Matrix, mass: Matrix, present: Numbers, strength: float) -> Numbers:
    """Return (outputs, size + 1) that fit; one output is a yes or no, several exclude each other."""
    share = (mass / mass.sum()).astype(np.float32)
    outputs = len(present)

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        own = flat.reshape(present.shape)
        value, off = _surprise(x @ own.T.astype(np.float32), y, share)
        away = own - present
        slope = (off.T @ x).astype(np.float64) + strength * away
        return value + strength / 2 * float(np.square(away).sum()), slope.ravel()

    return least(loss, present.ravel(), still=STILL).reshape(outputs, -1)


def _surprise(z: Matrix, y: Matrix, share: Matrix) -> tuple[float, Matrix]:
    """Return the log loss of sums against what is so, and how far off each probability is, both by share."""
    if z.shape[1] == 1:
        each = np.asarray((np.logaddexp(0, z) - y * z)[:, 0], dtype=np.float64)
        off = _sigmoid(z) - y
    else:
        top = z - z.max(axis=1, keepdims=True)
        norm = np.log(np.exp(top).sum(axis=1, keepdims=True))
        each = np.asarray(-(y * (top - norm)).sum(axis=1), dtype=np.float64)
        off = np.asarray(np.exp(top - norm) - y, dtype=np.float32)
    return float(each @ share), off * share[:, None]


def _shares_of(z: Matrix) -> Matrix:
    each = np.exp(z - z.max(axis=1, keepdims=True))
    found: Matrix = np.asarray(each / each.sum(axis=1, keepdims=True), dtype=np.float32)
    return found


def _sigmoid(z: Matrix) -> Matrix:
    found: Matrix = np.asarray(1 / (1 + np.exp(-np.clip(z, -60, 60))), dtype=np.float32)
    return found


def surprise(heads: Heads, lesson: Lesson) -> float:
    """Return how surprised the heads are by a lesson: the mean log loss over those that it teaches."""
    z, found = heads.logits(lesson.embeddings), []
    for head in TAUGHT:
        begin, end = SPANS[head]
        rows = ~np.isnan(lesson.targets[:, begin])
        if rows.any():
            mass = lesson.weights[rows, begin]
            found.append(_surprise(z[rows, begin:end], lesson.targets[rows, begin:end], mass / mass.sum())[0])
    return sum(found) / len(found) if found else 0.0


def best(
    heads: Heads, lesson: Lesson, held: Lesson, taught: Collection[str] = TAUGHT, strengths: Collection[float] = STRENGTHS
) -> Heads:
    """Return the heads fitted with the pull after which they are least surprised by a lesson kept apart."""
    return min((refit(heads, lesson, strength, taught) for strength in strengths), key=lambda one: surprise(one, held))

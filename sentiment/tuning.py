"""From sums to probabilities that hold, and from those to decisions: found on messages that no head was fitted to.

A probability of 0.7 has to be right seven times in ten, in each language. Then thresholds can be reasoned about: one who waits and is
missed costs twenty false alarms, so that doubt begins at a chance of one in twenty-one at the latest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sentiment.evaluation import MISSED_COSTS
from sentiment.least import least
from sentiment.model.heads import LANGUAGES, SPANS, UNKNOWN, Calibration, Thresholds

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from sentiment.model.heads import Heads, Matrix
    from sentiment.refit import Lesson

    Numbers = NDArray[np.float64]

FEWEST: Final = 150  # messages of a language: with fewer its numbers stay as they are
FEWEST_OF_EACH: Final = 15  # of those that are, and of those that are not
DOUBT: Final = 1 / (1 + MISSED_COSTS)
RECALL: Final = 0.975  # of the best single decision: above what is promised, since other messages are not these
PASSED_OVER: Final = 0.005  # the share of those who wait that may lie below all doubt
SURE: Final = 0.91  # how often it is so where it is not doubted
EVEN: Final = 0.5  # and below this everything is doubted: the many that are clear must not carry those that are not
_CALM: Final = 1e-3  # keeps scale and shift finite where a head makes no mistake
_LANGUAGES: Final = (*LANGUAGES[:2], UNKNOWN)


def tune(heads: Heads, held: Lesson, taught: Collection[str] = tuple(SPANS)) -> Heads:
    """Return heads of which those that were `taught` have calibration and thresholds found on these messages.

    Where they are too few, those of before stay.
    """
    calibrated = calibrate(heads, held, taught)
    return replace(calibrated, thresholds=thresholds(calibrated, held, taught))


# --- probabilities ---


def calibrate(heads: Heads, held: Lesson, taught: Collection[str] = tuple(SPANS)) -> Heads:
    """Return heads whose scales and shifts make their probabilities hold; the head of languages keeps its own."""
    z = heads.logits(held.embeddings)
    found = {head: dict(by_language) for head, by_language in heads.calibration.items()}
    for head in taught:
        if head == "language":
            continue
        begin, end = SPANS[head]
        for language in _LANGUAGES:
            rows = _rows(held, head, language)
            if not _is_enough(held.targets[rows, begin:end]):
                continue
            found[head][language] = _calibrated(z[rows, begin:end], held.targets[rows, begin:end])
    return replace(heads, calibration=found)


def _rows(held: Lesson, head: str, language: str) -> NDArray[np.bool_]:
    """Return which messages say something of a head in a language; where it is not known any may be meant."""
    known = ~np.isnan(held.targets[:, SPANS[head][0]])
    return known if language == UNKNOWN else known & np.asarray([one == language for one in held.languages])


def _is_enough(y: Matrix) -> bool:
    if len(y) < FEWEST:
        return False
    so = y.sum(axis=0)
    return bool((so >= FEWEST_OF_EACH).all() and (len(y) - so >= FEWEST_OF_EACH).all())


def _calibrated(z: Matrix, y: Matrix) -> Calibration:
    """Return scale and shift; of several outputs the scale alone: how sure they are hangs on it, and which of them wins does not."""
    sums, so = z.astype(np.float64), y.astype(np.float64)
    outputs = sums.shape[1]
    moves = outputs == 1  # what is said of one thing

    def loss(x: Numbers) -> tuple[float, Numbers]:
        moved = x[0] * sums + (x[1] if moves else 0)
        if moves:
            value = np.logaddexp(0, moved) - so * moved
            off = 1 / (1 + np.exp(-np.clip(moved, -60, 60))) - so
        else:
            top = moved - moved.max(axis=1, keepdims=True)
            norm = np.log(np.exp(top).sum(axis=1, keepdims=True))
            value, off = -so * (top - norm), np.exp(top - norm) - so
        away = x - start
        slope = np.array([float((off * sums).sum()), float(off.sum())][: len(x)]) / len(sums) + _CALM * away
        return float(value.sum()) / len(sums) + _CALM / 2 * float(away @ away), slope

    start = np.array([1.0, 0.0] if moves else [1.0])
    found = least(loss, start)
    return Calibration(scale=float(found[0]), shift=(float(found[1]),) if moves else (0.0,) * outputs)


def chances(heads: Heads, z: Matrix, head: str, language: str) -> Numbers:
    """Return the probabilities of a head with one output."""
    of = heads.of(head, language)
    moved = of.scale * z[:, SPANS[head][0]].astype(np.float64) + of.shift[0]
    found: Numbers = 1 / (1 + np.exp(-np.clip(moved, -700, 700)))
    return found


# --- decisions ---


def thresholds(heads: Heads, held: Lesson, taught: Collection[str] = tuple(SPANS)) -> Mapping[str, Thresholds]:
    """Return where decisions begin, by language; of a language with too few messages, where they began before."""
    z, found = heads.logits(held.embeddings), dict(heads.thresholds)
    for language in _LANGUAGES:
        values = {}
        for head in ("needs", "question", "complaint", "praise", "courtesy", "urgency"):
            if head not in taught or not _is_enough(held.targets[_rows(held, head, language), SPANS[head][0] : SPANS[head][1]]):
                continue
            of = language if head == "needs" else UNKNOWN  # few praise: one line for all, since chances mean the same in each
            rows = _rows(held, head, of)
            y = held.targets[rows, SPANS[head][0]] > 0
            p = chances(heads, z[rows], head, of)
            values.update(needed(p, y) if head == "needs" else {head: most_f1(p, y)})
        if values:
            found[language] = replace(heads.limits(language), **values)
    return found


def needed(p: Numbers, y: NDArray[np.bool_], kept: float = RECALL) -> dict[str, float]:
    """Return where "needs an answer" begins, so that this share of who waits is kept, and between which probabilities it is doubted."""
    waiting = np.sort(p[y])
    most = float(waiting[int((1 - kept) * len(waiting))])  # above it too many would be missed
    decided = min(most_f1(p, y), most)
    lowest = float(waiting[int(PASSED_OVER * len(waiting))])
    return {"needs": decided, "unsure_from": min(DOUBT, lowest, decided), "unsure_to": _sure_from(p, y, max(decided, EVEN))}


def _sure_from(p: Numbers, y: NDArray[np.bool_], lowest: float) -> float:
    """Return the probability, `lowest` or above, from which on it is so often enough."""
    order = np.argsort(-p)
    right = np.cumsum(y[order]) / np.arange(1, len(p) + 1)
    sure = p[order][(right >= SURE) & (p[order] >= lowest)]
    return float(sure.min()) if len(sure) else 1.0


def most_f1(p: Numbers, y: NDArray[np.bool_]) -> float:
    """Return the threshold with the best F1: halfway between the two probabilities that it parts, never beyond 0.1 and 0.9."""
    order = np.argsort(-p, kind="stable")
    ranked, hits = p[order], np.cumsum(y[order])
    scores = 2 * hits / (np.arange(1, len(p) + 1) + int(y.sum()))
    ends = np.append(ranked[1:] < ranked[:-1], True)  # equal probabilities are decided alike
    at = int(np.argmax(np.where(ends, scores, -1.0)))
    below = float(ranked[at + 1]) if at + 1 < len(ranked) else 0.0
    return min(0.9, max(0.1, (float(ranked[at]) + below) / 2))

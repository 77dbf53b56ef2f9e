"""The heads: one matrix on top of the frozen encoder, how its sums become probabilities, and where each decision begins.

They are numbers and nothing else, so that they can be refitted without torch, kept in a database row and changed without loading
the encoder again.
"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sentiment.trouble import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

Matrix = NDArray[np.float32]

SPANS: Final = {
    "sentiment": (0, 3),
    "question": (3, 4),
    "complaint": (4, 5),
    "praise": (5, 6),
    "courtesy": (6, 7),
    "needs": (7, 8),
    "urgency": (8, 9),
    "language": (9, 12),
}
OUTPUTS: Final = 12
LANGUAGES: Final = ("nl", "en", "other")
UNKNOWN: Final = "und"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """p = sigmoid(scale * z + shift[0]), or softmax(scale * z + shift) where a head has three outputs."""

    scale: float
    shift: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Of one language, all of them probabilities."""

    needs: float
    unsure_from: float
    unsure_to: float
    question: float
    complaint: float
    praise: float
    courtesy: float
    urgency: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heads:
    """`weights` is (outputs, size of an embedding), `bias` (outputs); the outputs stand as in SPANS.

    `calibration` is by head and language, `thresholds` by language; `und` is in both and answers for a language that is not.
    """

    weights: Matrix
    bias: Matrix
    calibration: Mapping[str, Mapping[str, Calibration]]
    thresholds: Mapping[str, Thresholds]

    def logits(self, embeddings: Matrix) -> Matrix:
        """Return (n, OUTPUTS)."""
        found: Matrix = embeddings @ self.weights.T + self.bias
        return found

    def of(self, head: str, language: str) -> Calibration:
        by_language = self.calibration[head]
        return by_language.get(language) or by_language[UNKNOWN]

    def limits(self, language: str) -> Thresholds:
        return self.thresholds.get(language) or self.thresholds[UNKNOWN]

    def blob(self) -> bytes:
        """Return the numbers as `heads.npz` holds them."""
        file = io.BytesIO()
        np.savez(file, weights=self.weights, bias=self.bias)
        return file.getvalue()

    def settings(self) -> dict[str, Any]:
        """Return `calibration` and `thresholds` as `model.json` holds them."""
        return {
            "calibration": {
                head: {language: {"scale": [c.scale], "shift": list(c.shift)} for language, c in by_language.items()}
                for head, by_language in self.calibration.items()
            },
            "thresholds": {language: asdict(limits) for language, limits in self.thresholds.items()},
        }


def read_heads(blob: bytes, settings: Mapping[str, Any], *, numbers: str = "heads.npz", doc: str = "model.json") -> Heads:
    """Return heads from what `blob` and `settings` of others gave.

    Raises:
        ModelError: it is none of ours; `numbers` and `doc` name the two in its sentence.
    """
    try:
        with np.load(io.BytesIO(blob), allow_pickle=False) as arrays:
            weights, bias = (np.ascontiguousarray(arrays[name], dtype=np.float32) for name in ("weights", "bias"))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
        raise ModelError(f"{numbers} does not hold the arrays `weights` and `bias`") from None
    if weights.shape != (OUTPUTS, weights.shape[-1]) or bias.shape != (OUTPUTS,):
        raise ModelError(f"{numbers} holds heads of another shape than ({OUTPUTS}, size) and ({OUTPUTS},)")
    if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
        raise ModelError(f"{numbers} holds numbers that are none")
    try:
        return Heads(
            weights=weights,
            bias=bias,
            calibration={head: _calibrations(settings["calibration"][head], head) for head in SPANS},
            thresholds=_thresholds(settings["thresholds"]),
        )
    except KeyError as missing:
        raise ModelError(f"{doc} says nothing of {missing.args[0]}") from None
    except (TypeError, ValueError, AttributeError, IndexError):
        raise ModelError(f"{doc} holds a calibration or a threshold that is no number") from None


def _calibrations(by_language: Mapping[str, Mapping[str, Any]], head: str) -> dict[str, Calibration]:
    begin, end = SPANS[head]
    if UNKNOWN not in by_language:
        raise KeyError(f"{head} in {UNKNOWN}")
    found = {}
    for language, numbers in by_language.items():
        shift = tuple(_number(value) for value in numbers.get("shift") or (0.0,) * (end - begin))
        if len(shift) != end - begin:
            raise ValueError(head)
        found[language] = Calibration(scale=_number(numbers["scale"][0]), shift=shift)
    return found


def _thresholds(by_language: Mapping[str, Mapping[str, Any]]) -> dict[str, Thresholds]:
    if UNKNOWN not in by_language:
        raise KeyError(f"thresholds in {UNKNOWN}")
    names = [field.name for field in fields(Thresholds)]
    return {lang: Thresholds(**{name: _number(limits[name]) for name in names}) for lang, limits in by_language.items()}


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number

"""Several trained models judge better together than each of them alone: their mean answer is what one more is taught beside the labels.

They answer for every head, so a public text that has a label for one of them teaches the others too. And they answer for texts that nobody
labelled and none of them has seen: parts of two of our messages as one.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sentiment.model.classifier import ModelClassifier
from sentiment.model.folder import read_folder
from sentiment.train import corpora
from sentiment.train.corpora import Example

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Logits = NDArray[np.float32]

MIXED: Final = "mixed"  # the source of what nobody labelled
_EACH: Final = 2048  # texts that a process takes at a time
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_models: list[ModelClassifier] = []  # of one process


def heard(examples: Sequence[Example], folders: Sequence[Path]) -> list[Example]:
    """Return the examples with what the models in the folders say of them, on every core.

    Raises:
        ModelError: a folder holds no model.
    """
    parts = [[(e.text, e.around) for e in examples[at : at + _EACH]] for at in range(0, len(examples), _EACH)]
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), _open, (list(folders),)) as helpers:
        found = np.concatenate(list(helpers.map(_answers, parts)))
    return [replace(example, heard=tuple(row)) for example, row in zip(examples, found.tolist(), strict=True)]


def _open(folders: Sequence[Path]) -> None:
    _models.extend(ModelClassifier(read_folder(folder)) for folder in folders)


def _answers(pairs: list[tuple[str, str]]) -> Logits:
    """Return (pairs, OUTPUTS): the mean of the logits."""
    said: list[Any] = [m.encoder.embed(pairs) @ m.heads.weights.T + m.heads.bias for m in _models]
    return np.asarray(np.mean(said, axis=0), dtype=np.float32)


def mixed(number: int, dice: random.Random, own: Sequence[Example] | None = None) -> list[Example]:
    """Return texts of the beginning of one of our messages and the end of another in its language: Dutch ones twice as often."""
    by_language = {lang: [e for e in own or corpora.own("train") if e.lang == lang] for lang in ("nl", "en")}
    return list(_mixed(number, dice, by_language))


def _mixed(number: int, dice: random.Random, by_language: dict[str, list[Example]]) -> Iterator[Example]:
    for at in range(number):
        lang = "en" if at % 3 == 0 else "nl"
        first, second = dice.sample(by_language[lang], 2)
        begin, end = _SENTENCE.split(first.text), _SENTENCE.split(second.text)
        kept = [*begin[: dice.randint(1, len(begin))], *end[dice.randrange(len(end)) :]]
        around = dice.choice((first, second)).around
        yield Example(id=f"mixed-{at}", text=" ".join(filter(None, kept)), around=around, lang=lang, labels={}, source=MIXED)

"""The ways that were tried, on the same splits: what the model card's table says is made here.

bag of words    TF-IDF of words and of letter scraps, logistic regression
english         the English encoder as it is, taught our labels
from scratch    the same shape and our vocabulary, random weights
carried over    what ships, before it is made small, after each stage: the mean of its two models
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, recall_score
from sklearn.pipeline import make_union
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from sentiment.train import corpora
from sentiment.train.network import OUTPUTS, SPANS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sentiment.train.corpora import Example

    Logits = NDArray[np.float32]


def bag_of_words(taught: Sequence[Example], asked: Sequence[Example], *, balanced: bool = False) -> Logits:
    """Return logits (asked, OUTPUTS) of a logistic regression a head; zeros for a head that nothing taught."""
    scraps = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True, max_features=200_000),
    )
    seen = scraps.fit_transform([f"{e.text} {e.around}" for e in taught])
    new = scraps.transform([f"{e.text} {e.around}" for e in asked])
    found = np.zeros((len(asked), OUTPUTS), dtype=np.float32)
    for head, (begin, end) in SPANS.items():
        rows = [at for at, e in enumerate(taught) if head in e.labels]
        if not rows or head == "language":
            continue
        model = LogisticRegression(C=0.5 if balanced else 3, class_weight="balanced" if balanced else None, max_iter=300)
        sums = model.fit(seen[rows], [taught[at].labels[head] for at in rows]).decision_function(new)
        found[:, begin:end] = sums if end - begin > 1 else sums[:, None]
    return found


def scratch(base: Path, out: Path) -> None:
    """Write an encoder of the same shape and vocabulary that knows nothing."""
    config = BertConfig.from_pretrained(base)
    BertModel(config, add_pooling_layer=False).save_pretrained(out)
    Tokenizer.from_file(str(base / "tokenizer.json")).save(str(out / "tokenizer.json"))


def figures(logits: Logits, examples: Sequence[Example]) -> dict[str, Any]:
    """Return what decides at a probability of one half: every way is asked the same."""

    def of(head: str) -> tuple[list[int], NDArray[np.int64]]:
        begin, end = SPANS[head]
        said = logits[:, begin:end].argmax(1) if end - begin > 1 else (logits[:, begin] > 0).astype(np.int64)
        return [e.labels[head] for e in examples], said

    found: dict[str, Any] = {head: float(f1_score(*of(head))) for head in (*corpora.INTENTS, "urgency")}
    found["sentiment"] = float(f1_score(*of("sentiment"), average="macro"))
    truth, raw = np.array(of("needs")[0]), logits[:, SPANS["needs"][0]]
    line = np.quantile(raw[truth == 1], 0.04)  # where 96 % of those who wait are found
    found["needs precision at recall 0.96"] = float(truth[raw >= line].mean())
    return found


def feeling(logits: Logits, examples: Sequence[Example]) -> float:
    """Return the macro recall of sentiment."""
    return float(recall_score([e.labels["sentiment"] for e in examples], logits[:, :3].argmax(1), average="macro"))

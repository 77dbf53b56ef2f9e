"""From a trained network to the folder that ships: made small, calibrated as it then is, measured, described, sealed.

What is measured is what will run: the int8 encoder through `ModelClassifier`, on messages that nothing was trained on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sklearn.metrics import recall_score

from sentiment import tuning
from sentiment.evaluation import Judged, report
from sentiment.model.classifier import ModelClassifier
from sentiment.model.folder import read_folder
from sentiment.refit import Lesson, targets
from sentiment.train import corpora, readings
from sentiment.train.export import export, seal, write_heads
from webcare.domain.labels import Labels
from webcare.domain.message import Kind
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.ports.classifier import RepliedTo, Request

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tokenizers import Tokenizer

    from sentiment.train.network import Network

NAME: Final = "webcare-1"
_PLAIN: Final = {"needs": 0.5, "unsure_from": 0.05, "unsure_to": 0.9, "urgency": 0.5} | dict.fromkeys(corpora.INTENTS, 0.5)
_LANGUAGES: Final = ("nl", "en", "und")


def finish(network: Network, words: Tokenizer, folder: Path) -> ModelClassifier:
    """Write the folder and return what reads it."""
    heads = (*corpora.INTENTS, "needs", "urgency")
    plain: dict[str, Any] = {head: {lang: {"scale": [1.0], "shift": [0.0]} for lang in _LANGUAGES} for head in heads}
    plain["sentiment"] = {lang: {"scale": [1.0], "shift": [0.0] * 3} for lang in _LANGUAGES}
    plain["language"] = {"und": {"scale": [1.0], "shift": [0.0] * 3}}
    config = {
        "format": 1,
        "name": NAME,
        "length": 128,
        "taught": len(corpora.own("train")),
        "calibration": plain,
        "thresholds": dict.fromkeys(_LANGUAGES, _PLAIN),
    }
    export(network, words, folder, config=config)
    seal(folder)
    return calibrate(folder)


def calibrate(folder: Path) -> ModelClassifier:
    """Find calibration and thresholds on the development split, for the encoder as it is in the folder."""
    classifier = ModelClassifier(read_folder(folder))
    tuned = tuning.tune(classifier.heads, _lesson(classifier, own_rows("dev")))
    write_heads(folder, tuned.weights, tuned.bias)
    config = json.loads((folder / "model.json").read_text(encoding="utf-8")) | tuned.settings()
    (folder / "model.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    seal(folder)
    return ModelClassifier(read_folder(folder))


def _lesson(classifier: ModelClassifier, rows: Sequence[dict[str, Any]]) -> Lesson:
    wanted = targets([labels_of(row) for row in rows], [row["lang"] for row in rows])
    return Lesson(
        embeddings=classifier.embed([request_of(row) for row in rows]),
        targets=wanted,
        weights=np.ones_like(wanted),
        languages=tuple(row["lang"] for row in rows),
    )


# --- rows ---


def own_rows(split: str) -> list[dict[str, Any]]:
    return [example.raw for example in corpora.own(split)]


def request_of(row: dict[str, Any]) -> Request:
    context = row.get("context")
    by_us = context is not None and context["by"] == "brand"
    return Request(
        id=row["id"],
        text=row["text"],
        kind=Kind(row["kind"]) if row.get("kind") else None,
        replied_to=RepliedTo(text=context["text"], by_us=by_us) if context else None,
        we_spoke_last=by_us,
    )


def labels_of(row: dict[str, Any]) -> Labels:
    return Labels(
        sentiment=Sentiment(row["sentiment"]),
        intents=frozenset(Intent(name) for name in row["intents"]),
        needs_response=row["needs_response"],
        urgency=Urgency(row["urgency"]),
    )


# --- figures ---


def measure(classifier: ModelClassifier, shared: Path) -> dict[str, Any]:
    """Return the figures of the test split, of real tweets that a person of ours labelled, and of the held-out year."""
    found: dict[str, Any] = {"test": _report(classifier, own_rows("test"))}
    if (real := real_rows(shared)) != []:
        found["real tweets"] = _report(classifier, real)
    held = corpora.held_out(shared / "train")
    truth = [corpora.SENTIMENTS[e.labels["sentiment"]] for e in held]
    said = [v.sentiment.value for v in classifier.classify([Request(id=e.id, text=e.raw["text"]) for e in held])]
    found["semeval"] = {"n": len(held), "macro_recall": float(recall_score(truth, said, average="macro"))}
    return found


def in_short(folder: Path, found: dict[str, Any]) -> None:
    """Put what `webcare check` tells of a model into its `model.json`."""
    config = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    config["figures"] = {
        lang: {name: round(at["needs_response"][name], 4) for name in ("recall", "caught", "unsure")}
        for lang, at in found["test"]["languages"].items()
    }
    (folder / "model.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def _report(classifier: ModelClassifier, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    verdicts = classifier.classify([request_of(row) for row in rows])
    judged = [
        Judged(labels=labels_of(row), verdict=verdict, language=row["lang"], traps=tuple(row.get("traps", ())))
        for row, verdict in zip(rows, verdicts, strict=True)
    ]
    return report(judged)


def real_rows(shared: Path) -> list[dict[str, Any]]:
    """Return real tweets with our labels: ids and labels are ours and lie here, the texts are others' and lie outside."""
    stream = shared / "replay" / "ibm_cdp.jsonl.xz"
    if not stream.exists():
        return []
    tweets = {row["tweet_id"]: row for row in corpora.rows(stream)}
    found = []
    for number, said in readings.labelled(corpora.OWN / "real.en.txt").items():
        tweet = tweets[number]
        before = tweets.get(tweet["in_response_to_tweet_id"])
        context = {"context": {"text": before["text"], "by": "customer" if before["inbound"] else "brand"}} if before else {}
        found.append({"id": number, "text": tweet["text"], "lang": "en", "kind": "mention", **context, **said})
    return found

"""A model of the operator's own: a text classifier as Hugging Face writes it, with a file that says what its labels mean.

Labels that are called negative, neutral and positive need no such file.

It reads the message alone, since it knows nothing of our markers. What its labels do not speak of the word rules say, and what both say
of an answer is joined so that neither can silence the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sentiment.masking import shorten
from sentiment.model.encoder import Encoder, OnnxRunner, Tokens, quiet_transformers
from sentiment.model.explain import reasons, trial
from sentiment.model.folder import LONGEST_NAME, is_name, read_json
from sentiment.rules.classifier import DOUBT_FROM, DOUBT_TO, NEEDED, RuleClassifier
from sentiment.trouble import ModelError, refused
from webcare.domain.verdict import Intent, Sentiment, Urgency

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sentiment.model.encoder import Runner
    from sentiment.model.heads import Matrix
    from webcare.domain.verdict import Reason, Verdict
    from webcare.ports.classifier import Classifier, Request

LABELS: Final = "webcare.json"
CONFIG: Final = "config.json"
NETWORKS: Final = ("model.onnx", "onnx/model.onnx")
SAFETENSORS: Final = "model.safetensors"
TARGETS: Final = frozenset(
    [
        *(f"sentiment:{one}" for one in Sentiment),
        *(f"intent:{one}" for one in Intent),
        "needs_response:yes",
        "needs_response:no",
        "urgency:high",
        "urgency:normal",
        "nothing",
    ]
)
_LENGTH: Final = 128
_INTENT, _HIGH = 0.5, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """`targets` are the columns that speak for each target; `is_multi_label`: each label is a question of its own."""

    targets: Mapping[str, tuple[int, ...]]
    outputs: int
    is_multi_label: bool
    length: int


def open_foreign(path: Path, *, threads: int | None = None) -> ForeignClassifier:
    """Load an operator's own folder, with the word rules for what its labels do not say.

    Raises:
        ModelError: it cannot be used; one sentence says why.
    """
    if not (path / CONFIG).is_file():
        raise ModelError(f"{path} is no model folder: it holds neither model.json nor {CONFIG}")
    return ForeignClassifier(path, RuleClassifier(), threads=threads)


def read_meaning(path: Path) -> Meaning:
    """Read what the labels of a folder mean.

    Raises:
        ModelError: the two files do not say it.
    """
    names = _names(path)
    doc = read_json(path / LABELS) if (path / LABELS).is_file() else _told_by_names(path, names)
    labels, multi_label, length = doc.get("labels"), doc.get("multi_label", False), doc.get("length", _LENGTH)
    if not isinstance(labels, dict) or not labels:
        raise ModelError(f'{path / LABELS} holds no `labels`: {{"{names[0]}": "sentiment:negative", ...}}')
    if not isinstance(multi_label, bool):
        raise ModelError(f"{path / LABELS}: `multi_label` is true or false")
    if not isinstance(length, int) or not 8 <= length <= 512:  # noqa: PLR2004 - what such models read
        raise ModelError(f"{path / LABELS}: `length` is a number of tokens from 8 to 512")
    columns: dict[str, list[int]] = {}
    for label, meant in labels.items():
        if label not in names:
            raise ModelError(f"{path / LABELS} names the label {label}, which {CONFIG} does not know ({', '.join(names)})")
        for target in [meant] if isinstance(meant, str) else meant if isinstance(meant, list) else [None]:
            if not isinstance(target, str) or target not in TARGETS:
                raise ModelError(f"{path / LABELS}: {label} means none of {', '.join(sorted(TARGETS))}")
            columns.setdefault(target, []).append(names.index(label))
    return Meaning(
        targets={target: tuple(found) for target, found in columns.items() if target != "nothing"},
        outputs=len(names),
        is_multi_label=multi_label,
        length=length,
    )


def _told_by_names(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Return what stands in for a file that says what labels mean: their names, where all of them are sentiments, bad and good among them.

    Raises:
        ModelError: they are not.
    """
    called = [name.lower() for name in names]
    if not {Sentiment.NEGATIVE, Sentiment.POSITIVE} <= set(called) <= set(Sentiment):
        raise ModelError(f"{path} has no {LABELS}, which says what its labels mean ({', '.join(names)})")
    return {"labels": {name: f"sentiment:{meant}" for name, meant in zip(names, called, strict=True)}}


def _names(path: Path) -> list[str]:
    by_id = read_json(path / CONFIG).get("id2label")
    try:
        found = {int(number): str(label) for number, label in (by_id or {}).items()}
    except (AttributeError, TypeError, ValueError):
        found = {}
    if not found or sorted(found) != list(range(len(found))):
        raise ModelError(f"{path / CONFIG} does not name its labels (`id2label`)")
    return [found[number] for number in range(len(found))]


def _runner(path: Path, threads: int | None) -> Runner:
    for name in NETWORKS:
        if (path / name).is_file():
            return OnnxRunner(path / name, threads=threads)
    if not (path / SAFETENSORS).is_file():
        raise ModelError(f"{path} holds neither {NETWORKS[0]} nor {SAFETENSORS}")
    try:
        runtime = import_module("sentiment.train.runtime")  # by name: torch is no part of what runs
    except ImportError:
        raise ModelError(f"{path} holds {SAFETENSORS}, which needs webcare[torch]; an export to ONNX does not") from None
    found: Runner = runtime.open_safetensors(path, threads=threads)
    return found


def _tokenizer(path: Path) -> Any:
    quiet_transformers()
    from transformers import AutoTokenizer  # noqa: PLC0415 - it takes a second

    with refused(f"{path} holds no tokenizer that transformers reads"):
        found = AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    if not found.is_fast:
        raise ModelError(f"{path} holds no fast tokenizer (tokenizer.json)")
    found.backend_tokenizer.encode_special_tokens = True  # who types "</s>" has not ended their message
    return found


class ForeignClassifier:
    """Classifies with an operator's own model, and with `rules` what that does not speak of. Safe to share between threads.

    Raises:
        ModelError: the folder cannot be used.
    """

    def __init__(self, path: Path, rules: Classifier, *, threads: int | None = None) -> None:
        self._meaning = read_meaning(path)
        tokens = Tokens(_tokenizer(path), length=self._meaning.length)
        self._encoder = Encoder(tokens, _runner(path, threads))
        self._rules = rules
        self._name = path.resolve().name
        if not is_name(self._name):
            raise ModelError(
                f"the folder {path} gives its model a name of more than {LONGEST_NAME} printable signs: call it otherwise"
            )
        with refused(f"{path} does not run"):
            shape = self._encoder.embed([("a", "")]).shape
        if shape != (1, self._meaning.outputs):
            raise ModelError(f"{path} answers with other outputs than the {self._meaning.outputs} labels of its {CONFIG}")

    @property
    def name(self) -> str:
        return self._name

    def classify(self, requests: Sequence[Request]) -> list[Verdict]:
        by_rules = self._rules.classify([replace(request, explain=False) for request in requests])
        texts = [_plain(request.text) for request in requests]
        spoken = [text for text in texts if text]
        rows = iter(self._chances(self._sums([(text, "") for text in spoken])).tolist() if spoken else ())
        found = [
            self._verdict(verdict, next(rows)) if text else replace(verdict, model=self._name)
            for verdict, text in zip(by_rules, texts, strict=True)
        ]
        return [
            replace(verdict, why=self._why(text, verdict)) if request.explain and text else verdict
            for verdict, text, request in zip(found, texts, requests, strict=True)
        ]

    def _sums(self, pairs: Sequence[tuple[str, str]]) -> Matrix:
        z = self._encoder.embed(pairs)
        if not np.isfinite(z).all():
            raise ModelError(f"the model {self._name} answered with what is no number")
        return z

    def _chances(self, z: Matrix) -> Matrix:
        """Return (texts, labels): the probability of each."""
        if self._meaning.is_multi_label:
            alone: Matrix = (1 / (1 + np.exp(-np.clip(z, -80, 80)))).astype(np.float32)
            return alone
        parts: Matrix = np.exp(z - z.max(axis=1, keepdims=True))
        shares: Matrix = parts / parts.sum(axis=1, keepdims=True)
        return shares

    def _chance(self, row: Sequence[float], target: str) -> float | None:
        """Return the probability of a target; None when no label speaks of it."""
        columns = self._meaning.targets.get(target)
        if columns is None:
            return None
        found = [row[column] for column in columns]
        return max(found) if self._meaning.is_multi_label else min(sum(found), 1.0)

    def _verdict(self, rules: Verdict, row: Sequence[float]) -> Verdict:
        feeling = self._feeling(row, rules.sentiment_scores)
        spoken = {intent: self._chance(row, f"intent:{intent}") for intent in Intent}
        scores = {intent: rules.intent_scores[intent] if said is None else said for intent, said in spoken.items()}
        waits = [said for intent, said in spoken.items() if said is not None and intent in {Intent.QUESTION, Intent.COMPLAINT}]
        needs = _first(self._chance(row, "needs_response:yes"), _other(self._chance(row, "needs_response:no")))
        if needs is None:
            needs = max([rules.needs_response_score, *waits])
        urgent = _first(self._chance(row, "urgency:high"), _other(self._chance(row, "urgency:normal")))
        is_foreign = rules.unsure and not DOUBT_FROM <= rules.needs_response_score < DOUBT_TO
        intents = _intents(scores)
        contradicts = needs < DOUBT_FROM and not {Intent.QUESTION, Intent.COMPLAINT}.isdisjoint(intents)
        return replace(
            rules,
            sentiment=max(feeling, key=lambda s: feeling[s]),
            sentiment_scores=feeling,
            intents=intents,
            intent_scores=scores,
            needs_response=needs >= NEEDED,
            needs_response_score=needs,
            unsure=DOUBT_FROM <= needs < DOUBT_TO or is_foreign or contradicts,
            urgency=rules.urgency if urgent is None else Urgency.HIGH if urgent >= _HIGH else Urgency.NORMAL,
            urgency_score=rules.urgency_score if urgent is None else urgent,
            model=self._name,
        )

    def _feeling(self, row: Sequence[float], rules: Mapping[Sentiment, float]) -> Mapping[Sentiment, float]:
        """Return shares of the sentiments: a third one is neither of the two spoken of; of one alone, the rules divide what is left."""
        said = {one: p for one in Sentiment if (p := self._chance(row, f"sentiment:{one}")) is not None}
        if not said:
            return rules
        if len(said) == 1:
            ((spoken, chance),) = said.items()
            rest = 1 - rules[spoken] or 1.0
            return {one: chance if one is spoken else (1 - chance) * rules[one] / rest for one in Sentiment}
        neither = math.prod(1 - p for p in said.values())
        total = math.fsum(said.values()) + (neither if len(said) < len(Sentiment) else 0.0) or 1.0
        return {one: said.get(one, neither) / total for one in Sentiment}

    def _why(self, text: str, verdict: Verdict) -> tuple[Reason, ...]:
        """Explain what the model itself says of the labels that the verdict names."""
        tried = trial(text)
        chances = np.clip(self._chances(self._sums(tried.pairs)).astype(np.float64), 1e-6, 1 - 1e-6)
        named = {intent.value: f"intent:{intent}" for intent in verdict.intents} or {"needs_response": "needs_response:yes"}
        named |= {verdict.sentiment.value: f"sentiment:{verdict.sentiment}"}
        odds = {}
        for label, target in named.items():
            columns = self._meaning.targets.get(target)
            if columns is not None:
                p = np.clip(chances[:, columns].max(axis=1), 1e-6, 1 - 1e-6)
                odds[label] = np.log(p / (1 - p)).astype(np.float32)
        return reasons(tried.words, odds)


def _intents(scores: Mapping[Intent, float]) -> tuple[Intent, ...]:
    found = tuple(i for i in (Intent.QUESTION, Intent.COMPLAINT, Intent.PRAISE) if scores[i] >= _INTENT)
    return found or ((Intent.COURTESY,) if scores[Intent.COURTESY] >= _INTENT else ())


def _plain(text: str) -> str:
    """Return a text that any tokenizer takes: bounded, and without halves of signs."""
    return shorten(text).encode(errors="ignore").decode().strip()


def _other(chance: float | None) -> float | None:
    return None if chance is None else 1 - chance


def _first(*chances: float | None) -> float | None:
    return next((chance for chance in chances if chance is not None), None)

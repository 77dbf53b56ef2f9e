"""`webcare classify`: a message a line in, a verdict a line out. The field names are a public contract."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from webcare.classifiers import open_or_rules
from webcare.discovery import connectors
from webcare.domain.message import Kind
from webcare.line_batches import answer_in_batches
from webcare.lines import read_object
from webcare.ports.classifier import RepliedTo, Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from webcare.classifiers import Source
    from webcare.domain.verdict import Verdict
    from webcare.ports.classifier import Classifier

FAILS = "text: the model fails on it"
PLATFORMS = {
    "messenger": Kind.DM,
    "whatsapp": Kind.DM,
    "telegram": Kind.DM,
    "chat": Kind.DM,
    "email": Kind.DM,
    "facebook_comment": Kind.COMMENT,
    "facebook": Kind.COMMENT,
    "instagram": Kind.COMMENT,
    "twitter": Kind.MENTION,
}


def classify(file: str | None, model: Source | None, *, explain: bool = False) -> int:
    """Answer every line of a file and return the exit status.

    Raises:
        CannotStart: the model that was named cannot be loaded, or the file cannot be read.
    """
    classifier, why = open_or_rules(model)
    if why is not None:
        print(f"webcare: {why}", file=sys.stderr, flush=True)

    def answer(requests: Sequence[Request]) -> list[dict[str, Any] | ValueError]:
        said = zip(requests, one_by_one(classifier, requests), strict=True)
        return [
            {"id": request.id, **verdict_json(verdict, explain=explain)} if verdict is not None else ValueError(FAILS)
            for request, verdict in said
        ]

    return answer_in_batches(file, lambda line: read_request(line, explain=explain), answer)


def one_by_one(classifier: Classifier, requests: Sequence[Request]) -> Sequence[Verdict | None]:
    """Classify a batch; when that fails one by one, and what still fails has no verdict."""
    if not requests:
        return []
    try:
        return classifier.classify(requests)
    except Exception:  # noqa: BLE001 - the runner around a plugin
        return [None] if len(requests) == 1 else [one_by_one(classifier, [request])[0] for request in requests]


def read_request(line: str, *, explain: bool = False) -> Request:
    return request_of(read_object(line), explain=explain)


def request_of(doc: Mapping[str, Any], *, explain: bool = False) -> Request:
    """Return what a line asks.

    Raises:
        ValueError: begins with the field that cannot be read.
    """
    for field in ("id", "text"):
        if not isinstance(doc.get(field), str):
            raise ValueError(f"{field}: {'missing' if field not in doc else 'a text is expected'}")
    language = doc.get("lang")
    if language is not None and not isinstance(language, str):
        raise ValueError("lang: a text is expected")
    return Request(
        id=doc["id"],
        text=doc["text"],
        kind=_kind(doc.get("channel")),
        language_hint=language or None,
        replied_to=_context(doc.get("context")),
        we_spoke_last=isinstance(doc.get("context"), str | dict) and _by_us(doc["context"]),
        explain=explain,
    )


def _kind(channel: object) -> Kind | None:
    if not isinstance(channel, str):
        return None
    try:
        return PLATFORMS.get(channel) or Kind(channel)
    except ValueError:
        return _usual(channel)


@cache
def _usual(name: str) -> Kind | None:
    """Return what most messages of a platform are, as its connector says; None for what is no platform."""
    return next((found.spec.usual for found in connectors() if found.name == name and found.spec is not None), None)


def _by_us(context: str | Mapping[str, Any]) -> bool:
    return isinstance(context, str) or context.get("by", "brand") != "customer"


def _context(context: object) -> RepliedTo | None:
    if context is None:
        return None
    text = context.get("text") if isinstance(context, dict) else context
    if not isinstance(text, str):
        raise ValueError('context: a text or {"text", "by"} is expected')
    return RepliedTo(text=text, by_us=_by_us(context if isinstance(context, dict) else text))


def verdict_json(verdict: Verdict, *, explain: bool = False) -> dict[str, Any]:
    """Return a verdict in the words of the contract."""
    answer: dict[str, Any] = {
        "lang": verdict.language,
        "sentiment": verdict.sentiment.value,
        "sentiment_scores": {label.value: round(score, 4) for label, score in verdict.sentiment_scores.items()},
        "intents": [intent.value for intent in verdict.intents],
        "intent_scores": {intent.value: round(score, 4) for intent, score in verdict.intent_scores.items()},
        "needs_response": verdict.needs_response,
        "needs_response_score": round(verdict.needs_response_score, 4),
        "unsure": verdict.unsure,
        "urgency": verdict.urgency.value,
        "urgency_score": round(verdict.urgency_score, 4),
        "model": verdict.model,
    }
    if explain:
        answer["why"] = [{"word": r.word, "label": r.label, "weight": round(r.weight, 4)} for r in verdict.why]
    return answer

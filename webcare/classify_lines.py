"""`webcare classify`: a message a line in, a verdict a line out. The field names are a public contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webcare.domain.message import Kind
from webcare.lines import read_object
from webcare.ports.classifier import RepliedTo, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.domain.verdict import Verdict
    from webcare.ports.classifier import Classifier

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


def classify_line(line: str, classifier: Classifier, *, explain: bool = False) -> dict[str, Any]:
    """Return the verdict on one line.

    Raises:
        ValueError: begins with the field that cannot be read.
    """
    request = read_request(line, explain=explain)
    return {"id": request.id, **verdict_json(classifier.classify([request])[0], explain=explain)}


def read_request(line: str, *, explain: bool = False) -> Request:
    doc = read_object(line)
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
        return None


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

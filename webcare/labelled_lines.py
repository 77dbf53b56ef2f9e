"""Messages that people have labelled: the lines of `webcare classify` with what is right beside them.

    {"id", "text", "lang"?, "kind" | "channel"?, "context"?, "sentiment"?, "intents"?, "needs_response"?, "urgency"?, "trap" | "traps"?}

A label that is not there, or null, is one that nobody gave.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from webcare.classify_lines import request_of
from webcare.domain.labels import Labels
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.lines import read_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.ports.classifier import Request

Label = TypeVar("Label", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """`language` is None where the line does not say."""

    request: Request
    labels: Labels
    language: str | None
    traps: tuple[str, ...] = ()


def read_labelled(line: str) -> Labelled:
    """Read one line.

    Raises:
        ValueError: begins with the field that cannot be read.
    """
    doc = read_object(line)
    request = request_of({**doc, "channel": doc.get("channel", doc.get("kind"))})
    labels = Labels(
        sentiment=_one(doc, "sentiment", Sentiment),
        intents=_intents(doc),
        needs_response=_yes_or_no(doc, "needs_response"),
        urgency=_one(doc, "urgency", Urgency),
    )
    if labels.is_empty:
        raise ValueError("labels: none of sentiment, intents, needs_response and urgency is given")
    return Labelled(request=request, labels=labels, language=request.language_hint, traps=_traps(doc))


def _one(doc: Mapping[str, Any], field: str, kind: type[Label]) -> Label | None:
    value = doc.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or value not in {one.value for one in kind}:
        raise ValueError(f"{field}: one of {', '.join(kind)} is expected, not {value!r}")
    return kind(value)


def _intents(doc: Mapping[str, Any]) -> frozenset[Intent] | None:
    value = doc.get("intents")
    if value is None:
        return None
    known = {one.value for one in Intent}
    if not isinstance(value, list) or not all(isinstance(one, str) and one in known for one in value):
        raise ValueError(f"intents: a list of {', '.join(Intent)} is expected, not {value!r}")
    return frozenset(Intent(one) for one in value)


def _yes_or_no(doc: Mapping[str, Any], field: str) -> bool | None:
    value = doc.get(field)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{field}: true or false is expected, not {value!r}")
    return value


def _traps(doc: Mapping[str, Any]) -> tuple[str, ...]:
    value = doc.get("traps", doc.get("trap"))
    found = [value] if isinstance(value, str) else value or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f"traps: a text or a list of texts is expected, not {value!r}")
    return tuple(found)

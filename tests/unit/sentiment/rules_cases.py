"""The sentences that the word rules are measured on, written for this project and labelled by the annotation guide.

`development.jsonl` was looked at while the lists were made, `heldout.jsonl` was written first and is only counted.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webcare.domain.message import Kind
from webcare.ports.classifier import RepliedTo, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webcare.domain.verdict import Verdict

HERE = Path(__file__).parent
INTENTS = ("question", "complaint", "praise", "courtesy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    id: str
    lang: str
    trap: str
    kind: str
    text: str
    sentiment: str
    intents: Sequence[str]
    needs_response: bool
    urgency: str
    context: dict[str, str] | None = None
    misses: Sequence[str] = field(default=())  # labels that the rules are known to get wrong here

    @property
    def request(self) -> Request:
        replied = self.context and RepliedTo(text=self.context["text"], by_us=self.context["by"] == "brand")
        return Request(id=self.id, text=self.text, kind=Kind(self.kind), replied_to=replied or None)


def load(name: str) -> list[Case]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [Case(**json.loads(line)) for line in lines]


def request(text: str, **more: Any) -> Request:
    return Request(id="m1", text=text, **more)


def answered(text: str, ours: str, kind: Kind = Kind.DM) -> Request:
    return Request(id="m1", text=text, kind=kind, replied_to=RepliedTo(text=ours, by_us=True))


def wrong(case: Case, verdict: Verdict) -> set[str]:
    """Name the labels on which the verdict differs from the case."""
    pairs = {
        "sentiment": (case.sentiment, verdict.sentiment.value),
        "intents": (set(case.intents), {intent.value for intent in verdict.intents}),
        "needs_response": (case.needs_response, verdict.needs_response),
        "urgency": (case.urgency, verdict.urgency.value),
    }
    if sum(word.isalpha() for word in case.text.split()) > 3:  # shorter ones may well be `und`
        pairs["lang"] = (case.lang, verdict.language)
    return {name for name, (expected, got) in pairs.items() if expected != got}

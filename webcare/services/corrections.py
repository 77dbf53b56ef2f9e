"""What people taught: their word on messages, as a model can learn from it.

A label that a person changed is a correction. One that they left, or a message of which they said that the machine was right, is a
confirmation: it keeps the machine from forgetting what it knew. Words that were erased are not learned from, and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webcare.domain.labels import Labels
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.services.triage import request_of
from webcare.store import corrections
from webcare.store.messages import Pending

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from webcare.ports.classifier import Request
    from webcare.store import Connection
    from webcare.store.corrections import Spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message with a person's labels. `machine` is what they saw the machine say; `changed` names the labels that they changed.

    The text is as the customer wrote it: whoever trains masks it first.
    """

    request: Request
    language: str
    at: datetime
    by: str
    labels: Labels
    machine: Labels
    changed: frozenset[str]

    @property
    def is_confirmation(self) -> bool:
        return not self.changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """All examples, the oldest first. `gone` were erased, `edited` changed by their writer after the person's word."""

    examples: tuple[Example, ...]
    gone: int
    edited: int


LABELS = ("sentiment", "intents", "needs_response", "urgency")  # of which people speak


def learned(conn: Connection, languages: Mapping[str, str] | None = None) -> Learned:
    """Return what people said of messages, each message once; `languages` are the channels'."""
    found, gone, edited = [], 0, 0
    for one in corrections.spoken(conn):
        if one.is_gone:
            gone += 1
        elif one.is_edited:
            edited += 1
        elif (example := _example(conn, one, languages or {})) is not None:
            found.append(example)
    return Learned(examples=tuple(found), gone=gone, edited=edited)


def _example(conn: Connection, one: Spoken, languages: Mapping[str, str]) -> Example | None:
    what = one.what
    if not what.message.text.strip():  # a photo alone: the heads are asked about words
        return None
    pending = Pending(version=0, at=what.message.created_at, text=what.message.text, stored=what)
    request = request_of(conn, pending, languages)
    row = one.machine if one.said is None else one.said
    if request is None or row is None:
        return None
    machine = Labels() if one.machine is None else _labels(one.machine)
    said = Labels(needs_response=False) if one.said is None else _said(one.said, one.machine)  # rightly no case, they said
    return Example(
        request=request,
        language=row.language,
        at=one.at,
        by=one.by,
        labels=said,
        machine=machine,
        changed=frozenset(
            name for name in LABELS if getattr(said, name) is not None and getattr(said, name) != getattr(machine, name)
        )
        | _doubt_ended(one),
    )


def _doubt_ended(one: Spoken) -> frozenset[str]:
    """Return the need where the machine wavered and asked people to look, and they say that there is none."""
    wavered = one.said is not None and one.machine is not None and one.machine.unsure and not one.said.needs_response
    return frozenset({"needs_response"}) if wavered else frozenset()


def _said(row: Any, machine: Any) -> Labels:
    """Return what people said: of a label that nobody spoke of, their verdict holds what the machine said, with its scores."""
    whole, theirs = _labels(row), {"sentiment": {}, "intents": {}, "urgency": 0.0} if machine is None else machine.scores
    felt, meant, hurried = (row.scores.get(label) != theirs.get(label) for label in ("sentiment", "intents", "urgency"))
    return Labels(
        sentiment=whole.sentiment if felt else None,
        intents=whole.intents if meant else None,
        needs_response=whole.needs_response,
        urgency=whole.urgency if hurried else None,
    )


def _labels(row: Any) -> Labels:
    return Labels(
        sentiment=Sentiment(row.sentiment),
        intents=frozenset(Intent(name) for name in row.intents or ()),
        needs_response=row.needs_response,
        urgency=Urgency(row.urgency),
    )

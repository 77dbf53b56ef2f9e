"""The filters of the queue, as they live in its address: a link to a colleague shows the same cases."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from webcare.domain.message import Kind
from webcare.domain.routing import plain_label
from webcare.domain.row_number import row_number
from webcare.domain.verdict import Intent, Sentiment
from webcare.store.labels import NOISE
from webcare.store.queue import Shelf

if TYPE_CHECKING:
    from collections.abc import Mapping

ME, NOBODY = "me", "nobody"
RISK = "risk"
INTENTS = (*(intent.value for intent in Intent), NOISE)
LANGUAGE = range(2, 9)  # letters of the name of a language
LONGEST_QUERY, LONGEST_TAG = 200, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which cases are shown. `channel` is an account (`twitter:42`) or a kind (`twitter`); `claimed_by` is `me`, `nobody` or a person.

    `intent` (also `noise`), `sentiment` and `language` are those of the message that a case waits on, as the row shows them. `peak` is the
    number of a peak.
    """

    state: str = Shelf.OPEN.value  # open, snoozed, closed
    channel: str | None = None
    kind: str | None = None
    intent: str | None = None
    sentiment: str | None = None
    language: str | None = None
    claimed_by: str | None = None
    unsure: bool = False
    urgent: bool = False
    late: bool = False
    brand: str | None = None
    tag: str | None = None
    peak: str | None = None
    sort: str | None = None  # "risk": open cases by how likely they are missed
    query: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """Read an address; what no filter knows is left out."""
        state = query.get("state", cls().state)
        kind, language = query.get("kind"), query.get("language", "")
        intent, sentiment = query.get("intent"), query.get("sentiment")
        return cls(
            state=state if state in list(Shelf) else cls().state,
            channel=query.get("channel") or None,
            kind=kind if kind in list(Kind) else None,
            intent=intent if intent in INTENTS else None,
            sentiment=sentiment if sentiment in list(Sentiment) else None,
            language=language if language.isascii() and language.islower() and len(language) in LANGUAGE else None,
            claimed_by=query.get("claimed_by") or None,
            unsure=query.get("unsure") == "1",
            urgent=query.get("urgent") == "1",
            late=query.get("late") == "1",
            brand=query.get("brand") or None,
            tag=plain_label(query.get("tag", ""))[:LONGEST_TAG] or None,
            peak=None if (peak := row_number(query.get("peak", ""))) is None else str(peak),
            sort=RISK if query.get("sort") == RISK else None,
            query=query.get("q", "").strip()[:LONGEST_QUERY],
        )

    @property
    def is_narrow(self) -> bool:
        """Whether anything is filtered; an order leaves nothing out."""
        return bool(replace(self, sort=None).to_query())

    def to_query(self) -> dict[str, str]:
        """Return what the address says of it: only what differs from the queue as it is."""
        found: dict[str, str] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value != one.default:
                found["q" if one.name == "query" else one.name] = "1" if value is True else value
        return found

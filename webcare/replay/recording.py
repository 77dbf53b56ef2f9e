"""A recorded stream: lines of JSON -> messages, each with the instant at which it reaches us.

Arrivals are in the order of the platforms' times; lines of one instant keep the order of the file. The same id again with another
text is an edit at its own time. Faults change when and how often something arrives, never what it says.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import parse_instant
from webcare.domain.message import Author, Direction, Kind, Message
from webcare.lines import read_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

PLATFORM = "twitter"
BRAND = "brand"
DUPLICATES, LATE, SWAPS = 0.05, 0.05, 0.05  # shares of the arrivals that a fault touches
LONGEST_DELAY, LONGEST_ECHO, SWAP_WITHIN = timedelta(hours=6), timedelta(hours=1), timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A line as it was read."""

    id: str
    author_id: str | None
    inbound: bool
    created_at: datetime
    text: str
    in_response_to: str | None
    conversation_id: str | None
    brand: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    at: datetime
    brand: str
    message: Message


def read_recorded(line: str) -> Recorded:
    """Return what a line says.

    Raises:
        ValueError: begins with the field that cannot be read.
    """
    doc = read_object(line)
    id_ = _name(doc, "id", "tweet_id")
    if id_ is None:
        raise ValueError("id: missing")
    if not isinstance(doc.get("inbound"), bool):
        raise ValueError(f"inbound: true or false is expected, not {doc.get('inbound')!r}")
    if not isinstance(doc.get("text"), str):
        raise ValueError("text: missing" if "text" not in doc else "text: a text is expected")
    try:
        created_at = parse_instant(doc.get("created_at"))
    except ValueError as error:
        raise ValueError(f"created_at: {error}") from None
    return Recorded(
        id=id_,
        author_id=_name(doc, "author_id"),
        inbound=doc["inbound"],
        created_at=created_at,
        text=doc["text"],
        in_response_to=_name(doc, "in_response_to", "in_response_to_tweet_id"),
        conversation_id=_name(doc, "conversation_id"),
        brand=_name(doc, "brand"),
    )


def _name(doc: Mapping[str, Any], *fields: str) -> str | None:
    for field in fields:
        value = doc.get(field)
        if value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValueError(f"{field}: a text or number is expected, not {value!r}")
        if len(str(value)) > 150:  # noqa: PLR2004 - what the database keeps of a name
            raise ValueError(f"{field}: longer than 150 characters")
        return str(value)
    return None


def arrivals(recorded: Sequence[Recorded]) -> list[Arrival]:
    """Return the stream in the order of its times."""
    parents = {r.id: r for r in reversed(recorded)}
    found = [Arrival(at=r.created_at, brand=r.brand or BRAND, message=_message(r, _root(r, parents))) for r in recorded]
    return sorted(found, key=lambda arrival: arrival.at)


def _root(recorded: Recorded, parents: Mapping[str, Recorded]) -> str:
    """Return the conversation: as named, else that of the message answered, else the root of the chain of answers."""
    seen: set[str] = set()
    at = recorded
    while at.conversation_id is None and at.id not in seen and (parent := parents.get(at.in_response_to or "")) is not None:
        seen.add(at.id)
        at = parent
    return at.conversation_id or at.in_response_to or at.id


def _message(recorded: Recorded, conversation_id: str) -> Message:
    brand = recorded.brand or BRAND
    author = recorded.author_id or (f"unknown:{recorded.id}" if recorded.inbound else brand)
    return Message(
        channel=f"{PLATFORM}:{brand}",
        external_id=recorded.id,
        conversation_id=conversation_id,
        reply_to=recorded.in_response_to,
        direction=Direction.INBOUND if recorded.inbound else Direction.OUTBOUND,
        kind=Kind.MENTION,
        author=Author(id=author, name=recorded.author_id),
        text=recorded.text,
        created_at=recorded.created_at,
    )


def with_faults(stream: Sequence[Arrival], faults: frozenset[str], seed: int) -> list[Arrival]:
    """Return the stream as a bad day would deliver it: some arrive twice, late, or the wrong way round."""
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    found = list(stream)
    if "reorder" in faults:
        for i in range(len(found) - 1):
            first, second = found[i], found[i + 1]
            if chance.random() < SWAPS and second.at - first.at <= SWAP_WITHIN:
                found[i], found[i + 1] = replace(second, at=second.at), replace(first, at=second.at)
    if "late" in faults:
        found = [replace(a, at=a.at + chance.random() * LONGEST_DELAY) if chance.random() < LATE else a for a in found]
    if "duplicate" in faults:
        found += [replace(a, at=a.at + chance.random() * LONGEST_ECHO) for a in found if chance.random() < DUPLICATES]
    return sorted(found, key=lambda arrival: arrival.at)


def fingerprint(stream: Iterable[Arrival]) -> str:
    """Return what tells one stream from another, so that a replay that was killed goes on with its own."""
    digest = hashlib.blake2b(digest_size=16)
    for arrival in stream:
        digest.update(
            f"{arrival.at.isoformat()}|{arrival.message.external_id}|{arrival.message.content_hash}\n".encode(
                "utf-8", "surrogatepass"
            )
        )
    return digest.hexdigest()

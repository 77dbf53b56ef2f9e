"""Take one field out of JSON that a stranger sent: the right type, or a ValueError that names the field."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from webcare.domain.message import Author, Direction
from webcare.ports.connector import Heard, Sort

KIND = "instagram"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS = 100_000_000_000  # as seconds that is the year 5138, as milliseconds 1973


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Where an element stands: the account that its entry names, ours, and the entry's time."""

    account: str | None
    me: str | None
    time: Any = None

    def is_ours(self, author_id: str | None) -> bool:
        return author_id is not None and author_id in (self.account, self.me)

    @property
    def ours(self) -> str | None:
        return self.account or self.me


def as_object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name}: not an object")
    return value


def opt_object(parent: dict[str, Any], key: str) -> dict[str, Any]:
    """Return an object, empty where there is none; PHP writes an empty one as `[]`."""
    value = parent.get(key)
    return {} if value is None or value == [] else as_object(value, key)


def opt_list(parent: dict[str, Any], key: str) -> list[Any]:
    value = parent.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{key}: not a list")
    return value


def edge(parent: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the nodes of `{"data": [...]}`."""
    return [as_object(node, f"{key}.data") for node in opt_list(opt_object(parent, key), "data")]


def opt_text(parent: dict[str, Any], key: str) -> str | None:
    value = parent.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key}: not a text")
    return value


def opt_id(parent: dict[str, Any], key: str) -> str | None:
    """Return an id as text; the dashboard's samples hold some as numbers."""
    value = parent.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{key}: not an id")
    return str(value)


def need_id(parent: dict[str, Any], key: str) -> str:
    value = opt_id(parent, key)
    if value is None:
        raise ValueError(f"{key}: missing")
    return value


def instant(value: Any, name: str) -> datetime:
    """Read `2026-11-21T10:00:00+0000`, epoch seconds (changes) or epoch milliseconds (messaging), also as text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:  # noqa: PLR2004 - longer is no time
        value = int(value)
    try:
        if isinstance(value, str):
            return _written_out(value, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
            raise ValueError(f"{name}: not a time")
        return EPOCH + (timedelta(milliseconds=value) if value >= MILLISECONDS else timedelta(seconds=value))
    except OverflowError:
        raise ValueError(f"{name}: no calendar holds this time") from None


def _written_out(value: str, name: str) -> datetime:
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{name}: not a time") from None
    if read.tzinfo is None:
        raise ValueError(f"{name}: has no offset")
    return read.astimezone(UTC)


def first_instant(*candidates: tuple[str, Any]) -> datetime:
    """Return the first time that is there: the element's own, else its entry's."""
    for name, value in candidates:
        if value is not None:
            return instant(value, name)
    raise ValueError(f"{candidates[0][0]}: missing")


def told_at(*candidates: tuple[str, Any]) -> datetime | None:
    """Return when a webhook says that it was, None where it says nothing: then the instant counts at which we were told."""
    return first_instant(*candidates) if any(value is not None for _, value in candidates) else None


def author_of(node: dict[str, Any], said_in: str, here: Here) -> tuple[Author, bool]:
    """Return who wrote it, and whether that is us.

    Of many Instagram names the handle only, which changes hands: each message has then an unknown author of its own.
    `self_ig_scoped_id` and `user` are there when the account itself wrote.
    https://developers.facebook.com/docs/instagram-platform/reference/instagram-comment
    """
    person, user = opt_object(node, "from"), node.get("user")
    owner = user if isinstance(user, dict) else node.get("owner")
    named = opt_id(owner, "id") if isinstance(owner, dict) else None
    found = opt_id(person, "id") or named
    is_ours = here.is_ours(found) or opt_id(person, "self_ig_scoped_id") is not None
    handle = opt_text(person, "username") or opt_text(node, "username")
    unknown = (here.ours if is_ours else None) or f"unknown:{said_in}"
    author = Author(id=found or unknown, name=opt_text(person, "name"), handle=handle)
    return author, is_ours or here.is_ours(author.id)


def direction_of(*, is_ours: bool) -> Direction:
    return Direction.OUTBOUND if is_ours else Direction.INBOUND


def ignored(reason: str, raw_type: str | None = None, external_id: str | None = None) -> Heard:
    return Heard(sort=Sort.IGNORED, channel_kind=KIND, reason=reason, raw_type=raw_type, external_id=external_id)

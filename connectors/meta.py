"""What the platforms of Meta have in common: who is calling, and fields of JSON that a stranger sent.

A module and no folder, so that nobody takes it for a connector. https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from webcare.ports.connector import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "x-hub-signature-256"
PREFIX = "sha256="
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS = 100_000_000_000  # as seconds that is the year 5138, as milliseconds 1973


# --- who is calling ---


def handshake(query: Mapping[str, str], secrets: Mapping[str, str]) -> Answer | None:
    """Answer the subscription with its challenge, a wrong token with 403, and anything else not at all."""
    if "hub.mode" not in query and "hub.challenge" not in query:
        return None
    expected, given = secrets.get("verify_token", ""), query.get("hub.verify_token", "")
    is_right = bool(expected) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))
    if query.get("hub.mode") != "subscribe" or not is_right or "hub.challenge" not in query:
        return Answer(status=403, text="wrong verify token")
    return Answer(status=200, text=query["hub.challenge"])


def sign(raw: bytes, app_secret: str) -> str:
    return PREFIX + hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()


def verify(headers: Mapping[str, str], raw: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether these very bytes were signed with the app's secret: Meta escapes as it likes, so parsing and writing again breaks it."""
    app_secret = secrets.get("app_secret", "")
    given = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    return bool(app_secret) and hmac.compare_digest(
        sign(raw, app_secret).encode(), given.strip().lower().encode("utf-8", "surrogateescape")
    )


# --- fields: the right type, or a ValueError that names the field ---


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
    """Return an id as text; old bodies hold numbers (https://developers.facebook.com/docs/graph-api/webhooks/reference/page)."""
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


def last_part(node_id: str) -> str:
    """Return what `<page>_<post>` and `<post>_<comment>` share with their short forms."""
    return node_id.rpartition("_")[2]


def instant(value: Any, name: str) -> datetime:
    """Read `2026-11-21T10:00:00+0000`, epoch seconds (changes of a page or account) or epoch milliseconds (messaging), also as text."""
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

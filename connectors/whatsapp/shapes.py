"""Typed getters for what Meta sends: a missing or odd value is a `ValueError` that names its field, never an accident further on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "whatsapp"
MILLISECONDS_FROM = 10**11  # in seconds that is the year 5138: such a number counts milliseconds


def named(value: Any) -> str:
    """Say what a JSON value is, for the reason that a person reads."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else repr(value)[:60]


def obj(parent: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the object under that name.

    Raises:
        ValueError: there is none.
    """
    value = parent.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name}: an object is expected, not {named(value)}")
    return value


def maybe_obj(parent: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the object under that name, an empty one where there is none: for what only decorates."""
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def objects(parent: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects in the list under that name, and pass over the rest: for what only decorates."""
    value = parent.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def ident(parent: Mapping[str, Any], name: str) -> str | None:
    """Return an id as text, None where it is missing or empty: Meta moved from empty to omitted, and both are out there."""
    value = parent.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def needed_ident(parent: Mapping[str, Any], name: str) -> str:
    """Return an id as text.

    Raises:
        ValueError: there is none.
    """
    value = ident(parent, name)
    if value is None:
        raise ValueError(f"{name}: an id is expected, not {named(parent.get(name))}")
    return value


def words(parent: Mapping[str, Any], name: str) -> str | None:
    """Return a text, None where there is none.

    Raises:
        ValueError: it is something else.
    """
    value = parent.get(name)
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"{name}: a text is expected, not {named(value)}")


def needed_words(parent: Mapping[str, Any], name: str) -> str:
    """Return a text.

    Raises:
        ValueError: there is none.
    """
    value = words(parent, name)
    if value is None:
        raise ValueError(f"{name}: a text is expected, not nothing")
    return value


def label(parent: Mapping[str, Any], name: str) -> str | None:
    """Return a text that only decorates: whatever else stands there is no text."""
    value = parent.get(name)
    return value or None if isinstance(value, str) else None


def web_address(parent: Mapping[str, Any], *names: str) -> str | None:
    """Return the first address of the web under those names; no other scheme is ever shown to a person."""
    for name in names:
        value = parent.get(name)
        if isinstance(value, str) and value.startswith(("https://", "http://")):
            return value
    return None


def instant(value: Any, name: str) -> datetime:
    """Return the instant that epoch seconds name: text in webhooks, a number in `entry.time` and in older recordings.

    Raises:
        ValueError: no number, or none that a calendar knows.
    """
    number: float
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        number = int(value) if len(value) < 20 else 0  # noqa: PLR2004 - longer is no time, and int() is slow on nonsense
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = value
    else:
        raise ValueError(f"{name}: epoch seconds are expected, not {named(value)}")
    if number >= MILLISECONDS_FROM:
        number /= 1000
    try:
        if number > 0:
            return datetime.fromtimestamp(number, UTC)
    except (OverflowError, OSError, ValueError):
        pass
    raise ValueError(f"{name}: {named(value)} is no time")


def when(item: Mapping[str, Any], around: Mapping[str, Any]) -> datetime:
    """Return when it happened: its own time, else that of the entry around it.

    Raises:
        ValueError: neither says.
    """
    own = item.get("timestamp")
    return instant(around.get("time"), "timestamp") if own is None else instant(own, "timestamp")


def account(around: Mapping[str, Any]) -> str | None:
    """Return our account: the phone number's id; for what concerns all numbers that of the WhatsApp business account."""
    return ident(maybe_obj(around, "metadata"), "phone_number_id") or ident(around, "waba")


def trouble(error: Mapping[str, Any]) -> str:
    """Return what one of Meta's errors says, by its code and details: titles are not stable.

    https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
    """
    details = label(maybe_obj(error, "error_data"), "details") or label(error, "details")
    says = label(error, "message") or label(error, "title")
    parts = [part for part in (says, details) if part is not None]
    if len(parts) > 1 and parts[0] == parts[1]:
        parts.pop()
    return f"{ident(error, 'code') or 'no code'}: {' - '.join(parts) or 'no words'}"


def troubles(parent: Mapping[str, Any]) -> str | None:
    """Return what all errors of an element say."""
    return "; ".join(trouble(error) for error in objects(parent, "errors")) or None

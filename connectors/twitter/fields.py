"""Typed getters for what X sends, and its three ways of writing a time. Whatever does not fit is a ValueError that names the field.

Ids are decimal strings of up to 19 digits. Older bodies also carry them as numbers that have lost their last digits on the way
(https://docs.x.com/x-api/fundamentals/x-ids), so the text wins wherever both are there.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

EXACT = 2**53  # a larger JSON number has been through somebody's float
CLIP = 200

_ID = re.compile(r"[0-9]{1,19}")
_MILLISECONDS = re.compile(r"[0-9]{1,16}")
_OLD_TIME = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2}) (\d{4})", re.ASCII)
_MONTHS = {
    name: n for n, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ESCAPED = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}

# An id is a time and a serial number: https://docs.x.com/x-api/fundamentals/x-ids
FIRST = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
_SERIAL_BITS = 22
_OLDEST_WITH_TIME = 10**15  # shorter ids were handed out one after the other


def record(value: Any, name: str) -> dict[str, Any]:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise ValueError(f"{name}: an object is expected, not {_shown(value)}")
    return value


def part(value: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object inside another; an empty one where there is none."""
    inner = value.get(name)
    return {} if inner is None else record(inner, name)


def rows(value: dict[str, Any], *names: str) -> list[Any]:
    """Return the list that is called one of these names; an empty one where there is none."""
    for name in names:
        found = value.get(name)
        if found is not None:
            if not isinstance(found, list):
                raise ValueError(f"{name}: a list is expected, not {_shown(found)}")
            return found
    return []


def text(value: dict[str, Any], name: str) -> str | None:
    """Return a text; None where there is none."""
    found = value.get(name)
    if found is not None and not isinstance(found, str):
        raise ValueError(f"{name}: a text is expected, not {_shown(found)}")
    return found


def ident(value: dict[str, Any], name: str) -> str | None:
    """Return an id as text; None where there is none."""
    found = value.get(f"{name}_str")
    return as_ident(value.get(name) if found is None else found, name)


def needed_ident(value: dict[str, Any], name: str) -> str:
    """Return an id that has to be there."""
    found = ident(value, name)
    if found is None:
        raise ValueError(f"{name}: missing")
    return found


def as_ident(found: Any, name: str) -> str | None:
    """Return a value as an id; None for none."""
    if found is None:
        return None
    if isinstance(found, int) and not isinstance(found, bool) and found >= 0:
        if found > EXACT:
            raise ValueError(f"{name}: {found} is a number too large to be exact, and no text stands beside it")
        return str(found)
    if isinstance(found, str) and _ID.fullmatch(found):
        return found
    raise ValueError(f"{name}: an id of 1 to 19 digits is expected, not {_shown(found)}")


def instant(value: dict[str, Any], *names: str) -> datetime | None:
    """Return the time under the first of these names that is there."""
    for name in names:
        found = value.get(name)
        if found is not None:
            try:
                return _instant(found).astimezone(UTC)
            except (ValueError, OverflowError):
                raise ValueError(f"{name}: {_shown(found)} is no time that X writes") from None
    return None


def _instant(found: Any) -> datetime:
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str):
        raise ValueError
    if _MILLISECONDS.fullmatch(found):
        return _EPOCH + timedelta(milliseconds=int(found))
    if old := _OLD_TIME.fullmatch(found):  # not strptime, whose month names follow the machine's language
        month, day, hour, minute, second, sign, hours, minutes, year = old.groups()
        naive = datetime(int(year), _MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return naive - offset if sign == "+" else naive + offset
    at = datetime.fromisoformat(found)
    if at.tzinfo is None:
        raise ValueError
    return at


def time_of(ident_: str) -> datetime | None:
    """Return when X made this id; None for the old ids that hold no time."""
    number = int(ident_)
    return FIRST + timedelta(milliseconds=number >> _SERIAL_BITS) if number >= _OLDEST_WITH_TIME else None


def id_at(at: datetime) -> int:
    """Return the least id that X can have made at this instant."""
    return max(0, (at - FIRST) // timedelta(milliseconds=1)) << _SERIAL_BITS


def plain(escaped: str) -> str:
    """Return the text as it was typed: X writes `&`, `<` and `>` as HTML does, in every generation of its API."""
    return re.sub("&(?:amp|lt|gt);", lambda found: _ESCAPED[found[0]], escaped)


def clipped(value: object) -> str:
    """Return a text of somebody else's, short enough for a reason."""
    return str(value)[:CLIP]


def _shown(value: object) -> str:
    return clipped(repr(value) if isinstance(value, str | int | float | None) else type(value).__name__)

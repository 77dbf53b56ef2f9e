"""Instants and spans as people and files write them: RFC 3339 in UTC, ISO 8601 durations of days and smaller.

Months and years are refused: nobody can say how long they are.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

ZERO = timedelta(0)
_NUMBER = r"\d+(?:[.,]\d+)?"
_SPAN = re.compile(
    rf"(?P<sign>[+-]?)P(?:(?P<weeks>{_NUMBER})W)?(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?"
)
_LARGE = re.compile(r"[+-]?P(?:[\d.,]+[YMWD])*[\d.,]+[YM]")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?P<offset>[Zz]|[+-]\d\d:?\d\d)?")


def parse_duration(text: object) -> timedelta:
    """Return the span that an ISO 8601 duration names; it may be negative.

    Raises:
        ValueError: no text, no duration, months or years, or too long for a calendar.
    """
    if not isinstance(text, str):
        raise ValueError(f"a duration like PT24H is expected, not {text!r}")
    if _LARGE.match(text.split("T", maxsplit=1)[0]):
        raise ValueError(f"{text!r} counts months or years, which have no fixed length: use days")
    match = _SPAN.fullmatch(text)
    parts = {k: v for k, v in match.groupdict().items() if k != "sign" and v is not None} if match else {}
    if match is None or not parts or text.endswith("T"):
        raise ValueError(f"{text!r} is not an ISO 8601 duration like PT24H or P1DT30M")
    try:
        span = timedelta(**{k: float(v.replace(",", ".")) for k, v in parts.items()})
    except OverflowError:
        raise ValueError(f"{text!r} is longer than a calendar can count") from None
    return -span if match["sign"] == "-" else span


def format_duration(span: timedelta) -> str:
    """Return ISO 8601 in seconds: `PT90S`, `-PT0.5S`."""
    sign, span = ("-", -span) if span < ZERO else ("", span)
    seconds, micros = divmod(span // timedelta(microseconds=1), 1_000_000)
    fraction = f".{micros:06d}".rstrip("0") if micros else ""
    return f"{sign}PT{seconds}{fraction}S"


def parse_instant(text: object) -> datetime:
    """Return the instant that an RFC 3339 text names, in UTC.

    Raises:
        ValueError: no text, no such instant, or no offset: a local time without its zone is not an instant.
    """
    if not isinstance(text, str):
        raise ValueError(f"a time like 2026-11-20T09:00:00Z is expected, not {text!r}")
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time like 2026-11-20T09:00:00Z")
    if match["offset"] is None:
        raise ValueError(f"{text!r} has no offset: end it with Z or +01:00")
    try:
        return datetime.fromisoformat(_short_fraction(text.strip().upper())).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} does not exist: {error}") from None


def _short_fraction(text: str) -> str:
    """Cut digits beyond the microsecond, which `fromisoformat` of Python 3.11 does not read."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


def format_instant(at: datetime) -> str:
    """Return RFC 3339 in UTC with `Z`, with a fraction only where there is one."""
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"

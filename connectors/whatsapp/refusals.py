"""What an answer of the Graph API that is no success means to us, by `code` and `details`: titles and statuses are not stable.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
https://developers.facebook.com/docs/graph-api/guides/error-handling
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.whatsapp.shapes import ident, maybe_obj, trouble
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, RefusalCode, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

# Their side or ours is not ready: later.
AGAIN = {
    1: "WhatsApp did not say what went wrong",
    2: "WhatsApp is down for a moment",
    131000: "WhatsApp did not say what went wrong",
    131016: "a service of WhatsApp is overloaded",
    131057: "WhatsApp is working on our account",
    133004: "WhatsApp is down for a moment",
    133016: "the number was registered too often, and has to wait",
}

# A limit is hit. Meta names no instant (only the usage header of the management limits does), so these are the windows it documents.
# https://developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput
PACE = {
    4: timedelta(hours=1),
    80007: timedelta(hours=1),
    613: timedelta(minutes=1),
    130429: timedelta(seconds=5),  # 80 messages a second for one number, 20 where the phone app is in use beside us
    131056: timedelta(seconds=6),  # one message per six seconds to one customer
    131048: timedelta(hours=1),
}

# The number, the token or the bill: a person has to act, nothing can be sent meanwhile.
ACCOUNT = {
    0: "the access token is not valid",
    3: "the app may not use this part of WhatsApp",
    10: "the permission whatsapp_business_messaging was not given, or was taken away",
    102: "the access token is not valid",
    190: "the access token has expired or was taken back",
    368: "WhatsApp has shut our account out for a while because of its rules",
    131005: "the access token lacks a permission",
    131031: "WhatsApp has locked our account",
    131037: "the display name of our number is not approved yet",
    131042: "the payment settings of our account are not in order",
    131045: "our number is not registered well",
    133010: "our number is not registered",
}

# This message will never go: said in words for the one who wrote it.
NEVER = {
    100: "WhatsApp does not accept this message as it is",
    130472: "WhatsApp holds back marketing messages to this customer for an experiment of its own",
    130497: "WhatsApp does not let us write to customers in this country",
    131008: "WhatsApp does not accept this message: something is missing",
    131009: "WhatsApp does not accept this message: a value is not allowed, or the message replied to is older than 30 days",
    131021: "the customer's number is our own number",
    131026: "WhatsApp cannot deliver to this customer",
    131030: "this customer is not on the list of numbers that the test number may write to",
    131047: "the customer wrote more than 24 hours ago: WhatsApp only lets templates through until the customer writes again",
    131049: "WhatsApp holds back this template: the customer had enough marketing messages for now, so try again tomorrow at the earliest",
    131050: "the customer does not want marketing messages",
    131051: "WhatsApp does not know this kind of message",
    131052: "WhatsApp could not get the attachment from the customer's phone",
    131053: "WhatsApp could not take the attachment",
    131055: "WhatsApp does not take this here",
    131062: "this customer can only be written to by number",
    132000: "the template has another number of gaps than were filled in",
    132001: "there is no such template in this language, or it is not approved",
    132005: "the template becomes too long with these words",
    132007: "the template is against the rules of WhatsApp",
    132012: "a gap of the template takes something else than was filled in",
    132015: "the template is paused because customers marked it too often",
    132016: "the template was switched off for good because customers marked it too often",
}

# What means the same on every platform.
CODES = {
    131026: RefusalCode.BLOCKED,
    131030: RefusalCode.BLOCKED,
    131047: RefusalCode.WINDOW_CLOSED,
    131049: RefusalCode.BLOCKED,
    131050: RefusalCode.BLOCKED,
    132000: RefusalCode.TEMPLATE_UNKNOWN,
    132001: RefusalCode.TEMPLATE_UNKNOWN,
    132012: RefusalCode.TEMPLATE_UNKNOWN,
    132015: RefusalCode.TEMPLATE_UNKNOWN,
    132016: RefusalCode.TEMPLATE_UNKNOWN,
}

# Code 100 with this subcode: the number does not exist, or this token may not see it.
NOT_OURS = 33
_LOST = "a permission is missing, or this is not our number"

TOO_MANY, UNAUTHORIZED, FORBIDDEN, SERVER = 429, 401, 403, 500
LONGEST_WAIT = 7 * 24 * 60  # minutes; more than a week is a mistake
PERMISSIONS = range(200, 300)
TEMPLATES = range(132000, 133000)


def explain(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> OutsideError:
    """Return what to do about an answer that is no success."""
    error = _error(body)
    code = _code(error)
    if code is None:
        return _by_status(status, headers, now)
    says = trouble(error)
    if code in PACE:
        return RateLimited(_until(headers, now) or now + PACE[code])
    if status == TOO_MANY:
        return RateLimited(_until(headers, now) or now + timedelta(minutes=1))
    if code in AGAIN:
        return Unavailable(f"{AGAIN[code]} ({says})")
    if code in ACCOUNT or code in PERMISSIONS or is_not_ours(body):
        return AuthFailed(f"{ACCOUNT.get(code, _LOST)} ({says})")
    if code in NEVER or code in TEMPLATES:
        return Rejected(f"{NEVER.get(code, 'WhatsApp does not accept this template')} ({says})", CODES.get(code))
    if status >= SERVER:
        return Unavailable(says)
    if status in (UNAUTHORIZED, FORBIDDEN):
        return AuthFailed(says)
    return Rejected(f"WhatsApp refused it ({says})")


def is_not_ours(body: bytes) -> bool:
    """Say whether an answer means that what was asked for does not exist, or is none of ours."""
    return ident(_error(body), "error_subcode") == str(NOT_OURS)


def has_error(body: bytes) -> bool:
    """Say whether an answer holds Meta's own word on what went wrong; some come with 200."""
    return _code(_error(body)) is not None


def _error(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return maybe_obj(found, "error") if isinstance(found, dict) else {}


def _code(error: Mapping[str, Any]) -> int | None:
    code = ident(error, "code")
    return int(code) if code is not None and code.isascii() and code.isdigit() and len(code) < 10 else None  # noqa: PLR2004 - a code


def _by_status(status: int, headers: Mapping[str, str], now: datetime) -> OutsideError:
    """Explain an answer without an error object: a proxy's page, an empty body, JSON that was cut off."""
    if status == TOO_MANY:
        return RateLimited(_until(headers, now) or now + timedelta(minutes=1))
    if status == UNAUTHORIZED:
        return AuthFailed(f"HTTP {status}")
    return Unavailable(f"HTTP {status} without an answer that can be read")


def _until(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return when the platform wants us back, as far as it says so, and never an instant that has passed.

    https://developers.facebook.com/docs/graph-api/overview/rate-limiting (`estimated_time_to_regain_access`, in minutes)
    """
    low = {name.lower(): value for name, value in headers.items()}
    waits = [*_usage_waits(low.get("x-business-use-case-usage", ""))]
    seconds = low.get("retry-after", "").strip()
    if seconds.isascii() and seconds.isdigit() and len(seconds) < 8:  # noqa: PLR2004 - months
        waits.append(timedelta(seconds=int(seconds)))
    longest = max(waits, default=timedelta(0))
    return now.astimezone(UTC) + longest if longest > timedelta(0) else None


def _usage_waits(header: str) -> list[timedelta]:
    try:
        usage = json.loads(header)
    except (ValueError, RecursionError):
        return []
    uses = [use for part in (usage.values() if isinstance(usage, dict) else ()) if isinstance(part, list) for use in part]
    minutes = [use.get("estimated_time_to_regain_access") for use in uses if isinstance(use, dict)]
    return [timedelta(minutes=value) for value in minutes if isinstance(value, int) and 0 < value <= LONGEST_WAIT]

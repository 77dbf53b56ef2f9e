"""What an answer of X that is no 2xx means: https://docs.x.com/x-api/fundamentals/response-codes-and-errors.

Two families of bodies are in use, sometimes mixed: `{"title", "detail", "type"}` and the older `{"errors": [{"code", "message"}]}`.
A 429 is a rate limit with an end, or a used-up plan that no waiting helps: the `type` tells them apart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.twitter.fields import clipped
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, RefusalCode, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

WAIT = timedelta(
    minutes=1
)  # where X names no end, or one that has passed: https://docs.x.com/x-api/fundamentals/handling-disconnections
LONGEST = timedelta(hours=25)  # the longest window is 24 h: https://docs.x.com/x-api/fundamentals/rate-limits
RESETS = ("x-user-limit-24hour", "x-app-limit-24hour", "x-rate-limit")

UNPAID = "X wants paying first: the credits or the spending limit of this app are used up"
NO_KEYS = "X does not accept these keys: make new ones in the developer console"
WRONG_ACCESS = "this app may not do that on X: give it Read, Write and Direct Messages, then make new access tokens"
LOCKED = "X has suspended or locked this account"
NOT_SUMMONED = "X lets this app reply only to posts that mention us or quote one of ours; answer this one in the X app"
DUPLICATE = "X refuses it because we have already posted exactly this text"
CLOSED = "the writer of this post has limited who may reply to it"
NO_DM = "this person does not accept direct messages from us"
GONE = "the post or the person is no longer there, or hidden from us"
TOO_LONG = "X finds the text too long"

_CODES = {
    NOT_SUMMONED: RefusalCode.NOT_SUMMONED,
    DUPLICATE: RefusalCode.DUPLICATE,
    TOO_LONG: RefusalCode.TOO_LONG,
    NO_DM: RefusalCode.BLOCKED,
    GONE: RefusalCode.GONE,
}

# https://docs.x.com/x-api/fundamentals/response-codes-and-errors, and the older codes that X still sends
_DEAD = {32: NO_KEYS, 89: NO_KEYS, 215: NO_KEYS, 64: LOCKED, 326: LOCKED, 453: WRONG_ACCESS}
_REFUSED = {187: DUPLICATE, 433: CLOSED, 150: NO_DM, 349: NO_DM, 144: GONE, 179: GONE, 385: GONE, 186: TOO_LONG, 354: TOO_LONG}
_DEAD_TYPES = {
    "client-forbidden": WRONG_ACCESS,
    "unsupported-authentication": WRONG_ACCESS,
    "oauth1-permissions": WRONG_ACCESS,
}
_LIMIT, _CLOCK = 88, 135

# X gives these refusals no code of their own; its words are all there is.
_WORDS = (
    (("duplicate content",), DUPLICATE),
    (("summon", "mentioned or otherwise engaged", "not been mentioned"), NOT_SUMMONED),
    (("restricted who can reply", "reply settings", "reply_settings", "who can reply"), CLOSED),
    (("cannot send messages", "not allow direct messages", "dm_event", "direct message"), NO_DM),
    (("deleted or not visible", "not visible to you", "could not find"), GONE),
    (("too long",), TOO_LONG),
)
_UNPAID_WORDS = ("credits", "spend cap", "spending limit", "spending cap")
_LOCKED_WORDS = ("account is suspended", "account is temporarily locked", "account has been locked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An error body of either family."""

    kind: str
    codes: frozenset[int]
    words: str
    period: str


def explain(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> OutsideError:
    """Return what an answer means to the one who asked."""
    said = _said(body)
    if status >= 500 or status in (408, 425) or status < 400:  # noqa: PLR2004 - HTTP
        return Unavailable(f"X answers {status}" + (f": {said.words}" if said.words else ""))
    lowered = said.words.lower()
    if said.kind == "usage-capped":
        return AuthFailed(f"the {said.period} reads that this plan of X allows are used up".replace("  ", " "))
    if status == 402 or any(word in lowered for word in _UNPAID_WORDS):  # noqa: PLR2004 - Payment Required; X documents none
        return AuthFailed(UNPAID)
    if status == 429 or _LIMIT in said.codes:  # noqa: PLR2004 - Too Many Requests
        return RateLimited(_until(headers, now))
    if _CLOCK in said.codes:
        return AuthFailed("X refuses our signature because the clock of this machine is wrong")
    if any(word in lowered for word in _LOCKED_WORDS):
        return AuthFailed(LOCKED)
    dead = _DEAD_TYPES.get(said.kind) or next((_DEAD[code] for code in sorted(said.codes & _DEAD.keys())), None)
    if status == 401 or dead:  # noqa: PLR2004 - Unauthorized
        return AuthFailed(dead or NO_KEYS)
    reason = _refusal(status, said)
    return Rejected(reason, _CODES.get(reason))


def _refusal(status: int, said: Said) -> str:
    """Return why X refuses, in the words of the one who wrote the reply."""
    for code in sorted(said.codes & _REFUSED.keys()):
        return _REFUSED[code]
    lowered = said.words.lower()
    for words, reason in _WORDS:
        if any(word in lowered for word in words):
            return reason
    if status in (404, 410):
        return GONE
    return f"X refuses it ({status}): {said.words or 'without a reason'}"


def _said(body: bytes) -> Said:
    """Return what a body says; empty where it is no JSON object, as with a gateway's HTML."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    whole: dict[str, Any] = found if isinstance(found, dict) else {}
    listed = whole.get("errors")
    errors = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    kind = next((str(one["type"]) for one in (whole, *errors) if isinstance(one.get("type"), str)), "")
    codes = {one["code"] for one in errors if isinstance(one.get("code"), int)}
    words = [one.get("detail") or one.get("message") or one.get("title") for one in (whole, *errors)]
    told = dict.fromkeys(one for one in words if isinstance(one, str))  # once each, in their order
    period = whole.get("period")
    return Said(
        kind=kind.rstrip("/").rpartition("/")[2],
        codes=frozenset(codes),
        words=clipped("; ".join(told)),
        period=clipped(period).lower() if isinstance(period, str) else "",
    )


def _until(headers: Mapping[str, str], now: datetime) -> datetime:
    """Return when to come back: the end of the window that is used up."""
    lowered = {key.lower(): value for key, value in headers.items()}
    spent = [name for name in RESETS if lowered.get(f"{name}-remaining") == "0"]
    for name in (*spent, "x-rate-limit"):
        until = epoch(lowered.get(f"{name}-reset"))
        if until is not None and now < until <= now + LONGEST:
            return until
    return now + WAIT


def epoch(seconds: str | None) -> datetime | None:
    """Return the instant that these seconds since 1970 name."""
    if seconds is None or not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 11:  # noqa: PLR2004 - the year 5138
        return None
    return datetime.fromtimestamp(int(seconds), UTC)

"""What an answer of the Graph API that is none means: code and subcode decide, never the words.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes
https://developers.facebook.com/docs/messenger-platform/error-codes
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, RefusalCode, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

TOO_MANY, SERVER_ERROR = 429, 500
HOUR = timedelta(hours=1)
LONGEST_WAIT = timedelta(days=1)  # the window in which Instagram counts calls
CALL_PAUSE = timedelta(minutes=5)  # 613 names no window
CALL_LIMIT, PERMISSION = 613, 10
LONGEST_REASON = 300
SECRET = re.compile(r"[A-Za-z0-9_|-]{32,}")  # Graph quotes a malformed token back at us

TRANSIENT = frozenset({1, 2, -1, -2})
LIMITS = frozenset({4, 17, 32, 341, CALL_LIMIT, *range(80000, 80015)})
DEAD_TOKEN = {
    458: "the app was removed",
    459: "the person behind it must log in",
    460: "the password was changed",
    463: "it has expired",
    464: "the person behind it is not confirmed",
    467: "it is not valid any more",
    492: "its person lost the role on the page",
}
GONE = "it is gone, or not ours to see"
WINDOW = "the reply window is closed: the person wrote too long ago"
ONE_ONLY = "a private reply was sent before, and there may be one only"
NOT_ALLOWED = "a permission is missing"
UNREACHABLE = "this person cannot be reached now"
MESSAGE_GONE = "the message is gone"
CODES = {
    WINDOW: RefusalCode.WINDOW_CLOSED,
    ONE_ONLY: RefusalCode.ANSWERED_ONCE,
    GONE: RefusalCode.GONE,
    MESSAGE_GONE: RefusalCode.GONE,
    UNREACHABLE: RefusalCode.BLOCKED,
}
REFUSED = {  # by code and subcode; None stands for any
    (10, 2534022): WINDOW,
    (10, 2018278): WINDOW,
    (10, 2018065): WINDOW,
    (10, 1893063): "Meta bars the page from sending for now",
    (100, 33): GONE,
    (100, 2534014): "Instagram knows no such person",
    (100, 2018001): "Instagram knows no such person",
    (100, 2534015): MESSAGE_GONE,
    (368, None): "Instagram blocks the account from writing, for behaviour that it calls abuse",
    (551, None): UNREACHABLE,
    (10900, None): ONE_ONLY,
    (10903, None): "no private reply is allowed here",
}


def explain(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> OutsideError:
    """Return what an answer means that is not what was asked for."""
    error = error_of(body)
    if error is None:
        if status == TOO_MANY:
            return RateLimited(now + _wait(headers, HOUR))
        return Unavailable(f"HTTP {status}, and no error object in it")
    code, subcode = number(error, "code"), number(error, "error_subcode")
    name = f"code {code}" + (f"/{subcode}" if subcode else "")
    if code in LIMITS or status == TOO_MANY:
        return RateLimited(now + _wait(headers, CALL_PAUSE if code == CALL_LIMIT else HOUR))
    refused = REFUSED.get((code, subcode)) or REFUSED.get((code, None))
    if refused is not None:
        return Rejected(f"{refused} ({name})", CODES.get(refused))
    fatal = _fatal(code, subcode)
    if fatal is not None:
        return AuthFailed(f"{fatal} ({name})")
    if code in TRANSIENT or error.get("is_transient") is True or status >= SERVER_ERROR:
        return Unavailable(f"HTTP {status}, {name}")
    return Rejected(f"{_words(error)} ({name})")


def error_of(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else None


def number(error: Mapping[str, Any], key: str) -> int:
    value = error.get(key)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:  # noqa: PLR2004 - longer is no code
        return int(value)
    return value if isinstance(value, int) else 0


def _fatal(code: int, subcode: int) -> str | None:
    """Return why the channel is down, None when it is not. The words of the platform stay out: they may quote the token."""
    if code in (102, 190):
        return f"the access token is refused: {DEAD_TOKEN.get(subcode, 'Meta does not say why')}"
    if code == PERMISSION or 200 <= code <= 299:  # noqa: PLR2004 - the range of the table
        return f"{NOT_ALLOWED}; Meta also takes back one that was not used for 90 days"
    return {3: "the app lacks a capability", 1705: "the token acts as a person, not as the page"}.get(code)


def _wait(headers: Mapping[str, str], otherwise: timedelta) -> timedelta:
    """Return how long the platform says to stay away: the longest of its estimates, in minutes."""
    lower = {name.lower(): value for name, value in headers.items()}
    minutes = max(_estimates(lower.get("x-business-use-case-usage", "")), default=0.0)
    if minutes > 0:
        return min(timedelta(minutes=minutes), LONGEST_WAIT)
    after = lower.get("retry-after", "")
    if after.isascii() and after.isdecimal() and 0 < len(after) < 7 and int(after) > 0:  # noqa: PLR2004 - more seconds are no wait
        return min(timedelta(seconds=int(after)), LONGEST_WAIT)
    return otherwise


def _estimates(header: str) -> Iterator[float]:
    try:
        usage = json.loads(header)
    except (ValueError, RecursionError):
        return
    for uses in usage.values() if isinstance(usage, dict) else ():
        for use in uses if isinstance(uses, list) else ():
            minutes = use.get("estimated_time_to_regain_access") if isinstance(use, dict) else None
            if isinstance(minutes, int | float) and 0 < minutes < float("inf"):
                yield min(float(minutes), LONGEST_WAIT / timedelta(minutes=1))


def _words(error: Mapping[str, Any]) -> str:
    said = next((text for key in ("error_user_msg", "message") if isinstance(text := error.get(key), str) and text), "refused")
    return SECRET.sub("…", said)[:LONGEST_REASON]

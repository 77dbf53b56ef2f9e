"""What an answer of the Graph API that is none means: code and subcode decide, never the words.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes
https://developers.facebook.com/docs/messenger-platform/error-codes
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.meta_errors import (
    CALL_LIMIT,
    CALL_PAUSE,
    DEAD_TOKEN,
    HOUR,
    LIMITS,
    SERVER_ERROR,
    TOO_MANY,
    error_of,
    is_permission,
    number,
    wait,
    words,
)
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, RefusalCode, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


TRANSIENT = frozenset({1, 2, -1, -2})
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
            return RateLimited(now + wait(headers, HOUR))
        return Unavailable(f"HTTP {status}, and no error object in it")
    code, subcode = number(error, "code"), number(error, "error_subcode")
    name = f"code {code}" + (f"/{subcode}" if subcode else "")
    if code in LIMITS or status == TOO_MANY:
        return RateLimited(now + wait(headers, CALL_PAUSE if code == CALL_LIMIT else HOUR))
    refused = REFUSED.get((code, subcode)) or REFUSED.get((code, None))
    if refused is not None:
        return Rejected(f"{refused} ({name})", CODES.get(refused))
    fatal = _fatal(code, subcode)
    if fatal is not None:
        return AuthFailed(f"{fatal} ({name})")
    if code in TRANSIENT or error.get("is_transient") is True or status >= SERVER_ERROR:
        return Unavailable(f"HTTP {status}, {name}")
    return Rejected(f"{words(error)} ({name})")


def _fatal(code: int, subcode: int) -> str | None:
    """Return why the channel is down, None when it is not. The words of the platform stay out: they may quote the token."""
    if code in (102, 190):
        return f"the access token is refused: {DEAD_TOKEN.get(subcode, 'Meta does not say why')}"
    if is_permission(code):
        return f"{NOT_ALLOWED}; Meta also takes back one that was not used for 90 days"
    return {3: "the app lacks a capability", 1705: "the token acts as a person, not as the page"}.get(code)

"""What an answer of the Graph API that is none says in all of Meta's platforms: its error object, limits, waits, dead tokens.

https://developers.facebook.com/docs/graph-api/guides/error-handling
https://developers.facebook.com/docs/graph-api/overview/rate-limiting
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOO_MANY, SERVER_ERROR = 429, 500
HOUR = timedelta(hours=1)  # the window of the limits of an app and of a user
LONGEST_WAIT = timedelta(days=1)  # the window of the others
CALL_LIMIT, CALL_PAUSE = 613, timedelta(minutes=5)  # which names no window
PERMISSION, PERMISSIONS = 10, range(200, 300)
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
LONGEST_REASON = 300
SECRET = re.compile(r"[A-Za-z0-9_|-]{32,}")  # Graph quotes a malformed token back at us


def error_of(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    error = answer.get("error") if isinstance(answer, dict) else None
    return error if isinstance(error, dict) else None


def is_permission(code: int) -> bool:
    """Whether it says that a permission is missing: the token's, or that of one place."""
    return code == PERMISSION or code in PERMISSIONS


def number(error: Mapping[str, Any], key: str) -> int:
    value = error.get(key)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:  # noqa: PLR2004 - longer is no code
        return int(value)
    return value if isinstance(value, int) else 0


def wait(headers: Mapping[str, str], otherwise: timedelta) -> timedelta:
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


def words(error: Mapping[str, Any]) -> str:
    said = next((text for key in ("error_user_msg", "message") if isinstance(text := error.get(key), str) and text), "refused")
    return SECRET.sub("…", said)[:LONGEST_REASON]

"""What Meta says of the token: until when it lives, and whether it may send.

The question names the token, and addresses are logged: so it goes in the body of a batch.
https://developers.facebook.com/docs/graph-api/reference/debug_token
https://developers.facebook.com/docs/graph-api/batch-requests
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from connectors.whatsapp.calls import WELL
from connectors.whatsapp.shapes import instant
from webcare.ports.errors import OutsideError

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.whatsapp.calls import Calls

ENDS = ("expires_at", "data_access_expires_at")  # 0 for never
NEEDED = "whatsapp_business_messaging"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token of which nothing is known ends never, and lacks nothing."""

    expires_at: datetime | None = None
    problems: tuple[str, ...] = ()


async def inspect(calls: Calls) -> Token:
    """Ask what the token may do; one that may not ask this may still do the rest."""
    try:
        data = _told(await calls.batch([f"debug_token?{urlencode({'input_token': calls.token})}"]))
    except OutsideError:
        return Token()
    ends = [end for name in ENDS if (end := _end(data.get(name))) is not None]
    scopes = data.get("scopes")
    lacks = isinstance(scopes, list) and NEEDED not in scopes
    return Token(expires_at=min(ends, default=None), problems=(f"the token lacks the permission {NEEDED}",) if lacks else ())


def _told(answers: Any) -> dict[str, Any]:
    """Return what stands in the first answer of a batch; nothing where that is a refusal, or no answer."""
    first = answers[0] if isinstance(answers, list) and answers else None
    if not isinstance(first, dict) or first.get("code") not in WELL:
        return {}
    try:
        body = json.loads(first.get("body") or "")
    except (TypeError, ValueError, RecursionError):
        return {}
    data = body.get("data") if isinstance(body, dict) else None
    return data if isinstance(data, dict) else {}


def _end(value: Any) -> datetime | None:
    try:
        return instant(value, "expires_at") if value else None
    except ValueError:
        return None

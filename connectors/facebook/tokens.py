"""What Meta says of the token: until when it lives, and which permissions it lacks.

The token goes in the body of a batch, as the question names it and addresses are logged.
https://developers.facebook.com/docs/graph-api/reference/debug_token
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from connectors.facebook.graph import OK
from connectors.meta import instant
from webcare.ports.errors import OutsideError

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.facebook.graph import Graph

ENDS = ("expires_at", "data_access_expires_at")  # 0 for never; after the second only empty answers come
NEEDED_SCOPES = ("pages_read_engagement", "pages_read_user_content", "pages_manage_engagement", "pages_messaging")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    expires_at: datetime | None = None
    missing: tuple[str, ...] = ()


async def inspect(graph: Graph, now: datetime) -> Token:
    """Ask what the token may do; a token that may not ask this may still do the rest."""
    try:
        [(status, body)] = await graph.batch([f"debug_token?{urlencode({'input_token': graph.token})}"], now)
    except OutsideError:
        return Token()
    data = body.get("data") if status == OK and isinstance(body, dict) else None
    if not isinstance(data, dict):
        return Token()
    ends = [end for name in ENDS if (end := _end(data.get(name))) is not None]
    scopes = data.get("scopes")
    missing = tuple(one for one in NEEDED_SCOPES if one not in scopes) if isinstance(scopes, list) else ()
    return Token(expires_at=min(ends, default=None), missing=missing)


def _end(value: Any) -> datetime | None:
    try:
        return instant(value, "expires_at")
    except ValueError:  # 0: never
        return None

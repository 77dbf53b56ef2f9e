"""Ask for messages by their ids, with the posts that they stand under: what we never saw, and whether the rest still stands.

Ids go out by the fifty in one batch. What Facebook does not find is handed on under its id, and `reading` hears a deletion in it; but of
what stands elsewhere, or under a post that we cannot see, Facebook says the same when it is there and not ours to see.
https://developers.facebook.com/docs/graph-api/batch-requests
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from connectors.facebook.errors import explain
from connectors.facebook.graph import OK
from connectors.facebook.nodes import first_part
from connectors.facebook.page import AUTHORED
from connectors.meta import last_part
from connectors.meta_errors import is_permission, number
from webcare.ports.connector import Batch
from webcare.ports.errors import AuthFailed, OutsideError, RateLimited, Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from connectors.facebook.page import Page

POST_FIELDS = f"{AUTHORED},updated_time,permalink_url,attachments{{type,url,media,target,subattachments}}"
COMMENT_FIELDS = f"{AUTHORED},parent{{id}},attachment,is_hidden,can_hide,can_reply_privately,comment_count,permalink_url"
MESSAGE_FIELDS = f"{AUTHORED},to,attachments,sticker,shares"
PLAIN_FIELDS = f"{AUTHORED},updated_time,permalink_url"  # of posts elsewhere and of reviews, whose numbers do not tell
MISUNDERSTOOD = {"code": 100}
MOST = 50  # requests in a batch


async def look_up(page: Page, ids: Sequence[str], now: datetime) -> Batch:
    """Return the messages that have these ids, and the posts above them; `more` where some were not answered."""
    asked = dict.fromkeys(ids)
    roots = [root for one in asked if (root := _root(page, one)) is not None]
    wanted = list(dict.fromkeys([*asked, *roots]))
    bodies: list[dict[str, Any] | None] = []
    seen: set[str] = set()
    for start in range(0, len(wanted), MOST):
        part = wanted[start : start + MOST]
        try:
            found = await _ask(page, part, now)
            if any(body is not None and _is_gone(body) for body in found):
                await page.must_be_ours(now)
        except OutsideError:
            if not bodies:
                raise
            kept = tuple(_believed(page, body, seen) for body in bodies if body is not None)
            return Batch(bodies=kept, cursor=None, cost=start, more=True)
        seen |= {one for one, body in zip(part, found, strict=True) if not _is_gone(body)}
        bodies += [body for one, body in zip(part, found, strict=True) if one in asked or not _is_gone(body)]
    kept = tuple(_believed(page, body, seen) for body in bodies if body is not None)
    return Batch(bodies=kept, cursor=None, cost=len(wanted), more=len(kept) < len(bodies))


async def _ask(page: Page, part: Sequence[str], now: datetime) -> list[dict[str, Any] | None]:
    """Ask for each as what its number says that it is, and once more for what each node has where it was something else."""
    answers = await page.graph.batch([_address(one, _fields(page, one)) for one in part], now)
    found = {one: _heard(one, *answer, now) for one, answer in zip(part, answers, strict=True)}
    if any(_is_refused(body) for body in found.values()):
        await page.must_be_readable(now)
    others = [one for one, body in found.items() if body is not None and body.get("error") == MISUNDERSTOOD]
    if others:
        answers = await page.graph.batch([_address(one, PLAIN_FIELDS) for one in others], now)
        found |= {one: _heard(one, *answer, now) for one, answer in zip(others, answers, strict=True)}
    return list(found.values())


def _believed(page: Page, body: dict[str, Any], seen: set[str]) -> dict[str, Any]:
    """Return a body; that something is gone only where we may see the post above it: elsewhere we may just not be shown it."""
    asked = body.get("asked")
    root = _root(page, asked) if isinstance(asked, str) else None
    return body if root is None or root in seen else {"asked": asked, "error": MISUNDERSTOOD}


def _is_gone(body: dict[str, Any] | None) -> bool:
    """Whether a post that nobody asked for is missing: it may be another page's, whose posts are numbered as comments are."""
    return body is None or "error" in body


def _is_refused(body: dict[str, Any] | None) -> bool:
    error = None if body is None else body.get("error")
    return isinstance(error, dict) and is_permission(number(error, "code"))


def _root(page: Page, message_id: str) -> str | None:
    """Return the post of a comment, which is numbered `<post>_<comment>`; a post's number begins with its page's."""
    owner = first_part(message_id)
    if not owner.isdecimal() or not last_part(message_id).isdecimal() or owner == page.id:
        return None
    return f"{page.id}_{owner}"


def _fields(page: Page, message_id: str) -> str:
    if message_id.startswith(("m_", "mid.")):
        return MESSAGE_FIELDS
    return POST_FIELDS if first_part(message_id) == page.id else COMMENT_FIELDS


def _address(message_id: str, fields: str) -> str:
    return f"{quote(message_id, safe='')}?{urlencode({'fields': fields})}"


def _heard(message_id: str, status: int, body: Any, now: datetime) -> dict[str, Any] | None:
    """Return a body for `reading`: the message, or that it is gone or refused; None where nothing can be said of it now.

    Raises:
        OutsideError: the token or a limit, which is no matter of this one message.
    """
    if status == OK and isinstance(body, dict) and "error" not in body:
        return body
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return None
    if (error.get("code"), error.get("error_subcode")) == (100, 33):
        return {"asked": message_id, "error": {"code": 100, "error_subcode": 33}}
    meaning = explain(status, {}, _as_bytes(error), now)
    if isinstance(meaning, RateLimited) or (isinstance(meaning, AuthFailed) and not is_permission(number(error, "code"))):
        raise meaning
    return None if isinstance(meaning, Unavailable) else {"asked": message_id, "error": {"code": error.get("code")}}


def _as_bytes(error: dict[str, Any]) -> bytes:
    return json.dumps({"error": error}).encode()

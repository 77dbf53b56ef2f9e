"""The shapes of X's answers, in either generation of names: https://docs.x.com/x-api/fundamentals/data-dictionary."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.twitter.simulator.world import Said, Whispered, World

LONG = 280
_HANDLE = re.compile(r"@(\w{1,15})", re.ASCII)
PROBLEMS = "https://api.x.com/2/problems"


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post(said: Said, world: World) -> dict[str, Any]:
    """Return a post; keys that hold nothing are left out, as X leaves them out."""
    new = world.names == "post"
    references = [("replied_to", said.reply_to), ("quoted", said.quotes), ("retweeted", said.retweets)]
    answered = world.posts.get(said.reply_to or "")
    by_handle = {person["username"].lower(): user_id for user_id, person in world.people.items()}
    mentions = [
        {"start": found.start(), "end": found.end(), "username": found[1], "id": by_handle[found[1].lower()]}
        for found in _HANDLE.finditer(said.text)
        if found[1].lower() in by_handle
    ]
    whole = {
        "id": said.id,
        "text": escaped(said.text if len(said.text) <= LONG else said.text[: LONG - 1] + "…"),
        "author_id": said.author,
        "created_at": stamp(said.at),
        "conversation_id": said.conversation,
        "edit_history_post_ids" if new else "edit_history_tweet_ids": said.chain,
        "in_reply_to_user_id": answered.author if answered else None,
        "referenced_posts" if new else "referenced_tweets": [{"type": kind, "id": one} for kind, one in references if one],
        "note_post" if new else "note_tweet": {"text": escaped(said.text)} if len(said.text) > LONG else None,
        "entities": {"mentions": mentions} if mentions else None,
        "attachments": {"media_keys": said.media} if said.media else None,
        "reply_settings": said.reply_settings,
        "lang": "und",
    }
    return {key: value for key, value in whole.items() if value not in (None, [])}


def event(message: Whispered) -> dict[str, Any]:
    return {
        "id": message.id,
        "event_type": "MessageCreate",
        "text": escaped(message.text),
        "sender_id": message.sender,
        "dm_conversation_id": message.conversation,
        "created_at": stamp(message.at),
    }


def page(found: list[dict[str, Any]], world: World, token: str | None, users: set[str]) -> dict[str, Any]:
    """Return a page. An empty one has no `data`; who was suspended is not among the users, but among the errors."""
    meta: dict[str, Any] = {"result_count": len(found)}
    if token is not None:
        meta["next_token"] = token
    if not found:
        return {"meta": meta}
    known = [person for one in sorted(users) if (person := world.person(one))]
    body: dict[str, Any] = {"data": found, "includes": {"users": known}, "meta": meta}
    if missing := sorted(users - world.people.keys()):
        body["errors"] = [not_found(one, "user", "author_id") for one in missing]
    return body


def not_found(found: str, kind: str, parameter: str) -> dict[str, Any]:
    return {
        "value": found,
        "detail": f"Could not find {kind} with {parameter}: [{found}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": found,
        "type": f"{PROBLEMS}/resource-not-found",
    }


def problem(status: int, title: str, detail: str, kind: str = "about:blank", **more: Any) -> web.Response:
    """Return a refusal of the newer family."""
    return web.json_response({"title": title, "detail": detail, "type": kind, "status": status, **more}, status=status)


def legacy(status: int, code: int, message: str) -> web.Response:
    """Return a refusal of the older family."""
    return web.json_response({"errors": [{"code": code, "message": message}]}, status=status)


def invalid(parameter: str, value: str, message: str) -> web.Response:
    errors = [{"parameters": {parameter: [value]}, "message": message}]
    kind = f"{PROBLEMS}/invalid-request"
    return problem(400, "Invalid Request", "One or more parameters to your request was invalid.", kind, errors=errors)


def forbidden(detail: str) -> web.Response:
    return problem(403, "Forbidden", detail)

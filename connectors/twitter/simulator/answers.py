"""The shapes of X's answers, in either generation of names: https://docs.x.com/x-api/fundamentals/data-dictionary."""

from __future__ import annotations

import re
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from connectors.twitter.simulator.refusing import not_found
from connectors.twitter.simulator.world import EDIT_WINDOW, EDITS, Said

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.twitter.simulator.asked import Asked
    from connectors.twitter.simulator.world import Medium, Whispered, World

LONG = 280
_HANDLE = re.compile(r"(?<!\w)@(\w{1,15})\b", re.ASCII)


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def with_link(text: str, media: list[str], world: World) -> str:
    """Return a text as X shows it: media that are there stand at its end as a link."""
    there = [one for one in media if one in world.media]
    return f"{text} {_link(there[0])}".strip() if there else text


def _link(key: str) -> str:
    return f"https://t.co/{sha256(key.encode()).hexdigest()[:10]}"


def _entities(text: str, media: list[str], world: World) -> dict[str, Any] | None:
    """Return whom a text names and which links X put there, by where they stand."""
    named = mentioned(text, world)
    urls = [
        {
            "start": text.index(_link(one)),
            "end": len(text),
            "url": _link(one),
            "display_url": f"pic.x.com/{one}",
            "media_key": one,
        }
        for one in media
        if _link(one) in text
    ]
    found = {"mentions": named, "urls": urls}
    return {name: value for name, value in found.items() if value} or None


def mentioned(text: str, world: World) -> list[dict[str, Any]]:
    """Return whom a text names, as far as they are here."""
    found = [(match, _of_handle(match[1].lower(), world)) for match in _HANDLE.finditer(text)]
    return [
        {"start": match.start(), "end": match.end(), "username": match[1], "id": user_id}
        for match, user_id in found
        if user_id is not None
    ]


def _of_handle(handle: str, world: World) -> str | None:
    return next((user_id for user_id, person in world.people.items() if person["username"].lower() == handle), None)


def post(said: Said, world: World, *, is_counted: bool = False) -> dict[str, Any]:
    """Return everything about a post; keys that hold nothing are left out, as X leaves them out.

    What is counted about it takes a walk over all posts: `is_counted` where somebody wants to know.
    """
    new = world.names == "post"
    references = [("replied_to", said.reply_to), ("quoted", said.quotes), ("retweeted", said.retweets)]
    answered = world.posts.get(said.reply_to or "")
    text = with_link(said.text, said.media, world)
    whole = {
        "id": said.id,
        "text": escaped(text if len(text) <= LONG else text[: LONG - 1] + "…"),
        "author_id": said.author,
        "created_at": stamp(said.at),
        "conversation_id": said.conversation,
        "edit_history_post_ids" if new else "edit_history_tweet_ids": list(said.chain),
        "edit_controls": _edit_controls(said, world),
        "in_reply_to_user_id": answered.author if answered else None,
        "referenced_posts" if new else "referenced_tweets": [{"type": kind, "id": one} for kind, one in references if one],
        "note_post" if new else "note_tweet": {"text": escaped(text)} if len(text) > LONG else None,
        "entities": _entities(text, said.media, world),
        "attachments": {"media_keys": list(said.media)} if said.media else None,
        "public_metrics": _metrics(said, world) if is_counted else None,
        "reply_settings": said.reply_settings,
        "lang": said.lang,
        "source": said.source,
    }
    return {key: value for key, value in whole.items() if value not in (None, [])}


def _edit_controls(said: Said, world: World) -> dict[str, Any]:
    first = world.posts[said.chain[0]]
    left = max(0, EDITS + 1 - len(said.chain))
    is_own = said.reply_to is None and said.retweets is None
    return {"is_edit_eligible": is_own, "editable_until": stamp(first.at + EDIT_WINDOW), "edits_remaining": left}


def _metrics(said: Said, world: World) -> dict[str, int]:
    def count(name: str) -> int:
        return sum(getattr(one, name) == said.id and one.id not in world.gone for one in world.posts.values())

    return {
        "repost_count" if world.names == "post" else "retweet_count": count("retweets"),
        "reply_count": count("reply_to"),
        "like_count": int(said.id in world.liked),
        "quote_count": count("quotes"),
        "bookmark_count": 0,
        "impression_count": 0,
    }


def event(message: Whispered, world: World) -> dict[str, Any]:
    whole = {
        "id": message.id,
        "event_type": "MessageCreate",
        "text": escaped(with_link(message.text, message.media, world)),
        "sender_id": message.sender,
        "dm_conversation_id": message.conversation,
        "created_at": stamp(message.at),
        "attachments": {"media_keys": list(message.media)} if message.media else None,
    }
    return {key: value for key, value in whole.items() if value is not None}


def medium(found: Medium, origin: str) -> dict[str, Any]:
    """Return a picture as it stands beside posts. A message's picture is shown only to who signs for it."""
    folder = "dm" if found.category.startswith("dm_") else "media"
    return {"media_key": found.key, "type": found.type, "url": f"{origin}/{folder}/{found.key}"}


def beside(found: list[dict[str, Any]], world: World, asked: Asked) -> dict[str, Any]:
    """Return the expansions of these objects, and errors for what is not there: the suspended, the deleted.

    Media that are not there have no error: they are just missing.
    """
    users = {
        one[name]
        for name in ("author_id", "sender_id", "in_reply_to_user_id")
        if name in asked.expansions
        for one in found
        if name in one
    }
    keys = [key for one in found for key in one.get("attachments", {}).get("media_keys", []) if asked.expands_media]
    pictures = [medium(world.media[key], asked.origin) for key in dict.fromkeys(keys) if key in world.media]
    referenced, missing = _referenced(found, world, asked)
    if "referenced_tweets.id.author_id" in asked.expansions:
        users |= {one.author for one in referenced}
    known = [person for one in sorted(users) if (person := world.person(one))]
    errors = [not_found(one, "user", "author_id", world) for one in sorted(users - world.people.keys())]
    errors += [not_found(one, "tweet", asked.reference, world) for one in missing]
    texts = [asked.shown(post(one, world, is_counted=asked.counts)) for one in referenced]
    includes = {"users": known, "media": pictures, f"{world.names}s": texts}
    return {"includes": {name: value for name, value in includes.items() if value}, "errors": errors}


def _referenced(found: list[dict[str, Any]], world: World, asked: Asked) -> tuple[list[Said], list[str]]:
    if asked.reference not in asked.expansions:
        return [], []
    name = "referenced_posts" if world.names == "post" else "referenced_tweets"
    wanted = dict.fromkeys(reference["id"] for one in found for reference in one.get(name, []))
    there = [world.posts[one] for one in wanted if one in world.posts and world.is_shown(world.posts[one])]
    return there, [one for one in wanted if one not in {said.id for said in there}]


def page(found: list[dict[str, Any]], world: World, asked: Asked, token: str | None) -> dict[str, Any]:
    """Return a page. An empty one has no `data`."""
    meta: dict[str, Any] = {"result_count": len(found)}
    if found and asked.is_posts:
        meta |= {"newest_id": found[0]["id"], "oldest_id": found[-1]["id"]}
    if token is not None:
        meta["next_token"] = token
    if not found:
        return {"meta": meta}
    extra = {name: value for name, value in beside(found, world, asked).items() if value}
    return {"data": [asked.shown(one) for one in found], **extra, "meta": meta}

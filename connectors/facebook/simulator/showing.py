"""What the simulated Graph shows of posts, comments, reviews and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.facebook.simulator.rules import takes_private_reply
from connectors.facebook.simulator.world import PAGE, PAGE_NAME, us

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.facebook.simulator.world import Shown, Words, World

Answered = dict[str, Any]
GRAPH_TYPES = {"image": "photo", "video": "video_inline", "link": "share"}


def node(world: World, node_id: str, account: str) -> Answered:
    if node_id == account:
        return {"id": account, "name": PAGE_NAME if account == PAGE else "Somebody"}
    if node_id in world.messages:
        return message(world.messages[node_id])
    for number, shown in ((one.number, one) for words in _all(world) for one in words.files):
        if number == node_id:
            return {"id": number, "source": shown.url, "images": [{"source": shown.url}]}
    words = world.find(node_id)
    return post(world, words) if words.id == words.root else comment(world, words)


def token(world: World) -> Answered:
    """https://developers.facebook.com/docs/graph-api/reference/debug_token ."""
    ends = 0 if world.ends is None else int(world.ends.timestamp())
    return {"data": {"type": "PAGE", "is_valid": True, "expires_at": ends, "data_access_expires_at": 0, "scopes": world.scopes}}


def _all(world: World) -> list[Words]:
    return [*world.posts.values(), *world.comments.values(), *world.messages.values()]


def time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


def _authored(words: Words) -> Answered:
    return {"id": words.id, "message": words.text, "created_time": time(words.at)} | (
        {"from": words.author} if words.author else {}
    )


def post(world: World, words: Words) -> Answered:
    count = sum(one.root == words.id for one in world.comments.values())
    shown = _authored(words) | {"updated_time": time(words.updated), "comments": {"data": [], "summary": {"total_count": count}}}
    shown["can_reply_privately"] = takes_private_reply(world, words)
    if words.id in world.tagged:
        shown["tagged_time"] = time(words.at)
    if words.files:
        shown["attachments"] = {"data": [_attached(one) for one in words.files]}
    if len(words.files) > 1:
        shown["attachments"] = {"data": [{"type": "album", "subattachments": shown["attachments"]}]}
    return shown


def comment(world: World, words: Words) -> Answered:
    shown = _authored(words) | {"is_hidden": words.is_hidden, "can_hide": True, "comment_count": 0}
    shown["can_reply_privately"] = takes_private_reply(world, words)
    if words.parent:
        shown["parent"] = {"id": words.parent}
    if words.files:
        shown["attachment"] = _attached(words.files[0])
    if words.id in world.private_replies:
        shown["private_reply_conversation"] = {"id": f"t_{world.private_replies[words.id]}"}
    return shown


def _attached(one: Shown) -> Answered:
    return {
        "type": GRAPH_TYPES.get(one.type, one.type),
        "media": {"image": {"src": one.url}},
        "target": {"id": one.number},
        "url": one.url,
    }


def review(world: World, words: Words) -> Answered:
    below = [comment(world, one) for one in world.comments.values() if one.root == words.id and world.is_indexed(one)]
    story = {"id": words.id} | ({"comments": {"data": below}} if below else {})
    shown: Answered = {"created_time": time(words.at), "review_text": words.text, "open_graph_story": story}
    shown["recommendation_type"] = "negative" if (words.rating or 0) < 3 else "positive"  # noqa: PLR2004 - of five stars
    return shown | ({"reviewer": words.author} if words.author else {})


def message(words: Words) -> Answered:
    there = {"id": words.root, "name": "Somebody"} if words.author == us() else us()
    shown = _authored(words) | {"to": {"data": [there]}}
    stickers = [one.url for one in words.files if one.type in ("sticker", "old_sticker")]
    if stickers:
        return shown | {"sticker": stickers[0]}
    return shown | ({"attachments": {"data": [_file(one) for one in words.files]}} if words.files else {})


def _file(one: Shown) -> Answered:
    """https://developers.facebook.com/docs/messenger-platform/europe-japan-updates ."""
    shown: Answered = {"id": one.number}
    match one.type:
        case "hole":
            return shown | {"name": "Not shown to this app: privacy rules of Europe"}
        case "image":
            return shown | {"mime_type": "image/png", "image_data": {"url": one.url}}
        case "video":
            return shown | {"mime_type": "video/mp4", "video_data": {"url": one.url}}
        case "audio":
            return shown | {"mime_type": "audio/mp4", "file_url": one.url}
    return shown | {"mime_type": "application/pdf", "file_url": one.url}


def thread(world: World, person: str) -> list[Words]:
    found = (one for one in world.messages.values() if one.root == person and world.is_indexed(one))
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)

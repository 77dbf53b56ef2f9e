"""What the simulated platform tells a webhook: the bodies of `changes[]` and `messaging[]`.

https://developers.facebook.com/docs/graph-api/webhooks/reference/page
https://developers.facebook.com/docs/messenger-platform/webhooks
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.facebook.simulator.world import PAGE, us

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.facebook.simulator.world import Shown, Words

Value = dict[str, Any]


def feed_value(words: Words, verb: str) -> Value:
    is_comment = words.id != words.root
    value: Value = {"item": "comment" if is_comment else "post", "verb": verb, "post_id": words.root}
    value["created_time"] = int(words.at.timestamp())
    if words.author is not None:
        value["from"] = words.author
    if verb not in ("remove", "hide", "unhide"):
        value["message"] = words.text
        value |= _shown(words.files, is_comment=is_comment)
    if is_comment:
        value |= {"comment_id": words.id, "parent_id": words.parent or words.root}
    return value


def _shown(files: list[Shown], *, is_comment: bool) -> Value:
    if len(files) > 1:
        return {"photos": [one.url for one in files]}
    shown: Value = {}
    for one in files:
        shown |= {"photo" if one.type == "image" else one.type: one.url}
        if one.type in ("image", "video") and not is_comment:
            item = "photo" if one.type == "image" else "video"
            shown = {"item": item, f"{item}_id": one.number, "link": one.url}
        elif one.type == "link" and not is_comment:
            shown = {"item": "share", "link": one.url}
    return shown


def mention_value(words: Words) -> Value:
    """Tell of a post elsewhere that names the page: the webhook does not say whose it is."""
    return {key: value for key, value in feed_value(words, "add").items() if key != "from"}


def rating_value(words: Words, verb: str) -> Value:
    value: Value = {"item": "rating", "verb": verb, "open_graph_story_id": words.id, "created_time": int(words.at.timestamp())}
    if words.author is not None:
        value |= {"reviewer_id": words.author["id"], "reviewer_name": words.author["name"]}
    return value | ({} if verb == "remove" else {"review_text": words.text, "rating": words.rating})


def reaction_value(words: Words, author: dict[str, str], verb: str, felt: str = "like") -> Value:
    value = {**feed_value(words, verb), "item": "reaction", "reaction_type": felt, "from": author}
    return {key: part for key, part in value.items() if key not in ("message", "photo", "video", "link", "photos")}


def between(words: Words, at: datetime | None = None) -> Value:
    is_ours = words.author == us()
    sender, recipient = (PAGE, words.root) if is_ours else (words.root, PAGE)
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": int((at or words.at).timestamp() * 1000)}


def messaging_item(words: Words, app_id: int | None = None) -> Value:
    message: Value = {"mid": words.id}
    message |= {"text": words.text} if words.text else {}
    message |= {"reply_to": {"mid": words.parent}} if words.parent else {}
    if any(one.type == "hole" for one in words.files):
        message["is_unsupported"] = True
    elif words.files:
        message["attachments"] = [_attached(one) for one in words.files]
    if words.author == us():
        message["is_echo"] = True
        message |= {"app_id": app_id} if app_id else {}
        message |= {"metadata": words.metadata} if words.metadata else {}
    return {**between(words), "message": message}


def _attached(one: Shown) -> Value:
    """A sticker was an image with a number until 2026-08-30; `old_sticker` still is."""
    if one.type in ("sticker", "old_sticker"):
        return {
            "type": "sticker" if one.type == "sticker" else "image",
            "payload": {"url": one.url, "sticker_id": 369239263222822},
        }
    return {"type": one.type, "payload": {"url": one.url}}


def as_of_old(value: Any) -> Any:
    """Write a body as years ago: ids of digits as numbers, and the author in two fields of the change itself."""
    if isinstance(value, list):
        return [as_of_old(one) for one in value]
    if not isinstance(value, dict):
        return value
    old = {key: as_of_old(one) for key, one in value.items()}
    for key in ("id", "sender_id"):
        if isinstance(old.get(key), str) and old[key].isdecimal():
            old[key] = int(old[key])
    if "item" in old and isinstance(old.get("from"), dict):
        author = old.pop("from")
        old |= {"sender_id": author["id"], "sender_name": author.get("name")}
    return old

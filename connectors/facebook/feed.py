"""Read `changes[]` of a page's webhook: what is said in public, and what became of it.

https://developers.facebook.com/docs/graph-api/webhooks/reference/page
"""

from __future__ import annotations

from typing import Any

from connectors.facebook.fields import author_of
from connectors.meta import Here, as_object, first_instant, last_part, need_id, opt_id, opt_list, opt_text
from webcare.domain.message import Attachment, Direction, Kind
from webcare.ports.connector import Heard, Sort

KIND = "facebook"
FIELDS = frozenset({"feed", "mention", "ratings"})
FEELINGS = frozenset({"like", "reaction"})
POSTS = frozenset(
    {
        "post",
        "status",
        "photo",
        "video",
        "share",
        "album",
        "photo-album",
        "event",
        "link",
        "note",
        "milestone",
        "story",
        "offer",
        "reel",
    }
)
ITEMS = POSTS | {"comment", "rating"}
POST_IDS = ("post_id", "photo_id", "video_id", "share_id", "album_id", "event_id")
ADDED, EDITED, REMOVED = frozenset({"add"}), frozenset({"edit", "edited"}), frozenset({"remove", "delete"})
MODERATION = {  # the page or its filter did it; the customer's words still stand and may still want an answer
    "hide": "hidden, not deleted by its author",
    "unhide": "shown again",
    "block": "blocked",
    "unblock": "no longer blocked",
    "mute": "muted",
    "unmute": "no longer muted",
}


def read_change(change: dict[str, Any], here: Here) -> list[Heard]:
    """Read one change of `feed`, `mention` or `ratings`."""
    field = need_id(change, "field")
    if field not in FIELDS:
        why = "messages come on their own" if field == "conversations" else "not about what somebody said"
        return [_ignored(f"page field {field!r}: {why}", field)]
    value = as_object(change.get("value"), "value")
    item, verb = need_id(value, "item"), need_id(value, "verb")
    raw_type = f"{field}.{item}.{verb}"
    if verb in MODERATION:
        return [_ignored(MODERATION[verb], raw_type, opt_id(value, "comment_id") or opt_id(value, "post_id"))]
    if item in FEELINGS:
        return [_feeling(value, field, here, raw_type)]
    if item not in ITEMS:
        if opt_text(value, "message"):
            raise ValueError(f"item: {item!r} is not known, and it carries a text")
        return [_ignored(f"unknown item {item!r}", raw_type)]
    if verb not in ADDED | EDITED | REMOVED:
        return [_ignored(f"unknown verb {verb!r}", raw_type, opt_id(value, "comment_id") or opt_id(value, "post_id"))]
    return [_said(value, field, here, raw_type)]


def _ignored(reason: str, raw_type: str, external_id: str | None = None) -> Heard:
    return Heard(sort=Sort.IGNORED, channel_kind=KIND, reason=reason, raw_type=raw_type, external_id=external_id)


def _said(value: dict[str, Any], field: str, here: Here, raw_type: str) -> Heard:
    """Read a post, comment, mention or review that was added, edited or removed."""
    item, verb = value["item"], value["verb"]
    external_id, root, reply_to = _place(value, field, item)
    author = author_of(value, external_id)
    is_ours = here.is_ours(author.id)
    added = Sort.ECHO if is_ours else Sort.MESSAGE
    sort = added if verb in ADDED else Sort.EDIT if verb in EDITED else Sort.DELETE
    return Heard(
        sort=sort,
        channel_kind=KIND,
        account=here.ours,
        external_id=external_id,
        conversation_id=root,
        reply_to=reply_to,
        target_id=None if verb in ADDED else external_id,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        kind=_kind(field, item),
        author=author,
        text=None if sort is Sort.DELETE else _text(value, sort),
        created_at=first_instant(("created_time", value.get("created_time")), ("time", here.time)),
        attachments=() if sort is Sort.DELETE else _attachments(value, item),
        permalink=opt_text(value, "permalink_url"),
        raw_type=raw_type,
        reason=judgement(value),
        app_id=opt_id(value, "app_id"),
        note=_edited_at(here) if sort is Sort.EDIT else None,
    )


def _place(value: dict[str, Any], field: str, item: str) -> tuple[str, str, str | None]:
    """Return a message's own id, the root of its thread, and what it answers.

    A review is named by its story, and the post that its comments name ends in the same number: that number is the thread.
    """
    if item == "rating":
        story = need_id(value, "open_graph_story_id")
        return story, story, None
    root = next((found for key in POST_IDS if (found := opt_id(value, key))), None)
    if root is None:
        raise ValueError("post_id: missing")
    if field == "ratings":
        root = last_part(root)
    if item != "comment":
        return root, root, None
    parent = opt_id(value, "parent_id")
    on_post = parent is None or last_part(parent) == last_part(root)  # on top-level comments the parent is the post
    return need_id(value, "comment_id"), root, root if on_post else parent


def _kind(field: str, item: str) -> Kind:
    if field == "mention":
        return Kind.MENTION
    if item == "comment":
        return Kind.COMMENT
    return Kind.REVIEW if field == "ratings" else Kind.POST


def _text(value: dict[str, Any], sort: Sort) -> str | None:
    """Return the words; an edit that carries none says nothing of them, it does not empty them."""
    found = opt_text(value, "message") or opt_text(value, "review_text")
    return found if sort is Sort.EDIT else found or ""


def judgement(value: dict[str, Any]) -> str | None:
    """Return what a review says without words, for which a message has no field."""
    stars, advice = value.get("rating"), opt_text(value, "recommendation_type")
    said = [f"rating {stars}"] if isinstance(stars, int) and not isinstance(stars, bool) else []
    said += [f"recommendation {advice.lower()}"] if advice else []
    return ", ".join(said) or None


def _edited_at(here: Here) -> str | None:
    """Return when it was edited: `created_time` stays that of the message, so the entry's time tells."""
    return None if here.time is None else f"edited_at={first_instant(('time', here.time)).isoformat()}"


def _attachments(value: dict[str, Any], item: str) -> tuple[Attachment, ...]:
    link = opt_text(value, "link")
    found = []
    photo, video = opt_text(value, "photo"), opt_text(value, "video")
    photo_id, video_id = opt_id(value, "photo_id"), opt_id(value, "video_id")
    if photo or photo_id:
        found.append(Attachment(type="image", id=photo_id, url=photo or (link if item == "photo" else None)))
    for url in opt_list(value, "photos"):
        if not isinstance(url, str):
            raise ValueError("photos: not texts")
        if url != photo:
            found.append(Attachment(type="image", url=url))
    if video or video_id:
        found.append(Attachment(type="video", id=video_id, url=video or (link if item == "video" else None)))
    if link and not any(link == one.url for one in found):
        found.append(Attachment(type="link", url=link))
    return tuple(found)


def _feeling(value: dict[str, Any], field: str, here: Here, raw_type: str) -> Heard:
    """Read a like or another reaction; a like of the page itself is about nothing that was said."""
    root = opt_id(value, "post_id")
    if root and field == "ratings":
        root = last_part(root)
    target = opt_id(value, "comment_id") or root
    if target is None:
        return _ignored("a like of the page itself", raw_type)
    author = author_of(value, target)
    is_ours = here.is_ours(author.id)
    return Heard(
        sort=Sort.REACTION,
        channel_kind=KIND,
        account=here.ours,
        conversation_id=root,
        target_id=target,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        author=author,
        text=None if value["verb"] in REMOVED else opt_text(value, "reaction_type") or "like",
        created_at=first_instant(("created_time", value.get("created_time")), ("time", here.time)),
        raw_type=raw_type,
    )

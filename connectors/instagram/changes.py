"""Read `changes[]` of an Instagram webhook: comments, comments under a live broadcast, and mentions.

A mention comes without a word of what was said: its text is empty until somebody looks it up (`client.look_up`).
https://developers.facebook.com/docs/graph-api/webhooks/reference/instagram
"""

from __future__ import annotations

from typing import Any

from connectors.instagram.fields import KIND, author_of, direction_of, ignored, told_at
from connectors.meta import Here, as_object, need_id, opt_id, opt_object, opt_text
from webcare.domain.message import Attachment, Kind
from webcare.ports.connector import Heard, Sort

COMMENTS = frozenset({"comments", "live_comments"})
OF_NO_INTEREST = {
    "story_insights": "the figures of a story that ended",
    "creator_marketplace_projects": "a matter of advertising",
    "creator_marketplace_invited_creator_onboarding": "a matter of advertising",
    "delta": "a matter of the app",
}


def read_change(change: dict[str, Any], here: Here) -> list[Heard]:
    """Read one change.

    Raises:
        ValueError: it cannot be understood, or carries words in a way that we do not know.
    """
    field = opt_text(change, "field")
    if field in OF_NO_INTEREST:
        return [ignored(OF_NO_INTEREST[field], field)]
    value = as_object(change.get("value"), "value")
    if field in COMMENTS:
        return [_comment(value, field or "", here)]
    if field == "mentions":
        return [_mention(value, here)]
    if opt_text(value, "text") or opt_text(value, "message"):
        raise ValueError(f"field: words in an unknown field {field!r}")
    return [ignored(f"unknown field: {field}", field)]


def _comment(value: dict[str, Any], field: str, here: Here) -> Heard:
    """Read a comment. One under an advertisement is told for the ad and for the post: both times under the post's own id."""
    comment_id = need_id(value, "id") if "id" in value else need_id(value, "comment_id")
    media = opt_object(value, "media")
    root = opt_id(media, "original_media_id") or opt_id(media, "id") or opt_id(value, "media_id")
    parent = opt_id(value, "parent_id")
    author, is_ours = author_of(value, comment_id, here)
    return Heard(
        sort=Sort.ECHO if is_ours else Sort.MESSAGE,
        channel_kind=KIND,
        account=here.ours,
        external_id=comment_id,
        conversation_id=root or parent or comment_id,
        reply_to=parent or root,
        direction=direction_of(is_ours=is_ours),
        kind=Kind.COMMENT,
        author=author,
        text=opt_text(value, "text") or "",
        created_at=told_at(("timestamp", value.get("timestamp")), ("time", here.time)),
        raw_type=f"{field}.ad" if opt_id(media, "ad_id") else field,
    )


def _mention(value: dict[str, Any], here: Here) -> Heard:
    """Read that somebody named us in a comment or in the words under a picture, at somebody else's place.

    The attachment says that there is more than we were told, so that empty words are not taken for nothing.
    """
    media, comment = need_id(value, "media_id"), opt_id(value, "comment_id")
    named = comment or media
    author, is_ours = author_of(value, named, here)
    return Heard(
        sort=Sort.ECHO if is_ours else Sort.MESSAGE,
        channel_kind=KIND,
        account=here.ours,
        external_id=named,
        conversation_id=media,
        reply_to=media if comment else None,
        direction=direction_of(is_ours=is_ours),
        kind=Kind.MENTION,
        author=author,
        text="",
        created_at=told_at(("timestamp", value.get("timestamp")), ("time", here.time)),
        attachments=(Attachment(type="unavailable"),),
        raw_type="mentions.comment" if comment else "mentions.media",
    )

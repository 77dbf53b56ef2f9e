"""API v2 objects: posts and direct message events under both generations of names, and partial errors.

Between spec 2.166 and 2.167 (2026-08) X renamed tweet to post without saying so: `edit_history_post_ids`, `referenced_posts`,
`note_post`, `includes.posts`. Both are read, side by side (https://docs.x.com/x-api/fundamentals/data-dictionary).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.twitter.fields import as_ident, clipped, ident, instant, needed_ident, part, plain, record, rows, text, time_of
from connectors.twitter.posts import KIND, Direct, Here, Post, hear_direct, hear_post, ignored, told_of
from webcare.domain.message import Attachment, Author
from webcare.ports.connector import Heard, Sort

if TYPE_CHECKING:
    from collections.abc import Mapping

# The number before the underscore of a media key, for media that did not come along: https://docs.x.com/x-api/fundamentals/data-dictionary
MEDIA = {"3": "image", "7": "video", "13": "video", "16": "animated_gif"}
TO_US = frozenset({"post.mention.create", "post.reply.create", "post.quote.create"})
MESSAGE_CREATE = "MessageCreate"


def included(body: dict[str, Any]) -> dict[str, Any]:
    """Return what stands beside the elements: users by id, media by key, and the posts that are referred to by id."""
    beside = body.get("includes")
    beside = beside if isinstance(beside, dict) else {}
    posts = {**by_key(beside.get("tweets"), "id"), **by_key(beside.get("posts"), "id")}
    return {"users": by_key(beside.get("users"), "id"), "media": by_key(beside.get("media"), "media_key"), "posts": posts}


def by_key(listed: Any, key: str) -> dict[str, dict[str, Any]]:
    """Return the objects of a list, or of an object's values, by a key of theirs.

    Some events pack each into one more `data` (https://docs.x.com/x-api/activity/event-payloads). They only decorate a message, so what
    is none is passed over: a bad one must not take the messages with it.
    """
    listed = listed.values() if isinstance(listed, dict) else listed if isinstance(listed, list) else ()
    unpacked = (one.get("data", one) for one in listed if isinstance(one, dict))
    return {one[key]: one for one in unpacked if isinstance(one, dict) and isinstance(one.get(key), str)}


def read_post(value: Any, around: Mapping[str, Any], here: Here) -> list[Heard]:
    """Return what a v2 post says.

    Raises:
        ValueError: a field is missing or is not what X documents.
    """
    post = record(value, "post")
    post_id = needed_ident(post, "id")
    note = part(post, "note_tweet") or part(post, "note_post")  # holds the whole of a long post, `text` only its beginning
    words = text(note, "text") if note.get("text") is not None else text(post, "text")
    if words is None:
        raise ValueError("text: missing")
    references = dict(_reference(one) for one in rows(post, "referenced_tweets", "referenced_posts"))
    event = around.get("event")
    read = Post(
        id=post_id,
        text=plain(words),
        raw_type=told_of(event, references, "post", decoration(post, "reply_settings")),
        chain=_chain(post),
        author=author(ident(post, "author_id"), around, handle=decoration(post, "username")),
        created_at=instant(post, "created_at") or time_of(post_id),
        conversation_id=ident(post, "conversation_id"),
        replied_to=references.get("replied_to"),
        replied_to_user=ident(post, "in_reply_to_user_id"),
        mentions=_mentions(post),
        names_us=event in TO_US or _writer(references.get("quoted"), around) in here.ours,
        is_retweet="retweeted" in references or event == "post.repost.create",
        attachments=_attachments(post, around),
        app_id=decoration(post, "source"),
    )
    return [hear_post(read, here)]


def _reference(value: Any) -> tuple[str, str]:
    reference = record(value, "referenced post")
    return text(reference, "type") or "referenced", needed_ident(reference, "id")


def _writer(post_id: str | None, around: Mapping[str, Any]) -> str | None:
    """Return who wrote a post that stands beside this one."""
    return None if post_id is None else decoration(around.get("posts", {}).get(post_id, {}), "author_id")


def _chain(post: dict[str, Any]) -> tuple[str, ...]:
    found = rows(post, "edit_history_tweet_ids", "edit_history_post_ids")
    return tuple(one for one in (as_ident(entry, "edit history") for entry in found) if one is not None)


def _mentions(post: dict[str, Any]) -> frozenset[str] | None:
    """Return who is named; None when entities were not asked for. An empty set of them is left out of an answer, too."""
    if post.get("entities") is None:
        return None
    found = (ident(record(one, "mention"), "id") for one in rows(part(post, "entities"), "mentions"))
    return frozenset(one for one in found if one is not None)


def author(user_id: str | None, around: Mapping[str, Any], *, handle: str | None = None) -> Author | None:
    """Return the author as far as the body knows them: a suspended one is not among the users beside the posts."""
    if user_id is None:
        return None
    user = around.get("users", {}).get(user_id, {})
    return Author(id=user_id, name=decoration(user, "name"), handle=decoration(user, "username", "screen_name") or handle)


def decoration(value: dict[str, Any], *names: str) -> str | None:
    """Return the first text under these names; what is no text is not worth the message that it decorates."""
    return next((found for name in names if isinstance(found := value.get(name), str) and found), None)


def _attachments(holder: dict[str, Any], around: Mapping[str, Any]) -> tuple[Attachment, ...]:
    listed = part(holder, "attachments")
    media = tuple(_medium(key, around.get("media", {})) for key in rows(listed, "media_keys"))
    polls = tuple(Attachment(type="poll", id=as_ident(one, "poll_ids")) for one in rows(listed, "poll_ids"))
    return media + polls


def _medium(key: Any, media: Mapping[str, Any]) -> Attachment:
    """Return one medium. Its id is the part after the underscore: the same number that webhooks give it."""
    if not isinstance(key, str):
        raise ValueError("media_keys: a text is expected")
    medium = media.get(key, {})
    prefix, _, number = key.rpartition("_")
    kind = MEDIA.get(prefix) or media_type(decoration(medium, "type"))
    return Attachment(type=kind, id=number, url=decoration(medium, "url", "preview_image_url"))


def media_type(named: str | None) -> str:
    return "image" if named == "photo" else named or "media"


def read_event(value: Any, around: Mapping[str, Any], here: Here) -> list[Heard]:
    """Return what a v2 direct message event says: https://docs.x.com/x-api/direct-messages/lookup/integrate.

    Raises:
        ValueError: a field is missing or is not what X documents.
    """
    event = record(value, "event")
    event_id = needed_ident(event, "id")
    kind = text(event, "event_type")
    if kind is None:
        raise ValueError("event_type: missing")
    if kind != MESSAGE_CREATE:
        return [ignored(f"{clipped(kind)}: nobody wrote", kind, external_id=event_id, account=here.account)]
    words, attachments = text(event, "text"), _attachments(event, around)
    if words is None and not attachments and not rows(event, "referenced_tweets", "referenced_posts"):
        raise ValueError("text: missing")
    return [
        hear_direct(
            Direct(
                id=event_id,
                sender=author(ident(event, "sender_id"), around),
                text=plain(words or ""),
                raw_type=kind,
                conversation_id=_conversation(text(event, "dm_conversation_id")),
                created_at=instant(event, "created_at") or time_of(event_id),
                attachments=attachments,
            ),
            here,
        )
    ]


def _conversation(found: str | None) -> str | None:
    if found is not None and not all(as_ident(one, "dm_conversation_id") for one in found.split("-")):
        raise ValueError("dm_conversation_id: empty")
    return found


def read_error(value: Any, _around: Mapping[str, Any], here: Here) -> list[Heard]:
    """Return what a partial error says: https://docs.x.com/x-api/fundamentals/response-codes-and-errors.

    A post that was looked up by its id and is not there is gone: deletions are seen in no other way when polling. What is
    missing beside a post (a reference, an author) is not.
    """
    error = record(value, "error")
    title, detail = text(error, "title"), text(error, "detail") or text(error, "message")
    kind = text(error, "type") or ""
    named = text(error, "parameter") in (None, "id", "ids") and "referenced" not in (detail or "")
    is_missing = kind.endswith("/resource-not-found") or title == "Not Found Error"
    if is_missing and named and text(error, "resource_type") in ("tweet", "post"):
        target = ident(error, "resource_id") or ident(error, "value")
        if target is None:
            raise ValueError("resource_id: missing")
        return [Heard(sort=Sort.DELETE, channel_kind=KIND, account=here.account, target_id=target, raw_type="resource-not-found")]
    said = ": ".join(one for one in (title, detail) if one) or "no words"
    return [ignored(f"error of X: {clipped(said)}", kind.rpartition("/")[2] or None, account=here.account)]

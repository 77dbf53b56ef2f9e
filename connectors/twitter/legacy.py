"""Account Activity webhooks: v1.1 tweets, direct messages and what else happens to an account of ours.

https://docs.x.com/x-api/account-activity/introduction. Deprecated in favour of the Activity API, which still carries direct messages in
this form. Long texts are cut at 140 characters, the whole stands in `extended_tweet`; there is no conversation id, so a reply is
filed under the post that it answers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.twitter.current import author, by_key, decoration, media_type
from connectors.twitter.fields import as_ident, clipped, ident, instant, needed_ident, part, plain, record, rows, text, time_of
from connectors.twitter.posts import KIND, Direct, Here, Post, hear_direct, hear_post, ignored, told_of
from webcare.domain.message import Attachment, Author, Direction
from webcare.ports.connector import Element, Heard, Sort

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BESIDE = frozenset({"for_user_id", "users", "apps", "user_has_blocked"})
_TAG = re.compile(r"<[^>]*>")


def split_events(body: dict[str, Any], account: str | None, where: str = "", event: str | None = None) -> list[Element]:
    """Return an element for each thing that happened; a list that is none becomes one element, to be read as unreadable."""
    around = {"account": account, "users": body.get("users"), "event": event}
    found = []
    for key, value in body.items():
        if key in BESIDE:
            continue
        if key.endswith("_events") and isinstance(value, list):
            found += [
                Element(where=f"{where}{key}[{n}]", value=one, around={**around, "part": key}) for n, one in enumerate(value)
            ]
        elif key.endswith("_events") or key == "user_event":
            found.append(Element(where=f"{where}{key}", value=value, around={**around, "part": key}))
    return found


def read_happening(value: Any, around: Mapping[str, Any], here: Here) -> list[Heard]:
    """Return what one thing that happened says.

    Raises:
        ValueError: a field is missing or is not what X documents.
    """
    kind = str(around["part"])
    happening = record(value, kind)
    known = {**around, "users": by_key(around.get("users"), "id")}
    if kind in _READERS:
        return [_READERS[kind](happening, known, here)]
    reason = "somebody is typing" if "typing" in kind else f"{clipped(kind)}: nothing to answer"
    return [ignored(reason, kind, account=here.account)]


def read_tweet(tweet: dict[str, Any], around: Mapping[str, Any], here: Here) -> Heard:
    """Return what a v1.1 tweet says."""
    tweet_id = needed_ident(tweet, "id")
    long = part(tweet, "extended_tweet")
    words = text(long, "full_text") or text(tweet, "full_text") or text(tweet, "text")
    if words is None:
        raise ValueError("text: missing")
    user = record(tweet.get("user"), "user")
    user_id = needed_ident(user, "id")
    replied_to, is_quote = ident(tweet, "in_reply_to_status_id"), tweet.get("is_quote_status") is True
    references = [name for name, holds in (("quoted", is_quote), ("replied_to", replied_to is not None)) if holds]
    post = Post(
        id=tweet_id,
        text=plain(words),
        raw_type=told_of(around.get("event"), references, "tweet", decoration(tweet, "reply_settings")),
        chain=_chain(tweet),
        author=author(user_id, {"users": {user_id: user}}),
        created_at=instant(tweet, "timestamp_ms", "created_at") or time_of(tweet_id),
        replied_to=replied_to,
        replied_to_user=ident(tweet, "in_reply_to_user_id"),
        mentions=_mentions(long if "entities" in long else tweet),
        names_us=_quoted_user(tweet) in here.ours,
        is_retweet=tweet.get("retweeted_status") is not None,
        attachments=_media(long if "extended_entities" in long else tweet),
        app_id=_TAG.sub("", decoration(tweet, "source") or "") or None,
    )
    return hear_post(post, here)


def _quoted_user(tweet: dict[str, Any]) -> str | None:
    return ident(part(part(tweet, "quoted_status"), "user"), "id")


def _chain(tweet: dict[str, Any]) -> tuple[str, ...]:
    history = part(tweet, "edit_history")
    found = rows(history, "edit_tweet_ids") or [history.get("initial_tweet_id")]
    return tuple(one for one in (as_ident(entry, "edit_history") for entry in found) if one is not None)


def _mentions(holder: dict[str, Any]) -> frozenset[str] | None:
    if holder.get("entities") is None:
        return None
    found = (ident(record(one, "user_mentions"), "id") for one in rows(part(holder, "entities"), "user_mentions"))
    return frozenset(one for one in found if one is not None)


def _media(holder: dict[str, Any]) -> tuple[Attachment, ...]:
    entities = part(holder, "extended_entities") or part(holder, "entities")
    return tuple(_medium(record(one, "media")) for one in rows(entities, "media"))


def _medium(medium: dict[str, Any]) -> Attachment:
    return Attachment(
        type=media_type(decoration(medium, "type")), id=ident(medium, "id"), url=decoration(medium, "media_url_https")
    )


def _read_direct(event: dict[str, Any], around: Mapping[str, Any], here: Here) -> Heard:
    event_id = needed_ident(event, "id")
    kind = text(event, "type")
    if kind != "message_create":
        return ignored(f"{clipped(kind)}: nobody wrote", kind, external_id=event_id, account=here.account)
    message = record(event.get("message_create"), "message_create")
    said = record(message.get("message_data"), "message_data")
    attached = part(said, "attachment")
    attachments = () if not attached else (_attached(attached),)
    words = text(said, "text")
    if words is None and not attachments:
        raise ValueError("text: missing")
    return hear_direct(
        Direct(
            id=event_id,
            sender=author(needed_ident(message, "sender_id"), around),
            text=plain(words or ""),
            raw_type=around.get("event") or kind,
            recipient_id=ident(part(message, "target"), "recipient_id"),
            created_at=instant(event, "created_timestamp") or time_of(event_id),
            attachments=attachments,
            app_id=ident(message, "source_app_id"),
            is_ours=around.get("event") == "dm.sent",
        ),
        here,
    )


def _attached(attachment: dict[str, Any]) -> Attachment:
    media = part(attachment, "media")
    return _medium(media) if media else Attachment(type=text(attachment, "type") or "attachment")


def _read_deletion(event: dict[str, Any], _around: Mapping[str, Any], here: Here) -> Heard:
    status = record(event.get("status"), "status")
    user_id = ident(status, "user_id")
    who = None if user_id is None else Author(id=user_id)
    return Heard(
        sort=Sort.DELETE,
        channel_kind=KIND,
        account=here.account,
        target_id=needed_ident(status, "id"),
        direction=Direction.OUTBOUND if here.wrote(who) else Direction.INBOUND,
        author=who,
        created_at=instant(event, "timestamp_ms"),
        raw_type="tweet_delete_events",
    )


def _read_like(event: dict[str, Any], _around: Mapping[str, Any], here: Here) -> Heard:
    liked = record(event.get("favorited_status"), "favorited_status")
    user = record(event.get("user"), "user")
    user_id = needed_ident(user, "id")
    who = author(user_id, {"users": {user_id: user}})
    return Heard(
        sort=Sort.REACTION,
        channel_kind=KIND,
        account=here.account,
        external_id=text(event, "id"),
        target_id=needed_ident(liked, "id"),
        direction=Direction.OUTBOUND if here.wrote(who) else Direction.INBOUND,
        author=who,
        created_at=instant(event, "timestamp_ms", "created_at"),
        raw_type="favorite_events",
    )


def _read_receipt(event: dict[str, Any], around: Mapping[str, Any], here: Here) -> Heard:
    reader = author(needed_ident(event, "sender_id"), around)
    if here.wrote(reader):
        return ignored("we read a message", "direct_message_mark_read_events", account=here.account)
    return Heard(
        sort=Sort.STATUS,
        channel_kind=KIND,
        account=here.account,
        target_id=needed_ident(event, "last_read_event_id"),
        author=reader,
        created_at=instant(event, "created_timestamp"),
        status="read",
        raw_type="direct_message_mark_read_events",
    )


def _read_account(event: dict[str, Any], _around: Mapping[str, Any], here: Here) -> Heard:
    if "revoke" not in event:
        return ignored(f"user_event {clipped(', '.join(event))}: nothing to answer", "user_event", account=here.account)
    revoked = record(event["revoke"], "revoke")
    return Heard(
        sort=Sort.ACCOUNT,
        channel_kind=KIND,
        account=needed_ident(part(revoked, "source"), "user_id"),
        created_at=instant(revoked, "date_time"),
        status="revoked",
        app_id=ident(part(revoked, "target"), "app_id"),
        raw_type="user_event.revoke",
    )


_READERS: dict[str, Callable[[dict[str, Any], Mapping[str, Any], Here], Heard]] = {
    "tweet_create_events": read_tweet,
    "tweet_delete_events": _read_deletion,
    "direct_message_events": _read_direct,
    "direct_message_mark_read_events": _read_receipt,
    "favorite_events": _read_like,
    "user_event": _read_account,
}

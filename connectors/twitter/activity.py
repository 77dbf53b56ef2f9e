"""The Activity API: one event an envelope, its payload in v2 or v1.1 form (https://docs.x.com/x-api/activity/event-payloads).

X Chat is encrypted from end to end: all that can be heard is that somebody wrote. It becomes a message without text, because a
customer waits behind it; a person has to read it in the app.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.twitter.current import included, read_post
from connectors.twitter.fields import clipped, ident, instant, needed_ident, part, record, text
from connectors.twitter.legacy import split_events
from connectors.twitter.posts import KIND, Direct, Here, hear_direct, ignored, one_to_one
from webcare.domain.message import Author, Direction
from webcare.ports.connector import Element, Heard, Sort

if TYPE_CHECKING:
    from collections.abc import Mapping

ENCRYPTED = "encrypted: it can only be read in the app"
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
NO_NEED = ("follow.", "spaces.", "broadcast.", "news.", "mute.", "block.")
NAMES = {"profile.update.screenname": "name", "profile.update.handle": "handle", "profile.update.username": "handle"}


def dotted(event: str) -> str:
    """Return the name of an event as it has been since 2026-03-18; before, some were in other letters: PostMentionCreate, spaces_start."""
    if "." in event:
        return event.lower()
    words = _WORD.findall(event.replace("_", " "))
    if words and words[0].lower() == "profile" and words[-1].lower() == "update":
        words = [words[0], words[-1], *words[1:-1]]
    return ".".join(words).lower() if len(words) > 1 else event


def split_activity(data: dict[str, Any], where: str) -> list[Element]:
    """Return the elements of an envelope: several where its payload is a list of direct messages, else one."""
    about = data.get("filter")
    account = about.get("user_id") if isinstance(about, dict) else None
    event, payload = data.get("event_type"), data.get("payload")
    if isinstance(payload, dict):
        events = split_events(payload, account, f"{where}.payload.", dotted(event) if isinstance(event, str) else None)
        if events:
            return events
    return [Element(where=where, value=data, around={"part": "activity", "account": account})]


def read_activity(value: Any, _around: Mapping[str, Any], here: Here) -> list[Heard]:
    """Return what an event says.

    Raises:
        ValueError: a field is missing or is not what X documents.
    """
    data = record(value, "event")
    event = text(data, "event_type")
    if event is None:
        raise ValueError("event_type: missing")
    event = dotted(event)
    if event == "oauth.revoke":
        return [_revoked(part(data, "payload"), event)]
    if event.startswith(NO_NEED):
        return [ignored(f"{clipped(event)}: nothing to answer", event, account=here.account)]
    payload = record(data.get("payload"), "payload")
    if event == "post.delete":
        return [_deleted(payload, here, event)]
    if event.startswith("post.") or {"id", "text", "author_id"} <= payload.keys():
        return read_post(payload, {**included(data), "event": event}, here)
    if event in ("chat.received", "chat.sent"):
        return [_encrypted(payload, here, event)]
    if event.startswith("like."):
        return [_liked(data, payload, here, event)]
    if event.startswith("profile.update."):
        return [_renamed(payload, here, event)]
    return [ignored(f"unknown event {clipped(event)}", event, account=here.account)]


def _deleted(payload: dict[str, Any], here: Here, event: str) -> Heard:
    author_id = ident(payload, "author_id")
    who = None if author_id is None else Author(id=author_id)
    return Heard(
        sort=Sort.DELETE,
        channel_kind=KIND,
        account=here.account,
        target_id=needed_ident(payload, "id"),
        direction=Direction.OUTBOUND if here.wrote(who) else Direction.INBOUND,
        author=who,
        raw_type=event,
    )


def _encrypted(payload: dict[str, Any], here: Here, event: str) -> Heard:
    message_id = text(payload, "id")
    if not message_id:
        raise ValueError("id: missing")
    sender = needed_ident(payload, "sender_id")
    pair = (text(payload, "conversation_id") or "").split(":")
    is_pair = len(pair) == 2 and all(one.isascii() and one.isdigit() for one in pair)  # noqa: PLR2004 - a conversation of two
    direct = Direct(
        id=message_id,
        sender=Author(id=sender),
        text="",
        raw_type=event,
        conversation_id=one_to_one(*pair) if is_pair else text(payload, "conversation_id") or None,
        created_at=instant(payload, "created_at_msec"),
        is_ours=event == "chat.sent",
        reason=ENCRYPTED,
    )
    return hear_direct(direct, here)


def _liked(data: dict[str, Any], payload: dict[str, Any], here: Here, event: str) -> Heard:
    is_ours = part(data, "filter").get("direction") == "outbound"
    return Heard(
        sort=Sort.REACTION,
        channel_kind=KIND,
        account=here.account,
        external_id=text(payload, "id"),
        target_id=needed_ident(payload, "liked_tweet_id")
        if "liked_tweet_id" in payload
        else needed_ident(payload, "liked_post_id"),
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        author=Author(id=here.account) if is_ours and here.account is not None else None,
        created_at=instant(payload, "timestamp_ms", "created_at"),
        reason="taken back" if event.endswith("delete") else None,
        raw_type=event,
    )


def _renamed(payload: dict[str, Any], here: Here, event: str) -> Heard:
    new = text(payload, "after")
    if event not in NAMES or here.account is None:
        return ignored(f"{clipped(event)}: neither name nor handle", event, account=here.account)
    if new is None:
        raise ValueError("after: missing")
    is_handle = NAMES[event] == "handle"
    who = Author(id=here.account, name=None if is_handle else new, handle=new if is_handle else None)
    return Heard(sort=Sort.IDENTITY, channel_kind=KIND, account=here.account, author=who, raw_type=event)


def _revoked(payload: dict[str, Any], event: str) -> Heard:
    return Heard(
        sort=Sort.ACCOUNT,
        channel_kind=KIND,
        account=needed_ident(payload, "user_id"),
        created_at=instant(payload, "date_time"),
        status="revoked",
        app_id=ident(payload, "app_id"),
        raw_type=event,
    )

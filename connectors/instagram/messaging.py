"""Read `messaging[]` and `standby[]` of an Instagram webhook: direct messages, answers to stories, and stories that name us.

The conversation is the person's Instagram-scoped id, on whichever side it stands. What is said to a story is a direct message with the
story as its attachment; the story's address dies with it, after 24 hours.
https://developers.facebook.com/docs/instagram-platform/webhooks/examples
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.instagram.fields import KIND, direction_of, ignored, told_at
from connectors.meta import Here, as_object, instant, need_id, opt_id, opt_list, opt_object, opt_text
from webcare.domain.message import Attachment, Author, Direction, Kind
from webcare.ports.connector import Heard, Sort

if TYPE_CHECKING:
    from datetime import datetime

# One name for what a webhook calls in many ways and a poll in one; otherwise each would look like an edit of the other.
SHARED = frozenset({"share", "ig_reel", "reel", "ig_post", "post", "ig_story"})
OF_NO_INTEREST = {
    "referral": "came by a link or an advertisement, and has said nothing yet",
    "optin": "opted in, and has said nothing yet",
    "pass_thread_control": "another app was given the thread",
    "take_thread_control": "another app took the thread",
    "request_thread_control": "another app asks for the thread",
    "app_roles": "roles of the connected apps",
    "response_feedback": "a judgement of an automatic answer",
}
ENVELOPE = frozenset({"sender", "recipient", "timestamp", "is_self", "hop_context", "is_standby"})


def read_messaging(item: dict[str, Any], here: Here, part: str) -> list[Heard]:
    """Read one item; `part` is the list that it stands in."""
    said = opt_object(item, "message")
    if said.get("is_echo") is True and not {"mid", "text", "attachments"} & said.keys():
        return [ignored("an echo of nothing: no id, text or attachment", f"{part}.message.echo")]
    for key, read in (("message", _message), ("message_edit", _edit), ("reaction", _reaction), ("postback", _postback)):
        if item.get(key) is not None:
            return [read(item, as_object(item[key], key), here, f"{part}.{key}")]
    for key in ("read", "delivery"):
        if item.get(key) is not None:
            return _statuses(item, as_object(item[key], key), here, part, key)
    for key, why in OF_NO_INTEREST.items():
        if key in item:
            return [ignored(why, f"{part}.{key}")]
    unknown = sorted(str(key) for key in item.keys() - ENVELOPE)
    return [ignored(f"unknown messaging item: {', '.join(unknown)}" if unknown else "a messaging item that holds nothing", part)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Who wrote to whom: the person is the conversation, the account is us."""

    person: str
    account: str | None
    is_ours: bool

    @property
    def author(self) -> Author:
        return Author(id=(self.account or self.person) if self.is_ours else self.person)

    @property
    def direction(self) -> Direction:
        return direction_of(is_ours=self.is_ours)


def _sides(item: dict[str, Any], here: Here, *, is_echo: bool = False) -> Sides:
    sender, recipient = need_id(opt_object(item, "sender"), "id"), opt_id(opt_object(item, "recipient"), "id")
    if not (is_echo or here.is_ours(sender)):
        return Sides(person=sender, account=here.account or recipient or here.me, is_ours=False)
    if recipient is None:
        raise ValueError("recipient.id: missing")
    return Sides(person=recipient, account=here.account or sender, is_ours=True)


def _at(item: dict[str, Any], here: Here) -> datetime | None:
    return told_at(("timestamp", item.get("timestamp")), ("time", here.time))


def _heard(sort: Sort, sides: Sides, raw_type: str, **more: Any) -> Heard:
    return Heard(
        sort=sort,
        channel_kind=KIND,
        account=sides.account,
        conversation_id=sides.person,
        direction=sides.direction,
        kind=Kind.DM,
        author=sides.author,
        raw_type=raw_type,
        **more,
    )


def _message(item: dict[str, Any], message: dict[str, Any], here: Here, raw_type: str) -> Heard:
    mid = need_id(message, "mid")
    sides = _sides(item, here, is_echo=message.get("is_echo") is True)
    if message.get("is_deleted") is True:
        return _heard(Sort.DELETE, sides, f"{raw_type}.deleted", target_id=mid, created_at=_at(item, here))
    story = opt_object(opt_object(message, "reply_to"), "story")
    attachments = _attachments(message)
    if story:
        attachments = (Attachment(type="story", url=opt_text(story, "url")), *attachments)
    if message.get("is_unsupported") is True or "unsupported_type" in message:
        attachments = (Attachment(type="unsupported"),)
    what = "echo" if sides.is_ours else "story_reply" if story else ""
    return _heard(
        Sort.ECHO if sides.is_ours else Sort.MESSAGE,
        sides,
        f"{raw_type}.{what}" if what else raw_type,
        external_id=mid,
        reply_to=opt_id(opt_object(message, "reply_to"), "mid"),
        text=opt_text(message, "text") or "",
        created_at=_at(item, here),
        attachments=attachments,
        app_id=opt_id(message, "app_id"),
    )


def _attachments(message: dict[str, Any]) -> tuple[Attachment, ...]:
    found = []
    for listed in opt_list(message, "attachments"):
        one = as_object(listed, "attachments")
        named = opt_text(one, "type") or "unknown"
        url = opt_text(opt_object(one, "payload"), "url") or opt_text(one, "url")
        found.append(Attachment(type="share" if named in SHARED else named, url=url))
    return tuple(found)


def _edit(item: dict[str, Any], edit: dict[str, Any], here: Here, raw_type: str) -> Heard:
    mid, at = need_id(edit, "mid"), _at(item, here)
    note = None if at is None else f"edited_at={at.isoformat()}"
    text = opt_text(edit, "text")
    return _heard(Sort.EDIT, _sides(item, here), raw_type, external_id=mid, target_id=mid, text=text, created_at=at, note=note)


def _reaction(item: dict[str, Any], reaction: dict[str, Any], here: Here, raw_type: str) -> Heard:
    action = opt_text(reaction, "action") or "react"
    felt = opt_text(reaction, "emoji") or opt_text(reaction, "reaction")
    return _heard(
        Sort.REACTION,
        _sides(item, here),
        f"{raw_type}.{action}",
        target_id=need_id(reaction, "mid"),
        text=None if action == "unreact" else felt,
        created_at=_at(item, here),
    )


def _postback(item: dict[str, Any], postback: dict[str, Any], here: Here, raw_type: str) -> Heard:
    """Read a button or an opening question that was pressed: its title is what the person said. Old ones have no id of their own."""
    title = opt_text(postback, "title")
    if not title:
        return ignored("a button without a title", raw_type, opt_id(postback, "mid"))
    sides, at = _sides(item, here), _at(item, here)
    if sides.is_ours:
        return ignored("a button that we pressed ourselves", raw_type, opt_id(postback, "mid"))
    mid = opt_id(postback, "mid") or (at and f"postback:{sides.person}:{int(at.timestamp() * 1000)}")
    if mid is None:
        raise ValueError("mid: missing")
    return _heard(Sort.MESSAGE, sides, raw_type, external_id=mid, text=title, created_at=at)


def _statuses(item: dict[str, Any], state: dict[str, Any], here: Here, part: str, key: str) -> list[Heard]:
    """Read a receipt: Instagram names the newest message that was read, Messenger's habit is a watermark."""
    sides, watermark = _sides(item, here), state.get("watermark")
    mids: list[str | None] = [mid for mid in opt_list(state, "mids") if isinstance(mid, str) and mid]
    up_to = None if watermark is None else f"up to {instant(watermark, 'watermark').isoformat(timespec='milliseconds')}"
    return [
        Heard(
            sort=Sort.STATUS,
            channel_kind=KIND,
            account=sides.account,
            conversation_id=sides.person,
            target_id=mid,
            kind=Kind.DM,
            created_at=_at(item, here),
            raw_type=f"{part}.{key}",
            status="read" if key == "read" else "delivered",
            reason=up_to,
        )
        for mid in mids or [opt_id(state, "mid")]
    ]

"""Read `messaging[]` and `standby[]` of a page's webhook: Messenger.

The conversation is the person's page-scoped id, on whichever side it stands. In `standby` another app owns the thread; what the
customer says there is said all the same.
https://developers.facebook.com/docs/messenger-platform/webhooks
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.meta import Here, as_object, first_instant, instant, need_id, opt_id, opt_list, opt_object, opt_text
from webcare.domain.message import Attachment, Author, Direction, Kind
from webcare.ports.connector import Heard, Sort

if TYPE_CHECKING:
    from datetime import datetime

KIND = "facebook"
OF_NO_INTEREST = {
    "referral": "came by a link or an advertisement, and has said nothing yet",
    "optin": "opted in, and has said nothing yet",
    "account_linking": "linked or unlinked an account",
    "pass_thread_control": "another app was given the thread",
    "take_thread_control": "another app took the thread",
    "request_thread_control": "another app asks for the thread",
    "app_roles": "roles of the connected apps",
    "payment": "a payment",
    "pre_checkout": "a payment",
    "checkout_update": "a payment",
    "game_play": "a game",
    "response_feedback": "a judgement of an automatic answer",
    "messaging_feedback": "an answer to a questionnaire",
    "messaging_customer_information": "an answer to a form",
    "message_context": "what surrounds a message",
}
ENVELOPE = frozenset({"sender", "recipient", "timestamp", "prior_message", "hop_context", "is_standby"})


def read_messaging(item: dict[str, Any], here: Here, part: str) -> list[Heard]:
    """Read one item; `part` is the list that it stands in."""
    said = opt_object(item, "message")
    if said.get("is_echo") is True and not {"mid", "text", "attachments"} & said.keys():
        return [_ignored("an echo of nothing: no id, text or attachment", f"{part}.message.echo")]
    for key, read in (("message", _message), ("message_edit", _edit), ("reaction", _reaction), ("postback", _postback)):
        if item.get(key) is not None:
            return [read(item, as_object(item[key], key), here, f"{part}.{key}")]
    for key in ("delivery", "read"):
        if item.get(key) is not None:
            return _statuses(item, as_object(item[key], key), here, part, key)
    for key in ("policy_enforcement", "policy-enforcement"):
        if item.get(key) is not None:
            return [_policy(item, as_object(item[key], key), here, part)]
    for key, why in OF_NO_INTEREST.items():
        if key in item:
            return [_ignored(why, f"{part}.{key}")]
    unknown = sorted(str(key) for key in item.keys() - ENVELOPE)
    return [_ignored(f"unknown messaging item: {', '.join(unknown)}" if unknown else "a messaging item that holds nothing", part)]


def _ignored(reason: str, raw_type: str, external_id: str | None = None) -> Heard:
    return Heard(sort=Sort.IGNORED, channel_kind=KIND, reason=reason, raw_type=raw_type, external_id=external_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Who wrote to whom: the person is the conversation, the page is us."""

    person: str
    page: str | None
    is_echo: bool

    @property
    def author(self) -> Author:
        return Author(id=(self.page or self.person) if self.is_echo else self.person)

    @property
    def direction(self) -> Direction:
        return Direction.OUTBOUND if self.is_echo else Direction.INBOUND


def _sides(item: dict[str, Any], here: Here, *, is_echo: bool = False) -> Sides:
    """Tell the person from the page. Old echoes name the person as their sender."""
    sender, recipient = need_id(opt_object(item, "sender"), "id"), opt_id(opt_object(item, "recipient"), "id")
    is_echo = is_echo or here.is_ours(sender)
    if not is_echo:
        return Sides(person=sender, page=here.account or recipient or here.me, is_echo=False)
    if recipient is None:
        raise ValueError("recipient.id: missing")
    person, page = (sender, recipient) if here.is_ours(recipient) and not here.is_ours(sender) else (recipient, sender)
    return Sides(person=person, page=page, is_echo=True)


def _at(item: dict[str, Any], here: Here) -> datetime:
    return first_instant(("timestamp", item.get("timestamp")), ("time", here.time))


def _message(item: dict[str, Any], message: dict[str, Any], here: Here, raw_type: str) -> Heard:
    mid = need_id(message, "mid")
    sides = _sides(item, here, is_echo=message.get("is_echo") is True)
    if message.get("is_deleted") is True:
        return Heard(
            sort=Sort.DELETE,
            channel_kind=KIND,
            account=sides.page,
            conversation_id=sides.person,
            target_id=mid,
            direction=sides.direction,
            kind=Kind.DM,
            author=sides.author,
            created_at=_at(item, here),
            raw_type=f"{raw_type}.deleted",
        )
    unsupported = message.get("is_unsupported") is True
    return Heard(
        sort=Sort.ECHO if sides.is_echo else Sort.MESSAGE,
        channel_kind=KIND,
        account=sides.page,
        external_id=mid,
        conversation_id=sides.person,
        reply_to=opt_id(opt_object(message, "reply_to"), "mid"),
        direction=sides.direction,
        kind=Kind.DM,
        author=sides.author,
        text=opt_text(message, "text") or "",
        created_at=_at(item, here),
        attachments=(Attachment(type="unsupported"),) if unsupported else _attachments(message),
        raw_type=f"{raw_type}.echo" if sides.is_echo else raw_type,
        app_id=opt_id(message, "app_id"),
        note=opt_text(message, "metadata"),
    )


def _attachments(message: dict[str, Any]) -> tuple[Attachment, ...]:
    found = []
    for listed in opt_list(message, "attachments"):
        one = as_object(listed, "attachments")
        payload = opt_object(one, "payload")
        # A sticker's type changes from image to sticker on 2026-08-30; it is one thing to us before and after.
        # https://developers.facebook.com/docs/messenger-platform/changelog
        kind = "sticker" if opt_id(payload, "sticker_id") else opt_text(one, "type") or "unknown"
        url = opt_text(payload, "url") or opt_text(one, "url") or _geo(opt_object(payload, "coordinates"))
        found.append(Attachment(type=kind, url=url))
    if opt_id(message, "sticker_id") and not found:
        found.append(Attachment(type="sticker"))
    return tuple(found)


def _geo(place: dict[str, Any]) -> str | None:
    """Return a place as an address (RFC 5870), so that it is not lost."""
    lat, long = place.get("lat"), place.get("long")
    return f"geo:{lat},{long}" if isinstance(lat, int | float) and isinstance(long, int | float) else None


def _edit(item: dict[str, Any], edit: dict[str, Any], here: Here, raw_type: str) -> Heard:
    sides = _sides(item, here)
    mid, at = need_id(edit, "mid"), _at(item, here)
    return Heard(
        sort=Sort.EDIT,
        channel_kind=KIND,
        account=sides.page,
        external_id=mid,
        conversation_id=sides.person,
        target_id=mid,
        direction=sides.direction,
        kind=Kind.DM,
        author=sides.author,
        text=opt_text(edit, "text"),
        created_at=at,
        raw_type=raw_type,
        note=f"edited_at={at.isoformat()}",
    )


def _reaction(item: dict[str, Any], reaction: dict[str, Any], here: Here, raw_type: str) -> Heard:
    sides = _sides(item, here)
    action = opt_text(reaction, "action") or "react"
    felt = opt_text(reaction, "emoji") or opt_text(reaction, "reaction")
    return Heard(
        sort=Sort.REACTION,
        channel_kind=KIND,
        account=sides.page,
        conversation_id=sides.person,
        target_id=need_id(reaction, "mid"),
        direction=sides.direction,
        kind=Kind.DM,
        author=sides.author,
        text=None if action == "unreact" else felt,
        created_at=_at(item, here),
        raw_type=f"{raw_type}.{action}",
    )


def _postback(item: dict[str, Any], postback: dict[str, Any], here: Here, raw_type: str) -> Heard:
    """Read a button that was pressed: its title is what the person said. Old ones have no id of their own."""
    title = opt_text(postback, "title")
    if not title:
        return _ignored("a button without a title", raw_type, opt_id(postback, "mid"))
    sides = _sides(item, here)
    at = _at(item, here)
    return Heard(
        sort=Sort.MESSAGE,
        channel_kind=KIND,
        account=sides.page,
        external_id=opt_id(postback, "mid") or f"postback:{sides.person}:{int(at.timestamp() * 1000)}",
        conversation_id=sides.person,
        direction=sides.direction,
        kind=Kind.DM,
        author=sides.author,
        text=title,
        created_at=at,
        raw_type=raw_type,
    )


def _statuses(item: dict[str, Any], state: dict[str, Any], here: Here, part: str, key: str) -> list[Heard]:
    """Read a receipt: of the messages that it names, or of everything up to its watermark, in which case `reason` says so."""
    sides = _sides(item, here)
    mids: list[str | None] = [mid for mid in opt_list(state, "mids") if isinstance(mid, str)]
    watermark = state.get("watermark")
    return [
        Heard(
            sort=Sort.STATUS,
            channel_kind=KIND,
            account=sides.page,
            conversation_id=sides.person,
            target_id=mid,
            kind=Kind.DM,
            created_at=_at(item, here),
            raw_type=f"{part}.{key}",
            status="delivered" if key == "delivery" else "read",
            reason=None if watermark is None else f"up to {instant(watermark, 'watermark').isoformat(timespec='milliseconds')}",
        )
        for mid in mids or [opt_id(state, "mid")]
    ]


def _policy(item: dict[str, Any], policy: dict[str, Any], here: Here, part: str) -> Heard:
    """Read that Meta blocks the page from messaging, or lets it again."""
    return Heard(
        sort=Sort.ACCOUNT,
        channel_kind=KIND,
        account=here.account or opt_id(opt_object(item, "recipient"), "id") or here.me,
        created_at=_at(item, here),
        raw_type=f"{part}.policy_enforcement",
        status=opt_text(policy, "action") or "unknown",
        reason=opt_text(policy, "reason"),
    )

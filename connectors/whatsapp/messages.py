"""A message of a customer, and one of ours that was written in the phone app: who, where, when, and what about.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages
https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/smb_message_echoes

A customer is known by the business-scoped user id (BSUID, `NL.1234...`) where there is one, else by the number; since 2026 `from` and
`wa_id` may be empty or missing. https://developers.facebook.com/docs/whatsapp/business-messaging/business-scoped-user-ids
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.whatsapp.contents import Contents, contents
from connectors.whatsapp.shapes import (
    KIND,
    account,
    ident,
    label,
    maybe_obj,
    named,
    needed_ident,
    needed_words,
    obj,
    objects,
    troubles,
    when,
    words,
)
from webcare.domain.message import Attachment, Author, Direction, Kind
from webcare.ports.connector import Heard, Sort

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# What the API cannot show us, though a customer sent it: a person has to look in the phone app, so it stays a message.
UNSHOWN = frozenset({"unsupported", "unknown"})


def read_message(item: dict[str, Any], around: Mapping[str, Any], me: str | None) -> Heard:
    """Return what a customer's message says.

    Raises:
        ValueError: it cannot be understood; the message names the field.
    """
    sort = needed_words(item, "type")
    silent = _silence(item, sort)
    if silent is not None:
        return Heard(sort=Sort.IGNORED, channel_kind=KIND, external_id=ident(item, "id"), raw_type=sort, reason=silent)
    if sort == "system":
        return _system(item, around)
    author = _author(item, around)
    if me is not None and me in (author.id, ident(item, "from")):
        return _message(item, around, author=Author(id=me), customer=ident(item, "to") or author.id, ours=True)
    return _message(item, around, author=author, customer=author.id, ours=False)


def _silence(item: Mapping[str, Any], sort: str) -> str | None:
    """Return why a customer said nothing with this, None when there is something."""
    if sort == "request_welcome":
        return "a customer opened the chat and wrote nothing yet"
    if sort == "interactive" and label(maybe_obj(item, "interactive"), "type") == "call_permission_reply":
        return "a customer said whether we may call"
    return None


def read_echo(item: dict[str, Any], around: Mapping[str, Any], _me: str | None) -> Heard:
    """Return what staff wrote in the phone app.

    Raises:
        ValueError: it cannot be understood, or names no customer.
    """
    customer = _addressee(item, around)
    if customer is None:
        raise ValueError(f"to: an id is expected, not {named(item.get('to'))}")
    us = ident(item, "from") or ident(maybe_obj(around, "metadata"), "display_phone_number") or account(around)
    if us is None:
        raise ValueError("from: an id is expected, not nothing")
    return _message(item, around, author=Author(id=us), customer=customer, ours=True)


# --- who


def _author(item: Mapping[str, Any], around: Mapping[str, Any]) -> Author:
    """Return who wrote: the BSUID of the message or of the contact beside it, else the number."""
    number, bsuid = ident(item, "from"), ident(item, "from_user_id") or ident(item, "from_bsuid")
    contact = _contact(around, number, bsuid)
    found = bsuid or ident(contact, "user_id") or number or ident(contact, "wa_id")
    if found is None:
        raise ValueError("from: neither a number nor a user id, and no contact beside it")
    profile = maybe_obj(contact, "profile")
    return Author(id=found, name=label(profile, "name"), handle=label(profile, "username"))


def _contact(around: Mapping[str, Any], number: str | None, bsuid: str | None) -> dict[str, Any]:
    """Return the contact of a sender: by BSUID, by number, else the only one there is (`wa_id` may differ from `from`)."""
    contacts = objects(around, "contacts")
    for name, wanted in (("user_id", bsuid), ("wa_id", number)):
        for contact in contacts:
            if wanted is not None and ident(contact, name) == wanted:
                return contact
    only = maybe_obj(around, "only")
    named_otherwise = bsuid is not None and ident(only, "user_id") not in (None, bsuid)
    return {} if named_otherwise else only


def _addressee(item: Mapping[str, Any], around: Mapping[str, Any]) -> str | None:
    """Return the customer that a message of ours went to."""
    number = ident(item, "to")
    bsuid = ident(item, "to_user_id") or ident(item, "recipient_user_id")
    contact = _contact(around, number, bsuid)
    return bsuid or ident(contact, "user_id") or number or ident(contact, "wa_id")


# --- what


def _message(item: Mapping[str, Any], around: Mapping[str, Any], *, author: Author, customer: str, ours: bool) -> Heard:
    """Return a message, an edit, a deletion or a reaction; in a group the thread is the group's.

    `other_author_id` is the number of a customer whose key is the BSUID: echoes from the phone name the number only.
    """
    sort, external_id, at = needed_words(item, "type"), needed_ident(item, "id"), when(item, around)
    found, reason, target, number = Contents(), None, None, ident(item, "from")
    event = Sort.ECHO if ours else Sort.MESSAGE
    if sort == "reaction":
        event, (target, emoji) = Sort.REACTION, _reaction(obj(item, "reaction"))
        found, reason = Contents(text=emoji), "removed" if emoji is None else None
    elif sort == "revoke":
        event, target = Sort.DELETE, needed_ident(obj(item, "revoke"), "original_message_id")
    elif sort in UNSHOWN:
        seen = label(maybe_obj(item, sort), "type")
        found = Contents(attachments=(Attachment(type=seen or sort),))
        reason = troubles(item) or "the platform does not show it"
    else:
        held = item
        if sort == "edit":
            event, (target, held) = Sort.EDIT, _edit(obj(item, "edit"))
        found, reason = contents(held, needed_words(held, "type")), troubles(item)
    return Heard(
        sort=event,
        channel_kind=KIND,
        account=account(around),
        external_id=external_id,
        conversation_id=ident(item, "group_id") or customer,
        reply_to=ident(maybe_obj(item, "context"), "id"),
        target_id=target,
        direction=Direction.OUTBOUND if ours else Direction.INBOUND,
        kind=Kind.DM,
        author=author,
        text=found.text,
        created_at=at,
        attachments=found.attachments,
        raw_type=sort,
        reason=reason,
        other_author_id=None if ours or number == author.id else number,
        note=label(item, "biz_opaque_callback_data") if ours else None,
    )


def _reaction(part: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the message concerned and the emoji; an empty or missing one takes the reaction back."""
    return needed_ident(part, "message_id"), words(part, "emoji") or None


def _edit(part: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the message that a customer changed within 15 minutes, and what it holds now."""
    held = obj(part, "message")
    if "type" not in held:
        held = {**held, "type": next((name for name in ("text", "image", "video", "document") if name in held), None)}
    return needed_ident(part, "original_message_id"), held


# --- who a customer is from now on


def _system(item: Mapping[str, Any], around: Mapping[str, Any]) -> Heard:
    """Return a change of number or user id: `conversation_id` is who it was, `author` who it is from now on.

    https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages/system
    """
    part = obj(item, "system")
    sort = label(part, "type") or "system"
    old = ident(part, "previous_user_id") or ident(item, "from_user_id") or ident(item, "from") or ident(part, "customer")
    new = ident(part, "user_id") or ident(part, "wa_id") or ident(part, "new_wa_id")
    if new is None and sort == "customer_identity_changed":
        new = old  # a new phone, the same customer
    if new is None:
        reason = f"system: {sort}"
        return Heard(sort=Sort.IGNORED, channel_kind=KIND, external_id=ident(item, "id"), raw_type="system", reason=reason)
    return identity(
        around,
        old=old,
        new=new,
        at=when(item, around),
        sort=sort,
        external_id=ident(item, "id"),
        text=words(part, "body"),
        number=ident(item, "from"),
    )


def identity(
    around: Mapping[str, Any],
    *,
    old: str | None,
    new: str,
    at: datetime,
    sort: str,
    external_id: str | None = None,
    text: str | None = None,
    number: str | None = None,
) -> Heard:
    """Return that a customer goes by another id. `number` is theirs of before, by which we may know them still.

    Raises:
        ValueError: nobody says by which one before.
    """
    if old is None:
        raise ValueError("from: an id is expected, not nothing")
    return Heard(
        sort=Sort.IDENTITY,
        channel_kind=KIND,
        account=account(around),
        external_id=external_id,
        conversation_id=old,
        direction=Direction.INBOUND,
        kind=Kind.DM,
        author=Author(id=new),
        text=text,
        created_at=at,
        raw_type=sort,
        reason=f"{sort}: {old} is now {new}" if new != old else sort,
        other_author_id=number if number not in (old, new) else None,
    )

"""WhatsApp's webhooks, read. Pure: a body goes in, what was heard comes out.

    {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [{"field": ..., "value": {...}}]}]}
    -- split --> one element a message, status, error, echo or account change -- read --> Heard

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components

What we poll for or send has the same words in it, so answers of the API and requests to it are recognised and ignored with a reason.
Also understood: a change or a value without its envelope (the App Dashboard's test button and the on-premises form send those).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.whatsapp.changes import read_change, read_user_id_update
from connectors.whatsapp.messages import read_echo, read_message
from connectors.whatsapp.shapes import (
    KIND,
    account,
    ident,
    label,
    maybe_obj,
    named,
    needed_ident,
    objects,
    trouble,
    troubles,
    when,
)
from webcare.domain.message import Kind
from webcare.ports.connector import Element, Heard, Sort

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OBJECT = "whatsapp_business_account"
OTHER_PLATFORM = "other platform"

# A field of the webhook -> the lists in its value that are read element by element.
LISTS = {
    "messages": ("messages", "statuses", "errors"),
    "smb_message_echoes": ("message_echoes", "errors"),
    "message_echoes": ("message_echoes", "errors"),
    "standby": ("messages", "statuses"),
    "user_id_update": ("user_id_update",),
}
BESIDE = ("contacts",)  # lists that only say more about the elements
ANY_LIST = tuple(dict.fromkeys(name for names in LISTS.values() for name in names))


# --- from a body to elements


def split(body: Any) -> list[Element]:
    """Return the parts of a body that are read on their own; a broken part harms only itself.

    Raises:
        ValueError: a body that is no object.
    """
    if body is None or body == "":
        return [_ignored("", body, "an empty body")]
    if not isinstance(body, dict):
        raise ValueError(f"an object is expected, not {named(body)}")
    if "object" in body and body["object"] != OBJECT:
        return [_ignored("", body, OTHER_PLATFORM)]
    if "entry" in body and ("object" in body or _is_ours(body["entry"])):
        return _entries(body["entry"])
    if "object" not in body:
        return _bare(body)
    return [_ignored("", body, "no entry in it")]


def _ignored(where: str, value: Any, reason: str) -> Element:
    return Element(where=where, value=value, around={"part": "ignored", "reason": reason})


def _broken(where: str, value: Any, reason: str) -> Element:
    return Element(where=where, value=value, around={"part": "broken", "reason": f"{reason}, not {named(value)}"})


def _is_ours(entry: Any) -> bool:
    """Whether entries without `object` speak of WhatsApp: Meta's own examples leave it out or put it one level too deep."""
    for one in objects({"entry": entry}, "entry"):
        for change in objects(one, "changes"):
            value = maybe_obj(change, "value")
            if OBJECT in (one.get("object"), change.get("object"), value.get("object")) or _says_whatsapp(value):
                return True
            if str(change.get("field")).startswith(
                ("account_", "message_template_", "phone_number_", "business_capability_", "smb_")
            ):
                return True
    return False


def _says_whatsapp(value: Mapping[str, Any]) -> bool:
    return value.get("messaging_product") == "whatsapp"


def _entries(entries: Any) -> list[Element]:
    if not isinstance(entries, list):
        return [_broken("entry", entries, "entry: a list is expected")]
    found: list[Element] = []
    for n, entry in enumerate(entries):
        where = f"entry[{n}]"
        if not isinstance(entry, dict):
            found.append(_broken(where, entry, "an object is expected"))
            continue
        changes = entry.get("changes")
        if changes is None or changes == []:
            found.append(_ignored(where, entry, "no changes in it"))
        elif not isinstance(changes, list):
            found.append(_broken(f"{where}.changes", changes, "a list is expected"))
        else:
            for m, change in enumerate(changes):
                found += _change(f"{where}.changes[{m}]", change, entry)
    return found or [_ignored("entry", entries, "no entry in it")]


def _change(where: str, change: Any, entry: Mapping[str, Any]) -> list[Element]:
    if not isinstance(change, dict):
        return [_broken(where, change, "an object is expected")]
    value = change.get("value")
    if not isinstance(value, dict):
        return [_broken(f"{where}.value", value, "an object is expected")]
    field = change.get("field", value.get("field", entry.get("field")))
    names = ANY_LIST if field is None else LISTS.get(field if isinstance(field, str) else "", ())
    around = {"field": field, "waba": entry.get("id"), "time": entry.get("time")}
    if not names or (field is None and not any(name in value for name in names)):
        return [Element(where=f"{where}.value", value=value, around={**around, "part": "change"})]
    return _listed(f"{where}.value", value, names, around)


def _listed(where: str, value: Mapping[str, Any], names: tuple[str, ...], around: Mapping[str, Any]) -> list[Element]:
    """Return the elements of the lists in a value; each gets what stands beside it and concerns it."""
    found: list[Element] = []
    for name in names:
        items = value.get(name)
        if items is None:
            continue
        if not isinstance(items, list):
            found.append(_broken(f"{where}.{name}", items, "a list is expected"))
            continue
        part = "standby" if around.get("field") == "standby" else name
        beside = {**around, "part": part, "metadata": maybe_obj(value, "metadata"), **_contacts(value, items)}
        found += [Element(where=f"{where}.{name}[{n}]".lstrip("."), value=item, around=beside) for n, item in enumerate(items)]
    for name, items in value.items():
        if isinstance(items, list) and name not in (*names, *BESIDE):
            found.append(_ignored(f"{where}.{name}".lstrip("."), items, "a list that is not known here"))
    return found or [_ignored(where, value, f"none of {', '.join(names)} in it")]


def _contacts(value: Mapping[str, Any], items: list[Any]) -> dict[str, Any]:
    """Return the contacts beside the elements, and the one that is everybody's: the only one, when all elements have one sender."""
    contacts = objects(value, "contacts")
    senders = {(ident(item, "from"), ident(item, "from_user_id")) for item in items if isinstance(item, dict)}
    return {"contacts": contacts, "only": contacts[0] if len(contacts) == 1 and len(senders) == 1 else {}}


def _bare(body: dict[str, Any]) -> list[Element]:
    """Read what has no envelope, or say why it is nothing for us."""
    messages, statuses = objects(body, "messages"), objects(body, "statuses")
    if isinstance(body.get("field"), str) and isinstance(body.get("value"), dict):
        known = body["field"] in LISTS or _is_ours([{"changes": [body]}])
        return _change("", body, {}) if known else [_ignored("", body, OTHER_PLATFORM)]
    if any("type" in message and ("from" in message or "timestamp" in message) for message in messages) or any(
        "status" in status and "id" in status for status in statuses
    ):
        return _listed("", body, ("messages", "statuses", "errors"), {})
    return [_ignored("", body, _why_nothing(body, messages))]


def _why_nothing(body: Mapping[str, Any], messages: list[dict[str, Any]]) -> str:
    if any("id" in message for message in messages):
        return "an API answer: a message was accepted"
    if isinstance(body.get("error"), dict) or any("code" in error and "title" in error for error in objects(body, "errors")):
        return "an API answer: an error"
    if (ident(body, "to") or ident(body, "recipient")) and ("type" in body or _says_whatsapp(body)):
        return "an API request: a message to be sent"
    if _says_whatsapp(body):
        return "an API answer or request, no webhook"
    if body.keys() == {"success"} or body.keys() == {"id"}:
        return "an API answer"
    if "timestamp" in body and "type" in body and ("from" in body or "id" in body):
        return "a message without its envelope: nobody can say whose it is"
    return OTHER_PLATFORM


# --- from an element to what was heard


def read(element: Element, me: str | None) -> list[Heard]:
    """Return what an element says.

    Raises:
        ValueError: it cannot be understood; the message names the field.
    """
    part, reason = element.around["part"], element.around.get("reason")
    if part == "broken":
        raise ValueError(str(reason))
    if part == "ignored":
        return [Heard(sort=Sort.IGNORED, channel_kind=KIND, reason=str(reason))]
    if not isinstance(element.value, dict):
        raise ValueError(f"an object is expected, not {named(element.value)}")
    return [_PARTS[part](element.value, element.around, me)]


def _standby(item: Mapping[str, Any], _around: Mapping[str, Any], _me: str | None) -> Heard:
    """Another agent has the chat; we only look on.

    https://developers.facebook.com/docs/whatsapp/business-messaging/changelog (2026-08-04)
    """
    return Heard(
        sort=Sort.IGNORED,
        channel_kind=KIND,
        external_id=ident(item, "id"),
        raw_type=label(item, "type"),
        reason="standby: another agent answers in this chat",
    )


def _status(item: Mapping[str, Any], around: Mapping[str, Any], _me: str | None) -> Heard:
    """A state of a message of ours. They come out of order, `delivered` may be skipped, `failed` may follow `sent`.

    https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages/status
    """
    wamid = needed_ident(item, "id")
    return Heard(
        sort=Sort.STATUS,
        channel_kind=KIND,
        account=account(around),
        external_id=wamid,
        target_id=wamid,
        conversation_id=ident(item, "recipient_user_id") or ident(item, "recipient_id"),
        kind=Kind.DM,
        created_at=when(item, around),
        raw_type="status",
        status=needed_ident(item, "status"),
        reason=troubles(item),
        note=label(item, "biz_opaque_callback_data"),
    )


def _error(item: Mapping[str, Any], around: Mapping[str, Any], _me: str | None) -> Heard:
    """Something went wrong on Meta's side and concerns no single message."""
    return Heard(
        sort=Sort.ACCOUNT,
        channel_kind=KIND,
        account=account(around),
        created_at=None if around.get("time") is None else when({}, around),
        raw_type="errors",
        reason=trouble(item),
    )


_PARTS: dict[str, Callable[[dict[str, Any], Mapping[str, Any], str | None], Heard]] = {
    "messages": read_message,
    "message_echoes": read_echo,
    "statuses": _status,
    "errors": _error,
    "standby": _standby,
    "user_id_update": read_user_id_update,
    "change": read_change,
}

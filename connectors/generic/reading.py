"""Messages in webcare's own JSON, read, and who signed them. Pure: a body goes in, what was heard comes out.

    {"account": "shop", "messages": [{"id": ..., "kind": ..., "author": ..., "text": ..., "created_at": ...}, ...]}

A delivery and a page of `GET /messages` have the same elements. `openapi.yaml` beside this file says what each field is.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from webcare.domain.message import Attachment, Author, Direction, Kind
from webcare.ports.connector import Element, Heard, Sort

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "generic"
SIGNATURE = "x-webcare-signature"
WHOLE = "messages"  # where something else stands than a list
OTHERS = frozenset(
    {"messaging_product", "object", "contacts", "statuses", "data", "entry"}
)  # beside `messages` in bodies of others
SORTS = {"message": Sort.MESSAGE, "edit": Sort.EDIT, "delete": Sort.DELETE, "status": Sort.STATUS}


def verify(headers: Mapping[str, str], raw: bytes, secrets: Mapping[str, str]) -> bool:
    """Say whether these bytes are signed: `t=<epoch>,v1=<hex HMAC-SHA256 of "<t>.<body>">`; of several `v1` one has to be right.

    The moment is signed, not compared: a connector reads no clock. A body that comes again changes nothing, since its ids are known.
    """
    given = next((value for name, value in headers.items() if name.lower() == SIGNATURE), "")
    parts = [part.strip().partition("=") for part in given.split(",")]
    moment = next((value for name, _, value in parts if name == "t"), "")
    secret = secrets.get("webhook_secret", "")
    if not secret or not (moment.isascii() and moment.isdigit()):
        return False
    wanted = signed(secret, moment, raw).encode()
    return any(
        hmac.compare_digest(wanted, value.lower().encode("utf-8", "surrogatepass")) for name, _, value in parts if name == "v1"
    )


def signed(secret: str, moment: str, raw: bytes) -> str:
    """Return the signature of a body, in hex."""
    return hmac.new(secret.encode(), moment.encode() + b"." + raw, hashlib.sha256).hexdigest()


def split(body: Any) -> list[Element]:
    """Return an element a message; what is no body of ours is one element that says so."""
    if not isinstance(body, dict) or "messages" not in body or OTHERS & body.keys():
        return [Element(where="", value=None, around={"is_ours": False})]
    around = {"is_ours": True, "account": body.get("account")}
    if not isinstance(body["messages"], list):
        return [Element(where=WHOLE, value=body["messages"], around=around)]
    return [Element(where=f"messages[{n}]", value=item, around=around) for n, item in enumerate(body["messages"])]


def read(element: Element, me: str | None) -> list[Heard]:
    """Return what an element says.

    Raises:
        ValueError: it cannot be understood; the message names the field.
    """
    if not element.around["is_ours"]:
        return [Heard(sort=Sort.IGNORED, channel_kind=KIND, reason="other platform")]
    item = element.value
    if element.where == WHOLE:
        raise ValueError(f"a list is expected, not {_named(item)}")
    if not isinstance(item, dict):
        raise ValueError(f"an object is expected, not {_named(item)}")
    event = _one_of(item, "event", SORTS, "message")
    account = _text(element.around, "account")
    if SORTS[event] in (Sort.MESSAGE, Sort.EDIT):
        return [_said(item, event, account, me)]
    name = _needed(item, "id")
    return [
        Heard(
            sort=SORTS[event],
            channel_kind=KIND,
            account=account,
            external_id=name,
            target_id=name,
            conversation_id=_text(item, "conversation_id"),
            created_at=None if item.get("created_at") is None else _instant(item, "created_at"),
            raw_type=event,
            status=_needed(item, "status") if event == "status" else None,
            reason=_text(item, "reason"),
            note=_text(item, "key"),
        )
    ]


def _said(item: Mapping[str, Any], event: str, account: str | None, me: str | None) -> Heard:
    """Read a message, or what it says from now on. What was written in our name is an echo, whoever told us."""
    author = _author(item)
    directions = {one.value: one for one in Direction}
    direction = directions[_one_of(item, "direction", directions, Direction.INBOUND.value)]
    if author is not None and author.id == me:
        direction = Direction.OUTBOUND
    is_ours = direction is Direction.OUTBOUND
    if author is None and not is_ours:
        raise ValueError("author: an object with an id is expected, not nothing")
    kinds = {one.value: one for one in Kind}
    kind = kinds[_one_of(item, "kind", kinds, None)]
    thread = _text(item, "conversation_id")
    if is_ours and kind.is_private and thread is None:
        raise ValueError("conversation_id: missing, so nobody can say to whom we wrote")
    text, attachments = _words(item), _attachments(item)
    if not text and not attachments:
        raise ValueError("text: neither words nor attachments")
    name = _needed(item, "id")
    return Heard(
        sort=Sort.ECHO if is_ours and event == "message" else SORTS[event],
        channel_kind=KIND,
        account=account,
        external_id=name,
        target_id=name if event == "edit" else None,
        conversation_id=thread,
        reply_to=_text(item, "reply_to"),
        direction=direction,
        kind=kind,
        author=author,
        text=text,
        created_at=_instant(item, "created_at"),
        attachments=attachments,
        permalink=_address(item.get("permalink")),
        raw_type=event,
        app_id=_text(item, "app") if is_ours else None,
        note=_text(item, "key") if is_ours and event == "message" else None,
    )


def _author(item: Mapping[str, Any]) -> Author | None:
    found = item.get("author")
    if found is None:
        return None
    if not isinstance(found, dict):
        raise ValueError(f"author: an object is expected, not {_named(found)}")
    return Author(id=_needed(found, "id"), name=_text(found, "name"), handle=_text(found, "handle"))


def _attachments(item: Mapping[str, Any]) -> tuple[Attachment, ...]:
    found = item.get("attachments")
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError("attachments: a list of objects is expected")
    return tuple(
        Attachment(type=_needed(one, "type"), id=_text(one, "id"), mime=_text(one, "mime"), url=_address(one.get("url")))
        for one in found
    )


# --- values ---


def _named(value: Any) -> str:
    """Say what a JSON value is, without quoting anybody."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")


def _text(item: Mapping[str, Any], name: str) -> str | None:
    """Return an id or a name, None where there is none."""
    value = item.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{name}: a text is expected, not {_named(value)}")
    return value.strip() or None


def _needed(item: Mapping[str, Any], name: str) -> str:
    value = _text(item, name)
    if value is None:
        raise ValueError(f"{name}: missing")
    return value


def _words(item: Mapping[str, Any]) -> str | None:
    """Return what was written, as it was written."""
    value = item.get("text")
    if value is not None and not isinstance(value, str):
        raise ValueError(f"text: a text is expected, not {_named(value)}")
    return value


def _one_of(item: Mapping[str, Any], name: str, known: Mapping[str, Any], default: str | None) -> str:
    value = item.get(name, default)
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name}: one of {', '.join(known)} is expected")
    return value


def _instant(item: Mapping[str, Any], name: str) -> datetime:
    """Return a moment that says how far it is from UTC."""
    given = _needed(item, name)
    try:
        found = datetime.fromisoformat(given)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{name}: a moment with its offset is expected, like 2026-11-23T09:00:00Z")


def _address(value: Any) -> str | None:
    """Return an address of the web; no other scheme is ever shown to a person."""
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else None

"""What a WhatsApp message holds: one small reader a type, each returning the words and the attachments.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages
A caption, a button's or row's title are the words. What somebody pointed at (a place, a card, a form) becomes words too, because an
attachment has no room for them and a person has to see them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.whatsapp.shapes import ident, label, maybe_obj, named, needed_words, obj, objects, web_address, words
from webcare.domain.message import Attachment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    text: str | None = None
    attachments: tuple[Attachment, ...] = ()


def contents(message: Mapping[str, Any], sort: str) -> Contents:
    """Return what a message of that type holds.

    Raises:
        ValueError: a type that we do not know, or a part that it must have is missing.
    """
    if sort in MEDIA:
        return _media(obj(message, sort), sort)
    if sort == "contacts":
        return _cards(message)
    reader = _READERS.get(sort)
    if reader is None:
        raise ValueError(f"type: {sort!r} is not known")
    return reader(obj(message, sort))


MEDIA = frozenset({"image", "video", "audio", "voice", "document", "sticker"})  # `voice`: the on-premises form


def _media(part: Mapping[str, Any], sort: str) -> Contents:
    """The id lives seven days, an address five minutes and opens with our token only."""
    found = Attachment(type=sort, id=ident(part, "id"), mime=label(part, "mime_type"), url=web_address(part, "url", "link"))
    return Contents(text=words(part, "caption"), attachments=(found,))


def _text(part: Mapping[str, Any]) -> Contents:
    return Contents(text=needed_words(part, "body"))


def _button(part: Mapping[str, Any]) -> Contents:
    return Contents(text=needed_words(part, "text"))


def _location(part: Mapping[str, Any]) -> Contents:
    shown = [value for value in (label(part, "name"), label(part, "address")) if value is not None]
    return Contents(text="\n".join(shown) or None, attachments=(Attachment(type="location", url=_geo(part)),))


def _geo(part: Mapping[str, Any]) -> str | None:
    """Return the place as RFC 5870 writes it, None where the two are no place on earth."""
    try:
        latitude, longitude = (float(_number(part.get(name))) for name in ("latitude", "longitude"))
    except (TypeError, ValueError, OverflowError):
        return None
    if not (math.isfinite(latitude) and math.isfinite(longitude) and abs(latitude) <= 90 and abs(longitude) <= 180):  # noqa: PLR2004
        return None
    return f"geo:{latitude:.6f},{longitude:.6f}"


def _number(value: Any) -> int | float | str:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("no number")
    return value


def _cards(message: Mapping[str, Any]) -> Contents:
    cards, lines = objects(message, "contacts"), []
    if not cards:
        raise ValueError(f"contacts: a list of cards is expected, not {named(message.get('contacts'))}")
    for card in cards:
        name = maybe_obj(card, "name")
        phones = [label(phone, "phone") or ident(phone, "wa_id") for phone in objects(card, "phones")]
        mails = [label(mail, "email") for mail in objects(card, "emails")]
        shown = [label(name, "formatted_name") or label(name, "first_name"), *phones, *mails]
        lines.append(", ".join(value for value in shown if value))
    found = tuple(Attachment(type="contact", id=_card_id(card)) for card in cards)
    return Contents(text="\n".join(line for line in lines if line) or None, attachments=found)


def _card_id(card: Mapping[str, Any]) -> str | None:
    ids = (ident(phone, "user_id") or ident(phone, "wa_id") for phone in objects(card, "phones"))
    return next((value for value in ids if value), None)


def _order(part: Mapping[str, Any]) -> Contents:
    wanted = (Attachment(type="product", id=ident(item, "product_retailer_id")) for item in objects(part, "product_items"))
    return Contents(
        text=words(part, "text") or None, attachments=(Attachment(type="order", id=ident(part, "catalog_id")), *wanted)
    )


def _interactive(part: Mapping[str, Any]) -> Contents:
    sort = words(part, "type") or next((name for name in ("button_reply", "list_reply", "nfm_reply") if name in part), None)
    if sort in ("button_reply", "list_reply"):
        return Contents(text=needed_words(obj(part, sort), "title"))
    if sort == "nfm_reply":
        return _form(obj(part, sort))
    raise ValueError(f"interactive.type: {named(sort)} is not known")


def _form(part: Mapping[str, Any]) -> Contents:
    """A filled-in form says "Sent" and keeps what the customer wrote in JSON within a string, which may be broken.

    https://developers.facebook.com/docs/whatsapp/flows/guides/receiveflowresponse
    """
    body, raw = words(part, "body"), words(part, "response_json")
    lines = [] if body is None else [body]
    try:
        answers = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        answers = raw
    if isinstance(answers, dict):
        lines += [f"{name}: {_shown(value)}" for name, value in answers.items() if name != "flow_token"]
    else:
        lines.append(_shown(answers))
    return Contents(text="\n".join(lines))


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_READERS: dict[str, Callable[[dict[str, Any]], Contents]] = {
    "text": _text,
    "button": _button,
    "location": _location,
    "interactive": _interactive,
    "order": _order,
}

"""A reply as the Cloud API wants it. Pure.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.whatsapp.ways import NUMBER, is_one_person
from webcare.ports.connector import WayKind
from webcare.ports.errors import RefusalCode, Rejected

if TYPE_CHECKING:
    from webcare.ports.connector import Reply, Template, Upload

MEGABYTE = 1024 * 1024
LONGEST_CAPTION = 1024

# What a file becomes, by what its bytes are. https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
PICTURES = ("image/jpeg", "image/png")
FILMS = ("video/mp4", "video/3gpp")
SOUNDS = ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")
PAPERS = (
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
)
SORTS = {
    **dict.fromkeys(PICTURES, "image"),
    **dict.fromkeys(FILMS, "video"),
    **dict.fromkeys(SOUNDS, "audio"),
    **dict.fromkeys(PAPERS, "document"),
}
MOST = {"image": 5 * MEGABYTE, "video": 16 * MEGABYTE, "audio": 16 * MEGABYTE, "document": 100 * MEGABYTE}


def checked(reply: Reply) -> None:
    """Refuse at once what WhatsApp would refuse, or would send otherwise than its writer saw it.

    Raises:
        Rejected: in words for the one who wrote it.
    """
    if not is_one_person(reply.conversation_id):
        raise Rejected("this is a group: everybody in it would read the answer, so answer in the app on the phone")
    if reply.way is WayKind.PUBLIC:
        raise Rejected("on WhatsApp everything is private")
    if reply.way is WayKind.TEMPLATE and reply.template is None:
        raise Rejected("no template was chosen", RefusalCode.TEMPLATE_UNKNOWN)
    if reply.uploads:
        _checked_files(reply)


def _checked_files(reply: Reply) -> None:
    if reply.template is not None:
        raise Rejected("a template takes no file along")
    if len(reply.uploads) > 1:
        raise Rejected("WhatsApp takes one file a message: send the others one by one")
    (file,) = reply.uploads
    sort = SORTS.get(bare(file.mime))
    if sort is None:
        raise Rejected(f"WhatsApp does not take files of this kind ({file.mime})")
    if len(file.content) > MOST[sort]:
        raise Rejected(f"the file is larger than the {MOST[sort] // MEGABYTE} MB that WhatsApp takes", RefusalCode.TOO_LONG)
    if sort == "audio" and reply.text:
        raise Rejected("WhatsApp shows no words beside a sound: send the two one by one")
    if len(reply.text) > LONGEST_CAPTION:
        raise Rejected(f"words beside a file may have {LONGEST_CAPTION} characters at most", RefusalCode.TOO_LONG)


def bare(mime: str) -> str:
    """Return a type without its parameters."""
    return mime.partition(";")[0].strip().lower()


def body_of(reply: Reply, media_id: str | None = None) -> dict[str, Any]:
    """Return the body of the call that sends a reply; `media_id` is what Meta calls its file.

    There is no idempotency key; ours goes along as `biz_opaque_callback_data` and comes back in every state.
    """
    found: dict[str, Any] = {"messaging_product": "whatsapp", **_recipient(reply.conversation_id)}
    if reply.template is not None:
        found.update(type="template", template=_template(reply.template))
    elif media_id is not None:
        sort = SORTS[bare(reply.uploads[0].mime)]
        found.update({"type": sort, sort: _media(reply.uploads[0], sort, media_id, reply.text)})
    else:
        found.update(type="text", text={"body": reply.text})
    if reply.reply_to is not None and reply.template is None:
        found["context"] = {"message_id": reply.reply_to}
    return {**found, "biz_opaque_callback_data": reply.key}


def _recipient(customer: str) -> dict[str, str]:
    """Return how Meta is told to whom: a number in `to`, a BSUID in `recipient`."""
    if NUMBER.fullmatch(customer):
        return {"recipient_type": "individual", "to": f"+{customer.removeprefix('+')}"}
    return {"recipient_type": "individual", "recipient": customer}


def _template(chosen: Template) -> dict[str, Any]:
    """Fill the gaps of its body.

    https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates
    """
    found: dict[str, Any] = {"name": chosen.name, "language": {"code": chosen.language}}
    if chosen.values:
        gaps = [{"type": "text", "text": value} for value in chosen.values]
        found["components"] = [{"type": "body", "parameters": gaps}]
    return found


def _media(file: Upload, sort: str, media_id: str, text: str) -> dict[str, str]:
    found = {"id": media_id}
    if text:
        found["caption"] = text
    if sort == "document":
        found["filename"] = file.name
    return found

"""Files on their way: a customer's, fetched at once, and ours, uploaded before they are sent.

    attachment --its id--> an address that lives five minutes --with our token--> bytes, at most so many, and those that Meta meant

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
"""

from __future__ import annotations

import base64
import hashlib
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp

from connectors.whatsapp.calls import BROKEN, WELL, Answered
from connectors.whatsapp.contents import MEDIA
from connectors.whatsapp.refusals import is_not_ours
from connectors.whatsapp.sending import bare
from connectors.whatsapp.shapes import ident, label, web_address
from webcare.ports.connector import Fetched
from webcare.ports.errors import RefusalCode, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.whatsapp.calls import Calls
    from webcare.domain.message import Attachment
    from webcare.ports.connector import Upload

META_KEEPS_FILES_AT = ("https", "lookaside.fbsbx.com")  # the only stranger who is shown our token
PIECE = 64 * 1024
ANY = "application/octet-stream"
PLAIN_ID = re.compile(r"[A-Za-z0-9_.=-]{1,300}")


async def fetch(calls: Calls, attachment: Attachment, *, most: int) -> Fetched:
    """Return what a customer sent along.

    Raises:
        Rejected: it is gone, too large, or lies where our token has no business.
        Unavailable, RateLimited, AuthFailed: as ever.
    """
    if attachment.type not in MEDIA:
        raise Rejected(f"nothing can be fetched of this: {attachment.type}")
    if attachment.id is None and attachment.url is None:
        raise Rejected("the file did not come through: WhatsApp names no id of it", RefusalCode.GONE)
    for fresh in (False, True):
        said = await _address(calls, attachment, fresh=fresh)
        _refuse_larger(ident(said, "file_size"), most)
        found = await _download(calls, str(said["url"]), most)
        if found is not None:
            return Fetched(content=_meant(found[0], said), mime=label(said, "mime_type") or found[1] or attachment.mime or ANY)
    raise _gone()


def _gone() -> Rejected:
    return Rejected("WhatsApp does not have this file any more: it keeps them for seven days", RefusalCode.GONE)


async def _address(calls: Calls, attachment: Attachment, *, fresh: bool) -> Mapping[str, Any]:
    """Return where a file lies just now, and what it should be. Without an id there is no other address than that of the message."""
    if attachment.id is None:
        if fresh:
            raise _gone()
        return {"url": attachment.url}
    if PLAIN_ID.fullmatch(attachment.id) is None:
        raise Rejected("WhatsApp gives no such ids to files")
    answered = await calls.ask("GET", attachment.id, params={"phone_number_id": calls.number})
    if not answered.is_well:
        raise _gone() if is_not_ours(answered.body) else answered.refusal()
    said = answered.values()
    if web_address(said, "url") is None:
        raise Unavailable("WhatsApp does not say where the file lies")
    return said


def _refuse_larger(size: str | None, most: int) -> None:
    if size is not None and size.isascii() and size.isdigit() and int(size[:18]) > most:
        raise Rejected(f"the file is larger than {most} bytes", RefusalCode.TOO_LONG)


async def _download(calls: Calls, url: str, most: int) -> tuple[bytes, str | None] | None:
    """Return the bytes and their type, None when nothing lies at this address any more."""
    if not _is_metas(url, calls.base):
        raise Rejected("the file lies on a machine that is not Meta's")
    try:
        async with calls.session.request("GET", url, headers=calls.headers, allow_redirects=False) as response:
            if response.status == HTTPStatus.NOT_FOUND:
                return None
            if response.status not in WELL:
                body = await response.content.read(PIECE)
                raise Answered(status=response.status, headers=response.headers, body=body).refusal()
            _refuse_larger(response.headers.get("Content-Length"), most)
            held = bytearray()
            async for piece in response.content.iter_chunked(PIECE):
                held += piece
                _refuse_larger(str(len(held)), most)
            return bytes(held), response.headers.get("Content-Type")
    except BROKEN as error:
        raise Unavailable(f"the file did not come whole: {type(error).__name__}") from error


def _is_metas(url: str, base: str) -> bool:
    """Tell whether our token may be shown there: to Meta's store of files, or where the Graph API itself is."""
    try:
        asked, ours = urlsplit(url), urlsplit(base)
        there, here = (asked.scheme, asked.hostname, asked.port), (ours.scheme, ours.hostname, ours.port)
    except ValueError:  # a port that is none
        return False
    return asked.username is None and asked.password is None and there in ((*META_KEEPS_FILES_AT, None), here)


def _meant(content: bytes, said: Mapping[str, Any]) -> bytes:
    """Return the bytes when they are those that Meta named the sum of: in hex here, in base64 in webhooks.

    Raises:
        Unavailable: they are not; asked again, they may be.
    """
    wanted = label(said, "sha256")
    digest = hashlib.sha256(content).digest()
    if wanted is not None and wanted.lower() != digest.hex() and wanted != base64.b64encode(digest).decode("ascii"):
        raise Unavailable("the file is not the one that WhatsApp announced")
    return content


async def upload(calls: Calls, file: Upload) -> str:
    """Hand a file to Meta and return its id, which lives thirty days. What breaks here was certainly not sent.

    Raises:
        Rejected, Unavailable, RateLimited, AuthFailed: not sent.
    """
    form = aiohttp.FormData()
    form.add_field("messaging_product", "whatsapp")
    form.add_field("type", bare(file.mime))
    form.add_field("file", file.content, filename=file.name, content_type=bare(file.mime))
    answered = await calls.ask("POST", f"{calls.number}/media", data=form)
    if not answered.is_well:
        raise answered.refusal()
    found = ident(answered.values(), "id")
    if found is None:
        raise Unavailable("WhatsApp took the file, and does not say by which id")
    return found

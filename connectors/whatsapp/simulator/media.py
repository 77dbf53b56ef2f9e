"""Files: an id tells an address, the address gives the bytes for five minutes and to the token only; ours are uploaded first.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aiohttp import BodyPartReader, web

from connectors.whatsapp.simulator.keys import WORLD
from connectors.whatsapp.simulator.refusals import barred, fault_answer, refusal

if TYPE_CHECKING:
    from connectors.whatsapp.simulator.world import Media

PIECE = 1000


def media_answer(request: web.Request, media: Media | None) -> web.Response:
    """Say where a file lies for the next five minutes, and what it is."""
    world = request.app[WORLD]
    if media is None:
        return refusal(100, f"Object with ID '{request.match_info['ident']}' does not exist or cannot be loaded.", subcode=33)
    origin = world.media_origin or str(request.url.origin())
    found = {
        "messaging_product": "whatsapp",
        "url": f"{origin}/sim-media/{world.media_address(media)}",
        "mime_type": media.mime,
        "sha256": hashlib.sha256(media.content).hexdigest(),
        "file_size": str(len(media.content)),
        "id": media.id,
    }
    return web.json_response(found)


async def media_bytes(request: web.Request) -> web.StreamResponse:
    """Hand out the bytes, to the token only, and only for five minutes.

    Faults: `media_gone` answers 404 once, `media_moved` redirects, `media_other` gives other bytes, `media_short` breaks off,
    `media_endless` sends more than was said and never says how much.
    """
    refused = barred(request)
    if refused is not None:
        return refused
    world = request.app[WORLD]
    fault = world.next_fault(of_media=True)
    kind = "" if fault is None else fault.kind
    media = world.media_at(request.match_info["key"])
    if media is None or kind == "media_gone":
        return web.Response(status=404)
    if kind == "media_moved":
        return web.Response(status=302, headers={"Location": "http://192.0.2.1/elsewhere"})
    content = bytes(len(media.content)) if kind == "media_other" else media.content
    if kind not in ("media_short", "media_endless"):
        return web.Response(body=content, content_type=media.mime.partition(";")[0])
    response = web.StreamResponse(headers={"Content-Type": media.mime})
    if kind == "media_short":
        response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: len(content) // 2] if kind == "media_short" else bytes(PIECE) * PIECE)
    if kind == "media_short" and request.transport is not None:
        request.transport.abort()
    return response


async def upload(request: web.Request) -> web.Response:
    """Take a file of ours; its id lives thirty days."""
    world = request.app[WORLD]
    refused = barred(request) or fault_answer(world.next_fault())
    if refused is not None:
        return refused
    if request.match_info["number"] != world.number_id:
        return refusal(100, "Unsupported post request. Object does not exist or cannot be loaded.", subcode=33)
    if not request.content_type.startswith("multipart/"):
        return refusal(100, "The parameter file is required.")
    fields, content = {}, None
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "file":
            content = bytes(await part.read())
        else:
            fields[part.name] = await part.text()
    if fields.get("messaging_product") != "whatsapp" or not fields.get("type"):
        return refusal(100, "The parameters messaging_product and type are required.")
    if not content:
        return refusal(131053)
    return web.json_response({"id": world.new_media(fields["type"], content, uploaded=True).id})

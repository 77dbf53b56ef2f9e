"""Pictures: uploading them, in one go or in parts, and fetching them. https://docs.x.com/x-api/media/quickstart/media-upload-chunked.

Bytes that are no picture are refused whatever their type is called. Pictures of posts can be fetched by anybody, those of messages
only with a signature.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from connectors.twitter.simulator.refusing import gone, invalid
from connectors.twitter.simulator.world import WORLD, Medium, World

LIFE: Final = timedelta(hours=24)
MEGABYTE: Final = 1024 * 1024
LARGEST: Final = {"image": 5 * MEGABYTE, "gif": 15 * MEGABYTE}
LARGEST_REQUEST: Final = 24 * MEGABYTE
MOST_PARTS: Final = 1000
IMAGES: Final = frozenset({"tweet_image", "dm_image"})
GIFS: Final = frozenset({"tweet_gif", "dm_gif"})
# What can be uploaded in one go; the older generation takes a GIF in parts only.
CATEGORIES: Final = {"tweet": IMAGES, "post": IMAGES | GIFS}
_SNIFFED: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)
# The later generation finds out the type by itself and refuses to be told.
FIELDS: Final = {
    "tweet": frozenset({"media", "media_category", "media_type", "additional_owners", "shared"}),
    "post": frozenset({"media", "media_category", "additional_owners"}),
}


def routes() -> list[web.RouteDef]:
    return [
        web.post("/2/media/upload", upload),
        web.post("/2/media/upload/initialize", initialize),
        web.post("/2/media/upload/{id}/append", append),
        web.post("/2/media/upload/{id}/finalize", finalize),
        web.get("/media/{key}", fetch),
        web.get("/dm/{key}", fetch),
    ]


async def upload(request: web.Request) -> web.Response:
    """Take a picture in one go."""
    world, fields = request.app[WORLD], await _fields(request)
    if unknown := fields.keys() - FIELDS[world.names]:
        return invalid(world, min(unknown), "", "is not allowed")
    category = fields.get("media_category")
    if category not in CATEGORIES[world.names]:
        return invalid(world, "media_category", str(category), "is not one of those that are uploaded in one go")
    refusal = _unfit(fields.get("media"), category, world)
    if refusal is not None:
        return refusal
    medium = _kept(world, fields["media_category"], fields["media"])
    return _answer(world, medium)


async def initialize(request: web.Request) -> web.Response:
    """Begin an upload in parts."""
    world, fields = request.app[WORLD], await _fields(request)
    category, size = fields.get("media_category"), fields.get("total_bytes", 0)
    if category not in IMAGES | GIFS:
        return invalid(world, "media_category", str(category), "is not one of those for pictures")
    if not 0 < int(size) <= _largest(category):
        return invalid(world, "total_bytes", str(size), f"has to lie between 1 and {_largest(category)}")
    return _answer(world, _kept(world, fields["media_category"], b""))


async def append(request: web.Request) -> web.Response:
    """Take a part, in any order; one that comes again replaces itself."""
    world, fields = request.app[WORLD], await _fields(request)
    medium = world.media.get(f"3_{request.match_info['id']}")
    if medium is None:
        return gone(world, request.match_info["id"], "media", "id")
    number = str(fields.get("segment_index", ""))
    if not isinstance(fields.get("media"), bytes) or not (number.isdigit() and int(number) < MOST_PARTS):
        return invalid(world, "segment_index", number, f"has to lie below {MOST_PARTS}, and media have to stand beside it")
    medium.parts[int(number)] = fields["media"]
    return _said(world, {"expires_at": int((world.now + LIFE).timestamp())})


async def finalize(request: web.Request) -> web.Response:
    """End an upload in parts: only now is looked at what it is."""
    world = request.app[WORLD]
    medium = world.media.get(f"3_{request.match_info['id']}")
    if medium is None:
        return gone(world, request.match_info["id"], "media", "id")
    medium.content = b"".join(medium.parts[number] for number in sorted(medium.parts))
    refusal = _unfit(medium.content, medium.category, world)
    if refusal is not None:
        world.media.pop(medium.key)
        return refusal
    medium.mime = _sniff(medium.content) or medium.mime
    return _answer(world, medium)


async def fetch(request: web.Request) -> web.Response:
    """Show a picture."""
    found = request.app[WORLD].media.get(request.match_info["key"])
    is_private = request.path.startswith("/dm/")
    if found is None or found.category.startswith("dm_") is not is_private:
        return web.Response(status=404)
    return web.Response(body=found.content, content_type=found.mime)


async def _fields(request: web.Request) -> dict[str, Any]:
    """Return the fields of a form or of a JSON object, in which bytes are base64."""
    if request.content_type == "multipart/form-data":
        form = await request.post()
        return {name: value.file.read() if isinstance(value, web.FileField) else value for name, value in form.items()}
    try:
        found = await request.json()
        return {**found, "media": base64.b64decode(found["media"], validate=True)} if "media" in found else dict(found)
    except (json.JSONDecodeError, UnicodeDecodeError, TypeError, binascii.Error):
        return {}


def _largest(category: str) -> int:
    return LARGEST[category.rpartition("_")[2]]


def _unfit(content: Any, category: str, world: World) -> web.Response | None:
    if not isinstance(content, bytes) or not 0 < len(content) <= _largest(category) or _sniff(content) is None:
        return invalid(world, "media", "", f"has to be a picture of at most {_largest(category)} bytes")
    return None


def _sniff(content: bytes) -> str | None:
    return next((mime for start, mime in _SNIFFED if content.startswith(start)), None)


def _kept(world: World, category: str, content: bytes) -> Medium:
    key = f"3_{world.new_id(world.now)}"
    medium = Medium(key=key, content=content, category=category, expires_at=world.now + LIFE, mime=_sniff(content) or "image/png")
    world.media[key] = medium
    return medium


def _answer(world: World, medium: Medium) -> web.Response:
    data = {"id": medium.id, "media_key": medium.key, "expires_after_secs": int(LIFE.total_seconds())}
    return _said(world, data | ({"size": len(medium.content)} if medium.content else {}))


def _said(world: World, data: dict[str, Any]) -> web.Response:
    """Answer; the older generation's specification wants a `meta`, and puts nothing in it."""
    return web.json_response({"data": data} if world.names == "post" else {"data": data, "meta": {}})

"""Get the bytes of what a customer attached, from Facebook's own hosts only: a link in a message may lead anywhere.

The addresses are signed and die; of a picture or film with a number Graph gives a fresh one. The token goes to Graph and nowhere else.
https://developers.facebook.com/docs/graph-api/reference/photo
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import aiohttp

from connectors.facebook.graph import NOT_REACHED
from webcare.ports.connector import Fetched
from webcare.ports.errors import RefusalCode, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.facebook.graph import Graph
    from webcare.domain.message import Attachment

HOSTS = ("fbcdn.net", "fbsbx.com", "facebook.com")
FILES = frozenset({"image", "video", "audio", "file", "sticker"})
OK, REDIRECTS, GONE = 200, frozenset({301, 302, 303, 307, 308}), frozenset({400, 401, 403, 404, 410})
MOST_HOPS = 3
PIECE = 65_536
LONGEST_NUMBER = 20
TOO_LARGE, DEAD = "the file is larger than what we take", "the file is gone: its address is no longer good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One answer: the file, or where else it is, or that it is gone."""

    fetched: Fetched | None = None
    elsewhere: str | None = None


async def fetch(graph: Graph, attachment: Attachment, *, most: int) -> Fetched:
    """Return an attachment of at most `most` bytes."""
    if attachment.type not in FILES:
        raise Rejected(f"a {attachment.type} is no file")
    found = await _follow(graph, attachment.url, most) if attachment.url else None
    if found is None and attachment.id:
        found = await _follow(graph, await _fresh(graph, attachment), most)
    if found is None:
        raise Rejected(DEAD, RefusalCode.GONE)
    return found


async def _follow(graph: Graph, url: str | None, most: int) -> Fetched | None:
    """Return what is there, None where nothing is any more."""
    hops = 0
    while url is not None and hops <= MOST_HOPS:
        if not _is_facebooks(graph, url):
            raise Rejected("the file does not lie with Facebook")
        hop = await _ask(graph, url, most)
        if hop.fetched is not None:
            return hop.fetched
        url, hops = hop.elsewhere, hops + 1
    return None


def _is_facebooks(graph: Graph, url: str) -> bool:
    try:
        parts, ours = urlsplit(url), urlsplit(graph.base_url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc):
        return True
    return parts.scheme == "https" and parts.username is None and any(host == one or host.endswith(f".{one}") for one in HOSTS)


def _headers(graph: Graph, url: str) -> dict[str, str]:
    """Return our token for Graph itself; a CDN's address carries what it needs."""
    parts, ours = urlsplit(url), urlsplit(graph.base_url)
    is_graph = (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc) and parts.path.startswith(f"/{graph.version}/")
    return graph.bearer() if is_graph else {}


async def _ask(graph: Graph, url: str, most: int) -> Hop:
    try:
        async with graph.session.request("GET", url, headers=_headers(graph, url), allow_redirects=False) as response:
            if response.status in REDIRECTS and "Location" in response.headers:
                return Hop(elsewhere=urljoin(url, response.headers["Location"]))
            if response.status in GONE:
                return Hop()
            if response.status != OK:
                raise Unavailable(f"HTTP {response.status} for a file")
            return Hop(fetched=await _read(response, most))
    except NOT_REACHED as error:
        raise Unavailable(f"no connection ({type(error).__name__})") from None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise Unavailable(f"no answer ({type(error).__name__})") from None


async def _read(response: Any, most: int) -> Fetched:
    """Read no further than we take, whatever the header says of the length."""
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdecimal() and len(length) < LONGEST_NUMBER and int(length) > most:
        raise Rejected(TOO_LARGE, RefusalCode.TOO_LONG)
    content = bytearray()
    async for piece in response.content.iter_chunked(PIECE):
        content += piece
        if len(content) > most:
            raise Rejected(TOO_LARGE, RefusalCode.TOO_LONG)
    mime = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Fetched(content=bytes(content), mime=mime or "application/octet-stream")


async def _fresh(graph: Graph, attachment: Attachment) -> str | None:
    """Ask Graph for the address that is good now: of a photo its largest size, of a video its source."""
    if attachment.type == "video":
        return _text(await graph.get(attachment.id or "", {"fields": "source"}), "source")
    images = (await graph.get(attachment.id or "", {"fields": "images"})).get("images")
    return _text(images[0], "source") if isinstance(images, list) and images and isinstance(images[0], dict) else None


def _text(node: Mapping[str, Any], name: str) -> str | None:
    found = node.get(name)
    return found if isinstance(found, str) and found else None

"""Fetch a customer's attachment: from Meta's own hosts only, without our token, and no more bytes than asked for.

The addresses stand in what a webhook or a poll told us, so nothing else may be reached through them; what they lead to is checked at
each step. They die with their story after 24 hours, others within days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import aiohttp

from webcare.ports.connector import Fetched
from webcare.ports.errors import RefusalCode, Rejected, Unavailable

if TYPE_CHECKING:
    from webcare.domain.message import Attachment
    from webcare.ports.connector import Session

HOSTS = ("fbsbx.com", "fbcdn.net", "cdninstagram.com")  # and what lies under them
STEPS = 3
CHUNK = 65_536
OK, TOO_MANY, SERVER_ERROR = 200, 429, 500
MOVED = frozenset({301, 302, 303, 307, 308})


async def fetch(session: Session, host: str, attachment: Attachment, most: int) -> Fetched:
    """Return the bytes of an attachment.

    Raises:
        Rejected: it has no address, is not where Meta keeps such things, is gone, or larger.
        Unavailable: not now.
    """
    if not attachment.url:
        raise Rejected(f"of this {attachment.type} Instagram told no address")
    url = attachment.url
    for _ in range(STEPS):
        if not _is_metas(url, host):
            raise Rejected("it is not where Instagram keeps its pictures")
        try:
            async with session.request("GET", url, allow_redirects=False) as response:
                if response.status not in MOVED:
                    return await _content(response, most)
                url = urljoin(url, response.headers.get("Location", ""))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise Unavailable(f"no answer ({type(error).__name__})") from None
    raise Rejected("its address leads from one to the next")


def _is_metas(url: str, host: str) -> bool:
    try:
        parts, ours = urlsplit(url), urlsplit(host)
        name = parts.hostname or ""
        port = parts.port
    except ValueError:
        return False
    if (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc):
        return True
    return parts.scheme == "https" and port in (None, 443) and any(name == one or name.endswith(f".{one}") for one in HOSTS)


async def _content(response: aiohttp.ClientResponse, most: int) -> Fetched:
    if response.status == TOO_MANY or response.status >= SERVER_ERROR:
        raise Unavailable(f"HTTP {response.status}")
    if response.status != OK:
        raise Rejected(f"it is gone (HTTP {response.status})", RefusalCode.GONE)
    if (response.content_length or 0) > most:
        raise Rejected("it is larger than we take")
    found = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        found += chunk
        if len(found) > most:
            raise Rejected("it is larger than we take")
    return Fetched(content=bytes(found), mime=response.content_type)

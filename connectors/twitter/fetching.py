"""The bytes of a picture that a customer sent.

Pictures of posts lie open to everybody; those of direct messages want a signature of ours:
https://developer.x.com/en/docs/direct-messages/message-attachments/guides/retrieving-media. The address stands in a body that anybody
may have shaped, so only X's own hosts are asked, and no redirect is followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.twitter.hosts import OPEN, SIGNED
from connectors.twitter.sending import not_sent
from connectors.twitter.transport import NETWORK, RefusedError, download
from webcare.ports.connector import Fetched
from webcare.ports.errors import RefusalCode, Rejected, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.domain.message import Attachment
    from webcare.ports.connector import Session

_GONE = frozenset({403, 404, 410})


async def fetch(session: Session, base_url: str, keys: Mapping[str, str], attachment: Attachment, *, most: int) -> Fetched:
    """Return a picture.

    Raises:
        Rejected: it lies elsewhere, is gone, or is larger than `most`.
        Unavailable, RateLimited, AuthFailed: as X answers.
    """
    if attachment.url is None:
        raise Rejected("X named no address for this", RefusalCode.GONE)
    is_open, is_signed = _where(attachment.url, base_url)
    if not (is_open or is_signed):
        raise Rejected("this lies at no address of X's")
    try:
        content, mime = await download(session, attachment.url, None if is_open else keys, most=most)
    except RefusedError as refused:
        if refused.status in _GONE or 300 <= refused.status < 400:  # noqa: PLR2004 - HTTP
            raise Rejected(f"X no longer has this ({refused.status})", RefusalCode.GONE) from refused
        raise not_sent(refused) from refused
    except NETWORK as error:
        raise Unavailable(f"X cannot be reached ({type(error).__name__})") from error
    if content is None:
        raise Rejected(f"this is larger than {most} bytes")
    return Fetched(content=content, mime=mime)


def _where(url: str, base_url: str) -> tuple[bool, bool]:
    """Return whether an address is open to everybody, and whether it takes our signature; neither is none of X's."""
    try:
        asked, ours = urlsplit(url), urlsplit(base_url)
        ports = (asked.port, ours.port)
    except ValueError:
        return False, False
    if (asked.scheme, asked.hostname, ports[0]) == (ours.scheme, ours.hostname, ports[1]):
        return False, True
    if asked.scheme != "https" or ports[0] not in (None, 443) or asked.username is not None:
        return False, False
    return asked.hostname in OPEN, asked.hostname in SIGNED

"""HTTP to X by way of tweepy, which knows the routes and nothing of what we need from an answer.

tweepy has its host built in, signs for that host, waits without end where a reset time is missing, and stumbles over errors that are
no JSON. So what it takes for its session is this: the request goes to the channel's host, signed for it, and a refusal or a body that
is no JSON is raised before tweepy sees it. It opens nothing itself.
"""

from __future__ import annotations

import json
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import ClientError
from tweepy.asynchronous import AsyncClient
from tweepy.asynchronous.client import OAuthClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from webcare.ports.connector import Session

NETWORK = (ClientError, TimeoutError, OSError)
_REFUSAL = 10_000  # bytes of a refusal that anybody reads
_PIECE = 64 * 1024


class RefusedError(Exception):
    """X answered, and it is no 2xx."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"X answers {status}")
        self.status, self.headers, self.body = status, headers, body


class GarbledError(Exception):
    """X answered 2xx, and it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A 2xx with a JSON object, with what tweepy asks of a response."""

    status: int
    reason: str
    headers: Mapping[str, str]
    found: dict[str, Any]

    async def read(self) -> bytes:
        return b""

    async def json(self) -> dict[str, Any]:
        return self.found


class Rebased:
    """The session that tweepy is given: `session`, at `base_url`, with `keys`."""

    def __init__(self, session: Session, base_url: str, keys: Mapping[str, str]) -> None:
        self._session, self._base_url, self._keys = session, base_url.rstrip("/"), keys

    @asynccontextmanager
    async def request(self, method: str, url: Any, *, headers: Mapping[str, str], **kwargs: Any) -> AsyncIterator[Answer]:
        asked = urlsplit(str(url))
        target = self._base_url + asked.path + (f"?{asked.query}" if asked.query else "")
        unsigned = {name: value for name, value in headers.items() if name != "Authorization"}
        # a signature is for one address
        kwargs |= {"headers": _signed(target, method, self._keys, unsigned), "allow_redirects": False}
        async with self._session.request(method, target, **kwargs) as response:
            body = await response.read()
            if not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP
                raise RefusedError(response.status, response.headers, body)
            yield Answer(status=response.status, reason=response.reason or "", headers=response.headers, found=_object(body))


def _signed(target: str, method: str, keys: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, str]:
    signer = OAuthClient(keys["consumer_key"], keys["consumer_secret"], keys["access_token"], keys["access_token_secret"])
    _, signed, _ = signer.sign(target, method, headers=dict(headers))
    return dict(signed)


async def download(session: Session, url: str, keys: Mapping[str, str] | None, *, most: int) -> tuple[bytes | None, str]:
    """Return the bytes at an address and what they are said to be; None for the bytes where there are more than `most`.

    Raises:
        RefusedError: the answer is no 2xx.
    """
    headers = {} if keys is None else _signed(url, "GET", keys, {})
    async with session.request("GET", url, headers=headers, allow_redirects=False) as response:
        if not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP
            raise RefusedError(response.status, response.headers, await response.content.read(_REFUSAL))
        mime = response.headers.get("Content-Type", "").partition(";")[0].strip().lower() or "application/octet-stream"
        content = bytearray()
        async for chunk in response.content.iter_chunked(_PIECE):
            content += chunk
            if len(content) > most:
                return None, mime
        return bytes(content), mime


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GarbledError("X answers with something that is no JSON") from error
    if not isinstance(found, dict):
        raise GarbledError("X answers with JSON that is no object")
    return found


def client_for(session: Session, base_url: str, keys: Mapping[str, str]) -> AsyncClient:
    """Return a tweepy client that talks through `session` and never waits."""
    for library in ("tweepy", "oauthlib"):  # below INFO they write headers, keys and texts of replies into the log
        logging.getLogger(library).setLevel(logging.INFO)
    client = AsyncClient(**keys, return_type=dict, wait_on_rate_limit=False)
    client.session = Rebased(session, base_url, keys)
    return client

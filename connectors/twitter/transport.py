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
        signer = OAuthClient(
            self._keys["consumer_key"],
            self._keys["consumer_secret"],
            self._keys["access_token"],
            self._keys["access_token_secret"],
        )
        unsigned = {name: value for name, value in headers.items() if name != "Authorization"}
        _, signed, _ = signer.sign(target, method, headers=unsigned)
        kwargs |= {"headers": signed, "allow_redirects": False}  # a signature is for one address
        async with self._session.request(method, target, **kwargs) as response:
            body = await response.read()
            if not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP
                raise RefusedError(response.status, response.headers, body)
            yield Answer(status=response.status, reason=response.reason or "", headers=response.headers, found=_object(body))


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

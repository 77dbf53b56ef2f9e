"""One call of the Graph API, and what can go wrong with it. The token travels in a header and stands in no address or message.

https://developers.facebook.com/docs/graph-api/results
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import aiohttp

from connectors.facebook.errors import explain
from connectors.facebook.fields import EPOCH
from webcare.ports.errors import OutsideError, RateLimited, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from webcare.ports.connector import Session

OK = 200
MOST_PAGES = 200  # far beyond any real edge: an answer that always has a next page must end too
NOT_REACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Calls under one base address with one token."""

    session: Session
    base_url: str
    version: str
    token: str = field(repr=False)
    app_secret: str | None = field(default=None, repr=False)

    async def get(self, path: str, params: Mapping[str, str], now: datetime | None = None) -> dict[str, Any]:
        """Ask once; `now` is needed where the answer carries no date of its own."""
        return await self._call("GET", self._url(path), self._proven(params), None, now)

    async def post(self, path: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Change something, once. What may have been done although it failed is `Unconfirmed`."""
        return await self._call("POST", self._url(path), self._proven({}), payload, None)

    async def pages(self, path: str, params: Mapping[str, str], now: datetime | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield every page; only a missing `next` ends them, an empty or short page does not."""
        answer = await self.get(path, params, now)
        yield answer
        seen: set[str] = set()
        while (following := next_url(answer)) is not None:
            if following in seen or len(seen) >= MOST_PAGES:
                raise Unavailable("its pages never end")
            seen.add(following)
            answer = await self._call("GET", *self._following(following), None, now)
            yield answer

    def _url(self, path: str) -> str:
        return f"{self.base_url.rstrip('/')}/{self.version}/{'/'.join(quote(part, safe='') for part in path.split('/'))}"

    def _proven(self, params: Mapping[str, str]) -> dict[str, str]:
        """https://developers.facebook.com/docs/graph-api/guides/secure-requests ."""
        if not self.app_secret:
            return dict(params)
        proof = hmac.new(self.app_secret.encode(), self.token.encode(), hashlib.sha256).hexdigest()
        return {**params, "appsecret_proof": proof}

    def _following(self, url: str) -> tuple[str, dict[str, str]]:
        """Return a page's address without the token that Graph writes into it; our token goes to our host only."""
        parts, ours = urlsplit(url), urlsplit(self.base_url)
        if (parts.scheme, parts.netloc) != (ours.scheme, ours.netloc):
            raise Unavailable("its next page is on another host")
        params = {name: value for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "access_token"}
        return f"{parts.scheme}://{parts.netloc}{parts.path}", params

    def _without_token(self, body: bytes) -> bytes:
        """Graph writes the token into the addresses of further pages, and bodies are kept."""
        for spelling in {self.token, quote(self.token, safe="")} - {""}:
            body = body.replace(spelling.encode(), b"")
        return body

    async def _call(
        self, method: str, url: str, params: Mapping[str, str], payload: Mapping[str, Any] | None, now: datetime | None
    ) -> dict[str, Any]:
        unclear: type[OutsideError] = Unavailable if method == "GET" else Unconfirmed
        address = f"{url}?{urlencode(params)}" if params else url
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with self.session.request(method, address, headers=headers, json=payload, allow_redirects=False) as response:
                status, answered, body = response.status, response.headers, self._without_token(await response.read())
        except NOT_REACHED as error:
            raise Unavailable(f"no connection ({type(error).__name__})") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unclear(f"no answer ({type(error).__name__})") from None
        found = _read(body)
        if status == OK and found is not None and "error" not in found:
            return found
        raise _failure(status, answered, body, now, unclear)


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _failure(
    status: int, headers: Mapping[str, str], body: bytes, now: datetime | None, unclear: type[OutsideError]
) -> OutsideError:
    """Return what a bad answer means.

    A change may have been made although the answer is an error: Messenger's own table tells of messages that were sent under code 1.
    https://developers.facebook.com/docs/messenger-platform/error-codes
    """
    at = now or _date(headers)
    meaning = explain(status, headers, body, at or EPOCH)
    if at is None and isinstance(meaning, RateLimited):
        return Unavailable("rate limited, and nobody says what time it is there")
    return unclear(str(meaning)) if isinstance(meaning, Unavailable) else meaning


def _date(headers: Mapping[str, str]) -> datetime | None:
    """Return the platform's own time, for calls that are not told one."""
    try:
        found = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def nodes(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the nodes of an answer; what is none is left to reading, which says so."""
    data = answer.get("data")
    return [node for node in data if isinstance(node, dict)] if isinstance(data, list) else []


def next_url(answer: Mapping[str, Any]) -> str | None:
    paging = answer.get("paging")
    found = paging.get("next") if isinstance(paging, dict) else None
    return found if isinstance(found, str) and found else None

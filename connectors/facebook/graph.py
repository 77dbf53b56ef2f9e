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
from connectors.facebook.usage import Meter
from connectors.meta import EPOCH
from webcare.ports.errors import OutsideError, RateLimited, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from webcare.ports.connector import Session, Upload

OK = 200
LIST = "list"  # where the answers of a batch are kept: an answer is an object everywhere else
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
    meter: Meter = field(default_factory=Meter)

    async def get(self, path: str, params: Mapping[str, str], now: datetime | None = None) -> dict[str, Any]:
        """Ask once; `now` is needed where the answer carries no date of its own."""
        return await self._call("GET", self._url(path), self._proven(params), None, now)

    async def post(self, path: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Change something, once. What may have been done although it failed is `Unconfirmed`."""
        return await self._call("POST", self._url(path), self._proven({}), payload, None)

    async def delete(self, path: str) -> dict[str, Any]:
        """Take something back, once; as `post`."""
        return await self._call("DELETE", self._url(path), self._proven({}), None, None)

    async def upload(self, path: str, fields: Mapping[str, str], name: str, upload: Upload) -> dict[str, Any]:
        """Bring a file that nobody sees yet: what fails may be tried again.

        https://developers.facebook.com/docs/messenger-platform/reference/attachment-upload-api
        """
        form = aiohttp.FormData(dict(fields))
        form.add_field(name, upload.content, filename=upload.name, content_type=upload.mime)
        try:
            return await self._call("POST", self._url(path), self._proven({}), form, None)
        except Unconfirmed as error:
            raise Unavailable(f"a file could not be brought: {error}") from None

    async def batch(self, addresses: Sequence[str], now: datetime) -> list[tuple[int, Any]]:
        """Ask several things at once; return status and body of each, 0 for one that was not answered in time.

        Each counts as a call, and each may fail on its own under a 200. https://developers.facebook.com/docs/graph-api/batch-requests
        """
        asked = [{"method": "GET", "relative_url": f"{self.version}/{address}"} for address in addresses]
        payload = {"batch": json.dumps(asked), "include_headers": "false"}
        try:
            answer = await self._call("POST", f"{self.base_url.rstrip('/')}/", self._proven({}), payload, now, is_list=True)
        except Unconfirmed as error:
            raise Unavailable(str(error)) from None
        parts = [_part(one) for one in answer.get(LIST, [])]
        return parts + [(0, None)] * (len(addresses) - len(parts))

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

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def _call(
        self,
        method: str,
        url: str,
        params: Mapping[str, str],
        payload: Mapping[str, Any] | aiohttp.FormData | None,
        now: datetime | None,
        *,
        is_list: bool = False,
    ) -> dict[str, Any]:
        unclear: type[OutsideError] = Unavailable if method == "GET" else Unconfirmed
        address = f"{url}?{urlencode(params)}" if params else url
        sent = {"data" if isinstance(payload, aiohttp.FormData) else "json": payload}
        try:
            async with self.session.request(method, address, headers=self.bearer(), allow_redirects=False, **sent) as response:
                status, answered, body = response.status, response.headers, self._without_token(await response.read())
        except NOT_REACHED as error:
            raise Unavailable(f"no connection ({type(error).__name__})") from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unclear(f"no answer ({type(error).__name__})") from None
        self.meter.read(answered)
        found = _read(body)
        if status == OK and isinstance(found, list) and is_list:
            return {LIST: found}
        if status == OK and isinstance(found, dict) and "error" not in found:
            return found
        raise _failure(status, answered, body, now, unclear)


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _part(one: Any) -> tuple[int, Any]:
    """Return status and body of one answer in a batch; what took too long is null."""
    status, body = (one.get("code"), one.get("body")) if isinstance(one, dict) else (0, None)
    found = _read(body.encode("utf-8", "surrogatepass")) if isinstance(body, str) else None
    return (status if isinstance(status, int) else 0), found


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

"""One call of the Graph API, and what can go wrong with it.

The token travels in a header, or in a body where a question names it. It stands in no address and no message.

https://developers.facebook.com/docs/graph-api/results
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import aiohttp

from connectors.instagram.refusals import explain
from connectors.meta import EPOCH
from webcare.ports.errors import OutsideError, RateLimited, RefusalCode, Rejected, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from webcare.ports.connector import Session

OK = 200
LIST = "list"  # where the answers of a batch are kept: an answer is an object everywhere else
MOST_PAGES = 200  # far beyond any real edge: an answer that always has a next page must end too
NOT_REACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


class Missing(Rejected):
    """The node is gone, or not ours to see. `error` is Graph's own object."""

    def __init__(self, reason: str, error: dict[str, Any]) -> None:
        super().__init__(reason, RefusalCode.GONE)
        self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Calls under one base address with one token."""

    session: Session
    base_url: str
    version: str
    token: str = field(repr=False)

    async def get(self, path: str, params: Mapping[str, str], now: datetime | None = None) -> dict[str, Any]:
        """Ask once; `now` is needed where the answer carries no date of its own."""
        return await self._call("GET", self._url(path), params, None, now)

    async def post(self, path: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Change something, once. What may have been done although it failed is `Unconfirmed`."""
        return await self._call("POST", self._url(path), {}, payload, None)

    async def ask_inside(self, path: str, params: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """Ask what must not stand in an address, as the only question of a batch: addresses are logged on the way.

        https://developers.facebook.com/docs/graph-api/batch-requests
        """
        asked = [{"method": "GET", "relative_url": f"{self.version}/{path}?{urlencode(params)}"}]
        payload = {"batch": json.dumps(asked), "include_headers": "false"}
        try:
            answer = await self._call("POST", f"{self.base_url.rstrip('/')}/", {}, payload, now, is_list=True)
        except Unconfirmed as error:
            raise Unavailable(str(error)) from None
        return _inside(answer.get(LIST))

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
        self,
        method: str,
        url: str,
        params: Mapping[str, str],
        payload: Mapping[str, Any] | None,
        now: datetime | None,
        *,
        is_list: bool = False,
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
        if status == OK and isinstance(found, list) and is_list:
            return {LIST: found}
        found = found if isinstance(found, dict) else None
        if status == OK and found is not None and "error" not in found:
            return found
        raise _failure(status, answered, found, body, now, unclear)


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _inside(answers: Any) -> dict[str, Any]:
    """Return the body of the one answer in a batch.

    Raises:
        Rejected: it is an error of its own, and says nothing of the rest.
    """
    one = answers[0] if isinstance(answers, list) and answers else None
    status, body = (one.get("code"), one.get("body")) if isinstance(one, dict) else (None, None)
    found = _read(body.encode("utf-8", "surrogatepass")) if isinstance(body, str) else None
    if status != OK or not isinstance(found, dict) or "error" in found:
        raise Rejected("this was not answered")
    return found


def _failure(
    status: int,
    headers: Mapping[str, str],
    found: dict[str, Any] | None,
    body: bytes,
    now: datetime | None,
    unclear: type[OutsideError],
) -> OutsideError:
    """Return what a bad answer means. A change may have been made although the answer is an error of the server's."""
    at = now or _date(headers)
    meaning = explain(status, headers, body, at or EPOCH)
    if at is None and isinstance(meaning, RateLimited):
        return Unavailable("rate limited, and nobody says what time it is there")
    error = (found or {}).get("error")
    if isinstance(meaning, Rejected) and isinstance(error, dict) and (error.get("code"), error.get("error_subcode")) == (100, 33):
        return Missing(meaning.reason, {"code": 100, "error_subcode": 33})
    return unclear(str(meaning)) if isinstance(meaning, Unavailable) else meaning


def _date(headers: Mapping[str, str]) -> datetime | None:
    """Return the platform's own time, for calls that are not told one."""
    try:
        found = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def nodes(answer: Any) -> list[dict[str, Any]]:
    """Return the nodes of an answer; what is none is left to reading, which says so."""
    data = answer.get("data") if isinstance(answer, dict) else None
    return [node for node in data if isinstance(node, dict)] if isinstance(data, list) else []


def next_url(answer: Mapping[str, Any]) -> str | None:
    paging = answer.get("paging")
    found = paging.get("next") if isinstance(paging, dict) else None
    return found if isinstance(found, str) and found else None

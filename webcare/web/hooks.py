"""`GET|POST /hooks/{hook_id}`: a platform pushes. The 200 leaves after the commit; whatever else happens, the platform sends again.

    POST  404 no such address        413 over 1 MiB          415 compressed        408 slower than 20 s
          403 not signed as it must, or we have no secrets   503 the database cannot take it, or too many at once: later
    GET   the answer to a handshake, else 404

The order is the cheapest first, and nothing is read for an address that does not exist. Bytes are counted as they come, whatever the
headers promise. Compressed bodies are refused unseen: no platform sends them, and a small one can become a very large one.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import structlog
from aiohttp import web

from webcare.ports.connector import Answer
from webcare.services.receive import Outcome
from webcare.web.remote import caller
from webcare.web.seldom import Seldom

if TYPE_CHECKING:
    from webcare.services.receive import Hook
    from webcare.web.parts import Parts

log = structlog.get_logger()

LARGEST: Final = 1024 * 1024
AT_ONCE: Final = 100  # bodies in memory; more are asked to come back
COME_BACK: Final = {"Retry-After": "10"}
PLAIN: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}

TOO_LARGE, TOO_SLOW, ENCODED, CUT_OFF, TOO_MANY = "too_large", "too_slow", "encoded", "cut_off", "too_many"
_STATUS: Final[dict[str, int]] = {
    Outcome.KEPT: 200,
    Outcome.UNKNOWN: 404,
    Outcome.UNPROVEN: 403,
    Outcome.CLOSED: 403,
    Outcome.NOT_KEPT: 503,
    Outcome.CRASHED: 500,
    TOO_LARGE: 413,
    TOO_SLOW: 408,
    ENCODED: 415,
    CUT_OFF: 400,
    TOO_MANY: 503,
}
_ORDINARY: Final = {Outcome.KEPT, Outcome.ANSWERED, Outcome.UNKNOWN}  # not worth a line


class _Refused(Exception):  # noqa: N818 - it is what happened
    """A body was not read to its end; the message is the outcome."""


class Hooks:
    """The two handlers, and how many bodies are in hand."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._receiver = parts.receiver
        self._seldom, self._once = Seldom(parts.clock), Seldom(parts.clock, timedelta.max)
        self._in_hand = 0

    def routes(self) -> list[web.RouteDef]:
        path = "/hooks/{hook_id}"
        return [web.get(path, self.get, allow_head=False), web.post(path, self.post)]

    async def get(self, request: web.Request) -> web.Response:
        """Answer a handshake."""
        hook_id = request.match_info["hook_id"]
        hook = self._receiver.find(hook_id)
        if hook is None:
            return self._end(request, None, Outcome.UNKNOWN)
        found = await self._receiver.shake(hook_id, request.query)
        if not isinstance(found, Answer):
            return self._end(request, hook, found)
        self._parts.metrics.count_hook(hook.spec.kind, Outcome.ANSWERED)
        return web.Response(status=found.status, text=found.text, content_type=found.content_type, headers=PLAIN)

    async def post(self, request: web.Request) -> web.Response:
        """Take a delivery."""
        hook_id = request.match_info["hook_id"]
        hook = self._receiver.find(hook_id)
        if hook is None:
            return self._end(request, None, Outcome.UNKNOWN)
        if self._in_hand >= AT_ONCE:
            return self._end(request, hook, TOO_MANY)
        self._in_hand += 1
        try:
            raw = await self._read(request)
            outcome: str = await self._receiver.receive(hook_id, request.headers, raw)
        except _Refused as refused:
            outcome = str(refused)
        finally:
            self._in_hand -= 1
        return self._end(request, hook, outcome)

    async def _read(self, request: web.Request) -> bytes:
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
            raise _Refused(ENCODED)
        if (request.content_length or 0) > LARGEST:
            raise _Refused(TOO_LARGE)
        parts, size = [], 0
        try:
            async with asyncio.timeout(self._parts.body_within):
                async for part in request.content.iter_any():
                    size += len(part)
                    if size > LARGEST:
                        raise _Refused(TOO_LARGE)
                    parts.append(part)
        except TimeoutError:
            raise _Refused(TOO_SLOW) from None
        except (web.RequestPayloadError, ConnectionError):
            raise _Refused(CUT_OFF) from None
        return b"".join(parts)

    def _end(self, request: web.Request, hook: Hook | None, outcome: str) -> web.Response:
        kind = "unknown" if hook is None else hook.spec.kind
        self._parts.metrics.count_hook(kind, outcome)
        if hook is not None and outcome not in _ORDINARY:
            self._say(request, hook, outcome)
        status = _STATUS[outcome]
        headers = {**PLAIN, **COME_BACK} if status == HTTPStatus.SERVICE_UNAVAILABLE else PLAIN
        response = web.Response(status=status, text="" if outcome == Outcome.KEPT else outcome, headers=headers)
        if outcome in {TOO_LARGE, TOO_SLOW, ENCODED, CUT_OFF, TOO_MANY}:
            response.force_close()  # what is left of the body is not ours to read
        return response

    def _say(self, request: web.Request, hook: Hook, outcome: str) -> None:
        seldom = self._once if outcome == Outcome.CLOSED else self._seldom
        muted = seldom.muted_before((hook.spec.kind, hook.app, outcome))
        if muted is not None:
            who = caller(request.remote, request.headers, self._parts.trusted)
            log.warning("hook.refused", kind=hook.spec.kind, app=hook.app, why=str(outcome), caller=who.address, muted=muted)

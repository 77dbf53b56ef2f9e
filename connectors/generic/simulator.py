"""A service that speaks webcare's own JSON, played over real HTTP: what a live chat would be on the other side.

    our client  --GET /messages, POST /replies, GET /replies/{key}, GET /health-->  here
    our webhook <--signed, again until it is taken-- deliveries
    a script    --POST /_sim/...--> what customers do, what goes wrong, what time it is

It reads no clock and never waits: time is what the script says, or what the clock says that it is handed.

    /_sim/hook     {"url"}                     deliver there from now on
    /_sim/message  {...}                       a message, edit, deletion or state, as `openapi.yaml` has it; what is missing is made up
    /_sim/fault    {"kind", "status", "code"}  what the next call meets: refuse, drop_before, drop_after, cut_off, page
    /_sim/clock    {"seconds"}                 time passes, and what was not taken is delivered again
    /_sim/state    {"bearer", "twice"}         another token, each delivery twice; answers with what is known
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web

from connectors.generic.reading import signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
ACCOUNT, API_TOKEN, WEBHOOK_SECRET = "meerkoet", "generic-token", "generic-webhook-secret"
LONGEST, PAGE = 4000, 100
REPLY = {"key": str, "conversation_id": str, "text": str, "private": bool}


@dataclass(slots=True, kw_only=True)
class World:
    """What the service knows. `messages` are in the order in which they came: the cursor counts them."""

    clock: Callable[[], datetime] | None = None
    told: datetime = START
    bearer: str = API_TOKEN
    page: int = PAGE
    twice: bool = False
    hooks: list[str] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: list[bytes] = field(default_factory=list)
    faults: deque[dict[str, Any]] = field(default_factory=deque)
    session: aiohttp.ClientSession | None = None

    @property
    def now(self) -> datetime:
        return self.told if self.clock is None else self.clock()

    @property
    def stamp(self) -> str:
        return self.now.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def say(self, **given: Any) -> dict[str, Any]:
        """Keep what somebody said or did, and put it on the way."""
        said = {"id": f"m{len(self.messages) + 1}", **given}
        if said.get("event", "message") in {"message", "edit"}:
            said = {"kind": "dm", "created_at": self.stamp, **said}
            if said.get("direction") != "outbound":
                said = {"author": {"id": "sanne", "name": "Sanne de Wit"}, **said}
        self.messages.append(said)
        self.waiting += [json.dumps({"account": ACCOUNT, "messages": [said]}).encode()] * (2 if self.twice else 1)
        return said

    async def deliver(self) -> int:
        """Try what waits, and return how much of it was taken; the rest waits on."""
        tried, self.waiting = (self.waiting, []) if self.hooks else ([], self.waiting)
        for raw in tried:
            if not all([await self._post(url, raw) for url in self.hooks]):
                self.waiting.append(raw)
        return len(tried) - len(self.waiting) if self.hooks else 0

    async def _post(self, url: str, raw: bytes) -> bool:
        if self.session is None:
            raise RuntimeError("the application does not run yet")
        moment = str(int(self.now.timestamp()))
        signature = f"t={moment},v1={signed(WEBHOOK_SECRET, moment, raw)}"
        headers = {"Content-Type": "application/json", "X-Webcare-Signature": signature}
        try:
            async with self.session.post(url, data=raw, headers=headers) as answer:
                return answer.ok
        except (aiohttp.ClientError, OSError):
            return False


WORLD = web.AppKey("world", World)


def app(clock: Callable[[], datetime] | None = None) -> web.Application:
    """Return the application. Without a clock, time stands still until the script moves it."""
    found = web.Application(middlewares=[_gate])
    found[WORLD] = World(clock=clock)
    found.cleanup_ctx.append(_session)
    found.on_response_prepare.append(_stamp)
    found.router.add_routes(
        [
            web.get("/messages", _messages),
            web.post("/replies", _reply),
            web.get("/replies/{key}", _kept),
            web.get("/health", _health),
            web.post("/_sim/{step}", _play),
        ]
    )
    return found


async def _session(found: web.Application) -> AsyncIterator[None]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as found[WORLD].session:
        yield


async def _stamp(request: web.Request, response: web.StreamResponse) -> None:
    """Say what time it is here: the client has no other clock to count a limit from."""
    response.headers["Date"] = format_datetime(request.app[WORLD].now.astimezone(UTC), usegmt=True)


def _refusal(status: int, code: str, message: str, **headers: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)


@web.middleware
async def _gate(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    """Let nobody in without the token, and play what is to go wrong."""
    world = request.app[WORLD]
    if request.path.startswith("/_sim/"):
        return await handler(request)
    if request.headers.get("Authorization") != f"Bearer {world.bearer}":
        return _refusal(401, "unauthorized", "This token is not known.")
    fault = world.faults.popleft() if world.faults else {}
    kind = fault.get("kind")
    if kind == "drop_before":
        return _hang_up(request)
    if kind == "page":
        return web.Response(status=int(fault["status"]), text="<html>Sorry</html>", content_type="text/html")
    if kind == "refuse":
        return _refusal(int(fault["status"]), str(fault["code"]), "It does not go this way.", **fault.get("headers", {}))
    answer = await handler(request)
    if kind == "drop_after":
        return _hang_up(request)
    if kind == "cut_off" and isinstance(answer, web.Response) and isinstance(answer.body, bytes):
        answer.body = answer.body[: len(answer.body) // 2]
    return answer


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


# --- the service ---


async def _messages(request: web.Request) -> web.Response:
    """Answer what came after the cursor. It is ours to read only: a count behind a letter, which nobody else should rely on."""
    world, since = request.app[WORLD], request.query.get("since", "c0")
    if not (since.startswith("c") and since[1:].isascii() and since[1:].isdigit()):
        return _refusal(400, "bad_cursor", "This cursor is none of ours.")
    first = int(since[1:])
    found = world.messages[first : first + world.page]
    onwards = first + len(found)
    return web.json_response({"messages": found, "cursor": f"c{onwards}", "more": onwards < len(world.messages)})


async def _reply(request: web.Request) -> web.Response:
    """Take a reply once a key; the same again is answered the same."""
    world = request.app[WORLD]
    try:
        asked = await request.json()
    except ValueError:
        asked = None
    if not isinstance(asked, dict) or not all(isinstance(asked.get(name), sort) for name, sort in REPLY.items()):
        return _refusal(422, "invalid", f"A reply needs {', '.join(REPLY)}.")
    if request.headers.get("Idempotency-Key") != asked["key"]:
        return _refusal(422, "invalid", "Idempotency-Key must say the key.")
    if len(asked["text"]) > LONGEST:
        return _refusal(422, "too_long", f"A reply has {LONGEST} characters at most.")
    known = world.replies.get(asked["key"])
    if known is not None and known["asked"] != asked:
        return _refusal(409, "duplicate", "This key was used for another reply.")
    if known is None:
        made = {"id": f"r{len(world.replies) + 1}", "accepted_at": world.stamp}
        world.replies[asked["key"]] = {"asked": asked, "made": made}
        return web.json_response(made, status=201)
    return web.json_response(known["made"])


async def _kept(request: web.Request) -> web.Response:
    known = request.app[WORLD].replies.get(request.match_info["key"])
    return _refusal(404, "not_found", "There is no such reply.") if known is None else web.json_response(known["made"])


async def _health(request: web.Request) -> web.Response:
    expires = request.app[WORLD].now.astimezone(UTC) + timedelta(days=90)
    return web.json_response({"account": ACCOUNT, "expires_at": expires.isoformat(), "problems": []})


# --- the script ---


async def _play(request: web.Request) -> web.Response:
    world, given = request.app[WORLD], await request.json()
    step = request.match_info["step"]
    if step == "hook":
        world.hooks.append(str(given["url"]))
    elif step == "message":
        said = world.say(**given)
        return web.json_response({**said, "delivered": await world.deliver()})
    elif step == "fault":
        world.faults.append(given)
    elif step == "clock":
        world.told += timedelta(seconds=given["seconds"])
        await world.deliver()
    elif step == "state":
        for name in ("bearer", "twice", "page"):
            setattr(world, name, given.get(name, getattr(world, name)))
    else:
        raise web.HTTPNotFound
    known = {"messages": len(world.messages), "replies": [one["asked"] for one in world.replies.values()]}
    return web.json_response({**known, "waiting": len(world.waiting)})

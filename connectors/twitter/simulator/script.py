"""What a test or the demo makes happen here: `POST /_sim/...` with a JSON object.

clock     {"seconds": 60}                                   time passes
person    {"id", "name", "username"}                        somebody comes, or changes names; {"id", "suspended": true} goes
post      {"author", "text", "reply_to"?, "late"?, ...}     somebody posts; `late` seconds until X shows it
edit      {"id", "text"}      delete {"id"}                 of a post
message   {"sender", "recipient", "text"}                   a direct message
fault     {"kind", "path"?, "method"?, "times"?, "reset"?}  the next requests fail so (gate.py)
set       {"names"?, "page"?, "is_revoked"?, ...}           fields of the world
limit     {"path", "requests"}                              a rate limit a window
hook      {"url"}                                           an address for webhooks; answers whether it passed the CRC
deliver   {"url", "body", "times"?, "signature"?, "raw"?}   a webhook, signed, so often; answers with the statuses
GET paid                                                    how many resources were charged
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from connectors.twitter.simulator.world import KEYS, US, WORLD, Fault
from connectors.twitter.webhook import SIGNATURE, signed

PATIENCE = ClientTimeout(total=10)  # X gives a receiver ten seconds: https://docs.x.com/x-api/webhooks/introduction
SETTABLE = frozenset({"names", "page", "is_enterprise", "is_revoked", "access"})


def script() -> list[web.RouteDef]:
    """Return the routes that move this world."""
    made = (clock, person, post, edit, delete, message, fault, settings, limit, hook, deliver)
    names = {"settings": "set"}
    return [web.post(f"/_sim/{names.get(one.__name__, one.__name__)}", one) for one in made] + [web.get("/_sim/paid", paid)]


async def clock(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    world.pass_time(timedelta(seconds=(await request.json())["seconds"]))
    return web.json_response({"now": world.now.isoformat()})


async def person(request: web.Request) -> web.Response:
    world, body = request.app[WORLD], await request.json()
    if body.get("suspended"):
        world.people.pop(body["id"], None)
    else:
        world.people[body["id"]] = {"name": body["name"], "username": body["username"]}
    if body.get("closed"):
        world.closed.add(body["id"])
    return web.json_response({})


async def post(request: web.Request) -> web.Response:
    body: dict[str, Any] = await request.json()
    late = timedelta(seconds=body.pop("late", 0))
    said = request.app[WORLD].say(body.pop("author"), body.pop("text"), late=late, **body)
    return web.json_response({"id": said.id})


async def edit(request: web.Request) -> web.Response:
    body = await request.json()
    return web.json_response({"id": request.app[WORLD].edit(body["id"], body["text"]).id})


async def delete(request: web.Request) -> web.Response:
    request.app[WORLD].delete((await request.json())["id"])
    return web.json_response({})


async def message(request: web.Request) -> web.Response:
    body = await request.json()
    return web.json_response({"id": request.app[WORLD].whisper(body["sender"], body.get("recipient", US), body["text"]).id})


async def fault(request: web.Request) -> web.Response:
    request.app[WORLD].faults.append(Fault(**await request.json()))
    return web.json_response({})


async def settings(request: web.Request) -> web.Response:
    world, body = request.app[WORLD], await request.json()
    for name in body.keys() & SETTABLE:
        setattr(world, name, body[name])
    return web.json_response({"unknown": sorted(body.keys() - SETTABLE)})


async def limit(request: web.Request) -> web.Response:
    body = await request.json()
    request.app[WORLD].limits[body["path"]] = body["requests"]
    return web.json_response({})


async def hook(request: web.Request) -> web.Response:
    """Register an address as X does: it has to answer a challenge (CRC) at once."""
    url, token = (await request.json())["url"], secrets.token_urlsafe(16)
    async with ClientSession(timeout=PATIENCE) as session:
        try:
            async with session.get(url, params={"crc_token": token}, allow_redirects=False) as response:
                found = json.loads(await response.read()) if response.ok else {}
        except (ClientError, TimeoutError, ValueError):
            found = {}
    is_valid = found.get("response_token") == signed(KEYS["consumer_secret"], token.encode())
    if is_valid:
        request.app[WORLD].hooks.append(url)
    return web.json_response({"valid": is_valid})


async def deliver(request: web.Request) -> web.Response:
    """Send a webhook, signed over the bytes that are sent. X documents no retries, only replays: `times` is a replay."""
    body = await request.json()
    raw = base64.b64decode(body["raw"]) if "raw" in body else json.dumps(body["body"]).encode()
    headers = {"Content-Type": "application/json", SIGNATURE: body.get("signature", signed(KEYS["consumer_secret"], raw))}
    statuses: list[int] = []
    async with ClientSession(timeout=PATIENCE) as session:
        for _ in range(body.get("times", 1)):
            try:
                async with session.post(body["url"], data=raw, headers=headers) as response:
                    statuses.append(response.status)
            except (ClientError, TimeoutError):
                statuses.append(0)
    request.app[WORLD].deliveries.append({"url": body["url"], "statuses": statuses})
    return web.json_response({"statuses": statuses})


async def paid(request: web.Request) -> web.Response:
    return web.json_response({"resources": len(request.app[WORLD].paid)})

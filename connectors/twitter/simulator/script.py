"""What a test or the demo makes happen here: `POST /_sim/...` with a JSON object.

clock     {"seconds": 60}                                   time passes
person    {"id", "name", "username"}                        somebody comes, or changes names; with "closed" they take no messages,
                                                            with "protected" nobody sees their posts; {"id", "suspended": true} goes
post      {"author", "text", "reply_to"?, "late"?, ...}     somebody posts; `late` seconds until X shows it, `skew` seconds that its
                                                            time is wrong
repost    {"author", "id"}                                  somebody repeats a post
edit      {"id", "text"}      delete {"id"}                 of a post
message   {"sender", "recipient"?, "text", "media"?}        a direct message
picture   {"key", "content", "private"?}                    there is a picture, in base64, that posts or messages name by its key
fault     {"kind", "path"?, "method"?, "times"?, ...}       the next requests fail so (gate.py); "status" for another status, "reset"
                                                            of a limit, "type", "code" and "detail" of what is refused
set       {"names"?, "page"?, "is_revoked"?, ...}           fields of the world (SETTABLE), or of the bill: cap, credit
limit     {"path", "requests", "daily"?}                    a rate limit a window; {"documented": true} for those that X documents
hook      {"url"}             check {}                      an address for webhooks, after a challenge; challenge all of them again
announce  {"ids", "shape"?, "url"?, "times"?, ...}          webhooks tell of posts and messages in this order, in the bodies of the
                                                            "account" or the "activity" API; "for" several accounts; "extra" keys
read      {"id", "by"}        revoke {"shape"?}             somebody has read a message; our access is taken back; both are told
replay    {"url"}                                           everything of the last day once more
deliver   {"url", "body", "times"?, "signature"?, "raw"?}   any webhook, signed, so often; answers with the statuses
GET paid, meter                                             how many resources were charged; the bill by day
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from connectors.twitter.simulator import calling, happenings
from connectors.twitter.simulator.gate import DOCUMENTED, KINDS
from connectors.twitter.simulator.world import US, WORLD, Fault, Medium, Whispered, World

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTABLE: Final = frozenset(
    {"names", "page", "is_enterprise", "is_revoked", "access", "token_life", "longest", "family", "host", "old_since"}
    | {"unpaid_status"}
)
OF_THE_BILL: Final = frozenset({"cap", "credit"})


def script() -> list[web.RouteDef]:
    """Return the routes that move this world."""
    made = (clock, person, post, repost, edit, delete, message, picture, fault, settings, limit)
    told = (hook, check, announce, read, revoke, replay, deliver)
    posts = [web.post(f"/_sim/{'set' if one is settings else one.__name__}", one) for one in (*made, *told)]
    return [*posts, web.get("/_sim/paid", paid), web.get("/_sim/meter", meter)]


async def clock(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    world.pass_time(timedelta(seconds=(await request.json())["seconds"]))
    return web.json_response({"now": world.now.isoformat()})


async def person(request: web.Request) -> web.Response:
    world, body = request.app[WORLD], await request.json()
    if body.get("suspended"):
        world.people.pop(body["id"], None)
    elif "username" in body:
        world.people[body["id"]] = {"name": body["name"], "username": body["username"]}
    for name, those in (("closed", world.closed), ("protected", world.protected)):
        if name in body:
            (those.add if body[name] else those.discard)(body["id"])
    return web.json_response({})


async def post(request: web.Request) -> web.Response:
    body: dict[str, Any] = await request.json()
    spans = {name: timedelta(seconds=body.pop(name, 0)) for name in ("late", "skew")}
    said = request.app[WORLD].say(body.pop("author"), body.pop("text"), **spans, **body)
    return web.json_response({"id": said.id})


async def repost(request: web.Request) -> web.Response:
    body = await request.json()
    return web.json_response({"id": request.app[WORLD].repost(body["author"], body["id"]).id})


async def edit(request: web.Request) -> web.Response:
    body = await request.json()
    return web.json_response({"id": request.app[WORLD].edit(body["id"], body["text"]).id})


async def delete(request: web.Request) -> web.Response:
    request.app[WORLD].delete((await request.json())["id"])
    return web.json_response({})


async def message(request: web.Request) -> web.Response:
    body = await request.json()
    recipient = body.get("recipient", US)
    sent = request.app[WORLD].whisper(body["sender"], recipient, body["text"], media=body.get("media"))
    return web.json_response({"id": sent.id})


async def picture(request: web.Request) -> web.Response:
    body = await request.json()
    category = "dm_image" if body.get("private") else "tweet_image"
    content = base64.b64decode(body["content"])
    request.app[WORLD].media[body["key"]] = Medium(key=body["key"], content=content, category=category)
    return web.json_response({})


async def fault(request: web.Request) -> web.Response:
    made = Fault(**await request.json())
    if made.kind not in KINDS:
        raise web.HTTPBadRequest(text=f"fault: one of {', '.join(sorted(KINDS))} is expected")
    request.app[WORLD].faults.append(made)
    return web.json_response({})


async def settings(request: web.Request) -> web.Response:
    world, body = request.app[WORLD], await request.json()
    for name in body.keys() & SETTABLE:
        setattr(world, name, body[name])
    for name in body.keys() & OF_THE_BILL:
        setattr(world.meter, name, body[name])
    return web.json_response({"unknown": sorted(body.keys() - SETTABLE - OF_THE_BILL)})


async def limit(request: web.Request) -> web.Response:
    world, body = request.app[WORLD], await request.json()
    if body.get("documented"):
        world.limits |= DOCUMENTED
    else:
        world.limits[body["path"]] = body["requests"]
        (world.daily.add if body.get("daily") else world.daily.discard)(body["path"])
    return web.json_response({})


# --- webhooks


async def hook(request: web.Request) -> web.Response:
    """Register an address as X does: it has to answer a challenge at once."""
    url = (await request.json())["url"]
    is_valid = await calling.challenge(url)
    if is_valid:
        request.app[WORLD].hooks.append(url)
    return web.json_response({"valid": is_valid})


async def check(request: web.Request) -> web.Response:
    return web.json_response({"valid": await calling.check_hooks(request.app[WORLD])})


async def announce(request: web.Request) -> web.Response:
    """Tell of posts and messages; what protected accounts say is left out, and what is deleted by now is told as that."""
    world, body = request.app[WORLD], await request.json()
    things = [happenings.found(one, world) for one in body["ids"]]
    told = [one for one in things if happenings.is_delivered(one, world)]
    bodies: list[dict[str, Any]] = []
    for account in body.get("for", [US]):
        if body.get("shape", "account") == "activity":
            bodies += [happenings.activity_body(one, world, account) for one in told]
        else:
            bodies += happenings.account_bodies(told, world, account)
    bodies = [{**one, **body.get("extra", {})} for one in bodies]
    return await _told(world, body, bodies)


async def read(request: web.Request) -> web.Response:
    world, body = request.app[WORLD], await request.json()
    found = happenings.found(body["id"], world)
    if not isinstance(found, Whispered):
        raise web.HTTPBadRequest(text="only messages are read")
    return await _told(world, body, [happenings.read_body(found, body["by"], world, US)])


async def revoke(request: web.Request) -> web.Response:
    world, body = request.app[WORLD], await request.json()
    world.is_revoked = True
    return await _told(world, body, [happenings.revoked_body(world, body.get("shape", "account"))])


async def _told(world: World, body: dict[str, Any], bodies: Sequence[dict[str, Any]]) -> web.Response:
    raws = [calling.as_bytes(one) for one in bodies]
    statuses: list[int] = []
    for url in [body["url"]] if "url" in body else world.hooks:
        statuses += await calling.tell(world, url, raws, times=body.get("times", 1), signature=body.get("signature"))
    return web.json_response({"statuses": statuses})


async def replay(request: web.Request) -> web.Response:
    return web.json_response({"statuses": await calling.replay(request.app[WORLD], (await request.json())["url"])})


async def deliver(request: web.Request) -> web.Response:
    """Send any webhook, signed over the bytes that are sent."""
    world, body = request.app[WORLD], await request.json()
    raw = base64.b64decode(body["raw"]) if "raw" in body else calling.as_bytes(body["body"])
    times, signature = body.get("times", 1), body.get("signature")
    return web.json_response({"statuses": await calling.tell(world, body["url"], [raw], times=times, signature=signature)})


# --- the bill


async def paid(request: web.Request) -> web.Response:
    return web.json_response({"resources": len(request.app[WORLD].meter.read)})


async def meter(request: web.Request) -> web.Response:
    return web.json_response(request.app[WORLD].meter.shown())

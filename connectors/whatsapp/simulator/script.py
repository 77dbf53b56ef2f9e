"""The strings behind the stage: what customers and staff do, what goes wrong, what time it is. All of it by `POST /_sim/...`."""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.whatsapp.simulator.keys import DELIVERIES, WORLD
from connectors.whatsapp.simulator.payloads import change, contact, seconds, sender, status
from connectors.whatsapp.simulator.pictures import png
from connectors.whatsapp.simulator.refusals import errors_of
from connectors.whatsapp.simulator.world import Customer, Fault, Template

if TYPE_CHECKING:
    from connectors.whatsapp.simulator.world import World

MEDIA = {
    "image": "image/png",
    "video": "video/mp4",
    "audio": "audio/ogg; codecs=opus",
    "document": "application/pdf",
    "sticker": "image/webp",
}
PLACEHOLDER = b"SIMMEDIA"  # of what is no picture
SETTABLE = ("bearer", "standing", "number_state", "quality", "closed_window", "receipts", "media_origin")


def script_routes() -> list[web.RouteDef]:
    posts = {
        "hooks": _hooks,
        "customers": _customers,
        "number_changes": _number_changes,
        "templates": _templates,
        "messages": _messages,
        "echoes": _echoes,
        "statuses": _statuses,
        "changes": _changes,
        "raw": _raw,
        "faults": _faults,
        "settings": _settings,
        "deliveries": _deliveries,
        "clock": _clock,
        "settle": _settle,
    }
    return [*(web.post(f"/_sim/{name}", handler) for name, handler in posts.items()), web.get("/_sim/state", _state)]


async def _hooks(request: web.Request) -> web.Response:
    """Subscribe an app: {url, app_secret, verify_token}."""
    asked = await request.json()
    proven = await request.app[DELIVERIES].subscribe(asked["url"], asked["app_secret"], asked["verify_token"])
    return web.json_response({"subscribed": proven}, status=200 if proven else 400)


async def _customers(request: web.Request) -> web.Response:
    """Add a customer, or change one: {number, user_id?, name?, username?, shows_number?, shows_user_id?}."""
    world, asked = request.app[WORLD], await request.json()
    found = _customer(world, str(asked["number"]))
    for name in ("user_id", "name", "username", "shows_number", "shows_user_id"):
        if name in asked:
            setattr(found, name, asked[name])
    return web.json_response({"number": found.number, "user_id": found.user_id})


def _customer(world: World, number: str) -> Customer:
    found = world.customer(number)
    if found is None:
        found = Customer(number=number, user_id=f"NL.{world.number_for('5')}", name=f"Klant {number[-3:]}")
        world.customers.append(found)
    return found


async def _number_changes(request: web.Request) -> web.Response:
    """Let a customer move to another number: {number, new_number, new_user_id?}; who it was is told by the number, or the user id."""
    world, asked = request.app[WORLD], await request.json()
    customer = _customer(world, str(asked["number"]))
    was, called = sender(customer), customer.name
    before = customer.user_id
    customer.number = str(asked["new_number"])
    customer.user_id = str(asked.get("new_user_id", f"NL.{world.number_for('5')}"))  # it is made anew with the phone
    part: dict[str, Any] = {"type": "user_changed_number", "body": f"{called} changed their number"}
    if customer.shows_number:
        part["wa_id"] = customer.number
    if customer.shows_user_id:
        part |= {"user_id": customer.user_id, "previous_user_id": before}
    message = {**was, "id": world.wamid(), "timestamp": seconds(world.now), "type": "system", "system": part}
    request.app[DELIVERIES].tell(change(world, "messages", messages=[message]))
    return web.json_response({"number": customer.number, "user_id": customer.user_id})


async def _templates(request: web.Request) -> web.Response:
    """Let Meta approve a template, pause it or switch it off: {name, language, gaps?, category?, state?}."""
    world, asked = request.app[WORLD], await request.json()
    name, language = str(asked.pop("name")), str(asked.pop("language"))
    world.templates[name, language] = Template(**asked)
    return web.json_response({})


async def _messages(request: web.Request) -> web.Response:
    """Let a customer write: {number, type?, text? | part?, reply_to?, at?, stamp?, group_id?, content?, lost?}; opens the window.

    `content` is a file in base64, `lost` one that never left the phone (131052), `stamp` a time stamp that is wrong.
    """
    world, asked = request.app[WORLD], await request.json()
    customer = _customer(world, str(asked["number"]))
    if "at" in asked:
        world.at_least(_instant(asked["at"]))
    message = _message(world, asked)
    customer.wrote_at = world.now
    parts: dict[str, Any] = {"messages": [{**sender(customer), **message}]}
    if message["type"] != "system":
        parts = {"contacts": [contact(customer)], **parts}
    request.app[DELIVERIES].tell(change(world, "messages", **parts))
    return web.json_response({"id": message["id"], "at": world.now.isoformat()})


def _message(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    sort = asked.get("type", "text")
    part = asked.get("part", {"body": asked["text"]} if "text" in asked and sort == "text" else {})
    stamp = _instant(asked["stamp"]) if "stamp" in asked else world.now
    found = {"id": asked.get("id") or world.wamid(), "timestamp": seconds(stamp), "type": sort}
    if sort in MEDIA and asked.get("lost"):
        found["errors"] = errors_of(131052)
    elif sort in MEDIA and "id" not in part:
        part = {**part, **_file(world, sort, asked)}
    found[sort] = part
    if "reply_to" in asked:
        found["context"] = {"from": world.shown_number, "id": asked["reply_to"]}
    return {**found, "group_id": asked["group_id"]} if "group_id" in asked else found


def _file(world: World, sort: str, asked: dict[str, Any]) -> dict[str, str]:
    """Keep a customer's file for a week, and say of it what a webhook says: the sum is in base64 there, and in hex elsewhere."""
    colour = zlib.crc32(str(asked["number"] if "number" in asked else asked["to"]).encode()).to_bytes(4, "big")
    made = png((colour[0], colour[1], colour[2])) if sort == "image" else PLACEHOLDER
    content = base64.b64decode(asked["content"]) if "content" in asked else made
    media = world.new_media(asked.get("part", {}).get("mime_type", MEDIA[sort]), content)
    return {"id": media.id, "mime_type": media.mime, "sha256": base64.b64encode(hashlib.sha256(content).digest()).decode()}


async def _echoes(request: web.Request) -> web.Response:
    """Let staff answer in the phone app: {to, text | type + part}."""
    world, asked = request.app[WORLD], await request.json()
    customer = _customer(world, str(asked["to"]))
    to = {"to": customer.number} if customer.shows_number else {"to_user_id": customer.user_id}
    message = {"from": world.shown_number, **to, **_message(world, asked)}
    request.app[DELIVERIES].tell(change(world, "smb_message_echoes", message_echoes=[message]))
    return web.json_response({"id": message["id"]})


async def _statuses(request: web.Request) -> web.Response:
    """Tell a state of a message of ours: {wamid, status, errors?}."""
    world, asked = request.app[WORLD], await request.json()
    sent = next((one for one in world.sent if one.wamid == asked["wamid"]), None)
    if sent is None:
        return web.json_response({"problem": "no such message"}, status=404)
    sent.states.append(asked["status"])
    request.app[DELIVERIES].tell(change(world, "messages", statuses=[status(world, sent, asked["status"], asked.get("errors"))]))
    return web.json_response({})


async def _changes(request: web.Request) -> web.Response:
    """Tell anything else: {field, value}."""
    asked = await request.json()
    request.app[DELIVERIES].tell({"field": asked["field"], "value": asked["value"]})
    return web.json_response({})


async def _raw(request: web.Request) -> web.Response:
    """Deliver the body of this request, byte by byte."""
    request.app[DELIVERIES].tell_raw(await request.read())
    await request.app[DELIVERIES].move()
    return web.json_response({})


async def _faults(request: web.Request) -> web.Response:
    """Let the next calls fail: {kind, code?, details?, headers?, times?}.

    `kind` is error, html, empty, failed, drop_before, drop_after, no_id or cut_off; for a file's bytes one of those in media.py.
    """
    asked = await request.json()
    times = int(asked.pop("times", 1))
    request.app[WORLD].faults.extend(Fault(**asked) for _ in range(times))
    return web.json_response({})


async def _settings(request: web.Request) -> web.Response:
    """Set what the platform thinks of us: {bearer?, standing?, number_state?, quality?, closed_window?, receipts?, media_origin?}.

    The token: {token_days?, scopes?}. And how fast we may send: {throughput?, reserve?}; 20 a second where the phone app is in use as well.
    """
    world, asked = request.app[WORLD], await request.json()
    for name in SETTABLE:
        if name in asked:
            setattr(world, name, str(asked[name]))
    if "token_days" in asked:
        world.token_ends = world.now + timedelta(days=asked["token_days"])
    world.scopes = list(asked.get("scopes", world.scopes))
    for name in ("throughput", "reserve"):
        if name in asked:
            setattr(world.limits, name, int(asked[name]))
    return web.json_response({})


async def _deliveries(request: web.Request) -> web.Response:
    """Set how deliveries go: {twice?, backwards?, hold?}; `hold: false` lets go what was held, in one body."""
    deliveries, asked = request.app[DELIVERIES], await request.json()
    deliveries.twice = bool(asked.get("twice", deliveries.twice))
    deliveries.backwards = bool(asked.get("backwards", deliveries.backwards))
    if asked.get("hold") is True:
        deliveries.held = deliveries.held or []
    elif asked.get("hold") is False:
        deliveries.release()
        await deliveries.settle()
    return web.json_response({})


async def _clock(request: web.Request) -> web.Response:
    """Move time: {now} or {seconds}; then what became due is delivered."""
    world, asked = request.app[WORLD], await request.json()
    world.at_least(_instant(asked["now"]) if "now" in asked else world.now + timedelta(seconds=asked["seconds"]))
    await request.app[DELIVERIES].settle()
    return web.json_response({"now": world.now.isoformat()})


async def _settle(request: web.Request) -> web.Response:
    """Answer when everything due was tried."""
    await request.app[DELIVERIES].settle()
    return web.json_response({})


async def _state(request: web.Request) -> web.Response:
    """Show what happened."""
    world, deliveries = request.app[WORLD], request.app[DELIVERIES]
    found = {
        "now": world.now.isoformat(),
        "sent": [{**asdict(one), "at": one.at.isoformat()} for one in world.sent],
        "marked_read": world.marked_read,
        "done": [{"tries": one.tries, "answers": one.answers} for one in deliveries.done],
        "waiting": [{"tries": one.tries, "answers": one.answers, "due": one.due.isoformat()} for one in deliveries.waiting],
        "lost": len(deliveries.lost),
    }
    return web.json_response(found)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)

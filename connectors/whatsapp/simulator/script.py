"""The strings behind the stage: what customers and staff do, what goes wrong, what time it is. All of it by `POST /_sim/...`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.whatsapp.simulator.keys import DELIVERIES, WORLD
from connectors.whatsapp.simulator.payloads import change, contact, seconds, sender, status
from connectors.whatsapp.simulator.world import Customer, Fault

if TYPE_CHECKING:
    from connectors.whatsapp.simulator.world import World

MEDIA = {
    "image": "image/jpeg",
    "video": "video/mp4",
    "audio": "audio/ogg; codecs=opus",
    "document": "application/pdf",
    "sticker": "image/webp",
}
SETTABLE = ("bearer", "standing", "number_state", "quality", "closed_window", "receipts")


def script_routes() -> list[web.RouteDef]:
    posts = {
        "hooks": _hooks,
        "customers": _customers,
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


async def _messages(request: web.Request) -> web.Response:
    """Let a customer write: {number, type?, text? | part?, reply_to?, at?, group_id?}; opens the window."""
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
    if sort in MEDIA and "id" not in part:
        media = world.new_media(MEDIA[sort])
        part = {**part, "id": media.id, "mime_type": media.mime, "sha256": "0" * 64}
    found = {"id": asked.get("id") or world.wamid(), "timestamp": seconds(world.now), "type": sort, sort: part}
    if "reply_to" in asked:
        found["context"] = {"from": world.shown_number, "id": asked["reply_to"]}
    return {**found, "group_id": asked["group_id"]} if "group_id" in asked else found


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
    """Let the next calls fail: {kind: error|html|empty|failed|drop_before|drop_after|no_id|cut_off, code?, details?, headers?, times?}."""
    asked = await request.json()
    times = int(asked.pop("times", 1))
    request.app[WORLD].faults.extend(Fault(**asked) for _ in range(times))
    return web.json_response({})


async def _settings(request: web.Request) -> web.Response:
    """Set what the platform thinks of us: {bearer?, standing?, number_state?, quality?, closed_window?, receipts?}."""
    world, asked = request.app[WORLD], await request.json()
    for name in SETTABLE:
        if name in asked:
            setattr(world, name, str(asked[name]))
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

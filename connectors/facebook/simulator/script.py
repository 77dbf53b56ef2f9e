"""The script's side of the simulator: what people do, what goes wrong, and what time it is.

Each address takes a JSON object.

    /_sim/post {author, text}         /_sim/comment {on, author, text}   /_sim/message {person, text, part}
    /_sim/edit {id, text}             /_sim/remove {id}                  /_sim/hide {id}
    /_sim/react {id, author, verb}    /_sim/tell {field, value}          /_sim/native {on or person, text}: the page, in its own app
    /_sim/clock {advance}             /_sim/hook {url}                   /_sim/deliver {twice, backwards, together}
    /_sim/token {token, code, subcode}   /_sim/limit {calls}             /_sim/pages {size, empty_first}
    /_sim/fault {kind, times, method, where, error, headers}: error html truncated empty no_id hang_up lost_answer
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.facebook.simulator.keys import DELIVERIES, WORLD
from connectors.facebook.simulator.world import PAGE, Fault, RefusedError, Words, us

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from connectors.facebook.simulator.deliveries import Deliveries
    from connectors.facebook.simulator.world import World

    Step = Callable[[World, Deliveries, dict[str, Any]], Awaitable[dict[str, Any]]]


def script_routes() -> list[web.RouteDef]:
    return [web.post(f"/_sim/{name}", _handler(step)) for name, step in STEPS.items()]


def _handler(step: Step) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        asked = await request.text()
        try:
            return web.json_response(await step(request.app[WORLD], request.app[DELIVERIES], json.loads(asked or "{}")))
        except (RefusedError, ValueError, KeyError) as error:
            return web.json_response({"problem": f"{type(error).__name__}: {error}"}, status=400)

    return handle


async def _post(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    post = world.add_post(asked.get("author", us()), asked["text"])
    deliveries.change("feed", feed_value(post, "add"))
    return await _told(deliveries, post)


async def _comment(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    comment = world.add_comment(asked["on"], asked.get("author"), asked["text"])
    deliveries.change("feed", feed_value(comment, "add"))
    return await _told(deliveries, comment)


async def _message(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    person = asked["person"]
    message = world.add_message(person, {"id": person, "name": asked.get("name", "Somebody")}, asked["text"])
    deliveries.messaging("messages", messaging_item(message), asked.get("part", "messaging"))
    return await _told(deliveries, message)


async def _native(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    if "person" in asked:
        message = world.add_message(asked["person"], us(), asked["text"])
        deliveries.messaging("message_echoes", messaging_item(message))
        return await _told(deliveries, message)
    comment = world.add_comment(asked["on"], us(), asked["text"])
    deliveries.change("feed", feed_value(comment, "add"))
    return await _told(deliveries, comment)


async def _edit(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    words = world.messages.get(asked["id"]) or world.find(asked["id"])
    words.text = asked["text"]
    if words.id in world.messages:
        deliveries.messaging(
            "messages", {**_between(words), "message_edit": {"mid": words.id, "text": words.text, "num_edit": "1"}}
        )
    else:
        deliveries.change("feed", feed_value(words, "edited"))
    return await _told(deliveries, words)


async def _remove(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    words = world.remove(asked["id"])
    if words.id.startswith("m_"):
        deliveries.messaging("messages", {**_between(words), "message": {"mid": words.id, "is_deleted": True}})
    else:
        deliveries.change("feed", feed_value(words, "remove"))
    return await _told(deliveries, words)


async def _hide(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    words = world.find(asked["id"])
    words.is_hidden = True
    deliveries.change("feed", feed_value(words, "hide"))
    return await _told(deliveries, words)


async def _react(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    words = world.find(asked["id"])
    value = {**feed_value(words, asked.get("verb", "add")), "item": "reaction", "reaction_type": "like", "from": asked["author"]}
    deliveries.change("feed", {key: part for key, part in value.items() if key != "message"})
    return await _told(deliveries, words)


async def _told(deliveries: Deliveries, words: Words) -> dict[str, Any]:
    return {"id": words.id, "delivered": await deliveries.flush()}


async def _tell(_world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    """Tell the webhook something that only tomorrow's Facebook knows."""
    deliveries.change(asked["field"], asked["value"])
    return {"delivered": await deliveries.flush()}


async def _clock(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.skipped += timedelta(seconds=asked["advance"])
    return {"now": world.now.isoformat(), "delivered": await deliveries.flush()}


async def _hook(_world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    return {"subscribed": await deliveries.subscribe(asked["url"], asked.get("challenge", "1158201444"))}


async def _deliver(_world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    taken = await deliveries.flush(**{key: bool(asked.get(key)) for key in ("twice", "backwards", "together")})
    return {"delivered": taken, "waiting": len(deliveries.waiting)}


async def _token(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.dead[asked["token"]] = (asked.get("code", 190), asked.get("subcode", 463))
    return {}


async def _limit(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.budget = asked["calls"]
    world.calls.clear()
    return {}


async def _pages(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.page_size, world.is_first_page_empty = asked["size"], bool(asked.get("empty_first"))
    return {}


async def _fault(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.faults.append(Fault(**asked))
    return {}


STEPS: dict[str, Step] = {
    "post": _post,
    "comment": _comment,
    "message": _message,
    "native": _native,
    "edit": _edit,
    "remove": _remove,
    "hide": _hide,
    "react": _react,
    "tell": _tell,
    "clock": _clock,
    "hook": _hook,
    "deliver": _deliver,
    "token": _token,
    "limit": _limit,
    "pages": _pages,
    "fault": _fault,
}


# --- what the webhook is told


def feed_value(words: Words, verb: str) -> dict[str, Any]:
    is_comment = words.id != words.root
    value: dict[str, Any] = {"item": "comment" if is_comment else "post", "verb": verb, "post_id": words.root}
    value["created_time"] = int(words.at.timestamp())
    if words.author is not None:
        value["from"] = words.author
    if verb != "remove":
        value["message"] = words.text
    if is_comment:
        value |= {"comment_id": words.id, "parent_id": words.parent or words.root}
    return value


def _between(words: Words) -> dict[str, Any]:
    is_ours = words.author == us()
    sender, recipient = (PAGE, words.root) if is_ours else (words.root, PAGE)
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": int(words.at.timestamp() * 1000)}


def messaging_item(words: Words, app_id: int | None = None) -> dict[str, Any]:
    message: dict[str, Any] = {"mid": words.id, "text": words.text}
    if words.author == us():
        message["is_echo"] = True
        message |= {"app_id": app_id} if app_id else {}
        message |= {"metadata": words.metadata} if words.metadata else {}
    return {**_between(words), "message": message}

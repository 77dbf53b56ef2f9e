"""The script's side of the simulator: what people do, what goes wrong, and what time it is.

Each address takes a JSON object.

    /_sim/post {author, text}         /_sim/comment {on, author, text}   /_sim/message {person, text, part, reply_to}
    /_sim/tag {author, text}          /_sim/review {author, text, rating}   /_sim/native {on or person, text}: the page, in its own app
    /_sim/edit {id, text}             /_sim/remove {id}                  /_sim/hide {id, is_hidden}
    /_sim/react {id, author, verb}    /_sim/tell {field, value}          /_sim/tell_messenger {item, part, field}
    /_sim/clock {advance}             /_sim/hook {url}                   /_sim/deliver {twice, backwards, together}
    /_sim/token {token, code, subcode, lives, scopes}   /_sim/limit {calls}             /_sim/pages {size, empty_first}
    /_sim/usage {percent, header}     /_sim/approve {human_agent}        /_sim/old {is_old}: ids as numbers
    /_sim/fault {kind, times, method, where, error, headers}: error html truncated empty no_id hang_up lost_answer pass

What is said may also have `files` ([{type, content, mime, lives}], base64 and seconds; types image video audio file link sticker
old_sticker hole), `skew` (seconds that its time is off) and `late` (seconds until it can be polled).
"""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.facebook.simulator.keys import DELIVERIES, WORLD
from connectors.facebook.simulator.telling import between, feed_value, mention_value, messaging_item, rating_value, reaction_value
from connectors.facebook.simulator.world import Fault, RefusedError, Shown, Stored, Words, us

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from connectors.facebook.simulator.world import World
    from connectors.meta_deliveries import Deliveries

    Step = Callable[[World, Deliveries, dict[str, Any]], Awaitable[dict[str, Any]]]


def script_routes() -> list[web.RouteDef]:
    return [web.post(f"/_sim/{name}", _handler(step)) for name, step in STEPS.items()]


def _handler(step: Step) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        asked = await request.text()
        try:
            given = {"host": str(request.url.origin()), **json.loads(asked or "{}")}
            return web.json_response(await step(request.app[WORLD], request.app[DELIVERIES], given))
        except (RefusedError, ValueError, KeyError) as error:
            return web.json_response({"problem": f"{type(error).__name__}: {error}"}, status=400)

    return handle


async def _post(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    post = _as_asked(world, world.add_post(asked.get("author", us()), asked["text"]), asked)
    deliveries.change("feed", feed_value(post, "add"))
    return await _told(deliveries, post)


async def _tag(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    post = _as_asked(world, world.add_tagged(asked["author"], asked["text"]), asked)
    deliveries.change("mention", mention_value(post))
    return await _told(deliveries, post)


async def _review(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    review = _as_asked(world, world.add_review(asked["author"], asked["text"], asked.get("rating")), asked)
    deliveries.change("ratings", rating_value(review, "add"))
    return await _told(deliveries, review)


async def _comment(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    comment = _as_asked(world, world.add_comment(asked["on"], asked.get("author"), asked["text"]), asked)
    deliveries.change("ratings" if comment.root in world.stories else "feed", feed_value(comment, "add"))
    return await _told(deliveries, comment)


async def _message(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    person = asked["person"]
    message = world.add_message(person, {"id": person, "name": asked.get("name", "Somebody")}, asked["text"])
    message.parent = asked.get("reply_to")
    deliveries.messaging("messages", messaging_item(_as_asked(world, message, asked)), asked.get("part", "messaging"))
    return await _told(deliveries, message)


def _as_asked(world: World, words: Words, asked: dict[str, Any]) -> Words:
    """Give what was said its files, its wrong time, and its late place in the index."""
    words.at += timedelta(seconds=asked.get("skew", 0))
    words.updated = max(words.updated, words.at)
    if "late" in asked:
        words.indexed = world.now + timedelta(seconds=asked["late"])
    for one in asked.get("files", ()):
        number = world.next_number()
        until = world.now + timedelta(seconds=one["lives"]) if "lives" in one else None
        world.files[number] = Stored(content=b64decode(one.get("content", "")), mime=one.get("mime", "image/png"), until=until)
        words.files.append(Shown(type=one["type"], url=one.get("url", f"{asked.get('host', '')}/cdn/{number}"), number=number))
    return words


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
        edit = {"mid": words.id, "text": words.text, "num_edit": "1"}
        deliveries.messaging("messages", {**between(words, world.now), "message_edit": edit})
    elif words.id in world.stories:
        deliveries.change("ratings", rating_value(words, "edit"))
    else:
        deliveries.change("feed", feed_value(words, "edited"))
    return await _told(deliveries, words)


async def _remove(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    words = world.remove(asked["id"])
    if words.id.startswith("m_"):
        deliveries.messaging("messages", {**between(words), "message": {"mid": words.id, "is_deleted": True}})
    elif words.rating is not None:
        deliveries.change("ratings", rating_value(words, "remove"))
    else:
        deliveries.change("feed", feed_value(words, "remove"))
    return await _told(deliveries, words)


async def _hide(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    words = world.find(asked["id"])
    words.is_hidden = bool(asked.get("is_hidden", True))
    deliveries.change("feed", feed_value(words, "hide" if words.is_hidden else "unhide"))
    return await _told(deliveries, words)


async def _react(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    verb, felt = asked.get("verb", "add"), asked.get("felt", "like")
    if asked["id"] in world.messages:
        words = world.messages[asked["id"]]
        reaction = {"mid": words.id, "action": "unreact" if verb == "remove" else "react", "reaction": felt, "emoji": "\u2764"}
        deliveries.messaging("messages", {**between(words, world.now), "reaction": reaction})
        return await _told(deliveries, words)
    words = world.find(asked["id"])
    deliveries.change("feed", reaction_value(words, asked["author"], verb, felt))
    return await _told(deliveries, words)


async def _told(deliveries: Deliveries, words: Words) -> dict[str, Any]:
    return {"id": words.id, "delivered": await deliveries.flush()}


async def _tell(_world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    """Tell the webhook something that only tomorrow's Facebook knows."""
    deliveries.change(asked["field"], asked["value"])
    return {"delivered": await deliveries.flush()}


async def _tell_messenger(_world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    """Tell the webhook of Messenger something that nobody wrote: a receipt, a button, who has the thread."""
    deliveries.messaging(asked.get("field", "messages"), asked["item"], asked.get("part", "messaging"))
    return {"delivered": await deliveries.flush()}


async def _usage(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.usage, world.usage_header = asked["percent"], asked.get("header", "")
    return {}


async def _approve(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.human_agent = bool(asked["human_agent"])
    return {}


async def _old(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.is_old = bool(asked["is_old"])
    return {}


async def _clock(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.skipped += timedelta(seconds=asked["advance"])
    return {"now": world.now.isoformat(), "delivered": await deliveries.flush()}


async def _hook(_world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    return {"subscribed": await deliveries.subscribe(asked["url"], asked.get("challenge", "1158201444"))}


async def _deliver(_world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    taken = await deliveries.flush(**{key: bool(asked.get(key)) for key in ("twice", "backwards", "together")})
    return {"delivered": taken, "waiting": len(deliveries.waiting)}


async def _token(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    if "lives" in asked:
        world.ends = world.now + timedelta(seconds=asked["lives"])
    if "scopes" in asked:
        world.scopes = asked["scopes"]
    if "token" in asked:
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
    world.faults.append(Fault(**{name: value for name, value in asked.items() if name != "host"}))
    return {}


STEPS: dict[str, Step] = {
    "post": _post,
    "comment": _comment,
    "message": _message,
    "tag": _tag,
    "review": _review,
    "native": _native,
    "edit": _edit,
    "remove": _remove,
    "hide": _hide,
    "react": _react,
    "tell": _tell,
    "tell_messenger": _tell_messenger,
    "usage": _usage,
    "approve": _approve,
    "old": _old,
    "clock": _clock,
    "hook": _hook,
    "deliver": _deliver,
    "token": _token,
    "limit": _limit,
    "pages": _pages,
    "fault": _fault,
}

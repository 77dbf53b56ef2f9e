"""What a script can make happen: POST a JSON object to one of these, an answer of 400 says what was wrong with it.

/_sim/media {caption, author, is_live, ad_id, tags_us, names_us}      a post; ours without an author
/_sim/comment {on, text, author, names_us}     under a post or a comment; a post with an ad_id is told twice
/_sim/message {person, username, text, story, mention, file, content, is_story, unsupported, part}
              story: an answer to ours; mention: their story names us; content: a picture in base64, sent along, or with is_story our
              story that they answer
/_sim/native {on | person, text}               we write in Instagram's own app
/_sim/edit {id, text}    /_sim/unsend {id}     of direct messages; a comment cannot be edited
/_sim/remove {id}        nobody is told        /_sim/react {id, emoji, action}      /_sim/read {id}
/_sim/press {person, title}                    /_sim/refer {person}                 /_sim/live_ends {id}
/_sim/tell {field, value}                      /_sim/clock {advance}                /_sim/hook {url}
/_sim/deliver {twice, backwards, together}     /_sim/token {token, code, subcode}   /_sim/limit {calls}
/_sim/pages {size, more}                       /_sim/settings {human_agent, scopes, token_days}
/_sim/fault {kind, times, method, where, error, headers}: error html truncated empty no_id hang_up lost_answer
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.instagram.simulator.keys import DELIVERIES, WORLD
from connectors.instagram.simulator.world import ACCOUNT, SCOPED, Comment, Fault, Message, RefusedError, us

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from connectors.instagram.simulator.world import Media, World
    from connectors.meta_deliveries import Deliveries

    Step = Callable[[World, Deliveries, dict[str, Any]], Awaitable[dict[str, Any]]]


def script_routes() -> list[web.RouteDef]:
    return [web.post(f"/_sim/{name}", _handler(step)) for name, step in STEPS.items()]


def _handler(step: Step) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        asked = json.loads(await request.text() or "{}")
        if {"file", "content"} & asked.keys():  # an address of the simulator's own
            asked["host"] = str(request.url.origin())
        try:
            return web.json_response(await step(request.app[WORLD], request.app[DELIVERIES], asked))
        except (RefusedError, ValueError, KeyError, TypeError) as error:
            return web.json_response({"problem": f"{type(error).__name__}: {error}"}, status=400)

    return handle


# --- what people do


async def _media(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    media = world.add_media(**asked)
    if media.names_us:
        deliveries.change("mentions", {"media_id": media.id})
    return await _told(deliveries, media.id)


async def _comment(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    names_us = bool(asked.get("names_us"))
    comment = world.add_comment(asked["on"], asked["author"], asked["text"], names_us=names_us)
    tell_comment(world, deliveries, comment)
    return await _told(deliveries, comment.id)


async def _message(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    more: dict[str, Any] = {"story": asked.get("story", ""), "is_unsupported": bool(asked.get("unsupported"))}
    if "mention" in asked:
        more["files"] = [{"type": "story_mention", "url": asked["mention"]}]
    if "file" in asked:
        name = world.add_file(asked["file"].encode(), asked.get("mime", "image/jpeg"))
        more["files"] = [{"type": "image", "url": f"{asked['host']}/_files/{name}"}]
    if "content" in asked:
        url = f"{asked['host']}/_files/{world.add_file(base64.b64decode(asked['content']), asked.get('mime', 'image/jpeg'))}"
        more |= {"story": url} if asked.get("is_story") else {"files": [{"type": "image", "url": url}]}
    if "username" in asked:
        world.people[asked["person"]] = asked["username"]
    message = world.add_message(asked["person"], asked.get("text", ""), **more)
    deliveries.messaging("messages", messaging_item(message), asked.get("part", "messaging"))
    return await _told(deliveries, message.id)


async def _native(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    if "person" in asked:
        message = world.add_message(asked["person"], asked["text"], is_ours=True)
        deliveries.messaging("messages", messaging_item(message))
        return await _told(deliveries, message.id)
    comment = world.add_comment(asked["on"], us(), asked["text"])
    tell_comment(world, deliveries, comment)
    return await _told(deliveries, comment.id)


async def _edit(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    message = world.messages[asked["id"]]
    message.text = asked["text"]
    edit = {"mid": message.id, "text": message.text, "num_edit": "1"}
    deliveries.messaging("messages", {**_between(message), "message_edit": edit})
    return await _told(deliveries, message.id)


async def _unsend(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    message = world.messages[asked["id"]]
    world.remove(message.id)
    gone: dict[str, Any] = {"mid": message.id, "is_deleted": True} | ({"is_echo": True} if message.is_ours else {})
    deliveries.messaging("messages", {**_between(message), "message": gone})
    return await _told(deliveries, message.id)


async def _remove(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.remove(asked["id"])
    return await _told(deliveries, asked["id"])


async def _react(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    message = world.messages[asked["id"]]
    action = asked.get("action", "react")
    felt = {} if action == "unreact" else {"reaction": "love", "emoji": asked.get("emoji", "\u2764\ufe0f")}
    item = {**_from_person(world, message.person), "reaction": {"mid": message.id, "action": action, **felt}}
    deliveries.messaging("messages", item)
    return await _told(deliveries, message.id)


async def _read(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    message = world.messages[asked["id"]]
    deliveries.messaging("messages", {**_from_person(world, message.person), "read": {"mid": message.id}})
    return await _told(deliveries, message.id)


async def _press(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    message = world.add_message(asked["person"], asked["title"])
    pressed = {"mid": message.id, "title": asked["title"], "payload": "OPENING_QUESTION"}
    deliveries.messaging("messages", {**_between(message), "postback": pressed})
    return await _told(deliveries, message.id)


async def _refer(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    referral = {"ref": "folder", "source": "IGME_LINK", "type": "OPEN_THREAD"}
    deliveries.messaging("messages", {**_from_person(world, asked["person"]), "referral": referral})
    return await _told(deliveries, None)


async def _live_ends(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.media[asked["id"]].is_over = True
    return {}


async def _told(deliveries: Deliveries, node: str | None) -> dict[str, Any]:
    return {"id": node, "delivered": await deliveries.flush()}


# --- what the platform does


async def _tell(world: World, deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    """Tell the webhook something that only tomorrow's Instagram knows."""
    world.subscribed.append(asked["field"])
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
    world.page_size, world.has_more_pages = asked.get("size", 0), bool(asked.get("more", True))
    return {}


async def _settings(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.human_agent = bool(asked.get("human_agent", world.human_agent))
    world.scopes = list(asked.get("scopes", world.scopes))
    if "token_days" in asked:
        world.token_ends = world.now + timedelta(days=asked["token_days"])
    return {}


async def _fault(world: World, _deliveries: Deliveries, asked: dict[str, Any]) -> dict[str, Any]:
    world.faults.append(Fault(**asked))
    return {}


STEPS: dict[str, Step] = {
    "media": _media,
    "comment": _comment,
    "message": _message,
    "native": _native,
    "edit": _edit,
    "unsend": _unsend,
    "remove": _remove,
    "react": _react,
    "read": _read,
    "press": _press,
    "refer": _refer,
    "live_ends": _live_ends,
    "tell": _tell,
    "clock": _clock,
    "hook": _hook,
    "deliver": _deliver,
    "token": _token,
    "limit": _limit,
    "pages": _pages,
    "settings": _settings,
    "fault": _fault,
}


# --- what the webhook is told


def tell_comment(world: World, deliveries: Deliveries, comment: Comment) -> None:
    """Tell of a comment under our post; under an advertisement for the ad too. At somebody else's place only a mention is told."""
    media = world.media[comment.media]
    if media.author != us():
        if comment.names_us:
            deliveries.change("mentions", {"media_id": comment.media, "comment_id": comment.id})
        return
    field = "live_comments" if media.is_live else "comments"
    deliveries.change(field, comment_value(comment, _surface(media)))
    if media.ad_id:
        ad = {"id": f"9{media.id}", "media_product_type": "AD", "ad_id": media.ad_id, "ad_title": "Folder"}
        deliveries.change(field, comment_value(comment, {**ad, "original_media_id": media.id}))


def _surface(media: Media) -> dict[str, str]:
    return {"id": media.id, "media_product_type": "LIVE" if media.is_live else "FEED"}


def comment_value(comment: Comment, media: dict[str, str]) -> dict[str, Any]:
    author = comment.author | ({"self_ig_scoped_id": SCOPED} if comment.author == us() else {})
    above = {"parent_id": comment.parent} if comment.parent else {}
    return {"id": comment.id, "from": author, "text": comment.text, "media": media, **above}


def _between(message: Message) -> dict[str, Any]:
    sender, recipient = (ACCOUNT, message.person) if message.is_ours else (message.person, ACCOUNT)
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": int(message.at.timestamp() * 1000)}


def _from_person(world: World, person: str) -> dict[str, Any]:
    return {"sender": {"id": person}, "recipient": {"id": ACCOUNT}, "timestamp": int(world.now.timestamp() * 1000)}


def messaging_item(message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"mid": message.id}
    if message.text:
        said["text"] = message.text
    if message.is_ours:
        said |= {"is_echo": True} | ({"app_id": int(message.app_id)} if message.app_id else {})
    if message.story:
        said["reply_to"] = {"story": {"url": message.story, "id": "17900000000000001"}}
    if message.files:
        said["attachments"] = [{"type": one["type"], "payload": {"url": one["url"]}} for one in message.files]
    if message.is_unsupported:
        said["is_unsupported"] = True
    return {**_between(message), "message": said}

"""What our client changes on the simulated platform: comments, messages, files, what is hidden and liked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.facebook.simulator.keys import DELIVERIES, WORLD
from connectors.facebook.simulator.rules import send_message
from connectors.facebook.simulator.telling import feed_value, messaging_item, reaction_value
from connectors.facebook.simulator.world import APP, PAGE, RefusedError, Shown, Stored, us

if TYPE_CHECKING:
    from connectors.facebook.simulator.world import World

Answered = dict[str, Any]
LARGEST = 25_000_000  # https://developers.facebook.com/docs/messenger-platform/reference/attachment-upload-api


async def asked_of(request: web.Request) -> dict[str, Any]:
    """Return what a call says, as JSON or as a form with files."""
    if not request.can_read_body:
        return {}
    if not request.content_type.startswith("multipart/"):
        found: dict[str, Any] = await request.json() or {}
        return found
    return dict(await request.post())


async def change(request: web.Request, node: str, edge: str) -> Answered:
    world, asked = request.app[WORLD], await asked_of(request)
    match request.method, edge:
        case "DELETE", "":
            world.remove(node)
            return {"success": True}
        case (("POST" | "DELETE"), "likes"):
            return await _like(request, node)
        case "POST", "comments":
            return await _comment(request, node, asked)
        case "POST", "messages":
            return await _message(request, asked)
        case "POST", "photos":
            return _brought(request, "id", "image", asked.get("source"))
        case "POST", "message_attachments":
            shape = json.loads(asked.get("message", "{}")).get("attachment", {}).get("type", "file")
            return _brought(request, "attachment_id", shape, asked.get("filedata"))
        case "POST", "subscribed_apps":
            world.subscribed = str(asked.get("subscribed_fields", "")).split(",")
            return {"success": True}
        case "POST", "":
            return await _update(request, node, asked)
    raise RefusedError(100, message=f"(#100) Unsupported {request.method.lower()} request")


async def _comment(request: web.Request, on: str, asked: Answered) -> Answered:
    world, deliveries = request.app[WORLD], request.app[DELIVERIES]
    text, picture = asked.get("message", ""), asked.get("attachment_id")
    if not text and not picture:
        raise RefusedError(100, message="(#100) One of message, attachment_id is required")
    if picture is not None and picture not in world.uploads:
        raise RefusedError(100, message="(#100) Param attachment_id must be a valid photo")
    latest = max((one for one in world.comments.values() if one.author == us()), key=lambda one: one.at, default=None)
    if latest is not None and latest.text == text and latest.at == world.now:
        raise RefusedError(506, message="(#506) Duplicate status message")
    comment = world.add_comment(on, us(), text)
    comment.files += [world.uploads[picture]] if picture else []
    deliveries.change("feed", feed_value(comment, "add"))
    await deliveries.flush()
    return {"id": comment.id}


async def _message(request: web.Request, asked: Answered) -> Answered:
    deliveries = request.app[DELIVERIES]
    message = send_message(request.app[WORLD], asked)
    deliveries.messaging("message_echoes", messaging_item(message, int(APP)))
    await deliveries.flush()
    return {"recipient_id": message.root, "message_id": message.id}


def _brought(request: web.Request, name: str, shape: str, sent: Any) -> Answered:
    """Keep a file that nobody sees until something shows it."""
    world: World = request.app[WORLD]
    if not isinstance(sent, web.FileField):
        raise RefusedError(100, message="(#100) No file was sent")
    content = sent.file.read()
    if len(content) > LARGEST or (shape != "file" and not sent.content_type.startswith(shape)):
        raise RefusedError(100, 2018047, message="(#100) Upload attachment failure")
    number = world.next_number()
    world.files[number] = Stored(content=content, mime=sent.content_type)
    world.uploads[number] = Shown(type=shape, url=f"{request.url.origin()}/cdn/{number}", number=number)
    return {name: number}


async def _like(request: web.Request, node: str) -> Answered:
    world, deliveries = request.app[WORLD], request.app[DELIVERIES]
    words, is_new = world.find(node), request.method == "POST"
    if is_new != (PAGE in words.likes):
        words.likes ^= {PAGE}
        deliveries.change("feed", reaction_value(words, us(), "add" if is_new else "remove"))
        await deliveries.flush()
    return {"success": True}


async def _update(request: web.Request, node: str, asked: Answered) -> Answered:
    world, deliveries = request.app[WORLD], request.app[DELIVERIES]
    words = world.find(node)
    if "message" in asked:  # the trap: this edits
        if words.author != us():
            raise RefusedError(200, message="(#200) Permissions error")
        words.text = asked["message"]
    if "is_hidden" in asked:
        if words.id == words.root:
            raise RefusedError(100, message="(#100) Only comments can be hidden")
        if words.is_hidden != asked["is_hidden"]:
            words.is_hidden = bool(asked["is_hidden"])
            deliveries.change("feed", feed_value(words, "hide" if words.is_hidden else "unhide"))
            await deliveries.flush()
    return {"success": True}

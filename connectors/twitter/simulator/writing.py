"""What X lets us do under /2: post, answer, message, hide, like. https://docs.x.com/x-api/posts/manage-tweets/integrate."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from aiohttp import web

from connectors.twitter.length import measure
from connectors.twitter.posts import one_to_one
from connectors.twitter.simulator.answers import mentioned, with_link
from connectors.twitter.simulator.refusing import forbidden, gone, invalid
from connectors.twitter.simulator.world import US, WORLD, Said, World

LONGEST_MESSAGE: Final = 10_000
MOST_PICTURES: Final = 4
# https://docs.x.com/x-api/posts/create-post ; whatever else is named is refused
NAMES: Final = frozenset(
    {"card_uri", "community_id", "direct_message_deep_link", "edit_options", "for_super_followers_only", "geo", "made_with_ai"}
    | {
        "media",
        "nullcast",
        "paid_partnership",
        "poll",
        "quote_tweet_id",
        "reply",
        "reply_settings",
        "share_with_followers",
        "text",
    }
)
_LEADING = re.compile(r"\A(?:@\w{1,15}\s+)+", re.ASCII)
_LINK = re.compile(r"https?://", re.IGNORECASE)

DELETED: Final = "You attempted to reply to a Tweet that is deleted or not visible to you."
NOT_SUMMONED: Final = "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged."


def routes() -> list[web.RouteDef]:
    return [
        web.post("/2/tweets", create),
        web.put("/2/tweets/{id}/hidden", hide),
        web.post("/2/users/{id}/likes", like),
        web.delete("/2/users/{id}/likes/{tweet}", unlike),
        web.post("/2/dm_conversations/with/{other}/messages", message),
        web.post("/2/dm_conversations/{id}/messages", message),
    ]


def conversation_with(other: str) -> str:
    return one_to_one(US, other)


async def _body(request: web.Request) -> dict[str, Any] | web.Response:
    """Return the JSON object of a request, or the refusal of what is none."""
    try:
        found = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        found = None
    return found if isinstance(found, dict) else invalid(request.app[WORLD], "body", "", "has to be a JSON object")


async def create(request: web.Request) -> web.Response:
    """Post, as X lets a self-serve app post."""
    world, body = request.app[WORLD], await _body(request)
    if isinstance(body, web.Response):
        return body
    if unknown := body.keys() - NAMES:
        return invalid(world, min(unknown), "", "is not allowed")
    text, target = body.get("text", ""), body.get("reply", {}).get("in_reply_to_tweet_id")
    media = body.get("media", {}).get("media_ids", [])
    refusal = _unfit(text, media, world) or _refused(text, target, body, world)
    if refusal is not None:
        return refusal
    previous = body.get("edit_options", {}).get("previous_post_id")
    said = world.edit(previous, text) if previous in world.posts else _said(text, target, media, world)
    world.meter.charge_deed(world.now, _kind_of_deed(text, target))
    key = "edit_history_post_ids" if world.names == "post" else "edit_history_tweet_ids"
    made = {"id": said.id, "text": with_link(said.text, said.media, world), key: list(said.chain)}
    return web.json_response({"data": made}, status=201)


def _said(text: str, target: str | None, media: list[str], world: World) -> Said:
    """Let us post; X puts the handle of whom we answer in front."""
    answered = world.posts.get(target or "")
    handle = (world.person(answered.author) or {}).get("username") if answered and answered.author != US else None
    shown = f"@{handle} {text}" if handle and not text.startswith("@") else text
    return world.say(US, shown.strip(), reply_to=target, media=[f"3_{one}" for one in media])


def _kind_of_deed(text: str, target: str | None) -> str:
    if _LINK.search(text):
        return "post_create_with_link"
    return "post_create" if target is None else "summoned_reply"


def _unfit(text: str, media: list[str], world: World) -> web.Response | None:
    """Return what is wrong with a post, whoever it answers."""
    if not text and not media:
        return invalid(world, "text", "", "is empty, and there are no media")
    if len(media) > MOST_PICTURES or not all(is_usable(one, "tweet", world) for one in media):
        return invalid(world, "media.media_ids", ",".join(media), "names media that are invalid or have expired")
    if measure(text) > world.longest:
        return forbidden(world, "Your Tweet text is too long. For more information please visit X's help page.", 186)
    return None


def is_usable(media_id: str, owner: str, world: World) -> bool:
    """Return whether an upload is there, made for this, and still good."""
    found = world.media.get(f"3_{media_id}")
    if found is None or found.category.partition("_")[0] != owner:
        return False
    return found.expires_at is None or world.now < found.expires_at


def _refused(text: str, target: str | None, body: dict[str, Any], world: World) -> web.Response | None:
    """Return why this may not be posted here."""
    if "quote_tweet_id" in body and not world.is_enterprise:
        return forbidden(world, "Quoting is not available to this app.")
    if text and any(_is_same(one, text, target) for one in world.posts.values() if one.id not in world.gone):
        return forbidden(world, "You are not allowed to create a Tweet with duplicate content.", 187)
    if target is None:
        return None
    answered = world.posts.get(target)
    if answered is None or not world.is_shown(answered):
        return forbidden(world, DELETED, 385)
    is_named = any(one["id"] == US for one in mentioned(answered.text, world))
    quoted = world.posts.get(answered.quotes or "")
    summoned = is_named or (quoted is not None and quoted.author == US)
    if answered.reply_settings != "everyone" and not is_named:
        return forbidden(world, "Its author restricted who can reply here.", 433)
    if not summoned and not world.is_enterprise:
        return forbidden(world, NOT_SUMMONED)
    return None


def _is_same(said: Said, text: str, target: str | None) -> bool:
    bare = _LEADING.sub("", said.text)
    return said.author == US and said.reply_to == target and bare == _LEADING.sub("", text)


async def hide(request: web.Request) -> web.Response:
    """Hide a reply of somebody else in a conversation that we began, or show it again."""
    world, body = request.app[WORLD], await _body(request)
    if isinstance(body, web.Response):
        return body
    if not isinstance(body.get("hidden"), bool):
        return invalid(world, "hidden", "", "has to be true or false")
    found = world.posts.get(request.match_info["id"])
    if found is None or not world.is_shown(found):
        return gone(world, request.match_info["id"], "tweet", "id")
    root = world.posts.get(found.conversation)
    if root is None or root.author != US or found.reply_to is None:
        return forbidden(world, "You can only hide replies in conversations that you started.")
    (world.hidden.add if body["hidden"] else world.hidden.discard)(found.id)
    return web.json_response({"data": {"hidden": body["hidden"]}})


async def like(request: web.Request) -> web.Response:
    """Like a post; liking it twice is liking it once."""
    world, body = request.app[WORLD], await _body(request)
    if isinstance(body, web.Response):
        return body
    refusal = _not_likeable(request.match_info["id"], str(body.get("tweet_id", "")), world)
    if refusal is not None:
        return refusal
    world.liked.add(body["tweet_id"])
    return web.json_response({"data": {"liked": True}})


async def unlike(request: web.Request) -> web.Response:
    world, tweet = request.app[WORLD], request.match_info["tweet"]
    refusal = _not_likeable(request.match_info["id"], tweet, world)
    if refusal is not None:
        return refusal
    world.liked.discard(tweet)
    return web.json_response({"data": {"liked": False}})


def _not_likeable(user: str, tweet: str, world: World) -> web.Response | None:
    if user != US:
        return invalid(world, "id", user, "is not the account that these keys belong to")
    found = world.posts.get(tweet)
    return gone(world, tweet, "tweet", "tweet_id") if found is None or not world.is_shown(found) else None


async def message(request: web.Request) -> web.Response:
    """Send a direct message: a text, one picture, or both."""
    world, body = request.app[WORLD], await _body(request)
    if isinstance(body, web.Response):
        return body
    other = request.match_info.get("other")
    pair = [US, other] if other is not None else request.match_info["id"].split("-")
    other = next((one for one in pair if one != US), None)
    if US not in pair or other is None:
        return gone(world, request.match_info.get("id", ""), "dm_conversation", "dm_conversation_id")
    media = [one.get("media_id") for one in body.get("attachments", [])]
    text = body.get("text", "")
    is_fit = not body.keys() - {"text", "attachments"} and len(text) <= LONGEST_MESSAGE and len(media) <= 1
    if not is_fit or not (text or media):
        return invalid(world, "text", "", f"has to hold 1 to {LONGEST_MESSAGE} characters, or one attachment")
    if not all(is_usable(one, "dm", world) for one in media):
        return invalid(world, "attachments", ",".join(map(str, media)), "names media that are invalid or have expired")
    if other in world.closed:
        return forbidden(world, "You cannot send messages to this user.", 349)
    sent = world.whisper(US, other, text, media=[f"3_{one}" for one in media])
    world.meter.charge_deed(world.now, "message_create")
    return web.json_response({"data": {"dm_conversation_id": sent.conversation, "dm_event_id": sent.id}}, status=201)

"""What X answers under /2: lists, lookups, posting, messages. Rules: https://docs.x.com/x-api/posts/manage-tweets/integrate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.twitter.length import LONGEST, measure
from connectors.twitter.simulator.answers import event, forbidden, invalid, not_found, page, post, problem
from connectors.twitter.simulator.world import US, WORLD, Said, World

if TYPE_CHECKING:
    from collections.abc import Sequence

REACH = 800  # mentions that can be reached: https://docs.x.com/x-api/posts/timelines/integrate
DAY_OF_EVENTS = 30
DEEPEST = 100


def routes() -> list[web.RouteDef]:
    """Return X's own routes."""
    return [
        web.get("/2/users/me", me),
        web.get("/2/users/{id}/mentions", mentions),
        web.get("/2/users/{id}/tweets", own),
        web.get("/2/tweets", lookup),
        web.post("/2/tweets", create),
        web.get("/2/dm_events", events),
        web.get("/2/dm_conversations/{id}/dm_events", conversation),
        web.post("/2/dm_conversations/{id}/messages", message),
    ]


async def me(request: web.Request) -> web.Response:
    return web.json_response({"data": request.app[WORLD].person(US)})


async def mentions(request: web.Request) -> web.Response:
    """Answer with the posts that name an account, newest first."""
    world = request.app[WORLD]
    person = world.person(request.match_info["id"])
    if person is None:
        return web.json_response({"errors": [not_found(request.match_info["id"], "user", "id")]}, status=404)
    handle = f"@{person['username']}".lower()
    found = [one for one in world.seen() if handle in one.text.lower() or _answers(one, person["id"], world)]
    return _listed(request, [one for one in found if not one.is_protected][:REACH])


def _answers(said: Said, user_id: str, world: World) -> bool:
    answered = world.posts.get(said.reply_to or "")
    return answered is not None and answered.author == user_id


async def own(request: web.Request) -> web.Response:
    return _listed(request, [one for one in request.app[WORLD].seen() if one.author == request.match_info["id"]])


def _listed(request: web.Request, found: Sequence[Said]) -> web.Response:
    world, query = request.app[WORLD], request.query
    expansions = set(filter(None, query.get("expansions", "").split(",")))
    wrong = [one for one in expansions if one.startswith("referenced_tweets" if world.names == "post" else "referenced_posts")]
    if wrong:
        return invalid("expansions", wrong[0], "is not one of the expansions")
    if not 5 <= int(query.get("max_results", "10")) <= DEEPEST:  # noqa: PLR2004 - X's own least
        return invalid("max_results", query["max_results"], "must be between 5 and 100")
    for name in ("since_id", "until_id"):
        if not query.get(name, "0").isdigit():
            return invalid(name, query[name], "is not a valid id")
    since, until = int(query.get("since_id", "0")), int(query.get("until_id", str(2**63)))
    return _paged(request, [post(one, world) for one in found if since < int(one.id) < until], world, "author_id")


def _paged(request: web.Request, found: list[dict[str, Any]], world: World, author: str) -> web.Response:
    """Answer with a page. The token is opaque to the caller; here it is where the page starts, by id."""
    token = request.query.get("pagination_token")
    if token is not None and not (token.startswith("sim") and token[3:].isdigit()):
        return invalid("pagination_token", token, "is not valid")
    left = found if token is None else [one for one in found if int(one["id"]) < int(token[3:])]
    length = min(int(request.query.get("max_results", "10")), world.page)
    shown = left[:length]
    for one in shown:
        world.pay(one["id"])
    more = f"sim{shown[-1]['id']}" if len(left) > length else None
    return web.json_response(page(shown, world, more, {one[author] for one in shown}))


async def lookup(request: web.Request) -> web.Response:
    """Answer with the posts of these ids: partly, where some are gone."""
    world, wanted = request.app[WORLD], [one for one in request.query.get("ids", "").split(",") if one]
    if not 1 <= len(wanted) <= DEEPEST:
        return invalid("ids", ",".join(wanted), "between 1 and 100 ids are expected")
    there = {one.id: one for one in world.posts.values() if one.id not in world.gone}
    body: dict[str, Any] = {"data": [post(there[one], world) for one in wanted if one in there]}
    kind = world.names
    errors = [not_found(one, kind, "ids") for one in wanted if one not in there]
    filled = body if body["data"] else {}
    return web.json_response({**filled, "errors": errors} if errors else filled)


async def create(request: web.Request) -> web.Response:
    """Post, as X lets a self-serve app post."""
    world, body = request.app[WORLD], await request.json()
    unknown = body.keys() - {"text", "reply", "media", "quote_tweet_id", "reply_settings"}
    if unknown:
        return invalid(min(unknown), "", "is not allowed")
    text, reply = body.get("text", ""), body.get("reply", {})
    target = reply.get("in_reply_to_tweet_id")
    refusal = _refused(text, target, world)
    if refusal is not None:
        return refusal
    answered = world.posts.get(target or "")
    handle = (world.person(answered.author) or {}).get("username") if answered and answered.author != US else None
    said = world.say(US, f"@{handle} {text}" if handle and not text.startswith("@") else text, reply_to=target)
    key = "edit_history_post_ids" if world.names == "post" else "edit_history_tweet_ids"
    return web.json_response({"data": {"id": said.id, "text": said.text, key: [said.id]}}, status=201)


def _refused(text: str, target: str | None, world: World) -> web.Response | None:
    """Return why this may not be posted."""
    if measure(text) > LONGEST:
        return forbidden("Your Tweet text is too long. For more information please visit X's help page.")
    if any(one.author == US and one.text.endswith(text) and one.reply_to == target for one in world.posts.values()):
        return forbidden("You are not allowed to create a Tweet with duplicate content.")
    if target is None:
        return None
    answered = world.posts.get(target)
    if answered is None or target in world.gone:
        return forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    handle = f"@{world.people[US]['username']}".lower()
    quoted = world.posts.get(answered.quotes or "")
    summoned = handle in answered.text.lower() or (quoted is not None and quoted.author == US)
    if answered.reply_settings != "everyone" and handle not in answered.text.lower():
        return forbidden("Its author restricted who can reply here.")
    if not summoned and not world.is_enterprise:
        return forbidden("Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged.")
    return None


async def events(request: web.Request) -> web.Response:
    """Answer with direct message events, newest first, of either direction."""
    return _whispered(request, None)


async def conversation(request: web.Request) -> web.Response:
    return _whispered(request, request.match_info["id"])


def _whispered(request: web.Request, only: str | None) -> web.Response:
    world = request.app[WORLD]
    recent = [one for one in world.messages if (world.now - one.at).days < DAY_OF_EVENTS and only in (None, one.conversation)]
    found = [event(one) for one in sorted(recent, key=lambda one: -int(one.id))]
    return _paged(request, found, world, "sender_id")


async def message(request: web.Request) -> web.Response:
    """Send a direct message."""
    world, body = request.app[WORLD], await request.json()
    pair = request.match_info["id"].split("-")
    other = next((one for one in pair if one != US), None)
    if US not in pair or other is None:
        return problem(404, "Not Found Error", "Could not find the conversation.")
    if other in world.closed:
        return forbidden("You cannot send messages to this user.")
    sent = world.whisper(US, other, body["text"])
    return web.json_response({"data": {"dm_conversation_id": sent.conversation, "dm_event_id": sent.id}}, status=201)

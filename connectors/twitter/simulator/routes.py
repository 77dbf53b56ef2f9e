"""What X shows under /2: lists, lookups, pages and their tokens. Rules: https://docs.x.com/x-api/posts/timelines/integrate."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from connectors.twitter.fields import id_at
from connectors.twitter.simulator import answers, uploads, writing
from connectors.twitter.simulator.answers import event, post
from connectors.twitter.simulator.asked import Asked, read_asked
from connectors.twitter.simulator.refusing import gone, invalid, not_authorized, not_found
from connectors.twitter.simulator.search import LONGEST_QUERY, compiled
from connectors.twitter.simulator.world import US, WORLD, Said, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

REACH: Final = 800  # mentions that can be reached: https://docs.x.com/x-api/posts/timelines/integrate
REACH_OF_OWN: Final = 3200
DAYS_OF_EVENTS: Final = 30
DAYS_OF_SEARCH: Final = 7  # https://docs.x.com/x-api/posts/search/introduction
DEEPEST: Final = 100
TOKEN: Final = "sim"  # noqa: S105 - how the tokens for the next page begin


def routes() -> list[web.RouteDef]:
    """Return X's own routes."""
    return [
        web.get("/2/users/me", me),
        web.get("/2/users/{id}/mentions", mentions),
        web.get("/2/users/{id}/tweets", own),
        web.get("/2/tweets", lookup),
        web.get("/2/tweets/search/recent", search),
        web.get("/2/dm_events", events),
        web.get("/2/dm_conversations/with/{other}/dm_events", conversation),
        web.get("/2/dm_conversations/{id}/dm_events", conversation),
        *writing.routes(),
        *uploads.routes(),
    ]


async def me(request: web.Request) -> web.Response:
    return web.json_response({"data": request.app[WORLD].person(US)})


async def mentions(request: web.Request) -> web.Response:
    """Answer with the posts that name an account, newest first."""
    world = request.app[WORLD]
    person = world.person(request.match_info["id"])
    if person is None:
        return gone(world, request.match_info["id"], "user", "id")
    is_named = compiled(f"@{person['username']}", world)
    found = [one for one in world.seen() if is_named(one) or _answers(one, person["id"], world)]
    return _listed(request, found[:REACH], least=5, kind="own")


def _answers(said: Said, user_id: str, world: World) -> bool:
    answered = world.posts.get(said.reply_to or "")
    return answered is not None and answered.author == user_id


async def own(request: web.Request) -> web.Response:
    """Answer with what an account said, newest first, in the app as well."""
    left_out = set(request.query.get("exclude", "").split(","))
    found = [one for one in request.app[WORLD].seen() if one.author == request.match_info["id"]]
    if "replies" in left_out:
        found = [one for one in found if one.reply_to is None][:REACH]
    if "retweets" in left_out:
        found = [one for one in found if one.retweets is None]
    return _listed(request, found[:REACH_OF_OWN], least=5, kind="own")


async def search(request: web.Request) -> web.Response:
    """Answer with the posts of a week that a query finds; since 2026-05 it finds no retweets."""
    world, query = request.app[WORLD], request.query
    wanted = query.get("query", "")
    if not 0 < len(wanted) <= LONGEST_QUERY:
        return invalid(world, "query", wanted, f"has to hold 1 to {LONGEST_QUERY} characters")
    try:
        finds = compiled(wanted, world, is_alone=True)
        start = datetime.fromisoformat(query.get("start_time", world.now.isoformat()))
    except ValueError as error:
        return invalid(world, "query", wanted, f"is not understood: {error}")
    oldest = world.now - timedelta(days=DAYS_OF_SEARCH)
    if start < oldest:
        return invalid(world, "start_time", query["start_time"], "lies more than 7 days back")
    since = query.get("since_id", "")
    if since.isdigit() and int(since) < id_at(oldest) and world.old_since == "refuse":
        return invalid(world, "since_id", since, "is older than the 7 days that are searched")
    found = [one for one in world.seen() if one.retweets is None and int(one.id) >= id_at(oldest) and finds(one)]
    return _listed(request, found, least=10, kind="post")


def _listed(request: web.Request, found: Sequence[Said], *, least: int, kind: str) -> web.Response:
    world, query = request.app[WORLD], request.query
    for name in ("since_id", "until_id"):
        if not query.get(name, "0").isdigit():
            return invalid(world, name, query[name], "is not a valid id")
    since, until = int(query.get("since_id", "0")), int(query.get("until_id", str(2**63)))
    try:
        start, end = (datetime.fromisoformat(query[name]) if name in query else None for name in ("start_time", "end_time"))
    except ValueError:
        return invalid(world, "start_time", query.get("start_time", ""), "is no time")
    span = (id_at(start) if start else 0, id_at(end) if end else 2**63)
    fitting = [one for one in found if since < int(one.id) < until and span[0] <= int(one.id) < span[1]]
    return _paged(request, fitting, lambda one, asked: post(one, world, is_counted=asked.counts), least=least, kind=kind)


def _paged(
    request: web.Request, found: Sequence[Any], show: Callable[[Any, Asked], dict[str, Any]], *, least: int, kind: str
) -> web.Response:
    """Answer with a page. Its token is opaque to the caller; here it is when it was given, and where the next page starts."""
    world, query = request.app[WORLD], request.query
    asked = read_asked(request, is_posts=kind != "message")
    if isinstance(asked, web.Response):
        return asked
    most = query.get("max_results", "10" if asked.is_posts else "100")
    if not (most.isdigit() and least <= int(most) <= DEEPEST):
        return invalid(world, "max_results", most, f"has to lie between {least} and {DEEPEST}")
    name = "next_token" if "next_token" in query else "pagination_token"
    below = _below(query.get(name), world)
    if below is None:
        return invalid(world, name, query[name], "is not valid, or no longer")
    left = [one for one in found if int(one.id) < below]
    length = min(int(most), world.page)
    shown = left[:length]
    token = f"{TOKEN}{int(world.now.timestamp()):010}{shown[-1].id:0>19}" if len(left) > length else None
    body = answers.page([show(one, asked) for one in shown], world, asked, token)
    for one in shown:
        world.meter.charge(world.now, kind, one.id)
    return _charged(body, world)


def _below(token: str | None, world: World) -> int | None:
    """Return below which id a page goes on; None where the token is none, or too old."""
    if token is None:
        return 2**63
    digits = token.removeprefix(TOKEN)
    if not (token.startswith(TOKEN) and digits.isdigit() and len(digits) == 29):  # noqa: PLR2004 - a time and an id
        return None
    age = world.now.timestamp() - int(digits[:10])
    return None if world.token_life is not None and age >= world.token_life else int(digits[10:])


def _charged(body: dict[str, Any], world: World) -> web.Response:
    """Answer, once the posts that stand beside the others are paid for too."""
    for one in body.get("includes", {}).get(f"{world.names}s", []):
        world.meter.charge(world.now, "post", one["id"])
    return web.json_response(body)


async def lookup(request: web.Request) -> web.Response:
    """Answer with the posts of these ids: partly, where some are gone, or of accounts that are protected."""
    world, wanted = request.app[WORLD], [one for one in request.query.get("ids", "").split(",") if one]
    if not 1 <= len(wanted) <= DEEPEST or not all(one.isdigit() for one in wanted):
        return invalid(world, "ids", ",".join(wanted), "has to hold 1 to 100 ids")
    asked = read_asked(request, is_posts=True)
    if isinstance(asked, web.Response):
        return asked
    found, errors = [], []
    for one in dict.fromkeys(wanted):
        said = world.posts.get(one)
        if said is None or one in world.gone:
            errors.append(not_found(one, "tweet", "ids", world))
        elif not world.is_shown(said):
            errors.append(not_authorized(one, "tweet", "ids", world))
        else:
            found.append(post(said, world, is_counted=asked.counts))
            world.meter.charge(world.now, "post", one)
    return _charged(_partial(found, errors, world, asked), world)


def _partial(found: list[dict[str, Any]], errors: list[dict[str, Any]], world: World, asked: Asked) -> dict[str, Any]:
    extra = answers.beside(found, world, asked)
    data = [asked.shown(one) for one in found]
    body = {"data": data, "includes": extra["includes"], "errors": errors + extra["errors"]}
    return {name: value for name, value in body.items() if value}


async def events(request: web.Request) -> web.Response:
    """Answer with direct message events, newest first, of either direction."""
    return _whispered(request, None)


async def conversation(request: web.Request) -> web.Response:
    other = request.match_info.get("other")
    return _whispered(request, request.match_info["id"] if other is None else writing.conversation_with(other))


def _whispered(request: web.Request, only: str | None) -> web.Response:
    world = request.app[WORLD]
    recent = [one for one in world.messages if (world.now - one.at).days < DAYS_OF_EVENTS and only in (None, one.conversation)]
    found = sorted(recent, key=lambda one: -int(one.id))
    return _paged(request, found, lambda one, _: event(one, world), least=1, kind="message")

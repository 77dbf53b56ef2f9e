"""Graph's side of the simulator: what our client asks, and what it is answered, with all the ways of going wrong.

https://developers.facebook.com/docs/graph-api/reference/page
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.facebook.simulator import showing
from connectors.facebook.simulator.changes import asked_of, change
from connectors.facebook.simulator.keys import WORLD
from connectors.facebook.simulator.world import APP, PAGE, RefusedError, Words, us
from connectors.meta import instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.facebook.simulator.world import Fault, World

MOST = 100
EVERYTHING = 100  # percent
WORTH_SAYING = 50  # percent: usage is told only once it matters
Answered = dict[str, Any]


def graph_routes() -> list[web.RouteDef]:
    return [
        web.post("/", _batch),
        web.get("/cdn/{name}", _file),
        web.get("/{version}/me", _handle),
        web.route("*", "/{version}/{node}", _handle),
        web.route("*", "/{version}/{node}/{edge}", _handle),
    ]


async def _handle(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    fault = world.take_fault(request.method, request.path)
    if fault is not None and fault.kind not in ("lost_answer", "pass"):
        return await _fail(request, fault)
    used = max(world.count_call(), world.usage)
    headers = _usage(world, used)
    try:
        answer = await _answer(request, _account(request, used))
    except RefusedError as error:
        return web.json_response({"error": error.body}, status=error.status, headers=headers)
    if fault is not None and fault.kind == "lost_answer":  # it was done, and nobody hears of it
        return await _hang_up(request)
    return web.json_response(answer, headers=headers)


async def _fail(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.kind == "error":
        return web.json_response({"error": fault.error}, status=int(fault.headers.pop("status", "400")), headers=fault.headers)
    if fault.kind == "html":
        return web.Response(status=503, text="<html><h1>Sorry, something went wrong.</h1></html>", content_type="text/html")
    if fault.kind == "truncated":
        return web.Response(text='{"data":[{"id":"10', content_type="application/json")
    if fault.kind == "empty":
        return web.Response(status=200)
    if fault.kind == "no_id":
        return web.json_response({"success": True})
    return await _hang_up(request)


async def _hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _usage(world: World, used: int) -> dict[str, str]:
    """https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers ."""
    if used < WORTH_SAYING:
        return {}
    use = {"type": "pages", "call_count": used, "total_cputime": 1, "total_time": 1}
    use["estimated_time_to_regain_access"] = 42 if used > EVERYTHING else 0
    told = {"X-Business-Use-Case-Usage": json.dumps({PAGE: [use]}), "X-App-Usage": json.dumps({"call_count": used})}
    told["X-Page-Usage"] = json.dumps({"call_count": used, "total_time": 1, "total_cputime": 1})
    return {name: value for name, value in told.items() if world.usage_header in ("", name)}


def _account(request: web.Request, used: int) -> str:
    """Return who asks."""
    world = request.app[WORLD]
    if used > EVERYTHING:
        raise RefusedError(80001, message="(#80001) There have been too many calls to this Page account.")
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.query.get("access_token", "")
    if token in world.dead:
        code, subcode = world.dead[token]
        raise RefusedError(code, subcode, status=401 if code == 190 else 403, message=f"Error validating access token {token}")  # noqa: PLR2004 - Graph's code
    if world.ends is not None and world.ends <= world.now:
        raise RefusedError(190, 463, status=401, message=f"Error validating access token {token}: Session has expired")
    if token not in world.tokens:
        raise RefusedError(190, 467, status=401, message=f"Malformed access token {token}")
    return world.tokens[token]


async def _answer(request: web.Request, account: str) -> Answered:
    world, node, edge = request.app[WORLD], request.match_info.get("node", "me"), request.match_info.get("edge", "")
    node = account if node == "me" else node
    if request.method != "GET":
        return await change(request, node, edge)
    match edge:
        case "":
            return showing.node(world, node, account)
        case "feed":
            since = instant(request.query.get("since", "1"), "since")
            posts = [one for one in (*world.posts.values(), *world.tagged.values()) if one.at >= since and world.is_indexed(one)]
            return _page(request, [showing.post(world, one) for one in sorted(posts, key=_rank)])
        case "comments":
            return _page(request, [] if account != PAGE else _comments(request, world.find(node)))
        case "conversations":
            return _conversations(request, world)
        case "messages":
            return _page(request, [showing.message(one) for one in showing.thread(world, node.removeprefix("t_"))])
        case "ratings":
            return _page(request, [*world.reviews, *(showing.review(world, one) for one in world.stories.values())])
        case "subscribed_apps":
            return {"data": [{"id": APP, "name": "webcare", "subscribed_fields": world.subscribed}]}
    raise RefusedError(100, message=f"(#100) Tried accessing nonexisting field ({edge})")


async def _batch(request: web.Request) -> web.StreamResponse:
    """Answer several questions for single nodes at once: a refusal of one stands under a 200, a slow one is null.

    https://developers.facebook.com/docs/graph-api/batch-requests
    """
    world = request.app[WORLD]
    fault = world.take_fault(request.method, "/batch")
    if fault is not None:
        return await _fail(request, fault)
    asked = json.loads((await asked_of(request))["batch"])
    parts = [_part(request, *str(one["relative_url"]).partition("/")[2].partition("?")[::2]) for one in asked]
    return web.json_response(parts, headers=_usage(world, world.usage))


def _part(request: web.Request, node: str, query: str) -> Answered | None:
    world = request.app[WORLD]
    used = max(world.count_call(), world.usage)
    fault = world.take_fault("GET", f"/{node}")
    if fault is not None and fault.kind != "error":
        return None
    if fault is not None:
        return {"code": 400, "body": json.dumps({"error": fault.error})}
    try:
        account = _account(request, used)
        _must_have(world, node, query)
        found = showing.token(world) if node == "debug_token" else showing.node(world, node, account)
        return {"code": 200, "body": json.dumps(found)}
    except RefusedError as error:
        return {"code": error.status, "body": json.dumps({"error": error.body})}


def _must_have(world: World, node: str, query: str) -> None:
    """Refuse a field that only comments have of a node that is none."""
    if "comment_count" in query and world.root(node) is not None:
        raise RefusedError(100, message="(#100) Tried accessing nonexisting field (comment_count) on node type (PagePost)")


async def _file(request: web.Request) -> web.StreamResponse:
    """Give a file as the CDN does: no token, and an address that dies. https://developers.facebook.com/docs/graph-api/reference/photo ."""
    world = request.app[WORLD]
    fault = world.take_fault(request.method, request.path)
    if fault is not None:
        return await _fail(request, fault)
    stored = world.files.get(request.match_info["name"])
    if stored is None or (stored.until is not None and stored.until <= world.now):
        return web.Response(status=403, text="URL signature expired")
    return web.Response(body=stored.content, content_type=stored.mime)


# --- edges


def _rank(words: Words) -> str:
    """Put posts in an order that means nothing, as a ranked feed does."""
    return words.id[::-1]


def _comments(request: web.Request, above: Words) -> list[Answered]:
    """Return the comments of a post, or the replies to a comment; `toplevel`, the default, hides replies in silence."""
    world, since = request.app[WORLD], instant(request.query.get("since", "1"), "since")
    held: Iterable[Words] = (one for one in world.comments.values() if world.is_indexed(one) and one.at >= since)
    if above.id == above.root:
        is_stream = request.query.get("filter") == "stream"
        held = (one for one in held if one.root == above.id and (is_stream or one.parent is None))
    else:
        held = (one for one in held if one.parent == above.id)
    newest_first = request.query.get("order") == "reverse_chronological"
    return [showing.comment(world, one) for one in sorted(held, key=lambda one: (one.at, one.id), reverse=newest_first)]


def _conversations(request: web.Request, world: World) -> Answered:
    asked = request.query.get("user_id")
    people = {one.root for one in world.messages.values()} if asked is None else {asked}
    threads = [(person, said) for person in people if (said := showing.thread(world, person))]
    threads.sort(key=lambda thread: thread[1][0].at, reverse=True)
    nodes = []
    for person, said in threads:
        there = {"data": [{"id": person, "name": "Somebody"}, us()]}
        shown: Answered = {"data": [showing.message(one) for one in said[:20]]}
        if len(said) > 20:  # noqa: PLR2004 - as many as the client asks for
            shown["paging"] = {"next": f"{request.url.origin()}/v26.0/t_{person}/messages?access_token=secret"}
        nodes.append({"id": f"t_{person}", "updated_time": showing.time(said[0].at), "participants": there, "messages": shown})
    return _page(request, nodes)


def _page(request: web.Request, found: list[Answered]) -> Answered:
    """Return one page. Its size is a wish only, its cursor dies with a removal, and an empty page may have a next one."""
    world, query = request.app[WORLD], request.query
    limit = int(query.get("limit", "25"))
    if limit > MOST:
        raise RefusedError(100, message="(#100) Please reduce the amount of data you're asking for, then retry your request")
    size = min(limit, world.page_size or limit)
    start, removed = _cursor(query["after"]) if "after" in query else (0, world.removed)
    if removed != world.removed:
        raise RefusedError(100, message="(#100) Invalid cursors values")
    size = 0 if world.is_first_page_empty and "after" not in query else size
    shown = found[start : start + size]
    if start + size >= len(found):
        return {"data": shown, "paging": {"cursors": {"before": "x", "after": "y"}}} if shown else {"data": []}
    after = base64.urlsafe_b64encode(f"{start + size}:{world.removed}".encode()).decode()
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    following = request.url.update_query({"after": after, "access_token": token})
    return {"data": shown, "paging": {"cursors": {"before": "x", "after": after}, "next": str(following)}}


def _cursor(after: str) -> tuple[int, int]:
    try:
        start, _, removed = base64.urlsafe_b64decode(after).decode().partition(":")
        return int(start), int(removed)
    except ValueError:
        raise RefusedError(100, message="(#100) Invalid cursors values") from None

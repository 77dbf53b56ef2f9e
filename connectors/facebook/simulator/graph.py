"""Graph's side of the simulator: what our client asks, and what it is answered, with all the ways of going wrong.

https://developers.facebook.com/docs/graph-api/reference/page
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.facebook.fields import instant
from connectors.facebook.simulator.keys import DELIVERIES, WORLD
from connectors.facebook.simulator.script import feed_value, messaging_item
from connectors.facebook.simulator.world import APP, PAGE, PAGE_NAME, RefusedError, Words, us

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.facebook.simulator.world import Fault, World

MOST = 100
EVERYTHING = 100  # percent
WORTH_SAYING = 50  # percent: usage is told only once it matters
Answered = dict[str, Any]


def graph_routes() -> list[web.RouteDef]:
    return [
        web.get("/{version}/me", _handle),
        web.route("*", "/{version}/{node}", _handle),
        web.route("*", "/{version}/{node}/{edge}", _handle),
    ]


async def _handle(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    fault = world.take_fault(request.method, request.path)
    if fault is not None and fault.kind != "lost_answer":
        return await _fail(request, fault)
    used = world.count_call()
    headers = _usage(used)
    try:
        answer = await _answer(request, _account(request, used))
    except RefusedError as error:
        return web.json_response({"error": error.body}, status=error.status, headers=headers)
    if fault is not None:  # it was done, and nobody hears of it
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


def _usage(used: int) -> dict[str, str]:
    """https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers ."""
    if used < WORTH_SAYING:
        return {}
    use = {"type": "pages", "call_count": used, "total_cputime": 1, "total_time": 1}
    use["estimated_time_to_regain_access"] = 42 if used > EVERYTHING else 0
    return {"X-Business-Use-Case-Usage": json.dumps({PAGE: [use]}), "X-App-Usage": json.dumps({"call_count": used})}


def _account(request: web.Request, used: int) -> str:
    """Return who asks."""
    world = request.app[WORLD]
    if used > EVERYTHING:
        raise RefusedError(80001, message="(#80001) There have been too many calls to this Page account.")
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.query.get("access_token", "")
    if token in world.dead:
        code, subcode = world.dead[token]
        raise RefusedError(code, subcode, status=401 if code == 190 else 403, message=f"Error validating access token {token}")  # noqa: PLR2004 - Graph's code
    if token not in world.tokens:
        raise RefusedError(190, 467, status=401, message=f"Malformed access token {token}")
    return world.tokens[token]


async def _answer(request: web.Request, account: str) -> Answered:
    world, node, edge = request.app[WORLD], request.match_info.get("node", "me"), request.match_info.get("edge", "")
    node = account if node == "me" else node
    if request.method == "DELETE":
        world.remove(node)
        return {"success": True}
    if request.method == "POST":
        return await _change(request, node, edge)
    match edge:
        case "":
            return _node(world, node, account)
        case "feed":
            since = _since(request)
            return _page(request, [_post(world, one) for one in sorted(world.posts.values(), key=_rank) if one.at >= since])
        case "comments":
            return _page(request, [] if account != PAGE else _comments(request, world.find(node)))
        case "conversations":
            return _conversations(request, world)
        case "messages":
            return _page(request, [_message(one) for one in _thread(world, node.removeprefix("t_"))])
        case "ratings":
            return _page(request, world.reviews)
        case "subscribed_apps":
            return {"data": [{"id": APP, "name": "webcare", "subscribed_fields": world.subscribed}]}
    raise RefusedError(100, message=f"(#100) Tried accessing nonexisting field ({edge})")


async def _change(request: web.Request, node: str, edge: str) -> Answered:
    world, deliveries = request.app[WORLD], request.app[DELIVERIES]
    asked = await request.json() if request.can_read_body else {}
    if edge == "comments":
        latest = max((one for one in world.comments.values() if one.author == us()), key=lambda one: one.at, default=None)
        if latest is not None and latest.text == asked["message"] and latest.at == world.now:
            raise RefusedError(506, message="(#506) Duplicate status message")
        comment = world.add_comment(node, us(), asked["message"])
        deliveries.change("feed", feed_value(comment, "add"))
        await deliveries.flush()
        return {"id": comment.id}
    if edge == "messages":
        if asked.get("messaging_type") != "RESPONSE":
            raise RefusedError(100, message="(#100) messaging_type")
        person, said = asked["recipient"]["id"], asked["message"]
        message = world.send_message(person, said["text"], said.get("metadata"))
        deliveries.messaging("message_echoes", messaging_item(message, int(APP)))
        await deliveries.flush()
        return {"recipient_id": person, "message_id": message.id}
    if edge == "subscribed_apps":
        world.subscribed = str(asked.get("subscribed_fields", "")).split(",")
        return {"success": True}
    words = world.find(node)
    if "message" in asked:  # the trap: this edits
        if words.author != us():
            raise RefusedError(200, message="(#200) Permissions error")
        words.text = asked["message"]
    words.is_hidden = bool(asked.get("is_hidden", words.is_hidden))
    return {"success": True}


# --- nodes and edges


def _node(world: World, node: str, account: str) -> Answered:
    if node == account:
        return {"id": account, "name": PAGE_NAME if account == PAGE else "Somebody"}
    words = world.find(node)
    return _post(world, words) if words.id == words.root else _comment(words)


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


def _authored(words: Words) -> Answered:
    return {"id": words.id, "message": words.text, "created_time": _time(words.at)} | (
        {"from": words.author} if words.author else {}
    )


def _post(world: World, words: Words) -> Answered:
    count = sum(one.root == words.id for one in world.comments.values())
    return _authored(words) | {"updated_time": _time(words.updated), "comments": {"data": [], "summary": {"total_count": count}}}


def _comment(words: Words) -> Answered:
    above = {"parent": {"id": words.parent}} if words.parent else {}
    return _authored(words) | {"is_hidden": words.is_hidden, "can_hide": True, "comment_count": 0} | above


def _message(words: Words) -> Answered:
    there = {"id": words.root, "name": "Somebody"} if words.author == us() else us()
    return _authored(words) | {"to": {"data": [there]}}


def _rank(words: Words) -> str:
    """Put posts in an order that means nothing, as a ranked feed does."""
    return words.id[::-1]


def _since(request: web.Request) -> datetime:
    return instant(request.query.get("since", "1"), "since")


def _comments(request: web.Request, above: Words) -> list[Answered]:
    """Return the comments of a post, or the replies to a comment; `toplevel`, the default, hides replies in silence."""
    world = request.app[WORLD]
    if above.id == above.root:
        is_stream = request.query.get("filter") == "stream"
        found = [one for one in world.comments.values() if one.root == above.id and (is_stream or one.parent is None)]
    else:
        found = [one for one in world.comments.values() if one.parent == above.id]
    newest_first = request.query.get("order") == "reverse_chronological"
    found = sorted(found, key=lambda one: (one.at, one.id), reverse=newest_first)
    return [_comment(one) for one in found if one.at >= _since(request)]


def _thread(world: World, person: str) -> list[Words]:
    return sorted((one for one in world.messages.values() if one.root == person), key=lambda one: (one.at, one.id), reverse=True)


def _conversations(request: web.Request, world: World) -> Answered:
    asked = request.query.get("user_id")
    people = {one.root for one in world.messages.values()} if asked is None else {asked}
    threads = [(person, said) for person in people if (said := _thread(world, person))]
    threads.sort(key=lambda thread: thread[1][0].at, reverse=True)
    nodes = []
    for person, said in threads:
        there = {"data": [{"id": person, "name": "Somebody"}, us()]}
        shown: Answered = {"data": [_message(one) for one in said[:20]]}
        if len(said) > 20:  # noqa: PLR2004 - as many as the client asks for
            shown["paging"] = {"next": f"{request.url.origin()}/v26.0/t_{person}/messages?access_token=secret"}
        nodes.append({"id": f"t_{person}", "updated_time": _time(said[0].at), "participants": there, "messages": shown})
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

"""Graph's side of the simulator: what our client asks, and what it is answered, with all the ways of going wrong.

https://developers.facebook.com/docs/instagram-platform/reference
"""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.instagram.simulator.keys import DELIVERIES, WORLD
from connectors.instagram.simulator.script import messaging_item, tell_comment
from connectors.instagram.simulator.world import ACCOUNT, APP, HANDLE, PAGE, SCOPED, Comment, Message, RefusedError, missing, us

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.instagram.simulator.world import Fault, Media, World

MOST, MOST_COMMENTS, SHOWN = 100, 50, 20
EVERYTHING, WORTH_SAYING = 100, 50  # percent: usage is told only once it matters
DEAD, GONE_FILE = 190, 404
MENTIONED = re.compile(r"(mentioned_comment\.comment_id|mentioned_media\.media_id)\((\d+)\)")
DATA_ACCESS = timedelta(days=90)
Answered = dict[str, Any]


def graph_routes() -> list[web.RouteDef]:
    return [
        web.get("/_files/{name}", _file),
        web.post("/", _batch),
        web.route("*", "/{version}/{node}", _handle),
        web.route("*", "/{version}/{node}/{edge}", _handle),
    ]


async def _file(request: web.Request) -> web.StreamResponse:
    """Serve what hangs on a message, as Meta's lookaside does: without a token, and for a while."""
    world = request.app[WORLD]
    ends, content, mime = world.files.get(request.match_info["name"], (world.now, b"", ""))
    if world.now >= ends:
        return web.Response(status=GONE_FILE)
    return web.Response(body=content, content_type=mime)


async def _handle(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    fault = world.take_fault(request.method, request.path)
    if fault is not None and fault.kind != "lost_answer":
        return await _fail(request, fault)
    used = world.count_call()
    headers = _usage(used)
    try:
        answer = await _answer(request, _who(request, used))
    except RefusedError as error:
        return web.json_response({"error": error.body}, status=error.status, headers=headers)
    if fault is not None:  # it was done, and nobody hears of it
        return _hang_up(request)
    return web.json_response(answer, headers=headers)


async def _batch(request: web.Request) -> web.StreamResponse:
    """Answer what a token asks about itself: the one question that is asked in a batch."""
    world = request.app[WORLD]
    used = world.count_call()
    try:
        who = _who(request, used)
    except RefusedError as error:
        return web.json_response({"error": error.body}, status=error.status, headers=_usage(used))
    answers = []
    for one in json.loads((await request.json())["batch"]):
        is_known = one["relative_url"].partition("?")[0].endswith("/debug_token")
        body = {"data": _token(world, who)} if is_known else {"error": missing("batch").body}
        answers.append({"code": 200 if is_known else 400, "body": json.dumps(body)})
    return web.json_response(answers, headers=_usage(used))


async def _fail(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.kind == "error":
        return web.json_response({"error": fault.error}, status=400, headers=fault.headers)
    if fault.kind == "html":
        return web.Response(status=503, text="<html><h1>Sorry, something went wrong.</h1></html>", content_type="text/html")
    if fault.kind == "truncated":
        return web.Response(text='{"data":[{"id":"18', content_type="application/json")
    if fault.kind == "empty":
        return web.Response(status=200)
    if fault.kind == "no_id":
        return web.json_response({"success": True})
    return _hang_up(request)


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _usage(used: int) -> dict[str, str]:
    """https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers ."""
    if used < WORTH_SAYING:
        return {}
    use = {"type": "instagram", "call_count": used, "total_cputime": 1, "total_time": 1}
    use["estimated_time_to_regain_access"] = 42 if used > EVERYTHING else 0
    return {"X-Business-Use-Case-Usage": json.dumps({ACCOUNT: [use]}), "X-App-Usage": json.dumps({"call_count": used})}


def _who(request: web.Request, used: int) -> str:
    """Return who asks: the page, the account itself, or a stranger."""
    world = request.app[WORLD]
    if used > EVERYTHING:
        raise RefusedError(80002, message="(#80002) There have been too many calls to this Instagram account.")
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.query.get("access_token", "")
    if token in world.dead:
        code, subcode = world.dead[token]
        raise RefusedError(code, subcode, status=401 if code == DEAD else 403, message=f"Error validating access token {token}")
    if token not in world.tokens:
        raise RefusedError(DEAD, 467, status=401, message=f"Malformed access token {token}")
    return world.tokens[token]


async def _answer(request: web.Request, who: str) -> Answered:
    world, node, edge = request.app[WORLD], request.match_info["node"], request.match_info.get("edge", "")
    if who not in (PAGE, ACCOUNT):
        if node == "me" and not edge:
            return {"id": who, "user_id": who, "username": "stranger"}
        raise missing(node)
    if request.method == "POST":
        return await _change(request, who, node, edge)
    if edge:
        return _edge(request, world, _postbox(node, who), edge)
    if node == "me":
        return {"id": SCOPED, "user_id": ACCOUNT, "username": HANDLE} if who == ACCOUNT else {"id": PAGE, "name": HANDLE}
    return _node(request, world, node)


def _postbox(node: str, who: str) -> str:
    """Return the account for each name that its messages may be asked by."""
    return ACCOUNT if node == "me" or (node == PAGE and who == PAGE) else node


def _edge(request: web.Request, world: World, node: str, edge: str) -> Answered:
    match edge:
        case "media" if node == ACCOUNT:
            posts = [one for one in world.media.values() if one.author == us() and not (one.is_live and one.is_over)]
            return _page(request, [_media(world, one) for one in _newest(posts)])
        case "tags" if node == ACCOUNT:
            return _page(request, [_media(world, one) for one in _newest(one for one in world.media.values() if one.tags_us)])
        case "comments" if node in world.media and world.media[node].author == us():
            top = [one for one in world.comments.values() if one.media == node and one.parent is None]
            return _page(request, [_comment(world, one, request) for one in _newest(top)], MOST_COMMENTS)
        case "replies":
            world.our_comment(node)
            return _page(request, [_words(one) for one in _replies(world, node)], MOST_COMMENTS)
        case "conversations" if node == ACCOUNT:
            return _conversations(request, world)
        case "messages":
            return _page(request, [_message(world, one) for one in _thread(world, node.removeprefix("t_"))])
        case "subscribed_apps" if node == ACCOUNT:
            return {"data": [{"id": APP, "name": "webcare", "subscribed_fields": world.subscribed}] if world.subscribed else []}
    raise missing(node)


async def _change(request: web.Request, who: str, node: str, edge: str) -> Answered:
    world, deliveries = request.app[WORLD], request.app[DELIVERIES]
    asked = await request.json() if request.can_read_body else {}
    if edge == "messages" and _postbox(node, who) == ACCOUNT:
        message = world.send(asked)
        deliveries.messaging("messages", messaging_item(message))
        await deliveries.flush()
        return {"recipient_id": message.person, "message_id": message.id}
    if not edge:
        world.our_comment(node).is_hidden = bool(asked["hide"])
        return {"success": True}
    if edge == "mentions":
        comment = world.answer_mention(asked["media_id"], asked.get("comment_id"), asked["message"])
    elif edge == "replies":
        comment = world.answer_comment(node, asked["message"])
    elif edge == "comments":
        comment = world.comment_media(node, asked["message"])
    else:
        raise missing(node)
    tell_comment(world, deliveries, comment)
    await deliveries.flush()
    return {"id": comment.id}


# --- nodes and edges


def _token(world: World, who: str) -> Answered:
    ends = 0 if world.token_ends is None else int(world.token_ends.timestamp())
    access = int((world.now + DATA_ACCESS).timestamp())
    kind = "PAGE" if who == PAGE else "USER"
    return {
        "app_id": APP,
        "type": kind,
        "is_valid": True,
        "expires_at": ends,
        "data_access_expires_at": access,
        "scopes": world.scopes,
    }


def _node(request: web.Request, world: World, node: str) -> Answered:
    fields = request.query.get("fields", "")
    mentioned = MENTIONED.search(fields)
    if node == ACCOUNT:
        return {"id": ACCOUNT, **_mentioned(world, mentioned)} if mentioned else {"id": ACCOUNT, "username": HANDLE}
    if node in world.messages:
        return _message(world, world.messages[node])
    if node in world.media and world.media[node].author == us():
        if "text" in fields.split(","):
            raise RefusedError(100, message="(#100) Tried accessing nonexisting field (text)")
        return _media(world, world.media[node])
    comment = world.our_comment(node)
    return {**_words(comment), "media": {"id": comment.media}}


def _mentioned(world: World, mentioned: re.Match[str]) -> Answered:
    what, node = mentioned[1].partition(".")[0], mentioned[2]
    found = world.comments.get(node) if what == "mentioned_comment" else world.media.get(node)
    if found is None or not found.names_us:
        raise missing(node)
    if isinstance(found, Comment):
        shown = {"id": found.id, "text": found.text, "timestamp": _time(found.at), "media": {"id": found.media}}
        return {what: shown | {"username": found.author["username"]}}
    return {what: {key: part for key, part in _media(world, found).items() if key not in ("owner", "comments_count")}}


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S+0000")


def _newest(found: Any) -> list[Any]:
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)


def _media(world: World, media: Media) -> Answered:
    shown: Answered = {"id": media.id, "timestamp": _time(media.at), "caption": media.caption, "media_type": "IMAGE"}
    shown |= {"permalink": f"https://www.instagram.com/p/{media.id}/", "username": media.author["username"]}
    if media.author == us():
        shown["owner"] = {"id": ACCOUNT}
        shown["comments_count"] = sum(one.media == media.id for one in world.comments.values())
    return shown


def _words(comment: Comment) -> Answered:
    shown = {"id": comment.id, "text": comment.text, "timestamp": _time(comment.at), "username": comment.author["username"]}
    above = {"parent_id": comment.parent} if comment.parent else {}
    ours = {"user": {"id": ACCOUNT}} if comment.author == us() else {}
    return {**shown, "from": comment.author, "hidden": comment.is_hidden, **above, **ours}


def _replies(world: World, node: str) -> list[Comment]:
    return _newest(one for one in world.comments.values() if one.parent == node)


def _comment(world: World, comment: Comment, request: web.Request) -> Answered:
    """Return a comment; its replies only for those who ask for them."""
    below = [_words(one) for one in _replies(world, comment.id)] if "replies" in request.query.get("fields", "") else []
    return _words(comment) | ({"replies": {"data": below}} if below else {})


def _message(world: World, message: Message) -> Answered:
    person, account = _person(world, message.person), us()
    sender, recipient = (account, person) if message.is_ours else (person, account)
    shown: Answered = {"id": message.id, "message": message.text, "created_time": _time(message.at), "from": sender}
    shown["to"] = {"data": [recipient]}
    if message.is_unsupported:
        shown["is_unsupported"] = True
    if message.story:
        shown["story"] = {"reply_to": {"link": message.story, "id": "17900000000000001"}}
    for one in message.files:
        if one["type"] == "story_mention":
            shown["story"] = {"mention": {"link": one["url"], "id": "17900000000000002"}}
        else:
            shown["attachments"] = {"data": [{"id": "1", "mime_type": "image/jpeg", "image_data": {"url": one["url"]}}]}
    return shown


def _person(world: World, person: str) -> dict[str, str]:
    return {"id": person, "username": world.people.get(person, "somebody")}


def _thread(world: World, person: str) -> list[Message]:
    return _newest(one for one in world.messages.values() if one.person == person)


def _conversations(request: web.Request, world: World) -> Answered:
    if request.query.get("platform") != "instagram":
        return {"data": []}
    asked = request.query.get("user_id")
    people = {one.person for one in world.messages.values()} if asked is None else {asked}
    threads = [(person, said) for person in people if (said := _thread(world, person))]
    threads.sort(key=lambda thread: (thread[1][0].at, thread[1][0].id), reverse=True)
    found = []
    for person, said in threads:
        there = {"data": [_person(world, person), us()]}
        shown: Answered = {"data": [_message(world, one) for one in said[:SHOWN]]}
        if len(said) > SHOWN:
            shown["paging"] = {"next": f"{request.url.origin()}/v26.0/t_{person}/messages?access_token=secret"}
        found.append({"id": f"t_{person}", "updated_time": _time(said[0].at), "participants": there, "messages": shown})
    return _page(request, found)


def _page(request: web.Request, found: list[Answered], most: int = MOST) -> Answered:
    """Return one page. Its size is a wish only, its cursor dies with a removal, and comments may end with the newest 50."""
    world, query = request.app[WORLD], request.query
    size = min(int(query.get("limit", "25")), most, world.page_size or most)
    start, removed = _cursor(query["after"]) if "after" in query else (0, world.removed)
    if removed != world.removed:
        raise RefusedError(100, message="(#100) Invalid cursors values")
    shown = found[start : start + size]
    is_capped = most == MOST_COMMENTS and not world.has_more_pages
    if start + size >= len(found) or is_capped:
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

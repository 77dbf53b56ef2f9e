"""The Graph API as our client meets it: sending, receipts, the number itself, media. Every refusal in Meta's own shape.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.whatsapp.simulator.keys import DELIVERIES, WORLD
from connectors.whatsapp.simulator.payloads import change, status
from connectors.whatsapp.simulator.world import Sent

if TYPE_CHECKING:
    from connectors.whatsapp.simulator.world import Customer, Fault, World

LONGEST_TEXT = 4096
STATES = ("sent", "delivered", "read")

# code -> status, title, details. The codes are the platform's; the words are ours, because a client must go by the code.
REFUSALS = {
    0: (401, "not signed in", "The app's user is not known here."),
    1: (500, "no reason known", "The request or the server is at fault."),
    2: (503, "down for now", "Overloaded or under repair."),
    3: (500, "not allowed to call this", "The app lacks the capability."),
    4: (400, "the app called too often", "Wait before the next call."),
    10: (403, "the app may not do this", "The permission was never given or was taken away."),
    100: (400, "a parameter is wrong", "Look at its name and its value."),
    190: (401, "the token is dead", "Its time is over or it was taken back."),
    200: (403, "the app's person may not do this", "A permission is missing."),
    368: (403, "shut out for a while", "The account broke a policy."),
    80007: (400, "the account called too often", "Its hourly share is used up."),
    130429: (429, "the number sends too fast", "Slow down."),
    131000: (500, "it did not work", "Nobody knows why."),
    131008: (400, "a parameter is missing", "Name all that are required."),
    131009: (400, "a value is wrong", "Look at what was filled in."),
    131016: (500, "a service is away", "Try it later."),
    131021: (400, "a number cannot write to itself", "Sender and receiver are one."),
    131026: (400, "cannot be delivered", "This number cannot take the message."),
    131030: (400, "not a test number", "A test account writes to listed numbers only."),
    131031: (403, "the account is locked", "Ask the platform why."),
    131042: (400, "the bill is not settled", "Look at the means of payment."),
    131045: (500, "the number is not registered well", "Register it again."),
    131047: (400, "the window is closed", "The customer wrote longer than a day ago."),
    131048: (400, "too many were marked as spam", "This number may send less for a while."),
    131050: (400, "wants no marketing", "The customer said so."),
    131051: (400, "this type is not known", "Send another type."),
    131053: (400, "the file did not arrive", "It could not be stored."),
    131056: (400, "too fast to this one customer", "Wait some seconds between two messages."),
    131057: (500, "the account is being worked on", "Try it later."),
    132001: (404, "no such template", "There is none in this language."),
    133016: (400, "registered too often", "Wait before the next try."),
}
SUBCODES = {"expired": 463, "revoked": 467}


def graph_routes() -> list[web.RouteDef]:
    return [
        web.post("/{version}/{number}/messages", _messages),
        web.get("/sim-media/{key}", _media_bytes),
        web.get("/{version}/{ident}", _node),
    ]


def refusal(
    code: int, details: str | None = None, *, subcode: int | None = None, headers: dict[str, str] | None = None
) -> web.Response:
    http, title, usual = REFUSALS.get(code, (400, "refused", "Refused."))
    error: dict[str, Any] = {
        "message": f"(#{code}) {title}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details or usual},
        "fbtrace_id": "SimTrace0000000000000",
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    return web.json_response({"error": error}, status=http, headers=headers)


def _barred(request: web.Request) -> web.Response | None:
    """Return why this token may not, None when it may."""
    world = request.app[WORLD]
    if request.headers.get("Authorization") != f"Bearer {world.bearer}":
        return refusal(190, "This is no token.")
    if world.standing == "no_permission":
        return refusal(10)
    return None if world.standing == "good" else refusal(190, subcode=SUBCODES.get(world.standing))


async def _messages(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    fault = world.faults.popleft() if world.faults else None
    if fault is not None and fault.kind == "drop_before":
        return _hang_up(request)
    barred = _barred(request) or _fault_answer(fault)
    if barred is not None:
        return barred
    try:
        body = await request.json()
    except ValueError:
        return refusal(100, "The request body is no valid JSON.")
    if request.match_info["number"] != world.number_id:
        return refusal(100, "Unsupported post request. Object does not exist or cannot be loaded.", subcode=33)
    wrong = _wrong(body)
    if wrong is not None:
        return refusal(100, wrong)
    if body.get("status") == "read":
        world.marked_read.append(str(body.get("message_id")))
        return web.json_response({"success": True})
    return _accept(request, body, fault)


def _fault_answer(fault: Fault | None) -> web.Response | None:
    """Return what fails before anything was accepted."""
    if fault is None:
        return None
    if fault.kind == "error":
        return refusal(fault.code, fault.details or None, headers=fault.headers)
    if fault.kind == "html":
        return web.Response(
            status=fault.code or 503, text="<html><body>Sorry, something went wrong.</body></html>", content_type="text/html"
        )
    if fault.kind == "empty":
        return web.Response(status=fault.code or 500)
    return None


def _wrong(body: Any) -> str | None:
    """Return what Meta has against a request."""
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
        return "The parameter messaging_product is required."
    if body.get("status") == "read":
        return None
    if not (body.get("to") or body.get("recipient")):
        return "The parameter to is required."
    sort = body.get("type", "text")
    part = body.get(sort)
    if not isinstance(part, dict):
        return f"The parameter {sort} is required."
    if sort == "text":
        text = part.get("body")
        if not isinstance(text, str) or not text:
            return "The parameter text['body'] is required."
        if len(text) > LONGEST_TEXT:
            return f"Param text['body'] must be at most {LONGEST_TEXT} characters long."
    return None


def _accept(request: web.Request, body: dict[str, Any], fault: Fault | None) -> web.StreamResponse:
    """Take a message, then tell by statuses how it fares: 200 promises nothing."""
    world, tell = request.app[WORLD], request.app[DELIVERIES].tell
    to = str(body.get("to") or body["recipient"])  # when both are there, `to` wins
    customer = world.customer(to)
    late = customer is not None and body.get("type") not in ("template", "reaction") and not world.window_is_open(customer)
    if late and world.closed_window == "answer":
        return refusal(131047)
    sent = Sent(wamid=world.wamid(), to=to, body=body, at=world.now)
    world.sent.append(sent)
    failed = (
        131026 if customer is None else 131047 if late else fault.code if fault is not None and fault.kind == "failed" else None
    )
    for state in _course(world, body, failed):
        sent.states.append(state)
        tell(change(world, "messages", statuses=[status(world, sent, state, _errors(failed) if state == "failed" else None)]))
    if fault is not None and fault.kind == "drop_after":
        return _hang_up(request)
    answer = json.dumps(_accepted(sent, customer, to, with_id=fault is None or fault.kind != "no_id"))
    if fault is not None and fault.kind == "cut_off":
        answer = answer[: len(answer) // 2]
    return web.Response(text=answer, content_type="application/json")


def _course(world: World, body: dict[str, Any], failed: int | None) -> tuple[str, ...]:
    if failed is not None:
        return ("sent", "failed") if failed == 131026 else ("failed",)  # noqa: PLR2004 - undeliverable is found out late
    if world.receipts == "none":
        return ()
    return ("sent",) if body.get("type") == "reaction" else STATES[: STATES.index(world.receipts) + 1]


def _errors(code: int | None) -> list[dict[str, Any]]:
    _, title, details = REFUSALS.get(code or 0, (400, "failed", "Failed."))
    return [{"code": code, "title": title, "message": title, "error_data": {"details": details}}]


def _accepted(sent: Sent, customer: Customer | None, to: str, *, with_id: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"input": to}
    if customer is None or to != customer.user_id:
        found["wa_id"] = to.removeprefix("+") if customer is None else customer.number
    else:
        found["user_id"] = customer.user_id
    messages = [{"id": sent.wamid, "message_status": "accepted"} if with_id else {}]
    return {"messaging_product": "whatsapp", "contacts": [found], "messages": messages}


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Break the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _node(request: web.Request) -> web.Response:
    """Answer for the number itself, or for a media id."""
    world = request.app[WORLD]
    fault = world.faults.popleft() if world.faults else None
    barred = _barred(request) or _fault_answer(fault)
    if barred is not None:
        return barred
    ident = request.match_info["ident"]
    if ident == world.number_id:
        known = {
            "id": world.number_id,
            "display_phone_number": f"+{world.shown_number}",
            "verified_name": "Meerkoet",
            "quality_rating": world.quality,
            "status": world.number_state,
            "code_verification_status": "VERIFIED",
        }
        asked = [name for name in request.query.get("fields", "").split(",") if name in known]
        text = json.dumps({name: known[name] for name in asked or known})
        return web.Response(
            text=text[:20] if fault is not None and fault.kind == "cut_off" else text, content_type="application/json"
        )
    media = world.media_by(ident)
    if media is None:
        return refusal(100, f"Object with ID '{ident}' does not exist or cannot be loaded.", subcode=33)
    address = str(request.url.origin() / "sim-media" / world.media_address(media))
    found = {
        "messaging_product": "whatsapp",
        "url": address,
        "mime_type": media.mime,
        "sha256": "0" * 64,
        "file_size": "8",
        "id": media.id,
    }
    return web.json_response(found)


async def _media_bytes(request: web.Request) -> web.Response:
    """Hand out a placeholder, to the token only, and only for five minutes."""
    barred = _barred(request)
    if barred is not None:
        return barred
    media = request.app[WORLD].media_at(request.match_info["key"])
    return (
        web.Response(status=404) if media is None else web.Response(body=b"SIMMEDIA", content_type=media.mime.partition(";")[0])
    )

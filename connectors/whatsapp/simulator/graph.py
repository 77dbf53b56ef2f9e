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

# code -> status, message, details
REFUSALS = {
    0: (401, "AuthException", "We were unable to authenticate the app user."),
    1: (500, "An unknown error occurred", "Invalid request or possible server error."),
    2: (503, "Service temporarily unavailable", "Temporary due to downtime or due to being overloaded."),
    3: (500, "Capability or permissions issue", "API method."),
    4: (400, "(#4) Application request limit reached", "The app has reached its API call rate limit."),
    10: (
        403,
        "(#10) Application does not have permission for this action",
        "Permission is either not granted or has been removed.",
    ),
    100: (400, "(#100) Invalid parameter", "The request included one or more unsupported or misspelled parameters."),
    190: (401, "Error validating access token: Session has expired", "Your access token has expired."),
    200: (403, "(#200) Permissions error", "You do not have the necessary permissions."),
    368: (403, "Temporarily blocked for policies violations", "The account has been restricted or disabled for a violation."),
    80007: (400, "(#80007) Rate limit issues", "The WhatsApp Business Account has reached its rate limit."),
    130429: (429, "(#130429) Rate limit hit", "Cloud API message throughput has been reached."),
    131000: (500, "(#131000) Something went wrong", "Message failed to send due to an unknown error."),
    131008: (400, "(#131008) Required parameter is missing", "The request is missing a required parameter."),
    131009: (400, "(#131009) Parameter value is not valid", "One or more parameter values are invalid."),
    131016: (500, "(#131016) Service unavailable", "A service is temporarily unavailable."),
    131021: (400, "(#131021) Recipient cannot be sender", "Sender and recipient phone number is the same."),
    131026: (400, "(#131026) Message undeliverable", "Message Undeliverable."),
    131030: (
        400,
        "(#131030) Recipient phone number not in allowed list",
        "Add recipient phone number to recipient list and try again.",
    ),
    131031: (403, "(#131031) Business Account locked", "The business account has been restricted or disabled."),
    131042: (400, "(#131042) Business eligibility payment issue", "There was an error related to your payment method."),
    131045: (500, "(#131045) Incorrect certificate", "Message failed to send due to a phone number registration error."),
    131047: (400, "(#131047) Re-engagement message", "More than 24 hours have passed since the customer last replied."),
    131048: (400, "(#131048) Spam rate limit hit", "There are restrictions on how many messages can be sent from this number."),
    131050: (400, "(#131050) User has stopped marketing messages", "The recipient has chosen to stop marketing messages."),
    131051: (400, "(#131051) Unsupported message type", "Message type is currently not supported."),
    131053: (400, "(#131053) Media upload error", "Unable to upload the media used in the message."),
    131056: (400, "(#131056) (Business Account, Consumer Account) pair rate limit hit", "Too many messages to the same number."),
    131057: (500, "(#131057) Account in maintenance mode", "Business Account is in maintenance mode."),
    132001: (404, "(#132001) Template name does not exist in the translation", "The template does not exist in this language."),
    133016: (400, "(#133016) Account register deregister rate limit exceeded", "Too many attempts."),
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
    http, message, usual = REFUSALS.get(code, (400, f"(#{code}) Refused", "Refused."))
    error: dict[str, Any] = {
        "message": message,
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
        return refusal(190, "Invalid OAuth access token - Cannot parse access token.")
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
    _, message, details = REFUSALS.get(code or 0, (400, "Failed", "Failed."))
    title = message.partition(") ")[2] or message
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

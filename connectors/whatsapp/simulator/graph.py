"""The Graph API as our client meets it: sending, receipts, the number itself. Every refusal in Meta's own shape.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.whatsapp.simulator.keys import DELIVERIES, WORLD
from connectors.whatsapp.simulator.media import media_answer, media_bytes, upload
from connectors.whatsapp.simulator.payloads import change, status
from connectors.whatsapp.simulator.refusals import barred, errors_of, fault_answer, hang_up, refusal
from connectors.whatsapp.simulator.world import Sent

if TYPE_CHECKING:
    from connectors.whatsapp.simulator.world import Customer, Fault, World

LONGEST_TEXT, LONGEST_CAPTION = 4096, 1024
MEDIA = ("image", "video", "audio", "document", "sticker")
STATES = ("sent", "delivered", "read")
UNDELIVERABLE, TOO_LATE = 131026, 131047
WRONG_GAPS, NO_TEMPLATE = 132000, 132001
OUT_OF_USE = {"paused": 132015, "disabled": 132016}


def graph_routes() -> list[web.RouteDef]:
    return [
        web.post("/{version}/{number}/messages", _messages),
        web.post("/{version}/{number}/media", upload),
        web.post("/", _batch),
        web.get("/sim-media/{key}", media_bytes),
        web.get("/{version}/{ident}", _node),
    ]


async def _messages(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    fault = world.next_fault()
    if fault is not None and fault.kind == "drop_before":
        return hang_up(request)
    refused = barred(request) or fault_answer(fault)
    if refused is not None:
        return refused
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
    code = _against(world, body)
    return _accept(request, body, fault) if code is None else refusal(code)


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
    if sort in MEDIA and len(str(part.get("caption", ""))) > LONGEST_CAPTION:
        return f"Param {sort}['caption'] must be at most {LONGEST_CAPTION} characters long."
    return None


def _against(world: World, body: dict[str, Any]) -> int | None:
    """Return the code that speaks against a well-formed message: its template, its file, the window, the pace."""
    sort = body.get("type", "text")
    if sort == "template" and (code := _against_template(world, body["template"])) is not None:
        return code
    if sort in MEDIA and world.media_by(str(body[sort].get("id"))) is None:
        return 131053
    if world.closed_window == "answer" and _is_late(world, body):
        return TOO_LATE
    return world.limits.refusal(_addressee(body), world.now)


def _against_template(world: World, part: dict[str, Any]) -> int | None:
    language = part.get("language")
    found = world.templates.get((str(part.get("name")), str(language.get("code")) if isinstance(language, dict) else ""))
    if found is None:
        return NO_TEMPLATE
    gaps = sum(len(one.get("parameters", [])) for one in part.get("components", []) if one.get("type") == "body")
    return WRONG_GAPS if gaps != found.gaps else OUT_OF_USE.get(found.state)


def _addressee(body: dict[str, Any]) -> str:
    return str(body.get("to") or body["recipient"])  # when both are there, `to` wins


def _is_late(world: World, body: dict[str, Any]) -> bool:
    customer = world.customer(_addressee(body))
    return customer is not None and body.get("type") not in ("template", "reaction") and not world.window_is_open(customer)


def _accept(request: web.Request, body: dict[str, Any], fault: Fault | None) -> web.StreamResponse:
    """Take a message, then tell by statuses how it fares: 200 promises nothing."""
    world, tell = request.app[WORLD], request.app[DELIVERIES].tell
    to = _addressee(body)
    customer = world.customer(to)
    sent = Sent(wamid=world.wamid(), to=to, body=body, at=world.now)
    world.sent.append(sent)
    failed = UNDELIVERABLE if customer is None else TOO_LATE if _is_late(world, body) else None
    if failed is None and fault is not None and fault.kind == "failed":
        failed = fault.code
    for state in _course(world, body, failed):
        sent.states.append(state)
        tell(
            change(
                world, "messages", statuses=[status(world, sent, state, errors_of(failed or 0) if state == "failed" else None)]
            )
        )
    if fault is not None and fault.kind == "drop_after":
        return hang_up(request)
    answer = json.dumps(_accepted(sent, customer, to, with_id=fault is None or fault.kind != "no_id"))
    if fault is not None and fault.kind == "cut_off":
        answer = answer[: len(answer) // 2]
    return web.Response(text=answer, content_type="application/json")


def _course(world: World, body: dict[str, Any], failed: int | None) -> tuple[str, ...]:
    if failed is not None:
        return ("sent", "failed") if failed == UNDELIVERABLE else ("failed",)  # that is found out late
    if world.receipts == "none":
        return ()
    return ("sent",) if body.get("type") == "reaction" else STATES[: STATES.index(world.receipts) + 1]


def _accepted(sent: Sent, customer: Customer | None, to: str, *, with_id: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"input": to}
    if customer is None or to != customer.user_id:
        found["wa_id"] = to.removeprefix("+") if customer is None else customer.number
    else:
        found["user_id"] = customer.user_id
    messages = [{"id": sent.wamid, "message_status": "accepted"} if with_id else {}]
    return {"messaging_product": "whatsapp", "contacts": [found], "messages": messages}


async def _batch(request: web.Request) -> web.StreamResponse:
    """Answer what is asked of the token, the only thing that is asked in a batch here."""
    world = request.app[WORLD]
    refused = barred(request)
    if refused is not None:
        return refused
    asked = json.loads((await request.json())["batch"])
    return web.json_response([_part(world, str(one["relative_url"])) for one in asked])


def _part(world: World, address: str) -> dict[str, Any]:
    if not address.partition("/")[2].startswith("debug_token?"):
        return {"code": 400, "body": json.dumps({"error": {"code": 100, "type": "OAuthException"}})}
    ends = 0 if world.token_ends is None else int(world.token_ends.timestamp())
    data = {"type": "SYSTEM_USER", "is_valid": True, "expires_at": ends, "data_access_expires_at": 0, "scopes": world.scopes}
    return {"code": 200, "body": json.dumps({"data": data})}


async def _node(request: web.Request) -> web.Response:
    """Answer for the number itself, or for a file."""
    world = request.app[WORLD]
    fault = world.next_fault()
    refused = barred(request) or fault_answer(fault)
    if refused is not None:
        return refused
    ident = request.match_info["ident"]
    if ident != world.number_id:
        return media_answer(request, world.media_by(ident))
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

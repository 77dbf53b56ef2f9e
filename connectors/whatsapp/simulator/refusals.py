"""How the Graph API says no: every code in Meta's own shape, and the other ways in which a call may end.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.whatsapp.simulator.keys import WORLD

if TYPE_CHECKING:
    from connectors.whatsapp.simulator.world import Fault

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
    131049: (400, "held back for the customer's peace", "Enough marketing for now."),
    131050: (400, "wants no marketing", "The customer said so."),
    131051: (400, "this type is not known", "Send another type."),
    131052: (400, "the file could not be fetched", "It never left the customer's phone."),
    131053: (400, "the file did not arrive", "It could not be stored."),
    131056: (400, "too fast to this one customer", "Wait some seconds between two messages."),
    131057: (500, "the account is being worked on", "Try it later."),
    132000: (400, "wrong number of parameters", "The template has more gaps, or fewer."),
    132001: (404, "no such template", "There is none in this language."),
    132015: (400, "the template is paused", "Too many customers marked it."),
    132016: (400, "the template is switched off", "It was paused too often."),
    133016: (400, "registered too often", "Wait before the next try."),
}
SUBCODES = {"expired": 463, "revoked": 467}


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


def errors_of(code: int) -> list[dict[str, Any]]:
    """Return how a webhook says the same."""
    _, title, details = REFUSALS.get(code, (400, "failed", "Failed."))
    return [{"code": code, "title": title, "message": title, "error_data": {"details": details}}]


def barred(request: web.Request) -> web.Response | None:
    """Return why this token may not, None when it may."""
    world = request.app[WORLD]
    if request.headers.get("Authorization") != f"Bearer {world.bearer}":
        return refusal(190, "This is no token.")
    if world.standing == "no_permission":
        return refusal(10)
    return None if world.standing == "good" else refusal(190, subcode=SUBCODES.get(world.standing))


def fault_answer(fault: Fault | None) -> web.Response | None:
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


def hang_up(request: web.Request) -> web.StreamResponse:
    """Break the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)

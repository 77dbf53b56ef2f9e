"""What every request passes first: the signature, the rate limit, and the faults that a test has ordered."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web
from tweepy.asynchronous.client import OAuthClient

from connectors.twitter.simulator.answers import PROBLEMS, forbidden, legacy, problem
from connectors.twitter.simulator.world import KEYS, WINDOW, WORLD, Fault, World

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

TOO_MANY = "Too Many Requests"
HANG_UP = frozenset({"hang", "drop", "lose"})


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request through as X would."""
    if request.path.startswith("/_sim"):
        return await handler(request)
    world = request.app[WORLD]
    await request.read()
    fault = next((one for one in world.faults if one.fits(request.method, request.path)), None)
    if fault is not None:
        fault.times -= 1
    response = await _answer(request, handler, world, fault)
    response.headers["Date"] = format_datetime(world.now, usegmt=True)
    return response


async def _answer(request: web.Request, handler: Handler, world: World, fault: Fault | None) -> web.StreamResponse:
    if fault is not None and fault.kind not in HANG_UP:
        return _broken(fault, world)
    if world.is_revoked or not _is_signed(request):
        return problem(401, "Unauthorized", "Unauthorized")
    limit = next((part for part in world.limits if part in request.path), None)
    if limit is not None and world.used[limit] >= world.limits[limit]:
        return limited("problem", world, "ahead")
    if limit is not None:
        world.used[limit] += 1
    if fault is not None and fault.kind == "drop":
        return await _hang_up(request)
    response = await handler(request)
    if fault is not None and fault.kind == "lose":  # done, and the answer never arrives
        return await _hang_up(request)
    if fault is not None:
        await world.silence.wait()  # done, and silent until the caller has given up
    if limit is not None:
        response.headers.update(_window(world, world.limits[limit], world.limits[limit] - world.used[limit], "ahead"))
    response.headers["x-access-level"] = world.access
    return response


async def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


def _is_signed(request: web.Request) -> bool:
    """Return whether the request carries the signature of our four keys for this very address."""
    head = request.headers.get("Authorization", "")
    fields = dict(part.strip().split("=", 1) for part in head.removeprefix("OAuth ").split(",") if "=" in part)
    given = {name: unquote(value.strip('"')) for name, value in fields.items()}
    signer = OAuthClient(
        KEYS["consumer_key"],
        KEYS["consumer_secret"],
        KEYS["access_token"],
        KEYS["access_token_secret"],
        nonce=given.get("oauth_nonce", "none"),
        timestamp=given.get("oauth_timestamp", "0"),
    )
    unsigned = {"Content-Type": "application/json"} if request.method == "POST" else {}
    _, signed, _ = signer.sign(str(request.url), request.method, headers=unsigned)
    wanted = signed["Authorization"]
    return bool(given) and f'oauth_signature="{fields.get("oauth_signature", "").strip(chr(34))}"' in wanted


def _window(world: World, limit: int, remaining: int, reset: str) -> dict[str, str]:
    end = int((world.window_from + WINDOW).timestamp()) if reset == "ahead" else int(world.now.timestamp()) - 5
    return {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(end),
    }


def limited(shape: str, world: World, reset: str) -> web.Response:
    """Return a rate limit in one of the three shapes that X itself shows."""
    response = {
        "legacy": lambda: legacy(429, 88, "Rate limit exceeded"),
        "problem": lambda: problem(429, TOO_MANY, TOO_MANY),
        "mixed": lambda: problem(429, TOO_MANY, TOO_MANY, errors=[{"code": 88, "message": "Rate limit exceeded"}]),
    }[shape]()
    if reset != "none":
        response.headers.update(_window(world, 300, 0, reset))
    return response


def _broken(fault: Fault, world: World) -> web.Response:
    """Return what a fault makes of an answer."""
    kind = fault.kind
    if kind.startswith("limit-"):
        return limited(kind.removeprefix("limit-"), world, fault.reset)
    made: dict[str, Any] = {
        "html": lambda: web.Response(status=503, text="<html><h1>503 Service Unavailable</h1></html>", content_type="text/html"),
        "empty": lambda: web.Response(status=502),
        "server": lambda: legacy(500, 131, "Internal error"),
        "truncated": lambda: web.Response(text='{"data": [{"id": "19', content_type="application/json"),
        "page": lambda: web.Response(text="<html>Something went wrong</html>", content_type="text/html"),
        "nameless": lambda: web.json_response({"data": {}}, status=201),
        "capped": lambda: problem(
            429,
            "UsageCapExceeded",
            "Usage cap exceeded: Monthly product cap",
            f"{PROBLEMS}/usage-capped",
            period="Monthly",
            scope="Product",
        ),
        "unpaid": lambda: problem(402, "CreditsDepleted", "Your account has no credits.", f"{PROBLEMS}/credits"),
        "spent": lambda: forbidden("Your spending limit has been reached."),
        "unauthorized": lambda: legacy(401, 89, "Invalid or expired token."),
        "unenrolled": lambda: problem(
            403, "Client Forbidden", "Attach the app to a project.", f"{PROBLEMS}/client-forbidden", reason="client-not-enrolled"
        ),
        "access": lambda: legacy(403, 453, "You currently have access to a subset of X API V2 endpoints"),
    }
    response: web.Response = made[kind]()
    return response

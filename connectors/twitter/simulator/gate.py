"""What every request passes first: the signature, the rate limit, the bill, and the faults that a test has ordered."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from aiohttp import web
from tweepy.asynchronous.client import OAuthClient

from connectors.twitter.simulator.refusing import forbidden, kind_of, legacy, problem
from connectors.twitter.simulator.world import KEYS, WINDOW, WORLD, Fault, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp.typedefs import Handler

TOO_MANY = "Too Many Requests"
HANG_UP = frozenset({"hang", "drop", "lose"})
OPEN = ("/_sim", "/media/")  # the script, and the pictures of posts, which anybody may see
# A user of a self-serve app: https://docs.x.com/x-api/fundamentals/rate-limits
DOCUMENTED: Final = {
    "/mentions": 300,
    "GET /2/tweets/search/recent": 300,
    "GET /2/users/me": 75,
    "GET /2/users/": 900,
    "GET /2/tweets": 5000,
    "POST /2/tweets": 100,
    "/dm_events": 15,
    "/messages": 15,
    "/hidden": 50,
    "/likes": 50,
}


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request through as X would."""
    if request.path.startswith(OPEN):
        return await handler(request)
    world = request.app[WORLD]
    if request.content_type != "multipart/form-data":  # a form is read once, where it is understood
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
    called = f"{request.method} {request.path}"
    limit = next((part for part in world.limits if part in called), None)
    if limit is not None and world.used[limit] >= world.limits[limit]:
        return _spent(world, limit)
    if limit is not None:
        world.used[limit] += 1
    if (unpaid := _unpaid(request, world)) is not None:
        return unpaid
    if fault is not None and fault.kind == "drop":
        return await _hang_up(request)
    response = await handler(request)
    if fault is not None and fault.kind == "lose":  # done, and the answer never arrives
        return await _hang_up(request)
    if fault is not None:
        await world.silence.wait()  # done, and silent until the caller has given up
    if limit is not None:
        response.headers.update(_used(world, limit))
    response.headers["x-access-level"] = world.access
    return response


def _unpaid(request: web.Request, world: World) -> web.Response | None:
    """Return that the plan has read all that it may, or that there is nothing left to pay with."""
    if world.meter.is_capped and request.method == "GET" and "/users/me" not in request.path:
        return _capped(world)
    if world.meter.is_unpaid:
        return _no_credits(world) if world.unpaid_status == 402 else forbidden(world, "Your spending limit has been reached.")  # noqa: PLR2004
    return None


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


# --- limits


def _used(world: World, limit: str) -> dict[str, str]:
    """Return the headers of a limit; those of a day have names of their own."""
    most, left = world.limits[limit], world.limits[limit] - world.used[limit]
    if limit not in world.daily:
        return _window(world, most, left, "ahead")
    headers = _window(world, most, left, "ahead", world.day_from + timedelta(days=1))
    return {name.replace("x-rate-limit", "x-user-limit-24hour"): value for name, value in headers.items()}


def _spent(world: World, limit: str) -> web.Response:
    response = limited("problem", world, "none")
    response.headers.update(_used(world, limit))
    return response


def _window(world: World, limit: int, remaining: int, reset: str, end: Any = None) -> dict[str, str]:
    until = end or world.window_from + WINDOW
    seconds = int(until.timestamp()) if reset == "ahead" else int(world.now.timestamp()) - 5
    return {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(seconds),
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


# --- faults


def _capped(world: World) -> web.Response:
    kind = kind_of("usage-capped", world)
    detail = "Usage cap exceeded: Monthly product cap"
    return problem(429, "UsageCapExceeded", detail, kind, period="Monthly", scope="Product")


def _no_credits(world: World) -> web.Response:
    return problem(402, "CreditsDepleted", "Your account has no credits.", kind_of("credits", world))


def _broken(fault: Fault, world: World) -> web.Response:
    """Return what a fault makes of an answer."""
    if fault.kind.startswith("limit-"):
        return limited(fault.kind.removeprefix("limit-"), world, fault.reset)
    response = _FAULTS[fault.kind](fault, world)
    if fault.status:
        response.set_status(fault.status)
    return response


def _refused(fault: Fault, world: World) -> web.Response:
    """Return any refusal: of the older family where it has a code."""
    status, detail = fault.status or 403, fault.detail or "Refused."
    if fault.code:
        return legacy(status, fault.code, detail)
    return problem(status, fault.type or "Forbidden", detail, kind_of(fault.type, world) if fault.type else "about:blank")


def _html(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=f"<html><h1>{text}</h1></html>", content_type="text/html")


_FAULTS: Final[Mapping[str, Callable[[Fault, World], web.Response]]] = {
    "html": lambda *_: _html(503, "503 Service Unavailable"),
    "empty": lambda *_: web.Response(status=502),
    "server": lambda *_: legacy(500, 131, "Internal error"),
    "truncated": lambda *_: web.Response(text='{"data": [{"id": "19', content_type="application/json"),
    "page": lambda *_: _html(200, "Something went wrong"),
    "nothing": lambda *_: web.Response(status=200),
    "nameless": lambda *_: web.json_response({"data": {}}, status=201),
    "capped": lambda _, world: _capped(world),
    "unpaid": lambda _, world: _no_credits(world),
    "spent": lambda _, world: forbidden(world, "Your spending limit has been reached."),
    "unauthorized": lambda *_: legacy(401, 89, "Invalid or expired token."),
    "unenrolled": lambda _, world: problem(
        403,
        "Client Forbidden",
        "Attach the app to a project.",
        kind_of("client-forbidden", world),
        reason="client-not-enrolled",
        registration_url="https://developer.x.com",
    ),
    "access": lambda *_: legacy(403, 453, "You currently have access to a subset of X API V2 endpoints"),
    "refuse": _refused,
}
KINDS: Final = HANG_UP | _FAULTS.keys() | {"limit-legacy", "limit-problem", "limit-mixed"}

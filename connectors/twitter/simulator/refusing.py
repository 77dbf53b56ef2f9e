"""How X refuses, in either family of bodies: https://docs.x.com/x-api/fundamentals/response-codes-and-errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from connectors.twitter.simulator.world import World

_HOSTS = {"tweet": "https://api.twitter.com/2/problems", "post": "https://api.x.com/2/problems"}


def kind_of(name: str, world: World) -> str:
    """Return the address of a kind of problem: either host is in use."""
    return f"{world.host or _HOSTS[world.names]}/{name}"


def _missing(found: str, kind: str, parameter: str) -> dict[str, Any]:
    return {"value": found, "resource_type": kind, "parameter": parameter, "resource_id": found}


def not_found(found: str, kind: str, parameter: str, world: World) -> dict[str, Any]:
    named = "post" if kind == "tweet" and world.names == "post" else kind
    return {
        **_missing(found, named, parameter),
        "detail": f"Could not find {named} with {parameter}: [{found}].",
        "title": "Not Found Error",
        "type": kind_of("resource-not-found", world),
    }


def not_authorized(found: str, kind: str, parameter: str, world: World) -> dict[str, Any]:
    """Return what a lookup says of what we may not see: the posts of a protected account."""
    named = "post" if kind == "tweet" and world.names == "post" else kind
    return {
        **_missing(found, named, parameter),
        "detail": f"Sorry, you are not authorized to see the {named} with {parameter}: [{found}].",
        "title": "Authorization Error",
        "section": "data",
        "type": kind_of("not-authorized-for-resource", world),
    }


def problem(status: int, title: str, detail: str, kind: str = "about:blank", **more: Any) -> web.Response:
    """Return a refusal of the newer family."""
    return web.json_response({"title": title, "detail": detail, "type": kind, "status": status, **more}, status=status)


def legacy(status: int, code: int, message: str) -> web.Response:
    """Return a refusal of the older family."""
    return web.json_response({"errors": [{"code": code, "message": message}]}, status=status)


def invalid(world: World, parameter: str, value: str, message: str) -> web.Response:
    errors = [{"parameters": {parameter: [value]}, "message": f"The `{parameter}` parameter {message}"}]
    detail = "One or more parameters to your request was invalid."
    return problem(400, "Invalid Request", detail, kind_of("invalid-request", world), errors=errors)


def forbidden(world: World, detail: str, code: int = 0) -> web.Response:
    """Return a 403 of the family that this X answers in; what never had a code has none."""
    return legacy(403, code, detail) if code and world.family == "legacy" else problem(403, "Forbidden", detail)


def gone(world: World, found: str, kind: str, parameter: str) -> web.Response:
    missing = not_found(found, kind, parameter, world)
    return web.json_response(
        {"errors": [missing], **{key: missing[key] for key in ("title", "detail", "type")}, "status": 404}, status=404
    )

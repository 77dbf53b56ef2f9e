"""Three applications, each for an address of its own: what the internet may reach, what people reach, what only machines of ours reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from webcare.web.health import health_routes
from webcare.web.hooks import Hooks
from webcare.web.site import create_inbox

if TYPE_CHECKING:
    from webcare.web.parts import Parts


def create_hooks_app(parts: Parts) -> web.Application:
    """Return what platforms reach: webhooks, and nothing else."""
    app = web.Application()
    app.router.add_routes(Hooks(parts).routes())
    return app


def create_metrics_app(parts: Parts) -> web.Application:
    """Return what our own monitoring reaches: /metrics, and health."""

    async def metrics(request: web.Request) -> web.Response:
        page, content_type = await parts.metrics.scrape(request.headers.get("Accept", ""))
        return web.Response(body=page, headers={"Content-Type": content_type})

    app = web.Application()
    app.router.add_routes([web.get("/metrics", metrics), *health_routes(parts.health, parts.clock)])
    return app


def create_site_app(parts: Parts) -> web.Application:
    """Return what people reach: the inbox, and health."""
    app = web.Application() if parts.inbox is None else create_inbox(parts, parts.inbox)
    app.router.add_routes(health_routes(parts.health, parts.clock))
    return app

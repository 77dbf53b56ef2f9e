"""WhatsApp played faithfully over real HTTP: what the demo and the tests talk to instead of Meta.

    our client  --POST /{version}/{number}/messages-->  graph.py   --> world.py (customers, windows, what was sent)
    our webhook <--signed, twice, late, out of order--  deliveries.py <---'
    a script    --POST /_sim/...-->                     script.py: what customers do, what goes wrong, what time it is

It reads no clock and never waits: time is what the script says, or what the clock says that it is handed. So a day takes no longer than
its events, and every redelivery happens when the script moves time past it.
"""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING

from aiohttp import web

from connectors.whatsapp.simulator.deliveries import Deliveries
from connectors.whatsapp.simulator.graph import graph_routes
from connectors.whatsapp.simulator.keys import DELIVERIES, WORLD
from connectors.whatsapp.simulator.script import script_routes
from connectors.whatsapp.simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def create_app(clock: Callable[[], datetime] | None = None) -> web.Application:
    """Return the application. Without a clock, time stands still until the script moves it."""
    app = web.Application(client_max_size=4 * 1024 * 1024)
    world = World(clock=clock)
    app[WORLD], app[DELIVERIES] = world, Deliveries(world)
    app.router.add_routes(script_routes())
    app.router.add_routes(graph_routes())  # last: its addresses match almost anything
    app.on_response_prepare.append(_stamp)
    app.cleanup_ctx.append(app[DELIVERIES].session)
    return app


async def _stamp(request: web.Request, response: web.StreamResponse) -> None:
    """Say what time it is here: the client has no other clock to count a limit from."""
    response.headers["Date"] = format_datetime(request.app[WORLD].now.astimezone(UTC), usegmt=True)

"""Facebook played over real HTTP: a page, its visitors and their Messenger, for the demo and the tests.

    our client  --Bearer-->  graph.py      feed, comments, conversations, messages, subscriptions
    our webhook <--signed--  deliveries.py once, twice, late, out of order
    a script    --POST /_sim/...-->  script.py   what people do, what goes wrong, what time it is

It reads no clock and never waits: time is what the script says, or what the clock says that it is handed.
"""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING

from aiohttp import web

from connectors.facebook.simulator.graph import graph_routes
from connectors.facebook.simulator.keys import DELIVERIES, WORLD
from connectors.facebook.simulator.script import script_routes
from connectors.facebook.simulator.telling import as_of_old
from connectors.facebook.simulator.world import APP_SECRET, PAGE, VERIFY_TOKEN, World
from connectors.meta_deliveries import Deliveries

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

LARGEST_BODY = 32 * 1024**2  # files that are brought


def app(clock: Callable[[], datetime] | None = None) -> web.Application:
    """Return the application. Without a clock, time stands still until the script moves it."""
    application = web.Application(client_max_size=LARGEST_BODY)
    world = World(clock=clock)
    application[WORLD] = world
    application[DELIVERIES] = Deliveries(
        world=world,
        kind="page",
        account=PAGE,
        app_secret=APP_SECRET,
        verify_token=VERIFY_TOKEN,
        moulded=lambda body: as_of_old(body) if world.is_old else body,
    )
    application.router.add_routes([*script_routes(), *graph_routes()])  # in this order: Graph's addresses match almost anything
    application.on_response_prepare.append(_stamp)
    application.cleanup_ctx.append(application[DELIVERIES].session)
    return application


async def _stamp(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Date"] = format_datetime(request.app[WORLD].now, usegmt=True)

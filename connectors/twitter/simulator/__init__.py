"""X as the connector meets it, over real HTTP: state, pages, limits, refusals, webhooks. `app()` returns it.

    /2/...      what X answers (routes.py, writing.py, uploads.py), as its documentation and the recorded answers show it (answers.py)
    /media/...  pictures, and under /dm/ those of messages (uploads.py)
    /_sim/...   what a test or the demo makes happen (script.py), webhooks included (happenings.py, calling.py)

Its time is its own: it stands still until `POST /_sim/clock` moves it, so that nothing here depends on a machine's clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from connectors.twitter.simulator.gate import gate
from connectors.twitter.simulator.routes import routes
from connectors.twitter.simulator.script import script
from connectors.twitter.simulator.uploads import LARGEST_REQUEST
from connectors.twitter.simulator.world import WORLD, World

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["WORLD", "World", "app"]


def app(now: datetime | None = None) -> web.Application:
    """Return a world of its own, with one account of ours: number 783200001, @klaverenergie."""
    application = web.Application(middlewares=[gate], client_max_size=LARGEST_REQUEST)
    application[WORLD] = World() if now is None else World(now=now, window_from=now, day_from=now)
    application.on_shutdown.append(_end_of_silence)
    application.add_routes(routes())
    application.add_routes(script())
    return application


async def _end_of_silence(application: web.Application) -> None:
    application[WORLD].silence.set()

"""Which channels are in trouble, and whether the model is, for the menu of every page: asked every ten seconds, whoever opens pages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from aiohttp import web

from webcare.services import channels_view, model_health
from webcare.web.gate import FRAGMENT, UNCHANGING
from webcare.web.here import HERE
from webcare.web.lately import Lately

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from webcare.services.channels_view import Trouble
    from webcare.web.parts import Inbox, Parts

EVERY: Final = timedelta(seconds=10)


class Glance:
    """A middleware, behind those of the gate."""

    def __init__(self, parts: Parts, inbox: Inbox) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._lately = Lately(self._ask, parts.clock, EVERY)

    async def _ask(self) -> tuple[tuple[Trouble, ...], bool]:
        read, machine = self._inbox.door.read, self._clock.machine()
        try:
            found = await read(channels_view.troubles, self._inbox.channels(), machine=machine)
            is_model_away = bool(await read(model_health.in_trouble, machine))
        except self._inbox.trouble:
            return (), False  # the page itself says that the database is away
        return tuple(found), is_model_away

    @web.middleware
    async def look(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note for a whole page what is wrong with the channels and the model."""
        here = request.get(HERE)
        is_page = request.method in UNCHANGING and FRAGMENT not in request.headers and not request.path.startswith("/static/")
        if here is not None and here.visitor is not None and is_page and request.path != "/events":
            here.troubles, here.is_model_away = await self._lately.ask()
        return await handler(request)

"""Views of the queue that people keep: saved and removed here, drawn in the queue. Everybody has their own, and reaches no other's."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from aiohttp import web

from webcare.services import views
from webcare.services.queue import Filters
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other
from webcare.web.queue_page import address

if TYPE_CHECKING:
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts


class ViewsPage:
    """The handlers."""

    def __init__(self, _parts: Parts, inbox: Inbox, _pages: Pages) -> None:
        self._inbox = inbox

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/views", self.save), web.post("/views/{view:[0-9]{1,18}}/remove", self.remove)]

    async def save(self, request: web.Request) -> web.StreamResponse:
        """Keep the filters that are shown, under a name."""
        who, form = request[HERE].who, await request.post()
        filters = Filters.from_query(dict(parse_qsl(field(form, "filters"))))
        try:
            await self._inbox.door.write(views.save, who.id, field(form, "name"), filters)
        except ValueError:
            return seen_other(address(filters, flaw="name"))
        except OverflowError:
            return seen_other(address(filters, flaw="full"))
        name = " ".join(field(form, "name").split())
        kept = await self._inbox.door.read(views.views, who.id)
        return seen_other(address(filters, kept=next((str(one.id) for one in kept if one.name == name), "")))

    async def remove(self, request: web.Request) -> web.StreamResponse:
        """Drop one of one's own."""
        filters = Filters.from_query(dict(parse_qsl(field(await request.post(), "filters"))))
        if not await self._inbox.door.write(views.remove, request[HERE].who.id, int(request.match_info["view"])):
            raise web.HTTPNotFound
        return seen_other(address(filters))

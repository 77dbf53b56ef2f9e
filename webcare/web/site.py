"""What people reach: the inbox, put together. A page is a class with `routes()`; `gate` stands before all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web

from webcare.web.assets import Assets
from webcare.web.case_page import CasePage
from webcare.web.events import Events
from webcare.web.gate import Gate, add_headers
from webcare.web.login_pages import LoginPages
from webcare.web.pages import Pages
from webcare.web.queue_page import QueuePage

if TYPE_CHECKING:
    from webcare.web.parts import Inbox, Parts

LARGEST_FORM: Final = 256 * 1024


def create_inbox(parts: Parts, inbox: Inbox) -> web.Application:
    """Return the inbox."""
    assets = Assets()
    pages, gate, events = Pages(parts, inbox, assets), Gate(parts, inbox), Events(parts, inbox)
    app = web.Application(
        middlewares=[gate.greet, pages.errors, gate.transport, gate.session, gate.origin, gate.role],
        client_max_size=LARGEST_FORM,
    )
    app.on_response_prepare.append(add_headers)
    app.on_startup.append(events.start)
    app.on_shutdown.append(events.stop)
    app.router.add_get("/static/{name}", assets.get)
    for page in (LoginPages(parts, inbox, pages), QueuePage(parts, inbox, pages), CasePage(parts, inbox, pages), events):
        app.router.add_routes(page.routes())
    return app

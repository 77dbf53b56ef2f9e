"""People: who works here, for leads to read and for administrators to change.

A target is written once into a form and never shown again. A one-time link is shown in the answer to the form that made it, and nowhere
else: in no address, and not after the page was left.
"""

from __future__ import annotations

import secrets
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from webcare.domain.rota import Role
from webcare.services import desk, queue, staff
from webcare.services.desk import Action
from webcare.services.staff import CannotDo, Facts
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other
from webcare.web.say import say

if TYPE_CHECKING:
    from datetime import datetime

    from multidict import MultiDictProxy

    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts

PERSON: Final = "/people/{person}"
LONGEST: Final = 3000
MOVES: Final = {"up": -1, "down": 1}


class PeoplePage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/people", self.show),
            web.post("/people", self.add),
            web.post(f"{PERSON}/link", self.link),
            web.post(f"{PERSON}/change", self.change),
            web.post(f"{PERSON}/off", self.off),
            web.post(f"{PERSON}/on", self.on),
            web.post(f"{PERSON}/contacts", self.contacts),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show everybody."""
        if not desk.may(request[HERE].who.role, Action.ROTA):
            raise NotYours
        return await self._page(request)

    async def _page(self, request: web.Request, *, status: int = 200, **shown: Any) -> web.Response:
        here = request[HERE]
        members = await self._inbox.door.read(staff.members)
        counts = await self._inbox.door.read(queue.counts, now=self._clock.now(), person=here.who.id)
        return self._pages.page(
            request,
            "people.html",
            status=status,
            counts=counts,
            members=members,
            machine=say(here.language, here.who.zone, self._clock.machine()),  # logins live in the machine's time
            changes=desk.may(here.who.role, Action.PEOPLE),
            roles=[role.value for role in Role],
            zone=self._inbox.zone,
            problem=shown.get("problem"),
            link=shown.get("link"),
            link_said=shown.get("link_said"),
            notice=self._pages.say(here).words.people.saved if "saved" in request.query else None,
        )

    # --- changes ---

    async def _form(self, request: web.Request) -> MultiDictProxy[Any]:
        if not desk.may(request[HERE].who.role, Action.PEOPLE):
            raise NotYours
        return await request.post()

    async def _do(self, request: web.Request, unit: Any, *said: Any, **more: Any) -> Any:
        """Run a unit; what cannot be is a page that says so.

        Raises:
            HTTPNotFound: there is nobody of this name.
        """
        by, now = request[HERE].who.id, self._clock.machine()
        try:
            return await self._inbox.door.write(unit, *said, **more, by=by, now=now)
        except CannotDo as refused:
            problem = self._pages.say(request[HERE]).words.people.refused[refused.why.value]
            return await self._page(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem=problem)
        except LookupError:
            raise web.HTTPNotFound from None

    async def _done(self, request: web.Request, unit: Any, *said: Any, **more: Any) -> web.Response:
        refusal = await self._do(request, unit, *said, **more)
        return refusal if isinstance(refusal, web.Response) else seen_other("/people?saved=1")

    async def _linked(self, request: web.Request, name: str, unit: Any, *said: Any, **more: Any) -> web.Response:
        link = secrets.token_urlsafe(32)
        until: datetime | web.Response = await self._do(request, unit, *said, **more, link=link)
        if isinstance(until, web.Response):
            return until
        here = request[HERE]
        moment = say(here.language, here.who.zone, self._clock.machine()).moment(until)
        said_of_it = self._pages.say(here).words.people.link_shown.format(name=name, moment=moment)
        home = (self._inbox.home or f"{request.scheme}://{request.host}").rstrip("/")
        return await self._page(request, link=f"{home}/welcome/{link}", link_said=said_of_it)

    async def add(self, request: web.Request) -> web.StreamResponse:
        form = await self._form(request)
        id_, mail = (field(form, name).strip()[:LONGEST] for name in ("id", "mail"))
        return await self._linked(request, id_, staff.add, id_, _facts(form), mail=mail)

    async def link(self, request: web.Request) -> web.StreamResponse:
        await self._form(request)
        return await self._linked(request, _person(request), staff.invite, _person(request))

    async def change(self, request: web.Request) -> web.StreamResponse:
        form = await self._form(request)
        return await self._done(request, staff.change, _person(request), _facts(form))

    async def off(self, request: web.Request) -> web.StreamResponse:
        await self._form(request)
        return await self._done(request, staff.switch_off, _person(request))

    async def on(self, request: web.Request) -> web.StreamResponse:
        await self._form(request)
        return await self._done(request, staff.switch_on, _person(request))

    async def contacts(self, request: web.Request) -> web.StreamResponse:
        """Add, remove or move one of somebody's contact methods."""
        form = await self._form(request)
        act, name = field(form, "do"), field(form, "name").strip()[:LONGEST]
        if act == "add":
            target, detail = field(form, "target").strip()[:LONGEST], field(form, "detail")
            unit = partial(staff.add_contact, schemes=self._inbox.schemes)
            return await self._done(request, unit, _person(request), name, target, detail)
        if act == "remove":
            return await self._done(request, staff.remove_contact, _person(request), name)
        if act not in MOVES:
            raise web.HTTPBadRequest
        return await self._done(request, staff.move_contact, _person(request), name, by_places=MOVES[act])


def _person(request: web.Request) -> str:
    return request.match_info["person"]


def _facts(form: MultiDictProxy[Any]) -> Facts:
    said = {key: " ".join(field(form, key).split())[:LONGEST] for key in ("name", "role", "language", "zone")}
    return Facts(**said)

"""One customer under several names, on the page of a case: who else they are, who they might be, and who says so.

Linking is what a person does; the card only puts before them what two names have in common. Whoever reads along sees who is linked, and
nothing to press.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from webcare.domain.case import ImpossibleMove
from webcare.domain.identities import Identity
from webcare.services import desk, same_customer
from webcare.services.desk import Action
from webcare.web.case_page import CASE
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other

if TYPE_CHECKING:
    from webcare.services.case_file import CaseFile
    from webcare.web.case_page import CasePage
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts

LONGEST: Final = 80  # characters of a name that is looked up
LONGEST_NUMBER: Final = 18
LONGEST_ID: Final = 350


class SamePage:
    """The handlers, and what the page of a case shows of them."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages, case_page: CasePage) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages
        self._case_page = case_page
        case_page.more.append(self.values)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"{CASE}/same", self.link),
            web.post(f"{CASE}/same/out", self.unlink),
            web.post(f"{CASE}/same/not", self.dismiss),
        ]

    async def values(self, request: web.Request, file: CaseFile) -> dict[str, Any]:
        """Return what the card needs."""
        may = desk.may(request[HERE].who.role, Action.WORK)
        asked = request.query.get("same", "")[:LONGEST] if may else ""
        found = await self._inbox.door.read(same_customer.company, file.row.id, asked=asked, suggestions=may)
        done = request.query.get("done", "")
        said = self._pages.say(request[HERE]).words.same.done.get(done)
        query = {"same": asked} if asked else {}
        return {
            "same": found,
            "may_link": may,
            "same_asked": asked,
            "same_done": said,
            "same_query": query | ({"done": done} if said else {}),  # what the card shows stays while the page refreshes itself
        }

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Note that whoever wrote a message is this customer."""
        return await self._do(request, same_customer.link, "same", message=await _message(request))

    async def dismiss(self, request: web.Request) -> web.StreamResponse:
        """Note that whoever wrote a message is not this customer."""
        return await self._do(request, same_customer.dismiss, "not-same", message=await _message(request))

    async def unlink(self, request: web.Request) -> web.StreamResponse:
        """Take an identity out of this customer."""
        kind, _, author_id = field(await request.post(), "identity")[:LONGEST_ID].partition(":")
        return await self._do(request, same_customer.unlink, "not-same", identity=Identity(kind, author_id))

    async def _do(self, request: web.Request, unit: Any, name: str, **said: Any) -> web.StreamResponse:
        who, case = request[HERE].who, int(request.match_info["case"])
        if not desk.may(who.role, Action.WORK):
            raise NotYours
        try:
            await self._inbox.door.write(unit, case, by=who.id, now=self._clock.now(), **said)
        except LookupError:
            raise web.HTTPNotFound from None
        except ImpossibleMove as refused:
            return await self._case_page.refuse(request, refused)
        return seen_other(f"/cases/{case}?done={name}#same")


async def _message(request: web.Request) -> int:
    number = field(await request.post(), "message")
    if not (number.isascii() and number.isdecimal()) or len(number) > LONGEST_NUMBER:
        raise web.HTTPBadRequest
    return int(number)

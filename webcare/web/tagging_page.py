"""Tags of a case, the group of its customer, and help from another customer: forms on the page of a case."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from webcare.domain.case import ImpossibleMove
from webcare.services import desk, tagging
from webcare.services.conversation import has_others
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

LONGEST: Final = 200
LONGEST_NUMBER: Final = 18


class TaggingPage:
    """The handlers, and what the page of a case shows of them."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages, case_page: CasePage) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages
        self._case_page = case_page
        case_page.more.append(self.values)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post(f"{CASE}/tag", self.tag),
            web.post(f"{CASE}/untag", self.untag),
            web.post(f"{CASE}/group", self.group),
            web.post(f"{CASE}/helped", self.helped),
            web.post(f"{CASE}/helped-not", self.helped_not),
        ]

    async def values(self, request: web.Request, file: CaseFile) -> dict[str, Any]:
        """Return what the card needs, and which messages of other customers count as help."""
        names = {line.message: file.name(line.event.by) for line in file.log if line.event.type.value == "community_answer"}
        helping = tagging.helping(file.log)
        return {
            "labels": await self._inbox.door.read(partial(tagging.labels, is_shared=has_others(file.talk)), file.row),
            "may_tag": desk.may(request[HERE].who.role, Action.WORK),
            "helping": {number: names.get(number, "") for number in helping},
            "tagging_done": self._pages.say(request[HERE]).words.tagging.done.get(request.query.get("done", "")),
        }

    async def tag(self, request: web.Request) -> web.StreamResponse:
        """Give the case a tag."""
        return await self._do(request, "tag", partial(tagging.tag, name=await _name(request)))

    async def untag(self, request: web.Request) -> web.StreamResponse:
        """Take a tag from the case."""
        return await self._do(request, "untag", partial(tagging.untag, name=await _name(request)))

    async def group(self, request: web.Request) -> web.StreamResponse:
        """Say in which group the customer is."""
        return await self._do(request, "group", partial(tagging.put_into_group, name=await _name(request)))

    async def helped(self, request: web.Request) -> web.StreamResponse:
        """Note that another customer's message helped."""
        return await self._do(request, "helped", tagging.helped, message=await _message(request))

    async def helped_not(self, request: web.Request) -> web.StreamResponse:
        """Take that back."""
        return await self._do(request, "helped-not", tagging.helped_not, message=await _message(request))

    async def _do(self, request: web.Request, done: str, unit: Any, **said: Any) -> web.StreamResponse:
        who, case = request[HERE].who, int(request.match_info["case"])
        if not desk.may(who.role, Action.WORK):
            raise NotYours
        try:
            await self._inbox.door.write(unit, case, by=who.id, rules=self._inbox.rules(), now=self._clock.now(), **said)
        except ImpossibleMove as refused:
            return await self._case_page.refuse(request, refused)
        self._inbox.wake("watch")
        return seen_other(f"/cases/{case}?done={done}#tags")


async def _name(request: web.Request) -> str:
    return field(await request.post(), "name")[:LONGEST]


async def _message(request: web.Request) -> int:
    number = field(await request.post(), "message")
    if not (number.isascii() and number.isdecimal()) or len(number) > LONGEST_NUMBER:
        raise web.HTTPBadRequest
    return int(number)

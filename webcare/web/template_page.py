"""Sending a text that the platform approved beforehand: what may still go where no text of one's own may."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from webcare.domain import gaps
from webcare.domain.case import ImpossibleMove
from webcare.ports.connector import Template
from webcare.services import compose
from webcare.services.meanwhile import parse_mark
from webcare.services.ways import Going
from webcare.web import ways_view
from webcare.web.case_page import CASE
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other

if TYPE_CHECKING:
    from webcare.web.case_page import CasePage
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts

LONGEST: Final = 500  # characters in a gap
UNSENT: Final = HTTPStatus.UNPROCESSABLE_ENTITY


class TemplatePage:
    """The handler."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages, case_page: CasePage) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages
        self._case_page = case_page

    def routes(self) -> list[web.RouteDef]:
        return [web.post(f"{CASE}/template", self.send)]

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Send an approved text with its gaps filled; one that cannot be sent is shown as it was filled."""
        form, who, case = await request.post(), request[HERE].who, int(request.match_info["case"])
        words, key = self._pages.say(request[HERE]).words.composer, field(form, "template")
        account = await self._case_page.account_of(request)
        chosen = next((one for one in account.templates if ways_view.key_of(one) == key), None) if account else None
        if account is None or chosen is None:
            return await self._case_page.render(request, status=UNSENT, problem=words.template_gone)
        values = [gaps.tidy(field(form, f"gap{n}"))[:LONGEST] for n in range(1, gaps.count(chosen.text) + 1)]
        if not all(values):
            return await self._case_page.render(request, status=UNSENT, problem=words.template_empty, filled={key: values})
        template = Template(name=chosen.name, language=chosen.language, values=tuple(values))
        unit = partial(
            compose.send,
            text=gaps.fill(chosen.text, values),
            by=who.id,
            rules=self._inbox.rules(),
            now=self._clock.now(),
            seen=parse_mark(field(form, "seen")),
            going=Going(account=account, template=template),
        )
        try:
            await self._inbox.door.write(unit, case)
        except ImpossibleMove as refused:
            return await self._case_page.refuse(request, refused, filled={key: values})
        self._inbox.wake("reply")
        return seen_other(f"/cases/{case}?done=template")

"""Search over every message, also of those that opened no case; such a one can be made a case here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from webcare.domain.case import ImpossibleMove
from webcare.domain.folding import wanted
from webcare.domain.message import Direction
from webcare.domain.row_number import row_number
from webcare.services import correct, desk, queue, search
from webcare.services.queue import LONGEST_QUERY
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other
from webcare.web.marks import marked

if TYPE_CHECKING:
    from webcare.services.search import Hit
    from webcare.web.marks import Piece
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts

MORE: Final = 100  # results at most; who has more to look through adds a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    hit: Hit
    line: list[Piece]
    is_ours: bool

    @property
    def can_open(self) -> bool:
        """Tell whether this could be made a case: a customer's message that is in none."""
        return self.hit.case is None and not self.is_ours


class SearchPage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/search", self.show), web.post("/search/open", self.open_case)]

    async def show(self, request: web.Request) -> web.StreamResponse:
        typed = request.query.get("q", "")
        return await self._show(request, typed, is_long="all" in request.query)

    async def _show(
        self, request: web.Request, typed: str, *, is_long: bool = False, problem: str | None = None, status: int = 200
    ) -> web.Response:
        text, read = typed.strip()[:LONGEST_QUERY], self._inbox.door.read
        found, counts = await asyncio.gather(
            read(search.find, text, limit=MORE if is_long else search.PAGE),
            read(queue.counts, now=self._clock.now(), person=request[HERE].who.id),
        )
        looked_for = wanted(text)
        values: dict[str, Any] = {
            "typed": text,
            "results": [
                Result(hit=hit, line=marked(hit.line, looked_for), is_ours=hit.direction is Direction.OUTBOUND)
                for hit in found.hits
            ],
            "more": found.more,
            "is_long": is_long,
            "problem": problem,
            "counts": counts,
        }
        return self._pages.page(request, "search.html", status=status, **values)

    async def open_case(self, request: web.Request) -> web.StreamResponse:
        """Say that a message needs an answer after all."""
        who, form = request[HERE].who, await request.post()
        if not desk.may(who.role, desk.Action.WORK):
            raise NotYours
        number = row_number(field(form, "message"))
        if number is None:
            raise web.HTTPBadRequest
        try:
            case = await self._inbox.door.write(
                correct.open_for, number, by=who.id, rules=self._inbox.rules(), now=self._clock.now()
            )
        except ImpossibleMove as refused:
            words = self._pages.say(request[HERE]).words.search
            problem = words.refused.get(refused.why.value, words.refused_otherwise)
            return await self._show(request, field(form, "q"), problem=problem, status=HTTPStatus.CONFLICT)
        self._inbox.wake("watch")
        return seen_other(f"/cases/{case}")

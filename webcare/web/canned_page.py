"""Texts that are said often: everybody reads them, who leads writes them. What cannot be kept is said at its field, as it was written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from webcare.services import canned, case_file, desk, queue
from webcare.services.canned import LONGEST_NAME, LONGEST_TEXT, Unusable
from webcare.web.gate import NotYours
from webcare.web.here import HERE, LANGUAGES
from webcare.web.login_pages import field as written
from webcare.web.login_pages import seen_other

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.services.canned import CannedReply
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts

ONE: Final = r"/canned/{text:[0-9]{1,18}}"
EVERYWHERE: Final = ""  # the choice of no kind of channel
LONGEST: Final = {"name": LONGEST_NAME, "text": LONGEST_TEXT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What stands in a form; `number` is that of the text, None for a new one; `problems` are sentences by field."""

    number: int | None = None
    language: str = "nl"
    channel: str = EVERYWHERE
    name: str = ""
    text: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


class CannedPage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/canned", self.show),
            web.post("/canned", self.add),
            web.post(ONE, self.edit),
            web.post(f"{ONE}/remove", self.remove),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        return await self._page(request)

    async def _page(self, request: web.Request, *, tried: Form | None = None, status: int = 200) -> web.Response:
        here, read = request[HERE], self._inbox.door.read
        found, names, counts = await asyncio.gather(
            read(canned.canned), read(case_file.names), read(queue.counts, now=self._clock.now(), person=here.who.id)
        )
        speech = self._pages.say(here)
        kinds = self._kinds() | {one.channel for one in found if one.channel is not None}
        values = {
            "texts": {language: [one for one in found if one.language == language] for language in self._languages(found)},
            "forms": {one.id: _form(one) for one in found},
            "new": Form(language=here.language),
            "tried": tried,
            "kinds": sorted(kinds),
            "languages": self._languages(found),
            "names": names,
            "longest": LONGEST,
            "may_write": desk.may(here.who.role, desk.Action.CANNED),
            "notice": speech.words.canned.done.get(request.query.get("done", "")),
            "counts": counts,
        }
        return self._pages.page(request, "canned.html", status=status, **values)

    def _kinds(self) -> set[str]:
        return {account.spec.kind for account in self._inbox.channels()}

    def _languages(self, found: list[CannedReply]) -> list[str]:
        """Return the languages that we speak, and those in which somebody once wrote a text."""
        return [*LANGUAGES, *sorted({one.language for one in found} - set(LANGUAGES))]

    # --- writing, for who leads ---

    async def add(self, request: web.Request) -> web.StreamResponse:
        form = await self._written(request, None)
        return await self._keep(request, form, "add")

    async def edit(self, request: web.Request) -> web.StreamResponse:
        form = await self._written(request, int(request.match_info["text"]))
        return await self._keep(request, form, "edit")

    async def remove(self, request: web.Request) -> web.StreamResponse:
        """Drop a text; one that is gone already is as good as dropped."""
        _require(request)
        await self._inbox.door.write(canned.remove, int(request.match_info["text"]))
        return seen_other("/canned?done=remove")

    async def _written(self, request: web.Request, number: int | None) -> Form:
        _require(request)
        form = await request.post()
        return Form(
            number=number,
            language=written(form, "language"),
            channel=written(form, "channel"),
            name=written(form, "name"),
            text=written(form, "text").replace("\r\n", "\n"),
        )

    async def _keep(self, request: web.Request, form: Form, done: str) -> web.StreamResponse:
        words = self._pages.say(request[HERE]).words.canned
        known = await self._inbox.door.read(canned.canned)
        kinds = {EVERYWHERE, *self._kinds(), *(one.channel for one in known)}
        if form.language not in self._languages(known) or form.channel not in kinds:
            return await self._refuse(request, form, {"language": words.unknown_choice})
        values: dict[str, Any] = {
            "language": form.language,
            "channel": form.channel or None,
            "name": form.name,
            "text": form.text,
        }
        values |= {"by": request[HERE].who.id, "now": self._clock.now()}
        try:
            if form.number is None:
                await self._inbox.door.write(canned.add, **values)
            elif not await self._inbox.door.write(canned.edit, form.number, **values):
                raise web.HTTPNotFound
        except Unusable as flaw:
            sentence = getattr(words, flaw.why).format(most=LONGEST[flaw.field])
            return await self._refuse(request, form, {flaw.field: sentence})
        return seen_other(f"/canned?done={done}")

    async def _refuse(self, request: web.Request, form: Form, problems: Mapping[str, str]) -> web.Response:
        tried = Form(
            number=form.number, language=form.language, channel=form.channel, name=form.name, text=form.text, problems=problems
        )
        return await self._page(request, tried=tried, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _form(one: CannedReply) -> Form:
    return Form(number=one.id, language=one.language, channel=one.channel or EVERYWHERE, name=one.name, text=one.text)


def _require(request: web.Request) -> None:
    if not desk.may(request[HERE].who.role, desk.Action.CANNED):
        raise NotYours

"""What stands around a public conversation, on the page of a case: the post above it, who answered whom, another customer's answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from webcare.domain.row_number import row_number
from webcare.services import community, conversation, desk, tagging
from webcare.services.desk import Action
from webcare.web.case_page import CASE
from webcare.web.case_view import secure
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field

if TYPE_CHECKING:
    from webcare.services.case_file import CaseFile
    from webcare.services.conversation import RepliedTo, Root
    from webcare.web.case_page import CasePage
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say


class AroundPage:
    """The handlers, and what the page of a case shows of them."""

    def __init__(self, _parts: Parts, inbox: Inbox, pages: Pages, case_page: CasePage) -> None:
        self._inbox = inbox
        self._pages = pages
        self._case_page = case_page
        case_page.more.append(self.values)

    def routes(self) -> list[web.RouteDef]:
        return [web.post(f"{CASE}/good-enough", self.good_enough), web.post(f"{CASE}/no-answer", self.refuse)]

    async def values(self, request: web.Request, file: CaseFile) -> dict[str, Any]:
        """Return what the templates ask."""
        shown = {one.id for one in (*file.talk.spoken, *file.talk.context)}
        read, speech = self._inbox.door.read, self._pages.say(request[HERE])
        is_shared = conversation.has_others(file.talk)
        found = await read(partial(conversation.conversation, is_shared=is_shared), file.row, shown)
        helper = await read(community.answered, file.row) if is_shared and not file.row.kind.is_private else None
        if helper is not None and helper.message in tagging.helping(file.log):
            helper = None  # somebody has said so, and the card of tags tells who
        return {
            "root": found.root,
            "root_title": None if found.root is None else _title(found.root, speech),
            "root_href": None if found.root is None else secure(found.root.permalink),
            "said_to": {
                number: _to(one, speech) for number, one in found.answers.items() if one.author_id != file.row.customer_id
            },
            "helper": helper,
            "may_judge": desk.may(request[HERE].who.role, Action.WORK),
        }

    async def good_enough(self, request: web.Request) -> web.StreamResponse:
        """Note that another customer answered, and close the case."""
        return await self._do(request, "good-enough", community.good_enough)

    async def refuse(self, request: web.Request) -> web.StreamResponse:
        """Note that it was no answer."""
        return await self._do(request, "refused", community.refuse)

    async def _do(self, request: web.Request, done: str, unit: Any) -> web.StreamResponse:
        if not desk.may(request[HERE].who.role, Action.WORK):
            raise NotYours
        message = row_number(field(await request.post(), "message"))
        if message is None:
            raise web.HTTPBadRequest
        return await self._case_page.do(request, done, unit, message=message)


def _title(root: Root, speech: Say) -> str:
    words = speech.words.around
    return words.root_ours if root.is_ours else words.root.format(name=root.author)


def _to(one: RepliedTo, speech: Say) -> str:
    words = speech.words.around
    return words.to_us if one.is_ours else words.to.format(name=one.author)

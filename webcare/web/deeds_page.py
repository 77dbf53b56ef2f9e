"""What can be done to a customer's message, under it on the page of a case: hide, like, and take that back.

What the platform does not allow is shown with its reason, not left out: nobody has to look for a button that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aiohttp import web

from webcare.domain.case import ImpossibleMove
from webcare.ports.connector import Deed
from webcare.services import case_file, deeds, desk
from webcare.services.deeds import PAIRS, Standing
from webcare.services.desk import Action
from webcare.web.case_page import CASE
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from webcare.ports.channel import ChannelAccount
    from webcare.services.case_file import CaseFile
    from webcare.services.thread import Spoken
    from webcare.web.case_page import CasePage
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to press; with `why_not` it cannot be."""

    deed: str
    label: str
    hint: str | None = None
    why_not: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How the message stands: `icon` and `text`."""

    icon: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What the platform would not do, and why."""

    text: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeeds:
    """What the page shows of a message."""

    marks: tuple[Mark, ...]
    troubles: tuple[Trouble, ...]
    choices: tuple[Choice, ...]
    note: str | None = None  # in place of choices


class DeedsPage:
    """The handler, and what the page of a case shows of it."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages, case_page: CasePage) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages
        self._case_page = case_page
        case_page.more.append(self.values)

    def routes(self) -> list[web.RouteDef]:
        return [web.post(f"{CASE}/messages/{{message:[0-9]{{1,18}}}}/deed", self.press)]

    async def values(self, request: web.Request, file: CaseFile) -> dict[str, Any]:
        """Return how the customer's messages of this case stand, by their numbers."""
        theirs = [one for one in file.talk.spoken if not one.is_ours and one.case == file.row.id and not one.deleted_at]
        found = await self._inbox.door.read(deeds.standings, [one.id for one in theirs])
        speech, account = self._pages.say(request[HERE]), self._account(file.row.channel)
        return {"deeds": {one.id: _shown(file, one, found.get(one.id, {}), account, speech) for one in theirs}}

    async def press(self, request: web.Request) -> web.StreamResponse:
        """Do it, or take it back."""
        who, case, message = request[HERE].who, int(request.match_info["case"]), int(request.match_info["message"])
        if not desk.may(who.role, Action.WORK):
            raise NotYours
        try:
            deed = Deed(field(await request.post(), "deed"))
        except ValueError:
            raise web.HTTPBadRequest from None
        place = await self._inbox.door.read(case_file.place_of, case)
        if place is None:
            raise web.HTTPNotFound
        account = self._account(place.channel)
        if deed not in deeds.offered(None if account is None else account.spec):
            speech = self._pages.say(request[HERE])
            problem = _not_here(deed, account, speech)
            return await self._case_page.render(request, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem=problem)
        try:
            await self._inbox.door.write(deeds.press, case, message=message, deed=deed, by=who.id, now=self._clock.now())
        except ImpossibleMove as refused:
            return await self._case_page.refuse(request, refused)
        self._inbox.wake("act")
        return seen_other(f"/cases/{case}?done={deed.value}#message-{message}")

    def _account(self, channel: str) -> ChannelAccount | None:
        return next((account for account in self._inbox.channels() if account.id == channel), None)


def _shown(
    file: CaseFile, one: Spoken, stands: Mapping[Deed, Standing], account: ChannelAccount | None, say: Say
) -> MessageDeeds:
    every = [stands.get(pair, Standing(pair=pair)) for pair in PAIRS]
    is_private = one.kind.is_private
    return MessageDeeds(
        marks=tuple(mark for standing in every for mark in _marks(file, standing, say)),
        troubles=tuple(_trouble(standing, file, say) for standing in every if standing.refused is not None),
        choices=() if is_private else tuple(_choice(standing, account, say) for standing in every),
        note=say.words.deeds.private if is_private else None,
    )


def _marks(file: CaseFile, standing: Standing, say: Say) -> Iterator[Mark]:
    words = say.words.deeds
    if standing.waiting is not None:
        yield Mark(icon="clock", text=words.waits[standing.waiting.value])
        if file.is_stopped:
            yield Mark(icon="warn", text=words.stopped)
    elif standing.is_on and standing.at is not None:
        said = words.stands[standing.pair.value].format(name=file.name(standing.by), moment=say.moment(standing.at))
        yield Mark(icon="check", text=said)


def _trouble(standing: Standing, file: CaseFile, say: Say) -> Trouble:
    words, refused = say.words.deeds, standing.refused or standing.pair
    own = words.reasons.get(standing.reason or "", "").format(channel=say.channel(file.row.channel))
    reason = own or (say.words.case.reason.format(reason=standing.reason) if standing.reason else None)
    return Trouble(text=words.refused[refused.value], reason=reason)


def _choice(standing: Standing, account: ChannelAccount | None, say: Say) -> Choice:
    words, deed = say.words.deeds, standing.next
    may = deed in deeds.offered(None if account is None else account.spec)
    return Choice(
        deed=deed.value,
        label=words.do[deed.value],
        hint=words.hints.get(deed.value) if may else None,
        why_not=None if may else _not_here(deed, account, say),
    )


def _not_here(deed: Deed, account: ChannelAccount | None, say: Say) -> str:
    channel = "webcare" if account is None else say.channel(account.id)
    return say.words.deeds.not_here[deed.value].format(channel=channel)

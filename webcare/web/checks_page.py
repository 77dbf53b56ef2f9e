"""What the machine let pass last week, a few messages by chance: somebody says of each whether that was right, with one press."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web
from babel.dates import format_date
from babel.numbers import format_decimal

from webcare.domain.case import ImpossibleMove
from webcare.domain.checks import SAMPLE
from webcare.domain.row_number import row_number
from webcare.services import checks, desk, queue
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other

if TYPE_CHECKING:
    from datetime import date

    from webcare.domain.checks import Checked
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

PATH: Final = "/checks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A week as the table shows it."""

    day: str
    population: str
    looked_at: str
    missed: str
    share: str


class ChecksPage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(PATH, self.show),
            web.post(f"{PATH}/rightly", self.rightly),
            web.post(f"{PATH}/missed", self.missed),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        return await self._show(request)

    async def _show(self, request: web.Request, *, problem: str | None = None, status: int = 200) -> web.Response:
        who, now, read = request[HERE].who, self._clock.now(), self._inbox.door.read
        found, counts = await asyncio.gather(read(checks.view, now), read(queue.counts, now=now, person=who.id))
        say = self._pages.say(request[HERE])
        words = say.words.checks
        return self._pages.page(
            request,
            "checks.html",
            status=status,
            counts=counts,
            found=found,
            size=SAMPLE,
            week=None if found.week is None else words.week.format(day=_day(found.week, say)),
            estimate=_estimate(found.lately, say),
            rows=[_row(one.day, one.checked, say) for one in found.weeks],
            may_check=desk.may(who.role, desk.Action.WORK),
            done=words.done.get(request.query.get("done", "")),
            opened=row_number(request.query.get("case", "")),
            problem=problem,
        )

    async def rightly(self, request: web.Request) -> web.StreamResponse:
        """Note that a message needs no answer, as the machine said."""
        number = await _message(request)
        try:
            await self._inbox.door.write(checks.rightly, number, by=request[HERE].who.id, now=self._clock.now())
        except ImpossibleMove:
            return await self._refused(request)
        return seen_other(f"{PATH}?done=rightly")

    async def missed(self, request: web.Request) -> web.StreamResponse:
        """Note that a message should have been a case, and open it."""
        number, rules, now = await _message(request), self._inbox.rules(), self._clock.now()
        try:
            case = await self._inbox.door.write(checks.missed, number, by=request[HERE].who.id, rules=rules, now=now)
        except ImpossibleMove:
            return await self._refused(request)
        self._inbox.wake("watch")
        return seen_other(f"{PATH}?done=missed&case={case}")

    async def _refused(self, request: web.Request) -> web.Response:
        words = self._pages.say(request[HERE]).words.checks
        return await self._show(request, problem=words.refused, status=HTTPStatus.CONFLICT)


async def _message(request: web.Request) -> int:
    if not desk.may(request[HERE].who.role, desk.Action.WORK):
        raise NotYours
    number = row_number(field(await request.post(), "message"))
    if number is None:
        raise web.HTTPBadRequest
    return number


def _day(day: date, say: Say) -> str:
    return format_date(day, "d MMMM", locale=say.words.locale)


def _per_cent(share: float, say: Say) -> str:
    return say.words.checks.per_cent.format(n=format_decimal(round(100 * share, 1), "0.#", locale=say.words.locale))


def _number(number: int, say: Say) -> str:
    return format_decimal(number, locale=say.words.locale)


def _estimate(checked: Checked, say: Say) -> tuple[str, ...]:
    """Say how much is missed: the share with its interval, and what that comes to of all."""
    words, interval = say.words.checks, checked.interval
    if checked.share is None or interval is None:
        return (words.estimate_none,)
    if checked.is_whole:
        return (say.count(words.estimate_whole, checked.looked_at, share=_per_cent(checked.share, say)),)
    low, high = (_per_cent(end, say) for end in interval)
    few, many = (_number(round(end * checked.population), say) for end in interval)
    return (
        say.count(words.estimate_said, checked.looked_at, share=_per_cent(checked.share, say), low=low, high=high),
        say.count(words.estimate_of_all, checked.population, low=few, high=many),
        words.how,
    )


def _row(day: date, checked: Checked, say: Say) -> Row:
    ends = [_per_cent(end, say) for end in checked.interval or ()]
    share = ends[0] if checked.is_whole else say.words.checks.between.format(low=ends[0], high=ends[1]) if ends else ""
    return Row(
        day=_day(day, say),
        population=_number(checked.population, say),
        looked_at=f"{checked.looked_at} / {checked.drawn}",
        missed=str(checked.missed),
        share=share,
    )

"""The drill: a lead sends a marked test up the ladder and watches it arrive; and what the nightly look found."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from babel.numbers import format_decimal

from webcare.letters.alert import harmless
from webcare.letters.readiness import finding
from webcare.letters.speech import speech
from webcare.services import desk, drill, preflight, queue
from webcare.services.case_file import names
from webcare.services.desk import Action
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import seen_other

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.services.drill import Drill, Found
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

LONGEST: Final = 200  # characters of a reason
STUCK: Final = timedelta(minutes=2)  # after which a drill that has not ended keeps no other away


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A hop as the template draws it; `is_fine` is None while nobody knows."""

    level: str
    who: str
    state: str
    took: str
    how: tuple[str, ...]
    is_fine: bool | None


class DrillPage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/drill", self.show), web.get("/drill/hops", self.hops), web.post("/drill", self.start)]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show the newest drill and the newest look of a night."""
        return await self._page(request)

    async def _page(self, request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
        _require_lead(request)
        read, who, say = self._inbox.door.read, request[HERE].who, self._pages.say(request[HERE])
        counts, looked, shown = await asyncio.gather(
            read(queue.counts, now=self._clock.now(), person=who.id), read(preflight.newest), self._shown(request)
        )
        voice = speech(say.words.tag, say.zone)
        found = [] if looked is None else [finding(preflight.freeze(one), voice, say.now) for one in looked.findings]
        night = None if looked is None else say.words.drill.night_at.format(moment=say.moment(looked.at))
        return self._pages.page(
            request, "drill.html", status=status, counts=counts, problem=problem, night=night, findings=found, **shown
        )

    async def hops(self, request: web.Request) -> web.StreamResponse:
        """Answer with the hops alone, for a page that looks again."""
        _require_lead(request)
        return self._pages.page(request, "drill_hops.html", **await self._shown(request))

    async def _shown(self, request: web.Request) -> dict[str, Any]:
        newest, found, known = await self._inbox.door.read(_newest)
        say = self._pages.say(request[HERE])
        if newest is None:
            return {"newest": None, "rows": [], "is_over": True}
        title = say.words.drill.newest.format(moment=say.moment(newest.at), name=known.get(newest.by, newest.by))
        over = drill.is_over(found) or _is_stuck(newest, self._clock.now())
        return {"newest": title, "rows": [_row(one, say) for one in found], "is_over": over}

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Send one; not while another is under way."""
        _require_lead(request)
        form, now = await request.post(), self._clock.now()
        started = await self._inbox.door.write(
            _start,
            by=request[HERE].who.id,
            brand=self._inbox.brand,
            now=now,
            urgent="urgent" in form,
            last_resort="last_resort" in form,
        )
        if not started:
            busy = self._pages.say(request[HERE]).words.drill.busy
            return await self._page(request, status=HTTPStatus.CONFLICT, problem=busy)
        self._inbox.wake("deliver")
        return seen_other("/drill")


def _require_lead(request: web.Request) -> None:
    if not desk.may(request[HERE].who.role, Action.ROTA):
        raise NotYours


def _newest(conn: Any) -> tuple[Drill | None, Sequence[Found], dict[str, str]]:
    newest = drill.newest(conn)
    return newest, [] if newest is None else drill.look(conn, newest), names(conn)


def _start(conn: Any, *, by: str, brand: str, now: datetime, urgent: bool, last_resort: bool) -> bool:
    newest = drill.newest(conn)
    if newest is not None and not drill.is_over(drill.look(conn, newest)):
        if not _is_stuck(newest, now):
            return False
        drill.give_up(conn, newest)
    drill.start(conn, by=by, brand=brand, now=now, urgent=urgent, last_resort=last_resort)
    return True


def _is_stuck(newest: Drill, now: datetime) -> bool:
    return now - newest.at > STUCK


def _row(one: Found, say: Say) -> Row:
    words = say.words.drill
    voice = speech(say.words.tag, say.zone)
    how = [
        f"{each.method}: {words.tries.get(each.state, each.state)}"
        + (f" ({harmless(each.result, LONGEST, voice)})" if each.result else "")
        for each in one.tries
    ]
    passed = [
        words.passed.format(level=words.levels[level], obstacle=words.obstacles.get(why, why)) for level, why in one.hop.passed
    ]
    seconds = None if one.took is None else format_decimal(round(one.took.total_seconds(), 1), locale=say.words.locale)
    return Row(
        level=words.levels.get(one.hop.level, one.hop.level),
        who=one.hop.name or words.nobody,
        state=words.states[one.state.value],
        took="" if seconds is None else words.seconds.format(n=seconds),
        how=(*passed, *how),
        is_fine=None if one.state is drill.State.UNDER_WAY else one.state is drill.State.ARRIVED,
    )

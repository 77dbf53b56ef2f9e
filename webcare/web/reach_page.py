"""How somebody is reached: their quiet hours, their contacts in order, and a test that says what became of it.

Everybody has this page of their own. A lead has it of everybody, for quiet hours, order and tests; adding, removing and what a contact may
say of others is an administrator's, as it decides where alerts go. A target is written once and never shown again.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web

from webcare.letters.alert import harmless
from webcare.letters.speech import speech
from webcare.services import desk, queue, reach, staff
from webcare.services.desk import Action
from webcare.services.staff import CannotDo
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other

if TYPE_CHECKING:
    from collections.abc import Callable

    from webcare.services.reach import Reach, Tried
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts

OWN: Final = "/me/reach"
OTHERS: Final = "/people/{person}/reach"
LONGEST: Final = 3000
REASON: Final = 200  # characters
MOVES: Final = {"up": -1, "down": 1}
TRUST: Final = {"trust": True, "distrust": False}
LOOKS: Final = {"sent": "ok", "failed": "stop", "retry": "slow", "waiting": "slow"}
MARKS: Final = {"sent": "check", "failed": "warn", "retry": "clock", "waiting": "clock"}


class ReachPage:
    """The handlers, each for oneself and for somebody else."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            route
            for base in (OWN, OTHERS)
            for route in (
                web.get(base, self.show),
                web.post(f"{base}/quiet", self.quiet),
                web.post(f"{base}/contacts", self.contacts),
                web.post(f"{base}/test", self.test),
            )
        ]

    # --- whose it is ---

    def _whose(self, request: web.Request) -> str:
        """Return whose page it is.

        Raises:
            NotYours: it is that of somebody else, and this role may not see to others.
        """
        who = request[HERE].who
        person = request.match_info.get("person", who.id)
        if "person" in request.match_info and not desk.may(who.role, Action.ROTA):
            raise NotYours
        return person

    def _keeps(self, request: web.Request) -> bool:
        """Tell whether whoever asks may say where this person's alerts go."""
        return "person" not in request.match_info or desk.may(request[HERE].who.role, Action.PEOPLE)

    # --- looking ---

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show how somebody is reached."""
        person = self._whose(request)
        words = self._pages.say(request[HERE]).words
        notice = {"saved": words.people.saved, "test": words.reach.queued}.get(request.query.get("done", ""))
        return await self._page(request, person, notice=notice)

    async def _page(self, request: web.Request, person: str, *, status: int = 200, **shown: Any) -> web.Response:
        here = request[HERE]
        try:
            found: Reach = await self._inbox.door.read(reach.reach, person, machine=self._clock.machine())
        except LookupError:
            raise web.HTTPNotFound from None
        counts = await self._inbox.door.read(queue.counts, now=self._clock.now(), person=here.who.id)
        return self._pages.page(
            request,
            "reach.html",
            status=status,
            counts=counts,
            found=found,
            base=_base(request, person),
            is_own="person" not in request.match_info,
            keeps=self._keeps(request),
            trusts=desk.may(here.who.role, Action.PEOPLE),
            tests={one.name: self._test(request, one.test) for one in found.contacts},
            problem=shown.get("problem"),
            notice=shown.get("notice"),
        )

    def _test(self, request: web.Request, test: Tried | None) -> dict[str, str] | None:
        """Say what became of a test; what another program gave as a reason is masked."""
        if test is None:
            return None
        say = self._pages.say(request[HERE])
        words, reason = say.words.reach, ""
        if test.reason:
            masked = harmless(test.reason, REASON, speech(request[HERE].language, ZoneInfo(request[HERE].who.zone)))
            reason = words.reason.format(reason=masked)
        text = words.became[test.became.value].format(moment=say.moment(test.at))
        return {"look": LOOKS[test.became.value], "mark": MARKS[test.became.value], "text": text, "reason": reason}

    # --- changing ---

    async def _do(self, request: web.Request, person: str, unit: Callable[..., Any], *said: Any, **more: Any) -> web.Response:
        """Run a unit; what cannot be is a page that says so."""
        by = request[HERE].who.id
        try:
            await self._inbox.door.write(unit, person, *said, **more, by=by)
        except CannotDo as refused:
            problem = self._pages.say(request[HERE]).words.people.refused[refused.why.value]
            return await self._page(request, person, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem=problem)
        except LookupError:
            raise web.HTTPNotFound from None
        return seen_other(f"{_base(request, person)}?done={'test' if unit is reach.send_test else 'saved'}")

    async def quiet(self, request: web.Request) -> web.StreamResponse:
        person, form = self._whose(request), await request.post()
        start, end = (field(form, name).strip()[:20] for name in ("start", "end"))
        return await self._do(request, person, reach.set_quiet, start, end, now=self._clock.machine())

    async def contacts(self, request: web.Request) -> web.StreamResponse:
        """Add, remove or move a contact, or change what it may say."""
        person, form, now = self._whose(request), await request.post(), self._clock.machine()
        act, name = field(form, "do"), field(form, "name").strip()[:LONGEST]
        if act in MOVES:
            return await self._do(request, person, staff.move_contact, name, by_places=MOVES[act], now=now)
        if not self._keeps(request) or (act in TRUST and not desk.may(request[HERE].who.role, Action.PEOPLE)):
            raise NotYours
        if act == "add":
            target, detail = field(form, "target").strip()[:LONGEST], field(form, "detail")
            unit = partial(staff.add_contact, schemes=self._inbox.schemes)
            return await self._do(request, person, unit, name, target, detail, now=now)
        if act == "remove":
            return await self._do(request, person, staff.remove_contact, name, now=now)
        if act == "detail":
            return await self._do(request, person, reach.set_detail, name, field(form, "detail"), now=now)
        if act in TRUST:
            return await self._do(request, person, reach.set_trusted, name, TRUST[act], now=now)
        raise web.HTTPBadRequest

    async def test(self, request: web.Request) -> web.StreamResponse:
        """Queue a test by one contact, or by all of them."""
        person, form = self._whose(request), await request.post()
        name = field(form, "name").strip()[:LONGEST] or None
        times = {"now": self._clock.now(), "machine": self._clock.machine()}
        answer = await self._do(request, person, reach.send_test, name, brand=self._inbox.brand, **times)
        self._inbox.wake("deliver")
        return answer


def _base(request: web.Request, person: str) -> str:
    return OWN if "person" not in request.match_info else f"/people/{quote(person, safe='')}/reach"

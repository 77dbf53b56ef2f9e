"""An override: a lead puts somebody, or nobody, in place for some hours, after a look at what becomes of it, and takes it away again.

The times in the form are wall times of the level's zone. What was looked at is marked: where somebody changed the rota in between, the
form comes back with the new look.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from webcare.domain.rota import LevelName, next_handover
from webcare.domain.rota_changes import CannotChange, with_overrides
from webcare.services import desk, duty, queue, stand_ins
from webcare.services.desk import Action
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other
from webcare.web.rota_view import AHEAD, days, people_of, preview_from, wall

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from webcare.domain.rota import Level, Override, Rota
    from webcare.domain.rota_changes import OverrideRow
    from webcare.services.duty import Duty
    from webcare.services.stand_ins import Wanted
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

FIELDS: Final = ("level", "person", "from", "until", "reason")
LONGEST: Final = 300
LONGEST_NUMBER: Final = 18  # digits of a row's number


class OverridePage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        one = rf"/rota/override/{{number:\d{{1,{LONGEST_NUMBER}}}}}"
        return [
            web.get("/rota/override", self.form),
            web.post("/rota/override", self.keep),
            web.get(one, self.ask_to_remove),
            web.post(one, self.remove),
        ]

    async def _duty(self, request: web.Request) -> Duty:
        """Return the rota, for who may change it.

        Raises:
            NotYours: they may not.
        """
        if not desk.may(request[HERE].who.role, Action.ROTA):
            raise NotYours
        found: Duty = await self._inbox.door.read(duty.duty)
        return found

    async def _page(self, request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
        counts = await self._inbox.door.read(queue.counts, now=self._clock.now(), person=request[HERE].who.id)
        return self._pages.page(request, template, status=status, counts=counts, **values)

    def _speech(self, request: web.Request, zone: str) -> Say:
        return replace(self._pages.say(request[HERE]), zone=ZoneInfo(zone))

    def _off(self, first: date) -> dict[date, str]:
        return duty.holidays(self._inbox.rules(), first, first + AHEAD)

    # --- making one ---

    async def form(self, request: web.Request) -> web.StreamResponse:
        """Show the form; an address may fill it in."""
        found = await self._duty(request)
        written = {name: request.query.get(name, "")[:LONGEST] for name in FIELDS}
        return await self._form(request, found, {**self._usual(found.rota, written["level"]), **_given(written)})

    def _usual(self, rota: Rota, name: str) -> dict[str, str]:
        """Return what a form begins with: from now until the level changes hands."""
        level = _level(rota, name) or (rota.levels[0] if rota.levels else None)
        if level is None:
            return dict.fromkeys(FIELDS, "")
        now = self._clock.now()
        until = next_handover(rota, level.name, now) or now + timedelta(days=1)
        times = {"from": wall(now, level.zone), "until": wall(until, level.zone)}
        return {"level": level.name.value, "person": "", "reason": "", **times}

    async def _form(
        self, request: web.Request, found: Duty, written: Mapping[str, str], *, status: int = 200, **shown: Any
    ) -> web.Response:
        words, rota = self._pages.say(request[HERE]).words, found.rota
        zones = {level.zone: words.rota.levels[level.name.value] for level in rota.levels}
        said = ", ".join(zones) if len(zones) < 2 else ", ".join(f"{zone} ({name})" for zone, name in zones.items())  # noqa: PLR2004
        return await self._page(
            request,
            "override.html",
            status=status,
            written=written,
            levels=[(level.name.value, words.rota.levels[level.name.value]) for level in rota.levels],
            zones=said,
            people=people_of(rota, found.closed),
            mark=stand_ins.mark(rota),
            problem=shown.get("problem"),
            looked=shown.get("looked"),
        )

    async def keep(self, request: web.Request) -> web.StreamResponse:
        """Show what an override makes of the fortnight, or keep it."""
        found, form, now = await self._duty(request), await request.post(), self._clock.now()
        words = self._pages.say(request[HERE]).words.override
        written = {name: field(form, name).strip()[:LONGEST] for name in FIELDS}
        asked = {"level": written["level"], "person": written["person"], "starts": written["from"], "ends": written["until"]}
        try:
            wanted = stand_ins.wanted(found.rota, **asked, reason=written["reason"], closed=found.closed, now=now)
            if field(form, "do") != "save":
                return await self._form(request, found, written, looked=self._looked(request, found.rota, wanted))
            said: dict[str, Any] = {"seen": field(form, "mark")[:100], "by": request[HERE].who.id, "now": now}
            is_kept: bool = await self._inbox.door.write(stand_ins.make, wanted, **said)
        except CannotChange as refused:
            problem = words.flaws[refused.field.value]
            return await self._form(request, found, written, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem=problem)
        if is_kept:
            self._inbox.wake("watch")
            return seen_other("/rota?done=made")
        looked = self._looked(request, found.rota, wanted)
        return await self._form(request, found, written, status=HTTPStatus.CONFLICT, problem=words.stale, looked=looked)

    def _looked(self, request: web.Request, rota: Rota, wanted: Wanted) -> dict[str, Any]:
        """Return what becomes of the rota, in words and as days."""
        level = rota.level(wanted.span.level)
        speech = self._speech(request, level.zone if level else "UTC")
        words, override = speech.words.override, wanted.override(self._clock.now())
        first = preview_from(override.starts_at, speech)
        person = rota.person(wanted.person)
        warned = [words.unreachable.format(name=person.name)] if person is not None and not person.contacts else []
        over = [one for one in rota.overrides if one.level == override.level and _overlap(one, override)]
        return {
            "said": _said(rota, override, words.span, speech),
            "warned": [*(_said(rota, one, words.over, speech) for one in over), *warned],
            "days": days(
                with_overrides(rota, [override]), first, AHEAD.days, speech, only=override.level, holidays=self._off(first)
            ),
        }

    # --- taking one away ---

    async def ask_to_remove(self, request: web.Request) -> web.StreamResponse:
        """Show what the fortnight is without an override, before it goes."""
        found = await self._duty(request)
        return await self._removal(request, found)

    async def _removal(self, request: web.Request, found: Duty) -> web.Response:
        now = self._clock.now()
        row: OverrideRow | None = await self._inbox.door.read(stand_ins.found, int(request.match_info["number"]), now)
        level = None if row is None else found.rota.level(row.override.level)
        if row is None or level is None:
            return await self._page(request, "override_gone.html", status=HTTPStatus.NOT_FOUND)
        speech = self._speech(request, level.zone)
        first = preview_from(row.override.starts_at, speech)
        left = stand_ins.without(found.rota, row, now)
        shown = days(left, first, AHEAD.days, speech, only=level.name, holidays=self._off(first))
        said = _said(found.rota, row.override, speech.words.override.span, speech)
        return await self._page(request, "override_remove.html", number=row.id, said=said, reason=row.reason, days=shown)

    async def remove(self, request: web.Request) -> web.StreamResponse:
        """Take an override away."""
        await self._duty(request)
        by, number = request[HERE].who.id, int(request.match_info["number"])
        if not await self._inbox.door.write(stand_ins.remove, number, by=by, now=self._clock.now()):
            return await self._page(request, "override_gone.html", status=HTTPStatus.NOT_FOUND)
        self._inbox.wake("watch")
        return seen_other("/rota?done=removed")


def _given(written: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in written.items() if value}


def _level(rota: Rota, name: str) -> Level | None:
    return rota.level(LevelName(name)) if name in set(LevelName) else None


def _overlap(one: Override, other: Override) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _said(rota: Rota, override: Override, phrase: str, speech: Say) -> str:
    words, person = speech.words.rota, rota.person(override.person)
    return phrase.format(
        level=words.levels[override.level.value],
        name=words.nobody if person is None else person.name,
        start=speech.moment(override.starts_at),
        end=speech.moment(override.ends_at),
    )

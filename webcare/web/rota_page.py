"""The rota: who is called now and whether that works, the week with its holidays, what is missing, and for a lead the rotation of a level.

A level is looked at before it is kept. `rota_view` says what is shown; overrides and swaps have pages of their own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from webcare.domain.rota import LevelName
from webcare.services import desk, duty, queue, stand_ins, swaps
from webcare.services.desk import Action
from webcare.services.duty import CannotKeep, Duty
from webcare.web import rota_view
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other
from webcare.web.rota_view import AHEAD, days, zone_of

if TYPE_CHECKING:
    from webcare.domain.rota import Level, Rota
    from webcare.domain.rota_changes import OverrideRow
    from webcare.services.swaps import Swaps
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

WEEK: Final = timedelta(days=7)
LEVEL: Final = r"/rota/{level:oncall|next|lead}"
SPARE: Final = 3  # empty turns in the form
FIRST_YEAR, LAST_YEAR = 2000, 2199
SAID: Final = {"saved": "saved", "made": "made", "removed": "removed", "dropped": "dropped"}


class RotaPage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/rota", self.show), web.get(LEVEL, self.form), web.post(LEVEL, self.keep)]

    async def _page(self, request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
        counts = await self._inbox.door.read(queue.counts, now=self._clock.now(), person=request[HERE].who.id)
        return self._pages.page(request, template, status=status, counts=counts, **values)

    def _speech(self, request: web.Request, zone: str) -> Say:
        return replace(self._pages.say(request[HERE]), zone=ZoneInfo(zone))

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show who is on call now, what is missing ahead, and a week."""
        who, now = request[HERE].who, self._clock.now()
        found: Duty = await self._inbox.door.read(duty.duty)
        rows: list[OverrideRow] = await self._inbox.door.read(stand_ins.ahead, now)
        asked: Swaps = await self._inbox.door.read(swaps.of_person, who.id, now)
        zone = zone_of(found.rota, self._inbox.zone)
        speech = self._speech(request, zone)
        monday = _monday(request.query.get("week", ""), speech.today)
        last = max(monday + WEEK, speech.today + timedelta(days=rota_view.HOLIDAYS_AHEAD))
        off = duty.holidays(self._inbox.rules(), min(monday, speech.today), last)
        leads, said = desk.may(who.role, Action.ROTA), SAID.get(request.query.get("done", ""))
        names = {one.id: one.name for one in found.rota.people}
        values: dict[str, Any] = {
            "zone": zone,
            "own_zone": who.zone if who.zone != zone else None,
            "speech": speech,
            "nows": [rota_view.now_of(found, level, speech) for level in found.rota.levels],
            "warnings": list(rota_view.warnings(found, speech, holidays=off, may_fill=leads)),
            "days": days(found.rota, monday, 7, speech, holidays=off),
            "week": monday.isocalendar().week,
            "previous": _week(monday - WEEK),
            "following": _week(monday + WEEK),
            "quiet": [
                (one.name, f"{one.quiet.start:%H:%M}{rota_view.TO}{one.quiet.end:%H:%M}")
                for one in found.rota.people
                if one.quiet
            ],
            "stand_ins": rota_view.stand_ins(found.rota, rows, speech),
            "holidays": rota_view.holidays_ahead(found.rota, off, speech),
            "asked": [names.get(one.swap.person, one.swap.person) for one in asked.to_answer],
            "leads": leads,
            "swaps": desk.may(who.role, Action.SWAP) and bool(found.rota.levels),
            "levels": list(LevelName) if leads else [],
            "notice": getattr(speech.words.rota, said) if said else None,
        }
        return await self._page(request, "rota.html", **values)

    # --- changing a level ---

    def _level(self, request: web.Request) -> LevelName:
        if not desk.may(request[HERE].who.role, Action.ROTA):
            raise NotYours
        return LevelName(request.match_info["level"])

    async def form(self, request: web.Request) -> web.StreamResponse:
        """Show the rotation of a level as a form."""
        name, found = self._level(request), await self._inbox.door.read(duty.duty)
        level = found.rota.level(name)
        return await self._form(request, found, name, _written(level, self._inbox.zone, self._clock.now().date()))

    async def _form(
        self, request: web.Request, found: Duty, name: LevelName, written: dict[str, Any], *, status: int = 200, **shown: Any
    ) -> web.Response:
        turns = [*written["rotation"], *[""] * SPARE][: duty.MOST_TURNS]
        words = self._pages.say(request[HERE]).words.rota
        return await self._page(
            request,
            "rota_level.html",
            status=status,
            level=name.value,
            level_name=words.levels[name.value],
            written={**written, "rotation": turns},
            people=[(one.id, one.name) for one in found.rota.people],
            mark=shown.get("mark") or duty.mark(found.rota.level(name)),
            problem=shown.get("problem"),
            preview=shown.get("preview"),
            current=shown.get("current"),
            drop=None if name is LevelName.ONCALL or found.rota.level(name) is None else self._loss(request, found.rota, name),
        )

    def _loss(self, request: web.Request, rota: Rota, name: LevelName) -> list[str]:
        """Say what happens when a level goes."""
        words = self._pages.say(request[HERE]).words.rota
        heir = duty.heir(rota, name)
        passes = (
            words.drop_nobody
            if heir is None
            else words.drop_heir.format(level=words.levels[name.value], heir=words.levels[heir.value])
        )
        has_overrides = any(one.level == name and one.ends_at > self._clock.now() for one in rota.overrides)
        return [passes, words.drop_lead, *([words.drop_overrides] if has_overrides else [])]

    async def keep(self, request: web.Request) -> web.StreamResponse:
        """Show what a level would become, or keep it."""
        name, form = self._level(request), await request.post()
        found: Duty = await self._inbox.door.read(duty.duty)
        words = self._pages.say(request[HERE]).words.rota
        seen = field(form, "mark")[:100]
        if field(form, "do") == "drop":
            return await self._drop(request, found, name, seen)
        written: dict[str, Any] = {
            "rotation": [str(one)[:300] for one in form.getall("turn", []) if isinstance(one, str) and one][
                : duty.MOST_TURNS + 1
            ],
            **{key: field(form, key).strip()[:200] for key in ("rhythm", "handovers", "anchor", "zone")},
        }
        try:
            level = duty.wanted(
                name,
                **{**written, "handovers": written["handovers"].replace(",", " ").split()},
                known=frozenset(one.id for one in found.rota.people),
            )
            speech = self._speech(request, level.zone)
            off = duty.holidays(self._inbox.rules(), speech.today, speech.today + AHEAD)
            preview = days(duty.with_level(found.rota, level), speech.today, AHEAD.days, speech, only=name, holidays=off)
            if field(form, "do") != "save":
                return await self._form(request, found, name, written, preview=preview, mark=seen)
            said: dict[str, Any] = {"seen": seen, "by": request[HERE].who.id, "now": self._clock.now()}
            theirs: Level | None = await self._inbox.door.write(duty.change, level, **said)
        except CannotKeep as refused:
            problem = words.flaws[refused.field.value]
            return await self._form(
                request, found, name, written, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem=problem, mark=seen
            )
        if theirs is None:
            self._inbox.wake("watch")
            return seen_other("/rota?done=saved")
        found = await self._inbox.door.read(duty.duty)
        current = _said(found.rota, theirs, words)
        return await self._form(
            request, found, name, written, status=HTTPStatus.CONFLICT, problem=words.stale, preview=preview, current=current
        )

    async def _drop(self, request: web.Request, found: Duty, name: LevelName, seen: str) -> web.Response:
        """Take a level away; the form that asks for it says what happens then."""
        by, now = request[HERE].who.id, self._clock.now()
        if await self._inbox.door.write(duty.drop, name, seen=seen, by=by, now=now):
            self._inbox.wake("watch")
            return seen_other("/rota?done=dropped")
        words, level = self._pages.say(request[HERE]).words.rota, found.rota.level(name)
        written = _written(level, self._inbox.zone, now.date())
        current = None if level is None else _said(found.rota, level, words)
        return await self._form(request, found, name, written, status=HTTPStatus.CONFLICT, problem=words.stale, current=current)


def _written(level: Level | None, zone: str, today: date) -> dict[str, Any]:
    if level is None:
        return {"rotation": [], "rhythm": "weekly", "handovers": "08:00", "anchor": today.isoformat(), "zone": zone}
    return {
        "rotation": [one or duty.NOBODY for one in level.rotation],
        "rhythm": level.rhythm.value,
        "handovers": " ".join(f"{at:%H:%M}" for at in level.handovers),
        "anchor": level.anchor.isoformat(),
        "zone": level.zone,
    }


def _said(rota: Rota, level: Level, words: Any) -> str:
    """Return a level in one line."""
    named = [person.name if (person := rota.person(one)) else words.nobody for one in level.rotation]
    times = " ".join(f"{at:%H:%M}" for at in level.handovers)
    return f"{words.then.join(named)} · {words.rhythms[level.rhythm.value]} · {times} · {level.anchor.isoformat()} · {level.zone}"


# --- a week ---


def _monday(asked: str, today: date) -> date:
    """Return the first day of the week that an address names, else of this one."""
    year, _, week = asked.partition("-W")
    if year.isdecimal() and week.isdecimal() and len(year) == 4 and len(week) == 2:  # noqa: PLR2004
        try:
            found = date.fromisocalendar(int(year), int(week), 1)
        except ValueError:
            found = today
        if FIRST_YEAR <= found.year <= LAST_YEAR:
            today = found
    return today - timedelta(days=today.weekday())


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"

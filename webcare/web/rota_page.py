"""The rota: who is called now and whether that works, the week, and for a lead the rotation of a level with a look ahead.

Its times are those of the rota: a hand-over at 08:00 is said as 08:00, whoever reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.dates import format_date

from webcare.domain.rota import LevelName, holes, next_handover, on_call, shifts
from webcare.domain.rota import Obstacle as Why
from webcare.domain.walltime import instant_of
from webcare.services import desk, duty, queue
from webcare.services.desk import Action
from webcare.services.duty import CannotKeep, Duty
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from webcare.domain.rota import Level, Rota, Shift
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

AHEAD: Final = timedelta(days=14)
WEEK: Final = timedelta(days=7)
LEVEL: Final = r"/rota/{level:oncall|next|lead}"
TO: Final = "\N{EN DASH}"
MOST_SPANS: Final = 3
SPARE: Final = 3  # empty turns in the form
FIRST_YEAR, LAST_YEAR = 2000, 2199


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    level: str
    who: str | None
    until: str
    how: str
    state: str
    is_bad: bool | None  # None: nobody knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A shift as far as it lies on one day."""

    level: LevelName
    number: int
    who: str | None
    hours: str
    is_now: bool
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    name: str
    number: int
    is_today: bool
    pieces: tuple[Piece, ...]


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
        """Show who is on call now, what is wrong ahead, and a week."""
        found: Duty = await self._inbox.door.read(duty.duty)
        zone = found.rota.levels[0].zone if found.rota.levels else self._inbox.zone
        speech = self._speech(request, zone)
        monday = _monday(request.query.get("week", ""), speech.today)
        who = request[HERE].who
        values: dict[str, Any] = {
            "zone": zone,
            "own_zone": who.zone if who.zone != zone else None,
            "speech": speech,
            "nows": [_now(found, level, speech) for level in found.rota.levels],
            "warnings": list(warnings(found, speech)),
            "days": days(found.rota, monday, 7, speech),
            "week": monday.isocalendar().week,
            "previous": _week(monday - WEEK),
            "following": _week(monday + WEEK),
            "quiet": [(one.name, f"{one.quiet.start:%H:%M}{TO}{one.quiet.end:%H:%M}") for one in found.rota.people if one.quiet],
            "levels": list(LevelName) if desk.may(who.role, Action.ROTA) else [],
            "notice": speech.words.rota.saved if "saved" in request.query else None,
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
        )

    async def keep(self, request: web.Request) -> web.StreamResponse:
        """Show what a level would become, or keep it."""
        name, form = self._level(request), await request.post()
        found: Duty = await self._inbox.door.read(duty.duty)
        words = self._pages.say(request[HERE]).words.rota
        seen = field(form, "mark")[:100]
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
            preview = days(duty.with_level(found.rota, level), speech.today, AHEAD.days, speech, only=name)
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
            return seen_other("/rota?saved=1")
        found = await self._inbox.door.read(duty.duty)
        current = _said(found.rota, theirs, words)
        return await self._form(
            request, found, name, written, status=HTTPStatus.CONFLICT, problem=words.stale, preview=preview, current=current
        )


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


def days(rota: Rota, first: date, count: int, speech: Say, *, only: LevelName | None = None) -> list[Day]:
    """Return days in the zone of the rota; one on which the clocks change is longer or shorter, and whole all the same."""
    return [
        Day(
            name=format_date(day, "EEE", locale=speech.words.locale),
            number=day.day,
            is_today=day == speech.today,
            pieces=tuple(_pieces(rota, day, speech, only)),
        )
        for day in (first + timedelta(days=n) for n in range(count))
    ]


def _pieces(rota: Rota, day: date, speech: Say, only: LevelName | None) -> Iterator[Piece]:
    start, end = (instant_of(one, time(0), speech.zone) for one in (day, day + timedelta(days=1)))
    for number, name in enumerate(LevelName, 1):
        if rota.level(name) is None or only not in (None, name):
            continue
        over = [one for one in rota.overrides if one.level == name]
        for shift in shifts(rota, name, start, end):
            whole = shift.starts_at == start and shift.ends_at == end
            yield Piece(
                level=name,
                number=number,
                who=None if shift.person is None else shift.person.name,
                hours=speech.words.rota.all_day if whole else f"{speech.clock(shift.starts_at)}{TO}{speech.clock(shift.ends_at)}",
                is_now=shift.starts_at <= speech.now < shift.ends_at,
                is_over=any(one.starts_at < shift.ends_at and shift.starts_at < one.ends_at for one in over),
            )


# --- now, and what is wrong ahead ---


def _now(found: Duty, level: Level, speech: Say) -> Now:
    words, person = speech.words.rota, on_call(found.rota, level.name, speech.now)
    change = next_handover(found.rota, level.name, speech.now)
    state, is_bad = _state(found, None if person is None else person.id, speech)
    return Now(
        level=words.levels[level.name.value],
        who=None if person is None else person.name,
        until=words.always if change is None else words.until.format(moment=speech.moment(change)),
        how="" if person is None else words.then.join(one.name for one in person.contacts),
        state=state,
        is_bad=is_bad,
    )


def _state(found: Duty, id_: str | None, speech: Say) -> tuple[str, bool | None]:
    words, person = speech.words.rota, found.rota.person(id_)
    if person is None:
        return words.nobody, True
    if not person.contacts:
        return words.no_contact, True
    last = found.last.get(person.id)
    if last is None:
        return words.untried, None
    return (words.reached if last.arrived else words.missed).format(moment=speech.moment(last.at)), not last.arrived


def warnings(found: Duty, speech: Say) -> Iterator[str]:
    """Say who is missing in the next fortnight, level by level; quiet hours are nobody's fault."""
    words, rota, end = speech.words.rota, found.rota, speech.now + AHEAD
    missing = [one for one in holes(rota, speech.now, end) if one.obstacle is not Why.QUIET]
    for (name, id_), group in groupby(
        sorted(missing, key=lambda one: (list(LevelName).index(one.level), one.person.id if one.person else "", one.starts_at)),
        key=lambda one: (one.level, one.person.id if one.person else None),
    ):
        person = rota.person(id_)
        phrase = words.hole if person is None else words.unreachable
        yield phrase.format(level=words.levels[name.value], name=person.name if person else "", spans=_spans(group, speech))
    for level in rota.levels:
        ahead: list[Shift] = shifts(rota, level.name, speech.now, end)
        for person in rota.people:
            theirs = [one for one in ahead if one.person == person]
            if theirs and person.id in found.closed:
                level_name = words.levels[level.name.value]
                yield words.closed.format(name=person.name, level=level_name, spans=_spans(theirs, speech))


def _spans(found: Iterable[Any], speech: Say) -> str:
    every = [f"{speech.moment(one.starts_at)} {TO} {speech.moment(one.ends_at)}" for one in found]
    left = len(every) - MOST_SPANS
    return ", ".join([*every[:MOST_SPANS], *([speech.words.rota.more.format(n=left)] if left > 0 else [])])

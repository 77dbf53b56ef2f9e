"""Swapping shifts: ask a colleague, answer when asked, and for a lead swap at once.

Whose shift it is, is never taken from the form where somebody asks: it is that of who is logged in, and the rota is asked whether they
have it. A request is shown to the two whom it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from webcare.domain.durations import format_instant, parse_instant
from webcare.domain.rota import LevelName, on_call
from webcare.domain.rota_changes import CannotChange, Field, Span, Swap, shifts_of, wall_time
from webcare.domain.walltime import first_shown
from webcare.services import desk, duty, queue, stand_ins, swaps
from webcare.services.desk import Action
from webcare.services.swaps import Answer, NotTheirs
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other
from webcare.web.rota_view import people_of, zone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from webcare.domain.rota import Rota
    from webcare.domain.rota_changes import SwapRow
    from webcare.services.duty import Duty
    from webcare.services.sign_in import Visitor
    from webcare.services.swaps import Asked, Swaps
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

AHEAD: Final = timedelta(days=28)
FIELDS: Final = ("shift", "colleague", "from", "until", "back", "note")
LONGEST: Final = 300
DONE: Final = frozenset({"asked", "arranged", *Answer})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it is shown."""

    id: int
    who: str
    given: str
    back: str | None
    note: str | None
    expires: str
    state: str


class SwapPage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/rota/swap", self.show),
            web.post("/rota/swap", self.ask),
            web.post(r"/rota/swap/{number:\d{1,18}}", self.settle),
        ]

    def _who(self, request: web.Request) -> Visitor:
        """Return who asks, if they may swap.

        Raises:
            NotYours: they may not.
        """
        who = request[HERE].who
        if not desk.may(who.role, Action.SWAP):
            raise NotYours
        return who

    # --- looking ---

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show what is asked, what one asked, and the form."""
        self._who(request)
        words, done = self._pages.say(request[HERE]).words.swap, request.query.get("done", "")
        notice = words.done[done] if done in DONE else None
        untold = words.not_told if "untold" in request.query else None
        written = {name: request.query.get(name, "")[:LONGEST] for name in FIELDS}
        return await self._page(request, written, notice=notice, untold=untold)

    async def _page(self, request: web.Request, written: Mapping[str, str], *, status: int = 200, **shown: Any) -> web.Response:
        here, now = request[HERE], self._clock.now()
        found: Duty = await self._inbox.door.read(duty.duty)
        asked: Swaps = await self._inbox.door.read(swaps.of_person, here.who.id, now)
        counts = await self._inbox.door.read(queue.counts, now=now, person=here.who.id)
        rota, me = found.rota, here.who.id
        zone = zone_of(rota, self._inbox.zone)
        speech = replace(self._pages.say(here), zone=ZoneInfo(zone))
        leads = desk.may(here.who.role, Action.ROTA)
        others = {one.id for one in rota.people} - {me}
        everybody = people_of(rota, found.closed | {one.id for one in rota.people if not swaps.can_take(one)})
        return self._pages.page(
            request,
            "swap.html",
            status=status,
            counts=counts,
            written=written,
            shifts=_choices(rota, {me}, now, speech, named=False),
            theirs=_choices(rota, others, now, speech, named=True),
            leads=leads,
            people=everybody if leads else [one for one in everybody if one[0] != me],
            zone=zone,
            to_answer=[_request(rota, one, one.swap.person, now, speech) for one in asked.to_answer],
            waiting=[_request(rota, one, one.swap.colleague, now, speech) for one in asked.waiting],
            past=[_past(rota, one, me, now, speech) for one in asked.past],
            notice=shown.get("notice"),
            untold=shown.get("untold"),
            problem=shown.get("problem"),
        )

    # --- asking ---

    async def ask(self, request: web.Request) -> web.StreamResponse:
        """Ask a colleague; a lead may swap at once."""
        who, form, now = self._who(request), await request.post(), self._clock.now()
        arranges = field(form, "do") == "arrange"
        if arranges and not desk.may(who.role, Action.ROTA):
            raise NotYours
        written = {name: field(form, name).strip()[:LONGEST] for name in FIELDS}
        found: Duty = await self._inbox.door.read(duty.duty)
        said: dict[str, Any] = {"brand": self._inbox.brand, "now": now}
        try:
            swap, note = _wanted(found.rota, written, None if arranges else who.id, now), stand_ins.said(written["note"])
            if arranges:
                asked: Asked = await self._inbox.door.write(swaps.arrange, swap, note=note, by=who.id, **said)
            else:
                asked = await self._inbox.door.write(swaps.ask, swap, note=note, **said)
        except CannotChange as refused:
            problem = self._pages.say(request[HERE]).words.swap.flaws[refused.field.value]
            return await self._page(request, written, status=HTTPStatus.UNPROCESSABLE_ENTITY, problem=problem)
        self._inbox.wake("deliver")
        if arranges:
            self._inbox.wake("watch")
        untold = "" if asked.is_told else "&untold=1"
        return seen_other(f"/rota/swap?done={'arranged' if arranges else 'asked'}{untold}")

    async def settle(self, request: web.Request) -> web.StreamResponse:
        """Accept or decline what one was asked, or take back what one asked."""
        who, form = self._who(request), await request.post()
        written = dict.fromkeys(FIELDS, "")
        words = self._pages.say(request[HERE]).words.swap
        if field(form, "do") not in set(Answer):
            raise web.HTTPBadRequest
        answer = Answer(field(form, "do"))
        said: dict[str, Any] = {"by": who.id, "brand": self._inbox.brand, "now": self._clock.now()}
        try:
            is_done: bool = await self._inbox.door.write(swaps.settle, int(request.match_info["number"]), answer, **said)
        except (LookupError, NotTheirs):
            raise web.HTTPNotFound from None  # whether there is one is the business of the two
        except CannotChange as refused:
            problem = words.flaws[refused.field.value]
            return await self._page(request, written, status=HTTPStatus.CONFLICT, problem=problem)
        if not is_done:
            return await self._page(request, written, status=HTTPStatus.CONFLICT, problem=words.too_late)
        for row in ("deliver", "watch"):
            self._inbox.wake(row)
        return seen_other(f"/rota/swap?done={answer.value}")


# --- what was written ---


def _wanted(rota: Rota, written: Mapping[str, str], person: str | None, now: datetime) -> Swap:
    """Return a swap as it was asked for; without `person` it is the shift of whoever has it.

    Raises:
        CannotChange: it names no shift, or nobody.
    """
    given = _part(rota, _span(written["shift"], Field.SHIFT), written, now)
    if person is None:
        holder = on_call(rota, given.level, given.starts_at)
        if holder is None:
            raise CannotChange(Field.SHIFT)
        person = holder.id
    back = _span(written["back"], Field.BACK).cut(now) if written["back"] else None
    return Swap(person=person, colleague=written["colleague"], given=given, back=back, asked_at=now)


def _span(text: str, where: Field) -> Span:
    """Read a shift as the form's choice holds it: level, start, end."""
    level, _, rest = text.partition(" ")
    start, _, end = rest.partition(" ")
    if level not in set(LevelName):
        raise CannotChange(where)
    try:
        span = Span(level=LevelName(level), starts_at=parse_instant(start), ends_at=parse_instant(end))
    except ValueError:
        raise CannotChange(where) from None
    if span.ends_at <= span.starts_at:
        raise CannotChange(where)
    return span


def _part(rota: Rota, whole: Span, written: Mapping[str, str], now: datetime) -> Span:
    """Cut the part that was asked for out of a shift; what is left empty is the shift's own edge."""
    level = rota.level(whole.level)
    if level is None:
        raise CannotChange(Field.LEVEL)
    zone = ZoneInfo(level.zone)
    start = first_shown(wall_time(written["from"], Field.FROM), zone) if written["from"] else whole.starts_at
    end = first_shown(wall_time(written["until"], Field.UNTIL), zone) if written["until"] else whole.ends_at
    if end <= start:
        raise CannotChange(Field.ORDER)
    if start < whole.starts_at or end > whole.ends_at:
        raise CannotChange(Field.SHIFT)
    return Span(level=whole.level, starts_at=start, ends_at=end).cut(now)


# --- what is shown ---


def _choices(rota: Rota, people: Collection[str], now: datetime, speech: Say, *, named: bool) -> list[tuple[str, str]]:
    """Return the coming shifts of these people as values and labels of a choice."""
    words, found = speech.words.swap, []
    for level, shift in shifts_of(rota, people, now.replace(second=0, microsecond=0), now + AHEAD):
        span = Span(level=level, starts_at=shift.starts_at, ends_at=shift.ends_at)
        label = _label(rota, span, speech)
        name = "" if shift.person is None else shift.person.name
        value = f"{level.value} {format_instant(span.starts_at)} {format_instant(span.ends_at)}"
        found.append((value, words.shift_of.format(name=name, span=label) if named else label))
    return found


def _label(rota: Rota, span: Span, speech: Say) -> str:
    level = rota.level(span.level)
    local = speech if level is None else replace(speech, zone=ZoneInfo(level.zone))
    return speech.words.swap.span.format(
        level=speech.words.rota.levels[span.level.value], start=local.moment(span.starts_at), end=local.moment(span.ends_at)
    )


def _request(rota: Rota, row: SwapRow, other: str, now: datetime, speech: Say) -> Request:
    person, swap = rota.person(other), row.swap
    state = "expired" if row.state == "asked" and not row.is_open(now) else row.state
    return Request(
        id=row.id,
        who=other if person is None else person.name,
        given=_label(rota, swap.given, speech),
        back=None if swap.back is None else _label(rota, swap.back, speech),
        note=row.note,
        expires=speech.words.swap.expires.format(moment=speech.moment(row.expires_at)),
        state=speech.words.swap.states[state],
    )


def _past(rota: Rota, row: SwapRow, me: str, now: datetime, speech: Say) -> Request:
    words, mine = speech.words.swap, row.swap.person == me
    found = _request(rota, row, row.swap.colleague if mine else row.swap.person, now, speech)
    return replace(found, who=(words.asked_of if mine else words.asked_by).format(name=found.who))

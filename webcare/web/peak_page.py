"""Peaks: how one stands, what was, and for who leads: start, end, set a proposal aside. The queue shows the same lines on top."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from math import floor
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from webcare.domain.row_number import row_number
from webcare.services import case_file, desk, peak, queue
from webcare.services.peak import LONGEST_NAME, REACHES, Refused, Wanted
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from webcare.domain.peak import Peak
    from webcare.services.peak import About, Shown, Told
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

ONE: Final = r"/peaks/{peak:[0-9]{1,18}}"
LONGEST_WORDS: Final = 200
MOST_CHANNELS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A peak as the queue says it: `headline` is bold, `stands` follows it, `more` is small."""

    number: int
    brand: str
    headline: str
    stands: str
    more: str
    is_proposal: bool = False


class PeakPage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/peaks", self.every),
            web.get("/peaks/new", self.form),
            web.post("/peaks/new", self.start),
            web.get(ONE, self.show),
            web.post(f"{ONE}/end", self.end),
            web.post(f"{ONE}/dismiss", self.dismiss),
        ]

    async def _page(self, request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
        counts = await self._inbox.door.read(queue.counts, now=self._clock.now(), person=request[HERE].who.id)
        may_lead = desk.may(request[HERE].who.role, desk.Action.PEAK)
        return self._pages.page(request, template, status=status, counts=counts, may_lead=may_lead, **values)

    async def every(self, request: web.Request) -> web.StreamResponse:
        """Show what runs and what was."""
        read, speech = self._inbox.door.read, self._pages.say(request[HERE])
        found, last = await asyncio.gather(
            read(peak.shown, self._clock.now()),
            read(peak.last),
        )
        lead = desk.may(request[HERE].who.role, desk.Action.PEAK)
        said = lines(found, speech, self._inbox.zone, lead=lead)
        return await self._page(request, "peaks.html", lines=said, last=last, problem=_problem(request, speech))

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show one."""
        number, read, speech = int(request.match_info["peak"]), self._inbox.door.read, self._pages.say(request[HERE])
        found, names = await asyncio.gather(read(peak.told, number, self._clock.now()), read(case_file.names))
        if found is None:
            raise web.HTTPNotFound
        return await self._page(
            request,
            "peak.html",
            one=found.peak,
            figures=list(_figures(found, speech)),
            belongs=self._belongs(found.peak, speech),
            oldest=found.stands.oldest_at,
            hours=[(at, count) for at, count in found.hours],
            most=max((count for _, count in found.hours), default=1) or 1,
            names=names,
            notice=_ended(request, speech) if found.peak.ended_at is not None else None,
            problem=_problem(request, speech),
        )

    def _belongs(self, one: Peak, speech: Say) -> str:
        words, fits = speech.words.peak, one.fits
        channels = ", ".join(self._names(speech, fits.channels)) if fits and fits.channels else words.every_channel
        said = " / ".join(fits.words) if fits and fits.words else words.any_word
        return words.belongs.format(channels=channels, words=said, moment=speech.moment(one.since) if one.since else "")

    def _names(self, speech: Say, channels: Iterable[str]) -> list[str]:
        known = {account.id: account for account in self._inbox.channels()}
        kinds = [account.spec.kind for account in known.values()]
        return [
            speech.named_channel(known[one], is_only=kinds.count(known[one].spec.kind) == 1) if one in known else one
            for one in sorted(channels)
        ]

    # --- for who leads ---

    async def form(self, request: web.Request) -> web.StreamResponse:
        """Show what a peak is made of, filled in by what it seems to be about."""
        _require(request)
        brands = await self._inbox.door.read(peak.brands)
        asked = request.query.get("brand", "")
        brand = asked if asked in brands else next(iter(brands), "")
        return await self._form(request, brands, Wanted(name="", brand=brand))

    async def _form(
        self, request: web.Request, brands: Mapping[str, Any], wanted: Wanted, *, status: int = 200, **shown: Any
    ) -> web.Response:
        speech = self._pages.say(request[HERE])
        about = await self._inbox.door.read(peak.about, wanted.brand, self._clock.now(), ZoneInfo(self._inbox.zone))
        channels = sorted(one for held in brands.values() for one in held)
        return await self._page(
            request,
            "peak_new.html",
            status=status,
            brands=list(brands),
            wanted=wanted,
            channels=list(zip(channels, self._names(speech, channels), strict=True)),
            reaches=REACHES,
            longest={"name": LONGEST_NAME, "words": LONGEST_WORDS},
            about=list(self._about(about, speech)),
            problem=shown.get("problem"),
            flaw=shown.get("flaw"),
            preview=shown.get("preview"),
        )

    def _about(self, found: About, speech: Say) -> Iterable[str]:
        words = speech.words.peak
        if found.channels:
            yield words.about_channels.format(names=", ".join(self._names(speech, found.channels)))
        if found.words:
            counted = [words.about_counted.format(word=word, n=count) for word, count in found.words]
            yield words.about_words.format(words=", ".join(counted))

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Start a peak, or show first how many cases it would have."""
        _require(request)
        form, door, now = await request.post(), self._inbox.door, self._clock.now()
        wanted = Wanted(
            name=field(form, "name").strip()[: LONGEST_NAME + 1],
            brand=field(form, "brand"),
            channels=tuple(one for one in form.getall("channel", []) if isinstance(one, str))[:MOST_CHANNELS],
            words=field(form, "words").strip()[:LONGEST_WORDS],
            reach=row_number(field(form, "reach")) or 0,
        )
        brands = await door.read(peak.brands)
        try:
            if field(form, "do") == "start":
                number = await door.write(peak.start, wanted, by=request[HERE].who.id, now=now)
                return seen_other(f"/peaks/{number}")
            fitting = await door.read(peak.preview, wanted, now=now)
        except Refused as refused:
            problem = self._pages.say(request[HERE]).words.peak.flaws[refused.why.value]
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return await self._form(request, brands, wanted, status=status, problem=problem, flaw=refused.why.value)
        return await self._form(request, brands, wanted, preview=fitting)

    async def end(self, request: web.Request) -> web.StreamResponse:
        """End a peak; what is left of it is told of."""
        _require(request)
        number = request.match_info["peak"]
        said: dict[str, Any] = {"by": request[HERE].who.id, "rules": self._inbox.rules(), "now": self._clock.now()}
        try:
            left = await self._inbox.door.write(peak.end, int(number), **said)
        except Refused as refused:
            return seen_other(f"/peaks?flaw={refused.why.value}")
        self._inbox.wake("deliver")
        return seen_other(f"/peaks/{number}?left={left}")

    async def dismiss(self, request: web.Request) -> web.StreamResponse:
        """Set a proposal aside."""
        _require(request)
        who, now = request[HERE].who, self._clock.now()
        try:
            await self._inbox.door.write(peak.dismiss, int(request.match_info["peak"]), by=who.id, now=now)
        except Refused as refused:
            return seen_other(f"/peaks?flaw={refused.why.value}")
        return seen_other("/")


def _require(request: web.Request) -> None:
    if not desk.may(request[HERE].who.role, desk.Action.PEAK):
        raise NotYours


def _problem(request: web.Request, speech: Say) -> str | None:
    return speech.words.peak.flaws.get(request.query.get("flaw", ""))


def _ended(request: web.Request, speech: Say) -> str | None:
    left, words = row_number(request.query.get("left", "")), speech.words.peak
    return None if left is None else speech.count(words.ended_now, left) if left else words.ended_now_none


def _figures(found: Told, speech: Say) -> Iterable[tuple[str, str]]:
    words, kept, stands = speech.words.peak, found.kept, found.stands
    share = (
        words.share.format(share=speech.decimal(floor(kept.met * 1000 / kept.decided) / 10)) if kept.decided else words.nothing
    )
    values = {
        "cases": str(stands.cases),
        "open": str(stands.open),
        "late": str(stands.late),
        "urgent": str(stands.urgent),
        "answered": str(kept.answered),
        "in_time": share,
        "spared": str(found.spared),
    }
    for name, value in values.items():
        yield words.figures[name], value


# --- the lines in the queue ---


def lines(found: Shown, speech: Say, zone: str, *, lead: bool) -> list[Line]:
    """Say what runs, and for who leads what the house proposes."""
    said = [_running(one, speech, lead=lead) for one in found.running]
    return said + ([_proposal(one, speech, ZoneInfo(zone)) for one in found.proposed] if lead else [])


def _running(one: peak.Running, speech: Say, *, lead: bool) -> Line:
    words, stands = speech.words.peak, one.stands
    said = [speech.count(words.stands, stands.open)]
    if stands.late:
        said.append(speech.count(words.late, stands.late))
    elif stands.due_at is not None:
        said.append(words.first.format(moment=speech.moment(stands.due_at)))
    since = words.since.format(moment=speech.moment(one.peak.started_at)) if one.peak.started_at else ""
    return Line(
        number=one.peak.id,
        brand=one.peak.brand,
        headline=words.named.format(name=one.peak.name),
        stands=", ".join(said),
        more=words.calm if one.may_end and lead else since,
    )


def _proposal(one: Peak, speech: Say, zone: ZoneInfo) -> Line:
    words, local = speech.words.peak, (one.proposed_at or speech.now).astimezone(zone)
    weekday = speech.weekday(local.date())
    busy = (
        words.busy.format(times=speech.decimal(one.count / one.usual), weekday=weekday, hour=local.hour)
        if one.usual and one.count
        else words.busy_never.format(weekday=weekday, hour=local.hour)
    )
    return Line(
        number=one.id,
        brand=one.brand,
        headline=busy,
        stands=speech.count(words.counted, one.count or 0),
        more="",
        is_proposal=True,
    )

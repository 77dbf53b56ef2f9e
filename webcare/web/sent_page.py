"""What went out: who was told what, which answer was sent, how it went. And the daily letter, read here as it was sent.

The letter is a document of its own under a policy of its own: it has one block of styles and no right to anything else. The page that
frames it may frame our own pages, which no other page may.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web
from babel.dates import format_date

from webcare.letters.alert import harmless
from webcare.letters.digest import letter as written
from webcare.letters.refusal_words import refusal
from webcare.letters.speech import speech
from webcare.services import queue, sent
from webcare.services.contact import DEAD
from webcare.services.sent import BAD, UNSURE, Filters, NotTheirs, Result
from webcare.web import knows_view
from webcare.web.gate import HEADERS, NotYours
from webcare.web.here import HERE
from webcare.web.say import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from webcare.letters.alert import AlertText
    from webcare.services.sent import LetterFile, Sent, Try
    from webcare.web.here import Here
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

REASON: Final = 200  # characters
SHOWN: Final = 10  # cases of an alert
TRIES: Final = 5  # of the attempts to tell somebody, the last ones
PROMPT: Final = timedelta(minutes=1)  # then nobody asks when it could have gone
POLICY: Final = "Content-Security-Policy"
LETTER_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"  # a link to a case opens beside the letter
)
FRAMING_POLICY: Final = f"{HEADERS[POLICY]}; frame-src 'self'"
_HEAD: Final = "<head>"
_LINKS_OPEN_BESIDE: Final = '<head><base target="_blank">'
LOOKS: Final = {True: "stop", False: "slow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A delivery as the template draws it: what it is about as (words, address), an address only where there is a page."""

    id: int
    icon: str
    kind: str
    at: str
    due: str
    to: str
    method: str
    about: tuple[tuple[str, str | None], ...]
    look: str
    mark: str
    result: str
    more: tuple[str, ...]


class SentPage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sent", self.sent),
            web.get("/sent/letters/{letter}", self.letter),
            web.get("/sent/letters/{letter}/html", self.html),
        ]

    async def sent(self, request: web.Request) -> web.StreamResponse:
        """Show what went out."""
        here, filters, machine = request[HERE], Filters.from_query(request.query), self._clock.machine()
        before = request.query.get("before")
        page, counts = await asyncio.gather(
            self._inbox.door.read(sent.page, filters, machine=machine, before=before),
            self._inbox.door.read(queue.counts, now=self._clock.now(), person=here.who.id),
        )
        draws = _Drawing(self._pages.say(here), say(here.language, here.who.zone, machine), here, page.names)
        asked = filters.to_query()
        return self._pages.page(
            request,
            "sent.html",
            counts=counts,
            rows=[draws.row(one) for one in page.rows],
            filters=filters,
            kinds=sent.KINDS,
            people=sorted(page.names.items(), key=lambda one: one[1].casefold()),
            is_filtered=bool(asked),
            older=f"/sent?{urlencode({**asked, 'before': page.next})}" if page.next is not None else None,
            newest=(f"/sent?{urlencode(asked)}" if asked else "/sent") if before else None,
        )

    # --- letters ---

    async def letter(self, request: web.Request) -> web.StreamResponse:
        """Show a letter: framed as it was sent, and as text."""
        here, found = request[HERE], await self._letter(request)
        counts = await self._inbox.door.read(queue.counts, now=self._clock.now(), person=here.who.id)
        response = self._pages.page(
            request,
            "letter.html",
            counts=counts,
            letter=found,
            day=_named(found.digest.period.day, self._pages.say(here)),
            words_of=self._written(found),
        )
        response.headers[POLICY] = FRAMING_POLICY
        return response

    async def html(self, request: web.Request) -> web.StreamResponse:
        """Answer with the letter itself."""
        text = self._written(await self._letter(request)).html.replace(_HEAD, _LINKS_OPEN_BESIDE, 1)
        headers = {POLICY: LETTER_POLICY, "X-Frame-Options": "SAMEORIGIN"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def _letter(self, request: web.Request) -> LetterFile:
        who = request[HERE].who
        try:
            found = await self._inbox.door.read(sent.letter, request.match_info["letter"], reader=who.id, role=who.role)
        except NotTheirs:
            raise NotYours from None
        if found is None:
            raise web.HTTPNotFound
        return found

    def _written(self, found: LetterFile) -> AlertText:
        """Write the letter as its reader got it."""
        return written(
            found.digest,
            language=found.language or self._inbox.language,
            zone=_zone(found.zone or self._inbox.zone, self._inbox.zone),
            now=found.at,
            public_url=self._inbox.home,
            late=found.late,
        )


def _zone(name: str, default: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(default)


def _named(day: date, speaks: Say) -> str:
    return format_date(day, speaks.words.time.day, locale=speaks.words.locale)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Puts facts into words: `world` for what happened, `machine` for when it is tried again."""

    world: Say
    machine: Say
    here: Here
    names: Mapping[str, str]

    def row(self, one: Sent) -> Row:
        words = self.world.words.sent
        kind = words.kind[one.kind]
        is_prompt = one.sent_at is not None and one.sent_at - one.due_at < PROMPT
        return Row(
            id=one.id,
            icon={"alert": "bell", "letter": "mail"}.get(one.kind, "reply"),
            kind=f"{kind}, {words.automatic}" if one.automatic else kind,
            at="" if one.sent_at is None else self.world.moment(one.sent_at),
            due="" if is_prompt else words.due.format(moment=self.world.moment(one.due_at)),
            to=words.to_customer if one.kind == "reply" else self._name(one.person),
            method=self._method(one),
            about=tuple(self._about(one)),
            look="ok" if one.result is Result.DELIVERED else LOOKS[one.result in BAD] if one.result in BAD | UNSURE else "",
            mark="check" if one.result is Result.DELIVERED else "warn" if one.result in BAD else "clock",
            result=self._result(one),
            more=tuple(self._more(one)),
        )

    def _name(self, person: str | None) -> str:
        return self.names.get(person or "", person or self.world.words.thing.nobody)

    def _method(self, one: Sent) -> str:
        if one.channel is not None:
            return self.world.channel(one.channel)
        return self.world.words.sent.methods.get(one.method, one.method)

    def _about(self, one: Sent) -> Iterator[tuple[str, str | None]]:
        words = self.world.words.sent
        for number in one.cases[:SHOWN]:
            yield words.case.format(number=number), f"/cases/{number}"
        rest = one.more + max(0, len(one.cases) - SHOWN)
        if rest:
            yield self.world.count(words.more, rest), None
        if one.day is not None:
            may_read = one.person == self.here.who.id or self.here.who.role in sent.MAY_READ_ANY
            yield words.digest.format(day=_named(one.day, self.world)), f"/sent/letters/{one.id}" if may_read else None
        if one.peak is not None:
            of_peaks, is_one = self.world.words.peak, bool(one.peak.get("name"))
            said = of_peaks.named.format(name=one.peak["name"]) if is_one else of_peaks.title
            yield said, f"/peaks/{int(one.peak['peak'])}" if is_one else "/peaks"
        if one.news is not None:
            yield words.news[one.news], None
        if one.trouble is not None:
            what, name = one.trouble.get("what"), str(one.trouble.get("name") or one.trouble.get("channel") or "")
            if what == DEAD:
                yield words.dead.format(name=name), None
                return
            yield (words.recovered if what in ("recovered", "model_back") else words.trouble).format(name=name), "/channels"

    def _result(self, one: Sent) -> str:
        moment = "" if one.retry_at is None else self.machine.moment(one.retry_at)
        if one.result is Result.RETRY and one.retry_at is None:
            return self.world.words.sent.results[Result.WAITING]
        return self.world.words.sent.results[one.result].format(moment=moment)

    def _tried(self, one: Try) -> str:
        return knows_view.tried(one.at, one.took_ms, one.error, self.world)

    def _more(self, one: Sent) -> Iterator[str]:
        words = self.world.words.sent
        if one.result in BAD and (sentence := refusal(one.code, self.here.language)) is not None:
            yield sentence
        if one.reason and (one.result in BAD or one.result is Result.RETRY):
            yield words.reason.format(reason=harmless(one.reason, REASON, speech(self.here.language, self.world.zone)))
        if one.attempts > 1:
            yield self.world.count(words.attempts, one.attempts)
        if len(one.tries) > 1:
            yield from (self._tried(each) for each in one.tries[-TRIES:])
        if one.by is not None and not one.automatic:
            yield words.by.format(name=self._name(one.by))
        if one.acked_at is not None:
            yield words.acked.format(name=self._name(one.acked_by), moment=self.world.moment(one.acked_at))

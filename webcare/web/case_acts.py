"""What a person does with a case beyond claiming and closing it: hand it over, put it off, promise, record, block, put a verdict right.

Each act is a form that works without a script. Days and times are those of the person's own clock, also where it is set forward or back.
A page that is open says every few seconds that somebody looks, and hears who else does, and who has answered meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from webcare.domain.case import CaseState, ImpossibleMove, Refusal
from webcare.domain.row_number import row_number
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.domain.walltime import first_shown
from webcare.services import acknowledge, answer, around, case_file, correct, desk, presence
from webcare.services.correct import Correction
from webcare.services.desk import SNOOZED, Action
from webcare.services.meanwhile import mark_of, parse_mark
from webcare.web.case_page import CASE
from webcare.web.gate import NotYours
from webcare.web.here import HERE
from webcare.web.later import HOUR, MORNING, NOON, Preset, fixed, on_day, sent, snoozes
from webcare.web.login_pages import field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from webcare.services.around import Colleague
    from webcare.services.case_file import CaseFile
    from webcare.services.presence import Looking
    from webcare.web.case_page import CasePage
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

LONGEST_REASON: Final = 1000
LONGEST_HOW: Final = 500
LONGEST_ID: Final = 200
_MINUTE: Final = timedelta(minutes=1)
_LAST_YEAR: Final = 9000  # beyond it a zone's offset leads out of the calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Pill:
    """Who else looks, as the head of the page says it."""

    name: str
    text: str
    is_typing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What the templates ask.

    `is_asked`: this person had an alert about it and has not said "seen". `may_give` is whether they may hand the case over now, `newest`
    the customer's last message.
    """

    is_asked: bool
    colleagues: tuple[Colleague, ...]
    may_give: bool
    may_block: bool
    blocked_by: str | None
    snoozes: tuple[Preset, ...]
    promises: tuple[Preset, ...]
    notes: tuple[str, ...]
    own_snooze: str
    own_promise: str
    own_now: str
    pill: Pill | None
    seen: str
    newest: int | None

    @property
    def every(self) -> int:
        """Return how often a page says that somebody looks, in milliseconds."""
        return int(presence.EVERY / timedelta(milliseconds=1))


class CaseActs:
    """The handlers, and what the page of a case shows of them."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages, case_page: CasePage) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages
        self._case_page = case_page
        case_page.more.append(self.values)

    def routes(self) -> list[web.RouteDef]:
        acts = {
            "seen": self.seen,
            "hand-over": self.hand_over,
            "snooze": self.snooze,
            "awake": self.awake,
            "promise": self.promise,
            "declared": self.declared,
            "undeclare": self.undeclare,
            "spam": self.spam,
            "block": self.block,
            "unblock": self.unblock,
            "verdict": self.verdict,
            "presence": self.presence,
        }
        return [web.post(f"{CASE}/{name}", handler) for name, handler in acts.items()]

    # --- what is shown ---

    async def values(self, request: web.Request, file: CaseFile) -> dict[str, Any]:
        """Return what the templates of the acts need."""
        who, now, case = request[HERE].who, self._clock.now(), file.row.id
        if not who.may_act:
            return {"acts": None}
        found = await self._inbox.door.read(around.around, case, reader=who.id, now=now, machine=self._clock.machine())
        speech = self._pages.say(request[HERE])
        return {
            "acts": Acts(
                is_asked=found.is_asked,
                colleagues=tuple(one for one in found.colleagues if one.id != file.row.claimed_by),
                may_give=file.row.claimed_by in (None, who.id) or desk.may(who.role, Action.HAND_OVER_OTHERS),
                may_block=desk.may(who.role, Action.BLOCK),
                blocked_by=None if found.blocked_by is None else file.name(found.blocked_by),
                snoozes=tuple(snoozes(speech)),
                promises=tuple(_promises(speech, file)),
                notes=tuple(_notes(speech, file)),
                own_snooze=_local(speech, on_day(speech, MORNING)),
                own_promise=_local(speech, on_day(speech, NOON)),
                own_now=_local(speech, now),
                pill=_pill(found.looking, speech),
                seen=str(mark_of(file)),
                newest=max((one.id for one in file.thread if not one.is_ours and not one.deleted_at), default=None),
            )
        }

    # --- who has it ---

    async def seen(self, request: web.Request) -> web.StreamResponse:
        """Note that an alert about this case was seen."""
        return await self._case_page.do(request, "seen", acknowledge.acknowledge)

    async def hand_over(self, request: web.Request) -> web.StreamResponse:
        """Give the case to a colleague."""
        to = field(await request.post(), "to")[:LONGEST_ID]
        others = desk.may(request[HERE].who.role, Action.HAND_OVER_OTHERS)
        return await self._case_page.do(request, "hand-over", desk.hand_over, to=to, others=others)

    # --- later ---

    async def snooze(self, request: web.Request) -> web.StreamResponse:
        """Put the case away until a time."""
        try:
            span, until = await self._time(request)
        except ImpossibleMove as refused:
            return await self._case_page.refuse(request, refused)
        return await self._case_page.do(request, "snooze", desk.snooze, until=until or self._clock.now() + (span or timedelta(0)))

    async def awake(self, request: web.Request) -> web.StreamResponse:
        return await self._case_page.do(request, "awake", desk.awake)

    async def promise(self, request: web.Request) -> web.StreamResponse:
        """Note that the customer hears from us again by then."""
        try:
            span, until = await self._time(request)
        except ImpossibleMove as refused:
            return await self._case_page.refuse(request, refused)
        return await self._case_page.do(request, "promise", desk.promise, within=span, until=until)

    async def _time(self, request: web.Request) -> tuple[timedelta | None, datetime | None]:
        """Return the span or the instant that a form names."""
        form = await request.post()
        named = field(form, "when")
        if not named:
            return None, self._local_time(request, field(form, "own"))
        try:
            return sent(named)
        except ValueError:
            raise ImpossibleMove("no span and no instant", Refusal.NO_TIME) from None

    def _local_time(self, request: web.Request, text: str) -> datetime:
        """Return the instant at which the person's own clock shows this."""
        try:
            wall = datetime.fromisoformat(text).replace(second=0, microsecond=0)
        except ValueError:
            raise ImpossibleMove("no day and time", Refusal.NO_TIME) from None
        if wall.tzinfo is not None or not 1 < wall.year < _LAST_YEAR:
            raise ImpossibleMove("no local time", Refusal.NO_TIME)
        return first_shown(wall, self._pages.say(request[HERE]).zone)

    # --- answered elsewhere ---

    async def declared(self, request: web.Request) -> web.StreamResponse:
        """Record that the customer was answered by telephone or in person."""
        form = await request.post()
        file = await self._inbox.door.read(
            case_file.open_file, int(request.match_info["case"]), self._inbox.rules(), self._clock.now()
        )
        if file is None:
            raise web.HTTPNotFound
        try:
            at = self._local_time(request, field(form, "at"))
        except ImpossibleMove as refused:
            return await self._case_page.refuse(request, refused)
        heard = [file.row.opened_at, *(one.at for one in file.thread if not one.is_ours)]
        at = max([at, *(one for one in heard if at <= one < at + _MINUTE)])  # what they asked in that minute came first
        how = field(form, "how")[:LONGEST_HOW]
        return await self._case_page.do(request, "declared", answer.declared, at=at, how=how)

    async def undeclare(self, request: web.Request) -> web.StreamResponse:
        """Take back what oneself recorded by mistake."""
        ref = field(await request.post(), "ref")[:LONGEST_ID]
        return await self._case_page.do(request, "undeclare", answer.undeclared, ref=ref)

    # --- nothing to answer ---

    async def spam(self, request: web.Request) -> web.StreamResponse:
        return await self._case_page.do(request, "spam", desk.spam)

    async def block(self, request: web.Request) -> web.StreamResponse:
        """Block the author of the case."""
        _require(request, Action.BLOCK)
        reason = field(await request.post(), "reason")[:LONGEST_REASON]
        return await self._case_page.do(request, "block", desk.block, reason=reason)

    async def unblock(self, request: web.Request) -> web.StreamResponse:
        _require(request, Action.BLOCK)
        return await self._case_page.do(request, "unblock", _unblock)

    # --- put right ---

    async def verdict(self, request: web.Request) -> web.StreamResponse:
        """Take a person's word on what a message is."""
        form = await request.post()
        message, needs, sentiment = row_number(field(form, "message")), field(form, "needs"), field(form, "sentiment")
        urgency = field(form, "urgency")
        if message is None or needs not in {"", "0", "1"}:
            raise web.HTTPBadRequest
        try:
            said = Correction(
                needs_response=None if not needs else needs == "1",
                intents=tuple(intent for intent in Intent if intent in {Intent(str(one)) for one in form.getall("intent", [])}),
                sentiment=Sentiment(sentiment) if sentiment else None,
                urgency=Urgency(urgency) if urgency else None,
            )
        except ValueError:
            raise web.HTTPBadRequest from None
        return await self._case_page.do(request, "verdict", partial(_put_right, said=said), message=message)

    # --- who else ---

    async def presence(self, request: web.Request) -> web.StreamResponse:
        """Note that somebody looks, types or has gone, and say who else does."""
        case, who = int(request.match_info["case"]), request[HERE].who
        if "left" in request.query:  # in the address: of a tab that closes the body may not arrive
            await self._inbox.door.write(presence.left, case, who.id)
            return web.Response(status=HTTPStatus.NO_CONTENT)
        form = await request.post()
        found = await self._inbox.door.write(
            around.look,
            case,
            reader=who.id,
            machine=self._clock.machine(),
            now=self._clock.now(),
            is_typing=field(form, "typing") == "1",
            seen=parse_mark(field(form, "seen")),
        )
        if found is None:
            raise web.HTTPNotFound
        speech = self._pages.say(request[HERE])
        answered = None
        if found.answered is not None:
            names = await self._inbox.door.read(case_file.names)
            answered = speech.words.acts.answered.format(name=names.get(found.answered, found.answered))
        return self._pages.page(request, "presence.html", pill=_pill(found.looking, speech), answered=answered)


def _require(request: web.Request, action: Action) -> None:
    if not desk.may(request[HERE].who.role, action):
        raise NotYours


# --- units ---


def _put_right(conn: Any, case_id: int, *, said: Correction, message: int, by: str, rules: Any, now: datetime) -> None:
    changes = correct.what_changes(conn, case_id, message, said)
    correct.correct(conn, case_id, changes, message=message, by=by, rules=rules, now=now)


def _unblock(conn: Any, case_id: int, *, by: str, rules: Any, now: datetime) -> None:  # noqa: ARG001 - every act is handed the rules
    desk.unblock(conn, case_id, by=by, now=now)


# --- times ---


def _local(say: Say, at: datetime) -> str:
    """Return what a field for a day and a time holds."""
    return f"{at.astimezone(say.zone):%Y-%m-%dT%H:%M}"


def _promises(say: Say, file: CaseFile) -> Iterator[Preset]:
    calendar = file.found.timeline.policy.calendar
    for name, hours in (("hour", 1), ("hours", 4)):
        yield Preset(name=name, value=f"PT{hours}H", at=calendar.add(say.now, hours * HOUR))
    yield fixed("noon", on_day(say, NOON))


def _notes(say: Say, file: CaseFile) -> Iterator[str]:
    """Say what becomes of the clocks of a case that sleeps: that is its policy's business."""
    policy, words = file.found.timeline.policy, say.words.acts
    pauses = SNOOZED in policy.pause_states
    if file.row.state is CaseState.OPEN:
        yield words.clock_stands if pauses and policy.pause_hides_unanswered else words.clock_goes_on
        if pauses:
            yield words.promise_stands


def _pill(looking: Sequence[Looking], say: Say) -> Pill | None:
    """Return what is said of the others who look; who types comes first."""
    if not looking:
        return None
    words = say.words.acts
    first = next((one for one in looking if one.is_typing), looking[0])
    if first.is_typing or len(looking) == 1:
        text = (words.types if first.is_typing else words.looks).format(name=first.name)
    else:
        text = words.looks_many.format(name=first.name, n=len(looking) - 1)
    return Pill(name=first.name, text=text, is_typing=first.is_typing)

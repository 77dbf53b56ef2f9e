"""The page that the link in an alert opens: one question, "do I have to get up?", and three buttons, on a telephone, without a login.

    GET, HEAD    shows, and changes nothing: messengers look at links by themselves
    POST         seen -> here again; taken -> the login, and from there the case; passed on -> here again

What it shows is what the letter said, in the reader's language and zone: the words are those of `letters.alert`. Nothing here asks who is
logged in, but whoever is somebody else acts as themselves, in the case. The address is a secret: it is in no log, and no other page
hears of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.durations import format_instant
from webcare.domain.row_number import row_number
from webcare.letters import alert as letter
from webcare.letters.alert import Detail
from webcare.services import alert_link
from webcare.services.alert_link import Hindrance, Opened, Standing, Wait
from webcare.web import case_view
from webcare.web.gate import LINK
from webcare.web.here import HERE, LANGUAGES
from webcare.web.login_pages import field, seen_other
from webcare.web.say import say

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.letters.alert import Part
    from webcare.services.acknowledge import Candidate
    from webcare.services.alert_link import Linked
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

LONGEST_ID: Final = 200
MOST_ROUNDS: Final = 200  # of "seen" for a whole bundle: far more than one can hold
STATUS: Final = {Hindrance.EXPIRED: HTTPStatus.GONE, Hindrance.OFF: HTTPStatus.FORBIDDEN, Hindrance.ROLE: HTTPStatus.FORBIDDEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One case as the template draws it: no more of the customer than the contact may show. `ended` says why it has no buttons."""

    case: int
    channel: str
    part: Part
    due: dict[str, Any] | None
    told: tuple[tuple[str, datetime], ...]
    ended: str | None
    can_act: bool
    seen_at: datetime | None
    passed_to: str | None


class AlertPage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        return [web.get(f"{LINK}/{{token}}", self.show), web.post(f"{LINK}/{{token}}", self.act)]

    # --- looking ---

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show the case that the address names, or the most urgent one; `pass` asks to whom it is passed on."""
        case = row_number(request.query.get("c", ""))
        found = await self._look(request, case)
        if not isinstance(found, Opened):
            return self._none(request, found)
        return await self._page(request, found, case, is_passing="pass" in request.query)

    async def _look(self, request: web.Request, case: int | None) -> Opened | Wait | None:
        address, machine = request[HERE].caller.address, self._clock.machine()
        found = await self._inbox.door.read(
            alert_link.look,
            request.match_info["token"],
            address=address,
            case=case,
            rules=self._inbox.rules(),
            now=self._clock.now(),
            machine=machine,
        )
        if found is None:
            await self._inbox.door.write(alert_link.count_wrong, address, machine)
        return found

    def _none(self, request: web.Request, found: Wait | None) -> web.Response:
        """Answer what is no link of ours, or was one whose message is gone: nobody learns which."""
        words = self._pages.say(request[HERE]).words.alert
        if found is None:
            values, status = {"title": words.gone, "todo": words.gone_todo}, HTTPStatus.NOT_FOUND
        else:
            span = self._pages.say(request[HERE]).span(found.span)
            values = {"title": words.wait, "todo": words.wait_todo.format(span=span)}
            status = HTTPStatus.TOO_MANY_REQUESTS
        return self._pages.page(request, "alert_none.html", status=status, visitor=None, **values)

    async def _page(
        self,
        request: web.Request,
        found: Opened,
        case: int | None,
        *,
        is_passing: bool = False,
        problem: str | None = None,
        status: int | None = None,
    ) -> web.Response:
        speech = self._speech(request, found)
        words, other = speech.words.alert, self._other(request, found)
        shown = _shown(found, speech, is_theirs=other is None)
        main = next((one for one in shown if one.case == case), None) or next((one for one in shown if one.can_act), None)
        main = main or next(iter(shown), None)
        moment = say(speech.words.tag, found.person.zone, self._clock.machine()).moment(found.ends_at)
        hindered = None if found.hindrance is None else words.hindrances[found.hindrance.value].format(moment=moment)
        offered = await self._offered(request, main) if is_passing and main is not None and main.can_act else None
        values = {
            "token": request.match_info["token"],
            "person": found.person,
            "main": main,
            "others": [one for one in shown if one is not main],
            "more": found.count - len(shown),
            "unseen": sum(one.can_act and one.seen_at is None for one in shown),
            "count": found.count,
            "hindered": hindered or other,
            "ends": moment,
            "offered": offered,
            "problem": problem,
            "notice": words.done.get(request.query.get("done", "")),
        }
        code = status or (HTTPStatus.OK if found.hindrance is None else STATUS[found.hindrance])
        return self._pages.page(request, "alert.html", status=code, say=speech, w=speech.words, visitor=None, **values)

    def _speech(self, request: web.Request, found: Opened) -> Say:
        """Return the recipient's own language and clock, and let the frame speak it too."""
        here, language = request[HERE], found.person.language.partition("-")[0]
        here.language = language if language in LANGUAGES else here.language
        return say(here.language, found.person.zone, self._clock.now())

    def _other(self, request: web.Request, found: Opened) -> str | None:
        """Say that somebody else is logged in, who acts as themselves and not as this person."""
        visitor = request[HERE].visitor
        if visitor is None or visitor.id == found.person.id:
            return None
        words = self._speech(request, found).words.alert
        return words.other_person.format(name=found.person.name, you=visitor.name)

    async def _offered(self, request: web.Request, main: Shown) -> list[Candidate]:
        at = {"now": self._clock.now(), "machine": self._clock.machine()}
        return await self._inbox.door.read(alert_link.offered, request.match_info["token"], main.case, **at)

    # --- acting ---

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Do what a button says; what cannot be done any more is said in words, and who was first."""
        form = await request.post()
        case, do = row_number(field(form, "c")), field(form, "do")
        found = await self._look(request, case)
        if not isinstance(found, Opened):
            return self._none(request, found)
        if self._other(request, found) is not None:
            return await self._page(request, found, case, status=HTTPStatus.FORBIDDEN)
        try:
            return await self._do(request, do, case, to=field(form, "to")[:LONGEST_ID])
        except LookupError:
            return self._none(request, None)
        except ImpossibleMove as refused:
            again = await self._look(request, case)
            if not isinstance(again, Opened):
                return self._none(request, again)
            problem = self._refusal(request, again, refused)
            return await self._page(request, again, case, problem=problem, status=HTTPStatus.CONFLICT)

    async def _do(self, request: web.Request, do: str, case: int | None, *, to: str) -> web.StreamResponse:
        token, write = request.match_info["token"], self._inbox.door.write
        at: dict[str, Any] = {"rules": self._inbox.rules(), "now": self._clock.now(), "machine": self._clock.machine()}
        if do == "seen-all":
            for _ in range(MOST_ROUNDS):
                if not await write(alert_link.see_some, token, **at):
                    break
        elif case is None:
            raise web.HTTPBadRequest
        elif do == "seen":
            await write(alert_link.see, token, case, **at)
        elif do == "pass":
            await write(partial(alert_link.pass_on, to=to or None), token, case, **at)
            self._inbox.wake("deliver")
        elif do == "take":
            await write(alert_link.take, token, case, **at)
        else:
            raise web.HTTPBadRequest
        self._inbox.wake("watch")
        if do == "take":
            to_case = f"/cases/{case}"
            return seen_other(f"/login?next={to_case}" if request[HERE].visitor is None else f"{to_case}?done=claim")
        shown = "" if case is None else f"c={case}&"
        return seen_other(f"{LINK}/{token}?{shown}done={do}")

    def _refusal(self, request: web.Request, found: Opened, refused: ImpossibleMove) -> str | None:
        """Say why something was refused, unless the page itself says so in the place of the buttons."""
        words, who = self._speech(request, found).words, found.names.get(refused.who or "", refused.who or "")
        if refused.why is Refusal.UNREACHABLE and not who:
            return words.alert.nobody
        if refused.why in {Refusal.PASSED_ON, Refusal.UNREACHABLE, Refusal.NO_SUCH_PERSON}:
            return words.case.refused[refused.why.value].format(who=who)
        return None


# --- what is shown ---


def _shown(found: Opened, speech: Say, *, is_theirs: bool) -> list[Shown]:
    """Return the cases; `is_theirs` says that nobody else reads them who is logged in."""
    parts = dict(
        letter.parts(
            {"cases": [_facts(one) for one in found.cases]},
            language=speech.words.tag,
            zone=ZoneInfo(found.person.zone),
            now=speech.now,
            detail=Detail.FACTS if found.method is None else Detail(found.method.detail),
            trusted=found.method is not None and found.method.trusted,
        )
    )
    return [
        Shown(
            case=one.row.id,
            channel=one.row.channel,
            part=parts[one.row.id],
            due=None if one.found is None or one.row.closed_at else case_view.first_due(one.found, speech),
            told=one.told,
            ended=_ended(one, found, speech, is_theirs=is_theirs),
            can_act=is_theirs and found.can_act and one.standing is Standing.OPEN,
            seen_at=one.seen_at,
            passed_to=None if one.passed_to is None else found.names.get(one.passed_to, one.passed_to),
        )
        for one in found.cases
    ]


def _facts(one: Linked) -> dict[str, Any]:
    """Return what a message would say of a case now; of one that no clock runs for, what it said then."""
    row = one.row
    due = row.due_at or row.closed_at or row.opened_at
    facts = {
        "case": row.id,
        "channel": row.channel,
        "kind": row.kind.value,
        "urgency": row.urgency.value,
        "unsure": row.unsure,
        "clock": row.due_clock or "",
        "deadline": format_instant(due),
        "why_you": one.facts.get("why_you"),
    }
    return facts if one.line is None else {**facts, "customer": one.name, "line": one.line}


def _ended(one: Linked, found: Opened, speech: Say, *, is_theirs: bool) -> str | None:
    """Say who has the case, or who dealt with it, and since when."""
    words = speech.words.alert
    if one.standing is Standing.OPEN:
        return None
    moment = "" if one.since is None else speech.moment(one.since)
    if is_theirs and one.standing is Standing.TAKEN and one.row.claimed_by == found.person.id and moment:
        return words.yours.format(moment=moment)
    name = found.names.get(one.who or "")
    if name is None or not moment:
        return words.by_nobody[one.standing.value]
    return words.standings[one.standing.value].format(name=name, moment=moment)

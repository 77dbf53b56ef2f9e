"""A case: what was said, how long there is and why, and what a person can do about it.

Each act is a form of its own that works without a script and leads back to the case. What the case cannot take is said in words, and the
text of an answer that was not sent stays where it was written.
"""

from __future__ import annotations

import asyncio
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from webcare.domain import splitting
from webcare.domain.case import ImpossibleMove
from webcare.domain.row_number import row_number
from webcare.ports.connector import Capability, WayKind
from webcare.services import canned, case_file, compose, correct, desk, peak, queue, risk, uploads, ways
from webcare.services.correct import Correction
from webcare.services.meanwhile import parse_mark
from webcare.services.ways import Going
from webcare.web import case_view, draft_view, knows_view, risk_view, uploads_form, ways_view
from webcare.web.here import HERE, LANGUAGES
from webcare.web.login_pages import field, seen_other

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from multidict import MultiDictProxy

    from webcare.ports.channel import ChannelAccount
    from webcare.services.canned import Offered
    from webcare.services.case_file import CaseFile, Place
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

CASE: Final = r"/cases/{case:[0-9]{1,18}}"
ACTS: Final = {"claim": desk.claim, "release": desk.release, "close": desk.close, "reopen": desk.reopen}
LONGEST_NOTE: Final = 10_000
SHOWN, WHOLE = 300, 5000  # messages of a conversation, and of one that somebody wants to see whole
UNSENT: Final = HTTPStatus.UNPROCESSABLE_ENTITY


class CasePage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages
        self.more: list[Callable[[web.Request, CaseFile], Awaitable[dict[str, Any]]]] = []  # what else the templates are handed

    def routes(self) -> list[web.RouteDef]:
        acts = [web.post(f"{CASE}/{name}", partial(self.act, name=name)) for name in ACTS]
        return [
            web.get(CASE, self.show),
            *acts,
            web.post(f"{CASE}/note", self.note),
            web.post(f"{CASE}/needs", self.needs),
            web.post(f"{CASE}/measure", self.measure),
            web.post(f"{CASE}/answer", self.answer),
            web.post(f"{CASE}/parts", partial(self.answer, in_parts=True)),
            web.post(f"{CASE}/canned", self.add_canned),
            web.post(f"{CASE}/replies/{{reply:[0-9]{{1,18}}}}/back", self.take_back),
            web.post(f"{CASE}/replies/{{reply:[0-9]{{1,18}}}}/again", self.send_again),
        ]

    # --- looking ---

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Show a case; the address may bring words to go on with: those of a reply that did not arrive, or a canned text."""
        asked, who, read = request.query, request[HERE].who, self._inbox.door.read
        draft, reply, text, way = None, row_number(asked.get("draft", "")), row_number(asked.get("canned", "")), None
        if who.may_act and reply is not None:
            found = await read(case_file.draft_of, _case(request), reply)
            draft, way = (None, None) if found is None else (found.text, ways_view.way_named(found.way or ""))
        elif who.may_act and text is not None:
            draft = await read(canned.filled, text, case=_case(request), agent=who.name)
        return await self.render(request, draft=draft or "", way=way)

    async def render(
        self,
        request: web.Request,
        *,
        status: int = 200,
        problem: str | None = None,
        draft: str = "",
        way: WayKind | None = None,
        filled: Mapping[str, Sequence[str]] | None = None,
    ) -> web.Response:
        """Draw the page; `draft`, `way` and what was `filled` into an approved text are what somebody had chosen and written before."""
        file, counts = await asyncio.gather(
            self._file(request),
            self._inbox.door.read(queue.counts, now=self._clock.now(), person=request[HERE].who.id),
        )
        speech = self._pages.say(request[HERE])
        account = self._account(file.row.channel)
        signature = request[HERE].who.signature
        found = await self._inbox.door.read(ways.of_case, file.row, account, self._clock.now())
        answering = ways_view.answering(found, account, speech, asked=way, filled=filled)
        is_private = answering.is_private
        length = draft_view.meter(account, draft, signature, is_private=is_private)
        shown = case_view.entries(file, speech)
        values = {
            "canned": await self._canned(request, file),
            "file": file,
            "row": file.row,
            "entries": shown,
            "around": case_view.around(file, speech),
            "original": case_view.original(file),
            "clips_by_day": case_view.clips_by_day(file, shown, speech),
            "earlier": case_view.earlier(file, speech),
            "is_whole": "all" in request.query,
            "clocks": case_view.clocks(file, speech),
            "risk": await self._risk(file, speech),
            "peaks": await self._inbox.door.read(peak.of_case, file.row.id),
            "next_due": case_view.next_due(file, speech),
            "happened": case_view.log(file, speech),
            "told": knows_view.told(file, speech),
            "owner": file.name(file.row.claimed_by) if file.row.claimed_by else None,
            "is_mine": file.row.claimed_by == request[HERE].who.id,
            "can_send": account is not None and Capability.SEND in account.spec.capabilities,
            "answering": answering,
            "parts": ways_view.parts(account, draft, signature, found, is_private=is_private) if draft else None,
            "case": file.row.id,
            "window": None if answering.is_told else draft_view.window(file, speech),
            "length": length,
            "warnings": draft_view.warnings(length, draft, speech, is_private=is_private) if draft else [],
            "draft": draft,
            "problem": problem,
            "notice": _done(speech).get(request.query.get("done", "")),
            "counts": counts,
        }
        for more in self.more:
            values.update(await more(request, file))
        return self._pages.page(request, "case.html", status=status, **values)

    async def _file(self, request: web.Request) -> CaseFile:
        limit = WHOLE if "all" in request.query else SHOWN
        unit = partial(case_file.open_file, limit=limit)
        found = await self._inbox.door.read(unit, _case(request), self._inbox.rules(), self._clock.now())
        if found is None:
            raise web.HTTPNotFound
        return found

    async def _risk(self, file: CaseFile, speech: Say) -> risk_view.Told | None:
        """Return whether it will be answered in time; None where nobody waits, or it is too late already."""
        due, row = file.found.next_due, file.row
        if due is None or not risk_view.waits(file):
            return None
        rules, zone = self._inbox.rules(), self._inbox.zone
        unit = partial(risk.of_case, due_at=due.at, policy=row.policy, rules=rules, now=file.found.now, zone=zone)
        return risk_view.told(await self._inbox.door.read(unit, row.id), speech)

    async def _canned(self, request: web.Request, file: CaseFile) -> list[Offered]:
        """Return what is said often in the language of this conversation, with the names filled in."""
        who = request[HERE].who
        if not who.may_act:
            return []
        spoken = (one.judged.language for one in reversed(file.talk.spoken) if one.judged is not None and not one.is_ours)
        language = next((found for found in spoken if found in LANGUAGES), self._inbox.rules().languages.get(file.row.channel))
        return await self._inbox.door.read(canned.offered, file.row, language=language, agent=who.name)

    async def _place(self, request: web.Request) -> Place:
        found = await self._inbox.door.read(case_file.place_of, _case(request))
        if found is None:
            raise web.HTTPNotFound
        return found

    async def account_of(self, request: web.Request) -> ChannelAccount | None:
        """Return where a case is answered, if answers can be sent from there."""
        account = self._account((await self._place(request)).channel)
        return account if account is not None and Capability.SEND in account.spec.capabilities else None

    def _account(self, channel: str) -> ChannelAccount | None:
        return next((account for account in self._inbox.channels() if account.id == channel), None)

    # --- acts ---

    async def act(self, request: web.Request, *, name: str) -> web.StreamResponse:
        """Claim, release, close or reopen."""
        return await self.do(request, name, ACTS[name])

    async def note(self, request: web.Request) -> web.StreamResponse:
        text = field(await request.post(), "text")[:LONGEST_NOTE]
        return await self.do(request, "note", desk.note, text=text)

    async def needs(self, request: web.Request) -> web.StreamResponse:
        """Take a person's word on whether a message needs an answer."""
        form = await request.post()
        message = row_number(field(form, "message"))
        if message is None:
            raise web.HTTPBadRequest
        said = Correction(needs_response=field(form, "needs") == "1")
        return await self.do(request, "needs", partial(_correct, said=said), message=message)

    async def do(self, request: web.Request, name: str, unit: Any, **said: Any) -> web.StreamResponse:
        values = {"by": request[HERE].who.id, "rules": self._inbox.rules(), "now": self._clock.now(), **said}
        try:
            await self._inbox.door.write(unit, _case(request), **values)
        except ImpossibleMove as refused:
            return await self.refuse(request, refused)
        self._inbox.wake("watch")
        return seen_other(f"/cases/{_case(request)}?done={name}")

    async def refuse(self, request: web.Request, refused: ImpossibleMove, **kept: Any) -> web.Response:
        """Say why something was refused, on the page with all that was `kept` of what its writer had."""
        words = self._pages.say(request[HERE]).words.case
        who = (await self._inbox.door.read(case_file.names)).get(refused.who or "", refused.who or "")
        sentence = words.refused.get(refused.why.value, words.refused_otherwise).format(who=who)
        why = refused.said.get(request[HERE].language, refused.said.get("en", ""))
        problem = " ".join(filter(None, (why, sentence)))
        return await self.render(request, status=HTTPStatus.CONFLICT, problem=problem, **kept)

    # --- the answer ---

    async def measure(self, request: web.Request) -> web.StreamResponse:
        """Count a draft as the platform would, and say what of it should not stand in public."""
        place, form = await self._place(request), await request.post()
        text, way, signature = field(form, "text"), ways_view.way_named(field(form, "way")), request[HERE].who.signature
        speech, account = self._pages.say(request[HERE]), self._account(place.channel)
        is_private = place.is_private if way is None else way is WayKind.PRIVATE
        length = draft_view.meter(account, text, signature, is_private=is_private)
        warned, parts = draft_view.warnings(length, text, speech, is_private=is_private), None
        if length is not None and length.is_over:
            found = await self._inbox.door.read(ways.of_number, place.case, account, self._clock.now())
            parts = ways_view.parts(account, text, signature, found, is_private=is_private)
        return self._pages.page(request, "measured.html", length=length, warnings=warned, parts=parts, case=place.case)

    async def answer(self, request: web.Request, *, in_parts: bool = False) -> web.StreamResponse:
        """Send an answer; what cannot be sent is shown with the text as it was."""
        form = await request.post()
        try:
            return await self._answer(request, form, in_parts=in_parts)
        finally:
            uploads_form.close(form)

    async def _answer(self, request: web.Request, form: MultiDictProxy[Any], *, in_parts: bool) -> web.StreamResponse:
        who = request[HERE].who
        draft, seen, way = field(form, "text"), parse_mark(field(form, "seen")), ways_view.way_named(field(form, "way"))
        if len(draft) > uploads_form.LONGEST_TEXT:
            raise web.HTTPRequestEntityTooLarge(max_size=uploads_form.LONGEST_TEXT, actual_size=len(draft))
        place, words = await self._place(request), self._pages.say(request[HERE]).words.case
        account = await self.account_of(request)
        if account is None:
            return await self.render(request, status=UNSENT, problem=words.cannot_send, draft=draft, way=way)
        text = compose.signed(draft.replace("\r\n", "\n"), who.signature)
        most, measure = account.limits.of(private=place.is_private if way is None else way is WayKind.PRIVATE)
        texts = splitting.split(text, most, measure) if in_parts else ()
        if len(texts) <= 1 and (over := measure(text) - most) > 0:
            problem = words.too_long.format(over=over, channel=self._pages.say(request[HERE]).channel(account.id))
            return await self.render(request, status=UNSENT, problem=problem, draft=draft, way=way)
        unit: Any = partial(compose.send_parts, texts=texts) if len(texts) > 1 else partial(compose.send, text=text)
        going, rules = Going(account=account, way=way), self._inbox.rules()
        unit = partial(unit, by=who.id, rules=rules, now=self._clock.now(), seen=seen, going=going)
        try:
            files = await uploads_form.taken(form, account)
            await self._inbox.door.write(uploads.send_with, _case(request), send=unit, files=files)
        except uploads.NotTaken as refused:
            problem = uploads_form.sentence(refused, self._pages.say(request[HERE]))
            return await self.render(request, status=UNSENT, problem=problem, draft=draft, way=way)
        except ImpossibleMove as refused:
            return await self.refuse(request, refused, draft=draft, way=way)
        self._inbox.wake("reply")
        return seen_other(f"/cases/{_case(request)}?done=answer")

    async def add_canned(self, request: web.Request) -> web.StreamResponse:
        """Put a canned text behind what is written already."""
        form = await request.post()
        draft, number, words = (
            field(form, "text"),
            row_number(field(form, "canned")),
            self._pages.say(request[HERE]).words.composer,
        )
        if number is None:
            raise web.HTTPBadRequest
        unit = partial(canned.filled, case=_case(request), agent=request[HERE].who.name)
        chosen = await self._inbox.door.read(unit, number)
        problem, way = words.canned_gone if chosen is None else None, ways_view.way_named(field(form, "way"))
        return await self.render(request, problem=problem, draft="\n".join(filter(None, (draft.rstrip(), chosen))), way=way)

    async def take_back(self, request: web.Request) -> web.StreamResponse:
        """Take a reply back that nobody has begun to send; its text is in the composer again."""
        case, reply = _case(request), int(request.match_info["reply"])
        try:
            await self._inbox.door.write(case_file.take_back, case, reply)
        except LookupError:
            raise web.HTTPNotFound from None
        except ValueError:
            too_late = self._pages.say(request[HERE]).words.composer.too_late
            return await self.render(request, status=HTTPStatus.CONFLICT, problem=too_late)
        return seen_other(f"/cases/{case}?draft={reply}&done=back#answer")

    async def send_again(self, request: web.Request) -> web.StreamResponse:
        """Send a reply of this case once more because a person says so."""
        reply = int(request.match_info["reply"])
        try:
            await self._inbox.door.write(case_file.send_again, _case(request), reply, now=self._clock.now())
        except LookupError:
            raise web.HTTPNotFound from None
        except ValueError:  # it is on its way, or has arrived: the page shows which
            return await self.render(
                request, status=HTTPStatus.CONFLICT, problem=self._pages.say(request[HERE]).words.case.refused_otherwise
            )
        self._inbox.wake("reply")
        return seen_other(f"/cases/{_case(request)}?done=again")


def _done(speech: Say) -> dict[str, str]:
    words = speech.words
    answered = {"template": words.case.done["answer"], "back": words.composer.taken_back}
    return {**words.case.done, **words.acts.done, **words.deeds.done, **words.around.done, **answered}


def _case(request: web.Request) -> int:
    return int(request.match_info["case"])


def _correct(conn: Any, case_id: int, *, said: Correction, message: int, by: str, rules: Any, now: Any) -> None:
    correct.correct(conn, case_id, said, message=message, by=by, rules=rules, now=now)

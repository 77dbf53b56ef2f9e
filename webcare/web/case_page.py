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

from webcare.domain.case import ImpossibleMove
from webcare.ports.connector import Capability
from webcare.services import case_file, compose, correct, desk, queue
from webcare.services.correct import Correction
from webcare.web import case_view
from webcare.web.here import HERE
from webcare.web.login_pages import field, seen_other

if TYPE_CHECKING:
    from webcare.ports.channel import ChannelAccount
    from webcare.services.case_file import CaseFile
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts

CASE: Final = r"/cases/{case:[0-9]{1,18}}"
ACTS: Final = {"claim": desk.claim, "release": desk.release, "close": desk.close, "reopen": desk.reopen}
LONGEST_NOTE: Final = 10_000
LONGEST_NUMBER: Final = 18  # digits of what a database counts
UNSENT: Final = HTTPStatus.UNPROCESSABLE_ENTITY


class CasePage:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        acts = [web.post(f"{CASE}/{name}", partial(self.act, name=name)) for name in ACTS]
        return [
            web.get(CASE, self.show),
            *acts,
            web.post(f"{CASE}/note", self.note),
            web.post(f"{CASE}/needs", self.needs),
            web.post(f"{CASE}/measure", self.measure),
            web.post(f"{CASE}/answer", self.answer),
            web.post(f"{CASE}/replies/{{reply:[0-9]{{1,18}}}}/again", self.send_again),
        ]

    # --- looking ---

    async def show(self, request: web.Request) -> web.StreamResponse:
        return await self.render(request)

    async def render(
        self, request: web.Request, *, status: int = 200, problem: str | None = None, draft: str = ""
    ) -> web.Response:
        file, counts = await asyncio.gather(
            self._file(request),
            self._inbox.door.read(queue.counts, now=self._clock.now(), person=request[HERE].who.id),
        )
        speech = self._pages.say(request[HERE])
        account = self._account(file)
        values = {
            "file": file,
            "row": file.row,
            "entries": case_view.entries(file, speech),
            "clocks": case_view.clocks(file, speech),
            "next_due": case_view.next_due(file, speech),
            "happened": case_view.log(file, speech),
            "told": case_view.told(file, speech),
            "owner": file.name(file.row.claimed_by) if file.row.claimed_by else None,
            "is_mine": file.row.claimed_by == request[HERE].who.id,
            "can_send": account is not None and Capability.SEND in account.spec.capabilities,
            "length": self._length(request, account, draft),
            "draft": draft,
            "problem": problem,
            "notice": speech.words.case.done.get(request.query.get("done", "")),
            "counts": counts,
        }
        return self._pages.page(request, "case.html", status=status, **values)

    async def _file(self, request: web.Request) -> CaseFile:
        found = await self._inbox.door.read(case_file.open_file, _case(request), self._inbox.rules(), self._clock.now())
        if found is None:
            raise web.HTTPNotFound
        return found

    def _account(self, file: CaseFile) -> ChannelAccount | None:
        return next((account for account in self._inbox.channels() if account.id == file.row.channel), None)

    def _length(self, request: web.Request, account: ChannelAccount | None, text: str) -> dict[str, int] | None:
        """Count as the platform does, with the signature that is added."""
        if account is None:
            return None
        limits = account.spec.limits
        return {"used": limits.measure(compose.signed(text, request[HERE].who.signature)), "most": limits.length}

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
        message = field(form, "message")
        if not message.isdecimal() or len(message) > LONGEST_NUMBER:
            raise web.HTTPBadRequest
        said = Correction(needs_response=field(form, "needs") == "1")
        return await self.do(request, "needs", partial(_correct, said=said), message=int(message))

    async def do(self, request: web.Request, name: str, unit: Any, **said: Any) -> web.StreamResponse:
        values = {"by": request[HERE].who.id, "rules": self._inbox.rules(), "now": self._clock.now(), **said}
        try:
            await self._inbox.door.write(unit, _case(request), **values)
        except ImpossibleMove as refused:
            return await self.refuse(request, refused)
        self._inbox.wake("watch")
        return seen_other(f"/cases/{_case(request)}?done={name}")

    async def refuse(self, request: web.Request, refused: ImpossibleMove, draft: str = "") -> web.Response:
        words = self._pages.say(request[HERE]).words.case
        who = (await self._inbox.door.read(case_file.names)).get(refused.who or "", refused.who or "")
        sentence = words.refused.get(refused.why.value, words.refused_otherwise).format(who=who)
        return await self.render(request, status=HTTPStatus.CONFLICT, problem=sentence, draft=draft)

    # --- the answer ---

    async def measure(self, request: web.Request) -> web.StreamResponse:
        """Count a draft as the platform would."""
        file, text = await self._file(request), field(await request.post(), "text")
        return self._pages.page(request, "length.html", length=self._length(request, self._account(file), text))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send an answer; what cannot be sent is shown with the text as it was."""
        draft, who = field(await request.post(), "text"), request[HERE].who
        file = await self._file(request)
        account, words = self._account(file), self._pages.say(request[HERE]).words.case
        if account is None or Capability.SEND not in account.spec.capabilities:
            return await self.render(request, status=UNSENT, problem=words.cannot_send, draft=draft)
        text = compose.signed(draft.replace("\r\n", "\n"), who.signature)
        limits = account.spec.limits
        if (over := limits.measure(text) - limits.length) > 0:
            channel = self._pages.say(request[HERE]).channel(account.id)
            problem = words.too_long.format(over=over, channel=channel)
            return await self.render(request, status=UNSENT, problem=problem, draft=draft)
        unit = partial(compose.send, text=text, by=who.id, rules=self._inbox.rules(), now=self._clock.now())
        try:
            await self._inbox.door.write(unit, file.row.id)
        except ImpossibleMove as refused:
            return await self.refuse(request, refused, draft)
        self._inbox.wake("reply")
        return seen_other(f"/cases/{file.row.id}?done=answer")

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


def _case(request: web.Request) -> int:
    return int(request.match_info["case"])


def _correct(conn: Any, case_id: int, *, said: Correction, message: int, by: str, rules: Any, now: Any) -> None:
    correct.correct(conn, case_id, said, message=message, by=by, rules=rules, now=now)

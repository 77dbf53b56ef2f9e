"""The demo's own page: each text as the person received it, the demo's clock, and the link by which a newcomer is in at once.

It is there in a demo only: a house has no `stage`, and then none of this is routed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from webcare.services.passwords import TooMany
from webcare.services.sign_in import Welcome
from webcare.web.here import HERE, SESSION, set_cookie
from webcare.web.login_pages import field, seen_other
from webcare.web.stage import Way

if TYPE_CHECKING:
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.stage import Stage, Told

LETTER_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
MOST: Final = 100  # on a page


class OutboxPage:
    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages, stage: Stage) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._pages = pages
        self._stage = stage

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/outbox", self.outbox),
            web.get("/outbox/head", self.head),
            web.post("/outbox/clock", self.set_clock),
            web.get(r"/outbox/{key:[a-z0-9-]+}.{form:html|txt}", self.letter),
            web.get("/welcome/demo/{password}", self.let_in),
        ]

    # --- what arrived ---

    async def outbox(self, request: web.Request) -> web.StreamResponse:
        told, way = self._stage.told(), _way(request)
        shown = [one for one in told if way is None or one.way is way][:MOST]
        cards = [(one, self._case_in(one.text)) for one in shown]
        return self._pages.page(request, "outbox.html", counts=None, cards=cards, is_part=False, **self._head(told, way))

    async def head(self, request: web.Request) -> web.StreamResponse:
        """Answer with what moves on the page: the clock and the counts."""
        return self._pages.page(request, "outbox_head.html", is_part=True, **self._head(self._stage.told(), None))

    def _head(self, told: Any, way: Way | None) -> dict[str, Any]:
        numbers = Counter(one.way.value for one in told)
        return {
            "numbers": {"": len(told), **{one.value: numbers[one.value] for one in Way}},
            "way": "" if way is None else way.value,
            "at": self._clock.now(),
            "speed": f"{self._stage.speed:g}",
            "is_halted": self._stage.is_halted,
        }

    def _case_in(self, text: str) -> str | None:
        """Return the path of the first address of ours in a text."""
        home = self._inbox.home
        if home is None or home + "/" not in text:
            return None
        rest = text[text.index(home + "/") :].split(maxsplit=1)[0]
        return urlsplit(rest).path

    async def letter(self, request: web.Request) -> web.StreamResponse:
        """Answer with a letter as its reader's mail program shows it."""
        key, form = request.match_info["key"], request.match_info["form"]
        found: Told | None = next((one for one in self._stage.told() if one.key == key and one.way is Way.MAIL), None)
        text = None if found is None else found.html if form == "html" else f"{found.subject}\n\n{found.text}"
        if text is None:
            raise web.HTTPNotFound
        answer = web.Response(text=text, content_type="text/html" if form == "html" else "text/plain", charset="utf-8")
        answer.headers["Content-Security-Policy"] = LETTER_POLICY
        return answer

    # --- the clock ---

    async def set_clock(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if field(form, "do") == "halt":
            self._stage.halt()
        else:
            self._stage.go()
        return seen_other("/outbox")

    # --- in ---

    async def let_in(self, request: web.Request) -> web.StreamResponse:
        """Log the visitor in by the link that the demo printed: its last part is the password, tried as the login tries it."""
        here = request[HERE]
        try:
            found = await self._inbox.sign_in.log_in(self._stage.visitor, request.match_info["password"], here.browser)
        except TooMany:
            return seen_other("/login")
        if not isinstance(found, Welcome):
            return seen_other("/login")
        response = seen_other("/")
        set_cookie(response, here, SESSION, found.token)
        return response


def _way(request: web.Request) -> Way | None:
    asked = request.query.get("way", "")
    return Way(asked) if asked in list(Way) else None

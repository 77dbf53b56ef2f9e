"""Coming in and going out: the login, the link that sets a password, and a person's own page."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import hdrs, web

from webcare.services.passwords import Flaw, TooMany
from webcare.services.sign_in import Refused, Welcome
from webcare.web.gate import safe_path
from webcare.web.here import (
    FORM,
    HERE,
    LANGUAGE,
    LANGUAGES,
    SESSION,
    THEME,
    THEMES,
    YEAR,
    drop_cookie,
    read_cookie,
    set_cookie,
)
from webcare.web.say import say

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler
    from multidict import MultiDictProxy

    from webcare.web.here import Here
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts

DENSITIES: Final = ("tight",)
SHORTCUTS: Final = ("off",)
LONGEST_SIGNATURE: Final = 40
BUSY: Final = HTTPStatus.SERVICE_UNAVAILABLE


def seen_other(to: str) -> web.Response:
    """Return a redirect after a form: what follows is a GET."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: to})


def field(form: MultiDictProxy[Any], name: str) -> str:
    """Return what was written in a field; a file is nothing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


class LoginPages:
    """The handlers."""

    def __init__(self, parts: Parts, inbox: Inbox, pages: Pages) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._sign_in = inbox.sign_in
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        paths: list[tuple[str, Handler, Handler]] = [
            ("/login", self.login_page, self.log_in),
            ("/welcome/{link}", self.welcome_page, self.accept),
            ("/me", self.me, self.choose),
        ]
        both = [route for path, get, post in paths for route in (web.get(path, get), web.post(path, post))]
        return [
            *both,
            web.post("/logout", self.log_out),
            web.post("/me/password", self.change_password),
            web.post("/me/sessions", self.end_session),
        ]

    # --- in ---

    async def login_page(self, request: web.Request) -> web.StreamResponse:
        here, to = request[HERE], safe_path(request.query.get("next"))
        if here.visitor is not None:
            return seen_other(to)
        wanted = request.query.get("lang")
        if wanted in LANGUAGES:
            here.language = str(wanted)
        response = self._login(request, to=to, notice="ended" if "ended" in request.query else None)
        if wanted in LANGUAGES:
            set_cookie(response, here, LANGUAGE, str(wanted), lasts=YEAR)
        return response

    def _login(self, request: web.Request, *, to: str, status: int = 200, **shown: str | None) -> web.Response:
        words = self._pages.say(request[HERE]).words.login
        notice = words.ended if shown.get("notice") else None
        values = {"next": to, "notice": notice, "problem": shown.get("problem"), "name": shown.get("name") or ""}
        return self._pages.page(request, "login.html", status=status, **values)

    async def log_in(self, request: web.Request) -> web.StreamResponse:
        here, form = request[HERE], await request.post()
        name, to = field(form, "name"), safe_path(field(form, "next"))
        old = read_cookie(request, SESSION, is_https=here.caller.is_https) or None
        try:
            found = await self._sign_in.log_in(name, field(form, "password"), here.browser, old=old)
        except TooMany:
            busy = self._pages.say(here).words.login.busy
            return self._login(request, to=to, status=BUSY, problem=busy, name=name)
        if isinstance(found, Refused):
            status = HTTPStatus.TOO_MANY_REQUESTS if found.wait is not None else HTTPStatus.FORBIDDEN
            return self._login(request, to=to, status=status, problem=self._refusal(here, found), name=name)
        return self._enter(here, found, to)

    def _refusal(self, here: Here, found: Refused) -> str:
        speech = self._pages.say(here)
        words = speech.words.login
        if found.wait is not None:
            whole = timedelta(minutes=-(-found.wait // timedelta(minutes=1)))  # rounded up: who waits that long may try
            waits = words.wait.format(span=speech.span(max(whole, timedelta(minutes=1))))
            return waits if not found.was_tried else f"{words.wrong} {waits}"
        return f"{words.wrong} {speech.count(words.left, found.left)}"

    def _enter(self, here: Here, found: Welcome, to: str) -> web.Response:
        response = seen_other(to)
        set_cookie(response, here, SESSION, found.token)
        drop_cookie(response, here, FORM)
        here.is_new = False
        if found.visitor.theme in THEMES:
            set_cookie(response, here, THEME, str(found.visitor.theme), lasts=YEAR)
        return response

    async def welcome_page(self, request: web.Request) -> web.StreamResponse:
        """Show for whom the link is. Looking uses nothing up."""
        return await self._welcome(request, problem=None)

    async def _welcome(self, request: web.Request, *, problem: str | None, status: int = 200) -> web.Response:
        known = await self._sign_in.invited(request.match_info["link"])
        status = HTTPStatus.GONE if known is None else status
        return self._pages.page(request, "welcome.html", status=status, known=known, problem=problem)

    async def accept(self, request: web.Request) -> web.StreamResponse:
        here, form = request[HERE], await request.post()
        words = self._pages.say(here).words
        try:
            found = await self._sign_in.accept(
                request.match_info["link"], field(form, "password"), field(form, "again"), here.browser
            )
        except TooMany:
            return await self._welcome(request, problem=words.login.busy, status=BUSY)
        if isinstance(found, Flaw):
            return await self._welcome(request, problem=words.welcome.flaws[found], status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return await self._welcome(request, problem=None) if found is None else self._enter(here, found, "/")

    # --- out ---

    async def log_out(self, request: web.Request) -> web.StreamResponse:
        here, form = request[HERE], await request.post()
        if field(form, "everywhere"):
            await self._sign_in.log_out_everywhere(here.who)
        else:
            await self._sign_in.log_out(here.who)
        response = seen_other("/login?ended=1")
        drop_cookie(response, here, SESSION)
        return response

    # --- one's own page ---

    async def me(self, request: web.Request) -> web.StreamResponse:
        said = {"saved": "saved", "password": "changed"}.get(request.query.get("done", ""))
        words = self._pages.say(request[HERE]).words.me
        return await self._me(request, notice=getattr(words, said) if said else None)

    async def _me(
        self, request: web.Request, *, notice: str | None = None, problem: str | None = None, status: int = 200
    ) -> web.Response:
        here = request[HERE]
        machine = say(here.language, here.who.zone, self._clock.machine())  # sessions live in the machine's time
        sessions = await self._sign_in.sessions(here.who)
        values: dict[str, Any] = {"sessions": sessions, "machine": machine, "notice": notice, "problem": problem}
        return self._pages.page(request, "me.html", status=status, counts=None, **values)

    async def choose(self, request: web.Request) -> web.StreamResponse:
        here, form = request[HERE], await request.post()
        signature = " ".join(field(form, "signature").split())
        if len(signature) > LONGEST_SIGNATURE:
            words = self._pages.say(here).words.me
            return await self._me(request, problem=words.too_long, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        theme = _one_of(field(form, "theme"), THEMES)
        await self._sign_in.choose(
            here.who,
            {
                "theme": theme,
                "density": _one_of(field(form, "density"), DENSITIES),
                "shortcuts": _one_of(field(form, "shortcuts"), SHORTCUTS),
                "language": _one_of(field(form, "language"), LANGUAGES),
                "signature": signature or None,
            },
        )
        response = seen_other("/me?done=saved")
        if theme is None:
            drop_cookie(response, here, THEME)
        else:
            set_cookie(response, here, THEME, theme, lasts=YEAR)
        return response

    async def change_password(self, request: web.Request) -> web.StreamResponse:
        here, form = request[HERE], await request.post()
        words = self._pages.say(here).words
        old, password, again = (field(form, name) for name in ("old", "password", "again"))
        try:
            found = await self._sign_in.change(here.who, old, password, again, here.browser)
        except TooMany:
            return await self._me(request, problem=words.login.busy, status=BUSY)
        if isinstance(found, Flaw):
            return await self._me(request, problem=words.welcome.flaws[found], status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if isinstance(found, Refused):
            problem = words.me.wrong if found.wait is None else self._refusal(here, found)
            return await self._me(request, problem=problem, status=HTTPStatus.FORBIDDEN)
        return seen_other("/me?done=password")

    async def end_session(self, request: web.Request) -> web.StreamResponse:
        here, form = request[HERE], await request.post()
        await self._sign_in.end(here.who, field(form, "session"))
        return seen_other("/me")


def _one_of(value: str, allowed: tuple[str, ...]) -> str | None:
    return value if value in allowed else None

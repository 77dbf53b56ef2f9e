"""What stands before every page: https or this machine, a session, and for whatever changes something a proof that our own page asked.

    transport   without https only this machine, by a name of its own: nobody's session goes over a wire in the clear, and no page of a
                stranger's, whose name was bent to 127.0.0.1, gets in
    session     who is it; nobody -> the login page, which leads back
    origin      Sec-Fetch-Site or Origin must say that the request comes from us, and the form must bring its token
    role        an auditor looks and changes nothing but their own login

All of it holds for a route that somebody adds tomorrow, unless it is named here as open.
"""

from __future__ import annotations

import ipaddress
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from aiohttp import hdrs, web

from webcare.services.sign_in import Browser
from webcare.web.here import FORM as FORM_COOKIE
from webcare.web.here import (
    HERE,
    LANGUAGE,
    LANGUAGES,
    SESSION,
    THEME,
    THEMES,
    TOKEN_FIELD,
    TOKEN_HEADER,
    Here,
    chosen,
    preferred,
    read_cookie,
    set_cookie,
)
from webcare.web.remote import caller, is_proxy

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from webcare.web.parts import Inbox, Parts

FORWARDING: Final = ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded")
UNCHANGING: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
HEALTH: Final = frozenset({"/healthz", "/readyz"})
LOGIN: Final = "/login"
LINK: Final = "/a"  # below it lie links that are secrets
OPEN: Final = ("/static", LOGIN, "/welcome", LINK)  # to whoever has no session; each with what lies below it
OWN: Final = (LOGIN, "/logout", "/welcome", "/me", LINK)  # one's own affairs: of every role
FRAGMENT: Final = "HX-Request"  # htmx asks for a part of a page
LONGEST_PATH: Final = 1000

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT_TRANSPORT: Final = "max-age=31536000"


class NotHttps(web.HTTPForbidden):
    """Somebody asks for a page in the clear, from elsewhere."""


class NotOurs(web.HTTPForbidden):
    """A change was not asked for by a page of ours, or by one that is too old."""


class NotYours(web.HTTPForbidden):
    """This role may not do that."""


def safe_path(text: str | None) -> str:
    """Return where to go after the login: a path of ours, whatever an address asked for.

    Browsers drop tabs and line feeds, and take a backslash for a slash: a slash, a tab, a slash and a host lead away.
    """
    path = text or "/"
    is_plain = len(path) <= LONGEST_PATH and path.isascii() and path.isprintable() and " " not in path and "\\" not in path
    if not is_plain or not path.startswith("/") or path.startswith("//"):
        return "/"
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc or _is_under(parts.path, (LOGIN, "/logout")) else path


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add to every answer what tells browsers to be careful; pages are kept nowhere."""
    if _is_under(request.path, (LINK,)):
        response.headers["Referrer-Policy"] = "no-referrer"
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
    here = request.get(HERE)
    if here is not None and here.caller.is_https:
        response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)


class Gate:
    """The middlewares."""

    def __init__(self, parts: Parts, inbox: Inbox) -> None:
        self._parts = parts
        self._inbox = inbox
        self._home = _origin(inbox.home or "")

    # --- who and how ---

    def look(self, request: web.Request) -> Here:
        """Return what the request says of itself; who that is comes after."""
        who = caller(request.remote, request.headers, self._parts.trusted)
        agent = request.headers.get(hdrs.USER_AGENT, "")
        token = read_cookie(request, SESSION, is_https=who.is_https)
        secret = token or read_cookie(request, FORM_COOKIE, is_https=who.is_https)
        return Here(
            caller=who,
            browser=Browser(address=who.address, agent=agent),
            secret=secret or secrets.token_urlsafe(32),
            is_new=not secret and _is_under(request.path, (LOGIN, "/welcome", LINK)),
            language=chosen(request, LANGUAGE, LANGUAGES, is_https=who.is_https) or preferred(request, self._inbox.language),
            theme=chosen(request, THEME, THEMES, is_https=who.is_https),
        )

    @web.middleware
    async def greet(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Look at the caller: what comes after, also an error, knows the language."""
        if request.path in HEALTH:
            return await handler(request)
        here = request[HERE] = self.look(request)
        response = await handler(request)
        if here.is_new and not response.prepared:
            set_cookie(response, here, FORM_COOKIE, here.secret)
        return response

    @web.middleware
    async def transport(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in what comes over https, and this machine itself."""
        if request.path in HEALTH:
            return await handler(request)
        here = request[HERE]
        if not here.caller.is_https and not self._is_this_machine(request, here):
            raise NotHttps
        return await handler(request)

    def _is_this_machine(self, request: web.Request, here: Here) -> bool:
        """Tell whether somebody sits at this machine. Behind a proxy that nobody named everybody seems to."""
        if any(name in request.headers for name in FORWARDING) and not is_proxy(request.remote, self._parts.trusted):
            return False
        return _is_loopback(here.caller.address) and _is_loopback(_hostname(request.host))

    # --- session ---

    @web.middleware
    async def session(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Find out who it is; who has to log in first is led there."""
        if request.path in HEALTH:
            return await handler(request)
        here = request[HERE]
        token = read_cookie(request, SESSION, is_https=here.caller.is_https)
        if token and not _is_under(request.path, ("/static",)):
            here.visitor = await self._inbox.sign_in.who(token)
        if here.visitor is not None:
            here.language = here.visitor.language if here.visitor.language in LANGUAGES else here.language
        elif not _is_under(request.path, OPEN):
            return _ask_to_log_in(request)
        return await handler(request)

    # --- changes ---

    @web.middleware
    async def origin(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Take changes from our own pages only."""
        if request.method in UNCHANGING:
            return await handler(request)
        here = request[HERE]
        if not self._comes_from_us(request, here) or not here.knows(await _token(request)):
            raise NotOurs
        return await handler(request)

    def _comes_from_us(self, request: web.Request, here: Here) -> bool:
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get(hdrs.ORIGIN)
        if site is None and origin is None:
            return False  # every browser of these years sends one of them
        if site is not None and site not in {"same-origin", "none"}:
            return False
        if origin == "null" and site == "same-origin" and _is_under(request.path, (LINK,)):
            return True  # a page that sends no referrer does not name its origin either
        ours = {f"{'https' if here.caller.is_https else 'http'}://{request.host}", self._home} - {""}
        return origin is None or origin in ours

    @web.middleware
    async def role(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let an auditor look."""
        if request.method not in UNCHANGING and not _is_under(request.path, OWN) and not request[HERE].who.may_act:
            raise NotYours
        return await handler(request)


def _ask_to_log_in(request: web.Request) -> web.StreamResponse:
    if request.method not in UNCHANGING or request.path == "/events":
        raise web.HTTPUnauthorized
    to = LOGIN if request.path_qs == "/" else f"{LOGIN}?next={quote(safe_path(request.path_qs), safe='')}"
    if FRAGMENT in request.headers:  # a redirect would put the login page into a corner of the old one
        return web.Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": LOGIN})
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: to})


async def _token(request: web.Request) -> str:
    found = request.headers.get(TOKEN_HEADER)
    if found is not None:
        return found
    written = (await request.post()).get(TOKEN_FIELD)
    return written if isinstance(written, str) else ""


def _is_under(path: str, roots: tuple[str, ...]) -> bool:
    """Tell whether a path is one of these or lies below it: `/messages` is not below `/me`."""
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _hostname(host: str) -> str:
    name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower()


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False

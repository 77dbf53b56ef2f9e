"""One request as the pages see it: who calls, who that is, in which language, and what their form must bring back.

The cookies are here too. Over https the session's name begins with `__Host-`: a browser then keeps it for this host alone, and sends it
over https alone. Without https there is nothing to promise, and only this machine is served.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web

if TYPE_CHECKING:
    from webcare.services.channels_view import Trouble
    from webcare.services.sign_in import Browser, Visitor
    from webcare.web.remote import Caller

SESSION, FORM = "webcare", "webcare-form"  # the latter is what a form of somebody not logged in hangs on
THEME, LANGUAGE = "webcare-theme", "webcare-language"
THEMES, LANGUAGES = ("light", "dark"), ("nl", "en")
YEAR: Final = timedelta(days=365)
TOKEN_HEADER, TOKEN_FIELD = "X-CSRF-Token", "csrf"
_SALT: Final = 16


@dataclass(slots=True, kw_only=True)
class Here:
    """`secret` is the value of the cookie that forms hang on; `is_new` says that the browser does not have it yet."""

    caller: Caller
    browser: Browser
    secret: str
    language: str
    theme: str | None
    is_new: bool = False
    visitor: Visitor | None = None
    troubles: tuple[Trouble, ...] = ()  # of channels, for the menu
    is_model_away: bool = False  # what was asked for does not load

    @property
    def form_token(self) -> str:
        """Return a token for a form: another one each time, so that a compressed page tells nothing about it."""
        salt = secrets.token_hex(_SALT // 2)
        return f"{salt}.{_signed(self.secret, salt)}"

    def knows(self, token: str) -> bool:
        """Tell whether a form of this browser's brought this token."""
        salt, _, signed = token.partition(".")
        return len(salt) == _SALT and hmac.compare_digest(signed.encode("utf-8", "replace"), _signed(self.secret, salt).encode())

    @property
    def who(self) -> Visitor:
        """Return who is logged in; the gate lets nobody else through to a page that asks.

        Raises:
            HTTPUnauthorized: nobody is.
        """
        if self.visitor is None:
            raise web.HTTPUnauthorized
        return self.visitor


HERE: Final = web.RequestKey("here", Here)


def _signed(secret: str, salt: str) -> str:
    return hmac.new(secret.encode("utf-8", "replace"), salt.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


# --- cookies ---


def cookie_name(name: str, *, is_https: bool) -> str:
    return f"__Host-{name}" if is_https else name


def read_cookie(request: web.Request, name: str, *, is_https: bool) -> str:
    return request.cookies.get(cookie_name(name, is_https=is_https), "")


def set_cookie(response: web.StreamResponse, here: Here, name: str, value: str, *, lasts: timedelta | None = None) -> None:
    """Hand a cookie to the browser; without `lasts` until it is closed."""
    response.set_cookie(
        cookie_name(name, is_https=here.caller.is_https),
        value,
        path="/",
        max_age=None if lasts is None else int(lasts.total_seconds()),
        secure=here.caller.is_https,
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(response: web.StreamResponse, here: Here, name: str) -> None:
    set_cookie(response, here, name, "", lasts=timedelta(0))


def chosen(request: web.Request, name: str, allowed: tuple[str, ...], *, is_https: bool) -> str | None:
    """Return what a cookie of ours says, if it is one of these."""
    found = read_cookie(request, name, is_https=is_https)
    return found if found in allowed else None


def preferred(request: web.Request, default: str) -> str:
    """Return the language that the browser would like best of those that we have."""
    best, height = default, 0.0
    for part in request.headers.get(hdrs.ACCEPT_LANGUAGE, "").split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted = float(weight or 1)
        except ValueError:
            continue
        known = tag.lower().partition("-")[0]
        if known in LANGUAGES and wanted > height:
            best, height = known, wanted
    return best

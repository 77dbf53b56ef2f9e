"""Pages: a Jinja2 template that escapes everything, with the words and the frame that every page needs.

No template holds a script or a style: the policy in `gate.py` would refuse them.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiohttp import hdrs, web
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webcare.letters.refusal_words import refusal
from webcare.services import desk
from webcare.web.gate import HEALTH, NotHttps, NotOurs, NotYours
from webcare.web.here import HERE, Here
from webcare.web.say import ICONS, initials, say

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from webcare.services.sign_in import Visitor
    from webcare.web.assets import Assets
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

log = structlog.get_logger()

TEMPLATES: Final = Path(__file__).parent / "templates"
WORTH_PRESSING: Final = 1000
_SERVER_ERROR: Final = 500


class Pages:
    """Renders. `counts` in the frame come from whoever renders; a page without them shows none."""

    def __init__(self, parts: Parts, inbox: Inbox, assets: Assets) -> None:
        self._clock = parts.clock
        self._inbox = inbox
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(asset=assets.path, may=may, initials=initials, icons=ICONS, brand=inbox.brand)
        self._environment.globals.update(is_demo=inbox.stage is not None)

    def say(self, here: Here) -> Say:
        """Return the reader's language and clock."""
        zone = self._inbox.zone if here.visitor is None else here.visitor.zone
        return say(here.language, zone, self._clock.now())

    def part(self, request: web.Request, template: str, **values: Any) -> str:
        """Return a piece of a page."""
        here = request[HERE]
        speech = self.say(here)
        frame = {"here": here, "say": speech, "w": speech.words, "visitor": here.visitor, "path": request.path}
        frame["refusal"] = partial(refusal, language=here.language)
        return self._environment.get_template(template).render({**frame, **values})

    def page(self, request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
        """Return a page, or the piece of one that a script asked for."""
        response = web.Response(text=self.part(request, template, **values), content_type="text/html", status=status)
        response.headers[hdrs.VARY] = "Cookie, Accept-Language, Accept-Encoding, HX-Request"
        if len(response.body or b"") > WORTH_PRESSING:  # type: ignore[arg-type]  # of text it is bytes
            response.enable_compression()
        return response

    # --- when it does not go well ---

    @web.middleware
    async def errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Show what went wrong, in the reader's language and without a word of how we are built."""
        if request.path in HEALTH:
            return await handler(request)
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < web.HTTPBadRequest.status_code:
                raise
            return self._error(request, error.status, _kind(error), getattr(error, "headers", {}))
        except self._inbox.trouble as error:
            log.warning("site.no_database", trouble=str(error))
            return self._error(request, web.HTTPServiceUnavailable.status_code, None, {})
        except ConnectionError:
            raise
        except Exception:
            log.exception("site.crashed", method=request.method, route=_route(request))
            return self._error(request, _SERVER_ERROR, None, {})

    def _error(self, request: web.Request, status: int, kind: str | None, headers: Any) -> web.Response:
        words = self.say(request[HERE]).words.error
        known = kind or (str(status) if str(status) in words.titles else "500" if status >= _SERVER_ERROR else "400")
        response = self.page(request, "error.html", status=status, kind=known, status_number=status)
        if hdrs.ALLOW in headers:
            response.headers[hdrs.ALLOW] = headers[hdrs.ALLOW]
        return response


def may(visitor: Visitor, action: str) -> bool:
    """Tell templates whether to offer what asks for this right."""
    return desk.may(visitor.role, desk.Action(action))


def _kind(error: web.HTTPException) -> str | None:
    match error:
        case NotHttps():
            return "https"
        case NotOurs():
            return "ours"
        case NotYours():
            return "role"
    return None


def _route(request: web.Request) -> str:
    """Name the route and not the address, which may hold a link that is a secret."""
    resource = request.match_info.route.resource
    return "unknown" if resource is None else resource.canonical

"""What customers sent along, on the page of a case and as files: small pictures under their message, the rest to be downloaded.

A picture is one that we made anew, so a page may show it. Anything else is only ever handed out as a file, and no answer of here may run
anything: no script, no frame, no guess at what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import hdrs, web

from webcare.domain.file_types import ENDINGS
from webcare.domain.row_number import row_number
from webcare.services import media
from webcare.services.media import MediaState
from webcare.web.case_page import CASE
from webcare.web.here import HERE

if TYPE_CHECKING:
    from webcare.services.case_file import CaseFile
    from webcare.services.media import Fares
    from webcare.web.case_page import CasePage
    from webcare.web.pages import Pages
    from webcare.web.parts import Inbox, Parts
    from webcare.web.say import Say

MEDIA: Final = rf"{CASE}/media/{{media:[0-9]{{1,18}}}}"
HEADERS: Final = {
    hdrs.CACHE_CONTROL: "private, no-cache",  # kept by the browser alone, and asked for each time: it may have been erased
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
KB, MB = 1000, 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An attachment as a page draws it. `href` is where its bytes are, `small` where the little picture is; `note` why there are none."""

    href: str | None = None
    small: str | None = None
    width: int | None = None
    height: int | None = None
    size: str = ""
    note: str = ""


class MediaPage:
    """The handlers, and what the page of a case shows of them."""

    def __init__(self, _parts: Parts, inbox: Inbox, pages: Pages, case_page: CasePage) -> None:
        self._inbox = inbox
        self._pages = pages
        case_page.more.append(self.values)

    def routes(self) -> list[web.RouteDef]:
        return [web.get(MEDIA, partial(self.get, small=False)), web.get(f"{MEDIA}/small", partial(self.get, small=True))]

    async def values(self, request: web.Request, file: CaseFile) -> dict[str, Any]:
        """Return how what came with each message fares, by message and place."""
        cases = {one.id: file.row.id for one in (*file.talk.spoken, *file.talk.context) if one.attachments}
        cases |= {one.id: one.case for one in file.known.brought if one.id not in cases}
        if not cases:
            return {"media": {}}
        speech = self._pages.say(request[HERE])
        found = await self._inbox.door.read(media.fares, cases.keys())
        return {"media": {at: shown(one, cases[one.message], speech) for at, one in found.items()}}

    async def get(self, request: web.Request, *, small: bool) -> web.StreamResponse:
        """Hand out the bytes of one."""
        case, number = row_number(request.match_info["case"]), row_number(request.match_info["media"])
        if case is None or number is None:
            raise web.HTTPNotFound
        found = await self._inbox.door.read(media.blob, case, number, small=small)
        if found is None:
            raise web.HTTPNotFound
        tag = f"{found.sha256[:32]}{'s' if small else ''}"
        if any(known.value == tag for known in request.if_none_match or ()):
            answer = web.Response(status=304, headers=HEADERS)
        else:
            name = f'{"inline" if found.is_picture else "attachment"}; filename="{case}-{number}.{ENDINGS[found.mime]}"'
            headers = {**HEADERS, hdrs.CONTENT_DISPOSITION: name}
            answer = web.Response(body=found.content, content_type=found.mime, headers=headers)
        answer.etag = tag
        return answer


def shown(one: Fares, case: int, say: Say) -> Shown:
    """Return an attachment as the page of a case, or of the customer's other cases, draws it."""
    words = say.words.talk
    if one.state is not MediaState.KEPT:
        why = one.reason or say.named(words.media_why, "" if one.why is None else one.why.value)
        return Shown(note=say.named(words.media, one.state.value).format(why=why))
    href = f"/cases/{case}/media/{one.id}"
    small = f"{href}/small" if one.is_picture else None
    return Shown(href=href, small=small, width=one.width, height=one.height, size=_size(one.size or 0, say))


def _size(number: int, say: Say) -> str:
    return f"{say.decimal(number / MB)} MB" if number >= MB else f"{max(1, round(number / KB))} kB"

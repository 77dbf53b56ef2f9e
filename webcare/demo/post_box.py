"""Telephones and mail boxes of this town: what an alert, a letter or a reply looks like where it arrives.

    alert  --apprise, HTTP--> telephone   --> kept as it came: for the page, and for the account of a day
    letter --SMTP-----------> mail server --> the same
    reply  -----------------> platform    --> found there, once it has it

A telephone and a mail program show what was sent, so this does too; only the time is ours, that of the demo's world.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from aiosmtpd.smtp import SMTP

from webcare.demo.loopback import HERE, Loopback
from webcare.web.stage import Told, Way

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, Session

    from webcare.demo.platforms import Platforms
    from webcare.demo.town import Town
    from webcare.ports.clock import Clock

MOST: Final = 300  # texts of a kind that are kept; a demo may run for days
PHONE: Final = "/phone/{person}"
DAILY: Final = "<webcare-letter-"  # begins the Message-ID of a daily letter
_LETTER = "daily"  # begins its key here


class PostBox:
    """Keeps what arrives. `addresses` is where the telephones and the mail server are: an address of apprise, and a port."""

    def __init__(self, town: Town, clock: Clock) -> None:
        self._clock = clock
        self._names = {one.id: one.name for one in town.staff}
        self._kept: dict[Way, list[Told]] = {Way.ALERT: [], Way.MAIL: []}
        self._numbers = itertools.count(1)
        self._seen: dict[str, Told] = {}  # replies, by key: a platform says when it took one only by having it
        self.phones, self.mail_port = "", 0
        self.platforms: Platforms | None = None

    def know(self, person: str, name: str) -> None:
        self._names[person] = name

    def is_daily(self, told: Told) -> bool:
        """Tell whether it is the letter of a day; an alert may come by mail as well."""
        return told.key.startswith(_LETTER)

    # --- arriving ---

    async def ring(self, request: web.Request) -> web.Response:
        said = await request.json()
        person = request.match_info["person"]
        self._keep(
            Told(
                key=f"{Way.ALERT.value}-{next(self._numbers)}",
                at=self._clock.now(),
                way=Way.ALERT,
                to=self._names.get(person, person),
                by="telefoon",
                subject=said.get("title", ""),
                text=said.get("message", ""),
            )
        )
        return web.json_response({})

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        raw = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        letter: EmailMessage = message_from_bytes(raw, policy=policy.default)
        parts = {sort: body.get_content() for sort in ("plain", "html") if (body := letter.get_body((sort,))) is not None}
        for receiver in envelope.rcpt_tos:
            person = receiver.partition("@")[0]
            kind = _LETTER if str(letter["Message-ID"]).startswith(DAILY) else Way.MAIL.value
            key, subject = f"{kind}-{next(self._numbers)}", str(letter["Subject"])
            self._keep(
                Told(
                    key=key,
                    at=self._clock.now(),
                    way=Way.MAIL,
                    to=self._names.get(person, person),
                    by="mail",
                    subject=subject,
                    text=parts.get("plain", ""),
                    html=parts.get("html"),
                )
            )
        return "250 OK"

    def _keep(self, told: Told) -> None:
        self._kept[told.way].append(told)
        del self._kept[told.way][:-MOST]

    # --- looking ---

    def look(self) -> None:
        """Note which replies the platforms have by now."""
        for one in self.platforms.sent() if self.platforms is not None else ():
            known = self._seen.get(one.key)
            if known is None or known.state != one.state:
                self._seen[one.key] = Told(
                    key=one.key,
                    at=self._clock.now() if known is None else known.at,
                    way=Way.CUSTOMER,
                    to=one.to,
                    by=one.channel,
                    subject="",
                    text=one.text,
                    state=one.state,
                )

    def told(self) -> Sequence[Told]:
        """Return what was received, the newest first: of each kind as much as is kept."""
        self.look()
        newest = list(self._seen.values())[-MOST:]
        return sorted([*self._kept[Way.ALERT], *self._kept[Way.MAIL], *newest], key=lambda one: one.at, reverse=True)


@asynccontextmanager
async def open_post_box(town: Town, clock: Clock) -> AsyncIterator[PostBox]:
    """Answer telephones and take mail, as long as this lasts."""
    box = PostBox(town, clock)
    app = web.Application()
    app.router.add_post(PHONE, box.ring)
    async with Loopback() as served:
        box.phones = (await served.serve(app)).replace("http://", "json://")
        server = await asyncio.get_running_loop().create_server(lambda: _server(box), HERE, 0)
        box.mail_port = server.sockets[0].getsockname()[1]
        try:
            yield box
        finally:
            server.close()


def _server(box: Any) -> SMTP:
    return SMTP(box, hostname="localhost")

"""Which way an alert goes: `mailto:` by SMTP, `lines:` into a file, anything else by apprise.

    alert --address--> target and words --scheme--> carrier
             | nowhere
             v
        last resort, or Rejected: an alert never goes to nobody in silence

Who has which target, and what it says there, is asked of `address`, which the house hands in: this room knows neither people nor
cases. `last_resort` and `heartbeat` work without a database, for the day on which it is the database that is gone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aiohttp import ClientError, ClientTimeout

from webcare.notify.envelope import Addressed, Envelope, Plain, lasting_key
from webcare.notify.lines import LinesNotifier
from webcare.ports.errors import Rejected, Unavailable
from webcare.ports.notifier import Alert

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    from aiohttp import ClientSession

    from webcare.notify.envelope import Carrier

MAIL, LINES = "mailto", "lines"
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,100}")
_HEARTBEAT = ClientTimeout(total=10)
_FINE, _REFUSED, _BROKEN = 200, 400, 500


class Router:
    """The notifier of a house.

    `now` is the machine's clock. `lines_in` is the only folder into which `lines:NAME` writes; without one it is refused, as
    `mailto:` is without a mail server.
    """

    def __init__(
        self,
        *,
        address: Callable[[Alert], Awaitable[Addressed | None]],
        apprise: Carrier,
        smtp: Carrier | None,
        now: Callable[[], datetime],
        lines_in: Path | None = None,
    ) -> None:
        self._address = address
        self._apprise = apprise
        self._smtp = smtp
        self._now = now
        self._lines_in = lines_in

    async def send(self, alert: Alert) -> None:
        """Hand an alert to whatever reaches this person by this method.

        Raises:
            OutsideError: as the port says; Rejected when there is nowhere to send it.
        """
        found = await self._address(alert)
        if found is None:
            raise Rejected(f"nobody can be reached as {alert.person!r} by {alert.method!r}, and there is no last resort")
        if scheme_of(found.target) == LINES:
            await self._file(found.target).send(alert)
            return
        envelope = Envelope(
            key=found.key or lasting_key(alert),
            target=found.target,
            words=found.words,
            written_at=self._now(),
            is_grave=found.is_grave,
        )
        await self._carrier(found.target).carry(envelope)

    async def last_resort(self, target: str, text: str, *, key: str) -> None:
        """Tell this target when nothing else works; the first line of the text is its subject, `key` names the trouble."""
        now = self._now()
        subject = text.partition("\n")[0]
        alert = Alert(key=key, person="last resort", method="last resort", content={"text": text}, decided_at=now)
        if scheme_of(target) == LINES:
            await self._file(target).send(alert)
            return
        words = Plain(subject=subject, text=text)
        await self._carrier(target).carry(Envelope(key=key, target=target, words=words, written_at=now, is_grave=True))

    def check(self, target: str) -> None:
        """Make sure that this target can be used; it may block, and sends nothing.

        Raises:
            Rejected: nothing will ever be delivered there.
        """
        if scheme_of(target) == LINES:
            self._file(target)
        else:
            self._carrier(target).check(target)

    def _carrier(self, target: str) -> Carrier:
        if scheme_of(target) != MAIL:
            return self._apprise
        if self._smtp is None:
            raise Rejected("there is no mail server in the settings")
        return self._smtp

    def _file(self, target: str) -> LinesNotifier:
        name = target.partition(":")[2]
        if self._lines_in is None or not _FILE_NAME.fullmatch(name):
            raise Rejected("lines: writes to a file by its bare name, in the folder of the settings, if there is one")
        return LinesNotifier(self._lines_in / name)


def scheme_of(target: str) -> str:
    return target.partition(":")[0].strip().lower()


async def heartbeat(session: ClientSession, url: str) -> None:
    """Tell a watcher outside that we live; it raises the alarm when this stops. The URL is a secret and in no error.

    Raises:
        Unavailable: it could not be told; the next beat will try.
        Rejected: it does not know us.
    """
    try:
        async with session.get(url, timeout=_HEARTBEAT) as response:
            status = response.status
    except (ClientError, TimeoutError, OSError, ValueError) as error:
        raise Unavailable(f"the heartbeat did not get through ({type(error).__name__})") from None
    if _REFUSED <= status < _BROKEN:
        raise Rejected(f"the heartbeat was refused: {status}")
    if status < _FINE or status >= _BROKEN:
        raise Unavailable(f"the heartbeat was answered {status}")

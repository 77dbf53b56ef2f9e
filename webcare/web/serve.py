"""Listening: several applications, each on its own address, that stop together and politely.

What a stranger sends before it is a request ends here too: bad HTTP is answered without naming what we are built on, and leaves no line in
the log, since it may hold an address that is a secret.
"""

from __future__ import annotations

import asyncio
import errno
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp.web_request import BaseRequest

log = structlog.get_logger()

NAME: Final = "webcare"
DRAIN: Final = timedelta(seconds=8)
LONGEST_PORT: Final = 65535
LIMITS: Final[dict[str, Any]] = {
    "access_log": None,  # addresses of webhooks are secrets, and so are the tokens in a handshake's query
    "auto_decompress": False,
    "keepalive_timeout": 130.0,  # also the most that headers may take: no shorter than a proxy keeps a connection in stock
    "lingering_time": 1.0,  # how long we read on after an answer that came before the body's end
}


class CannotListen(OSError):  # noqa: N818 - it is what happened
    """An address cannot be used. The message names the setting, for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An application and where it is to be reached; `setting` is what the operator calls that."""

    setting: str
    address: str
    app: web.Application


def host_and_port(place: Place) -> tuple[str, int]:
    """Read `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`.

    Raises:
        CannotListen: it is none of these.
    """
    host, _, port = place.address.strip().rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    if not host or (":" in host and not is_bracketed) or not (port.isascii() and port.isdigit()) or int(port) > LONGEST_PORT:
        raise CannotListen(f"{place.setting}: {place.address!r} is not host:port, as in 127.0.0.1:8080 or [::1]:8080")
    return host.strip("[]"), int(port)


class Listener:
    """Applications that are being served."""

    def __init__(self) -> None:
        self._servers: dict[str, asyncio.Server] = {}
        self._runners: list[web.AppRunner] = []

    @classmethod
    async def start(cls, places: Sequence[Place], *, drain: timedelta = DRAIN) -> Listener:
        """Serve all of them, or none; `drain` is how long `stop` waits for running requests.

        Raises:
            CannotListen: one of the addresses cannot be used.
        """
        listener = cls()
        try:
            for place in places:
                await listener._open(place, drain)
        except BaseException:
            await listener.stop()
            raise
        return listener

    async def _open(self, place: Place, drain: timedelta) -> None:
        host, port = host_and_port(place)
        place.app.on_response_prepare.append(_name_nothing)
        # aiohttp waits that long twice: for the handler, then for the connection's task
        runner = web.AppRunner(place.app, shutdown_timeout=drain / timedelta(seconds=1) / 2)
        await runner.setup()
        self._runners.append(runner)
        loop, manager = asyncio.get_running_loop(), runner.server
        if manager is None:
            raise RuntimeError("the runner was set up without a server")
        try:
            server = await loop.create_server(lambda: _Connection(manager, loop=loop, **LIMITS), host, port, backlog=512)
        except (OSError, UnicodeError) as error:  # the latter of a name that no host can have
            raise CannotListen(f"{place.setting}: cannot listen on {place.address}: {_why(error)}") from error
        self._servers[place.setting] = server

    def addresses(self, setting: str) -> list[tuple[str, int]]:
        """Return where one of the applications is reached: the system chooses where the setting says port 0."""
        return [sock.getsockname()[:2] for sock in self._servers[setting].sockets]

    async def stop(self) -> None:
        """Accept nothing more, let running requests end, then let go of what is left."""
        for server in self._servers.values():
            server.close()
        await asyncio.gather(*(runner.cleanup() for runner in self._runners))


def _why(error: Exception) -> str:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return "another program listens there already"
        case errno.EACCES | errno.EPERM:
            return "this user may not (ports below 1024 need a privilege)"
        case errno.EADDRNOTAVAIL:
            return "this machine does not have that address"
        case _:
            return getattr(error, "strerror", None) or "no host can have that name"


async def _name_nothing(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = NAME


class _Connection(web.RequestHandler):
    """A connection whose errors say less, to the caller and in the log."""

    __slots__ = ()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's signature
    ) -> web.StreamResponse:
        """Answer a broken request, or one that our own handler stumbled over."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("web.crashed", method=request.method, status=status, exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was on its way already")
        response = web.Response(status=status, text=HTTPStatus(status).phrase, headers={"Server": NAME})
        response.force_close()
        return response

"""Applications on ports of this machine that the system chooses; all of them are gone when the demo ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from aiohttp import web

if TYPE_CHECKING:
    from types import TracebackType

HERE: Final = "127.0.0.1"
DRAIN: Final = 1.0


class Loopback:
    def __init__(self) -> None:
        self._runners: list[web.AppRunner] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for runner in reversed(self._runners):
            await runner.cleanup()

    async def serve(self, app: web.Application) -> str:
        """Serve an application and return its address."""
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, HERE, 0).start()
        return f"http://{HERE}:{runner.addresses[0][1]}"

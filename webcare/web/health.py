"""Whether this process lives and whether it can do its work: for a supervisor, a load balancer, and a person with curl.

/healthz   200 while sweeps still end, else 503: start it anew
/readyz    200 when nothing is in the way, else 503 with what is, as a JSON list of sentences without secrets: leave it alone, mend that
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from aiohttp import web

from webcare.web.lately import Lately

if TYPE_CHECKING:
    from collections.abc import Sequence

    from webcare.ports.clock import Clock

ASKED_EVERY: Final = timedelta(seconds=1)  # more callers than that share an answer: the address may be open to the world
PATIENCE: Final = 5.0  # seconds
NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Seconds since the last sweep ended (since the start, before the first), and how long it took."""

    age: float
    took: float


class Health(Protocol):
    """What the daemon knows of itself."""

    def last_sweep(self) -> Sweep: ...

    def is_alive(self) -> bool:
        """Tell whether sweeps still end."""

    async def problems(self) -> Sequence[str]:
        """Return what is in the way of its work, in words without secrets; nothing when it is ready."""


def health_routes(health: Health, clock: Clock) -> list[web.RouteDef]:
    async def problems() -> Sequence[str]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await health.problems()
        except TimeoutError:
            return [f"the daemon did not tell within {PATIENCE:.0f} s"]

    lately = Lately(problems, clock, ASKED_EVERY)

    async def healthz(_request: web.Request) -> web.Response:
        return _told([] if health.is_alive() else ["no sweep has ended for too long"])

    async def readyz(_request: web.Request) -> web.Response:
        return _told(await lately.ask())

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


def _told(problems: Sequence[str]) -> web.Response:
    return web.json_response({"problems": list(problems)}, status=503 if problems else 200, headers=NO_STORE)

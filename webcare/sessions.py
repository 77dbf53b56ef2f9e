"""The one HTTP session that every client of a platform is given: with time-outs, our name, and the machine's proxy where it has one."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar

from webcare import __version__

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TIMEOUT = ClientTimeout(total=60, connect=10)


@asynccontextmanager
async def open_session() -> AsyncIterator[ClientSession]:
    """Open it; what it still has in hand is closed at the end. It keeps no cookies: platforms know us by our keys."""
    headers = {"User-Agent": f"webcare/{__version__}"}
    async with ClientSession(timeout=TIMEOUT, headers=headers, trust_env=True, cookie_jar=DummyCookieJar()) as session:
        yield session

"""Webhook deliveries: signed, to every subscribed app, again when one of them did not answer with success.

A retry goes to all apps, also to those that already have it; after seven days it is given up. Held back deliveries leave in one body.
https://developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import aiohttp

from connectors.whatsapp.simulator.payloads import body_of, signature, written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

    from connectors.whatsapp.simulator.world import World

GIVE_UP = timedelta(days=7)
FIRST_GAP = timedelta(seconds=10)
LONGEST_GAP = timedelta(hours=6)
WELL = range(200, 300)


@dataclass(slots=True, kw_only=True)
class Hook:
    """An app that subscribed."""

    url: str
    app_secret: str


@dataclass(slots=True, kw_only=True)
class Delivery:
    raw: bytes
    since: datetime
    due: datetime
    tries: int = 0
    answers: list[int] = field(default_factory=list)  # 0: no answer at all


class Deliveries:
    """What is under way to the apps. It only moves when told."""

    def __init__(self, world: World) -> None:
        self._world, self._session, self._turn = world, None, asyncio.Lock()
        self.hooks: list[Hook] = []
        self.waiting: list[Delivery] = []
        self.done: list[Delivery] = []
        self.lost: list[Delivery] = []
        self.held: list[dict[str, Any]] | None = None
        self.twice = False
        self.backwards = False
        self._under_way: set[asyncio.Task[None]] = set()

    _session: aiohttp.ClientSession | None

    async def session(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep a session while the application runs."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20, connect=5))
        yield
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._session.close()

    async def subscribe(self, url: str, app_secret: str, verify_token: str) -> bool:
        """Ask an app to prove itself, and say whether it did: the answer is the challenge, to the letter."""
        challenge = self._world.number_for("11")
        query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
        try:
            async with self._open().get(url, params=query) as response:
                proven = response.status in WELL and await response.text() == challenge
        except (aiohttp.ClientError, OSError):
            return False
        if proven:
            self.hooks.append(Hook(url=url, app_secret=app_secret))
        return proven

    def tell(self, *changes: dict[str, Any]) -> None:
        """Deliver changes, each in a body of its own, without waiting for the apps."""
        if self.held is not None:
            self.held += changes
            return
        ordered = changes[::-1] if self.backwards else changes
        for one in ordered:
            raw = written(body_of(self._world, [one]))
            self.waiting += [self._new(raw) for _ in range(2 if self.twice else 1)]
        task = asyncio.create_task(self.move())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def tell_raw(self, raw: bytes) -> None:
        """Deliver bytes as they are, for what no platform should ever send."""
        self.waiting.append(self._new(raw))

    def release(self) -> None:
        """Let go what was held back, all in one body."""
        held, self.held = self.held or [], None
        if held:
            self.waiting.append(self._new(written(body_of(self._world, held[::-1] if self.backwards else held))))

    async def settle(self) -> None:
        """Wait until everything that is due now was tried."""
        await asyncio.gather(*self._under_way)
        await self.move()

    async def move(self) -> None:
        """Try what is due."""
        async with self._turn:
            for delivery in [one for one in self.waiting if one.due <= self._world.now]:
                await self._try(delivery)

    def _new(self, raw: bytes) -> Delivery:
        return Delivery(raw=raw, since=self._world.now, due=self._world.now)

    async def _try(self, delivery: Delivery) -> None:
        answers = [await self._post(hook, delivery.raw) for hook in self.hooks]
        delivery.tries += 1
        delivery.answers += answers
        if all(answer in WELL for answer in answers):
            self._end(delivery, self.done)
        elif self._world.now - delivery.since >= GIVE_UP:
            self._end(delivery, self.lost)
        else:
            delivery.due = self._world.now + min(FIRST_GAP * 2 ** min(delivery.tries, 12), LONGEST_GAP)

    def _end(self, delivery: Delivery, where: list[Delivery]) -> None:
        self.waiting.remove(delivery)
        where.append(delivery)

    async def _post(self, hook: Hook, raw: bytes) -> int:
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": signature(raw, hook.app_secret),
            "User-Agent": "facebookexternalua",
        }
        try:
            async with self._open().post(hook.url, data=raw, headers=headers) as response:
                return response.status
        except (aiohttp.ClientError, OSError):
            return 0

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the application does not run yet")
        return self._session

"""What a simulated platform of Meta tells our webhook: signed over the bytes, tried for 36 hours, sometimes twice or the wrong way round.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp

from connectors.meta import sign

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from aiohttp import web

GAPS = (timedelta(0), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
GIVEN_UP = timedelta(hours=36)
PATIENCE = aiohttp.ClientTimeout(total=5)
OK = range(200, 300)


class World(Protocol):
    """What there is to tell, and when it is."""

    @property
    def now(self) -> datetime: ...

    @property
    def subscribed(self) -> Collection[str]: ...


@dataclass(slots=True, kw_only=True)
class Delivery:
    body: dict[str, Any]
    first: datetime
    due: datetime
    tries: int = 0


@dataclass(slots=True, kw_only=True)
class Deliveries:
    """Bodies on their way to one address. `kind` and `account` stand in each; `moulded` gives one its last shape."""

    world: World
    kind: str
    account: str
    app_secret: str
    verify_token: str
    moulded: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: body
    url: str | None = None
    waiting: list[Delivery] = field(default_factory=list)
    delivered: int = 0
    _client: aiohttp.ClientSession | None = None

    async def session(self, _app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(timeout=PATIENCE) as client:
            self._client = client
            yield

    async def subscribe(self, url: str, challenge: str) -> bool:
        """Ask the receiver whether it knows us, as the dashboard does."""
        if self._client is None:
            return False
        query = {"hub.mode": "subscribe", "hub.verify_token": self.verify_token, "hub.challenge": challenge}
        async with self._client.get(url, params=query) as response:
            if response.status not in OK or await response.text() != challenge:
                return False
        self.url = url
        return True

    def change(self, name: str, value: dict[str, Any]) -> None:
        self._put(name, {"changes": [{"field": name, "value": value}]}, int(self.world.now.timestamp()))

    def messaging(self, name: str, item: dict[str, Any], part: str = "messaging") -> None:
        self._put(name, {part: [item]}, int(self.world.now.timestamp() * 1000))

    def _put(self, name: str, part: dict[str, Any], time: int) -> None:
        if self.url is None or name not in self.world.subscribed:
            return
        body = self.moulded({"object": self.kind, "entry": [{"id": self.account, "time": time, **part}]})
        self.waiting.append(Delivery(body=body, first=self.world.now, due=self.world.now))

    async def flush(self, *, twice: bool = False, backwards: bool = False, together: bool = False) -> int:
        """Try what is due; return how many bodies were taken."""
        due = [one for one in self.waiting if one.due <= self.world.now]
        due = due[::-1] if backwards else due
        before = self.delivered
        if together and len(due) > 1:  # a batch of retries is another body than those that failed
            entries = [entry for one in due for entry in one.body["entry"]]
            batch = Delivery(body={"object": self.kind, "entry": entries}, first=due[0].first, due=self.world.now)
            self.waiting = [one for one in self.waiting if one not in due] + [batch]
            due = [batch]
        for one in due:
            for _ in range(2 if twice else 1):
                await self._try(one)
        return self.delivered - before

    async def _try(self, one: Delivery) -> None:
        if await self._taken(raw(one.body)):
            self.delivered += 1
            if one in self.waiting:
                self.waiting.remove(one)
            return
        one.tries += 1
        one.due = one.first + GAPS[min(one.tries, len(GAPS) - 1)]
        if one.tries >= len(GAPS) or self.world.now - one.first > GIVEN_UP:
            self.waiting.remove(one)

    async def _taken(self, body: bytes) -> bool:
        if self._client is None or self.url is None:
            return False
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(body, self.app_secret)}
        try:
            async with self._client.post(self.url, data=body, headers=headers) as response:
                return response.status in OK
        except (aiohttp.ClientError, TimeoutError):
            return False


def raw(body: dict[str, Any]) -> bytes:
    """Write as Meta does: escapes in lower case, and slashes escaped too."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()

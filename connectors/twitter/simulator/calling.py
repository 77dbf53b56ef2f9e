"""How this X calls a webhook: challenge (CRC), signature over the bytes that are sent, replays. It knows no retries.

https://docs.x.com/x-api/webhooks/introduction
"""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from connectors.twitter.simulator.world import KEYS
from connectors.twitter.webhook import SIGNATURE, signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.twitter.simulator.world import World

PATIENCE: Final = ClientTimeout(total=10)  # X gives a receiver ten seconds
REACH_OF_REPLAY: Final = timedelta(hours=24)


async def challenge(url: str) -> bool:
    """Return whether an address proves that it knows the consumer secret. A redirect is no proof."""
    token = secrets.token_urlsafe(16)
    async with ClientSession(timeout=PATIENCE) as session:
        try:
            async with session.get(url, params={"crc_token": token}, allow_redirects=False) as response:
                found = json.loads(await response.read()) if response.ok else {}
        except (ClientError, TimeoutError, ValueError):
            return False
    return isinstance(found, dict) and found.get("response_token") == signed(KEYS["consumer_secret"], token.encode())


async def check_hooks(world: World) -> list[str]:
    """Challenge every address again and forget those that fail; return what is left."""
    world.hooks = [url for url in world.hooks if await challenge(url)]
    return world.hooks


async def tell(world: World, url: str, raws: Sequence[bytes], *, times: int = 1, signature: str | None = None) -> list[int]:
    """Deliver bodies to an address, each so often, and return the statuses; 0 where nobody answered."""
    statuses: list[int] = []
    async with ClientSession(timeout=PATIENCE) as session:
        for raw in (raw for raw in raws for _ in range(times)):
            headers = {"Content-Type": "application/json", SIGNATURE: signature or signed(KEYS["consumer_secret"], raw)}
            try:
                async with session.post(url, data=raw, headers=headers) as response:
                    statuses.append(response.status)
            except (ClientError, TimeoutError):
                statuses.append(0)
            world.deliveries.append({"url": url, "at": world.now, "raw": raw, "status": statuses[-1]})
    return statuses


async def replay(world: World, url: str) -> list[int]:
    """Deliver again what an address was told in the last day, whatever it answered then."""
    recent = [one["raw"] for one in world.deliveries if one["url"] == url and world.now - one["at"] <= REACH_OF_REPLAY]
    return await tell(world, url, list(dict.fromkeys(recent)))


def as_bytes(body: Any) -> bytes:
    """Return a body as X writes it: everything that is not ASCII escaped."""
    return json.dumps(body).encode()

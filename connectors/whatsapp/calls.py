"""One call of the Graph API, and what its answer holds. The token travels in a header only, and redirects are never followed with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import aiohttp

from connectors.whatsapp.refusals import explain, has_error
from webcare.ports.errors import OutsideError, RateLimited, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.whatsapp.settings import Config
    from webcare.ports.connector import Session

WELL = range(200, 300)
NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
BROKEN = (aiohttp.ClientError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_well(self) -> bool:
        return self.status in WELL and not has_error(self.body)

    def values(self) -> dict[str, Any]:
        """Return the JSON object in it, an empty one where there is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def at(self) -> datetime | None:
        """The platform's own clock: a client that reads none has to count from there."""
        try:
            at = parsedate_to_datetime(self.headers.get("Date", ""))
        except ValueError:
            return None
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)

    def refusal(self) -> OutsideError:
        """Return what it means that it is no success. A limit without a clock beside it cannot be told as an instant: then back off."""
        found = explain(self.status, self.headers, self.body, self.at or datetime.min.replace(tzinfo=UTC))
        if isinstance(found, RateLimited) and self.at is None:
            return Unavailable("a limit is hit, and the answer does not say what time it is")
        return found


class Calls:
    """The Graph API as our number sees it."""

    def __init__(self, config: Config, session: Session, secrets: Mapping[str, str]) -> None:
        self.base = config.base_url.rstrip("/")
        self.graph = f"{self.base}/{config.version}"
        self.number, self.session, self.version = config.phone_number_id, session, config.version
        self._secrets = secrets

    @property
    def token(self) -> str:
        return self._secrets.get("access_token", "").strip()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def call(self, method: str, path: str, **more: Any) -> Answered:
        """Call once and return whatever was answered; what breaks on the way is aiohttp's."""
        asked = self.session.request(method, f"{self.graph}/{path}", headers=self.headers, allow_redirects=False, **more)
        async with asked as response:
            return Answered(status=response.status, headers=response.headers, body=await response.read())

    async def batch(self, addresses: Sequence[str]) -> Any:
        """Ask several things at once and return the answers as Graph gives them, None where it gave none.

        Raises:
            Unavailable: there was no answer.
        """
        asked = [{"method": "GET", "relative_url": f"{self.version}/{address}"} for address in addresses]
        payload = {"batch": json.dumps(asked), "include_headers": "false"}
        try:
            async with self.session.request(
                "POST", f"{self.base}/", headers=self.headers, allow_redirects=False, json=payload
            ) as response:
                return json.loads(await response.read())
        except (ValueError, RecursionError):
            return None
        except BROKEN as error:
            raise Unavailable(f"WhatsApp cannot be reached: {type(error).__name__}") from error

    async def ask(self, method: str, path: str, **more: Any) -> Answered:
        """Call where a broken connection means only that it has to be asked again.

        Raises:
            Unavailable: there was no answer.
        """
        try:
            return await self.call(method, path, **more)
        except BROKEN as error:
            raise Unavailable(f"WhatsApp cannot be reached: {type(error).__name__}") from error

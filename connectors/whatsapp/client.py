"""The thin client of the Cloud API: one call to send, one to ask who we are.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages

There is nothing to poll: WhatsApp tells by webhook only and keeps no history that could be asked for.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import aiohttp

from connectors.whatsapp.refusals import explain, has_error
from connectors.whatsapp.shapes import ident, label, objects
from webcare.ports.connector import Batch, Health, Receipt
from webcare.ports.errors import OutsideError, RateLimited, Rejected, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from webcare.ports.connector import Reply, Session

NUMBER = re.compile(r"\+?[0-9]{6,15}")
BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,256}")
WELL = range(200, 300)
BROKEN_OFF = frozenset({500, 502, 504})  # without a word of Meta's: behind it the message may have gone through
FIELDS = "id,display_phone_number,verified_name,quality_rating,status,code_verification_status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the operator's `[[channel]]` table says."""

    phone_number_id: str = field(
        metadata={"help": "the id of our number, as Meta's WhatsApp Manager shows it (no telephone number)"}
    )
    base_url: str = field(default="https://graph.facebook.com", metadata={"help": "the host of the Graph API"})
    version: str = field(default="v26.0", metadata={"help": "the version of the Graph API; each lives about two years"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    status: int
    headers: Mapping[str, str]
    body: bytes

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


class Client:
    """Talks to the Graph API as our number. The token travels in a header only."""

    def __init__(self, config: Config, session: Session, secrets: Mapping[str, str]) -> None:
        self._url = f"{config.base_url.rstrip('/')}/{config.version}/{config.phone_number_id}"
        self._number, self._session, self._secrets = config.phone_number_id, session, secrets

    async def send(self, reply: Reply) -> Receipt:
        """Send a text, as an answer to the message it replies to. 200 means accepted: whether it arrived, statuses tell.

        There is no idempotency key; ours goes along as `biz_opaque_callback_data` and comes back in every status.
        """
        body = {
            "messaging_product": "whatsapp",
            **_recipient(reply.conversation_id),
            "type": "text",
            "text": {"body": reply.text},
            "biz_opaque_callback_data": reply.key,
        }
        if reply.reply_to is not None:
            body["context"] = {"message_id": reply.reply_to}
        try:
            answered = await self._call("POST", "/messages", json=body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise Unavailable(f"WhatsApp cannot be reached: {type(error).__name__}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unconfirmed(f"the connection broke while sending: {type(error).__name__}") from error
        if has_error(answered.body):
            raise _refusal(answered)
        if answered.status in WELL:
            return _receipt(answered)
        if answered.status in BROKEN_OFF:
            raise Unconfirmed(f"HTTP {answered.status} without an answer that can be read")
        raise _refusal(answered)

    async def find(self, reply: Reply) -> Receipt | None:
        """Raise: no message of ours can be looked up here. A status that carries our key may still come.

        Raises:
            Unconfirmed: always.
        """
        raise Unconfirmed(f"WhatsApp cannot be asked whether reply {reply.key} was sent")

    async def poll(self, cursor: str | None, now: datetime) -> Batch:  # noqa: ARG002 - the contract's words; there is nothing to ask
        """Return nothing: WhatsApp calls us."""
        return Batch(bodies=(), cursor=cursor)

    async def preflight(self, now: datetime) -> Health:
        """Ask for our number, by the token that will send.

        https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status
        """
        try:
            answered = await self._call("GET", "", params={"fields": FIELDS})
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"WhatsApp cannot be reached: {type(error).__name__}") from error
        if answered.status not in WELL or has_error(answered.body):
            refusal = explain(answered.status, answered.headers, answered.body, now)
            if isinstance(refusal, Rejected):
                return Health(account=None, problems=(refusal.reason,))
            raise refusal
        found = answered.values()
        if not found:
            raise Unavailable("an answer that cannot be read")
        return Health(account=ident(found, "id"), problems=tuple(self._problems(found)))

    def _problems(self, found: Mapping[str, Any]) -> list[str]:
        problems = []
        if ident(found, "id") != self._number:
            problems.append(f"the token speaks for number {ident(found, 'id')}, the channel names {self._number}")
        if label(found, "status") not in (None, "CONNECTED"):
            problems.append(f"the number is {found['status']}, not CONNECTED")
        if label(found, "quality_rating") == "RED":
            problems.append("the quality rating is RED: Meta may lower the limits of this number")
        if label(found, "code_verification_status") == "EXPIRED":
            problems.append("the verification of the number has expired")
        return problems

    async def _call(self, method: str, path: str, **more: Any) -> _Answered:
        headers = {"Authorization": f"Bearer {self._secrets.get('access_token', '').strip()}"}
        asked = self._session.request(method, f"{self._url}{path}", headers=headers, allow_redirects=False, **more)
        async with asked as response:
            return _Answered(status=response.status, headers=response.headers, body=await response.read())


def _recipient(customer: str) -> dict[str, str]:
    """Return how Meta is told to whom: a number in `to`, a BSUID in `recipient`, a group by its id."""
    if NUMBER.fullmatch(customer):
        return {"recipient_type": "individual", "to": f"+{customer.removeprefix('+')}"}
    if BSUID.fullmatch(customer):
        return {"recipient_type": "individual", "recipient": customer}
    return {"recipient_type": "group", "to": customer}


def _receipt(answered: _Answered) -> Receipt:
    found = objects(answered.values(), "messages")
    wamid = ident(found[0], "id") if found else None
    if wamid is None:
        raise Unconfirmed(f"HTTP {answered.status}, but no message id in the answer")
    return Receipt(external_id=wamid)


def _refusal(answered: _Answered) -> OutsideError:
    """Return why it was not sent. A limit without a clock beside it cannot be told as an instant: then back off."""
    refusal = explain(answered.status, answered.headers, answered.body, answered.at or datetime.min.replace(tzinfo=UTC))
    if isinstance(refusal, RateLimited) and answered.at is None:
        return Unavailable("a limit is hit, and the answer does not say what time it is")
    return refusal

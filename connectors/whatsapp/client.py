"""The thin client of the Cloud API: it sends, fetches what customers sent along, and asks who we are.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages

There is nothing to poll: WhatsApp tells by webhook only and keeps no history that could be asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.whatsapp import media, tokens
from connectors.whatsapp.calls import BROKEN, NEVER_LEFT, WELL, Answered, Calls
from connectors.whatsapp.refusals import explain, has_error
from connectors.whatsapp.sending import body_of, checked
from connectors.whatsapp.shapes import ident, label, objects
from webcare.ports.connector import Batch, Fetched, Health, Receipt
from webcare.ports.errors import Rejected, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.whatsapp.settings import Config
    from webcare.domain.message import Attachment
    from webcare.ports.connector import Reply, Session

SERVER, TURNED_AWAY = 500, 503  # without a word of Meta's: behind all but the second the message may have gone through
FIELDS = "id,display_phone_number,verified_name,quality_rating,status,code_verification_status"


class Client:
    """Talks to the Graph API as our number."""

    def __init__(self, config: Config, session: Session, secrets: Mapping[str, str]) -> None:
        self._calls, self._number = Calls(config, session, secrets), config.phone_number_id

    async def send(self, reply: Reply) -> Receipt:
        """Send a text, a template, or a file with words beside it. 200 means accepted: whether it arrived, states tell."""
        checked(reply)
        media_id = await media.upload(self._calls, reply.uploads[0]) if reply.uploads else None
        try:
            answered = await self._calls.call("POST", f"{self._number}/messages", json=body_of(reply, media_id))
        except NEVER_LEFT as error:
            raise Unavailable(f"WhatsApp cannot be reached: {type(error).__name__}") from error
        except BROKEN as error:
            raise Unconfirmed(f"the connection broke while sending: {type(error).__name__}") from error
        if has_error(answered.body):
            raise answered.refusal()
        if answered.status in WELL:
            return _receipt(answered)
        if answered.status >= SERVER and answered.status != TURNED_AWAY:
            raise Unconfirmed(f"HTTP {answered.status} without an answer that can be read")
        raise answered.refusal()

    async def find(self, reply: Reply) -> Receipt | None:
        """Raise: no message of ours can be looked up here. A state that carries our key may still come, and settles it.

        Raises:
            Unconfirmed: always.
        """
        raise Unconfirmed(f"WhatsApp cannot be asked whether reply {reply.key} was sent")

    async def fetch(self, attachment: Attachment, *, most: int) -> Fetched:
        """Return an attachment: by its id for seven days, each time by an address that lives five minutes."""
        return await media.fetch(self._calls, attachment, most=most)

    async def poll(self, cursor: str | None, now: datetime) -> Batch:  # noqa: ARG002 - the contract's words; there is nothing to ask
        """Return nothing: WhatsApp calls us."""
        return Batch(bodies=(), cursor=cursor)

    async def preflight(self, now: datetime) -> Health:
        """Ask for our number, by the token that will send, and until when that lives.

        https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status
        """
        answered = await self._calls.ask("GET", self._number, params={"fields": FIELDS})
        if not answered.is_well:
            refusal = explain(answered.status, answered.headers, answered.body, now)
            if isinstance(refusal, Rejected):
                return Health(account=None, problems=(refusal.reason,))
            raise refusal
        found = answered.values()
        if not found:
            raise Unavailable("an answer that cannot be read")
        token = await tokens.inspect(self._calls)
        problems = (*self._problems(found), *token.problems)
        return Health(account=ident(found, "id"), expires_at=token.expires_at, problems=problems)

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


def _receipt(answered: Answered) -> Receipt:
    found = objects(answered.values(), "messages")
    wamid = ident(found[0], "id") if found else None
    if wamid is None:
        raise Unconfirmed(f"HTTP {answered.status}, but no message id in the answer")
    return Receipt(external_id=wamid)

"""Proof of who is calling: the handshake of a subscription, and the signature under every delivery.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from webcare.ports.connector import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "x-hub-signature-256"
PREFIX = "sha256="


def handshake(query: Mapping[str, str], secrets: Mapping[str, str]) -> Answer | None:
    """Return the challenge as it came when the verify token is ours, a refusal when not, None for what is no handshake."""
    if query.get("hub.mode") is None and query.get("hub.challenge") is None:
        return None
    ours, theirs = secrets.get("verify_token", ""), query.get("hub.verify_token", "")
    right = bool(ours) and hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "surrogatepass"))
    if query.get("hub.mode") != "subscribe" or not right or "hub.challenge" not in query:
        return Answer(status=403, text="the verify token is not ours")
    return Answer(status=200, text=query["hub.challenge"])


def verify(headers: Mapping[str, str], raw: bytes, secrets: Mapping[str, str]) -> bool:
    r"""Say whether Meta signed these bytes: the raw ones, since it escapes what others would not (`\u00e4`, `\/`)."""
    given = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    secret = secrets.get("app_secret", "")
    if not secret or not given.startswith(PREFIX):
        return False
    wanted = PREFIX + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), given.strip().lower().encode("utf-8", "surrogatepass"))

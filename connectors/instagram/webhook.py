"""Prove that it is Meta who calls.

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
    """Answer the subscription with its challenge, a wrong token with 403, and anything else not at all."""
    if "hub.mode" not in query and "hub.challenge" not in query:
        return None
    expected, given = secrets.get("verify_token", ""), query.get("hub.verify_token", "")
    is_right = bool(expected) and hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))
    if query.get("hub.mode") != "subscribe" or not is_right or "hub.challenge" not in query:
        return Answer(status=403, text="wrong verify token")
    return Answer(status=200, text=query["hub.challenge"])


def sign(raw: bytes, app_secret: str) -> str:
    return PREFIX + hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()


def verify(headers: Mapping[str, str], raw: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether these very bytes were signed with the secret of the app; under Instagram's login that is the Instagram app's secret."""
    app_secret = secrets.get("app_secret", "")
    given = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    return bool(app_secret) and hmac.compare_digest(
        sign(raw, app_secret).encode(), given.strip().encode("utf-8", "surrogateescape")
    )

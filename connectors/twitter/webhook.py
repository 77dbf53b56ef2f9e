"""Being called by X: https://docs.x.com/x-api/webhooks/introduction.

The handshake (CRC) and the signature use the app's consumer secret, both in base64 - Meta writes hexadecimals.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from webcare.ports.connector import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNATURE = "x-twitter-webhooks-signature"
SECRET = "consumer_secret"  # noqa: S105 - its name


def signed(secret: str, content: bytes) -> str:
    """Return the signature of X over these bytes."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()


def handshake(query: Mapping[str, str], secrets: Mapping[str, str]) -> Answer | None:
    """Return the answer to a challenge, None where this is none or where there is nothing to sign with."""
    token, secret = query.get("crc_token"), secrets.get(SECRET)
    if not token or not secret:
        return None
    return Answer(
        status=200, text=json.dumps({"response_token": signed(secret, token.encode())}), content_type="application/json"
    )


def verify(headers: Mapping[str, str], raw: bytes, secrets: Mapping[str, str]) -> bool:
    """Return whether X signed these bytes, as they came."""
    secret = secrets.get(SECRET)
    given = next((value for name, value in headers.items() if name.lower() == SIGNATURE), None)
    if not secret or given is None:
        return False
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), signed(secret, raw).encode())

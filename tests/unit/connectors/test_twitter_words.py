"""X: how long a text is, what refusals mean, and who is calling."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from x_stage import NOW

from connectors.twitter import connector
from connectors.twitter.length import measure
from connectors.twitter.webhook import SIGNATURE, signed
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable

# --- length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("hallo", 5),
        ("cafe\u0301", 4),
        ("日本", 4),
        ("👨\u200d👩\u200d👧", 2),
        ("👍🏽", 2),
        ("🇳🇱🇧🇪", 4),
        ("1\ufe0f\u20e3", 2),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2),
        ("©", 1),
        ("€", 2),
        ("zie https://voorbeeld.example/een/heel/lang/adres?met=vraag. ok", 4 + 23 + 4),
        ("http://a.nl", 23),
        ("ga naar klaver.nl!", 8 + 23 + 1),
        ("mail lot@klaver.nl", 18),
        ("a.b", 3),
        ("x" * 280, 280),
    ],
)
def test_the_weighted_length(text, length):
    assert measure(text) == length


# --- what refusals mean


def said(status, body=b"", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return connector.explain(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw, NOW)


RESET = int((NOW + timedelta(minutes=7)).timestamp())
PROBLEM = "https://api.x.com/2/problems/"


@pytest.mark.parametrize("body", [{"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, {"title": "Too Many Requests", "type": "about:blank", "status": 429}, {"title": "Too Many Requests", "errors": [{"code": 88, "message": "x"}]}, b"", b"<html>"])  # fmt: skip
@pytest.mark.parametrize(
    ("headers", "until"),
    [
        ({"x_rate_limit_reset": str(RESET)}, NOW + timedelta(minutes=7)),
        ({"X_Rate_Limit_Reset": str(RESET)}, NOW + timedelta(minutes=7)),
        ({}, NOW + timedelta(minutes=1)),
        ({"x_rate_limit_reset": str(int(NOW.timestamp()) - 30)}, NOW + timedelta(minutes=1)),
        ({"x_rate_limit_reset": str(RESET * 1000)}, NOW + timedelta(minutes=1)),
        ({"x_rate_limit_reset": "soon"}, NOW + timedelta(minutes=1)),
        (
            {
                "x_user_limit_24hour_remaining": "0",
                "x_user_limit_24hour_reset": str(RESET + 7200),
                "x_rate_limit_remaining": "55",
                "x_rate_limit_reset": str(RESET),
            },
            NOW + timedelta(minutes=127),
        ),
    ],
)
def test_a_rate_limit_lasts_as_long_as_x_says(body, headers, until):
    meaning = said(429, body, **headers)
    assert isinstance(meaning, RateLimited)
    assert meaning.until == until


@pytest.mark.parametrize(
    ("status", "body", "kind", "word"),
    [
        (401, {"title": "Unauthorized", "type": "about:blank", "status": 401}, AuthFailed, "keys"),
        (401, b"", AuthFailed, "keys"),
        (401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]}, AuthFailed, "keys"),
        (401, {"errors": [{"code": 32, "message": "Could not authenticate you."}]}, AuthFailed, "keys"),
        (401, {"errors": [{"code": 135, "message": "Timestamp out of bounds."}]}, AuthFailed, "clock"),
        (
            403,
            {"title": "Client Forbidden", "reason": "client-not-enrolled", "type": PROBLEM + "client-forbidden"},
            AuthFailed,
            "Read, Write",
        ),
        (403, {"type": "https://api.twitter.com/2/problems/oauth1-permissions"}, AuthFailed, "Read, Write"),
        (403, {"type": PROBLEM + "unsupported-authentication"}, AuthFailed, "Read, Write"),
        (403, {"errors": [{"code": 453, "message": "a subset"}]}, AuthFailed, "Read, Write"),
        (403, {"errors": [{"code": 64, "message": "suspended"}]}, AuthFailed, "suspended"),
        (403, {"detail": "Your account is temporarily locked."}, AuthFailed, "locked"),
        (429, {"type": PROBLEM + "usage-capped", "period": "Monthly", "scope": "Product"}, AuthFailed, "monthly reads"),
        (403, {"type": PROBLEM + "usage-capped"}, AuthFailed, "the reads"),
        (402, {"title": "CreditsDepleted"}, AuthFailed, "credits"),
        (403, {"detail": "Your spending limit has been reached."}, AuthFailed, "credits"),
        (403, {"detail": "You are not allowed to create a Tweet with duplicate content."}, Rejected, "exactly this text"),
        (403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}, Rejected, "exactly this text"),
        (
            403,
            {"detail": "Reply not allowed: you have not been mentioned or otherwise engaged by the author"},
            Rejected,
            "mention us",
        ),
        (403, {"detail": "The author did not summon this account"}, Rejected, "mention us"),
        (403, {"errors": [{"code": 433, "message": "restricted"}]}, Rejected, "who may reply"),
        (403, {"detail": "Its author restricted who can reply here."}, Rejected, "who may reply"),
        (403, {"detail": "You cannot send messages to this user."}, Rejected, "direct messages"),
        (403, {"errors": [{"code": 349, "message": "x"}]}, Rejected, "direct messages"),
        (
            403,
            {"detail": "You attempted to reply to a Tweet that is deleted or not visible to you."},
            Rejected,
            "no longer there",
        ),
        (404, {"title": "Not Found Error", "type": PROBLEM + "resource-not-found"}, Rejected, "no longer there"),
        (400, {"title": "Invalid Request", "detail": "bad", "errors": [{"message": "text: empty"}]}, Rejected, "text: empty"),
        (403, {"detail": "Something new."}, Rejected, "Something new."),
        (403, b"", Rejected, "without a reason"),
        (500, {"errors": [{"code": 131, "message": "Internal error"}]}, Unavailable, "500"),
        (503, b"<html><h1>Over capacity</h1>", Unavailable, "503"),
        (502, b"", Unavailable, "502"),
        (302, b"", Unavailable, "302"),
        (403, [1], Rejected, "403"),
        (403, {"errors": "odd", "detail": 5, "type": None}, Rejected, "403"),
        (403, {"errors": [None, 7, {"code": "187"}]}, Rejected, "403"),
    ],
)
def test_every_shape_of_refusal_says_what_to_do(status, body, kind, word):
    meaning = said(status, body)
    assert type(meaning) is kind
    assert word in str(meaning)


def test_a_long_refusal_is_cut():
    assert len(str(said(403, {"detail": "x" * 10_000}))) < 300


# --- webhooks


def test_the_challenge_is_answered_in_base64():
    answer = connector.handshake({"crc_token": "abc"}, {"consumer_secret": "s3cret"})
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert json.loads(answer.text) == {"response_token": signed("s3cret", b"abc")}
    assert json.loads(answer.text)["response_token"] == "sha256=Ty8wqvSle9YKtHPI6cLN/vwYZyPUcn7W8x8ENTyROJo="  # noqa: S105 - made with openssl
    assert connector.handshake({}, {"consumer_secret": "s3cret"}) is None
    assert connector.handshake({"crc_token": "abc"}, {}) is None


BODY = b'{"for_user_id":"1","text":"caf\\u00e9 \\ud83d\\ude00 \\/"}'


@pytest.mark.parametrize(
    ("headers", "raw", "secret", "expected"),
    [
        ({SIGNATURE: signed("s", BODY)}, BODY, "s", True),
        ({"X-Twitter-Webhooks-Signature": signed("s", BODY)}, BODY, "s", True),
        ({SIGNATURE: signed("s", BODY)}, json.dumps(json.loads(BODY), ensure_ascii=False).encode(), "s", False),
        ({SIGNATURE: signed("other", BODY)}, BODY, "s", False),
        ({SIGNATURE: signed("s", BODY).removeprefix("sha256=")}, BODY, "s", False),
        ({SIGNATURE: ""}, BODY, "s", False),
        ({SIGNATURE: "sha256=é\ud800"}, BODY, "s", False),
        ({}, BODY, "s", False),
        ({SIGNATURE: signed("", BODY)}, BODY, "", False),
    ],
)
def test_a_signature_is_over_the_raw_bytes(headers, raw, secret, expected):
    assert connector.verify(headers, raw, {"consumer_secret": secret}) is expected

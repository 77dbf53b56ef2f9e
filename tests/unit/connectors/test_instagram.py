"""Instagram: what is read, what is polled, how an answer goes out, and that the simulator and `ways` tell the same story."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from instagram_played import HOUR, JOS, MINUTE, NOW, SECRETS, heard

from connectors.instagram import connector
from connectors.instagram.config import Config
from connectors.instagram.simulator.world import (
    ACCOUNT,
    APP_SECRET,
    VERIFY_TOKEN,
)
from connectors.meta import sign
from connectors.meta_deliveries import raw
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable

FIXTURES = Path(__file__).parents[3] / "connectors/instagram/fixtures"


def load(name):
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


# --- reading


def test_an_advertisement_doubles_a_comment_and_both_are_the_same():
    told, again = [one for body in load("comments_under_ads")[:2] for one in heard(body)]
    for field in ("external_id", "conversation_id", "reply_to", "author", "text", "kind", "account"):
        assert getattr(told, field) == getattr(again, field), field


def test_a_comment_is_the_same_whether_told_or_polled():
    told = {one.external_id: one for one in heard(load("comments"), ACCOUNT)}
    asked = {one.external_id: one for one in heard(load("poll_comments"), ACCOUNT)}
    both = told.keys() & asked.keys()
    assert len(both) == 3
    for one in both:
        for field in ("sort", "conversation_id", "reply_to", "author", "text", "created_at", "kind", "direction", "account"):
            assert getattr(told[one], field) == getattr(asked[one], field), field


def test_a_message_is_the_same_whether_told_or_polled():
    """What differs in text or kind of attachment would look like an edit."""
    told = {one.external_id: one for name in ("messages", "stories", "echoes") for one in heard(load(name), ACCOUNT)}
    asked = {one.external_id: one for one in heard(load("poll_conversations"), ACCOUNT) if one.sort is not Sort.IGNORED}
    both = told.keys() & asked.keys()
    assert len(both) == 5
    for one in both:
        assert told[one].conversation_id == asked[one].conversation_id == JOS["id"]
        assert (told[one].sort, told[one].text) == (asked[one].sort, asked[one].text)
        kinds = [[(a.type, a.id, a.mime) for a in found.attachments] for found in (told[one], asked[one])]
        assert kinds[0] == kinds[1]


def test_a_mention_says_that_its_words_are_still_to_be_asked_for():
    told = heard(load("mentions"))
    found = heard(load("looked_up_mentions")[0]) + heard(load("looked_up_mentions")[1])
    assert [one.attachments[0].type for one in told] == ["unavailable"] * 2
    assert [(one.external_id, one.conversation_id, one.kind) for one in told] == [
        (one.external_id, one.conversation_id, one.kind) for one in found
    ]
    assert all(one.text for one in found)


def test_an_answer_nested_deeper_than_python_can_follow_is_read_all_the_same():
    comment = {"id": "0", "text": "deepest", "from": JOS, "timestamp": 1}
    for number in range(1, 1500):
        comment = {"id": str(number), "text": "m", "from": JOS, "timestamp": 1, "replies": {"data": [comment]}}
    found = heard({"id": "18", "comments": {"data": [comment]}})
    assert len(found) == 1500
    assert {one.conversation_id for one in found} == {"18"}


def test_an_edit_keeps_the_time_of_the_message_and_notes_its_own():
    edited, silent = heard(load("changes_of_messages"))[:2]
    assert edited.note == "edited_at=2026-11-23T09:00:00+00:00"
    assert silent.text is None


# --- explaining


def error(code, subcode=0, **more):
    return json.dumps({"error": {"message": "m", "code": code, "error_subcode": subcode, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        *[(400, error(code), Unavailable) for code in (1, 2)],
        (500, error(9999), Unavailable),
        *[(400, error(code), RateLimited) for code in (4, 17, 613, 80002, 80006)],
        (429, b"", RateLimited),
        *[(401, error(190, sub), AuthFailed) for sub in (0, 458, 463, 467)],
        *[(403, error(code), AuthFailed) for code in (3, 10, 102, 200, 299)],
        (400, error(10, 2534022), Rejected),
        *[(400, error(code), Rejected) for code in (100, 368, 551, 10900, 10903)],
        (400, error(100, 33), Rejected),
        (200, b'{"data":[', Unavailable),
        (400, b'{"error":{"code":"190"}}', AuthFailed),
    ],
)
def test_every_documented_error_says_what_to_do(status, body, kind):
    assert isinstance(connector.explain(status, {}, body, NOW), kind)


def test_a_limit_ends_when_the_platform_says_so_and_no_token_is_repeated():
    usage = json.dumps({ACCOUNT: [{"type": "instagram", "estimated_time_to_regain_access": 42}]})
    assert connector.explain(400, {"X-Business-Use-Case-Usage": usage}, error(80002), NOW).until == NOW + 42 * MINUTE
    assert connector.explain(400, {}, error(80002), NOW).until == NOW + HOUR
    token = "IGAA" + "x1" * 40
    assert token not in str(connector.explain(400, {}, error(100, message=f"Malformed {token}"), NOW))


# --- the webhook


def test_the_handshake_gives_the_challenge_back_to_meta_only():
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158"}
    answer = connector.handshake(query, SECRETS)
    assert (answer.status, answer.text) == (200, "1158")
    assert connector.handshake(query | {"hub.verify_token": "guess"}, SECRETS).status == 403
    assert connector.handshake({"page": "1"}, SECRETS) is None


def test_the_signature_is_over_the_bytes_and_not_over_what_they_mean():
    body = raw({"message": "géén 😡 a/b"})
    headers = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    assert connector.verify(headers, body, SECRETS)
    assert not connector.verify(headers, json.dumps(json.loads(body)).encode(), SECRETS)
    assert not connector.verify({"X-Hub-Signature-256": sign(b"{}", "")}, b"{}", {"app_secret": ""})


# --- the settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"account_id": "meerkoet"},
        {"login": "myspace"},
        {"page_id": "x"},
        {"version": "26"},
        {"media_watched": 0},
        {"media_watched": 101},
        {"media_per_poll": 0},
        {"token_made": "gisteren"},
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Config(**{"account_id": ACCOUNT} | wrong)


def test_each_login_has_its_own_host():
    assert Config(account_id="1").host == "https://graph.facebook.com"
    assert Config(account_id="1", login="instagram").host == "https://graph.instagram.com"
    assert Config(account_id="1", login="instagram", base_url="http://127.0.0.1:1").host == "http://127.0.0.1:1"
    assert (Config(account_id="1", page_id="2").postbox, Config(account_id="1").postbox) == ("2", "me")

"""Facebook read and explained: what a page tells, what an error means, and who is calling."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from facebook_played import PSID, SANNE, SECRETS, heard
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.facebook import connector
from connectors.facebook.config import Config
from connectors.facebook.simulator import app
from connectors.facebook.simulator.world import APP_SECRET, PAGE, START, VERIFY_TOKEN
from connectors.meta import sign
from connectors.meta_deliveries import raw
from webcare.domain.message import Direction, Kind
from webcare.normalize_files import hear_file, heard_json
from webcare.ports.connector import Sort
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable, Unconfirmed

FIXTURES = Path(__file__).parents[3] / "connectors/facebook/fixtures"
NAMES = sorted(path.stem for path in FIXTURES.glob("*.json"))
NOW = START
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def load(name):
    return json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def change(field="feed", **value):
    usual = {
        "item": "comment",
        "verb": "add",
        "post_id": f"{PAGE}_70",
        "comment_id": "70_80",
        "parent_id": f"{PAGE}_70",
        "created_time": 1,
        "from": SANNE,
        "message": "help",
    }
    return {"object": "page", "entry": [{"id": PAGE, "time": 1795424400, "changes": [{"field": field, "value": usual | value}]}]}


# --- reading


@pytest.mark.parametrize("name", NAMES)
def test_a_fixture_says_what_stands_beside_it(name):
    said = []
    for one in hear_file(connector, str(FIXTURES / f"{name}.json"), None):
        line = heard_json(one, "")
        line.pop("file")
        said.append(json.loads(json.dumps(line)))
    expected = (FIXTURES / f"{name}.expected.jsonl").read_text(encoding="utf-8").splitlines()
    assert said == [json.loads(line) for line in expected]


def test_there_are_fixtures_enough_and_none_without_its_lines():
    assert len(NAMES) >= 14
    assert {path.name.removesuffix(".expected.jsonl") for path in FIXTURES.glob("*.expected.jsonl")} == set(NAMES)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    """Yield the path of every container in a JSON value."""
    if isinstance(value, dict | list):
        yield path
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


@given(data=st.data(), name=st.sampled_from(NAMES))
@settings(max_examples=50, deadline=None)
def test_whatever_is_torn_out_or_put_in_is_heard_or_unreadable(data, name):
    body = load(name)
    for _ in range(data.draw(st.integers(1, 3))):
        inner = body
        for key in data.draw(st.sampled_from(list(places(body)))):
            inner = inner[key]
        if inner and data.draw(st.booleans()):
            inner.pop(data.draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner)))))
        elif isinstance(inner, dict):
            key = data.draw(st.sampled_from(sorted(inner)) if inner else st.text(max_size=5))
            inner[key] = data.draw(JSON_VALUES)
        else:
            inner.append(data.draw(JSON_VALUES))
    for one in body if isinstance(body, list) else [body]:
        said = heard(one, data.draw(st.sampled_from([None, PAGE])))
        assert said
        for line in said:
            json.dumps(heard_json(line, "f"))
            if line.sort is Sort.UNREADABLE:
                assert "ValueError: " in line.reason or "JSONDecodeError: " in line.reason, line.reason
            if line.sort in (Sort.MESSAGE, Sort.ECHO):
                assert line.external_id
                assert line.conversation_id
                assert line.author
                assert line.created_at.utcoffset() == timedelta(0)


def test_an_answer_nested_deeper_than_python_can_follow_is_read_all_the_same():
    comment = {"id": "70_0", "message": "deepest", "from": SANNE, "created_time": 1}
    for number in range(1, 3000):
        comment = {"id": f"70_{number}", "message": "m", "from": SANNE, "created_time": 1, "comments": {"data": [comment]}}
    assert len(heard({"id": f"{PAGE}_70", "comments": {"data": [comment]}})) == 3000


@pytest.mark.parametrize(
    ("value", "sort", "direction"),
    [
        ({}, Sort.MESSAGE, Direction.INBOUND),
        ({"from": {"id": PAGE, "name": "Meerkoet"}}, Sort.ECHO, Direction.OUTBOUND),
        ({"from": None, "sender_id": int(PAGE)}, Sort.ECHO, Direction.OUTBOUND),
        ({"verb": "edited"}, Sort.EDIT, Direction.INBOUND),
        ({"verb": "edited", "from": {"id": PAGE}}, Sort.EDIT, Direction.OUTBOUND),
        ({"verb": "remove"}, Sort.DELETE, Direction.INBOUND),
        ({"verb": "hide"}, Sort.IGNORED, None),
        ({"verb": "unhide"}, Sort.IGNORED, None),
        ({"item": "reaction", "reaction_type": "angry"}, Sort.REACTION, Direction.INBOUND),
    ],
)
def test_what_happens_to_a_comment(value, sort, direction):
    [said] = heard(change(**value))
    assert (said.sort, said.direction) == (sort, direction)


def test_an_edit_keeps_the_time_of_the_message_and_notes_its_own():
    [said] = heard(change(verb="edited", created_time=1795420000))
    assert said.created_at == datetime.fromtimestamp(1795420000, UTC)
    assert said.note == "edited_at=2026-11-23T09:00:00+00:00"


def test_an_edit_without_words_does_not_empty_the_message():
    [said] = heard(change(verb="edited", message=None))
    assert said.text is None


def test_somebody_whom_the_platform_does_not_name_is_a_stranger_each_time():
    [one], [other] = heard(change(**{"from": None})), heard(change(**{"from": None}, comment_id="70_81"))
    assert one.author.id == "unknown:70_80" != other.author.id


def test_a_comment_is_the_same_whether_told_or_polled():
    """What differs in text, attachments or thread would look like an edit, or open a second case."""
    [told] = heard(change(photo="https://cdn.example/p.jpg", created_time=1795424400))
    polled = {
        "id": f"{PAGE}_70",
        "comments": {
            "data": [
                {
                    "id": "70_80",
                    "message": "help",
                    "from": SANNE,
                    "created_time": "2026-11-23T09:00:00+0000",
                    "attachment": {
                        "type": "photo",
                        "target": {"id": "9"},
                        "media": {"image": {"src": "https://cdn.example/q.jpg"}},
                    },
                }
            ]
        },
    }
    [asked] = heard(polled, PAGE)
    for field in ("external_id", "conversation_id", "reply_to", "author", "text", "created_at", "kind", "direction", "account"):
        assert getattr(told, field) == getattr(asked, field), field
    assert [(a.type, a.id, a.mime) for a in told.attachments] == [(a.type, a.id, a.mime) for a in asked.attachments]


@pytest.mark.parametrize("name", ["poll_feed", "poll_comments", "poll_comments_bare", "poll_conversations"])
def test_with_our_account_named_what_we_said_is_an_echo(name):
    said = [one for one in heard(load(name), PAGE) if one.author]
    assert {one.sort for one in said if one.author.id == PAGE} <= {Sort.ECHO}
    assert {one.sort for one in said if one.author.id != PAGE} == {Sort.MESSAGE}
    assert {one.account for one in said} == {PAGE}


def test_with_our_account_named_a_bare_comment_finds_its_post():
    assert {one.conversation_id for one in heard(load("poll_comments_bare"), PAGE)} == {f"{PAGE}_700000000000010"}


REPLY = {"id": "70_81", "message": "reply", "from": SANNE, "created_time": 2}
TOP = {"id": "70_80", "message": "top", "from": SANNE, "created_time": 1, "comments": {"data": [REPLY]}}
ROOT = {"id": f"{PAGE}_70", "message": "post", "from": SANNE, "created_time": 1, "comments": {"data": [TOP]}}


@pytest.mark.parametrize(
    ("body", "post"),
    [
        (ROOT, f"{PAGE}_70"),
        ({"data": [ROOT]}, f"{PAGE}_70"),
        ({"id": f"{PAGE}_70", "comments": {"data": [TOP]}}, f"{PAGE}_70"),
        ({"data": [TOP]}, "70"),
        (TOP, "70"),
        ({"data": [TOP | {"comments": None}, REPLY | {"parent": {"id": "70_80"}}]}, "70"),
        ({"id": "70_80", "comments": {"data": [REPLY]}}, "70"),
    ],
)
def test_replies_find_their_post_however_they_are_nested(body, post):
    said = {one.text: one for one in heard(body)}
    assert said["reply"].kind is Kind.COMMENT
    assert (said["reply"].conversation_id, said["reply"].reply_to) == (post, "70_80")
    if "top" in said:
        assert (said["top"].conversation_id, said["top"].reply_to, said["top"].kind) == (post, post, Kind.COMMENT)
    if "post" in said:
        assert said["post"].kind is Kind.POST


def test_comments_numbered_after_a_picture_belong_to_the_post_that_shows_it():
    [said] = heard(
        {"id": f"{PAGE}_70", "comments": {"data": [{"id": "99_80", "message": "m", "from": SANNE, "created_time": 1}]}}
    )
    assert (said.conversation_id, said.reply_to) == (f"{PAGE}_70", f"{PAGE}_70")


def test_a_conversation_is_the_person_whoever_speaks():
    said = [one for one in heard(load("poll_conversations"), PAGE) if one.sort is not Sort.IGNORED]
    assert {one.conversation_id for one in said} == {PSID}


def test_a_comment_in_a_review_belongs_to_the_reviews_thread():
    said = heard(load("reviews"))
    assert {one.conversation_id for one in said if "72000000000000" in (one.conversation_id or "")} == {
        "720000000000001",
        "720000000000002",
    }


# --- explaining


def error(code, subcode=0, **more):
    return json.dumps({"error": {"message": "m", "code": code, "error_subcode": subcode, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        *[(400, error(code), Unavailable) for code in (1, 2, 1200)],
        (500, error(9999), Unavailable),
        (400, error(9999, is_transient=True), Unavailable),
        *[(400, error(code), RateLimited) for code in (4, 17, 32, 341, 613, 80001, 80002, 80006)],
        (429, b"", RateLimited),
        (429, error(9999), RateLimited),
        *[(400, error(190, sub), AuthFailed) for sub in (0, 458, 459, 460, 463, 464, 467, 492)],
        *[(403, error(code), AuthFailed) for code in (3, 10, 102, 104, 200, 283, 299, 1705)],
        *[(400, error(10, sub), Rejected) for sub in (2018278, 2018065, 2534022, 2018108, 1893063)],
        *[(400, error(code), Rejected) for code in (100, 368, 551, 10900, 10903, 36000)],
        (400, error(100, 33), Rejected),
        (400, error(200, 1545041), Rejected),
        (400, error(506), Unconfirmed),
        (503, b"<html>", Unavailable),
        (502, b"", Unavailable),
        (200, b'{"data":[', Unavailable),
        (200, b"[]", Unavailable),
        (400, b'{"error":"odd"}', Unavailable),
        (400, b'{"error":{}}', Rejected),
        (400, b'{"error":{"code":"190"}}', AuthFailed),
    ],
)
def test_every_documented_error_says_what_to_do(status, body, kind):
    found = connector.explain(status, {}, body, NOW)
    assert isinstance(found, kind), found


USAGE = json.dumps({PAGE: [{"type": "pages", "estimated_time_to_regain_access": 7}, {"estimated_time_to_regain_access": 42}]})


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, timedelta(hours=1)),
        ({"X-Business-Use-Case-Usage": USAGE}, timedelta(minutes=42)),
        ({"x-business-use-case-usage": USAGE}, timedelta(minutes=42)),
        ({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":0}]}'}, timedelta(hours=1)),
        ({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":999999}]}'}, timedelta(days=1)),
        ({"X-Business-Use-Case-Usage": "{nonsense"}, timedelta(hours=1)),
        ({"X-Business-Use-Case-Usage": '{"1":7,"2":[8]}'}, timedelta(hours=1)),
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        ({"Retry-After": "-5"}, timedelta(hours=1)),
    ],
)
def test_a_limit_ends_when_the_platform_says_so(headers, wait):
    assert connector.explain(400, headers, error(80001), NOW).until == NOW + wait


@pytest.mark.parametrize("code", [190, 100])
def test_no_token_is_repeated(code):
    token = "EAAB" + "x1" * 40
    found = connector.explain(400, {}, error(code, message=f"Malformed access token {token}"), NOW)
    assert token not in str(found)


# --- the webhook


def test_the_handshake_gives_the_challenge_back():
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158"}
    answer = connector.handshake(query, SECRETS)
    assert (answer.status, answer.text) == (200, "1158")


@pytest.mark.parametrize("wrong", [{"hub.verify_token": "guess"}, {"hub.verify_token": ""}, {"hub.mode": "unsubscribe"}])
def test_a_stranger_gets_no_challenge(wrong):
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158"} | wrong
    assert connector.handshake(query, SECRETS).status == 403
    assert connector.handshake(query, {}).status == 403


def test_other_questions_are_no_handshake():
    assert connector.handshake({"page": "1"}, SECRETS) is None


def test_the_signature_is_over_the_bytes_and_not_over_what_they_mean():
    body = raw({"message": "géén 😡 a/b"})
    assert b"\\u00e9" in body
    assert b"a\\/b" in body
    headers = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    assert connector.verify(headers, body, SECRETS)
    assert connector.verify({"x-hub-signature-256": headers["X-Hub-Signature-256"]}, body, SECRETS)
    assert not connector.verify(headers, json.dumps(json.loads(body)).encode(), SECRETS)


@pytest.mark.parametrize("value", ["", "sha256=", "sha256=00", "sha1=abc", "ünicode", "sha256=\udcff"])
def test_a_wrong_signature_is_refused(value):
    assert not connector.verify({"X-Hub-Signature-256": value}, b"{}", SECRETS)


def test_no_signature_and_no_secret_are_refused():
    assert not connector.verify({}, b"{}", SECRETS)
    assert not connector.verify({"X-Hub-Signature-256": sign(b"{}", "")}, b"{}", {"app_secret": ""})
    assert not connector.verify({"X-Hub-Signature-256": sign(b"{}", "")}, b"{}", {})


def test_the_spec_is_whole():
    assert connector.kind == "facebook"
    module, _, name = connector.simulator.partition(":")
    assert getattr(__import__(module, fromlist=[name]), name) is app
    for wrong in ({"page_id": "meerkoet"}, {"version": "26"}, {"window_days": 0}, {"posts_per_poll": 0}):
        with pytest.raises(ValueError):
            Config(**{"page_id": PAGE} | wrong)

"""X: what is read, in every form that it comes in."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x_stage import one, post

from connectors import twitter
from connectors.twitter import connector
from connectors.twitter.fields import id_at, time_of
from connectors.twitter.simulator.world import US
from webcare.domain.message import Direction, Kind
from webcare.normalize_files import hear_file, heard_json
from webcare.ports.connector import Element, Sort
from webcare.services.hearing import hear

FIXTURES = sorted((Path(twitter.__file__).parent / "fixtures").glob("*.json"))

# --- the fixtures


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_a_fixture_is_heard_as_written_beside_it(file):
    expected = [json.loads(line) for line in file.with_suffix(".expected.jsonl").read_text(encoding="utf-8").splitlines()]
    found = [heard_json(heard, "") for heard in hear_file(connector, str(file), None)]
    for line in found:
        del line["file"]
    assert found == expected


def test_there_are_enough_fixtures():
    assert len(FIXTURES) >= 14


def spots(value, path=()):
    """Yield the path of everything in a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one_ in inner:
        yield from spots(one_, (*path, key))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.just({"id": []}),
    st.just("2026-11-20T09:00:00Z"),
).map(copy.deepcopy)  # the drawn lists are written into


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FIXTURES), st.data())
def test_whatever_is_taken_out_or_put_in_is_heard_or_unreadable(file, data):
    """A platform changes its bodies without asking us: `hear` lets ValueErrors only become `unreadable`, and nothing disappears."""
    body = json.loads(file.read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        paths = [path for path in spots(body) if path]
        if not paths:
            break
        *way, last = data.draw(st.sampled_from(paths))
        holder = body
        for key in way:
            holder = holder[key]
        if data.draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = data.draw(JUNK)
    for whole in body if isinstance(body, list) else [body]:
        heard = list(hear(connector, whole, data.draw(st.sampled_from([None, US]))))
        assert heard
        for each in heard:
            assert each.sort is not Sort.UNREADABLE or "ValueError: " in each.reason
            assert each.created_at is None or each.created_at.utcoffset() == timedelta(0)
            assert each.external_id is None or isinstance(each.external_id, str)
            json.dumps(heard_json(each, ""))


def test_every_element_says_at_least_one_thing():
    for file in FIXTURES:
        body = json.loads(file.read_text(encoding="utf-8"))
        for whole in body if isinstance(body, list) else [body]:
            elements = connector.split(whole) if isinstance(whole, dict) else []
            assert len(list(hear(connector, whole, None))) >= len(elements)


# --- reading


def test_our_own_posts_are_echoes_once_we_know_who_we_are():
    file = next(file for file in FIXTURES if file.stem == "own_timeline")
    heard = list(hear_file(connector, str(file), US))
    assert [(h.sort, h.direction, h.kind, h.account) for h in heard] == [
        (Sort.ECHO, Direction.OUTBOUND, Kind.MENTION, US),
        (Sort.ECHO, Direction.OUTBOUND, Kind.POST, US),
    ]
    file = next(file for file in FIXTURES if file.stem == "dm_events")
    assert [h.sort for h in hear_file(connector, str(file), US)] == [Sort.MESSAGE, Sort.ECHO, Sort.MESSAGE, Sort.IGNORED]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, Sort.MESSAGE),
        ({"referenced_tweets": [{"type": "retweeted", "id": "9"}]}, Sort.IGNORED),
        ({"referenced_posts": [{"type": "retweeted", "id": "9"}]}, Sort.IGNORED),
        ({"author_id": US}, Sort.ECHO),
        ({"author_id": US, "referenced_tweets": [{"type": "retweeted", "id": "9"}]}, Sort.IGNORED),
        ({"edit_history_tweet_ids": ["1990800000000000400", "1990800000000000500"]}, Sort.EDIT),
        ({"edit_history_post_ids": ["1990800000000000400", "1990800000000000500"]}, Sort.EDIT),
        ({"edit_history_post_ids": ["1990800000000000500", "1990800000000000600"]}, Sort.MESSAGE),
        ({"author_id": US, "edit_history_tweet_ids": ["5", "1990800000000000500"]}, Sort.EDIT),
        ({"id": "x"}, Sort.UNREADABLE),
        ({"id": "12345678901234567890"}, Sort.UNREADABLE),
        ({"id": 2**60}, Sort.UNREADABLE),
        ({"id": 1.5}, Sort.UNREADABLE),
        ({"id": True}, Sort.UNREADABLE),
        ({"text": None}, Sort.UNREADABLE),
        ({"created_at": "2026-11-20 09:00"}, Sort.UNREADABLE),
        ({"author_id": "٣"}, Sort.UNREADABLE),
    ],
)
def test_what_a_post_is(fields, expected):
    assert one({"data": [post(**fields)]}, US).sort is expected


@pytest.mark.parametrize(
    ("names", "kind", "reply_to"),
    [
        ({"referenced_tweets": [{"type": "replied_to", "id": "7"}]}, "replied_to", "7"),
        ({"referenced_posts": [{"type": "quoted", "id": "7"}]}, "quoted", None),
        ({"referenced_posts": [{"type": "quoted", "id": "7"}, {"type": "replied_to", "id": "8"}]}, "quoted+replied_to", "8"),
        ({"referenced_tweets": []}, "post", None),
    ],
)
def test_replies_and_quotes_under_both_generations_of_names(names, kind, reply_to):
    heard = one({"data": [post(**names)]})
    assert (heard.raw_type, heard.reply_to) == (kind, reply_to)


def test_an_edit_stays_in_the_conversation_that_its_first_version_began():
    heard = one({"data": [post(conversation_id="1990800000000000500", edit_history_tweet_ids=["5", "1990800000000000500"])]})
    assert (heard.sort, heard.target_id, heard.conversation_id) == (Sort.EDIT, "5", "5")


def test_without_a_field_for_time_the_id_tells_it():
    made = datetime(2026, 11, 20, 9, 12, 41, 250000, tzinfo=UTC)
    assert time_of(str(id_at(made))) == made
    assert one({"data": [{"id": str(id_at(made)), "text": "hoi"}]}).created_at == made
    assert one({"data": [{"id": "123", "text": "Hello"}]}).created_at is None


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-20T09:12:41.000Z",
        "2026-11-20T10:12:41+01:00",
        "Fri Nov 20 09:12:41 +0000 2026",
        "Fri Nov 20 04:12:41 -0500 2026",
        "1795165961000",
        1795165961000,
    ],
)
def test_every_way_in_which_x_writes_a_time(said):
    assert one({"data": [post(created_at=said)]}).created_at == datetime(2026, 11, 20, 9, 12, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "me", "kind"),
    [
        ({"entities": {"mentions": [{"username": "klaverenergie", "id": US}]}}, US, Kind.MENTION),
        ({"entities": {"mentions": [{"username": "ander", "id": "5"}]}, "text": "@ander hoi"}, US, Kind.POST),
        ({"in_reply_to_user_id": US, "entities": {}}, US, Kind.MENTION),
        ({"in_reply_to_user_id": "5", "entities": {}}, US, Kind.POST),
        ({"text": "storing bij klaver?"}, US, Kind.POST),
        ({"text": "storing bij @klaverenergie?"}, None, Kind.MENTION),
        ({"text": "storing?", "entities": {"hashtags": []}}, None, Kind.POST),
    ],
)
def test_a_mention_is_what_speaks_to_us(fields, me, kind):
    assert one({"data": [post(**fields)]}, me).kind is kind


def test_the_account_that_a_body_names_wins():
    """One webhook serves several accounts of a brand: a mention of the second by the first is our own post all the same."""
    body = {"data": {"event_type": "post.mention.create", "filter": {"user_id": "55"}, "payload": post(author_id="45102")}}
    assert (one(body, US).account, one(body, US).sort) == ("55", Sort.MESSAGE)
    body["data"]["payload"]["author_id"] = US
    assert one(body, US).sort is Sort.ECHO


@pytest.mark.parametrize(
    "body",
    [
        {"object": "page", "entry": []},
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": []}]},
        {"data": [{"id": "1_2", "message": "hoi", "created_time": "2026-11-20T10:00:00+0000"}], "paging": {"cursors": {}}},
        {"data": [{"id": "178", "text": "hoi", "timestamp": "2026-11-20T10:00:00+0000", "username": "a"}]},
        {"update_id": 1, "message": {"text": "hoi"}},
        {"from": "31600000000", "id": "wamid.A", "text": {"body": "hoi"}},
        {},
    ],
)
def test_a_body_of_another_platform_is_one_line(body):
    heard = one(body)
    assert (heard.sort, heard.reason) == (Sort.IGNORED, "other platform")


@pytest.mark.parametrize(
    ("error", "expected", "target"),
    [
        ({"title": "Not Found Error", "resource_type": "tweet", "resource_id": "7", "parameter": "ids"}, Sort.DELETE, "7"),
        ({"title": "Not Found Error", "resource_type": "post", "value": "7"}, Sort.DELETE, "7"),
        (
            {"type": "https://api.twitter.com/2/problems/resource-not-found", "resource_type": "tweet", "resource_id": "7"},
            Sort.DELETE,
            "7",
        ),
        ({"title": "Not Found Error", "resource_type": "user", "resource_id": "7"}, Sort.IGNORED, None),
        (
            {"title": "Not Found Error", "resource_type": "tweet", "resource_id": "7", "parameter": "referenced_tweets.id"},
            Sort.IGNORED,
            None,
        ),
        ({"title": "Authorization Error", "resource_type": "tweet", "resource_id": "7", "parameter": "ids"}, Sort.IGNORED, None),
    ],
)
def test_only_what_was_looked_up_itself_and_is_missing_was_deleted(error, expected, target):
    heard = one({"errors": [error]})
    assert (heard.sort, heard.target_id) == (expected, target)


def test_a_bad_picture_or_name_beside_a_post_does_not_take_the_post_with_it():
    body = {"data": [post()], "includes": {"users": [{"id": "45102", "name": ["x"]}, 7], "media": {"a": 1}}}
    heard = one(body)
    assert (heard.sort, heard.author.name) == (Sort.MESSAGE, None)


def test_both_generations_give_a_picture_the_same_id():
    new = one({"data": [post(attachments={"media_keys": ["3_1990700000000000031"]})]})
    old = one(
        {
            "for_user_id": US,
            "tweet_create_events": [
                {
                    "id_str": "1990800000000000500",
                    "text": "x",
                    "user": {"id_str": "5"},
                    "extended_entities": {"media": [{"id_str": "1990700000000000031", "type": "photo"}]},
                }
            ],
        }
    )
    assert [(a.type, a.id) for a in new.attachments] == [(a.type, a.id) for a in old.attachments]


def test_reading_does_not_change_what_it_reads():
    body = json.loads(FIXTURES[0].read_text(encoding="utf-8"))
    before = copy.deepcopy(body)
    for whole in body if isinstance(body, list) else [body]:
        list(hear(connector, whole, US))
    assert body == before


def test_an_element_that_is_no_object_is_a_value_error():
    with pytest.raises(ValueError, match="element"):
        connector.read(Element(where="data[0]", value=7, around={"part": "unknown"}), None)

"""X: how a message may be answered, said before anybody types."""

from __future__ import annotations

from dataclasses import replace

import pytest
from x_stage import FIEN, NOW, one, post

from connectors.twitter import connector
from connectors.twitter.config import Config
from connectors.twitter.simulator.world import US
from connectors.twitter.ways import ways
from webcare.domain.message import Author, Direction, Kind, Message
from webcare.ports.connector import Situation, WayKind

CONFIG = Config(user_id=US, handle="klaverenergie")
NAMELESS = Config(user_id=US)
ENTERPRISE = Config(user_id=US, handle="klaverenergie", access="enterprise")
PUBLIC, PRIVATE = WayKind.PUBLIC, WayKind.PRIVATE


def situation(text="hoe lang nog?", kind=Kind.POST, raw_type="post", author=FIEN, conversation="7"):
    message = Message(
        channel=f"twitter:{US}",
        external_id="7",
        conversation_id=conversation,
        direction=Direction.INBOUND,
        kind=kind,
        author=Author(id=author),
        text=text,
        created_at=NOW,
    )
    return Situation(account=US, message=message, raw_type=raw_type, last_inbound_at=NOW)


def shown(found):
    return [(way.kind, way.refused is None, way.note is not None) for way in found]


@pytest.mark.parametrize(
    ("text", "raw_type"),
    [
        ("@klaverenergie hoe lang nog?", "post"),
        ("nou zeg, @KlaverEnergie!", "replied_to"),
        ("(@klaverenergie) help", "quoted+replied_to+replies:following"),
        ("help @klaverenergie", "post.mention.create"),
    ],
)
def test_who_names_us_may_be_answered_for_all_to_see(text, raw_type):
    found = ways(situation(text, Kind.MENTION, raw_type), CONFIG, NOW)
    assert shown(found) == [(PUBLIC, True, False), (PRIVATE, True, True)]


@pytest.mark.parametrize(
    "text",
    [
        "klaverenergie doet het weer niet",
        "mail naar info@klaverenergie.nl",
        "@klaverenergieNL is een ander",
        "zie https://voorbeeld.example/@klaverenergie",
        "x@klaverenergie",
        "",
    ],
)
def test_who_does_not_name_us_is_answered_in_private_and_the_reason_is_said(text):
    found = ways(situation(text), CONFIG, NOW)
    assert shown(found) == [(PRIVATE, True, True), (PUBLIC, False, False)]
    assert "noemt ons account niet" in found[1].refused.nl
    assert "does not mention our account" in found[1].refused.en


@pytest.mark.parametrize("raw_type", ["quoted", "post.quote.create"])
def test_a_quote_of_ours_may_be_answered_and_of_another_s_nobody_knows(raw_type):
    assert shown(ways(situation("zucht", Kind.MENTION, raw_type), CONFIG, NOW))[0] == (PUBLIC, True, False)
    assert shown(ways(situation("zucht", Kind.POST, raw_type), CONFIG, NOW))[0] == (PUBLIC, True, True)
    in_reply = situation("zucht", Kind.MENTION, "quoted+replied_to")  # it speaks to us, and may quote somebody else
    assert shown(ways(in_reply, CONFIG, NOW))[0] == (PUBLIC, True, True)


def test_a_reply_to_us_that_leaves_our_name_out_may_be_refused():
    assert shown(ways(situation("dank", Kind.MENTION, "replied_to"), CONFIG, NOW))[0] == (PUBLIC, True, True)


def test_without_our_name_in_the_config_what_speaks_to_us_is_answered_and_nothing_else():
    assert shown(ways(situation("dank", Kind.MENTION, "replied_to"), NAMELESS, NOW))[0] == (PUBLIC, True, False)
    assert shown(ways(situation("@klaverenergie"), NAMELESS, NOW))[0] == (PRIVATE, True, True)


def test_enterprise_answers_everybody_who_has_not_limited_replies():
    assert shown(ways(situation(), ENTERPRISE, NOW))[0] == (PUBLIC, True, False)
    found = ways(situation(raw_type="post+replies:mentionedUsers"), ENTERPRISE, NOW)
    assert shown(found) == [(PRIVATE, True, True), (PUBLIC, False, False)]
    assert "beperkt" in found[1].refused.nl


@pytest.mark.parametrize("who", ["following", "subscribers", "verified"])
def test_whether_we_are_among_those_who_may_reply_nobody_tells(who):
    """A brand that is verified, or followed by the writer, may answer: that is no reason to close the way."""
    for on, kind, raw_type in ((ENTERPRISE, Kind.POST, "post"), (CONFIG, Kind.MENTION, "quoted")):
        (public, _) = ways(situation("zucht", kind, f"{raw_type}+replies:{who}"), on, NOW)
        assert (public.kind, public.refused) == (PUBLIC, None)
        assert "kan een antwoord weigeren" in public.note.nl


def test_a_direct_message_is_answered_where_it_came():
    assert shown(ways(situation(kind=Kind.DM, conversation=f"{US}-{FIEN}"), CONFIG, NOW)) == [(PRIVATE, True, False)]
    assert shown(ways(situation(kind=Kind.DM, raw_type="chat.received", conversation="1-2"), CONFIG, NOW)) == [
        (PRIVATE, False, False)
    ]
    assert shown(ways(situation(kind=Kind.DM, conversation="e4f4d3fc"), CONFIG, NOW)) == [(PRIVATE, False, False)]


def test_nobody_writes_to_an_author_without_a_number_or_to_ourselves():
    assert [way.kind for way in ways(situation("@klaverenergie", author="unknown"), CONFIG, NOW)] == [PUBLIC]
    assert [way.kind for way in ways(situation("@klaverenergie", author=US), CONFIG, NOW)] == [PUBLIC]


@pytest.mark.parametrize(
    ("fields", "raw_type"),
    [
        ({"reply_settings": "everyone"}, "post"),
        ({"reply_settings": "mentionedUsers"}, "post+replies:mentionedUsers"),
        ({"reply_settings": "following", "referenced_posts": [{"type": "quoted", "id": "7"}]}, "quoted+replies:following"),
        ({"reply_settings": "a b"}, "post"),
        ({"reply_settings": 7}, "post"),
        ({"reply_settings": "x" * 300}, "post+replies:" + "x" * 20),
    ],
)
def test_who_may_reply_is_read_from_the_post(fields, raw_type):
    assert one({"data": [post(**fields)]}, US).raw_type == raw_type


@pytest.mark.parametrize(("names", "beside"), [("referenced_tweets", "tweets"), ("referenced_posts", "posts")])
@pytest.mark.parametrize(("writer", "kind"), [(US, Kind.MENTION), ("5", Kind.POST)])
def test_a_quote_of_ours_is_seen_where_the_quoted_post_comes_along(names, beside, writer, kind):
    quoting = post(text="zucht", entities={}, **{names: [{"type": "quoted", "id": "7"}]})
    body = {"data": [quoting], "includes": {beside: [{"id": "7", "text": "Vanavond onderhoud", "author_id": writer}]}}
    assert one(body, US).kind is kind


def test_premium_writes_longer_posts_and_direct_messages_are_longer_still():
    assert connector.limits_of(CONFIG).length == 280
    assert connector.limits_of(replace(CONFIG, longest=25_000)).length == 25_000
    most, measure = connector.limits.of(private=True)
    assert (most, measure("zie https://voorbeeld.example/een/lang/adres 😀")) == (10_000, 46)
    assert connector.limits.of(private=False) == (280, connector.limits.measure)

"""X: events of the Activity API under older and newer names, and what of them stops or changes something."""

from __future__ import annotations

import pytest
from x_stage import FIEN, one, post

from connectors.twitter.activity import dotted
from connectors.twitter.simulator.world import US
from webcare.domain.message import Direction, Kind
from webcare.ports.connector import Sort


def event(name, payload, account=US, **beside):
    return {
        "data": {
            "event_uuid": "-2781149976877970683",
            "filter": {"user_id": account},
            "event_type": name,
            "payload": payload,
            **beside,
        }
    }


def direct(sender, to):
    said = {"id": "1990800000000000700", "type": "message_create", "created_timestamp": "1795165961000"}
    create = {"sender_id": sender, "target": {"recipient_id": to}, "message_data": {"text": "hoi"}}
    return {"direct_message_events": [{**said, "message_create": create}]}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("PostMentionCreate", "post.mention.create"),
        ("post_mention_create", "post.mention.create"),
        ("Post.Mention.Create", "post.mention.create"),
        ("DMSent", "dm.sent"),
        ("DmReceived", "dm.received"),
        ("ProfileBioUpdate", "profile.update.bio"),
        ("ProfileScreennameUpdate", "profile.update.screenname"),
        ("spaces_start", "spaces.start"),
        ("profile.update.profile_picture", "profile.update.profile_picture"),
        ("", ""),
        ("tweet", "tweet"),
        ("???", "???"),
    ],
)
def test_an_event_is_the_same_under_its_older_name(older, newer):
    assert dotted(older) == newer
    assert dotted(newer) == newer


@pytest.mark.parametrize("name", ["post.mention.create", "PostMentionCreate"])
def test_what_an_event_says_is_to_us_is_to_us(name):
    heard = one(event(name, post(text="hoe lang nog?")))
    assert (heard.sort, heard.kind, heard.raw_type, heard.account) == (Sort.MESSAGE, Kind.MENTION, "post.mention.create", US)


@pytest.mark.parametrize(
    ("name", "sender", "sort", "direction"),
    [
        ("dm.received", FIEN, Sort.MESSAGE, Direction.INBOUND),
        ("DmReceived", FIEN, Sort.MESSAGE, Direction.INBOUND),
        ("dm.sent", US, Sort.ECHO, Direction.OUTBOUND),
        ("DMSent", US, Sort.ECHO, Direction.OUTBOUND),
    ],
)
def test_a_direct_message_of_ours_is_an_echo(name, sender, sort, direction):
    heard = one(event(name, direct(sender, US if sender != US else FIEN)))
    assert (heard.sort, heard.direction, heard.external_id) == (sort, direction, "1990800000000000700")


@pytest.mark.parametrize(("writer", "direction"), [(US, Direction.OUTBOUND), (FIEN, Direction.INBOUND)])
@pytest.mark.parametrize("name", ["post.delete", "PostDelete"])
def test_a_deletion_names_what_is_gone(name, writer, direction):
    heard = one(event(name, {"id": "1990800000000000500", "author_id": writer}))
    assert (heard.sort, heard.target_id, heard.direction) == (Sort.DELETE, "1990800000000000500", direction)


@pytest.mark.parametrize(
    "body",
    [
        event("oauth.revoke", {"user_id": US, "app_id": "13", "date_time": "2026-11-20T09:00:00Z"}),
        {"user_event": {"revoke": {"date_time": "2026-11-20T09:00:00Z", "target": {"app_id": "13"}, "source": {"user_id": US}}}},
    ],
)
def test_a_permission_that_is_taken_back_is_an_event_of_the_account(body):
    heard = one(body)
    assert (heard.sort, heard.account, heard.status, heard.app_id) == (Sort.ACCOUNT, US, "revoked", "13")


def test_an_encrypted_message_that_names_no_conversation_is_in_ours_with_its_sender():
    heard = one(event("chat.received", {"id": "e4f4d3fc", "sender_id": FIEN, "conversation_id": ""}))
    assert (heard.sort, heard.conversation_id, heard.text) == (Sort.MESSAGE, f"{US}-{FIEN}", "")

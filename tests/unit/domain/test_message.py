from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webcare.domain.message import Attachment, Author, Conversation, Direction, Kind, Message

LAWS = settings(deadline=None, derandomize=True, max_examples=100)
MESSAGE = Message(
    channel="twitter:42",
    external_id="1001",
    conversation_id="1000",
    direction=Direction.INBOUND,
    kind=Kind.MENTION,
    author=Author(id="7", name="Anja", handle="anja"),
    text="Waar blijft mijn pakket?",
    created_at=datetime(2026, 11, 20, 10, tzinfo=timezone(timedelta(hours=1))),
)
PHOTO, VIDEO = Attachment(type="image", id="a1", mime="image/jpeg"), Attachment(type="video", id="a2", mime="video/mp4")


def test_a_message_is_in_utc_and_frozen():
    assert MESSAGE.created_at == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert MESSAGE.created_at.tzinfo is UTC
    with pytest.raises(FrozenInstanceError):
        MESSAGE.text = "iets anders"


def test_a_message_without_offset_is_refused():
    with pytest.raises(ValueError, match=r"^message 1001: created_at has no offset$"):
        replace(MESSAGE, created_at=datetime(2026, 11, 20, 10))  # noqa: DTZ001


def test_a_conversation_belongs_to_a_channel():
    assert MESSAGE.conversation == Conversation(channel="twitter:42", id="1000")
    assert replace(MESSAGE, channel="twitter:43").conversation != MESSAGE.conversation


def test_only_a_direct_message_is_private():
    assert [kind for kind in Kind if kind.is_private] == [Kind.DM]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "Waar blijft mijn pakket??"},
        {"text": ""},
        {"attachments": (PHOTO,)},
        {"attachments": (PHOTO, VIDEO)},
        {"attachments": (VIDEO, PHOTO)},
        {"attachments": (replace(PHOTO, id="a9"),)},
    ],
)
def test_another_content_is_an_edit(fields):
    assert replace(MESSAGE, **fields).content_hash != MESSAGE.content_hash


@pytest.mark.parametrize(
    "fields",
    [
        {"author": Author(id="7", name="Anja B.", handle="anja_b")},  # names and handles change hands
        {"created_at": datetime(2026, 11, 21, tzinfo=UTC)},
        {"permalink": "https://example.org/1001"},
        {"reply_to": "999"},
    ],
)
def test_what_a_reader_does_not_see_is_no_edit(fields):
    assert replace(MESSAGE, **fields).content_hash == MESSAGE.content_hash


def test_an_address_that_is_signed_anew_is_no_edit():
    """Platforms sign the address of a picture anew at every look."""
    one, two = (replace(MESSAGE, attachments=(replace(PHOTO, url=f"https://cdn/x?sig={n}"),)) for n in (1, 2))
    assert one.content_hash == two.content_hash


def test_the_hash_never_changes_from_one_version_to_the_next():
    """It stands in databases: another one would make an edit of every message that is read again."""
    assert MESSAGE.content_hash == "8c68c3509059bd7804804dba959b94e7"
    assert replace(MESSAGE, attachments=(PHOTO, VIDEO)).content_hash == "cfd6701c36a7580f803ae71e20f6f79d"


@LAWS
@given(st.text(), st.text())
def test_two_texts_have_one_hash_only_when_they_are_one(one, two):
    first, second = replace(MESSAGE, text=one).content_hash, replace(MESSAGE, text=two).content_hash
    assert (first == second) == (one == two)
    assert len(first) == 32


def test_half_an_emoji_has_a_hash():
    """Platforms cut texts in the middle of a surrogate pair, and JSON lets them."""
    assert len(replace(MESSAGE, text="mooi \ud83d").content_hash) == 32

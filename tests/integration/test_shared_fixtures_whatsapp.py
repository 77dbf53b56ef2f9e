"""Recorded and documented WhatsApp payloads, where they are at hand: none may break reading, none may vanish."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from connectors.whatsapp import connector
from webcare.normalize_files import hear_file, heard_json

FOLDER = Path(__file__).parents[3] / "shared" / "fixtures" / "whatsapp"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file()) if FOLDER.is_dir() else []

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/fixtures is not there")


@pytest.fixture(scope="module")
def heard():
    return {path: list(hear_file(connector, str(path), None)) for path in FILES}


def test_every_file_says_something(heard):
    assert not [str(path) for path, found in heard.items() if not found]
    assert all(heard_json(one, "")["event"] for found in heard.values() for one in found)


def test_little_is_unreadable_and_each_for_a_reason(heard):
    """The few that are: a message from nobody, a time in letters, an order without one."""
    unreadable = [one.reason for found in heard.values() for one in found if one.sort == "unreadable"]
    assert all("ValueError: " in reason for reason in unreadable)
    assert len(unreadable) <= len(heard) // 100


def test_every_message_in_an_envelope_is_heard(heard):
    """Meta's own examples and those of a PHP library are whole webhooks: each has at least one event that is not ignored, or a reason."""
    whole = {path: found for path, found in heard.items() if "webhooks__post" in path.name or "NotificationFactory" in str(path)}
    kinds = Counter(one.sort.value for found in whole.values() for one in found)
    assert kinds["message"] > kinds["ignored"]
    assert kinds["unreadable"] == 0

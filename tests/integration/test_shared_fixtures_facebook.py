"""Payloads that other projects recorded: third-party data beside the repository, read in place and never copied."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from connectors.facebook import connector
from webcare.normalize_files import hear_file, heard_json
from webcare.ports.connector import Sort

FOLDER = Path(__file__).parents[2] / "../shared/fixtures/facebook"
FILES = sorted(FOLDER.rglob("*.json"))

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/fixtures is not there")


def elements(body):
    """Count what a webhook body holds, in the simplest way."""
    parts = ("changes", "messaging", "standby")
    return sum(len(entry.get(part) or []) for entry in body["entry"] for part in parts)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_recorded_payload_is_heard_whole(file):
    said = list(hear_file(connector, str(file), None))
    assert said
    for one in said:
        json.dumps(heard_json(one, file.name))
        if one.sort in (Sort.IGNORED, Sort.UNREADABLE):
            assert one.reason
        if one.sort is Sort.UNREADABLE:
            assert "ValueError: " in one.reason
    body = json.loads(file.read_bytes())
    if isinstance(body, dict) and body.get("object") == "page":
        assert len(said) >= elements(body)
        unreadable = [one.reason for one in said if one.sort is Sort.UNREADABLE]
        assert not unreadable, "every recorded webhook can be read"


def test_most_of_what_was_recorded_is_somebodys_words():
    counts = Counter(one.sort for file in FILES for one in hear_file(connector, str(file), None))
    assert counts[Sort.MESSAGE] >= 100
    assert counts[Sort.UNREADABLE] <= 9, "answers that were asked for without their time"
    assert {Sort.EDIT, Sort.DELETE, Sort.REACTION, Sort.STATUS, Sort.ECHO} <= counts.keys()


def test_a_body_of_another_platform_is_left_to_it():
    """WhatsApp's webhooks come from the same sender, in the same envelope."""
    found = 0
    for file in sorted((FOLDER.parent / "whatsapp").rglob("*.json")):
        try:
            body = json.loads(file.read_bytes())
        except ValueError:
            continue
        if isinstance(body, dict) and body.get("object") == "whatsapp_business_account":
            found += 1
            assert [(one.sort, one.reason) for one in hear_file(connector, str(file), None)] == [(Sort.IGNORED, "other platform")]
    assert found

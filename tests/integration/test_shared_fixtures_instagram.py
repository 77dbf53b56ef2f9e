"""Payloads that other projects recorded: third-party data beside the repository, read in place and never copied.

Meta sends Instagram's webhooks in the envelope of Facebook's and WhatsApp's, so theirs are read here too.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from connectors.instagram import connector
from webcare.domain.message import Kind
from webcare.normalize_files import hear_file, heard_json
from webcare.ports.connector import Sort
from webcare.services.hearing import hear

FOLDER = Path(__file__).parents[2] / "../shared/fixtures"
FILES = sorted(path for name in ("facebook", "whatsapp", "x") for path in (FOLDER / name).rglob("*") if path.is_file())
META = [path for path in FILES if path.suffix == ".json" and "/x/" not in path.as_posix()]

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/fixtures is not there")


def held(file):
    try:
        body = json.loads(file.read_bytes())
    except ValueError:
        return []
    return body if isinstance(body, list) else [body]


def test_every_file_says_something_and_nothing_is_dropped():
    for file in FILES:
        said = list(hear_file(connector, str(file), None))
        assert said, file
        for one in said:
            json.dumps(heard_json(one, file.name))
            assert one.reason or one.sort not in (Sort.IGNORED, Sort.UNREADABLE), file


def test_a_webhook_of_another_platform_is_left_to_it():
    found = Counter()
    for file in META:
        bodies = held(file)
        kinds = {body.get("object") for body in bodies if isinstance(body, dict) and isinstance(body.get("object"), str)}
        if len(bodies) == 1 and kinds and kinds <= {"page", "whatsapp_business_account"}:
            found.update(kinds)
            assert [(one.sort, one.reason) for one in hear_file(connector, str(file), None)] == [(Sort.IGNORED, "other platform")]
    assert found.keys() == {"page", "whatsapp_business_account"}


def test_an_envelope_of_the_same_sender_is_read_under_our_name():
    """Messenger's items are shaped as those of Instagram's direct messages: under our name each is heard, or unreadable for a reason."""
    counts = Counter()
    for file in META:
        for body in held(file):
            if isinstance(body, dict) and body.get("object") == "page" and isinstance(body.get("entry"), list):
                said = list(hear(connector, {**body, "object": "instagram"}, None))
                items = [len(entry.get(part) or []) for entry in body["entry"] for part in ("changes", "messaging", "standby")]
                assert len(said) >= sum(items), file
                assert all("ValueError: " in one.reason for one in said if one.sort is Sort.UNREADABLE), file
                counts.update(one.sort for one in said if one.kind is Kind.DM)
    assert {Sort.MESSAGE, Sort.ECHO, Sort.STATUS} <= counts.keys()

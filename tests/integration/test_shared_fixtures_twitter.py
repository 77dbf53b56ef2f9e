"""Documented and generated X payloads, where they are at hand: none may break reading, none may vanish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.twitter import connector
from webcare.normalize_files import hear_file, heard_json
from webcare.ports.connector import Sort

SHARED = Path(__file__).parents[3] / "shared" / "fixtures"
FILES = sorted(path for path in (SHARED / "x").rglob("*.json") if path.is_file()) if SHARED.is_dir() else []
FOREIGN = sorted(path for kind in ("facebook", "whatsapp") for path in (SHARED / kind).rglob("*.json")) if SHARED.is_dir() else []

pytestmark = pytest.mark.skipif(not FILES, reason="../shared/fixtures is not there")


@pytest.fixture(scope="module")
def heard():
    return {path: list(hear_file(connector, str(path), None)) for path in FILES}


def test_every_file_says_something_that_can_be_written(heard):
    assert not [str(path) for path, found in heard.items() if not found]
    assert all(json.dumps(heard_json(one, "")) for found in heard.values() for one in found)


def test_every_element_says_something(heard):
    """X's own playground keeps exchanges: as many lines as its answers have data and errors, though some answers are empty."""
    for path, found in heard.items():
        whole = json.loads(path.read_text(encoding="utf-8"))
        bodies = [one.get("response", one) for one in (whole if isinstance(whole, list) else [whole])]
        elements = [one.get(key) for one in bodies for key in ("data", "errors")]
        assert len(found) >= sum(len(one) for one in elements if isinstance(one, list)), path


def test_only_hollow_bodies_are_unreadable(heard):
    """One of the documentation's examples is an envelope with an empty payload."""
    unreadable = [(path.name, one.reason) for path, found in heard.items() for one in found if one.sort is Sort.UNREADABLE]
    assert unreadable == [("L00020.json", "data: ValueError: id: missing")]


def test_no_post_of_the_documentation_is_ignored(heard):
    """A whole answer with posts, except retweets, is heard."""
    for path, found in heard.items():
        whole = json.loads(path.read_text(encoding="utf-8"))
        data = whole.get("data") if isinstance(whole, dict) else None
        posts = [one for one in data if isinstance(one, dict) and "text" in one] if isinstance(data, list) else []
        assert sum(one.sort in (Sort.MESSAGE, Sort.EDIT, Sort.ECHO) for one in found) >= len(posts), path


def test_bodies_of_other_platforms_bring_no_messages():
    for path in FOREIGN:
        sorts = {one.sort for one in hear_file(connector, str(path), None)}
        assert sorts <= {Sort.IGNORED, Sort.UNREADABLE}, path

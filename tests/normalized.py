"""What `webcare normalize` may say, whatever it was given: the words of the contract in CLI.md, asked of every line."""

from __future__ import annotations

import json
import re

from webcare.normalize_files import heard_json
from webcare.ports.connector import Sort
from webcare.services.hearing import hear


def lines(heard):
    """The lines that `webcare normalize` writes, without the file's name."""
    return [{name: value for name, value in heard_json(one, "").items() if name != "file"} for one in heard]


def bodies(path):
    held = json.loads(path.read_text(encoding="utf-8"))
    return held if isinstance(held, list) else [held]


KEYS = {
    *("event", "channel_kind", "external_id", "conversation_id", "reply_to", "direction", "kind", "author", "text", "created_at"),
    *("attachments", "permalink", "raw_type"),
}
MAY = {"account", "target_id", "status", "app_id", "reason"}
KINDS = {"post", "comment", "mention", "dm", "review"}
IDS = ("external_id", "conversation_id", "reply_to", "target_id", "account", "app_id")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def check(line, kind):
    """The words of `webcare normalize` in CLI.md, whatever was heard."""
    assert line["channel_kind"] == kind
    assert line["raw_type"] is None or isinstance(line["raw_type"], str)
    if line["event"] in ("ignored", "unreadable"):
        assert isinstance(line["reason"], str)
        assert line["reason"].strip()
        assert set(line) - {"external_id", "excerpt"} == {"event", "channel_kind", "reason", "raw_type"}
        assert ("excerpt" in line) == (line["event"] == "unreadable")
        return
    assert line["event"] in {sort.value for sort in Sort}
    assert set(line) >= KEYS
    assert set(line) <= KEYS | MAY
    assert not [name for name in IDS if line.get(name) is not None and not (isinstance(line[name], str) and line[name])]
    assert line["direction"] in (None, "inbound", "outbound")
    assert line["kind"] is None or line["kind"] in KINDS
    assert line["text"] is None or isinstance(line["text"], str)
    assert line["created_at"] is None or INSTANT.fullmatch(line["created_at"])
    for attachment in line["attachments"]:
        assert set(attachment) == {"type", "id", "mime", "url"}
        assert isinstance(attachment["type"], str)
        assert all(value is None or isinstance(value, str) for value in attachment.values())
    author = line["author"]
    if author is not None:
        assert set(author) == {"id", "name", "handle"}
        assert isinstance(author["id"], str)
        assert author["id"]
        assert all(value is None or isinstance(value, str) for value in author.values())
    check_event(line)


def check_event(line):
    """What each event cannot do without. What the platform did not name is null: a poll that asked for few fields says little."""
    event = line["event"]
    if event in ("message", "echo"):
        assert line["external_id"] is not None
        assert line["kind"] is not None
        assert line["direction"] in (("outbound",) if event == "echo" else ("inbound", "outbound"))
    if event == "message":
        assert line["text"] is not None or line["attachments"], "a message of nothing"
    if event in ("edit", "delete", "reaction"):
        assert line.get("target_id")
    if event == "status":
        assert line.get("status")


def survives(spec, body, me=None):
    found = lines(hear(spec, body, me))
    assert found, "dropped in silence"
    for line in found:
        check(line, spec.kind)
        json.dumps(line).encode()

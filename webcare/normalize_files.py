"""`webcare normalize`: payloads as received -> a line for everything heard. No database, no network, no credentials."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webcare.discovery import connector
from webcare.domain.durations import format_instant
from webcare.domain.message import Direction
from webcare.lines import DONE, REFUSED, CannotStart, write
from webcare.ports.connector import Heard, Sort
from webcare.services.hearing import EXCERPT, hear, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from webcare.ports.connector import Spec

INBOUND_BY_DEFAULT = frozenset({Sort.MESSAGE, Sort.EDIT})


def normalize(name: str, files: Sequence[str], me: str | None) -> int:
    """Write what the files say and return the exit status: 1 when something was unreadable.

    Raises:
        CannotStart: there is no such connector.
    """
    found = connector(name)
    if found.spec is None:
        raise CannotStart(f"{name}: {found.problem}")
    status = DONE
    for file in files or ["-"]:
        for heard in hear_file(found.spec, file, me):
            write(heard_json(heard, file))
            if heard.sort is Sort.UNREADABLE:
                status = REFUSED
    return status


def hear_file(spec: Spec, file: str, me: str | None) -> Iterator[Heard]:
    """Yield everything that a file holds: one JSON document, a list of bodies, or a body a line."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        yield unreadable(spec, f"cannot be read: {error.strerror}", "")
        return
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield unreadable(spec, f"not UTF-8 ({error.reason} at byte {error.start})", repr(raw[:EXCERPT]))
        return
    for body in _bodies(spec, text):
        if isinstance(body, Heard):
            yield body
        else:
            yield from hear(spec, body, me)


def _bodies(spec: Spec, text: str) -> Iterator[Any]:
    """Yield the bodies in a text; what is no JSON comes as `unreadable`."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:  # noqa: PLR2004 - one line that is no JSON is no sequence of them
            yield unreadable(spec, f"not JSON ({error})", text)
            return
        for line in lines:
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as line_error:
                yield unreadable(spec, f"not JSON ({line_error})", line)
        return
    yield from whole if isinstance(whole, list) else [whole]


def heard_json(heard: Heard, file: str) -> dict[str, Any]:
    """Return what was heard in the words of the contract."""
    head: dict[str, Any] = {"file": file, "event": heard.sort.value, "channel_kind": heard.channel_kind}
    if heard.sort in (Sort.IGNORED, Sort.UNREADABLE):
        head["reason"] = heard.reason
        if heard.sort is Sort.UNREADABLE:
            head["excerpt"] = heard.text
        elif heard.external_id is not None:
            head["external_id"] = heard.external_id
        return {**head, "raw_type": heard.raw_type}
    direction = heard.direction or (Direction.INBOUND if heard.sort in INBOUND_BY_DEFAULT else None)
    body = {
        "external_id": heard.external_id,
        "conversation_id": heard.conversation_id,
        "reply_to": heard.reply_to,
        "direction": None if direction is None else direction.value,
        "kind": None if heard.kind is None else heard.kind.value,
        "author": None
        if heard.author is None
        else {"id": heard.author.id, "name": heard.author.name, "handle": heard.author.handle},
        "text": heard.text,
        "created_at": None if heard.created_at is None else format_instant(heard.created_at),
        "attachments": [{"type": a.type, "id": a.id, "mime": a.mime, "url": a.url} for a in heard.attachments],
        "permalink": heard.permalink,
        "raw_type": heard.raw_type,
    }
    more = {
        "account": heard.account,
        "target_id": heard.target_id,
        "status": heard.status,
        "app_id": heard.app_id,
        "reason": heard.reason,
    }
    return {**head, **body, **{name: value for name, value in more.items() if value is not None}}

"""What was heard, as lines: those that `webcare normalize` writes, read back, and payloads among them.

a file of lines          each line is a line of `normalize`, a payload, or a list of payloads
one JSON document        as a platform answered, over as many lines as it likes
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from webcare.domain.durations import parse_instant
from webcare.domain.message import Attachment, Author, Direction, Kind
from webcare.lines import numbered, open_lines
from webcare.ports.connector import Heard, Sort

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

TEXTS = (
    *("account", "external_id", "conversation_id", "reply_to", "target_id", "text", "permalink", "raw_type", "reason"),
    *("app_id", "status"),
)
OF_AUTHOR = ("id", "name", "handle")
OF_ATTACHMENT = ("type", "id", "mime", "url")

E = TypeVar("E", Sort, Direction, Kind)
Entry = tuple[int, Any]  # the number of a line and the JSON that it holds, or the ValueError that says why it holds none


def entries(file: str) -> Iterator[Entry]:
    """Yield what a file holds, with the number of its line; a document that begins on line n is line n.

    Raises:
        CannotStart: it cannot be read.
    """
    with open_lines(file) as stream:
        lines = numbered(stream)
        for number, line in lines:
            held = _read(line)
            if isinstance(held, ValueError) and isinstance(line, str) and line[:1] in ("{", "["):
                yield from _of_document([(number, line), *lines])
                return
            yield from _each(number, held)


def _of_document(lines: list[tuple[int, str | ValueError]]) -> Iterator[Entry]:
    """Yield what stands in one document over several lines; where they are none, each line for itself."""
    whole = _read("\n".join(line for _, line in lines if isinstance(line, str)))
    if not isinstance(whole, ValueError):
        yield from _each(lines[0][0], whole)
        return
    for number, line in lines:
        yield from _each(number, _read(line))


def _each(number: int, held: Any) -> Iterator[Entry]:
    for one in held if isinstance(held, list) else [held]:
        yield number, one


def _read(line: str | ValueError) -> Any:
    if isinstance(line, ValueError):
        return line
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return ValueError(f"line: not JSON ({error})")


# --- a line of `normalize` ---


def is_line(held: Any) -> bool:
    """Tell a line of `normalize` from a payload: no platform speaks of its channel kind."""
    return isinstance(held, dict) and "event" in held and "channel_kind" in held


def read_line(doc: dict[str, Any]) -> Heard:
    """Return what a line says was heard.

    Raises:
        ValueError: a field is not what `normalize` writes; the message names it.
    """
    texts = {name: _text(doc, name) for name in TEXTS}
    at = doc.get("created_at")
    author = _object(doc.get("author"), "author", OF_AUTHOR)
    listed = doc.get("attachments")
    listed = [] if listed is None else listed
    if not isinstance(listed, list):
        raise ValueError("attachments: a list is expected")
    attachments = [_object(one, "attachments", OF_ATTACHMENT) for one in listed]
    if (author is not None and author["id"] is None) or any(one is None or one["type"] is None for one in attachments):
        raise ValueError("author.id or attachments.type: missing")
    return Heard(
        sort=_member(doc, "event", Sort) or Sort.IGNORED,
        channel_kind=_text(doc, "channel_kind") or "",
        direction=_member(doc, "direction", Direction),
        kind=_member(doc, "kind", Kind),
        author=None if author is None else Author(**author),
        created_at=None if at is None else _instant(at),
        attachments=tuple(Attachment(**one) for one in attachments if one is not None),
        **texts,
    )


def _member(doc: dict[str, Any], name: str, names: type[E]) -> E | None:
    value = _text(doc, name)
    if value is None:
        return None
    try:
        return names(value)
    except ValueError:
        raise ValueError(f"{name}: {value[:40]!r} is none of {', '.join(names)}") from None


def _instant(value: object) -> datetime:
    try:
        return parse_instant(value)
    except ValueError as error:
        raise ValueError(f"created_at: {error}") from None


def _text(doc: dict[str, Any], name: str, where: str = "") -> str | None:
    value = doc.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{where}{name}: a text is expected")
    return value


def _object(value: Any, name: str, fields: tuple[str, ...]) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError(f"{name}: an object is expected")
    return {field: _text(value, field, f"{name}.") for field in fields}

"""Files that go with a reply: what may come along, and who keeps them until the platform has them.

    chosen --taken--> kept with the reply --send--> bytes gone, name and size stay
              `-> refused in words, before anything is written

What a file is, its bytes say; what its name says only has to fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from webcare.domain.file_types import ENDINGS, PICTURES, file_type
from webcare.ports.connector import Capability, Upload
from webcare.store import reports
from webcare.store import uploads as kept
from webcare.store.uploads import Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from webcare.ports.connector import Spec
    from webcare.store import Connection

__all__ = ["LARGEST", "MOST", "TYPES", "Chosen", "NotTaken", "Sent", "Why", "are_offered", "of_replies", "send_with", "take"]

MOST = 4
LARGEST = 5 * 1024 * 1024
LONGEST_NAME = 100
TYPES = frozenset({*PICTURES, "application/pdf"})


class Why(StrEnum):
    TOO_MANY = "too_many"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    KIND = "kind"
    NOT_HERE = "not_here"  # the channel takes none
    SAME_WORDS = "same_words"  # they are on their way already, with other files


class NotTaken(ValueError):  # noqa: N818 - it is what happened
    """A file cannot go along; `name` is its own, as far as there is one."""

    def __init__(self, why: Why, name: str = "") -> None:
        super().__init__(why.value)
        self.why = why
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A file as somebody chose it: `read` returns at most so many of its bytes."""

    name: str
    read: Callable[[int], bytes]


def are_offered(spec: Spec | None) -> bool:
    """Tell whether replies of a channel take files."""
    return spec is not None and Capability.UPLOAD in spec.capabilities


def take(chosen: Sequence[Chosen]) -> tuple[Upload, ...]:
    """Look at what somebody chose and return what goes along. No more of a file is read than may be sent.

    Raises:
        NotTaken: there are too many, or one is empty, too large, or of no kind that we send.
    """
    if len(chosen) > MOST:
        raise NotTaken(Why.TOO_MANY)
    return tuple(_taken(one) for one in chosen)


def _taken(one: Chosen) -> Upload:
    name = named(one.name)
    content = one.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise NotTaken(Why.TOO_LARGE, name)
    if not content:
        raise NotTaken(Why.EMPTY, name)
    mime = file_type(content)
    if mime is None or mime not in TYPES:
        raise NotTaken(Why.KIND, name)
    return Upload(name=_with_extension(name, mime), mime=mime, content=content)


def named(name: str) -> str:
    """Return a file's name without its folders, and without what no name needs."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(char for char in last if char.isprintable()).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if len(plain) > LONGEST_NAME and dot and len(ending) < LONGEST_NAME // 2:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return plain[:LONGEST_NAME]


def _with_extension(name: str, mime: str) -> str:
    """Return a name that says what the bytes are: platforms, and who receives it, go by it."""
    ending = ENDINGS[mime]
    known = (f".{ending}", ".jpeg") if ending == "jpg" else (f".{ending}",)
    return name if name.lower().endswith(known) else f"{name or 'file'}.{ending}"


def send_with(conn: Connection, case: int, *, send: Callable[[Connection, int], Any], files: Sequence[Upload]) -> int:
    """Send a reply with its files and return its number. Of a text in parts the first has them.

    `send` queues the reply; where it knew these words already, the files are not kept twice.

    Raises:
        NotTaken: these words are on their way already, with other files.
    """
    before = {int(known["id"]) for known in reports.replies(conn, case)} if files else set()
    queued = send(conn, case)
    number: int = queued[0] if isinstance(queued, list) else queued
    if number not in before:
        kept.keep(conn, number, files)
    elif [one.content for one in kept.to_send(conn, number)] != [one.content for one in files]:
        raise NotTaken(Why.SAME_WORDS)
    return number


def of_replies(conn: Connection, numbers: Sequence[int]) -> dict[int, list[Sent]]:
    """Return what went, or goes, with these replies."""
    return kept.of_replies(conn, numbers)

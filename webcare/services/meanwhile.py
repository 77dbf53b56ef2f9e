"""What others said to the customer while somebody was writing: two people must not both answer because neither saw the other.

A page carries the mark of what was there when it was made. What is newer, and somebody else's, is said before another answer goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.row_number import row_number
from webcare.store import meanwhile as kept

if TYPE_CHECKING:
    from webcare.services.case_file import CaseFile
    from webcare.store import Connection

CAME_TO_NOTHING = frozenset({"refused", "withdrawn", "taken_back"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The last reply from here and the last message that were there, by our numbers."""

    reply: int = 0
    message: int = 0

    def __str__(self) -> str:
        return f"{self.reply}.{self.message}"


def parse_mark(text: str) -> Mark | None:
    """Return the mark that a page brought back; None for what is none."""
    reply, _, message = text.partition(".")
    numbers = row_number(reply), row_number(message)
    return None if numbers[0] is None or numbers[1] is None else Mark(reply=numbers[0], message=numbers[1])


def mark_of(file: CaseFile) -> Mark:
    """Return the mark of what a page shows."""
    return Mark(
        reply=max((one.id for one in file.replies), default=0),
        message=max((one.id for one in file.thread if one.is_ours), default=0),
    )


def meanwhile(conn: Connection, case_id: int, seen: Mark, by: str) -> str | None:
    """Return who else has answered this case since, or is about to; None when nobody has.

    Whoever wrote it in the platform's own app is called as the platform calls them.
    """
    for one in kept.replies(conn, case_id, after=seen.reply, me=by):
        if one.state not in CAME_TO_NOTHING:
            return str(one.by)
    for one in kept.elsewhere(conn, case_id, after=seen.message, me=by):
        return str(one.author_name or one.author_handle or one.author_id)
    return None

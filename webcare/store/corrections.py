"""What people said of messages, beside what the machine had said: what a model learns from.

Of each message the newest word of a person counts. A customer who was erased left no text, so there is nothing to learn from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, cast, or_, select

from webcare.domain.checks import Answer
from webcare.domain.message import Direction
from webcare.domain.sla.events import MACHINE
from webcare.store import messages
from webcare.store.customers import ERASED
from webcare.store.model_tables import check_message
from webcare.store.tables import message, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from webcare.store.messages import Stored

AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A message that a person judged. `machine` is what the machine had said that they saw; `said` is None where they only agreed."""

    what: Stored
    at: datetime
    by: str
    machine: Row[Any] | None
    said: Row[Any] | None
    is_gone: bool  # the words were erased, by request, by retention or by the customer; a photo alone never had any
    is_edited: bool  # the customer changed the words since

    @property
    def order(self) -> tuple[datetime, int]:
        return self.at, self.what.id


_OF_PEOPLE = (
    select(verdict)
    .join(message, message.c.id == verdict.c.message)
    .where(verdict.c.by != MACHINE, message.c.direction == Direction.INBOUND.value)
    .order_by(verdict.c.id)
)
_AGREED = select(check_message.c.message, check_message.c.at, check_message.c.by).where(
    check_message.c.answer == Answer.RIGHTLY.value
)
_GONE = or_(
    message.c.deleted_at.is_not(None),
    message.c.author_id.startswith(ERASED, autoescape=True),
    and_(message.c.text == "", cast(message.c.attachments, String) == "[]"),
)


def spoken(conn: Connection) -> list[Spoken]:
    """Return every message that a person judged, the oldest word first."""
    words: dict[int, Row[Any]] = {row.message: row for row in conn.execute(_OF_PEOPLE)}  # the newest of each
    agreed = {row.message: row for row in conn.execute(_AGREED) if row.message not in words}
    found: list[Spoken] = []
    for some in _parts(sorted({*words, *agreed})):
        machine, gone = _machines(conn, some, words, agreed), _gone(conn, some)
        for number in some:
            word, edited_at = words.get(number), gone[number][1]
            row = agreed[number] if word is None else word
            found.append(
                Spoken(
                    what=messages.get(conn, number),
                    at=row.at,
                    by=row.by,
                    machine=machine[number],
                    said=word,
                    is_gone=gone[number][0],
                    is_edited=edited_at is not None and edited_at > row.at,
                )
            )
    return sorted(found, key=lambda one: one.order)


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]


def _machines(
    conn: Connection, numbers: Sequence[int], words: Mapping[int, Row[Any]], agreed: Mapping[int, Row[Any, Any, Any]]
) -> dict[int, Row[Any] | None]:
    told: dict[int, dict[int, Row[Any]]] = {number: {} for number in numbers}
    for row in conn.execute(select(verdict).where(verdict.c.message.in_(numbers)).order_by(verdict.c.id)):
        told[row.message][row.id] = row
    return {number: _seen(told[number], words.get(number), agreed.get(number)) for number in numbers}


def _seen(told: Mapping[int, Row[Any]], word: Row[Any] | None, agreed: Row[Any, Any, Any] | None) -> Row[Any] | None:
    """Return what the machine had said that was in force when people first spoke: their verdicts hold what they left of it.

    For who only agreed, and where it was not kept which one that was, it is what the machine had said last by then.
    """
    if word is not None:
        while (was := told.get(word.was)) is not None and was.by != MACHINE:
            word = was
        if was is not None:
            return was
    theirs = [row for row in told.values() if row.by == MACHINE]
    if word is not None:
        theirs = [row for row in theirs if row.id < word.id]
    elif agreed is not None:
        theirs = [row for row in theirs if row.at <= agreed.at]
    return theirs[-1] if theirs else None


def _gone(conn: Connection, numbers: Sequence[int]) -> dict[int, tuple[bool, datetime | None]]:
    query = select(message.c.id, _GONE.label("gone"), message.c.edited_at)
    return {row.id: (bool(row.gone), row.edited_at) for row in conn.execute(query.where(message.c.id.in_(numbers)))}

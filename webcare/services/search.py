"""Search: what was said, by whom, in which case. Words are folded; the last one may be unfinished.

    message kept --> the database notes its number --> index(), each second --> found

Whoever collects pays next to nothing for it. A text that changes or goes leaves the index in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webcare.domain.case import CaseState
from webcare.domain.folding import wanted
from webcare.domain.message import Direction, Kind
from webcare.domain.row_number import row_number
from webcare.store import search

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.store import Connection
    from webcare.store.door import Store

PAGE = 25
DEEP = 1000  # how many of the newest messages with these words are looked through
BATCH = 200  # messages whose words are written in one transaction: some 20 ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A case, or a message outside of any, by the newest message that has the words; `by_number` when the case itself was named."""

    case: int | None
    message: int
    channel: str
    kind: Kind
    customer_name: str | None
    direction: Direction
    line: str
    at: datetime
    state: CaseState | None
    by_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`more` says that there is more than was asked for, or looked through."""

    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Cases that have the words; `is_cut` says that older messages with them were not looked through."""

    cases: frozenset[int]
    is_cut: bool


# --- finding ---


def find(conn: Connection, text: str, *, limit: int = PAGE) -> Found:
    """Return what has all the words of a text, the newest first, each case once; nothing for a text without a word.

    A number, with or without `#`, is also the number of a case. Nothing that is typed is an operator, and nothing raises.
    """
    numbers = search.matching(conn, wanted(text), DEEP)
    known = search.hits(conn, numbers)
    named = _named(conn, text)
    found = {} if named is None else {named.case: named}
    for number in numbers:
        if number in known:
            hit = _hit(known[number])
            found.setdefault(hit.case if hit.case is not None else -hit.message, hit)
    return Found(hits=tuple(found.values())[:limit], more=len(found) > limit or len(numbers) == DEEP)


def cases_with(conn: Connection, text: str, state: str) -> Cases:
    """Return the cases in this state that have all the words of a text, among the newest messages that do."""
    numbers = search.matching(conn, wanted(text), DEEP)
    named = _named(conn, text)
    state = CaseState.CLOSED.value if state == CaseState.CLOSED.value else CaseState.OPEN.value
    found = search.cases_of(conn, numbers, state) | ({named.case} if named is not None and named.case else set())
    return Cases(cases=frozenset(found), is_cut=len(numbers) == DEEP)


def _named(conn: Connection, text: str) -> Hit | None:
    number = row_number(text.strip().removeprefix("#"))
    row = None if number is None else search.numbered(conn, number)
    return None if row is None else _hit(row, by_number=True)


def _hit(row: Any, *, by_number: bool = False) -> Hit:
    return Hit(
        case=row.case,
        message=row.id,
        channel=row.channel,
        kind=Kind(row.kind),
        customer_name=row.customer_name if row.case is not None else row.author_name or row.author_handle,
        direction=Direction(row.direction),
        line=row.text,
        at=row.created_at,
        state=None if row.state is None else CaseState(row.state),
        by_number=by_number,
    )


# --- keeping ---


async def index(store: Store, limit: int = BATCH) -> int:
    """Write the words of messages that are new or changed, and return how many; one read when there are none."""
    if not await store.read(search.any_due):
        return 0
    return await store.write(search.index, limit)


async def tidy(store: Store) -> int:
    """Take deleted words out of the index, in pieces between which others write, and return how many pieces."""
    pieces = 0
    while await store.write(search.tidy):
        pieces += 1
    return pieces

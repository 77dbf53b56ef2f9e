"""Community answers: open cases in which another customer seems to have answered, looked at once a minute; it stops no clock.

A person says what it is worth: "good enough" notes the help and closes the case, "no" is remembered, and the case stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from webcare.domain import community
from webcare.domain.case import ImpossibleMove, Refusal
from webcare.services import desk, tagging
from webcare.store import cases, messages
from webcare.store import community as kept

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.domain.community import Because, Helped
    from webcare.ports.clock import Clock
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.door import Store

LONGEST: Final = 500  # messages of a conversation
HELPED: Final = "community"  # why a case was closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What another customer wrote, and how certain it is, per cent, that it answers the case."""

    message: int
    name: str
    at: datetime
    text: str
    certainty: int
    because: Because


async def look(store: Store, clock: Clock) -> int:
    """Look at every open case beside which somebody replied to the asker, and return for how many that changed something."""
    changed = 0
    now = clock.now()
    for case in await store.read(kept.open_cases):
        found, is_news = await store.read(_found, case, now)
        if is_news:
            await store.write(kept.keep, case, found, now)
            changed += 1
    return changed


def _found(conn: Connection, case_id: int, now: datetime) -> tuple[Helped | None, bool]:
    """Return who helped in a case, and whether that is another answer than the one that is kept."""
    row = cases.get(conn, case_id)
    if row is None:
        return None, False
    known = kept.of_case(conn, case_id)
    refused = {one.helped.message for one in known if one.refused_by is not None}
    found = community.helped(row.customer_id, kept.thread(conn, case_id, LONGEST), now, refused=refused)
    held = [one.helped for one in known if one.refused_by is None]
    return found, held != ([] if found is None else [found])


def answered(conn: Connection, row: CaseRow) -> Answered | None:
    """Return who seems to have answered a case, None where nobody does."""
    found = next((one.helped for one in kept.of_case(conn, row.id) if one.refused_by is None), None)
    if found is None:
        return None
    said = messages.get(conn, found.message)
    if said.is_deleted:
        return None
    author = said.message.author
    return Answered(
        message=found.message,
        name=author.name or author.handle or author.id,
        at=said.message.created_at,
        text=said.message.text,
        certainty=found.certainty,
        because=found.because,
    )


def good_enough(conn: Connection, case_id: int, *, by: str, message: int, rules: Rules, now: datetime) -> CaseRow:
    """Note that another customer's message answered the case, and close it.

    Raises:
        ImpossibleMove: the case is closed, or the message is none of another customer here.
    """
    tagging.helped(conn, case_id, by=by, message=message, rules=rules, now=now)
    return desk.close(conn, case_id, by=by, rules=rules, now=now, why=HELPED)


def refuse(conn: Connection, case_id: int, *, by: str, message: int, rules: Rules, now: datetime) -> CaseRow:  # noqa: ARG001 - as every act
    """Note that it is no answer: nobody is told of this message again.

    Raises:
        ImpossibleMove: it was not taken for one.
    """
    row = desk.known(conn, case_id)
    if not kept.refuse(conn, case_id, message, by=by, now=now):
        raise ImpossibleMove("it was not taken for an answer", Refusal.NO_SUCH_MESSAGE)
    return row

"""Writing an answer: whoever sends has the case, and a double click sends once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webcare.domain.case import CaseState, ImpossibleMove, Refusal
from webcare.ports.connector import WayKind
from webcare.services import answer, desk, ways
from webcare.services.meanwhile import meanwhile
from webcare.store import cases, reports

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.ports.connector import Way
    from webcare.services.meanwhile import Mark
    from webcare.services.settle import Rules
    from webcare.services.ways import Going
    from webcare.store import Connection

ON_ITS_WAY = frozenset({"queued", "sending"})


def signed(text: str, signature: str | None) -> str:
    """Return what is sent: the text with its writer's signature, unless they wrote that themselves."""
    text = text.strip()
    if not signature or not text or text.endswith(signature):
        return text
    return f"{text} {signature}"


def send(
    conn: Connection,
    case_id: int,
    *,
    text: str,
    by: str,
    rules: Rules,
    now: datetime,
    seen: Mark | None = None,
    going: Going | None = None,
) -> int:
    """Queue an answer and return its number; a case that nobody has is its writer's from now on.

    The same words of the same person that are still on their way are not sent twice. `seen` is what the writer had before them,
    `going` how the answer is to go: without it, as the message came.

    Raises:
        ImpossibleMove: the case cannot be answered now, or not in this way, or there is no text, or somebody else has answered since
            (`who`).
    """
    known, way = _ready(conn, case_id, [text], by=by, seen=seen, going=going, now=now)
    if known is not None:
        return known
    _claimed(conn, case_id, by, rules, now)
    return answer.write(conn, case_id, text=text, by=by, now=now, way=way, template=None if going is None else going.template)


def send_parts(
    conn: Connection,
    case_id: int,
    *,
    texts: Sequence[str],
    by: str,
    rules: Rules,
    now: datetime,
    going: Going,
    seen: Mark | None = None,
) -> list[int]:
    """Queue the parts of one text, each to leave when the one before it was accepted, and return their numbers.

    Raises:
        ImpossibleMove: as `send`, or there is only one answer here.
    """
    known, way = _ready(conn, case_id, texts, by=by, seen=seen, going=going, now=now)
    if known is not None:
        return [known]
    every = ways.of_number(conn, case_id, going.account, now)
    if not going.account.limits.in_parts or not every.takes_parts(every.way(going.way).kind):
        raise ImpossibleMove("only one answer can be sent here", Refusal.NO_PARTS)
    _claimed(conn, case_id, by, rules, now)
    found: list[int] = []
    for text in texts:
        found.append(answer.write(conn, case_id, text=text, by=by, now=now, way=way, after=found[-1] if found else None))
    return found


def _ready(
    conn: Connection, case_id: int, texts: Sequence[str], *, by: str, seen: Mark | None, going: Going | None, now: datetime
) -> tuple[int | None, Way | None]:
    """Return the same answer where it is on its way already, and the way that one may go; None for as the message came.

    Of a text in parts the first may have arrived when somebody clicks again: each of them tells.
    """
    if not all(text.strip() for text in texts):
        raise ImpossibleMove("an empty reply cannot be sent", Refusal.NOTHING_SAID)
    if cases.get(conn, case_id) is None:
        raise ImpossibleMove(f"there is no case {case_id}", Refusal.NO_CASE)
    cases.lock(conn, case_id)
    for known in reports.replies(conn, case_id):
        if known["state"] in ON_ITS_WAY and known["by"] == by and known["text"] in texts:
            return int(known["id"]), None
    other = None if seen is None else meanwhile(conn, case_id, seen, by)
    if other is not None:
        raise ImpossibleMove("somebody else has answered meanwhile", Refusal.ANSWERED, who=other)
    if going is None:
        return None, None
    every = ways.of_number(conn, case_id, going.account, now)
    way = every.way(going.way if going.template is None else WayKind.TEMPLATE)
    return None, way if every.is_told else None


def _claimed(conn: Connection, case_id: int, by: str, rules: Rules, now: datetime) -> None:
    row = cases.lock(conn, case_id)
    if row.state is CaseState.OPEN and row.claimed_by is None:
        desk.claim(conn, case_id, by=by, rules=rules, now=now)

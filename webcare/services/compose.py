"""Writing an answer: whoever sends has the case, and a double click sends once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webcare.domain.case import CaseState, ImpossibleMove, Refusal
from webcare.services import answer, desk
from webcare.services.meanwhile import meanwhile
from webcare.store import cases, reports

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.services.meanwhile import Mark
    from webcare.services.settle import Rules
    from webcare.store import Connection

ON_ITS_WAY = frozenset({"queued", "sending"})


def signed(text: str, signature: str | None) -> str:
    """Return what is sent: the text with its writer's signature, unless they wrote that themselves."""
    text = text.strip()
    if not signature or not text or text.endswith(signature):
        return text
    return f"{text} {signature}"


def send(conn: Connection, case_id: int, *, text: str, by: str, rules: Rules, now: datetime, seen: Mark | None = None) -> int:
    """Queue an answer and return its number; a case that nobody has is its writer's from now on.

    The same words of the same person that are still on their way are not sent twice. `seen` is what the writer had before them.

    Raises:
        ImpossibleMove: the case cannot be answered now, or there is no text, or somebody else has answered since (`who`).
    """
    if not text.strip():
        raise ImpossibleMove("an empty reply cannot be sent", Refusal.NOTHING_SAID)
    if cases.get(conn, case_id) is None:
        raise ImpossibleMove(f"there is no case {case_id}", Refusal.NO_CASE)
    row = cases.lock(conn, case_id)
    for known in reports.replies(conn, case_id):
        if known["state"] in ON_ITS_WAY and (known["by"], known["text"]) == (by, text):
            return int(known["id"])
    other = None if seen is None else meanwhile(conn, case_id, seen, by)
    if other is not None:
        raise ImpossibleMove("somebody else has answered meanwhile", Refusal.ANSWERED, who=other)
    if row.state is CaseState.OPEN and row.claimed_by is None:
        desk.claim(conn, case_id, by=by, rules=rules, now=now)
    return answer.write(conn, case_id, text=text, by=by, now=now)

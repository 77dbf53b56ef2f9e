"""What is done with several cases at once: each in a transaction of its own, by the same acts as in the case itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.sla.events import EventType
from webcare.domain.sla.timeline import Ending
from webcare.services import correct, desk
from webcare.services.correct import Correction
from webcare.services.settle import read
from webcare.store import cases

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.services.settle import Rules
    from webcare.store import Connection

MOST = 200  # cases of one press


def no_answer_needed(conn: Connection, case_id: int, *, by: str, rules: Rules, now: datetime) -> None:
    """Say that nothing that this customer waits on needs an answer; without anything else in hand the case closes.

    Raises:
        ImpossibleMove: it is closed, or there is no message of the customer in it.
    """
    row = desk.known(conn, case_id)
    if row.state.value == "closed":
        raise ImpossibleMove("the case is closed", Refusal.CLOSED)
    log = cases.log(conn, case_id)
    line = read(row, log, rules, now).timeline
    waiting = {need.ref for wait in (*line.first, *line.nexts) if wait.ending is Ending.OPEN for need in wait.needs}
    messages = [one.message for one in log if one.event.type is EventType.INBOUND and one.event.ref in waiting]
    for message in dict.fromkeys(messages) or [None]:
        correct.correct(conn, case_id, Correction(needs_response=False), by=by, rules=rules, now=now, message=message)

"""A person's verdict on a message: what the machine saw wrong is put right, and the clocks follow.

The verdict is kept beside the machine's, in the person's name. Only a change of the need moves clocks (SLA.md 17): "needs no answer" drops
the wait from this instant, "needs an answer" counts from when the customer wrote. A machine never undoes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.case import CaseState, FoundBy, ImpossibleMove, Refusal
from webcare.domain.message import Direction
from webcare.domain.sla.events import MACHINE, Event, EventType
from webcare.domain.sla.timeline import Ending
from webcare.domain.verdict import Intent, Sentiment, Urgency, Verdict
from webcare.services.desk import forbid_second, known, open_needs
from webcare.services.find import Opening, case_at, cases_of, open_case
from webcare.services.settle import read, record
from webcare.store import cases, messages
from webcare.store import desk as kept
from webcare.store.cases import LogLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.messages import Stored

PERSON = "person"  # as the name of a model: no machine said so


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person says of a message; None leaves it as it was."""

    needs_response: bool | None = None
    intents: tuple[Intent, ...] | None = None
    sentiment: Sentiment | None = None


def correct(
    conn: Connection, case_id: int, said: Correction, *, by: str, rules: Rules, now: datetime, message: int | None = None
) -> CaseRow:
    """Put right what the machine made of a message of this case, by default the customer's newest; the case is no longer to be checked.

    A case in which then nobody waits and nothing is promised closes; a closed one in which somebody does opens again.

    Raises:
        ImpossibleMove: the message is not a customer's in this case, or the customer has a newer open case.
    """
    row = known(conn, case_id)
    what = _message(conn, row, message)
    number = messages.keep_verdict(conn, what.id, _verdict(conn, what, said), now=now, by=by)
    messages.judged(conn, what.id, verdict=number, case=row.id)
    log = cases.log(conn, row.id)
    lines = _lines(conn, row, log, what, said.needs_response, by, now)
    record(conn, row, lines, rules, now, unsure=False) if lines else cases.settled(conn, row.id)
    return cases.lock(conn, row.id)

"""Verdicts in force, and what they make of a case: its labels, which the filters of the queue read.

A case shows the labels of the customer's newest message that needs an answer, or of the newest. They stand in one column, parted by
spaces, that both indexes of the queue hold: a filter reads those, and no case that it leaves out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, bindparam, select, update

from webcare.domain.message import Direction
from webcare.store.tables import case, message, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

NOISE = "noise"  # none of the intents

_JUDGED = (
    update(message).where(message.c.id == bindparam("number")).values(verdict=bindparam("verdict_id"), case=bindparam("into"))
)
_SHOWN = (
    select(verdict.c.language, verdict.c.sentiment, verdict.c.intents)
    .join(message, message.c.verdict == verdict.c.id)
    .where(message.c.case == bindparam("number", type_=BigInteger), message.c.direction == Direction.INBOUND.value)
    .order_by(verdict.c.needs_response.desc(), message.c.created_at.desc(), message.c.id.desc())
    .limit(1)
)
_LABEL = update(case).where(case.c.id == bindparam("number")).values(labels=bindparam("said"))


def judged(conn: Connection, message_id: int, *, verdict: int, case: int | None) -> None:
    """Note which verdict on a message is in force, and which case it is in; the case shows it."""
    conn.execute(_JUDGED, {"number": message_id, "verdict_id": verdict, "into": case})
    if case is None:
        return
    shown = conn.execute(_SHOWN, {"number": case}).first()
    if shown is not None:
        conn.execute(_LABEL, {"number": case, "said": written(shown.language, shown.sentiment, shown.intents)})


def written(language: str, sentiment: str, intents: Sequence[Any]) -> str:
    """Return labels as their column holds them."""
    return f" {' '.join([language, sentiment, *(intents or [NOISE])])} "

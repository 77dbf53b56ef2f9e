"""One customer, one conversation, one need.

    opened -> claimed -> answered -> closed -> reopened ...

A case is its log; this module says which events the log may take next and refuses impossible moves. What the clocks make of it is
`sla`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from webcare.domain.sla.events import EventType


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class FoundBy(StrEnum):
    CLASSIFIER = "classifier"
    AGENT = "agent"  # a person answered what the classifier had passed over


class ImpossibleMove(ValueError):  # noqa: N818 - it is what happened, and its message is what the person reads
    """The case cannot take this event now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a case stands before the next event."""

    state: CaseState
    claimed_by: str | None = None


PERSONS_ACTS = frozenset(
    {
        EventType.ACK,
        EventType.CLAIM,
        EventType.UNCLAIM,
        EventType.CLOSE,
        EventType.REOPEN,
        EventType.STATE,
        EventType.NOTE,
        EventType.PROMISE,
        EventType.VERDICT,
        EventType.ANSWER,
    }
)


def check_move(standing: Standing, act: EventType, by: str) -> None:
    """Accept what a person may do to a case now.

    Raises:
        ImpossibleMove: with the reason in words.
    """
    if act not in PERSONS_ACTS:
        raise ImpossibleMove(f"{act.value} is not something that a person does")
    is_closed = standing.state is CaseState.CLOSED
    if act is EventType.REOPEN and not is_closed:
        raise ImpossibleMove("the case is open already")
    if is_closed and act in (EventType.CLOSE, EventType.CLAIM, EventType.ACK, EventType.STATE, EventType.PROMISE):
        raise ImpossibleMove("the case is closed: reopen it first")
    if act is EventType.CLAIM and standing.claimed_by not in (None, by):
        raise ImpossibleMove(f"{standing.claimed_by} has the case: ask for it to be handed over")
    if act is EventType.UNCLAIM and standing.claimed_by != by:
        raise ImpossibleMove("only the person who has the case can give it back")

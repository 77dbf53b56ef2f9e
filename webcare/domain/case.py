"""One customer, one conversation, one need.

    opened -> claimed -> answered -> closed -> reopened ...

A case is its log; this module says which events the log may take next and refuses impossible moves. What the clocks make of it is
`sla`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from webcare.domain.sla.events import EventType

if TYPE_CHECKING:
    from collections.abc import Mapping


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class FoundBy(StrEnum):
    CLASSIFIER = "classifier"
    AGENT = "agent"  # a person answered what the classifier had passed over


class Refusal(StrEnum):
    """Why a move is refused; the pages have a sentence for each in the language of the reader."""

    NO_CASE = "no_case"
    NOT_A_PERSONS = "not_a_persons"
    OPEN_ALREADY = "open_already"
    CLOSED = "closed"
    TAKEN = "taken"  # `who` has it
    NOT_YOURS = "not_yours"
    NEWER_CASE = "newer_case"  # the customer has another open case in this conversation
    NO_SUCH_PERSON = "no_such_person"
    NO_SUCH_MESSAGE = "no_such_message"
    IN_A_CASE = "in_a_case"
    NOT_SNOOZED = "not_snoozed"
    NOT_AHEAD = "not_ahead"  # the time does not lie ahead
    TOO_FAR = "too_far"
    NO_TIME = "no_time"  # what was given is no day and time
    NOT_THEN = "not_then"  # an answer cannot have been given then
    NOT_OPEN = "not_open"  # no hour that counts lies between now and then
    NOT_BY_YOU = "not_by_you"  # `who` did it, and alone takes it back
    ANSWERED = "answered"  # `who` has answered since the page was made
    NOTHING_SAID = "nothing_said"
    BLOCKED_ALREADY = "blocked_already"  # `who` did
    NOT_BLOCKED = "not_blocked"
    TOO_MANY_NAMES = "too_many_names"  # for one customer
    TOO_MANY_TAGS = "too_many_tags"
    TOO_LONG = "too_long"  # a name
    PASSED_ON = "passed_on"  # to `who`, before
    NOT_TOLD = "not_told"  # nobody told this person of the case
    UNREACHABLE = "unreachable"  # `who` would not hear of it now, or nobody would
    NO_WAY = "no_way"  # this message cannot be answered like that
    WAY_CLOSED = "way_closed"  # the platform would refuse it: `said` is why
    NO_PARTS = "no_parts"  # there would be only one answer


class ImpossibleMove(ValueError):  # noqa: N818 - it is what happened, and its message is what the person reads
    """The case cannot take this event now. `who` is the person who was first, where there is one.

    `said` is a sentence for people by language, where one comes with it.
    """

    def __init__(self, words: str, why: Refusal, who: str | None = None, said: Mapping[str, str] | None = None) -> None:
        super().__init__(words)
        self.why = why
        self.who = who
        self.said = said or {}


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
        raise ImpossibleMove(f"{act.value} is not something that a person does", Refusal.NOT_A_PERSONS)
    is_closed = standing.state is CaseState.CLOSED
    if act is EventType.REOPEN and not is_closed:
        raise ImpossibleMove("the case is open already", Refusal.OPEN_ALREADY)
    if is_closed and act in (EventType.CLOSE, EventType.CLAIM, EventType.ACK, EventType.STATE, EventType.PROMISE):
        raise ImpossibleMove("the case is closed: reopen it first", Refusal.CLOSED)
    has_it = standing.claimed_by
    if act is EventType.CLAIM and has_it not in (None, by):
        raise ImpossibleMove(f"{has_it} has the case: ask for it to be handed over", Refusal.TAKEN, who=has_it)
    if act is EventType.UNCLAIM and has_it != by:
        raise ImpossibleMove("only the person who has the case can give it back", Refusal.NOT_YOURS, who=has_it)

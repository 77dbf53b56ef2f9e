"""The log of a case in the words of the promise: what happened, and when by the platform's time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class EventType(StrEnum):
    INBOUND = "inbound"  # the customer wrote
    ANSWER = "answer"  # a person of ours answered, and the platform accepted it
    WITHDRAWN = "withdrawn"  # that answer failed after all
    PROMISE = "promise"  # "we find out and come back to you"
    COMMUNITY_ANSWER = "community_answer"  # another customer answered
    NOTE = "note"
    BOT = "bot"
    STATE = "state"  # pending, snoozed, open: what pauses is the policy's business
    CLOSE = "close"
    REOPEN = "reopen"
    EDIT = "edit"
    DELETE = "delete"
    VERDICT = "verdict"  # somebody, or a machine, says whether a message needs an answer
    ACK = "ack"
    CLAIM = "claim"
    UNCLAIM = "unclaim"
    RULES = "policy"  # other rules hold from here on: `Era` says which ones held until then
    TAG = "tag"  # a tag of the case came or went
    GROUP = "customer_group"  # the customer came into a group, or left it


POLICY = "policy"  # `by` of a close that follows from the policy's close_after
PERSON, MACHINE = "person", "machine"
OF_THE_HOUSE = frozenset(
    {EventType.RULES, EventType.TAG, EventType.GROUP}
)  # lines of our own log; `webcare sla evaluate` has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the log. `ref` names a message or an answer; `by` a person, `machine` or `policy`."""

    at: datetime
    type: EventType
    ref: str | None = None
    needs_response: bool = True
    to: str | None = None
    within: timedelta | None = None
    by: str | None = None

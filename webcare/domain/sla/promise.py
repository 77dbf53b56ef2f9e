"""THE PAGE: what we promise a customer.

    the customer writes ----------------------------------------------- 24 h ---- the answer is due
                        |            |                |         |        |
                       0 %          50 %             75 %      90 %     100 %
                               inbox highlight   alert the    page the   breach: recorded,
                                                 on-call      next       the lead is told

A policy says how long each of five clocks may take; `None` or zero means that there is no such clock. Platform times decide, not
the moment at which we found out. An answer at exactly the due instant is in time. Only a person's answer that the platform
accepted stops a response clock: notes, bots, receipts and likes do not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from webcare.domain.calendar import ELAPSED
from webcare.domain.durations import format_duration

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.domain.calendar import WorkingTime


class Clock(StrEnum):
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    KEEP_IN_LOOP = "keep_in_loop"
    REPLY_WINDOW = "reply_window"


STARTS = {
    Clock.FIRST_RESPONSE: "the first message of the case that needs a response",
    Clock.NEXT_RESPONSE: "the first unanswered message of the customer after our last answer",
    Clock.RESOLUTION: "the case opens",
    Clock.KEEP_IN_LOOP: "our answer that promised more",
    Clock.REPLY_WINDOW: "the customer's last message",
}
STOPS = {
    Clock.FIRST_RESPONSE: "our first answer",
    Clock.NEXT_RESPONSE: "our answer",
    Clock.RESOLUTION: "the case closes",
    Clock.KEEP_IN_LOOP: "our next message to the customer",
    Clock.REPLY_WINDOW: "nothing of ours: the platform closes it",
}
CAPPED = (Clock.FIRST_RESPONSE, Clock.NEXT_RESPONSE, Clock.KEEP_IN_LOOP)  # no answer can leave after the reply window


class State(StrEnum):
    RUNNING = "running"
    MET = "met"
    MISSED = "missed"  # overdue: from the first instant after due
    DROPPED = "dropped"  # ended without an answer before it was due: closed, deleted, "needs no answer"
    CLOSED = "closed"  # a reply window that ended when nothing was owed
    NONE = "none"  # no such clock, or not begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ladder, taken at a share of the target or when so much of it is left.

    Raises:
        ValueError: both or neither given, or a negative one.
    """

    step: str
    share: float | None = None
    left: timedelta | None = None

    def __post_init__(self) -> None:
        if (self.share is None) == (self.left is None):
            raise ValueError(f"rung {self.step!r} needs a share or a time left, not both")
        if (self.share is not None and self.share < 0) or (self.left is not None and self.left < timedelta(0)):
            raise ValueError(f"rung {self.step!r} is negative")

    @property
    def is_breach(self) -> bool:
        """The rung at the due instant itself, whatever it is called."""
        return self.share == 1 or self.left == timedelta(0)

    @property
    def key(self) -> str:
        """What a decision is known by: `page@0.9`, `page@PT1H`."""
        return f"{self.step}@{self.share:g}" if self.share is not None else f"{self.step}@{format_left(self.left)}"


def format_left(left: timedelta | None) -> str:
    """Return a whole number of hours as PT1H, anything else in seconds."""
    hours, rest = divmod(left or timedelta(0), timedelta(hours=1))
    return f"PT{hours}H" if hours and not rest else format_duration(left or timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyWindow:
    """How long after the customer's last message the platform lets us reply; `margin` is what we keep as reserve."""

    length: timedelta
    margin: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One set of targets. `calendar` is working time or real seconds, `staffed` moves rungs to when somebody sits at the inbox."""

    first_response: timedelta | None = None
    next_response: timedelta | None = None
    resolution: timedelta | None = None
    keep_in_loop: timedelta | None = None
    calendar: WorkingTime = field(default=ELAPSED, repr=False)
    staffed: WorkingTime | None = field(default=None, repr=False)
    early: timedelta = timedelta(hours=1)
    ladder: tuple[Rung, ...] = ()
    pause_states: frozenset[str] = frozenset()
    pause_hides_unanswered: bool = False
    reopen_within: timedelta | None = None
    close_after: timedelta | None = None
    community_relax: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """The policy that held until an instant; what was over by then, or overdue, stays as it made it (SLA.md 9)."""

    until: datetime
    policy: Policy


DAY = timedelta(hours=24)
LADDER = (
    Rung(step="inbox", share=0.5),
    Rung(step="alert", share=0.75),
    Rung(step="page", share=0.9),
    Rung(step="page", left=timedelta(hours=1)),  # ships with targets over four hours
    Rung(step="breach", share=1.0),
)
SHIPPED = Policy(
    first_response=DAY,
    next_response=DAY,
    ladder=LADDER,
    pause_states=frozenset({"pending", "snoozed"}),
    reopen_within=timedelta(days=7),
    close_after=timedelta(days=3),
)

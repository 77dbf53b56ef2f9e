"""Why a promise was missed, from what the log and the outbox say: one reason, the first that would have been enough.

    the customer wrote ---- we knew of it ---- somebody was told ---- somebody took it ---- it was answered ---- it was due
                       found late         nobody told     not acknowledged      taken      our answer failed

Nobody is blamed: a reason says where the chain broke, never who. What nobody noted is not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Reason(StrEnum):
    PASSED_OVER = "passed over by the classifier"
    FOUND_LATE = "found late"
    ANSWER_FAILED = "our answer did not arrive"
    NOBODY_TOLD = "nobody was alerted"
    TAKEN = "taken, and not answered in time"
    NOT_ACKNOWLEDGED = "alert not acknowledged"


class Later(StrEnum):
    """Why a letter that was sent is not right any more."""

    IN_TIME = "it was in time after all"
    NOT_COUNTED = "it does not count any more"
    FOUND = "it was found later"
    WITHDRAWN = "our answer did not arrive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """`at` is when it was found, when our answer failed, when somebody took it, or when the alert went out.

    `trouble_since` is of what was found late while its channel was in trouble.
    """

    reason: Reason
    at: datetime | None = None
    trouble_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a wait that was missed. All but the first two may not have happened.

    `known_at` is when we first knew that an answer was needed, `told_at` when the first alert left that named this deadline,
    `taken_at` when somebody acknowledged or took the case, `failed_at` when an answer was written or accepted that did not arrive.
    """

    started_at: datetime
    due_at: datetime
    found_by_agent: bool = False
    known_at: datetime | None = None
    told_at: datetime | None = None
    taken_at: datetime | None = None
    failed_at: datetime | None = None
    trouble_since: datetime | None = None


def why_missed(found: Evidence) -> Why:
    """Return where the chain broke. Found late is what half of the time had gone by for, or more."""
    if found.found_by_agent:
        return Why(reason=Reason.PASSED_OVER)
    if found.known_at is not None and found.known_at - found.started_at >= (found.due_at - found.started_at) / 2:
        return Why(reason=Reason.FOUND_LATE, at=found.known_at, trouble_since=found.trouble_since)
    if found.failed_at is not None:
        return Why(reason=Reason.ANSWER_FAILED, at=found.failed_at)
    if found.taken_at is not None:
        return Why(reason=Reason.TAKEN, at=found.taken_at)
    if found.told_at is None:
        return Why(reason=Reason.NOBODY_TOLD)
    return Why(reason=Reason.NOT_ACKNOWLEDGED, at=found.told_at)

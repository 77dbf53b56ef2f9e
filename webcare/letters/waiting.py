"""What stands in an alert, read from the JSON-ready content of a delivery: one entry a case, the most urgent first.

Several rungs may have come due at one sweep, so a case may occur several times in the content. It is told once: by the deadline that
runs out first, and per deadline by the highest rung. What an older version did not yet write is left out, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from webcare.domain.durations import parse_instant
from webcare.domain.message import Kind
from webcare.domain.sla.promise import Clock
from webcare.domain.verdict import Urgency

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

_HEIGHT = {"inbox": 1, "alert": 2, "page": 3, "breach": 4}
_UNKNOWN_STEP = 2
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One clock of a case and how far it has come; `ended_at` is set when an answer came late and the clock stands."""

    clock: str
    deadline: datetime
    height: int
    ended_at: datetime | None

    @property
    def is_window(self) -> bool:
        """The platform closes it; that is no breach."""
        return self.clock == Clock.REPLY_WINDOW.value

    def left(self, now: datetime) -> timedelta:
        """Return what is left, negative when it is late."""
        return self.deadline - (self.ended_at or now)

    def is_over(self, now: datetime) -> bool:
        """Tell whether the deadline has come; at the instant itself the watch says that it has."""
        return self.left(now) <= _ZERO

    def is_late(self, now: datetime) -> bool:
        """Tell whether a promise is broken."""
        return not self.is_window and self.is_over(now)

    def severity(self, now: datetime) -> int:
        """Return 1 to 4, as the queue colours it: 4 is late and nothing else is."""
        return 4 if self.is_late(now) else max(1, min(self.height, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    name: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A case. `told` is None where the content does not say, and empty where nobody else knows."""

    id: int
    channel: str
    kind: str | None
    is_urgent: bool
    is_unsure: bool
    waits: tuple[Wait, ...]
    customer: str | None
    line: str | None
    told: tuple[Told, ...] | None
    why_you: Mapping[str, Any]

    @property
    def is_private(self) -> bool:
        """Only the customer and we can read it; a kind that we do not know might be."""
        return self.kind not in {k.value for k in Kind if not k.is_private}


def waiting(content: Mapping[str, Any]) -> list[Waiting]:
    """Return the cases of a delivery: high urgency first, then by what runs out first."""
    by_case: dict[int, list[Mapping[str, Any]]] = {}
    for facts in content.get("cases", ()):
        by_case.setdefault(int(facts["case"]), []).append(facts)
    cases = [_case(number, facts) for number, facts in by_case.items()]
    return sorted(cases, key=lambda c: (not c.is_urgent, c.waits[0].deadline, c.id))


def _case(number: int, facts: list[Mapping[str, Any]]) -> Waiting:
    last = facts[-1]
    told = [t for f in facts if (t := _told(f.get("told"))) is not None]
    return Waiting(
        id=number,
        channel=str(last.get("channel", "")),
        kind=last.get("kind"),
        is_urgent=any(f.get("urgency") == Urgency.HIGH.value for f in facts),
        is_unsure=any(bool(f.get("unsure")) for f in facts),
        waits=_waits(facts),
        customer=last.get("customer"),
        line=last.get("line"),
        told=tuple(dict.fromkeys(t for each in told for t in each)) if told else None,
        why_you=next((f["why_you"] for f in reversed(facts) if f.get("why_you")), {}),
    )


def _waits(facts: Iterable[Mapping[str, Any]]) -> tuple[Wait, ...]:
    highest: dict[tuple[str, str], Wait] = {}
    for f in facts:
        wait = Wait(
            clock=str(f.get("clock", "")),
            deadline=parse_instant(f["deadline"]),
            height=_HEIGHT.get(f.get("step", ""), _UNKNOWN_STEP),
            ended_at=parse_instant(f["ended_at"]) if f.get("ended_at") else None,
        )
        key = (wait.clock, f["deadline"])
        if key not in highest or highest[key].height < wait.height:
            highest[key] = wait
    return tuple(sorted(highest.values(), key=lambda w: (w.deadline, w.clock)))


def _told(people: Iterable[Mapping[str, Any]] | None) -> tuple[Told, ...] | None:
    if people is None:
        return None
    return tuple(Told(name=str(p["name"]), at=parse_instant(p["at"]) if p.get("at") else None) for p in people)

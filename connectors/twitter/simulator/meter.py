"""What this X charges: a resource once a UTC day, a deed each time. Prices: https://docs.x.com/x-api/getting-started/pricing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import datetime

THOUSANDTHS: Final = {  # of a dollar
    "post": 5,
    "own": 1,  # mentions and posts of the account that the app belongs to
    "message": 10,
    "post_create": 15,
    "post_create_with_link": 200,
    "summoned_reply": 10,
    "message_create": 15,
}


@dataclass(kw_only=True, slots=True)
class Meter:
    """The bill. `cap` is how many resources a plan reads, `credit` how many thousandths of a dollar there are to spend."""

    read: dict[tuple[str, str], str] = field(default_factory=dict)  # (UTC day, resource): as what
    done: Counter[tuple[str, str]] = field(default_factory=Counter)  # (UTC day, deed)
    cap: int | None = None
    credit: int | None = None

    def charge(self, now: datetime, kind: str, resource: str) -> None:
        """Charge a resource, unless it was charged today; the dearer price stands."""
        key = (now.date().isoformat(), resource)
        if THOUSANDTHS[kind] > THOUSANDTHS.get(self.read.get(key, ""), 0):
            self.read[key] = kind

    def charge_deed(self, now: datetime, kind: str) -> None:
        self.done[now.date().isoformat(), kind] += 1

    def thousandths(self) -> int:
        reads = sum(THOUSANDTHS[kind] for kind in self.read.values())
        return reads + sum(THOUSANDTHS[kind] * count for (_, kind), count in self.done.items())

    @property
    def is_capped(self) -> bool:
        return self.cap is not None and len(self.read) >= self.cap

    @property
    def is_unpaid(self) -> bool:
        return self.credit is not None and self.thousandths() >= self.credit

    def shown(self) -> dict[str, Any]:
        """Return the bill by day."""
        days: dict[str, Counter[str]] = {}
        for (day, _), kind in self.read.items():
            days.setdefault(day, Counter())[kind] += 1
        for (day, kind), count in self.done.items():
            days.setdefault(day, Counter())[kind] += count
        return {"resources": len(self.read), "thousandths": self.thousandths(), "days": days}

"""How fast a number may send: so many messages a second in all, and one to each customer every six seconds, with a reserve.

https://developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput
Where the phone app is in use on the same number (coexistence) the first is 20 a second instead of 80.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

PAIR = timedelta(seconds=6)
TOO_FAST, TOO_FAST_TO_ONE = 130429, 131056


@dataclass(slots=True, kw_only=True)
class Limits:
    """What was sent lately. `reserve` is how many messages one customer may get at once before the six seconds count."""

    throughput: int = 80
    reserve: int = 45
    second: int = 0
    in_it: int = 0
    spent: dict[str, tuple[float, datetime]] = field(default_factory=dict)

    def refusal(self, customer: str, now: datetime) -> int | None:
        """Return the code of the limit that is hit, None when there is room; then the message counts."""
        second = int(now.timestamp())
        in_it = self.in_it if second == self.second else 0
        if in_it >= self.throughput:
            return TOO_FAST
        spent, at = self.spent.get(customer, (0.0, now))
        spent = max(0.0, spent - max(now - at, timedelta(0)) / PAIR)
        if spent + 1 > self.reserve:
            return TOO_FAST_TO_ONE
        self.second, self.in_it = second, in_it + 1
        self.spent[customer] = (spent + 1, now)
        return None

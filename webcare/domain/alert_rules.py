"""How alerts behave: how long they are gathered, how often they are repeated, how long whoever took a case has it to themselves.

The defaults are those of the house; the settings ([alerts]) may name others. Everything is a span of the world's time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from webcare.domain.rota import LevelName

NONE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRules:
    """`repeat` holds for every level but the first, which has `repeat_alert`.

    What becomes due for a person within `bundle` of their last message goes into the next one; with an urgent case in it after
    `bundle_urgent` already. Within `throttle_within` a person gets `throttle` messages at most, unless a promise is broken. A case that
    calms down and flares up again within `settle` is held back for as long as `unrest`.
    """

    bundle: timedelta = timedelta(seconds=60)
    bundle_urgent: timedelta = timedelta(seconds=20)
    throttle: int = 6
    throttle_within: timedelta = timedelta(minutes=10)
    settle: timedelta = timedelta(minutes=15)
    unrest: timedelta = timedelta(minutes=5)
    repeat: timedelta = timedelta(minutes=5)
    repeat_alert: timedelta = timedelta(minutes=15)
    hold_share: float = 0.25
    hold_least: timedelta = timedelta(minutes=5)
    hold_most: timedelta = timedelta(minutes=60)
    claim_idle: timedelta = timedelta(hours=2)
    all_clear: bool = True  # whoever was told hears when it is over

    def repeat_of(self, level: LevelName) -> timedelta:
        """Return after how long silence counts as not heard."""
        return self.repeat_alert if level is LevelName.ONCALL else self.repeat

    def hold(self, left: timedelta) -> timedelta:
        """Return how long whoever took a case has it to themselves, with so much time left to the deadline."""
        return min(max(left * self.hold_share, self.hold_least), self.hold_most)


SHIPPED = AlertRules()
AT_ONCE = AlertRules(  # what is due leaves: for replay
    bundle=NONE, bundle_urgent=NONE, throttle=1_000_000_000, settle=NONE, unrest=NONE, all_clear=False
)

"""When an alert may leave: at once to somebody who heard nothing just now, else with what else comes up for them.

    due -> quiet hours of that person? -> join their open bundle -> too many already? -> leave
           held until they end            a minute after their        until there is room again;
           (urgent passes)                last message                a broken promise is never held by this

What was due before the quiet hours began still leaves, also when its bundle does so a few seconds into them: nobody else was told instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from webcare.domain.durations import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webcare.domain.alert_rules import AlertRules

OPEN = "open"  # the bundle that leaves as soon as it may
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    """What of a case decides when its alert may leave. `unsettled`: it had calmed down just before, and flares up again."""

    urgent: bool = False
    breach: bool = False
    unsettled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """When a message leaves, and by which name others find it to join it."""

    at: datetime
    bundle: str


def leave(
    now: datetime,
    pressing: Pressing,
    rules: AlertRules,
    *,
    recent: Iterable[datetime] = (),
    quiet_until: datetime | None = None,
    held_until: datetime | None = None,
) -> Leave:
    """Say when a person may be told. `recent` are the instants at which messages left for them, in any order."""
    holds = [
        held_until,
        None if pressing.urgent else quiet_until,
        _next_beat(now + rules.unrest, rules.bundle) if _is_unrest(pressing, rules) else None,
    ]
    until = max((at for at in holds if at is not None), default=now)
    if until > now:
        return Leave(at=until, bundle=f"until {format_instant(until)}")
    return Leave(at=_room(now, pressing, rules, sorted((at for at in recent if at <= now), reverse=True)), bundle=OPEN)


def _is_unrest(pressing: Pressing, rules: AlertRules) -> bool:
    return pressing.unsettled and not (pressing.urgent or pressing.breach) and rules.unrest > _ZERO


def _room(now: datetime, pressing: Pressing, rules: AlertRules, past: list[datetime]) -> datetime:
    """Return when the open bundle leaves, as far as this case is concerned; `past` has the newest first."""
    gap = min(rules.bundle_urgent, rules.bundle) if pressing.urgent else rules.bundle
    at = max(now, past[0] + gap) if past else now
    is_spent = len(past) >= rules.throttle and not pressing.breach
    return max(at, past[rules.throttle - 1] + rules.throttle_within) if is_spent else at


def _next_beat(at: datetime, every: timedelta) -> datetime:
    """Return the first beat from there on: what is held for some time is gathered by its end."""
    return at if every <= _ZERO else at + (_EPOCH - at) % every

"""Until when something can be put off: the same choices wherever it is asked, in the reader's own days and hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from webcare.domain.durations import format_instant, parse_duration, parse_instant
from webcare.domain.walltime import instant_of
from webcare.services import desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webcare.web.say import Say

MORNING, NOON, EVENING = time(9), time(12), time(19)
HOUR: Final = timedelta(hours=1)
_WEEK: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A button that names a time; what it sends is a span, or the instant that it shows: pressed after midnight it means the same."""

    name: str
    value: str
    at: datetime


def snoozes(say: Say) -> Iterator[Preset]:
    """Yield until when a case may sleep."""
    yield Preset(name="hour", value="PT1H", at=say.now + HOUR)
    evening, to_monday = on_day(say, EVENING, 0), _WEEK - say.today.weekday()
    if evening > say.now + HOUR:
        yield fixed("evening", evening)
    yield fixed("tomorrow", on_day(say, MORNING))
    if to_monday > 1:
        yield fixed("monday", on_day(say, MORNING, to_monday))


def fixed(name: str, at: datetime) -> Preset:
    return Preset(name=name, value=format_instant(at), at=at)


def on_day(say: Say, at: time, days: int = 1) -> datetime:
    """Return the instant of a time of day, so many days from today."""
    return instant_of(say.today + timedelta(days=days), at, say.zone)


def sent(value: str) -> tuple[timedelta | None, datetime | None]:
    """Return the span or the instant that a button sent.

    Raises:
        ValueError: neither.
    """
    if value.startswith("P"):
        return min(parse_duration(value), 2 * desk.FARTHEST), None
    return None, parse_instant(value)

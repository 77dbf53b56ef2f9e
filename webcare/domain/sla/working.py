"""Working time less what does not count for a case: its pauses and the time in which it was closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.calendar import Span
from webcare.domain.durations import ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, timedelta

    from webcare.domain.calendar import WorkingTime


@dataclass(slots=True, kw_only=True)
class Exclusion:
    """Time that does not count, half-open; without an end it still goes on."""

    start: datetime
    why: str
    end: datetime | None = None


def until(excluded: Iterable[Exclusion], at: datetime) -> list[Exclusion]:
    """Return the exclusions as they would be if they ended at `at`: what happens later does not touch a clock that has stopped."""
    return [Exclusion(start=x.start, why=x.why, end=min(x.end or at, at)) for x in excluded if x.start < at]


def counted(calendar: WorkingTime, start: datetime, end: datetime, excluded: Sequence[Exclusion]) -> timedelta:
    """Return the time in [start, end) that counts."""
    total, at = ZERO, start
    for gap in excluded:
        if gap.start >= end:
            break
        if gap.start > at:
            total += calendar.between(at, gap.start)
        at = end if gap.end is None else max(at, gap.end)
    return total + calendar.between(at, end)


def instant_of(calendar: WorkingTime, start: datetime, span: timedelta, excluded: Sequence[Exclusion]) -> datetime | None:
    """Return the first instant by which `span` has counted since `start`; None when an exclusion goes on before it is reached.

    A span used up exactly when an exclusion begins ends there, as one used up at closing time does: the instant decides.
    """
    at, left = start, span
    for gap in excluded:
        if gap.end is not None and gap.end <= at:
            continue
        if gap.start >= at:
            reached = calendar.add(at, left)
            if reached <= gap.start:
                return reached
            left -= calendar.between(at, gap.start)
        if gap.end is None:
            return None
        at = max(at, gap.end)
    return calendar.add(at, left)


def spans(calendar: WorkingTime, start: datetime, end: datetime, excluded: Sequence[Exclusion]) -> Iterator[Span]:
    """Yield contiguous spans over [start, end) with what counted and why not."""
    at = start
    for gap in excluded:
        if gap.start >= end or at >= end:
            break
        if gap.end is not None and gap.end <= at:
            continue
        if gap.start > at:
            yield from calendar.spans(at, gap.start)
            at = gap.start
        stop = end if gap.end is None else min(gap.end, end)
        yield Span(start=at, end=stop, counted=False, why=gap.why)
        at = stop
    yield from calendar.spans(at, end)

"""The 50th and the 90th percentile of durations: what half and what nine in ten waited."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta


def median_p90(durations: Iterable[timedelta]) -> tuple[timedelta | None, timedelta | None]:
    """Return the 50th and 90th percentile by linear interpolation between closest ranks, the ends included (Hyndman and Fan 7).

    Computed in whole microseconds, so that the same durations give the same result whatever their order.
    """
    ordered = sorted(durations)
    return (_at_tenth(ordered, 5), _at_tenth(ordered, 9)) if ordered else (None, None)


def _at_tenth(ordered: Sequence[timedelta], tenths: int) -> timedelta:
    below, rest = divmod((len(ordered) - 1) * tenths, 10)
    return ordered[below] + (ordered[below + 1] - ordered[below]) * rest / 10 if rest else ordered[below]

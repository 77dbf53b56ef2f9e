"""The clocks of a peak, told apart: how its cases went, and how the day went without them.

A day with a peak has two stories, and the share of the whole tells neither. Beside the numbers of the day, which count everybody, stand
those of each peak and those of everybody else; a case of two peaks counts in both, and in the rest not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from webcare.domain.digest import PeakNumbers, first_response_numbers

if TYPE_CHECKING:
    from webcare.domain.digest import Digest, Facts


def with_peaks(digest: Digest, facts: Facts) -> Digest:
    """Return a digest with its peaks told apart: those that ran on the day, and those of which cases were decided on it."""
    start, end = digest.period.starts_at, digest.period.ends_at
    decided = [one for one in facts.clocks if one.decided_at is not None and start <= one.decided_at < end]
    found, theirs = [], set[str]()
    for peak in facts.peaks:
        numbers = first_response_numbers(one for one in decided if one.case in peak.cases)
        ran = peak.started_at < end and (peak.ended_at is None or peak.ended_at > start)
        if ran or numbers.count:
            theirs |= peak.cases
            found.append(PeakNumbers(name=peak.name, started_at=peak.started_at, ended_at=peak.ended_at, first_response=numbers))
    if not found:
        return digest
    found.sort(key=lambda one: (one.started_at, one.name))
    rest = first_response_numbers(one for one in decided if one.case not in theirs)
    return replace(digest, peaks=tuple(found), without_peaks=rest)

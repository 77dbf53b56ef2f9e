"""The risk of a case in words: a sentence, and the figures that it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from webcare.domain.case import CaseState
from webcare.domain.risk import LOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from webcare.domain.risk import Estimate
    from webcare.services.case_file import CaseFile
    from webcare.services.queue import QueueRow
    from webcare.web.say import Say

_HOUR: Final = timedelta(hours=1)
_SURE, _LIKELY = 100, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """`why` are sentences; none where nothing is estimated."""

    verdict: str
    is_likely: bool = False
    why: tuple[str, ...] = ()


def waits(file: CaseFile) -> bool:
    """Tell whether there is anything to estimate: somebody waits, and it is not too late yet."""
    due = file.found.next_due
    return file.row.state is CaseState.OPEN and due is not None and due.at > file.found.now


def told(found: Estimate | None, say: Say) -> Told:
    words = say.words.risk
    if found is None:
        return Told(verdict=words.too_little)
    return Told(verdict=_verdict(found, say), is_likely=found.is_likely, why=tuple(_why(found, say)))


def _verdict(found: Estimate, say: Say) -> str:
    words = say.words.risk
    if found.is_likely:
        phrase = words.likely_today if say.day_of(found.due_at) == say.today else words.likely
        return phrase.format(moment=say.moment(found.due_at), percent=found.percent)
    return words.chance_low if found.percent < LOW else words.chance.format(percent=found.percent)


def _why(found: Estimate, say: Say) -> Iterator[str]:
    words, pace = say.words.risk, found.pace
    yield say.count(words.ahead, found.ahead) if found.ahead else words.none_ahead
    if found.in_hand:
        yield say.count(words.in_hand, found.in_hand)
    yield say.count(words.today, pace.answers, span=say.span(pace.hours * _HOUR))
    if pace.days:
        usual = {"pace": say.decimal(pace.usual), "days": len(pace.days), "weeks": len(pace.days)}
        phrase = words.weekday if pace.is_weekday else words.days
        yield phrase.format(day=say.weekday(pace.days[-1]), **usual)
    yield words.pace.format(pace=say.decimal(pace.an_hour))
    yield words.left.format(span=say.span(found.left), moment=say.moment(found.due_at))
    if found.expected_at is not None:
        yield words.turn.format(moment=say.moment(found.expected_at))
    yield words.limits


# --- a row of the queue ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What stands in the column; `is_up` where it deserves a look."""

    text: str
    is_up: bool = False


def cell(row: QueueRow, say: Say) -> Cell:
    words = say.words.risk
    if row.risk is None or row.due_at is None:
        return Cell(text="")
    if row.due_at <= say.now:
        return Cell(text=words.missed)
    if row.risk < LOW:
        return Cell(text=words.low)
    return Cell(text=words.percent.format(n=row.risk), is_up=row.risk >= _LIKELY)


def part_of(row: QueueRow) -> str:
    """Return the heading that a row stands under where risk is the order."""
    if row.due_at is None:
        return "none"
    if row.risk is None:
        return "unknown"
    if row.risk >= _SURE:
        return "late"
    return "likely" if row.risk >= _LIKELY else "maybe" if row.risk >= LOW else "low"

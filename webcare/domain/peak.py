"""When is it too busy? Three times as many customers as usual at this hour of this weekday: something is the matter, and it has one cause.

Counted are the cases that customers wrote in, not messages: somebody who asks four times is one customer who waits, and what needs no
answer is no work. The last sixty minutes stand against the same sixty minutes of the last four weeks, as clocks there showed them:

    four weeks ago    --[before][the same hour][after]--      three counts a week, so that a rush of one week that began early
    ...                                                       does not become the usual
    last week         --[before][the same hour][after]--      usual: the median of all of them
    now               ----------[ this hour   ]now            too busy: three times that, and never fewer than `LEAST`

Calm again is half of what was too busy, for an hour. In between nothing changes, so that a peak on the edge does not come and go.
A house younger than two weeks has no usual yet.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from webcare.domain.folding import fold
from webcare.domain.folding import words as words_of
from webcare.domain.verdict import Urgency
from webcare.domain.walltime import first_shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

WEEKS = 4
TIMES = 3
LEAST = 15  # cases in an hour: fewer are no peak, however quiet it is otherwise
HISTORY = timedelta(days=14)
HOUR = timedelta(hours=1)
CALM = timedelta(hours=1)  # how long it must be quieter before it is over
SUMMARY = timedelta(minutes=30)  # between two summaries to the same level

Span = tuple["datetime", "datetime"]


# --- is it a peak? ---


def usual_hours(now: datetime, zone: ZoneInfo, first: datetime | None) -> list[Span]:
    """Return the hours that tell what is usual, as far back as the house goes; `first` is when a customer first wrote.

    A stretch that the clocks skipped is left out; before there are two weeks there is none.
    """
    if first is None or now - first < HISTORY:
        return []
    wall = now.astimezone(zone).replace(tzinfo=None)
    walls = [wall - timedelta(weeks=week) + n * HOUR for week in range(1, WEEKS + 1) for n in (-1, 0, 1)]
    found = [(first_shown(end - HOUR, zone), first_shown(end, zone)) for end in walls]
    return [(start, end) for start, end in found if first <= start < end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inflow:
    """In how many cases customers wrote in the last hour, and how many that usually are; None: nobody knows yet."""

    count: int
    usual: float | None

    @property
    def bar(self) -> float | None:
        """How many are too many."""
        return None if self.usual is None else max(float(LEAST), TIMES * self.usual)

    @property
    def is_peak(self) -> bool:
        return self.bar is not None and self.count >= self.bar

    @property
    def is_calm(self) -> bool:
        return self.count < (LEAST if self.bar is None else self.bar) / 2


def usual(counts: Sequence[int]) -> float | None:
    """Return what is usual, from the counts of the hours that tell."""
    return float(median(counts)) if counts else None


def calm_since(inflow: Inflow, since: datetime | None, now: datetime) -> datetime | None:
    """Return since when it has been calm, None while it is not; `since` is what was known a minute ago."""
    return (since or now) if inflow.is_calm else None


def is_over(since: datetime | None, now: datetime) -> bool:
    """Tell whether it has been calm for long enough."""
    return since is not None and now - since >= CALM


# --- which cases belong to it ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Cases of these channels in which the customer wrote a word that begins like one of these; empty: of all, about anything."""

    channels: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()

    def fits(self, channel: str, text: str) -> bool:
        if self.channels and channel not in self.channels:
            return False
        return not self.words or any(word.startswith(self.words) for word in words_of(text))


def words_wanted(text: str) -> tuple[str, ...]:
    """Read the words that somebody typed; a single letter would begin half of all words."""
    return tuple(word for word in words_of(text) if len(word) > 1)


def mutes(urgency: Urgency) -> bool:
    """Tell whether a case of a running peak is told of in the summary alone; what is urgent is told of at once, as ever."""
    return urgency is not Urgency.HIGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """One that is proposed, runs or is over; `fits` is None of one that was never started, `over_at` when it had been calm for an hour."""

    id: int
    brand: str
    proposed_at: datetime | None
    count: int | None
    usual: float | None
    dismissed_at: datetime | None
    dismissed_by: str | None
    name: str | None
    fits: Filter | None
    since: datetime | None
    started_at: datetime | None
    started_by: str | None
    calm_since: datetime | None
    over_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None

    @property
    def is_running(self) -> bool:
        return self.started_at is not None and self.ended_at is None

    @property
    def is_proposal(self) -> bool:
        return self.started_at is None and self.dismissed_at is None and self.over_at is None


# --- what is told ---


def is_summary_due(told_at: datetime | None, now: datetime) -> bool:
    """Tell whether a level may hear of a peak again; the first time at once."""
    return told_at is None or now - told_at >= SUMMARY


# --- what it is about ---

SHORTEST_WORD = 4
IN_CASES = 3  # a word of fewer customers says little, and might say who one of them is
_EVERYDAY = frozenset(
    fold(
        "aangezien aardig about after again allemaal alles already alsjeblieft also alvast andere anders another "
        "anyone bedankt been before being below bent beste beter bijna binnen boven could daar daarna dagen dank deze "
        "dezelfde dingen does doing done door echt eens eerst even from gaan gaat gedaan geef geeft geen getting "
        "geweest gisteren goed going graag groet groeten haar have having heb hebben hebt heeft heel hele helemaal "
        "hello helpen here hier hoelang hoeveel hoi hours ieder iemand iets inmiddels jaar jammer jouw jullie just "
        "kan keer kijken know komt krijg kunnen kunt laat lang like long maar maken meer meerdere mijn misschien moet "
        "mogelijk more morgen much naar need never niemand niet niets nieuwe nodig nogmaals nothing omdat only onze "
        "ook other over please reactie really should since sinds snel some someone something soms staat steeds still "
        "straks than thank thanks that their them then there these they thing think this those tijd time toch today "
        "toen until uren vanaf vandaag vanmorgen vanochtend veel verder very volgens vraag vragen waar waarom wacht "
        "wanneer want waren week weeks weer weet weken welke well werd were weten what when where which while wie "
        "wilde will willen with worden wordt would yesterday your zeer zelf zien zijn zoals zonder zou "
    ).split()
)


def about(texts: Iterable[tuple[str, Collection[str]]], most: int = 4) -> list[tuple[str, int]]:
    """Return the words that most customers use and in how many cases; each text comes with the names of who wrote it, which never count.

    Numbers, addresses and everyday words say nothing of a cause.
    """
    counted: Counter[str] = Counter()
    for text, names in texts:
        theirs = {word for name in names for word in words_of(name)}
        plain = " ".join(part for part in text.split() if not part.startswith("@") and "://" not in part)
        counted.update(
            word for word in set(words_of(plain)) - theirs - _EVERYDAY if len(word) >= SHORTEST_WORD and word.isalpha()
        )
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [(word, count) for word, count in ranked if count >= IN_CASES][:most]


def busiest(now: Mapping[str, int], before: Mapping[str, float]) -> list[str]:
    """Return the channels on which most more is heard than usual, those with more than a fifth of what is new, the busiest first."""
    more = {channel: count - before.get(channel, 0.0) for channel, count in now.items()}
    whole = sum(extra for extra in more.values() if extra > 0)
    ranked = sorted(more.items(), key=lambda item: (-item[1], item[0]))
    return [channel for channel, extra in ranked if extra > whole / 5]

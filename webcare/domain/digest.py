"""The numbers of one day, and nothing but the numbers.

A digest is read in half a minute and believed for years, so each number has one definition, and it stands here:

- A period is one local calendar day, from its first instant to that of the next day: 23, 24 or 25 hours.
- A clock counts on the day on which it was **decided**: when it was answered in time, or when it ran out. A late answer does not
  count again on the day on which it came. Running and dropped clocks are not counted: an answer is not owed any more, or not yet.
- `within_target` is a share of the cases that needed an answer and whose first response was decided: met / (met + missed).
- `answered` counts those of them that have an answer, late ones included; median and p90 are over the time that these took.
- Misses are those of every clock but the reply window, which the platform closes and we do not promise; most overdue first.
- What runs out today (the day after the period) is counted by case, at its earliest deadline and in the local hour of that.
- A correction is what an earlier letter told otherwise, once: in the first letter that is made after we learned of it.

Whatever the facts do not say is not guessed: no decided case gives None, not 100 %. Words and signs are made in the letters.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar

from webcare.domain.percentiles import median_p90
from webcare.domain.sla.promise import CAPPED, Clock, State
from webcare.domain.walltime import instant_of, zone_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from webcare.domain.learning import Learning
    from webcare.domain.message import Kind
    from webcare.domain.misses import Later, Why
    from webcare.domain.verdict import Intent

WEEK = 7
FOUR_WEEKS = 4 * WEEK
_Key = TypeVar("_Key", int, str)
NOISE = "noise"  # in reports, a message without any intent


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One calendar day in one time zone.

    Raises:
        ValueError: unknown zone.
    """

    day: date
    zone: str

    def __post_init__(self) -> None:
        zone_named(self.zone, field="period: zone")

    @property
    def tz(self) -> ZoneInfo:
        return zone_named(self.zone, field="period: zone")

    @property
    def starts_at(self) -> datetime:
        return instant_of(self.day, time(), self.tz)

    @property
    def ends_at(self) -> datetime:
        return self.later(1).starts_at

    def later(self, days: int) -> Period:
        return Period(day=self.day + timedelta(days=days), zone=self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFact:
    """One clock of one case as it stands: of next responses one fact an exchange.

    `answered_at` is when that happened what the clock waits for (the close, for a resolution); `elapsed` and `target` are in the
    clock's own time, `target` as relaxed; `why` is the reason of a miss. A missed clock keeps its due instant after a close.
    `closed` says that its case was closed without what the clock waited for.

    Raises:
        ValueError: met without an answer, or missed without a due instant.
    """

    case: str
    channel: str
    kind: Kind
    clock: Clock
    state: State
    started_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    elapsed: timedelta
    target: timedelta
    why: Why | None = None
    late_ingest: bool = False
    claimed: bool = False
    closed: bool = False

    def __post_init__(self) -> None:
        if self.state is State.MET and self.answered_at is None:
            raise ValueError(f"case {self.case}: {self.clock}: answered_at is needed of a clock that was met")
        if self.state is State.MISSED and self.due_at is None:
            raise ValueError(f"case {self.case}: {self.clock}: due_at is needed of a clock that was missed")

    @property
    def decided_at(self) -> datetime | None:
        return {State.MET: self.answered_at, State.MISSED: self.due_at}.get(self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFact:
    """A message, or so many alike of one day."""

    channel: str
    kind: Kind
    intents: tuple[Intent, ...]
    at: datetime
    inbound: bool
    unsure: bool = False
    corrected: bool = False  # a person changed what the classifier said
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFact:
    person: str
    sent_at: datetime
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTrouble:
    """A stretch in which a channel failed, was silent or was about to lose its key; without an end it still lasts."""

    channel: str
    what: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A clock that an earlier letter, that of `day`, told otherwise: a sent letter never changes.

    `due_at` tells the exchange. Of a clock that the letter could not know, `was` is none; of one that is no more, `now` is.
    """

    case: str
    channel: str
    clock: Clock
    due_at: datetime
    day: date
    was: State
    now: State
    learned_at: datetime
    why: Later


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakFact:
    """A peak with its cases, as clocks name them; without an end it still runs."""

    name: str
    started_at: datetime
    ended_at: datetime | None
    cases: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Every running clock, every clock decided in the period or the four weeks before, the rest of the period; more does no harm.

    `previous` and `four_weeks` may be given summed up: then the clocks of before the period need not be there.
    """

    clocks: Sequence[ClockFact] = ()
    messages: Sequence[MessageFact] = ()
    alerts: Sequence[AlertFact] = ()
    troubles: Sequence[ChannelTrouble] = ()
    corrections: Sequence[Correction] = ()
    previous: FirstResponse | None = None
    four_weeks: FirstResponse | None = None
    brands: Sequence[str] = ()
    peaks: Sequence[PeakFact] = ()
    learning: Learning | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstResponse:
    """`count` = met + missed; median and p90 are over the `answered`, None where there are none."""

    count: int
    met: int
    answered: int
    median: timedelta | None
    p90: timedelta | None
    within_target: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """`overdue` is how far over its target the clock was when answered, or is by now, in the clock's own time."""

    case: str
    channel: str
    clock: Clock
    started_at: datetime
    due_at: datetime
    answered_at: datetime | None
    overdue: timedelta
    why: Why | None
    late_ingest: bool
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Those sent in the period; `median` is the time until they were acknowledged, whenever that was."""

    sent: int
    acknowledged: int
    median: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelNumbers:
    channel: str
    first_response: FirstResponse
    troubles: tuple[ChannelTrouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakNumbers:
    """`first_response` is that of its cases, those decided on the day."""

    name: str
    started_at: datetime
    ended_at: datetime | None
    first_response: FirstResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """`previous` is the same weekday a week before, `four_weeks` the 28 days before the period, which is not among them."""

    period: Period
    first_response: FirstResponse
    previous: FirstResponse
    four_weeks: FirstResponse
    misses: tuple[Miss, ...]
    due_today: Mapping[int, int]
    due_unclaimed: Mapping[int, int]
    volumes: Mapping[str, Mapping[str, int]]
    intents: Mapping[str, int]
    unsure: int
    corrected: int
    alerts: Alerts
    channels: tuple[ChannelNumbers, ...]
    corrections: tuple[Correction, ...]
    brands: tuple[str, ...] = ()
    peaks: tuple[PeakNumbers, ...] = ()  # filled in by digest_peaks
    without_peaks: FirstResponse | None = None
    learning: Learning | None = None

    @property
    def heard(self) -> int:
        """How many messages customers wrote."""
        return sum(sum(kinds.values()) for kinds in self.volumes.values())


def first_response_numbers(facts: Iterable[ClockFact]) -> FirstResponse:
    """Sum up the first responses that were decided; clocks of other kinds and in other states are passed over."""
    decided = [f for f in facts if f.clock is Clock.FIRST_RESPONSE and f.state in (State.MET, State.MISSED)]
    met = sum(f.state is State.MET for f in decided)
    return summed_up(len(decided), met, [f.elapsed for f in decided if f.answered_at is not None])


def summed_up(count: int, met: int, answered: Sequence[timedelta]) -> FirstResponse:
    """Sum up first responses of which so many were decided and met; `answered` is how long each answer took."""
    median, p90 = median_p90(answered)
    share = met / count if count else None
    return FirstResponse(count=count, met=met, answered=len(answered), median=median, p90=p90, within_target=share)


def digest_of(period: Period, facts: Facts) -> Digest:
    """Turn the facts of a period into its numbers; nothing else than the arguments is looked at."""
    start, end = period.starts_at, period.ends_at
    today = _decided(facts.clocks, start, end)
    heard = [m for m in facts.messages if m.inbound and start <= m.at < end]
    due = _due_on(facts.clocks, period.later(1))
    return Digest(
        period=period,
        first_response=first_response_numbers(today),
        previous=facts.previous or _between(facts.clocks, period.later(-WEEK).starts_at, period.later(1 - WEEK).starts_at),
        four_weeks=facts.four_weeks or _between(facts.clocks, period.later(-FOUR_WEEKS).starts_at, start),
        misses=_misses(today),
        due_today=_counted(hour for hour, _ in due),
        due_unclaimed=_counted(hour for hour, claimed in due if not claimed),
        volumes=_volumes(heard),
        intents=_summed((label, m.count) for m in heard for label in ([i.value for i in m.intents] or [NOISE])),
        unsure=sum(m.count for m in heard if m.unsure),
        corrected=sum(m.count for m in heard if m.corrected),
        alerts=_alerts([a for a in facts.alerts if start <= a.sent_at < end]),
        channels=_channels(today, heard, [t for t in facts.troubles if t.since < end and (t.until is None or t.until > start)]),
        corrections=tuple(c for c in facts.corrections if c.day < period.day),
        brands=tuple(facts.brands),
        learning=facts.learning,
    )


def _decided(facts: Iterable[ClockFact], start: datetime, end: datetime) -> list[ClockFact]:
    return [f for f in facts if f.decided_at is not None and start <= f.decided_at < end]


def _between(facts: Iterable[ClockFact], start: datetime, end: datetime) -> FirstResponse:
    return first_response_numbers(_decided(facts, start, end))


def _misses(decided: Iterable[ClockFact]) -> tuple[Miss, ...]:
    found = [
        Miss(
            case=f.case,
            channel=f.channel,
            clock=f.clock,
            started_at=f.started_at,
            due_at=f.due_at,
            answered_at=f.answered_at,
            overdue=f.elapsed - f.target,
            why=f.why,
            late_ingest=f.late_ingest,
            closed=f.closed,
        )
        for f in decided
        if f.state is State.MISSED and f.clock is not Clock.REPLY_WINDOW and f.due_at is not None
    ]
    return tuple(sorted(found, key=lambda m: (-m.overdue, m.due_at, m.case, m.clock)))


def _due_on(facts: Iterable[ClockFact], today: Period) -> list[tuple[int, bool]]:
    """Give, for each case that runs out today, the local hour and whether somebody has it.

    A reply window is a deadline only while an answer is owed; one that is past leaves the case with its next deadline.
    """
    start, end = today.starts_at, today.ends_at
    ahead: dict[str, list[tuple[datetime, ClockFact]]] = defaultdict(list)
    for fact in facts:
        if fact.state is State.RUNNING and fact.due_at is not None and fact.due_at >= start:
            ahead[fact.case].append((fact.due_at, fact))
    found: list[tuple[int, bool]] = []
    for clocks in ahead.values():
        owed = any(f.clock in CAPPED for _, f in clocks)
        dues = [(due, f.claimed) for due, f in clocks if owed or f.clock is not Clock.REPLY_WINDOW]
        due, claimed = min(dues, default=(end, False))
        if due < end:
            found.append((due.astimezone(today.tz).hour, claimed))
    return found


def _volumes(heard: Iterable[MessageFact]) -> dict[str, dict[str, int]]:
    kinds: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for message in heard:
        kinds[message.channel].append((message.kind.value, message.count))
    return {channel: _summed(kinds[channel]) for channel in sorted(kinds)}


def _alerts(sent: Sequence[AlertFact]) -> Alerts:
    waits = [a.acknowledged_at - a.sent_at for a in sent if a.acknowledged_at is not None]
    return Alerts(sent=len(sent), acknowledged=len(waits), median=median_p90(waits)[0])


def _channels(
    decided: Sequence[ClockFact], heard: Iterable[MessageFact], troubles: Sequence[ChannelTrouble]
) -> tuple[ChannelNumbers, ...]:
    """List the channels that were heard of in any way, the busiest first."""
    names = {f.channel for f in decided} | {m.channel for m in heard} | {t.channel for t in troubles}
    found = [
        ChannelNumbers(
            channel=name,
            first_response=first_response_numbers(f for f in decided if f.channel == name),
            troubles=tuple(sorted((t for t in troubles if t.channel == name), key=lambda t: (t.since, t.what))),
        )
        for name in names
    ]
    return tuple(sorted(found, key=lambda c: (-c.first_response.count, c.channel)))


def _counted(things: Iterable[_Key]) -> dict[_Key, int]:
    """Count, in an order that does not depend on the order of the facts."""
    return dict(sorted(Counter(things).items()))


def _summed(things: Iterable[tuple[_Key, int]]) -> dict[_Key, int]:
    """Count as above, what comes with its number."""
    found: Counter[_Key] = Counter()
    for thing, count in things:
        found[thing] += count
    return dict(sorted(found.items()))

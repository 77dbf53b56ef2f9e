"""Working time: when a team is open, and how much open time lies between two instants.

    Fri 09:00 ======== 17:30 .... weekend .... Mon 09:00 ======== 17:30
                    ^ start        add(start, 2 h) ^ Monday

Slots are half-open local wall times, converted to UTC day by day, so that a slot over a change of the clock has the hours that
really passed in it. A span that ends exactly at closing time ends at closing time; work that starts in a closed moment starts at
the next opening. Which instant a local time is when the clocks change, `walltime` says. Holidays are handed in. Everything is
computed in whole microseconds, once for each year of the calendar, and then looked up.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Protocol

from webcare.domain.walltime import first_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
SEARCH_YEARS = 12  # how far ahead an opening is looked for: own open days may all lie in the past
SATURDAY = 5
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")

Slots = tuple[tuple[int, int], ...]  # minutes since local midnight, 0 to 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time, half-open; `why` says why it counts or not."""

    start: datetime
    end: datetime
    counted: bool
    why: str


class WorkingTime(Protocol):
    """What clocks ask of a calendar; `ELAPSED` answers for policies that name none."""

    def opening(self, at: datetime) -> datetime:
        """Return `at` when open, else the next opening."""

    def add(self, start: datetime, span: timedelta) -> datetime:
        """Return the first instant by which `span` of open time has passed since `start`."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time in [start, end); zero when `end` is not after `start`."""

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Yield contiguous spans over [start, end), open and closed, each with its reason."""

    def slot_start(self, at: datetime, within: timedelta) -> datetime | None:
        """Return where the open stretch that holds or ends at `at` began, if at most `within` before it."""

    def last_open(self, at: datetime) -> datetime | None:
        """Return `at` when open, else the closing time before it; None when it was never open."""


class Elapsed:
    """Real seconds: always open."""

    def opening(self, at: datetime) -> datetime:
        return at

    def add(self, start: datetime, span: timedelta) -> datetime:
        return start + span

    def between(self, start: datetime, end: datetime) -> timedelta:
        return max(end - start, timedelta(0))

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        if start < end:
            yield Span(start=start, end=end, counted=True, why="open")

    def slot_start(self, at: datetime, within: timedelta) -> datetime | None:  # noqa: ARG002 - never opened, never closes
        return None

    def last_open(self, at: datetime) -> datetime | None:
        return at


ELAPSED = Elapsed()


@dataclass(frozen=True, slots=True)
class _Year:
    """Open slots that begin on a day of one local year, merged where they touch; `before[i]` is the open time ahead of slot i."""

    starts: list[int]
    ends: list[int]
    before: list[int]
    total: int


def _micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _instant(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Opening hours of a team in one time zone.

    `hours` holds the slots of Monday to Sunday; `days_off` (own holidays, with a name or "") win over `hours`, `days_on` (own
    slots on a date) over both; `holiday` names a public holiday or returns None.

    Raises:
        ValueError: no open hour at all, or a slot that ends before it starts.
    """

    zone: ZoneInfo
    hours: tuple[Slots, ...]
    days_off: Mapping[date, str] = field(default_factory=dict)
    days_on: Mapping[date, Slots] = field(default_factory=dict)
    holiday: Callable[[date], str | None] = lambda _day: None
    _years: dict[int, _Year] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for slots in (*self.hours, *self.days_on.values()):
            for start, end in slots:
                if not 0 <= start < end <= 24 * 60:
                    raise ValueError(f"a slot must end after it starts and within its day, not {_clock(start)}-{_clock(end)}")
        if not any(self.hours) and not any(self.days_on.values()):
            raise ValueError("no open hours: a clock would never run")

    # --- one day ---

    def slots_on(self, day: date) -> Slots:
        if day in self.days_on:
            return self.days_on[day]
        if day in self.days_off or self.holiday(day) is not None:
            return ()
        return self.hours[day.weekday()]

    def closed_because(self, day: date) -> str:
        """Say why the closed part of a day is closed."""
        if self.slots_on(day):
            return "closed: outside opening hours"
        name = self.days_off.get(day)
        if name is None:
            name = self.holiday(day)
        if name is not None:
            return f"closed: holiday ({name})" if name else "closed: holiday"
        return "closed: weekend" if day.weekday() >= SATURDAY else f"closed: no opening hours on {WEEKDAYS[day.weekday()]}"

    def _shown(self, day: date, minutes: int) -> int:
        """Return the instant of a local wall time, in microseconds."""
        return _micros(first_shown(datetime.combine(day, time()) + timedelta(minutes=minutes), self.zone))

    def _open_on(self, day: date) -> Iterator[tuple[int, int]]:
        slots = self.slots_on(day)
        if not slots:
            return
        midnight = datetime.combine(day, time(), self.zone)
        offset = midnight.utcoffset()
        if offset is not None and offset == (midnight + DAY).utcoffset():  # no change of the clock: plain arithmetic
            base = _micros(midnight.replace(tzinfo=UTC) - offset)
            for start, end in slots:
                yield base + start * 60_000_000, base + end * 60_000_000
            return
        for start, end in slots:
            opened, closed = self._shown(day, start), self._shown(day, end)
            if opened < closed:
                yield opened, closed

    # --- years, looked up ---

    def _year(self, year: int) -> _Year:
        known = self._years.get(year)
        if known is not None:
            return known
        starts: list[int] = []
        ends: list[int] = []
        day, last = date(year, 1, 1), date(year, 12, 31)
        while True:
            for start, end in sorted(self._open_on(day)):
                if ends and start <= ends[-1]:
                    ends[-1] = max(ends[-1], end)
                else:
                    starts.append(start)
                    ends.append(end)
            if day == last:
                break
            day += DAY
        before, total = [], 0
        for start, end in zip(starts, ends, strict=True):
            before.append(total)
            total += end - start
        self._years[year] = built = _Year(starts, ends, before, total)
        return built

    def _local_year(self, at: datetime) -> int:
        return at.astimezone(self.zone).year

    def _years_from(self, at: datetime) -> Iterator[_Year]:
        first = self._local_year(at)
        for year in range(first, min(first + SEARCH_YEARS, date.max.year) + 1):
            yield self._year(year)

    # --- arithmetic ---

    def opening(self, at: datetime) -> datetime:
        point = _micros(at)
        for year in self._years_from(at):
            i = bisect_right(year.ends, point)
            if i < len(year.starts):
                return at if year.starts[i] <= point else _instant(year.starts[i])
        raise ValueError(f"the calendar has no opening within {SEARCH_YEARS} years after {at.isoformat()}")

    def add(self, start: datetime, span: timedelta) -> datetime:
        opened = self.opening(start)
        need = span // MICROSECOND
        if need <= 0:
            return opened
        idle, year = 0, self._local_year(opened)
        need += self._used(self._year(year), _micros(opened))
        while idle <= SEARCH_YEARS and year <= date.max.year:
            block = self._year(year)
            if need <= block.total:
                i = bisect_left(block.before, need) - 1
                return _instant(block.starts[i] + need - block.before[i])
            need -= block.total
            idle = 0 if block.total else idle + 1
            year += 1
        raise ValueError(f"the calendar has not enough open hours for {span} after {start.isoformat()}")

    def between(self, start: datetime, end: datetime) -> timedelta:
        if end <= start:
            return timedelta(0)
        first, last = self._local_year(start), self._local_year(end)
        used = self._used(self._year(last), _micros(end)) - self._used(self._year(first), _micros(start))
        used += sum(self._year(year).total for year in range(first, last))
        return timedelta(microseconds=used)

    @staticmethod
    def _used(year: _Year, point: int) -> int:
        """Return the open time of a year before an instant."""
        i = bisect_right(year.starts, point) - 1
        if i < 0:
            return 0
        return year.before[i] + min(point, year.ends[i]) - year.starts[i]

    # --- explaining ---

    def spans(self, start: datetime, end: datetime) -> Iterator[Span]:
        at = start
        while at < end:
            try:
                opened = min(self.opening(at), end)
            except ValueError:  # own open days that all lie behind us
                opened = end
            yield from self._closed(at, opened)
            if opened >= end:
                return
            closed = min(self._closing(opened), end)
            yield Span(start=opened, end=closed, counted=True, why="open")
            at = closed

    def _closing(self, opened: datetime) -> datetime:
        year = self._year(self._local_year(opened))
        i = bisect_right(year.starts, _micros(opened)) - 1
        return _instant(year.ends[i])

    def _closed(self, start: datetime, end: datetime) -> Iterator[Span]:
        """Yield the closed stretch [start, end) cut at local midnights, neighbours with one reason joined."""
        held: Span | None = None
        at = start
        while at < end:
            day = at.astimezone(self.zone).date()
            until = min(_instant(self._shown(day + DAY, 0)), end)
            why = self.closed_because(day)
            if held is not None and held.why == why:
                held = Span(start=held.start, end=until, counted=False, why=why)
            else:
                if held is not None:
                    yield held
                held = Span(start=at, end=until, counted=False, why=why)
            at = until
        if held is not None:
            yield held

    def slot_start(self, at: datetime, within: timedelta) -> datetime | None:
        earliest = _micros(at - within)
        point = _micros(at)
        year = self._local_year(at)
        while True:
            block = self._year(year)
            i = bisect_left(block.starts, point) - 1
            if i >= 0 and block.ends[i] >= point:
                if block.starts[i] < earliest:
                    return None
                point = block.starts[i]
            elif i >= 0 or point != _micros(self._midnight(year)):
                break
            else:
                year -= 1  # open over New Year: the stretch began the year before
                if not self._year(year).ends or self._year(year).ends[-1] != point:
                    break
        return None if point == _micros(at) else _instant(point)

    def _midnight(self, year: int) -> datetime:
        return _instant(self._shown(date(year, 1, 1), 0))

    def last_open(self, at: datetime) -> datetime | None:
        point, first = _micros(at), self._local_year(at)
        for year in range(first, max(first - SEARCH_YEARS, date.min.year), -1):
            block = self._year(year)
            i = bisect_right(block.starts, point) - 1
            if i >= 0:
                return at if point < block.ends[i] else _instant(block.ends[i])
        return None


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"

"""Peaks: the house says when it is too busy, a lead starts and ends; what belongs to one is told of together and counted apart.

    beat, each minute -> three times the usual? -> a proposal, told to the lead once --start--> running --end--> over
                                                              `--dismiss                  cases join as customers write

The house never starts a peak by itself, and it proposes no second one until it has been calm for an hour.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import structlog

from webcare.domain import peak as rule
from webcare.domain.peak import HOUR, Filter, Inflow
from webcare.services import peak_calls
from webcare.store import audit, heard, peaks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from webcare.domain.peak import Peak
    from webcare.ports.clock import Clock
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.door import Store
    from webcare.store.peaks import Kept, Standing

log = structlog.get_logger()

LONGEST_NAME = 60
MOST_WORDS = 10
REACHES = (1, 2, 4, 8)  # hours before the start from which cases may belong
READ_FOR_WORDS = 300  # texts
LAST = 10  # peaks that the page lists


# --- too busy? ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A brand as it is now: what was counted, and the peaks that are not over."""

    brand: str
    inflow: Inflow
    current: tuple[Peak, ...]


async def beat(store: Store, clock: Clock, *, zone: str) -> int:
    """Look once, note what changed, tell the summaries that are due; return how much there was to do."""
    now = clock.now()
    done = 0
    for seen in await store.read(look, now, ZoneInfo(zone)):
        if _is_news(seen, now):
            done += await store.write(note, seen, now)
    if await store.read(peak_calls.summaries_due, now):
        done += await store.write(peak_calls.summarize, now)
    return done


def look(conn: Connection, now: datetime, zone: ZoneInfo) -> list[Seen]:
    """Compare what each brand hears with what it usually does; what is usual is read only where that decides something."""
    current = peaks.current(conn)
    found = []
    for brand, channels in peaks.brands(conn).items():
        theirs = tuple(one for one in current if one.brand == brand)
        found.append(Seen(brand=brand, inflow=measure(conn, channels, now, zone, always=bool(theirs)), current=theirs))
    return found


def measure(conn: Connection, channels: Sequence[str], now: datetime, zone: ZoneInfo, *, always: bool = True) -> Inflow:
    """Count the last hour; without `always`, what is usual stays unknown where the count is none to speak of."""
    count = sum(peaks.wrote(conn, channels, now - HOUR, now).values())
    if not always and count < rule.LEAST:
        return Inflow(count=count, usual=None)
    counts = [sum(one.values()) for one in _usual_counts(conn, channels, now, zone)]
    return Inflow(count=count, usual=rule.usual(counts))


def _usual_counts(conn: Connection, channels: Sequence[str], now: datetime, zone: ZoneInfo) -> list[dict[str, int]]:
    ends = [one.first for name in channels if (one := heard.ends(conn, name)) is not None]
    hours = rule.usual_hours(now, zone, min(ends, default=None))
    return [peaks.wrote(conn, channels, start, end) for start, end in hours]


def _is_news(seen: Seen, now: datetime) -> bool:
    if not seen.current:
        return seen.inflow.is_peak
    return any(_calm(one, seen.inflow, now) != (one.calm_since, one.over_at) for one in seen.current)


def note(conn: Connection, seen: Seen, now: datetime) -> int:
    """Note what changed since the last look, in one transaction; another daemon may have been faster."""
    current = peaks.current(conn, seen.brand)
    if not current and seen.inflow.is_peak:
        return _propose(conn, seen, now)
    return sum(_follow(conn, one, seen.inflow, now) for one in current)


def _propose(conn: Connection, seen: Seen, now: datetime) -> int:
    number = peaks.add(conn, brand=seen.brand, proposed_at=now, count=seen.inflow.count, usual=seen.inflow.usual)
    peak_calls.propose(conn, _known(conn, number), peak_calls.PROPOSED, now)
    log.warning("peak.proposed", peak=number, brand=seen.brand, count=seen.inflow.count, usual=seen.inflow.usual)
    return 1


def _calm(one: Peak, inflow: Inflow, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return since when it has been calm, and since when for so long that it is over."""
    since = rule.calm_since(inflow, one.calm_since, now)
    return since, (one.over_at or now) if rule.is_over(since, now) else None


def _follow(conn: Connection, one: Peak, inflow: Inflow, now: datetime) -> int:
    """Note since when it has been calm; after an hour a proposal is over, and of one that runs the lead hears."""
    since, over_at = _calm(one, inflow, now)
    if (since, over_at) == (one.calm_since, one.over_at):
        return 0
    peaks.change(conn, one.id, calm_since=since, over_at=over_at)
    if one.is_running and over_at is not None and one.over_at is None:
        peak_calls.propose(conn, one, peak_calls.CALM, now)
        log.info("peak.calm", peak=one.id, brand=one.brand, count=inflow.count)
    return 1


def _known(conn: Connection, number: int) -> Peak:
    found = peaks.get(conn, number)
    if found is None:
        raise Refused(Flaw.GONE)
    return found


# --- which cases ---


def take_in(conn: Connection, row: CaseRow, text: str, at: datetime, now: datetime) -> None:
    """Let a case in which a customer has just written belong to the peak that runs, if it fits; `at` is when they wrote."""
    for one in peaks.running(conn, row.brand):
        if one.fits is not None and one.since is not None and at >= one.since and one.fits.fits(row.channel, text):
            peaks.join(conn, one.id, [row.id], now)


# --- a lead's word ---


class Flaw(StrEnum):
    NAME = "name"
    BRAND = "brand"
    CHANNELS = "channels"
    WORDS = "words"
    REACH = "reach"
    RUNNING = "running"
    GONE = "gone"


class Refused(ValueError):  # noqa: N818 - it is what happened
    """A peak that cannot start, end or be dismissed as asked."""

    def __init__(self, why: Flaw) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a lead wrote: `reach` is how many hours before the start cases may have been written in."""

    name: str
    brand: str
    channels: tuple[str, ...] = ()
    words: str = ""
    reach: int = REACHES[0]

    @property
    def fits(self) -> Filter:
        return Filter(channels=frozenset(self.channels), words=rule.words_wanted(self.words))


def check(conn: Connection, wanted: Wanted) -> None:
    """See whether a peak could start so.

    Raises:
        Refused: it could not.
    """
    known = peaks.brands(conn)
    if wanted.brand not in known:
        raise Refused(Flaw.BRAND)
    if not wanted.name.strip() or len(wanted.name.strip()) > LONGEST_NAME:
        raise Refused(Flaw.NAME)
    if set(wanted.channels) - set(known[wanted.brand]):
        raise Refused(Flaw.CHANNELS)
    if len(wanted.fits.words) > MOST_WORDS or (wanted.words.strip() and not wanted.fits.words):
        raise Refused(Flaw.WORDS)
    if wanted.reach not in REACHES:
        raise Refused(Flaw.REACH)
    if peaks.running(conn, wanted.brand):
        raise Refused(Flaw.RUNNING)


def preview(conn: Connection, wanted: Wanted, *, now: datetime) -> int:
    """Return how many open cases a peak would have if it started now; it needs no name for that.

    Raises:
        Refused: it could not start so.
    """
    check(conn, replace(wanted, name=wanted.name or "?"))
    return len(_fitting(conn, wanted, now))


def _fitting(conn: Connection, wanted: Wanted, now: datetime) -> set[int]:
    since = now - timedelta(hours=wanted.reach)
    until = now + HOUR  # a platform's clock may be fast
    return peaks.fitting(conn, wanted.fits, peaks.brands(conn)[wanted.brand], since, until)


def start(conn: Connection, wanted: Wanted, *, by: str, now: datetime) -> int:
    """Start a peak and return its number: what was written since then and fits belongs to it, and what comes.

    Raises:
        Refused: it cannot start so.
    """
    check(conn, wanted)
    values: dict[str, Any] = {
        "name": wanted.name.strip(),
        "channels": sorted(wanted.fits.channels),
        "words": list(wanted.fits.words),
        "since": now - timedelta(hours=wanted.reach),
        "started_at": now,
        "started_by": by,
        "calm_since": None,
        "over_at": None,
    }
    proposed = [one for one in peaks.current(conn, wanted.brand) if one.is_proposal]
    if proposed:
        number = proposed[0].id
        peaks.change(conn, number, **values)
    else:
        number = peaks.add(conn, brand=wanted.brand, **values)
    joined = peaks.join(conn, number, sorted(_fitting(conn, wanted, now)), now)
    audit.note(conn, at=now, by=by, what="peak_start", data={"peak": number, "cases": joined})
    log.info("peak.started", peak=number, brand=wanted.brand, cases=joined)
    return number


def end(conn: Connection, number: int, *, by: str, rules: Rules, now: datetime) -> int:
    """End a peak; return of how many of its cases people are told now.

    Raises:
        Refused: it does not run.
    """
    one = peaks.get(conn, number)
    if one is None or not one.is_running:
        raise Refused(Flaw.GONE)
    peaks.change(conn, number, ended_at=now, ended_by=by)
    left = peak_calls.release(conn, replace(one, ended_at=now, ended_by=by), rules, now)
    audit.note(conn, at=now, by=by, what="peak_end", data={"peak": number, "cases": peaks.standing(conn, number, now).cases})
    log.info("peak.ended", peak=number, brand=one.brand, told=left)
    return left


def dismiss(conn: Connection, number: int, *, by: str, now: datetime) -> None:
    """Set a proposal aside; until it has been calm for an hour there is no other.

    Raises:
        Refused: it is none, or not any more.
    """
    one = peaks.get(conn, number)
    if one is None or not one.is_proposal:
        raise Refused(Flaw.GONE)
    peaks.change(conn, number, dismissed_at=now, dismissed_by=by)
    audit.note(conn, at=now, by=by, what="peak_dismiss", data={"peak": number})


# --- how it stands ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A peak that runs, as the queue shows it in one line."""

    peak: Peak
    stands: Standing

    @property
    def may_end(self) -> bool:
        return self.peak.over_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A peak with all that its page says; `spared` are the alerts that became summaries, `hours` how many cases opened when."""

    peak: Peak
    stands: Standing
    kept: Kept
    spared: int
    hours: tuple[tuple[datetime, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What it is about when it is busy: the channels with most more than usual, and words that many customers use."""

    channels: tuple[str, ...]
    words: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the queue says of peaks."""

    running: tuple[Running, ...]
    proposed: tuple[Peak, ...]


def shown(conn: Connection, now: datetime) -> Shown:
    """Return what runs and what is proposed: one small read where there is neither."""
    current = peaks.current(conn)
    return Shown(
        running=tuple(Running(peak=one, stands=peaks.standing(conn, one.id, now)) for one in current if one.is_running),
        proposed=tuple(one for one in current if one.is_proposal),
    )


def told(conn: Connection, number: int, now: datetime) -> Told | None:
    """Return a peak that was started, with how it stands; None when there is none of this number."""
    one = peaks.get(conn, number)
    if one is None or one.started_at is None:
        return None
    spared = sum(level.held_in_all for level in peaks.levels(conn, number))
    stands = peaks.standing(conn, number, now)
    kept = peaks.kept(conn, number, now)
    return Told(peak=one, stands=stands, kept=kept, spared=spared, hours=tuple(_hours(peaks.opened(conn, number))))


def _hours(opened: Sequence[datetime]) -> list[tuple[datetime, int]]:
    """Count by the hour, the empty ones between too; at most the last two days of a peak."""
    counted = Counter(at.replace(minute=0, second=0, microsecond=0) for at in opened)
    if not counted:
        return []
    first, last = min(counted), max(counted)
    hours = int((last - first) / HOUR) + 1
    return [(last - n * HOUR, counted.get(last - n * HOUR, 0)) for n in range(min(hours, 48) - 1, -1, -1)]


def last(conn: Connection) -> list[Peak]:
    """Return the peaks that are over, the newest first."""
    return peaks.ended(conn, LAST)


def of_case(conn: Connection, case: int) -> list[Peak]:
    """Return the peaks that a case belongs to or belonged to."""
    return peaks.of_case(conn, case)


def brands(conn: Connection) -> Mapping[str, Sequence[str]]:
    """Return the channels of each brand."""
    return peaks.brands(conn)


def about(conn: Connection, brand: str, now: datetime, zone: ZoneInfo) -> About:
    """Say what the last hour is about, as it is asked: words of customers are kept nowhere else."""
    channels = peaks.brands(conn).get(brand, [])
    counts = _usual_counts(conn, channels, now, zone)
    before = {name: sum(one.get(name, 0) for one in counts) / len(counts) for name in channels} if counts else {}
    by_case: dict[int, tuple[str, set[str]]] = {}
    for row in peaks.said(conn, channels, now - HOUR, now, READ_FOR_WORDS):
        text, names = by_case.get(row.case, ("", set()))
        by_case[row.case] = (f"{text} {row.text}", names | {one for one in (row.author_name, row.author_handle) if one})
    busiest = rule.busiest(peaks.wrote(conn, channels, now - HOUR, now), before)
    return About(channels=tuple(busiest), words=tuple(rule.about(by_case.values())))

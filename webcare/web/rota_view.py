"""The rota as it is shown: who is called now, days with their shifts and holidays, and what is missing ahead.

Its times are those of the rota: a hand-over at 08:00 is said as 08:00, whoever reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date

from webcare.domain.rota import LevelName, holes, next_handover, on_call, shifts
from webcare.domain.rota import Obstacle as Why
from webcare.domain.rota_changes import without_anybody
from webcare.domain.walltime import instant_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from webcare.domain.rota import Level, Rota, Shift
    from webcare.domain.rota_changes import OverrideRow
    from webcare.services.duty import Duty
    from webcare.web.say import Say

AHEAD: Final = timedelta(days=14)
HOLIDAYS_AHEAD: Final = 60  # days
TO: Final = "\N{EN DASH}"
MOST_SPANS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    level: str
    who: str | None
    until: str
    how: str
    state: str
    is_bad: bool | None  # None: nobody knows


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A shift as far as it lies on one day."""

    level: LevelName
    number: int
    who: str | None
    hours: str
    is_now: bool
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """`holiday` is what the day is called, where it is one."""

    name: str
    number: int
    is_today: bool
    pieces: tuple[Piece, ...]
    holiday: str | None = None
    date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Somebody is missing ahead; `fill` leads to the form that puts somebody in place, and `what` says of which hours."""

    text: str
    fill: str | None = None
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """An override that is not over. `id` is there for who may take it away."""

    id: int
    level: str
    who: str
    span: str
    by: str
    reason: str | None


def zone_of(rota: Rota, fallback: str) -> str:
    """Return the zone in which the rota is told: that of its first level."""
    return rota.levels[0].zone if rota.levels else fallback


def wall(at: datetime, zone: str) -> str:
    """Return an instant as a form holds it: the wall time of a zone, to the minute."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


# --- days ---


def days(
    rota: Rota,
    first: date,
    count: int,
    speech: Say,
    *,
    only: LevelName | None = None,
    holidays: Mapping[date, str] | None = None,
) -> list[Day]:
    """Return days in the zone of the rota; one on which the clocks change is longer or shorter, and whole all the same."""
    return [
        Day(
            name=format_date(day, "EEE", locale=speech.words.locale),
            number=day.day,
            is_today=day == speech.today,
            pieces=tuple(_pieces(rota, day, speech, only)),
            holiday=_holiday(day, holidays, speech),
            date=format_date(day, "EEE d MMM", locale=speech.words.locale),
        )
        for day in (first + timedelta(days=n) for n in range(count))
    ]


def _holiday(day: date, holidays: Mapping[date, str] | None, speech: Say) -> str | None:
    name = None if holidays is None else holidays.get(day)
    return name if name is None else name or speech.words.rota.holiday


def _pieces(rota: Rota, day: date, speech: Say, only: LevelName | None) -> Iterator[Piece]:
    start, end = (instant_of(one, time(0), speech.zone) for one in (day, day + timedelta(days=1)))
    for number, name in enumerate(LevelName, 1):
        if rota.level(name) is None or only not in (None, name):
            continue
        over = [one for one in rota.overrides if one.level == name]
        for shift in shifts(rota, name, start, end):
            whole = shift.starts_at == start and shift.ends_at == end
            yield Piece(
                level=name,
                number=number,
                who=None if shift.person is None else shift.person.name,
                hours=speech.words.rota.all_day if whole else f"{speech.clock(shift.starts_at)}{TO}{speech.clock(shift.ends_at)}",
                is_now=shift.starts_at <= speech.now < shift.ends_at,
                is_over=any(one.starts_at < shift.ends_at and shift.starts_at < one.ends_at for one in over),
            )


def holidays_ahead(rota: Rota, holidays: Mapping[date, str], speech: Say) -> list[Day]:
    """Return the holidays of the next weeks with who is on call on each."""
    until = speech.today + timedelta(days=HOLIDAYS_AHEAD)
    return [day for at in sorted(holidays) if speech.today <= at <= until for day in days(rota, at, 1, speech, holidays=holidays)]


# --- now ---


def now_of(found: Duty, level: Level, speech: Say) -> Now:
    words, person = speech.words.rota, on_call(found.rota, level.name, speech.now)
    change = next_handover(found.rota, level.name, speech.now)
    state, is_bad = _state(found, None if person is None else person.id, speech)
    return Now(
        level=words.levels[level.name.value],
        who=None if person is None else person.name,
        until=words.always if change is None else words.until.format(moment=speech.moment(change)),
        how="" if person is None else words.then.join(one.name for one in person.contacts),
        state=state,
        is_bad=is_bad,
    )


def _state(found: Duty, id_: str | None, speech: Say) -> tuple[str, bool | None]:
    words, person = speech.words.rota, found.rota.person(id_)
    if person is None:
        return words.nobody, True
    if not person.contacts:
        return words.no_contact, True
    last = found.last.get(person.id)
    if last is None:
        return words.untried, None
    return (words.reached if last.arrived else words.missed).format(moment=speech.moment(last.at)), not last.arrived


def stand_ins(rota: Rota, rows: Iterable[OverrideRow], speech: Say) -> list[StandIn]:
    """Return the overrides that are not over, of levels that are there."""
    words = speech.words.rota
    names = {one.id: one.name for one in rota.people}
    return [
        StandIn(
            id=row.id,
            level=words.levels[one.level.value],
            who=words.nobody if one.person is None else names.get(one.person, words.nobody),
            span=span_of(one.starts_at, one.ends_at, speech),
            by=words.override_by.format(name=names.get(row.by, row.by)) if row.by else "",
            reason=row.reason,
        )
        for row in rows
        for one in (row.override,)
        if rota.level(one.level) is not None
    ]


# --- what is missing ahead ---


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gap:
    level: LevelName
    person: str | None
    phrase: str
    starts_at: datetime
    ends_at: datetime


def warnings(found: Duty, speech: Say, *, holidays: Mapping[date, str], may_fill: bool) -> Iterator[Missing]:
    """Say who is missing in the next fortnight, level by level; quiet hours count only where no level hears."""
    end = instant_of(speech.today + AHEAD + timedelta(days=1), time(0), speech.zone)
    order = list(LevelName)
    gaps = sorted(
        _gaps(found, speech, end), key=lambda one: (order.index(one.level), one.phrase, one.person or "", one.starts_at)
    )
    for _, group in groupby(gaps, key=lambda one: (one.level, one.phrase, one.person)):
        every = list(group)
        for one in every[:MOST_SPANS]:
            yield _missing(found.rota, one, speech, holidays=holidays, may_fill=may_fill)
        # What lies on a holiday is said however many there are: nobody looks for it among ordinary days.
        later = [one for one in every[MOST_SPANS:] if _holiday_in(one, holidays, speech) is not None]
        for one in later:
            yield _missing(found.rota, one, speech, holidays=holidays, may_fill=may_fill)
        left = len(every) - MOST_SPANS - len(later)
        if left > 0:
            yield Missing(text=_phrase(found.rota, every[0], speech, speech.words.rota.more.format(n=left)))


def _gaps(found: Duty, speech: Say, end: datetime) -> Iterator[_Gap]:
    words, rota = speech.words.rota, found.rota
    for one in holes(rota, speech.now, end):
        if one.obstacle is not Why.QUIET:
            phrase, id_ = (words.hole, None) if one.person is None else (words.unreachable, one.person.id)
            yield _Gap(level=one.level, person=id_, phrase=phrase, starts_at=one.starts_at, ends_at=one.ends_at)
    for level in rota.levels:
        ahead: list[Shift] = shifts(rota, level.name, speech.now, end)
        for shift in ahead:
            person = shift.person
            if person is not None and person.contacts and person.id in found.closed:
                yield _Gap(
                    level=level.name, person=person.id, phrase=words.closed, starts_at=shift.starts_at, ends_at=shift.ends_at
                )
    for start, stop in without_anybody(rota, speech.now, end):
        yield _Gap(level=rota.levels[0].name, person=None, phrase=words.all_quiet, starts_at=start, ends_at=stop)


def _missing(rota: Rota, gap: _Gap, speech: Say, *, holidays: Mapping[date, str], may_fill: bool) -> Missing:
    words, span = speech.words.rota, span_of(gap.starts_at, gap.ends_at, speech)
    text, holiday = _phrase(rota, gap, speech, span), _holiday_in(gap, holidays, speech)
    if holiday is not None:
        text = words.on_holiday.format(text=text, name=holiday)
    return Missing(
        text=text,
        fill=fill_link(rota, gap.level, gap.starts_at, gap.ends_at) if may_fill else None,
        what=words.fill_vh.format(level=words.levels[gap.level.value], spans=span),
    )


def _phrase(rota: Rota, gap: _Gap, speech: Say, spans: str) -> str:
    person = rota.person(gap.person)
    level = speech.words.rota.levels[gap.level.value]
    return gap.phrase.format(level=level, name=person.name if person else "", spans=spans)


def _holiday_in(gap: _Gap, holidays: Mapping[date, str], speech: Say) -> str | None:
    """Return the first holiday that a gap touches."""
    day, last = speech.day_of(gap.starts_at), speech.day_of(gap.ends_at - timedelta(microseconds=1))
    while day <= last:
        if day in holidays:
            return _holiday(day, holidays, speech)
        day += timedelta(days=1)
    return None


def fill_link(rota: Rota, level: LevelName, starts_at: datetime, ends_at: datetime) -> str:
    """Return where these hours can be given to somebody: the form, filled in."""
    found = rota.level(level)
    zone = "UTC" if found is None else found.zone
    return f"/rota/override?{urlencode({'level': level.value, 'from': wall(starts_at, zone), 'until': wall(ends_at, zone)})}"


def span_of(starts_at: datetime, ends_at: datetime, speech: Say) -> str:
    return f"{speech.moment(starts_at)} {TO} {speech.moment(ends_at)}"


def preview_from(starts_at: datetime, speech: Say) -> date:
    """Return the first of the fortnight that shows a change: today, or its own day when that lies further ahead."""
    day = speech.day_of(starts_at)
    return speech.today if day < speech.today + AHEAD else day


def people_of(rota: Rota, closed: frozenset[str]) -> list[tuple[str, str]]:
    """Return ids and names of who can be put in place."""
    return [(one.id, one.name) for one in rota.people if one.id not in closed]

"""Peaks: how busy it is, which one runs, which cases belong to it, what its levels were told.

How busy it is comes from the index of what customers wrote: an hour is a range of it, however long the history. Everything about a peak is
read by its own tables, which hold nothing while there was never one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, distinct, func, insert, literal_column, or_, select, update
from sqlalchemy import case as case_when

from webcare.domain.digest import PeakFact
from webcare.domain.message import Direction
from webcare.domain.peak import Filter, Peak
from webcare.domain.sla.promise import Clock, State
from webcare.store.dialect import insert_or_ignore, upsert
from webcare.store.peak_tables import peak, peak_case, peak_level
from webcare.store.queue import IS_OPEN, IS_URGENT
from webcare.store.tables import case, channel, clock, message, notice, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

AFTERWARDS = timedelta(days=14)  # a case that is decided later than that after its peak is nobody's peak any more

_INBOUND = message.c.direction == literal_column(f"'{Direction.INBOUND.value}'")  # written out, for the partial index
_RUNS = and_(peak.c.started_at.is_not(None), peak.c.ended_at.is_(None))
_WITHIN = (
    _INBOUND,
    message.c.channel.in_(bindparam("channels", expanding=True)),
    message.c.created_at >= bindparam("start"),
    message.c.created_at < bindparam("end"),
    message.c.case.is_not(None),
)
_WROTE = select(message.c.channel, func.count(distinct(message.c.case))).where(*_WITHIN).group_by(message.c.channel)
_SAID = (
    select(message.c.case, message.c.channel, message.c.text, message.c.author_name, message.c.author_handle)
    .where(*_WITHIN)
    .order_by(message.c.created_at.desc(), message.c.id.desc())
)
_RUNNING = select(peak).where(_RUNS).order_by(peak.c.id)
_RUNNING_OF = _RUNNING.where(peak.c.brand == bindparam("of_brand"))
_CURRENT = select(peak).where(or_(_RUNS, peak.c.over_at.is_(None))).order_by(peak.c.id)
_CURRENT_OF = _CURRENT.where(peak.c.brand == bindparam("of_brand"))
_MUTED = (
    select(peak_case.c.case, peak_case.c.peak)
    .join(peak, peak.c.id == peak_case.c.peak)
    .where(_RUNS, peak_case.c.case.in_(bindparam("cases", expanding=True)))
)


# --- how busy it is ---


def brands(conn: Connection) -> dict[str, list[str]]:
    """Return the channels of each brand."""
    found: dict[str, list[str]] = {}
    for row in conn.execute(select(channel.c.id, channel.c.brand).order_by(channel.c.id)):
        found.setdefault(row.brand, []).append(row.id)
    return found


def wrote(conn: Connection, channels: Sequence[str], start: datetime, end: datetime) -> dict[str, int]:
    """Return in how many cases customers wrote from `start` to `end`, by channel."""
    found = conn.execute(_WROTE, {"channels": list(channels), "start": start, "end": end})
    return {name: count for name, count in found}  # noqa: C416 - a row is no pair to a type checker


def said(conn: Connection, channels: Sequence[str], start: datetime, end: datetime, limit: int) -> list[Row[Any]]:
    """Return what customers wrote in cases from `start` to `end`, the newest first, with their names."""
    return list(conn.execute(_SAID.limit(limit), {"channels": list(channels), "start": start, "end": end}))


# --- peaks ---


def _peak(row: Row[Any]) -> Peak:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    channels, words = values.pop("channels"), values.pop("words")
    fits = None if values["started_at"] is None else Filter(channels=frozenset(channels or ()), words=tuple(words or ()))
    return Peak(**values, fits=fits)


def running(conn: Connection, brand: str | None = None) -> list[Peak]:
    """Return the peaks that run, of one brand if it is named: at most one each."""
    found = conn.execute(_RUNNING) if brand is None else conn.execute(_RUNNING_OF, {"of_brand": brand})
    return [_peak(row) for row in found]


def current(conn: Connection, brand: str | None = None) -> list[Peak]:
    """Return the peaks that run, and whatever else keeps the house from proposing another one."""
    found = conn.execute(_CURRENT) if brand is None else conn.execute(_CURRENT_OF, {"of_brand": brand})
    return [_peak(row) for row in found]


def get(conn: Connection, number: int) -> Peak | None:
    row = conn.execute(select(peak).where(peak.c.id == number)).first()
    return None if row is None else _peak(row)


def ended(conn: Connection, limit: int) -> list[Peak]:
    """Return the peaks that are over, the newest first."""
    query = select(peak).where(peak.c.ended_at.is_not(None)).order_by(peak.c.started_at.desc(), peak.c.id.desc())
    return [_peak(row) for row in conn.execute(query.limit(limit))]


def add(conn: Connection, **values: Any) -> int:
    number: int = conn.execute(insert(peak).returning(peak.c.id), values).scalar_one()
    return number


def change(conn: Connection, number: int, **values: Any) -> None:
    conn.execute(update(peak).where(peak.c.id == number).values(**values))


# --- their cases ---


def join(conn: Connection, number: int, cases: Iterable[int], now: datetime) -> int:
    """Let cases belong to a peak; return how many did not before."""
    rows = [{"peak": number, "case": one, "joined_at": now} for one in cases]
    return len(conn.execute(insert_or_ignore(conn, peak_case, peak_case.c.case), rows).all()) if rows else 0


def fitting(conn: Connection, fits: Filter, channels: Sequence[str], start: datetime, end: datetime) -> set[int]:
    """Return the open cases in which a customer wrote what belongs to a peak, from `start` to `end`."""
    query = (
        select(message.c.case, message.c.channel, message.c.text).join(case, case.c.id == message.c.case).where(*_WITHIN, IS_OPEN)
    )
    found = conn.execute(query, {"channels": list(channels), "start": start, "end": end})
    return {row.case for row in found if fits.fits(row.channel, row.text)}


def in_running(conn: Connection, cases: Iterable[int]) -> dict[int, int]:
    """Return to which running peak these cases belong."""
    found = conn.execute(_MUTED, {"cases": list(cases)})
    return {one: number for one, number in found}  # noqa: C416 - as above


def of_case(conn: Connection, number: int) -> list[Peak]:
    """Return the peaks that a case belongs to or belonged to, the newest first."""
    query = select(peak).join(peak_case, peak_case.c.peak == peak.c.id).where(peak_case.c.case == number)
    return [_peak(row) for row in conn.execute(query.order_by(peak.c.id.desc()))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the cases of a peak stand. `due_at` is the earliest deadline of an open one, `oldest_at` when the oldest opened."""

    cases: int
    open: int
    late: int
    urgent: int
    due_at: datetime | None
    oldest_at: datetime | None


def standing(conn: Connection, number: int, now: datetime) -> Standing:
    """Count the cases of a peak."""
    is_late = and_(IS_OPEN, case.c.due_at < now)
    row = conn.execute(
        select(
            func.count().label("cases"),
            _sum(IS_OPEN).label("open"),
            _sum(is_late).label("late"),
            _sum(and_(IS_OPEN, IS_URGENT)).label("urgent"),
            func.min(case_when((IS_OPEN, case.c.due_at)), type_=case.c.due_at.type).label("due_at"),
            func.min(case_when((IS_OPEN, case.c.opened_at)), type_=case.c.opened_at.type).label("oldest_at"),
        )
        .select_from(peak_case)
        .join(case, case.c.id == peak_case.c.case)
        .where(peak_case.c.peak == number)
    ).one()
    return Standing(**row._mapping)  # noqa: SLF001 - as above


def _sum(condition: Any) -> Any:
    return func.coalesce(func.sum(case_when((condition, 1), else_=0)), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """First responses of the cases of a peak that were decided by now: how many, how many of them in time, how many have an answer."""

    decided: int
    met: int
    answered: int


def kept(conn: Connection, number: int, now: datetime) -> Kept:
    """Count the first responses of the cases of a peak; one that runs past its deadline is missed, noted or not."""
    is_met = clock.c.state == State.MET.value
    is_missed = and_(clock.c.state.in_([State.MISSED.value, State.RUNNING.value]), clock.c.due_at < now)
    row = conn.execute(
        select(_sum(or_(is_met, is_missed)).label("decided"), _sum(is_met).label("met"), _sum(clock.c.stopped_at.is_not(None)))
        .select_from(peak_case)
        .join(clock, clock.c.case == peak_case.c.case)
        .where(peak_case.c.peak == number, clock.c.clock == Clock.FIRST_RESPONSE.value)
    ).one()
    return Kept(decided=row[0], met=row[1], answered=row[2])


def opened(conn: Connection, number: int) -> list[datetime]:
    """Return when the cases of a peak opened."""
    query = select(case.c.opened_at).join(peak_case, peak_case.c.case == case.c.id).where(peak_case.c.peak == number)
    return list(conn.execute(query).scalars())


def of_day(conn: Connection, start: datetime, end: datetime) -> list[PeakFact]:
    """Return the peaks of which cases may have been decided on a day, with their cases, in the order in which they started."""
    query = select(peak).where(peak.c.started_at < end, or_(peak.c.ended_at.is_(None), peak.c.ended_at >= start - AFTERWARDS))
    found = []
    for row in conn.execute(query.order_by(peak.c.started_at, peak.c.id)).all():
        cases = conn.execute(select(peak_case.c.case).where(peak_case.c.peak == row.id)).scalars()
        numbers = frozenset(str(number) for number in cases)
        found.append(PeakFact(name=row.name or "", started_at=row.started_at, ended_at=row.ended_at, cases=numbers))
    return found


# --- what its levels are told ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What a level heard of a peak; `held` are the steps since it was told last."""

    level: str
    told_at: datetime | None
    held: int
    held_in_all: int


_LEVELS = select(peak_level).where(peak_level.c.peak == bindparam("number")).order_by(peak_level.c.level)


def levels(conn: Connection, number: int) -> list[Level]:
    """Return what each level heard of a peak."""
    return [
        Level(level=row.level, told_at=row.told_at, held=row.held, held_in_all=row.held_in_all)
        for row in conn.execute(_LEVELS, {"number": number})
    ]


def note_level(conn: Connection, number: int, one: Level) -> None:
    """Note how it stands with a level."""
    values = {"peak": number, "level": one.level, "told_at": one.told_at, "held": one.held, "held_in_all": one.held_in_all}
    conn.execute(upsert(conn, peak_level, values, key=["peak", "level"]))


def untold_steps(conn: Connection, number: int) -> list[Row[Any]]:
    """Return the steps of open cases of a peak that nobody was told of and whose deadline still stands, as they were taken."""
    nobody = ~select(notice.c.id).where(notice.c.step == step.c.id).exists()
    return list(
        conn.execute(
            select(step.c.id, step.c.case, step.c.clock, step.c.step, step.c.at, step.c.deadline, case.c.brand)
            .select_from(peak_case)
            .join(case, case.c.id == peak_case.c.case)
            .join(step, step.c.case == case.c.id)
            .where(
                peak_case.c.peak == number, IS_OPEN, step.c.clock == case.c.due_clock, step.c.deadline == case.c.due_at, nobody
            )
            .order_by(step.c.at, step.c.id)
        )
    )

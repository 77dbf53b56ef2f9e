"""The queue as the database gives it: which cases, in which order, how many. Each condition stands as its index does (tables.py).

    open      by deadline, what nobody waits for last       snoozed   by when they wake       closed   the last closed first

A page is read by two indexes at most: deadlines, then what has none. `state = 'open'` is written out: a parameter would keep both
databases off a partial index.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal, literal_column, or_, select, tuple_

from webcare.domain.case import CaseState
from webcare.domain.sla.events import EventType
from webcare.domain.sla.promise import Clock, State
from webcare.domain.verdict import Urgency
from webcare.store.house_tables import person
from webcare.store.label_tables import case_tag
from webcare.store.peak_tables import peak_case
from webcare.store.tables import case, case_event, channel, clock, message, step, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, Select

IS_OPEN: ColumnElement[bool] = case.c.state == literal_column(f"'{CaseState.OPEN.value}'")
IS_CLOSED: ColumnElement[bool] = case.c.state == literal_column(f"'{CaseState.CLOSED.value}'")
IS_URGENT: ColumnElement[bool] = case.c.urgency == literal_column(f"'{Urgency.HIGH.value}'")
IS_SNOOZED = case.c.snoozed_until.is_not(None)
ENOUGH = 1000  # nobody reads on from there, and counting further would cost what the page may take


class Shelf(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What the cases of a page have in common. `claimed_by` is a person; `among` keeps only these numbers; each of `labels` holds.

    `grouped` are peaks that stand in one line of their own: of their cases only the urgent ones are shown.
    """

    shelf: Shelf = Shelf.OPEN
    channel: str | None = None
    kind: str | None = None
    labels: tuple[str, ...] = ()
    claimed_by: str | None = None
    unclaimed: bool = False
    unsure: bool = False
    urgent: bool = False
    due_before: datetime | None = None
    brand: str | None = None
    tag: str | None = None
    among: frozenset[int] | None = None
    peak: int | None = None
    grouped: tuple[int, ...] = ()
    by_risk: bool = False  # open cases: what is least likely answered in time first


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """Where the page before ended: the instant it was ordered by, and the case; `on_time` of it where risk is the order."""

    at: datetime | None
    case: int
    on_time: int | None = None


# --- rows ---


def page(conn: Connection, where: Where, limit: int, after: After | None = None) -> list[Row[Any]]:
    """Return the cases that come first, after what was shown before."""
    conditions = list(_conditions(where))
    if where.shelf is Shelf.CLOSED:
        return _read(conn, conditions, case.c.closed_at, limit, after, falling=True)
    if where.shelf is Shelf.SNOOZED:
        return _read(conn, conditions, case.c.snoozed_until, limit, after)
    found: list[Row[Any]] = []
    if where.by_risk and (after is None or after.at is not None):
        found = _by_risk(conn, conditions, limit, after)
        after = None
    elif after is None or after.at is not None:
        found = _read(conn, [*conditions, case.c.due_at.is_not(None)], case.c.due_at, limit, after)
        after = None
    if len(found) < limit and where.due_before is None:
        rest = [*conditions, case.c.due_at.is_(None)]
        if after is not None:
            rest.append(case.c.id > after.case)
        found += conn.execute(select(case).where(*rest).order_by(case.c.id).limit(limit - len(found)))
    return found


def cases(conn: Connection, numbers: Sequence[int]) -> list[Row[Any]]:
    """Return these cases, wherever they stand."""
    return list(conn.execute(select(case).where(case.c.id.in_(numbers))))


def _read(
    conn: Connection,
    conditions: Sequence[ColumnElement[bool]],
    order: ColumnElement[Any],
    limit: int,
    after: After | None,
    *,
    falling: bool = False,
) -> list[Row[Any]]:
    query = select(case).where(*conditions)
    if after is not None:
        there, here = tuple_(order, case.c.id), tuple_(literal(after.at, order.type), literal(after.case))
        query = query.where(there < here if falling else there > here)
    ordered = (order.desc(), case.c.id.desc()) if falling else (order, case.c.id)
    return list(conn.execute(query.order_by(*ordered).limit(limit)))


def _by_risk(conn: Connection, conditions: Sequence[ColumnElement[bool]], limit: int, after: After | None) -> list[Row[Any]]:
    """Return what has a deadline: estimated cases by their chance, then the others by their deadline. Each is a stretch of one index."""
    order = (case.c.on_time, case.c.due_at, case.c.id)
    found: list[Row[Any]] = []
    if after is None or after.on_time is not None:
        query = select(case).where(*conditions, case.c.on_time.is_not(None))
        if after is not None:
            here = (literal(after.on_time), literal(after.at, case.c.due_at.type), literal(after.case))
            query = query.where(tuple_(*order) > tuple_(*here))
        found = list(conn.execute(query.order_by(*order).limit(limit)))
        after = None
    if len(found) < limit:
        query = select(case).where(*conditions, case.c.on_time.is_(None), case.c.due_at.is_not(None))
        if after is not None:
            query = query.where(tuple_(*order[1:]) > tuple_(literal(after.at, case.c.due_at.type), literal(after.case)))
        found += conn.execute(query.order_by(*order).limit(limit - len(found)))
    return found


def _conditions(where: Where) -> Iterable[ColumnElement[bool]]:
    yield IS_CLOSED if where.shelf is Shelf.CLOSED else IS_OPEN
    if where.shelf is Shelf.SNOOZED:
        yield IS_SNOOZED
    elif where.shelf is Shelf.OPEN:
        yield _is_shown()
    if where.channel is not None:
        yield _on_channel(where.channel)
    if where.kind is not None:
        yield case.c.kind == where.kind
    for label in where.labels:
        yield case.c.labels.contains(f" {label} ", autoescape=True)
    if where.claimed_by is not None:
        yield case.c.claimed_by == where.claimed_by
    if where.unclaimed:
        yield case.c.claimed_by.is_(None)
    if where.unsure:
        yield case.c.unsure
    if where.urgent:
        yield IS_URGENT
    if where.due_before is not None:
        yield case.c.due_at < where.due_before
    if where.brand is not None:
        yield case.c.brand == where.brand
    if where.among is not None:
        yield case.c.id.in_(where.among)
    yield from _of_tag(where)
    yield from _of_peaks(where)


def _of_tag(where: Where) -> Iterable[ColumnElement[bool]]:
    if where.tag is not None:
        yield case.c.id.in_(select(case_tag.c.case).where(case_tag.c.tag == where.tag))


def _of_peaks(where: Where) -> Iterable[ColumnElement[bool]]:
    if where.peak is not None:
        yield case.c.id.in_(select(peak_case.c.case).where(peak_case.c.peak == where.peak))
    if where.grouped:
        belongs = select(peak_case.c.case).where(peak_case.c.case == case.c.id, peak_case.c.peak.in_(where.grouped)).exists()
        yield or_(IS_URGENT, ~belongs)


def _is_shown() -> ColumnElement[bool]:
    """A snoozed case is out of sight, but not while somebody waits: a pause never hides an unanswered customer."""
    return or_(case.c.snoozed_until.is_(None), case.c.due_at.is_not(None))


def _on_channel(name: str) -> ColumnElement[bool]:
    """`name` is an account, `kind:account`, or a kind."""
    if ":" in name:
        return case.c.channel == name
    return case.c.channel.in_(select(channel.c.id).where(channel.c.kind == name))


# --- what stands in a row ---


def said(conn: Connection, cases: Sequence[int]) -> list[Row[Any]]:
    """Return the lines of these cases that have a message or stop a wait, in the order in which they happened."""
    types = [EventType.INBOUND, EventType.EDIT, EventType.ANSWER, EventType.BOT, EventType.WITHDRAWN, EventType.VERDICT]
    return list(
        conn.execute(
            select(case_event.c.case, case_event.c.at, case_event.c.type, case_event.c.data, case_event.c.message)
            .where(case_event.c.case.in_(cases), case_event.c.type.in_([type_.value for type_ in types]))
            .order_by(case_event.c.case, case_event.c.at, case_event.c.seq)
        )
    )


def texts(conn: Connection, messages: Sequence[int]) -> Mapping[int, Row[Any]]:
    """Return these messages with what was made of each."""
    columns = (
        message.c.id,
        message.c.text,
        message.c.attachments,
        message.c.author_handle,
        message.c.created_at,
        verdict.c.intents,
        verdict.c.sentiment,
        verdict.c.scores,
        verdict.c.unsure,
        verdict.c.language,
        verdict.c.by,
    )
    joined: Select[Any] = select(*columns).outerjoin(verdict, verdict.c.id == message.c.verdict)
    return {row.id: row for row in conn.execute(joined.where(message.c.id.in_(messages)))}


def open_clocks(conn: Connection, cases: Sequence[int]) -> list[Row[Any]]:
    """Return the clocks of these cases on which somebody still waits, the earliest deadline first."""
    runs = or_(clock.c.state == State.RUNNING.value, and_(clock.c.state == State.MISSED.value, clock.c.stopped_at.is_(None)))
    which = clock.c.clock != Clock.REPLY_WINDOW.value
    return list(conn.execute(select(clock).where(clock.c.case.in_(cases), runs, which).order_by(clock.c.case, clock.c.due_at)))


def steps(conn: Connection, cases: Sequence[int]) -> list[Row[Any]]:
    """Return the steps that these cases have taken, in the order of their instants."""
    columns = (step.c.case, step.c.clock, step.c.deadline, step.c.rung, step.c.step, step.c.at)
    return list(conn.execute(select(*columns).where(step.c.case.in_(cases)).order_by(step.c.case, step.c.at, step.c.id)))


# --- counts ---


def counts(conn: Connection, *, now: datetime, soon: datetime, person_id: str) -> dict[str, int]:
    """Count the open cases as people look at them, each up to one more than `ENOUGH`. One statement, an index each."""
    is_theirs = case.c.claimed_by == person_id
    wanted = {
        "open": [IS_OPEN, _is_shown()],
        "mine": [IS_OPEN, _is_shown(), case.c.claimed_by.is_not(None), is_theirs],
        "unclaimed": [IS_OPEN, _is_shown(), case.c.claimed_by.is_(None)],
        "unsure": [IS_OPEN, _is_shown(), case.c.unsure],
        "urgent": [IS_OPEN, _is_shown(), IS_URGENT],
        "late": [IS_OPEN, case.c.due_at < now],
        "within_hour": [IS_OPEN, case.c.due_at >= now, case.c.due_at < soon],
        "snoozed": [IS_OPEN, IS_SNOOZED],
    }
    row = conn.execute(select(*(_up_to_enough(where).label(name) for name, where in wanted.items()))).one()
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def counts_by_channel(conn: Connection) -> dict[str, int]:
    """Count the open cases of each channel, each up to one more than `ENOUGH`."""
    of = (IS_OPEN, _is_shown(), case.c.channel == channel.c.id)
    found = select(channel.c.id, _up_to_enough(of).label("cases")).order_by(channel.c.id)
    return {row.id: row.cases for row in conn.execute(found)}


def _up_to_enough(where: Iterable[ColumnElement[bool]], *order: ColumnElement[Any]) -> ScalarSelect[int]:
    of: Select[Any] = select(literal_column("1").label("one")).select_from(case).where(*where).order_by(*order)
    some: Select[Any] = of.limit(ENOUGH + 1).correlate(channel)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def up_to_enough(conn: Connection, wheres: Sequence[Where]) -> list[int]:
    """Count the cases of each of these, up to `ENOUGH` and a bit more: one statement for all."""
    if not wheres:
        return []
    return list(conn.execute(select(*(_size(where).label(f"n{n}") for n, where in enumerate(wheres)))).one())


def _size(where: Where) -> ColumnElement[int]:
    """Count along the index that the page is read by: without an order SQLite takes another one, and reads every case."""
    conditions = list(_conditions(where))
    if where.shelf is Shelf.CLOSED:
        return _up_to_enough(conditions, case.c.closed_at.desc())
    if where.shelf is Shelf.SNOOZED:
        return _up_to_enough(conditions, case.c.snoozed_until)
    due = _up_to_enough([*conditions, case.c.due_at.is_not(None)], case.c.due_at)
    return due + _up_to_enough([*conditions, case.c.due_at.is_(None)], case.c.id)


def last_answered(conn: Connection) -> Row[Any, Any] | None:
    """Return when somebody who waited was last answered in time, and what the deadline was."""
    met = clock.c.state == literal_column(f"'{State.MET.value}'")
    return conn.execute(
        select(clock.c.stopped_at, clock.c.due_at).where(met).order_by(clock.c.stopped_at.desc()).limit(1)
    ).first()


def people_in(conn: Connection, roles: Sequence[str]) -> list[Row[Any]]:
    """Return who has one of these roles, by name."""
    query = select(person.c.id, person.c.name).where(person.c.role.in_(roles)).order_by(person.c.name, person.c.id)
    return list(conn.execute(query))


# --- the next one ---


def most_urgent(conn: Connection) -> int | None:
    """Return the case that somebody should take now, locked; what another unit has locked is left to it. Urgency comes before time."""
    free = (IS_OPEN, case.c.claimed_by.is_(None), case.c.snoozed_until.is_(None), case.c.due_at.is_not(None))
    for more in ((IS_URGENT,), ()):
        query = select(case.c.id).where(*free, *more).order_by(case.c.due_at, case.c.id).limit(1)
        found: int | None = conn.execute(query.with_for_update(skip_locked=True)).scalar()
        if found is not None:
            return found
    return None

"""Cases: the log, and the projections that follow from it.

Whoever appends to a log locks its case first (`lock`), so that two daemons write one after the other; SQLite has one writer anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, delete, insert, literal_column, select, update
from sqlalchemy import case as sql_case

from webcare.domain.case import CaseState, FoundBy, Standing
from webcare.domain.durations import format_duration, parse_duration
from webcare.domain.message import Kind
from webcare.domain.sla.events import Event, EventType
from webcare.domain.sla.promise import Clock
from webcare.domain.verdict import Urgency
from webcare.store.dialect import insert_or_ignore
from webcare.store.tables import case, case_event, clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row, Update

    from webcare.domain.sla.evaluate import Evaluation
    from webcare.domain.sla.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case without its log."""

    id: int
    brand: str
    channel: str
    conversation_id: str
    customer_id: str
    customer_name: str | None
    kind: Kind
    opening_message: int
    found_by: FoundBy
    queue: str
    revision: int
    policy: str
    policy_why: str
    state: CaseState
    urgency: Urgency
    unsure: bool
    opened_at: datetime
    closed_at: datetime | None
    claimed_by: str | None
    due_clock: str | None
    due_at: datetime | None
    next_check_at: datetime | None
    snoozed_until: datetime | None
    events: int

    @property
    def standing(self) -> Standing:
        return Standing(state=self.state, claimed_by=self.claimed_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a case's log; `message` is our number of the message that it is about."""

    event: Event
    learned_at: datetime
    message: int | None = None
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    brand: str
    channel: str
    conversation_id: str
    customer_id: str
    customer_name: str | None
    kind: Kind
    opening_message: int
    previous_case: int | None
    found_by: FoundBy
    queue: str
    revision: int
    policy: str
    policy_why: str
    urgency: Urgency
    unsure: bool
    opened_at: datetime


_COLUMNS = [c for c in case.c if c.name not in ("previous_case", "labels", "on_time", "claim_ends_at", "claim_active_at")]


def _row(row: Row[Any]) -> CaseRow:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["found_by"], values["state"] = FoundBy(values["found_by"]), CaseState(values["state"])
    return CaseRow(**{**values, "kind": Kind(values["kind"]), "urgency": Urgency(values["urgency"])})


# --- finding ---

_CASE = select(*_COLUMNS)
_GET = _CASE.where(case.c.id == bindparam("id"))
_SOME = _CASE.where(case.c.id.in_(bindparam("ids", expanding=True)))
_LOCK = _GET.with_for_update()
_OF_CUSTOMER = (
    _CASE.where(
        case.c.channel == bindparam("channel"),
        case.c.conversation_id == bindparam("conversation"),
        case.c.customer_id == bindparam("customer"),
    )
    .order_by(case.c.opened_at.desc(), case.c.id.desc())
    .with_for_update()
)
_DUE = (
    _CASE.where(case.c.next_check_at <= bindparam("now"))
    .order_by(case.c.next_check_at, case.c.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
_ANY_DUE = (  # the order is for PostgreSQL: without it any row would do, and it reads the table for the one that there is not
    select(case.c.id).where(case.c.next_check_at <= bindparam("now")).order_by(case.c.next_check_at).limit(1)
)

_IS_BEHIND = (case.c.state == literal_column(f"'{CaseState.OPEN.value}'"), case.c.revision < bindparam("revision", type_=Integer))
_ANY_BEHIND = select(case.c.id).where(*_IS_BEHIND).order_by(case.c.revision).limit(1)
_BEHIND = (
    _CASE.where(*_IS_BEHIND)
    .order_by(case.c.revision, case.c.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
_RENUMBER = (
    update(case)
    .where(case.c.id.in_(bindparam("cases", expanding=True)))
    .values(revision=bindparam("to", type_=Integer), policy=bindparam("name"), policy_why=bindparam("why"))
)


def get(conn: Connection, case_id: int) -> CaseRow | None:
    row = conn.execute(_GET, {"id": case_id}).first()
    return None if row is None else _row(row)


def some(conn: Connection, case_ids: Iterable[int]) -> dict[int, CaseRow]:
    """Return these cases by number."""
    return {row.id: _row(row) for row in conn.execute(_SOME, {"ids": list(case_ids)})}


def lock(conn: Connection, case_id: int) -> CaseRow:
    """Return the case and keep others from changing it until this unit ends."""
    return _row(conn.execute(_LOCK, {"id": case_id}).one())


def of_customer(conn: Connection, channel: str, conversation_id: str, customer_id: str) -> list[CaseRow]:
    """Return a customer's cases in one conversation, the newest first, locked."""
    values = {"channel": channel, "conversation": conversation_id, "customer": customer_id}
    return [_row(row) for row in conn.execute(_OF_CUSTOMER, values)]


def due(conn: Connection, now: datetime, limit: int) -> list[CaseRow]:
    """Return cases that are to be looked at, locked; those that another daemon has in hand are left to it."""
    return [_row(row) for row in conn.execute(_DUE, {"now": now, "limit": limit})]


def has_another_open(conn: Connection, row: CaseRow) -> bool:
    """Tell whether the customer has another open case in this conversation."""
    known = of_customer(conn, row.channel, row.conversation_id, row.customer_id)
    return any(other.id != row.id and other.state is CaseState.OPEN for other in known)


def any_due(conn: Connection, now: datetime) -> bool:
    """Tell whether a sweep has work: one read of an index."""
    return conn.execute(_ANY_DUE, {"now": now}).first() is not None


def look_again(conn: Connection, case_id: int, at: datetime) -> None:
    """Let the sweep leave a case alone until then."""
    conn.execute(update(case).where(case.c.id == case_id).values(next_check_at=at))


def any_behind(conn: Connection, revision: int) -> bool:
    """Tell whether an open case goes by an older rule book: one read of an index."""
    return conn.execute(_ANY_BEHIND, {"revision": revision}).first() is not None


def behind(conn: Connection, revision: int, limit: int) -> list[CaseRow]:
    """Return open cases of older rule books, locked; those that another daemon has in hand are left to it."""
    return [_row(row) for row in conn.execute(_BEHIND, {"revision": revision, "limit": limit})]


def renumber(conn: Connection, case_ids: Sequence[int], *, revision: int, policy: str, why: str) -> None:
    """Note that cases go by a policy of this rule book, which says the same of them as theirs did."""
    conn.execute(_RENUMBER, {"cases": list(case_ids), "to": revision, "name": policy, "why": why})


# --- the log ---


_APPEND = insert(case_event)
_LOG = select(case_event).where(case_event.c.case == bindparam("case")).order_by(case_event.c.seq)
_LOGS = (
    select(case_event)
    .where(case_event.c.case.in_(bindparam("cases", expanding=True)))
    .order_by(case_event.c.case, case_event.c.seq)
)


def open_case(conn: Connection, new: NewCase) -> CaseRow | None:
    """Return the new case, its log still empty; None when somebody else opened one for this customer and conversation just now."""
    row = {name: getattr(new, name) for name in NewCase.__dataclass_fields__}
    row.update(state=CaseState.OPEN.value, events=0, kind=new.kind.value, found_by=new.found_by.value, urgency=new.urgency.value)
    opened = conn.execute(insert_or_ignore(conn, case, *_COLUMNS), row).first()
    return None if opened is None else _row(opened)


def append(conn: Connection, row: CaseRow, lines: Sequence[LogLine]) -> CaseRow:
    """Write lines at the end of a locked case's log and return the case with its longer log, for `project` to note."""
    values = [
        {
            "case": row.id,
            "seq": row.events + i,
            "at": line.event.at,
            "learned_at": line.learned_at,
            "type": line.event.type.value,
            "data": {**(line.data or {}), **_facts(line.event)},
            "by": line.event.by,
            "message": line.message,
        }
        for i, line in enumerate(lines)
    ]
    conn.execute(_APPEND, values)
    return replace(row, events=row.events + len(lines))


def log(conn: Connection, case_id: int) -> list[LogLine]:
    """Return the log of a case, in the order in which it was written."""
    return [_line(row) for row in conn.execute(_LOG, {"case": case_id})]


def logs(conn: Connection, case_ids: Iterable[int]) -> dict[int, list[LogLine]]:
    """Return the logs of cases."""
    found: dict[int, list[LogLine]] = {case_id: [] for case_id in case_ids}
    if len(found) == 1:
        return {case_id: log(conn, case_id) for case_id in found}
    for row in conn.execute(_LOGS, {"cases": list(found)}):
        found[row.case].append(_line(row))
    return found


def _line(row: Row[Any]) -> LogLine:
    return LogLine(event=_event(row), learned_at=row.learned_at, message=row.message, data=row.data)


def _facts(event: Event) -> dict[str, Any]:
    """Return what the engine must read back."""
    facts: dict[str, Any] = {}
    if event.type in (EventType.INBOUND, EventType.EDIT, EventType.VERDICT):
        facts["needs_response"] = event.needs_response
    if event.ref is not None:
        facts["ref"] = event.ref
    if event.to is not None:
        facts["to"] = event.to
    if event.within is not None:
        facts["within"] = format_duration(event.within)
    return facts


def _event(row: Row[Any]) -> Event:
    data = row.data
    return Event(
        at=row.at,
        type=EventType(row.type),
        ref=data.get("ref"),
        needs_response=data.get("needs_response", True),
        to=data.get("to"),
        within=parse_duration(data["within"]) if "within" in data else None,
        by=row.by,
    )


# --- projections ---


_CLEAR = delete(clock).where(clock.c.case == bindparam("number"))
_CLOCKS = insert(clock)


def project(conn: Connection, row: CaseRow, found: Evaluation, *, is_new: bool = False, **columns: Any) -> None:
    """Write what follows from the log as of `found.now`: the case's columns and one row for each exchange of each clock."""
    line, next_due = found.timeline, found.next_due
    values = {
        "state": (CaseState.OPEN if line.closed_at is None else CaseState.CLOSED).value,
        "closed_at": line.closed_at,
        "opened_at": line.opened_at or row.opened_at,
        "due_clock": None if next_due is None else next_due.clock.value,
        "due_at": None if next_due is None else next_due.at,
        "next_check_at": found.watch_at,
        "events": row.events,
        **columns,
    }
    conn.execute(_update(frozenset(values)), {"number": row.id, "is_due": values["due_at"], **values})
    rows = [
        _clock_row(row.id, reading, nth)
        for which, readings in found.exchanges.items()
        if which is not Clock.REPLY_WINDOW
        for nth, reading in enumerate(readings)
    ]
    if not is_new:
        conn.execute(_CLEAR, {"number": row.id})
    if rows:
        conn.execute(_CLOCKS, rows)


@cache
def _update(columns: frozenset[str]) -> Update:
    """Another deadline has another chance: what was estimated goes, until it is estimated anew."""
    same = sql_case((case.c.due_at == bindparam("is_due", type_=case.c.due_at.type), case.c.on_time), else_=None)
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return update(case).where(case.c.id == bindparam("number")).values({**values, "on_time": same})


def _clock_row(case_id: int, reading: Reading, nth: int) -> dict[str, Any]:
    return {
        "case": case_id,
        "clock": reading.clock.value,
        "nth": nth,
        "state": reading.state.value,
        "started_at": reading.started_at,
        "due_at": reading.due_at,
        "stopped_at": reading.stopped_at,
        "elapsed_s": reading.elapsed / timedelta(seconds=1),
        "target_s": reading.target / timedelta(seconds=1),
    }

"""All clear: whoever was told of a wait hears once that it is over, unless they knew.

Two reasons to say so: a late fact disproves what somebody was told; or somebody was called in from the next level on, or told of a broken
promise, and has neither answered nor said that they saw it. Never before they were told, never to whoever ended it, once a wait. In quiet
hours it is not said at all: nobody is to be woken because all is well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from webcare.domain.rota import LevelName, Person, Role, quiet_until
from webcare.domain.sla.events import EventType
from webcare.domain.sla.promise import CAPPED, Clock, State
from webcare.services import outgoing
from webcare.services.contact import first_method
from webcare.store import all_clears, people

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from webcare.domain.sla.evaluate import Evaluation
    from webcare.domain.sla.readings import Reading
    from webcare.services.rules import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow, LogLine

IN_TIME, ANSWERED, CLOSED, DROPPED = "in_time", "answered", "closed", "dropped"
_CALLED_IN = (LevelName.NEXT.value, LevelName.LEAD.value)
_ENDS = {EventType.ANSWER: ANSWERED, EventType.CLOSE: CLOSED}
_LEVELS = {level.value for level in LevelName}


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a wait ended, when, and by whom, if by a person."""

    what: str
    at: datetime
    by: str | None
    in_time: bool


def tell(conn: Connection, row: CaseRow, log: Sequence[LogLine], found: Evaluation, rules: Rules) -> int:
    """Tell that a wait of this case is over to those who were told of it; return to how many."""
    if not rules.alerts.all_clear or not any(not one.is_open for readings in found.exchanges.values() for one in readings):
        return 0
    told = all_clears.told(conn, row.id)
    ends = {wait: end_of(found, log, *wait) for wait in {(Clock(one.clock), one.deadline) for one in told}}
    heard: dict[str, dict[tuple[Clock, datetime], End]] = {}
    for one in told:
        wait = Clock(one.clock), one.deadline
        end = ends[wait]
        if end is not None and one.person != end.by and (what := _what(one, end)) is not None:
            theirs = heard.setdefault(one.person, {})
            if what == IN_TIME or wait not in theirs:
                theirs[wait] = replace(end, what=what)
    for person, waits in heard.items():
        _tell(conn, row, person, waits, rules, found.now)
    return len(heard)


def _what(one: Any, end: End) -> str | None:
    """Return what somebody who was told of a step hears of its end; None when they need not hear of it."""
    is_called_in = one.level in _CALLED_IN or one.at == one.deadline
    if end.at <= one.at:  # they were told of what was not so
        return IN_TIME if end.in_time else end.what
    return end.what if is_called_in and one.acked_at is None else None


def end_of(found: Evaluation, log: Sequence[LogLine], clock: Clock, deadline: datetime) -> End | None:
    """Return how the wait of this deadline ended; None while it goes on, or has another deadline by now, which tells of itself."""
    readings = _of_window(found) if clock is Clock.REPLY_WINDOW else _of_wait(found.exchanges[clock], deadline)
    if not readings or any(one.is_open for one in readings):
        return None
    last = max(readings, key=lambda one: one.stopped_at or found.now)
    at = last.stopped_at or found.timeline.closed_at or found.now
    lines = [line.event for line in log if line.event.at == at]
    line = next((event for event in lines if event.type in _ENDS), lines[-1] if lines else None)
    what = DROPPED if line is None else _ENDS.get(line.type, DROPPED)
    is_in_time = last.state is State.MET and what == ANSWERED
    return End(what=what, at=at, by=None if line is None else line.by, in_time=is_in_time)


def _of_window(found: Evaluation) -> list[Reading]:
    return [one for clock in CAPPED for one in found.exchanges[clock]]


def _of_wait(readings: Sequence[Reading], deadline: datetime) -> list[Reading]:
    """Return the exchanges with this deadline; where there is none and nobody waits, those that were dropped, which have none."""
    same = [one for one in readings if one.due_at == deadline]
    if same or any(one.is_open for one in readings):
        return same
    return [one for one in readings if one.state is State.DROPPED]


def _tell(
    conn: Connection, row: CaseRow, person_id: str, waits: Mapping[tuple[Clock, datetime], End], rules: Rules, now: datetime
) -> None:
    person = people.person(conn, person_id)
    if person is None and person_id in _LEVELS:  # was told for want of a rota, by the last resort
        person = Person(id=person_id, name=person_id, role=Role.AGENT, contacts=(), zone="UTC")
    about = {"case": row.id, "person": person_id, "at": now}
    rows = [
        {**about, "clock": clock.value, "deadline": deadline, "what": end.what, "ended_at": end.at, "by": end.by}
        for (clock, deadline), end in waits.items()
    ]
    numbers = all_clears.note(conn, rows)
    if not numbers or person is None or quiet_until(person, now) is not None:
        return
    way = outgoing.Way(person=person, brand=row.brand, method=first_method(person))
    all_clears.attach(conn, numbers, outgoing.say(conn, way, f"clear:{numbers[0]}", rules, now))

"""Watch: take every step that is due, once, and choose who is told, in the same transaction.

One `now` a sweep. When nothing is due a sweep is one read of an index. What a missed sweep left lying is found by the next one; several
steps that a person must hear of at one sweep are one alert.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from webcare.domain.durations import format_instant
from webcare.domain.rota import level_for, recipients
from webcare.domain.sla.promise import Clock
from webcare.domain.verdict import Urgency
from webcare.services.contact import first_method
from webcare.services.settle import read, settle
from webcare.store import cases, people, rulebooks, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from webcare.domain.rota import LevelName, Person, Rota
    from webcare.domain.sla.evaluate import Evaluation
    from webcare.domain.sla.ladder import Due
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow, LogLine
    from webcare.store.door import Store

log = structlog.get_logger()

BATCH = 500
PUT_OFF = timedelta(minutes=15)  # how long a case that cannot be computed is left alone


class StaleRules(Exception):  # noqa: N818 - it is what happened, and its message is what the operator reads
    """Another daemon works by a newer rule book: this one may not decide anything until it is started with that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    cases: int
    steps: int
    alerts: int


NOTHING = Sweep(cases=0, steps=0, alerts=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A rung that a case has reached, with all that is known of the case."""

    row: CaseRow
    due: Due
    found: Evaluation

    @property
    def level(self) -> LevelName | None:
        """Who must hear of it; None when it is only shown in the inbox."""
        is_breach = self.due.rung.is_breach and self.due.clock is not Clock.REPLY_WINDOW
        return level_for(self.due.rung.step, is_breach=is_breach)


async def watch(store: Store, rules: Rules, now: datetime, *, peek: bool = True) -> Sweep:
    """Sweep once; call again while it finds cases. `peek` looks first whether there are any, without waiting for a writer."""
    if peek and not await store.read(cases.any_due, now):
        return NOTHING
    return await store.write(sweep, rules, now)


def sweep(conn: Connection, rules: Rules, now: datetime, limit: int = BATCH) -> Sweep:
    """Look at the cases whose time has come: decide, address, and bring them up to date.

    Raises:
        StaleRules: the database knows a newer rule book than ours.
    """
    due = cases.due(conn, now, limit)
    if not due:
        return NOTHING
    newest = rulebooks.newest_revision(conn)
    if newest is not None and newest > rules.revision:
        raise StaleRules(
            f"this daemon works by rule book {rules.revision}, the newest is {newest}: start it with the new policies"
        )
    logs = cases.logs(conn, [row.id for row in due])
    found = [(row, e) for row in due if (e := _settled(conn, row, logs[row.id], rules, now)) is not None]
    reached = {steps.key_of(row.id, d): Reached(row=row, due=d, found=e) for row, e in found for d in _decisions(e, logs[row.id])}
    taken = steps.decided(conn, {one.row.id for one in reached.values()})
    reached = {key: one for key, one in reached.items() if key not in taken}
    new = steps.decide(conn, [(one.row.id, one.due) for one in reached.values()], now)
    decided = [(reached[key], number) for key, number in sorted(new.items(), key=lambda item: item[1])]
    return Sweep(cases=len(due), steps=len(decided), alerts=_address(conn, decided, now))


def _settled(conn: Connection, row: CaseRow, lines: Sequence[LogLine], rules: Rules, now: datetime) -> Evaluation | None:
    """Bring a case up to date; one that cannot be computed is put off, so that it does not silence all others."""
    try:
        found = read(row, lines, rules, now)
    except Exception:  # whatever it is: nothing was written, and the other cases must hear of their deadlines
        log.exception("watch.not_computed", case=row.id)
        cases.look_again(conn, row.id, now + PUT_OFF)
        return None
    settle(conn, row, lines, found)
    return found


def _decisions(found: Evaluation, lines: Sequence[LogLine]) -> Iterator[Due]:
    """Yield the rungs reached. The breach of a clock that has ended is told only if we knew the case by then."""
    known_at = min(line.learned_at for line in lines)
    open_clocks = {id(due) for rungs in found.ladders for due in rungs}
    for due in found.decisions:
        if id(due) in open_clocks or known_at <= due.at:
            yield due


# --- who is told, and of what ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One person is told of one step."""

    step: int
    reached: Reached
    person: Person
    why: str


def _address(conn: Connection, decided: Sequence[tuple[Reached, int]], now: datetime) -> int:
    """Choose who is told of each step and queue one alert a person; return how many."""
    addressed = [(one, number, level) for one, number in decided if (level := one.level) is not None]
    if not addressed:
        return 0
    rota = people.rota(conn)
    notices = [
        Notice(step=number, reached=one, person=chosen.person, why=chosen.reason)
        for one, number, level in addressed
        for chosen in recipients(rota, level, now, urgent=one.row.urgency is Urgency.HIGH)
    ]
    told = _told(conn, rota, notices) if rota is not None else {}
    numbers = steps.tell(conn, [steps.Told(step=n.step, person=n.person.id, why=n.why) for n in notices])
    bundles: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        bundles.setdefault((notice.reached.row.brand, notice.person.id), []).append(notice)
    for (brand, _), bundle in bundles.items():
        _queue(conn, bundle, [numbers[n.step, n.person.id] for n in bundle], told, brand=brand, now=now)
    return len(bundles)


Others = dict[int, dict[str, dict[str, Any]]]  # case -> person -> name, and when they were told


def _told(conn: Connection, rota: Rota, notices: Sequence[Notice]) -> Others:
    """Return who of our people knows of each case: those who were told before, and without a time those who are told now."""
    names = {person.id: person.name for person in rota.people}
    before = steps.told_before(conn, {n.reached.row.id for n in notices})
    told: Others = {
        case_id: {who: {"name": names[who], "at": format_instant(at)} for who, at in known if who in names}
        for case_id, known in before.items()
    }
    for notice in notices:
        if notice.person.id in names:
            told.setdefault(notice.reached.row.id, {}).setdefault(notice.person.id, {"name": notice.person.name})
    return told


def _queue(
    conn: Connection, bundle: Sequence[Notice], numbers: Sequence[int], told: Others, *, brand: str, now: datetime
) -> None:
    person = bundle[0].person
    facts = [_facts(n.reached, told.get(n.reached.row.id), person) for n in bundle]
    ordered = sorted(facts, key=lambda f: (f["urgency"] != Urgency.HIGH.value, f["deadline"], f["case"]))
    steps.queue_alert(
        conn,
        brand=brand,
        person=person.id,
        method=first_method(person),
        key=f"alert:{numbers[0]}",
        content={"cases": ordered},
        notices=numbers,
        now=now,
    )


def _facts(one: Reached, told: dict[str, dict[str, Any]] | None, reader: Person) -> dict[str, Any]:
    """Return what an alert may say without a customer's words; letters/README.md explains each."""
    row, due = one.row, one.due
    facts = {
        "case": row.id,
        "channel": row.channel,
        "kind": row.kind.value,
        "urgency": row.urgency.value,
        "unsure": row.unsure,
        "clock": due.clock.value,
        "step": due.rung.step,
        "rung": due.rung.key,
        "at": format_instant(due.at),
        "deadline": format_instant(due.deadline),
    }
    ended_at = _ended_at(one.found, due)
    if ended_at is not None:
        facts["ended_at"] = format_instant(ended_at)
    if told is not None:
        facts["told"] = [known for who, known in told.items() if who != reader.id]
    return facts


def _ended_at(found: Evaluation, due: Due) -> datetime | None:
    """Return when the clock of a deadline stopped too late; None while somebody still waits."""
    if due.clock is Clock.REPLY_WINDOW:
        return None
    readings = [reading for reading in found.exchanges[due.clock] if reading.due_at == due.deadline]
    stops = [reading.stopped_at for reading in readings if reading.stopped_at is not None and not reading.is_open]
    return max(stops) if stops and len(stops) == len(readings) else None

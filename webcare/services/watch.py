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
from webcare.services.settle import read, settle
from webcare.store import cases, rulebooks, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from webcare.domain.rota import Rota
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


async def watch(store: Store, rules: Rules, rota: Rota | None, now: datetime, *, peek: bool = True) -> Sweep:
    """Sweep once; call again while it finds cases. `peek` looks first whether there are any, without waiting for a writer."""
    if peek and not await store.read(cases.any_due, now):
        return NOTHING
    return await store.write(sweep, rules, rota, now)


def sweep(conn: Connection, rules: Rules, rota: Rota | None, now: datetime, limit: int = BATCH) -> Sweep:
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
    reached = {steps.key_of(row.id, d): (row, d) for row, e in found for d in _decisions(e, logs[row.id])}
    taken = steps.decided(conn, {row.id for row, _ in reached.values()})
    reached = {key: what for key, what in reached.items() if key not in taken}
    new = steps.decide(conn, [(row.id, d) for row, d in reached.values()], now)
    decided = [(*reached[key], number) for key, number in sorted(new.items(), key=lambda item: item[1])]
    alerts = _address(conn, decided, rota, now)
    return Sweep(cases=len(due), steps=len(decided), alerts=alerts)


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


def _address(conn: Connection, decided: Sequence[tuple[CaseRow, Due, int]], rota: Rota | None, now: datetime) -> int:
    """Choose who is told of each step and queue one alert a person; return how many."""
    told: list[steps.Told] = []
    facts: dict[tuple[str, str], list[tuple[steps.Told, dict[str, Any]]]] = {}
    for row, due, number in decided:
        is_breach = due.rung.is_breach and due.clock is not Clock.REPLY_WINDOW
        level = level_for(due.rung.step, is_breach=is_breach)
        if level is None:
            continue
        for chosen in recipients(rota, level, now, urgent=row.urgency is Urgency.HIGH):
            notice = steps.Told(step=number, person=chosen.person.id, why=chosen.reason)
            told.append(notice)
            facts.setdefault((row.brand, chosen.person.id), []).append((notice, _facts(row, due)))
    numbers = steps.tell(conn, told)
    for (brand, person), lines in facts.items():
        notices = [numbers[n.step, n.person] for n, _ in lines]
        ordered = sorted((f for _, f in lines), key=lambda f: (f["urgency"] != Urgency.HIGH.value, f["deadline"], f["case"]))
        steps.queue_alert(
            conn,
            brand=brand,
            person=person,
            method="default",
            key=f"alert:{notices[0]}",
            content={"cases": ordered},
            notices=notices,
            now=now,
        )
    return len(facts)


def _facts(row: CaseRow, due: Due) -> dict[str, Any]:
    """Return what an alert may say without a customer's words."""
    return {
        "case": row.id,
        "channel": row.channel,
        "urgency": row.urgency.value,
        "clock": due.clock.value,
        "step": due.rung.step,
        "rung": due.rung.key,
        "at": format_instant(due.at),
        "deadline": format_instant(due.deadline),
    }

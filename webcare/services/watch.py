"""Watch: take every step that is due, once, and choose who is told, in the same transaction.

One `now` a sweep. When nothing is due a sweep is one read of an index. What a missed sweep left lying is found by the next one. Who is told
is `domain/addressing.py`'s business, how it leaves `outgoing.py`'s, and what follows when nobody stirs `remind.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from webcare.domain.addressing import Rung, address
from webcare.domain.rota import level_for, quiet_until
from webcare.domain.sla.promise import Clock
from webcare.domain.verdict import Urgency
from webcare.services import all_clear, outgoing, peak_calls, remind
from webcare.services.holding import holders
from webcare.services.outgoing import Call
from webcare.services.rejudge import bring_up_to_date, refuse_stale
from webcare.services.settle import read, settle
from webcare.store import cases, people, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from webcare.domain.rota import LevelName
    from webcare.domain.sla.evaluate import Evaluation
    from webcare.domain.sla.ladder import Due
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow, LogLine
    from webcare.store.door import Store

log = structlog.get_logger()

BATCH = 500
PUT_OFF = timedelta(minutes=15)  # how long a case that cannot be computed is left alone


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
    log: Sequence[LogLine]

    @property
    def is_breach(self) -> bool:
        """A promise is broken; that the reply window closes is no miss."""
        return self.due.rung.is_breach and self.due.clock is not Clock.REPLY_WINDOW

    @property
    def level(self) -> LevelName | None:
        """Who must hear of it; None when it is only shown in the inbox."""
        return level_for(self.due.rung.step, is_breach=self.is_breach)

    def to_tell(self, level: LevelName) -> Rung:
        """Return what there is to tell that level. The last rung is told at once, also that of a window: nothing helps later."""
        urgent = self.row.urgency is Urgency.HIGH
        return Rung(level=level, deadline=self.due.deadline, urgent=urgent, is_breach=self.due.rung.is_breach)


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
    refuse_stale(conn, rules)
    due = bring_up_to_date(conn, due, rules, now)
    logs = cases.logs(conn, [row.id for row in due])
    found = [(row, e) for row in due if (e := _settled(conn, row, logs[row.id], rules, now)) is not None]
    reached = {
        steps.key_of(row.id, due): Reached(row=row, due=due, log=logs[row.id])
        for row, evaluated in found
        for due in _decisions(evaluated, logs[row.id])
    }
    taken = steps.decided(conn, {one.row.id for one in reached.values()})
    reached = {key: one for key, one in reached.items() if key not in taken}
    new = steps.decide(conn, [(one.row.id, one.due) for one in reached.values()], now)
    decided = [(reached[key], number) for key, number in sorted(new.items(), key=lambda item: item[1])]
    return Sweep(cases=len(due), steps=len(decided), alerts=_address(conn, decided, rules, now))


def _settled(conn: Connection, row: CaseRow, lines: Sequence[LogLine], rules: Rules, now: datetime) -> Evaluation | None:
    """Bring a case up to date; one that cannot be computed is put off, so that it does not silence all others."""
    try:
        found = read(row, lines, rules, now)
    except Exception:  # whatever it is: nothing was written, and the other cases must hear of their deadlines
        log.exception("watch.not_computed", case=row.id)
        cases.look_again(conn, row.id, now + PUT_OFF)
        return None
    all_clear.tell(conn, settle(conn, row, lines, found), lines, found, rules)
    return found


def _decisions(found: Evaluation, lines: Sequence[LogLine]) -> Iterator[Due]:
    """Yield the rungs reached. The breach of a clock that has ended is told only if we knew the case by then."""
    known_at = min(line.learned_at for line in lines)
    open_clocks = {id(due) for rungs in found.ladders for due in rungs}
    for due in found.decisions:
        if id(due) in open_clocks or known_at <= due.at:
            yield due


# --- who is told, and of what ---


def _address(conn: Connection, decided: Sequence[tuple[Reached, int]], rules: Rules, now: datetime) -> int:
    """Choose who is told of each step and let it leave; return how many messages were begun."""
    addressed = [(one, number, level) for one, number in decided if (level := one.level) is not None]
    held = peak_calls.hold(conn, [(one.row.id, one.row.urgency, level) for one, _, level in addressed], now)
    addressed = [found for found in addressed if found[0].row.id not in held]
    if not addressed:
        return 0
    rota = people.rota(conn)
    has_it = holders(conn, [(one.row, one.log) for one, _, _ in addressed], rota, rules.alerts, now) if rota is not None else {}
    rungs = [(one, number, one.to_tell(level)) for one, number, level in addressed]
    chosen = [(one, number, rung, who) for one, number, rung in rungs for who in address(rota, rung, has_it.get(one.row.id), now)]
    numbers = steps.tell(conn, [remind.told(who, number, rung, rules.alerts, now) for _, number, rung, who in chosen])
    calls = [
        Call(
            notice=numbers[number, who.person.id],
            person=who.person,
            brand=one.row.brand,
            case=one.row.id,
            urgent=rung.urgent,
            breach=one.is_breach,
            held_until=quiet_until(who.person, now) if who.held else None,
        )
        for one, number, rung, who in chosen
    ]
    return outgoing.send(conn, calls, rules, now)

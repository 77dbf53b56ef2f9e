"""An alert is heard: "seen", or "not me, but you".

    told --seen--> no more repeats of it; what comes later comes to this person first
         --taken--> `desk.claim`, which says that it was seen too
         --passed on--> a colleague is told at once of the same step; the passer is left alone with it

None of it moves a clock or ends a ladder: only an answer does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webcare.domain.case import ImpossibleMove, Refusal, check_move
from webcare.domain.rota import LevelName, Obstacle, obstacle, on_call, stand_in
from webcare.domain.sla.events import Event, EventType
from webcare.domain.verdict import Urgency
from webcare.services import desk, outgoing
from webcare.services.desk import Action
from webcare.services.outgoing import Call
from webcare.services.settle import record
from webcare.store import acks, people
from webcare.store import desk as kept
from webcare.store.cases import LogLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from webcare.domain.rota import Person, Rota
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody to whom an alert could be passed on; `is_next` is who comes next by the rota, `obstacle` why they would not hear of it."""

    person: Person
    is_next: bool
    obstacle: Obstacle | None


def acknowledge(conn: Connection, case_id: int, *, by: str, rules: Rules, now: datetime) -> CaseRow:
    """Note that a person saw what they were told of a case; who has said so, or was told nothing, changes nothing.

    Raises:
        ImpossibleMove: the case is closed.
    """
    row = desk.known(conn, case_id)
    check_move(row.standing, EventType.ACK, by)
    return _log(conn, row, by, rules, now) if acks.mark(conn, case_id, by, now) else row


def pass_on(conn: Connection, case_id: int, *, by: str, to: str | None, rules: Rules, now: datetime) -> Person:
    """Let somebody else be told of a case at once, in place of a person who was; None: whoever comes next. Return who that is.

    Raises:
        ImpossibleMove: it is closed or somebody has it (`who`), the person was not told of it, or who is meant answers no customers
            or cannot be reached now.
    """
    row = desk.known(conn, case_id)
    check_move(row.standing, EventType.ACK, by)
    if row.claimed_by is not None:
        raise ImpossibleMove(f"{row.claimed_by} has the case", Refusal.TAKEN, who=row.claimed_by)
    told = acks.newest(conn, case_id, by)
    if told is None:
        raise ImpossibleMove(f"{by} was not told of the case", Refusal.NOT_TOLD)
    found = candidates(conn, row, by=by, now=now)
    chosen = next((one for one in found if (one.obstacle is None if to is None else one.person.id == to)), None)
    if chosen is None and to is None:
        raise ImpossibleMove("nobody else can be reached now", Refusal.UNREACHABLE)
    if chosen is None:
        raise ImpossibleMove(f"{to} is nobody who answers customers", Refusal.NO_SUCH_PERSON, who=to)
    if chosen.obstacle is not None:
        why = f"{chosen.person.id} cannot be reached now: {chosen.obstacle.value}"
        raise ImpossibleMove(why, Refusal.UNREACHABLE, who=chosen.person.id)
    _log(conn, row, by, rules, now, to=chosen.person.id)
    acks.mark(conn, case_id, by, now)
    known = people.person(conn, by)
    name = known.name if known is not None else by
    facts = {"passed_on_by": name}
    notice = acks.pass_to(conn, told.step, chosen.person.id, level=told.level, why=f"passed on by {name}", because=facts)
    call = Call(
        notice=notice,
        person=chosen.person,
        brand=row.brand,
        case=row.id,
        urgent=row.urgency is Urgency.HIGH,
        breach=told.at >= told.deadline,
    )
    outgoing.send(conn, [call], rules, now)
    return chosen.person


def candidates(conn: Connection, row: CaseRow, *, by: str, now: datetime) -> list[Candidate]:
    """Return to whom a person could pass an alert: the next one of its level, the other reachable ones by name, then the rest."""
    rota, gone, told = people.rota(conn), kept.gone(conn), acks.newest(conn, row.id, by)
    urgent = row.urgency is Urgency.HIGH
    everybody = people.people(conn) if rota is None else rota.people
    able = {one.id: one for one in everybody if one.id != by and one.id not in gone and desk.may(one.role, Action.WORK)}
    following = [] if rota is None or told is None else list(_following(rota, told, now, urgent=urgent))
    first = next((id_ for id_ in following if id_ in able), None)
    found = [Candidate(person=one, is_next=one.id == first, obstacle=obstacle(one, now, urgent=urgent)) for one in able.values()]
    return sorted(found, key=lambda one: (not one.is_next, one.obstacle is not None, one.person.name.casefold(), one.person.id))


def _following(rota: Rota, told: Any, now: datetime, *, urgent: bool) -> Iterator[str]:
    """Yield who comes next: who stands in on that level, then whoever has the levels above it."""
    names = list(LevelName)
    level = LevelName(told.level) if told.level in set(LevelName) else LevelName.ONCALL
    after = [stand_in(rota, level, now, urgent=urgent)]
    after += [on_call(rota, name, now) for name in names[names.index(level) + 1 :]]
    for person in after:
        if person is not None and obstacle(person, now, urgent=urgent) is None:
            yield person.id


def _log(conn: Connection, row: CaseRow, by: str, rules: Rules, now: datetime, *, to: str | None = None) -> CaseRow:
    """Write "seen" into the log; with `to` it says to whom it was passed on."""
    line = LogLine(event=Event(at=now, type=EventType.ACK, by=by, to=to), learned_at=now)
    return record(conn, row, [line], rules, now)

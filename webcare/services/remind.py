"""Remind: whoever stays silent is told once more, and whoever has a case to themselves does not keep it for ever.

    told --repeat--> next contact method --repeat--> ... --> once the next person of the level --> the next rung
    told --hold----> the level that the rung names                        (whoever has the case did not answer)

A notice is looked at when `look_at` has come, in the transaction that decides what follows: once each, however many daemons look. What
nobody waits for any more is let go. Without a rota nothing is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain import peak
from webcare.domain.addressing import Chosen, Look, Rung, after_silence, hold_over, look_in, next_method
from webcare.domain.rota import LevelName, obstacle, quiet_until
from webcare.domain.sla.events import EventType
from webcare.domain.sla.promise import Clock
from webcare.domain.verdict import Urgency
from webcare.services import outgoing
from webcare.store import cases, peaks, people, reminders, steps

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.domain.alert_rules import AlertRules
    from webcare.domain.rota import Person, Rota
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import LogLine
    from webcare.store.door import Store
    from webcare.store.reminders import Known, Notice

BATCH = 500


async def remind(store: Store, rules: Rules, now: datetime, *, peek: bool = True) -> int:
    """Look at one batch of notices and return how many there were. `peek` looks first whether there are any."""
    if peek and not await store.read(reminders.any_due, now):
        return 0
    return await store.write(look, rules, now)


def look(conn: Connection, rules: Rules, now: datetime, limit: int = BATCH) -> int:
    """Look at the notices whose time has come; return how many."""
    found = reminders.due(conn, now, limit)
    if not found:
        return 0
    count, found = len(found), _put_off(conn, found, now)
    rota = people.rota(conn)
    if rota is None:
        reminders.look_again(conn, [(row.id, None, None) for row in found])
        return count
    known, logs = reminders.known(conn, found), cases.logs(conn, {row.case for row in found})
    follows = [
        _Looked(row=row, known=known, log=logs[row.case], rota=rota, rules=rules.alerts, now=now).follows() for row in found
    ]
    reminders.look_again(conn, [(row.id, *what.look) for row, what in zip(found, follows, strict=True)])
    calls = [what.again for what in follows if what.again is not None]
    calls += _tell(conn, [(row, chosen) for row, what in zip(found, follows, strict=True) for chosen in what.tell], rules, now)
    outgoing.send(conn, calls, rules, now)
    return count


def _put_off(conn: Connection, found: Sequence[Notice], now: datetime) -> list[Notice]:
    """Put off what belongs to a running peak: people hear of that together. Return the rest."""
    quiet = {row.case for row in found if peak.mutes(Urgency(row.urgency))}
    held = peaks.in_running(conn, quiet) if quiet else {}
    reminders.look_again(conn, [(row.id, row.look_for, now + peak.SUMMARY) for row in found if row.case in held])
    return [row for row in found if row.case not in held]


def after_sending(conn: Connection, delivery_id: int, rules: AlertRules, now: datetime) -> None:
    """A delivery was sent: from now on its notices are waited for. Called in the transaction that notes it."""
    looks: list[tuple[int, str | None, datetime | None]] = []
    for row in reminders.carried_by(conn, delivery_id):
        what = None if row.look_for is None else Look(row.look_for)
        if row.level is not None and (what is Look.REPEAT or (what is Look.HOLD and row.told_at is None)):
            rung = Rung(level=LevelName(row.level), deadline=row.deadline, urgent=False)
            looks.append((row.id, what.value, now + look_in(what, rung, now, rules)))
    reminders.look_again(conn, looks)
    reminders.was_told(conn, delivery_id, now)


def end_holds(conn: Connection, case_id: int, person: str, now: datetime) -> None:
    """Somebody has a case no more: what they had to themselves is told to the level at once."""
    reminders.end_holds(conn, case_id, person, hold=Look.HOLD.value, level=Look.LEVEL.value, now=now)


def told(chosen: Chosen, step: int, rung: Rung, rules: AlertRules, now: datetime) -> steps.Told:
    """Return what is noted of somebody who is told. What is held back is waited for from when it is sent."""
    waits = chosen.look is not None and not chosen.held
    return steps.Told(
        step=step,
        person=chosen.person.id,
        why=chosen.reason,
        level=rung.level.value,
        look_for=None if chosen.look is None else chosen.look.value,
        look_at=now + look_in(chosen.look, rung, now, rules) if chosen.look is not None and waits else None,
        because=chosen.because or None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Follows:
    """What follows from a look: when the next one is due and for what, whom to call again, whom to tell as well."""

    look: tuple[str | None, datetime | None] = (None, None)
    again: outgoing.Call | None = None
    tell: Sequence[Chosen] = ()


_DONE = _Follows()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """A notice that is looked at, with all that is known of it."""

    row: Notice
    known: Known
    log: Sequence[LogLine]
    rota: Rota
    rules: AlertRules
    now: datetime

    def follows(self) -> _Follows:
        if not self.known.still_waits(self.row):
            return _DONE
        what = Look(self.row.look_for)
        if what is Look.REPEAT:
            return self._repeat()
        return _DONE if self._is_answered() else self._tell_level(gave_back=what is Look.LEVEL)

    @property
    def rung(self) -> Rung:
        row = self.row
        return Rung(level=LevelName(row.level), deadline=row.deadline, urgent=row.urgency == Urgency.HIGH.value)

    @property
    def since(self) -> datetime:
        return self.row.told_at or self.row.decided_at

    def _repeat(self) -> _Follows:
        row, rung = self.row, self.rung
        if self._is_heard():
            return _DONE
        again = (Look.REPEAT.value, self.now + look_in(Look.REPEAT, rung, self.now, self.rules))
        if row.told_at is None and self.known.is_under_way(row):
            return _Follows(look=again)  # it has not left yet
        person = self.rota.person(row.person)
        if person is not None and obstacle(person, self.now, urgent=rung.urgent) is None:
            method = next_method(person, self.known.tried.get(row.id, ()))
            if method is not None:
                return _Follows(look=again, again=_call(row, row.id, person, method=method))
        since = None if row.told_at is None else self.now - row.told_at
        other = after_silence(self.rota, rung, row.person, since, self.known.people[row.step], self.now)
        return _Follows(tell=() if other is None else (other,))

    def _is_heard(self) -> bool:
        """Tell whether somebody has said since that they saw this rung, or has taken the case since the rung was reached."""
        row = self.row
        acks = self.known.people[row.step].items()
        if row.claimed_by == row.person or any(at is not None and (who == row.person or at > self.since) for who, at in acks):
            return True
        taken = (line for line in self.log if line.event.type is EventType.CLAIM)
        return row.claimed_by is not None and any(line.learned_at >= row.decided_at for line in taken)

    def _is_answered(self) -> bool:
        """Tell whether the customer has heard from us since. The wait for an answer is over then; another clock goes on."""
        if self.row.clock != Clock.RESOLUTION.value:
            return False
        withdrawn = {line.event.ref for line in self.log if line.event.type is EventType.WITHDRAWN}
        return any(
            line.event.type is EventType.ANSWER and line.event.at >= self.since and line.event.ref not in withdrawn
            for line in self.log
        )

    def _tell_level(self, *, gave_back: bool) -> _Follows:
        row = self.row
        if gave_back and row.claimed_by not in (None, row.person):
            return _DONE  # somebody else has it in hand already
        has_it = row.claimed_by or row.person
        since = None if gave_back else self.now - self.since
        told_before = {*self.known.people[row.step], has_it}
        return _Follows(tell=hold_over(self.rota, self.rung, self.rota.person(has_it), since, told_before, self.now))


def _tell(conn: Connection, tell: Sequence[tuple[Notice, Chosen]], rules: Rules, now: datetime) -> list[outgoing.Call]:
    """Note who is told as well, each once a step, and return the calls."""
    rungs = {row.id: Rung(level=LevelName(row.level), deadline=row.deadline, urgent=False) for row, _ in tell}
    numbers = steps.tell(conn, [told(chosen, row.step, rungs[row.id], rules.alerts, now) for row, chosen in tell])
    calls: list[outgoing.Call] = []
    for row, chosen in tell:
        number = numbers.pop((row.step, chosen.person.id), None)
        if number is not None:
            until = quiet_until(chosen.person, now) if chosen.held else None
            calls.append(_call(row, number, chosen.person, held_until=until))
    return calls


def _call(
    row: Notice, number: int, person: Person, *, method: str | None = None, held_until: datetime | None = None
) -> outgoing.Call:
    return outgoing.Call(
        notice=number,
        person=person,
        brand=row.brand,
        case=row.case,
        urgent=row.urgency == Urgency.HIGH.value,
        breach=row.level == LevelName.LEAD.value,
        held_until=held_until,
        method=method,
    )

"""What people hear of a peak: one message instead of hundreds, and at its end what is left.

    rung of a case of a running peak -> decided and recorded as ever -> counted for its level -> one summary, at most every half hour
    rung of an urgent case           -> told at once, as ever
    the end                          -> whoever still waits and was only counted is told of by case, in one bundle a person

Only the telling is held back: clocks run, steps are taken, nothing is forgotten when the daemon dies.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from webcare.domain.addressing import Rung, address
from webcare.domain.durations import format_instant
from webcare.domain.peak import is_summary_due, mutes
from webcare.domain.rota import LevelName, level_for, quiet_until
from webcare.domain.sla.promise import Clock
from webcare.domain.verdict import Urgency
from webcare.services import outgoing, remind, tell
from webcare.services.holding import holders
from webcare.services.outgoing import Call
from webcare.store import cases, peaks, people, steps
from webcare.store.peaks import Level

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from webcare.domain.peak import Peak
    from webcare.services.settle import Rules
    from webcare.store import Connection

RUNNING, ENDED, PROPOSED, CALM = "running", "ended", "proposed", "calm"
_RANK = list(LevelName)


def hold(conn: Connection, rungs: Collection[tuple[int, Urgency, LevelName]], now: datetime) -> frozenset[int]:
    """Return the cases of which people hear in a summary alone, and tell that summary where it is due.

    `rungs` are those that were taken just now: the case, its urgency, the level that is to hear of it.
    """
    quiet = {case for case, urgency, _ in rungs if mutes(urgency)}
    running = {one.id: one for one in peaks.running(conn)} if quiet else {}
    if not running:
        return frozenset()
    held = peaks.in_running(conn, quiet)
    counted = Counter((held[case], level) for case, _, level in rungs if case in held)
    for (number, level), count in counted.items():
        known = {one.level: one for one in peaks.levels(conn, number)}
        before = known.get(level.value) or Level(level=level.value, told_at=None, held=0, held_in_all=0)
        one = replace(before, held=before.held + count, held_in_all=before.held_in_all + count)
        _summarize(conn, running[number], one, now)
    return frozenset(held)


def summaries_due(conn: Connection, now: datetime) -> list[tuple[Peak, Level]]:
    """Return the levels that are to hear of a running peak now."""
    return [
        (peak, one)
        for peak in peaks.running(conn)
        for one in peaks.levels(conn, peak.id)
        if one.held and is_summary_due(one.told_at, now)
    ]


def summarize(conn: Connection, now: datetime) -> int:
    """Tell each level what it was spared since it was told last; return how many levels."""
    due = summaries_due(conn, now)
    for peak, level in due:
        _summarize(conn, peak, level, now)
    return len(due)


def _summarize(conn: Connection, peak: Peak, level: Level, now: datetime) -> None:
    if is_summary_due(level.told_at, now):
        _tell(conn, peak, LevelName(level.level), RUNNING, key=f"peak:{peak.id}:{level.level}:{level.held_in_all}", now=now)
        level = replace(level, told_at=now, held=0)
    peaks.note_level(conn, peak.id, level)


def _tell(conn: Connection, peak: Peak, level: LevelName, what: str, *, key: str, now: datetime) -> None:
    tell.tell_level(conn, level, {"peak": facts(conn, peak, what, now)}, brand=peak.brand, key=key, now=now)


def facts(conn: Connection, peak: Peak, what: str, now: datetime) -> dict[str, Any]:
    """Return what a message about a peak says; letters/README.md explains each."""
    found: dict[str, Any] = {"what": what, "peak": peak.id, "name": peak.name or ""}
    if what == PROPOSED:
        return {**found, "count": peak.count, "usual": peak.usual}
    stands = peaks.standing(conn, peak.id, now)
    found |= {"cases": stands.cases, "open": stands.open, "late": stands.late}
    return found if stands.due_at is None else {**found, "due_at": format_instant(stands.due_at)}


def propose(conn: Connection, peak: Peak, what: str, now: datetime) -> None:
    """Tell the lead that a peak might begin, or end."""
    _tell(conn, peak, LevelName.LEAD, what, key=f"peak:{peak.id}:{what}:{format_instant(now)}", now=now)


def release(conn: Connection, peak: Peak, rules: Rules, now: datetime) -> int:
    """Let whoever was told in summaries hear of what is left of a peak that has just ended; return of how many cases.

    Of each case it is the highest rung of the deadline that still stands: later ones are told as ever.
    """
    for one in peaks.levels(conn, peak.id):
        if one.told_at is not None:
            _tell(conn, peak, LevelName(one.level), ENDED, key=f"peak:{peak.id}:{one.level}:{ENDED}", now=now)
    highest: dict[int, tuple[int, Any, LevelName]] = {}
    for row in peaks.untold_steps(conn, peak.id):
        level = level_for(row.step, is_breach=_is_breach(row))
        if level is not None and (row.case not in highest or highest[row.case][0] <= _RANK.index(level)):
            highest[row.case] = (_RANK.index(level), row, level)
    _tell_each(conn, [(row, level) for _, row, level in highest.values()], rules, now)
    return len(highest)


def _is_breach(row: Any) -> bool:
    return bool(row.at >= row.deadline and row.clock != Clock.REPLY_WINDOW.value)


def _tell_each(conn: Connection, found: Sequence[tuple[Any, LevelName]], rules: Rules, now: datetime) -> None:
    """Tell of each of these steps as the sweep would have: whoever has the case first, then the level; silence is looked at."""
    rota = people.rota(conn)
    known = cases.some(conn, [row.case for row, _ in found])
    logs = cases.logs(conn, known)
    has_it = (
        holders(conn, [(known[number], logs[number]) for number in known], rota, rules.alerts, now) if rota is not None else {}
    )
    rungs = [
        (row, Rung(level=level, deadline=row.deadline, urgent=known[row.case].urgency is Urgency.HIGH, is_breach=_is_breach(row)))
        for row, level in found
    ]
    chosen = [(row, rung, who) for row, rung in rungs for who in address(rota, rung, has_it.get(row.case), now)]
    numbers = steps.tell(conn, [remind.told(who, row.id, rung, rules.alerts, now) for row, rung, who in chosen])
    calls = [
        Call(
            notice=numbers[row.id, who.person.id],
            person=who.person,
            brand=row.brand,
            case=row.case,
            urgent=rung.urgent,
            breach=rung.is_breach,
            held_until=quiet_until(who.person, now) if who.held else None,
        )
        for row, rung, who in chosen
    ]
    outgoing.send(conn, calls, rules, now)

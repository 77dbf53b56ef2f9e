"""What people do with a case: take it, give it back or on, note, snooze, judge, close, block.

    claim -> note, correct, promise, snooze ... -> close -> reopen         each is a line of the log, settled in its transaction

A move that the case cannot take is refused with `ImpossibleMove`, which says why and, where two people act at once, who was first. Who
may do what stands in `may`, and nowhere else; the pages ask it before they call anything here.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from webcare.domain.case import CaseState, ImpossibleMove, Refusal, check_move
from webcare.domain.durations import format_instant
from webcare.domain.rota import Role
from webcare.domain.sla.events import MACHINE, Event, EventType
from webcare.domain.sla.needs import needs_of
from webcare.domain.sla.timeline import Ending
from webcare.services import lapse, remind
from webcare.services.alone import each_alone
from webcare.services.settle import read, record
from webcare.store import acks, audit, cases, claims, people
from webcare.store import desk as kept
from webcare.store.cases import LogLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.door import Store

SNOOZED, AWAKE = "snoozed", "open"
SPAM, BLOCKED = "spam", "blocked"
WAKING = 200  # in one transaction
FARTHEST = timedelta(days=366)  # that a case is put off, or an answer promised: beyond it somebody mistyped a year


# --- who may do what ---


class Action(StrEnum):
    READ = "read"
    WORK = "work"  # claim, answer, note, snooze, correct, close: whatever is done with a case
    HAND_OVER_OTHERS = "hand_over_others"  # take a case from whoever has it
    BLOCK = "block"
    CANNED = "canned"  # change what is said often
    ROTA = "rota"
    PEAK = "peak"  # say that it is too busy, and that it is over
    SWAP = "swap"  # ask a colleague to take a shift of one's own, and answer when asked
    PEOPLE = "people"
    AUDIT = "audit"


_MAY = {
    Role.AGENT: {Action.READ, Action.WORK, Action.SWAP},
    Role.LEAD: {
        Action.READ,
        Action.WORK,
        Action.SWAP,
        Action.HAND_OVER_OTHERS,
        Action.BLOCK,
        Action.CANNED,
        Action.ROTA,
        Action.PEAK,
    },
    Role.ADMIN: set(Action),
    Role.AUDITOR: {Action.READ, Action.AUDIT},
}


def may(role: Role, action: Action) -> bool:
    """Tell whether a person in this role may do this. Auditors read, and change nothing."""
    return action in _MAY[role]


# --- who has it ---


def claim(conn: Connection, case_id: int, *, by: str, rules: Rules, now: datetime) -> CaseRow:
    """Take a case; again changes nothing. It stops no clock, and says that the alerts about it were seen.

    Raises:
        ImpossibleMove: somebody else was first (`who`), or it is closed.
    """
    row = _locked(conn, case_id, EventType.CLAIM, by)
    acks.mark(conn, case_id, by, now)
    return row if row.claimed_by == by else _taken(conn, row, [_event(EventType.CLAIM, now, by)], by, rules, now)


def release(conn: Connection, case_id: int, *, by: str, rules: Rules, now: datetime) -> CaseRow:
    """Give a case back to nobody.

    Raises:
        ImpossibleMove: somebody else has it, or nobody.
    """
    row = _locked(conn, case_id, EventType.UNCLAIM, by)
    remind.end_holds(conn, case_id, by, now)
    return _log(conn, row, [_event(EventType.UNCLAIM, now, by)], rules, now, claimed_by=None)


def hand_over(conn: Connection, case_id: int, *, by: str, to: str, rules: Rules, now: datetime, others: bool = False) -> CaseRow:
    """Give a case to somebody else; `others` allows to take it from whoever has it.

    Raises:
        ImpossibleMove: it is closed, somebody else has it, or there is no such person who answers customers.
    """
    row = known(conn, case_id)
    check_move(row.standing, EventType.CLAIM, row.claimed_by or by)
    if row.claimed_by not in (None, by, to) and not others:
        raise ImpossibleMove(f"{row.claimed_by} has the case: ask for it to be handed over", Refusal.TAKEN, who=row.claimed_by)
    person = people.person(conn, to)
    if person is None or not may(person.role, Action.WORK) or to in kept.gone(conn):
        raise ImpossibleMove(f"{to} is nobody who answers customers", Refusal.NO_SUCH_PERSON, who=to)
    if by == to:
        acks.mark(conn, case_id, by, now)
    if row.claimed_by == to:
        return row
    lines = [] if row.claimed_by is None else [_event(EventType.UNCLAIM, now, row.claimed_by, handed_by=by)]
    return _taken(conn, row, [*lines, _event(EventType.CLAIM, now, to, handed_by=by)], to, rules, now)


def _taken(conn: Connection, row: CaseRow, lines: Iterable[LogLine], by: str, rules: Rules, now: datetime) -> CaseRow:
    found = _log(conn, row, lines, rules, now, claimed_by=by)
    lapse.taken(conn, row.id, by, now)
    return found


# --- words for each other ---


def note(conn: Connection, case_id: int, *, by: str, text: str, rules: Rules, now: datetime) -> CaseRow:
    """Write something down for colleagues; the customer never sees it, and it stops no clock.

    Raises:
        ImpossibleMove: it is empty.
    """
    row = _locked(conn, case_id, EventType.NOTE, by)
    if not text.strip():
        raise ImpossibleMove("the note is empty", Refusal.NOTHING_SAID)
    claims.active(conn, case_id, by, now)
    return _log(conn, row, [_event(EventType.NOTE, now, by, text=text.strip())], rules, now)


# --- done, and not done ---


def close(conn: Connection, case_id: int, *, by: str, rules: Rules, now: datetime, why: str | None = None) -> CaseRow:
    """Close a case, whether or not somebody waits: an open clock is dropped, or stays missed. Nobody has it any more.

    Raises:
        ImpossibleMove: it is closed already.
    """
    row = _locked(conn, case_id, EventType.CLOSE, by)
    line = _event(EventType.CLOSE, now, by, **({} if why is None else {"why": why}))
    return _log(conn, row, [line], rules, now, claimed_by=None, snoozed_until=None)


def reopen(conn: Connection, case_id: int, *, by: str, rules: Rules, now: datetime) -> CaseRow:
    """Open a closed case again.

    Raises:
        ImpossibleMove: it is open, or the customer has a newer open case in this conversation.
    """
    row = _locked(conn, case_id, EventType.REOPEN, by)
    forbid_second(conn, row)
    return _log(conn, row, [_event(EventType.REOPEN, now, by)], rules, now)


def forbid_second(conn: Connection, row: CaseRow) -> None:
    if cases.has_another_open(conn, row):
        raise ImpossibleMove("the customer has another open case in this conversation", Refusal.NEWER_CASE)


# --- later ---


def snooze(conn: Connection, case_id: int, *, by: str, until: datetime, rules: Rules, now: datetime) -> CaseRow:
    """Put a case away until then. What pauses is the policy's business: an unanswered customer stays in sight.

    Raises:
        ImpossibleMove: it is closed, or the time does not lie ahead, or lies too far away.
    """
    row = _locked(conn, case_id, EventType.STATE, by)
    _check_ahead(until - now)
    line = _event(EventType.STATE, now, by, to=SNOOZED, until=format_instant(until))
    return _log(conn, row, [line], rules, now, snoozed_until=until)


def awake(conn: Connection, case_id: int, *, by: str, rules: Rules, now: datetime) -> CaseRow:
    """End a snooze before its time.

    Raises:
        ImpossibleMove: it does not sleep.
    """
    row = _locked(conn, case_id, EventType.STATE, by)
    if row.snoozed_until is None:
        raise ImpossibleMove("the case does not sleep", Refusal.NOT_SNOOZED)
    return _log(conn, row, [_event(EventType.STATE, now, by, to=AWAKE)], rules, now, snoozed_until=None)


def wake(conn: Connection, rules: Rules, now: datetime, limit: int = WAKING) -> tuple[int, Exception | None]:
    """End each snooze whose time has come, at its own instant, however late we are; return how many, and what one failed with."""

    def end(snooze: tuple[int, datetime]) -> None:
        case_id, until = snooze
        row = cases.lock(conn, case_id)
        if row.state is CaseState.CLOSED:
            kept.end_snooze(conn, case_id)
        else:
            ended = LogLine(event=Event(at=until, type=EventType.STATE, to=AWAKE, by=MACHINE), learned_at=now)
            _log(conn, row, [ended], rules, now, snoozed_until=None)

    found = kept.to_wake(conn, now, limit)
    return len(found), each_alone(conn, found, end)


async def wake_due(store: Store, rules: Rules, now: datetime) -> int:
    """As `wake`, one read when no snooze is over. Raises what a case failed with, when the others are awake."""
    if not await store.read(kept.any_to_wake, now):
        return 0
    woken, error = await store.write(wake, rules, now)
    if error is not None:
        raise error
    return woken


def promise(
    conn: Connection,
    case_id: int,
    *,
    by: str,
    rules: Rules,
    now: datetime,
    within: timedelta | None = None,
    until: datetime | None = None,
) -> CaseRow:
    """Record that we come back to the customer within a span, or at an instant; an earlier promise gives way to it.

    It starts keep_in_loop, which counts in the hours of its policy: a span is of these, an instant is turned into as many as there are
    before it.

    Raises:
        ImpossibleMove: the case is closed, the time does not lie ahead or lies too far away, or no hour that counts lies before it.
    """
    row = _locked(conn, case_id, EventType.PROMISE, by)
    if until is not None:
        _check_ahead(until - now)
        within = rules.of_case(row).policy.calendar.between(now, until)
        if not within:
            raise ImpossibleMove("no hour that counts lies before that time", Refusal.NOT_OPEN)
    _check_ahead(within or timedelta(0))
    return _log(
        conn, row, [LogLine(event=Event(at=now, type=EventType.PROMISE, within=within, by=by), learned_at=now)], rules, now
    )


def _check_ahead(away: timedelta) -> None:
    if away <= timedelta(0):
        raise ImpossibleMove("that time has passed", Refusal.NOT_AHEAD)
    if away > FARTHEST:
        raise ImpossibleMove("that time is more than a year away", Refusal.TOO_FAR)


# --- nothing to answer ---


def spam(conn: Connection, case_id: int, *, by: str, rules: Rules, now: datetime) -> CaseRow:
    """Close a case as spam: nothing in it needs an answer, and nothing ever did that is not missed already.

    Raises:
        ImpossibleMove: it is closed.
    """
    row = _locked(conn, case_id, EventType.CLOSE, by)
    return _dismiss(conn, row, SPAM, by=by, rules=rules, now=now)


def block(conn: Connection, case_id: int, *, by: str, reason: str, rules: Rules, now: datetime) -> int:
    """Block the author of a case on this kind of channel: no clocks, no alerts, whatever they write; it stays searchable.

    Their open cases close; return how many.

    Raises:
        ImpossibleMove: it was done before (`who`), or no reason is given.
    """
    row = known(conn, case_id)
    if not reason.strip():
        raise ImpossibleMove("blocking needs a reason", Refusal.NOTHING_SAID)
    kind = row.channel.partition(":")[0]
    values = {"kind": kind, "author_id": row.customer_id, "by": by, "at": now, "reason": reason.strip(), "case": row.id}
    if not kept.block(conn, values):
        who = kept.blocked_by(conn, row.channel, row.customer_id)
        raise ImpossibleMove("the author is blocked already", Refusal.BLOCKED_ALREADY, who=who)
    audit.note(conn, at=now, by=by, what="block", data={"case": row.id})
    found = kept.open_cases_of(conn, kind, row.customer_id)
    for number in found:
        _dismiss(conn, cases.lock(conn, number), BLOCKED, by=by, rules=rules, now=now)
    return len(found)


def unblock(conn: Connection, case_id: int, *, by: str, now: datetime) -> None:
    """Let the author of a case be heard again; what they wrote meanwhile stays as it is.

    Raises:
        ImpossibleMove: they are not blocked.
    """
    row = known(conn, case_id)
    if not kept.unblock(conn, row.channel.partition(":")[0], row.customer_id):
        raise ImpossibleMove("the author is not blocked", Refusal.NOT_BLOCKED)
    audit.note(conn, at=now, by=by, what="unblock", data={"case": row.id})


def blocked_by(conn: Connection, case_id: int) -> str | None:
    """Return who blocked the author of a case; None when nobody did."""
    row = cases.get(conn, case_id)
    return None if row is None else kept.blocked_by(conn, row.channel, row.customer_id)


def _dismiss(conn: Connection, row: CaseRow, why: str, *, by: str, rules: Rules, now: datetime) -> CaseRow:
    """Take back every need that an open case waits on, and close it."""
    log = cases.log(conn, row.id)
    line = read(row, log, rules, now).timeline
    waiting = {need.ref for wait in (*line.first, *line.nexts) if wait.ending is Ending.OPEN for need in wait.needs}
    numbers = {one.event.ref: one.message for one in log if one.event.type is EventType.INBOUND}
    lines = [
        LogLine(
            event=Event(at=now, type=EventType.VERDICT, ref=ref, needs_response=False, by=by),
            learned_at=now,
            message=numbers[ref],
            data={"why": why},
        )
        for ref in numbers
        if ref in waiting
    ]
    lines.append(_event(EventType.CLOSE, now, by, why=why))
    return _log(conn, row, lines, rules, now, claimed_by=None, snoozed_until=None, unsure=False)


def needing(log: Sequence[LogLine]) -> set[str | None]:
    """Return the messages of a log, by platform id, that count as needing an answer, given or not."""
    events = [line.event for line in log]
    ordered = sorted(enumerate(events), key=lambda item: item[1].at)
    return {need.ref for need in needs_of([(place, event) for place, (_, event) in enumerate(ordered)]) if need.end is None}


# --- lines ---


def known(conn: Connection, case_id: int) -> CaseRow:
    if cases.get(conn, case_id) is None:
        raise ImpossibleMove(f"there is no case {case_id}", Refusal.NO_CASE)
    return cases.lock(conn, case_id)


def _locked(conn: Connection, case_id: int, act: EventType, by: str) -> CaseRow:
    row = known(conn, case_id)
    check_move(row.standing, act, by)
    return row


def _event(type_: EventType, at: datetime, by: str, *, to: str | None = None, **data: Any) -> LogLine:
    return LogLine(event=Event(at=at, type=type_, by=by, to=to), learned_at=at, data=data or None)


def _log(conn: Connection, row: CaseRow, lines: Iterable[LogLine], rules: Rules, now: datetime, **columns: Any) -> CaseRow:
    record(conn, row, list(lines), rules, now, **columns)
    return cases.lock(conn, row.id)

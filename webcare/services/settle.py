"""Write to a case's log and bring its projections up to date, in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from webcare.domain.case import CaseState
from webcare.domain.sla.evaluate import evaluate
from webcare.domain.sla.events import POLICY, Event, EventType
from webcare.domain.verdict import Urgency
from webcare.services import all_clear
from webcare.services.rules import Books, Rules, StaleRules
from webcare.store import cases
from webcare.store.cases import LogLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.domain.sla.evaluate import Evaluation
    from webcare.domain.sla.promise import ReplyWindow
    from webcare.store import Connection
    from webcare.store.cases import CaseRow

__all__ = ["Books", "Rules", "StaleRules", "read", "record", "settle", "window_of"]  # rules are asked for here, too


def record(conn: Connection, row: CaseRow, lines: Sequence[LogLine], rules: Rules, now: datetime, **columns: Any) -> CaseRow:
    """Append to the log of a locked case and settle it; `columns` are further columns of the case to set."""
    known = cases.log(conn, row.id) if row.events else []
    row, log = cases.append(conn, row, lines), [*known, *lines]
    found = read(row, log, rules, now)
    row = settle(conn, row, log, found, is_new=not known, is_swept=False, **columns)
    if known:
        all_clear.tell(conn, row, log, found, rules)
    return row


def settle(
    conn: Connection,
    row: CaseRow,
    log: Sequence[LogLine],
    found: Evaluation,
    *,
    is_new: bool = False,
    is_swept: bool = True,
    **columns: Any,
) -> CaseRow:
    """Log what follows from the policy itself, and write the projections of what was found.

    `is_swept` says that the caller takes the steps that are due; anybody else leaves them to the next sweep.
    """
    now = found.now
    closes = [LogLine(event=Event(at=at, type=EventType.CLOSE, by=POLICY), learned_at=now) for at in found.timeline.self_closed]
    if closes:
        row = cases.append(conn, row, closes)
    ahead = min((line.event.at for line in log if line.event.at > now), default=None)
    if ahead is not None:  # a platform's clock runs ahead of ours: look again when we are there
        columns["next_check_at"] = min(ahead, found.watch_at or ahead)
    if not is_swept and found.decisions:  # rungs that lie behind us may not have been taken: found late, or an answer withdrawn
        columns["next_check_at"] = now
    if row.state is CaseState.CLOSED and found.timeline.closed_at is None and cases.has_another_open(conn, row):
        columns["state"] = (
            CaseState.CLOSED.value
        )  # its clocks run again, and what it owes is told; the newer case stays the open one
    cases.project(conn, row, found, is_new=is_new, **columns)
    return row


def read(row: CaseRow, log: Sequence[LogLine], rules: Rules, now: datetime) -> Evaluation:
    """Return a case's promises as of `now`."""
    rule = rules.of_case(row)
    events = [line.event for line in log]
    return evaluate(
        events,
        rule.policy,
        now,
        window=window_of(row, rules),
        is_urgent=row.urgency is Urgency.HIGH,
        earlier=rules.eras(log) if any(event.type is EventType.RULES for event in events) else (),
    )


def window_of(row: CaseRow, rules: Rules) -> ReplyWindow | None:
    """Return for how long the platform lets us answer a case."""
    return rules.at(row.revision).window(rules.of_case(row), channel_kind=row.channel.partition(":")[0], kind=row.kind)

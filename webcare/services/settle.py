"""Write to a case's log and bring its projections up to date, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webcare.domain.alert_rules import SHIPPED
from webcare.domain.case import CaseState
from webcare.domain.sla.evaluate import evaluate
from webcare.domain.sla.events import POLICY, Event, EventType
from webcare.domain.verdict import Urgency
from webcare.store import cases
from webcare.store.cases import LogLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.domain.alert_rules import AlertRules
    from webcare.domain.routing import Rule, RuleBook
    from webcare.domain.sla.evaluate import Evaluation
    from webcare.services.receipt import Receipts
    from webcare.store import Connection
    from webcare.store.cases import CaseRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rule book in force, the number of its revision in the database, and what a customer is told at once, if anything.

    `alerts` says how alerts are gathered and repeated.
    """

    book: RuleBook
    revision: int
    receipts: Receipts | None = None
    alerts: AlertRules = SHIPPED

    def of(self, policy: str) -> Rule:
        """Return the rule of that name; one that is gone from the book gives way to the last, which fits every case."""
        return self.book.rule(policy) or self.book.rules[-1]


def record(conn: Connection, row: CaseRow, lines: Sequence[LogLine], rules: Rules, now: datetime, **columns: Any) -> CaseRow:
    """Append to the log of a locked case and settle it; `columns` are further columns of the case to set."""
    known = cases.log(conn, row.id) if row.events else []
    row, log = cases.append(conn, row, lines), [*known, *lines]
    return settle(conn, row, log, read(row, log, rules, now), is_new=not known, is_swept=False, **columns)


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
    rule = rules.of(row.policy)
    window = rules.book.window(rule, channel_kind=row.channel.partition(":")[0], kind=row.kind)
    events = [line.event for line in log]
    return evaluate(events, rule.policy, now, window=window, is_urgent=row.urgency is Urgency.HIGH)

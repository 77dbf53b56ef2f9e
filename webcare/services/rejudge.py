"""Judge open cases by other rules: those of a new rule book, or of another policy that fits them now.

    rule book 8 is stored -> open cases that go by 7, a batch a transaction -> the first policy that fits -> what runs is computed anew

Each case that comes under other terms gets a line in its log, from whose instant on they hold: clocks that were over by then, or overdue,
stay (SLA.md 9). Which case is still to be done stands in its own row, so a daemon that dies leaves nothing half done, and several share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import structlog

from webcare.domain.policy_terms import changes, window_terms
from webcare.domain.routing import facts_of
from webcare.domain.sla.events import POLICY, Event, EventType
from webcare.services.settle import StaleRules, read, settle, window_of
from webcare.store import cases, rulebooks, tags
from webcare.store.cases import LogLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.domain.routing import Rule
    from webcare.domain.sla.evaluate import Evaluation
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.door import Store

log = structlog.get_logger()

BATCH = 50  # of one transaction: the watch waits for it
RULE_BOOK, TAG, GROUP, URGENCY, INTENT = "rule_book", "tag", "customer_group", "urgency", "intent"  # why another policy may fit

Facts = dict[str, frozenset[str]]


async def rejudge(store: Store, rules: Rules, now: datetime) -> int:
    """Judge a batch of open cases by the newest rule book and return how many; one read when none is behind.

    Raises:
        StaleRules: the database knows a newer rule book than ours.
    """
    if not await store.read(is_behind, rules):
        return 0
    found = await store.write(judge_batch, rules, now)
    if 0 < found < BATCH:
        log.info("rules.judged_anew", revision=rules.revision)
    return found


def is_behind(conn: Connection, rules: Rules) -> bool:
    refuse_stale(conn, rules)
    return cases.any_behind(conn, rules.revision)


def refuse_stale(conn: Connection, rules: Rules) -> None:
    """Go on if nobody has stored a newer rule book.

    Raises:
        StaleRules: somebody has.
    """
    newest = rulebooks.newest_revision(conn)
    if newest is not None and newest > rules.revision:
        raise StaleRules(
            f"this daemon works by rule book {rules.revision}, the newest is {newest}: start it with the new policies"
        )


def judge_batch(conn: Connection, rules: Rules, now: datetime, limit: int = BATCH) -> int:
    """Judge some open cases of older rule books."""
    refuse_stale(conn, rules)
    rows = cases.behind(conn, rules.revision, limit)
    if not rows:
        return 0
    bring_up_to_date(conn, rows, rules, now)
    return len(rows)


def bring_up_to_date(conn: Connection, rows: Sequence[CaseRow], rules: Rules, now: datetime) -> list[CaseRow]:
    """Judge those of some locked cases that go by an older rule book, and return all of them as they are then."""
    facts = facts_of_cases(conn, [row for row in rows if row.revision < rules.revision])
    logs = cases.logs(conn, facts) if facts else {}
    found: list[CaseRow] = []
    alike: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        if row.id not in facts:
            found.append(row)
            continue
        rule, why = rules.book.match(facts[row.id])
        try:
            judged = _judge(row, logs[row.id], _Fit(rule=rule, why=why, because=RULE_BOOK, by=POLICY), rules, now)
        except Exception:  # whatever it is: nothing was written, the sweep will say it again, and the others must not wait for it
            log.exception("rules.not_judged", case=row.id)
            judged = None
        if judged is None:
            alike.setdefault((rule.name, why), []).append(row.id)
        found.append(_moved(row, rule, why, rules) if judged is None else judged.write(conn))
    for (name, why), numbers in alike.items():
        cases.renumber(conn, numbers, revision=rules.revision, policy=name, why=why)
    return found


def rematch(conn: Connection, row: CaseRow, rules: Rules, now: datetime, *, because: str, by: str) -> CaseRow:
    """Let a locked case go by the policy that fits it now, after something that policies ask about has changed."""
    rule, why = rules.book.match(facts_of_cases(conn, [row])[row.id])
    if rule.name == row.policy and row.revision == rules.revision:
        if why != row.policy_why:
            cases.renumber(conn, [row.id], revision=rules.revision, policy=rule.name, why=why)
        return row
    judged = _judge(row, cases.log(conn, row.id), _Fit(rule=rule, why=why, because=because, by=by), rules, now)
    if judged is not None:
        return judged.write(conn)
    cases.renumber(conn, [row.id], revision=rules.revision, policy=rule.name, why=why)
    return _moved(row, rule, why, rules)


def facts_of_cases(conn: Connection, rows: Sequence[CaseRow]) -> dict[int, Facts]:
    """Return what policies may ask about cases as they are now."""
    if not rows:
        return {}
    numbers = [row.id for row in rows]
    judged, tagged, grouped = tags.asked(conn, numbers), tags.of_many(conn, numbers), tags.groups_of(conn, numbers)
    found: dict[int, Facts] = {}
    for row in rows:
        intents, language = judged[row.id]
        found[row.id] = facts_of(
            channel_kind=row.channel.partition(":")[0],
            kind=row.kind,
            intents=intents,
            urgency=row.urgency.value,
            language=language,
            tags=tagged.get(row.id, ()),
            customer_group=grouped.get(row.id),
        )
    return found


def _changes(row: CaseRow, rule: Rule, rules: Rules) -> list[Any]:
    """Return what a rule says otherwise than the one that a case goes by, its reply window included."""
    was, moved = rules.of_case(row), replace(row, revision=rules.revision, policy=rule.name)
    windows = [window_terms(window_of(one, rules)) for one in (row, moved)]
    return changes({**was.terms, "reply_window": windows[0]}, {**rule.terms, "reply_window": windows[1]})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """The policy that fits a case, and why it is looked for."""

    rule: Rule
    why: str
    because: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A case under other terms, computed and not yet written."""

    row: CaseRow
    line: LogLine
    log: Sequence[LogLine]
    found: Evaluation

    def write(self, conn: Connection) -> CaseRow:
        row = cases.append(conn, self.row, [self.line])
        columns: dict[str, Any] = {"revision": row.revision, "policy": row.policy, "policy_why": row.policy_why}
        return settle(conn, row, [*self.log, self.line], self.found, is_swept=False, **columns)


def _judge(row: CaseRow, lines: Sequence[LogLine], fit: _Fit, rules: Rules, now: datetime) -> _Judged | None:
    """Compute a case by the policy that fits; None when that says the same as its own."""
    changed = _changes(row, fit.rule, rules)
    if not changed:
        return None
    facts = {
        "revision": rules.revision,
        "policy": fit.rule.name,
        "before": {"revision": row.revision, "policy": row.policy},
        "changes": changed,
        "because": fit.because,
        "fits": fit.why,
    }
    line = LogLine(event=Event(at=now, type=EventType.RULES, by=fit.by), learned_at=now, data=facts)
    moved = _moved(row, fit.rule, fit.why, rules)
    return _Judged(row=moved, line=line, log=lines, found=read(moved, [*lines, line], rules, now))


def _moved(row: CaseRow, rule: Rule, why: str, rules: Rules) -> CaseRow:
    return replace(row, revision=rules.revision, policy=rule.name, policy_why=why)

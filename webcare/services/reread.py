"""Judge again what a stand-in judged, when the model is there: it may open a case or raise one, never drop one, and never undoes a person.

    read a batch with its context -> classify, off the event loop -> each against the verdict in force, in one transaction

Where the model says less than the stand-in did, its verdict is kept beside the other, which stays in force: what a page shows of a message
and what its clocks count by remain one thing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from webcare.domain.case import CaseState
from webcare.domain.sla.events import MACHINE
from webcare.domain.verdict import STAND_IN, Urgency
from webcare.ports.classifier import READY
from webcare.services.desk import needing
from webcare.services.rejudge import refuse_stale
from webcare.services.settle import StaleRules
from webcare.services.triage import UNREAD, Judged, classify_all, into_case, request_of, way_of
from webcare.store import cases, desk, labels, messages, rereads
from webcare.store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from webcare.domain.routing import Route
    from webcare.domain.verdict import Verdict
    from webcare.ports.classifier import Request
    from webcare.services.judge import Judge
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.door import Store
    from webcare.store.messages import Pending

log = structlog.get_logger()

BATCH = 8  # few: a customer who writes now is before them
Again = tuple["Pending", "Verdict"]


async def reread(store: Store, judge: Judge, rules: Rules, now: datetime) -> int:
    """Work off one batch and return how many messages it settled; 0 while nothing but the stand-in could answer."""
    if judge.state != READY:
        return 0
    batch = await store.read(gather, BATCH, rules.languages)
    if not batch:
        return 0
    verdicts = await asyncio.to_thread(classify_all, judge, [request for _, request in batch])
    if any(verdict.is_stand_in for verdict in verdicts) and judge.judging().state != READY:  # it went away meanwhile
        return 0
    judged = [(pending, verdict) for (pending, _), verdict in zip(batch, verdicts, strict=True)]
    try:
        return await store.write(settle_all, judged, rules, now)
    except (StoreError, StaleRules):
        raise
    except Exception:  # noqa: BLE001 - one message that we stumble over must not silence all others
        return sum([await _settle_alone(store, one, rules, now) for one in judged])


async def _settle_alone(store: Store, judged: Again, rules: Rules, now: datetime) -> int:
    try:
        return await store.write(settle_all, [judged], rules, now)
    except (StoreError, StaleRules):
        raise
    except Exception:  # as above; what cannot be settled keeps the verdict that it has
        log.exception("reread.not_settled", message=judged[0].stored.id)
        return int(await store.write(rereads.drop, judged[0].stored.id))


def gather(conn: Connection, limit: int, languages: Mapping[str, str]) -> list[tuple[Pending, Request]]:
    """Return what is to be judged again, each with the question to the classifier."""
    asked = [(pending, request_of(conn, pending, languages)) for pending in rereads.due(conn, limit)]
    return [(pending, request) for pending, request in asked if request is not None]


def settle_all(conn: Connection, judged: Sequence[Again], rules: Rules, now: datetime) -> int:
    """Settle second verdicts and return how many; another daemon may have been faster.

    Raises:
        StaleRules: the database knows a newer rule book than ours: whoever has it opens the cases.
    """
    refuse_stale(conn, rules)
    return sum(_settle(conn, pending, verdict, rules, now) for pending, verdict in judged)


def _settle(conn: Connection, pending: Pending, verdict: Verdict, rules: Rules, now: datetime) -> bool:
    said = messages.get(conn, pending.stored.id)
    if said.message.text != pending.text:  # edited meanwhile: the next look has its new text
        return False
    if not rereads.drop(conn, said.id):
        return False
    was = desk.verdict_in_force(conn, said.id)
    is_over = was is None or was.by != MACHINE or not was.model.startswith(STAND_IN) or said.is_deleted
    if is_over or verdict.is_stand_in or verdict.model == UNREAD.model:  # or the model fails on this one text
        return True
    number = messages.keep_verdict(conn, said.id, verdict, now=now, by=MACHINE)
    way, row = way_of(conn, pending, verdict), None
    case = None if said.case is None else cases.lock(conn, said.case)
    stands = case is not None and said.message.external_id in needing(cases.log(conn, case.id))
    if stands and not way.opens_case:
        return True
    if way.opens_case and (not stands or _raises(case, way)):
        is_new_edit = case is None and pending.at > said.message.created_at  # no log knows of it yet: it counts from the edit
        row = into_case(conn, Judged(pending, said, verdict, way, again=not is_new_edit), rules, now)
    labels.judged(conn, said.id, verdict=number, case=said.case if row is None else row.id)
    return True


def _raises(row: CaseRow | None, way: Route) -> bool:
    """Tell whether a case that counts this message already is more urgent, or plainer, than it was."""
    if row is None or row.state is not CaseState.OPEN:
        return False
    is_more_urgent = way.urgency is Urgency.HIGH and row.urgency is not Urgency.HIGH
    return is_more_urgent or (way.needs_response and row.unsure)

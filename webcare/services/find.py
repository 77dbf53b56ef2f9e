"""Which case a message belongs to: one customer identity in one conversation on one channel account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from webcare.domain.case import CaseState
from webcare.domain.routing import facts_of
from webcare.domain.verdict import Urgency
from webcare.store import cases, messages

if TYPE_CHECKING:
    from datetime import datetime

    from webcare.domain.case import FoundBy
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.messages import Stored


def case_for(conn: Connection, said: Stored, at: datetime, rules: Rules) -> CaseRow | None:
    """Return the customer's case that something at this instant belongs to, locked: the open one, or one closed not long ago."""
    what = said.message
    known = cases.of_customer(conn, what.channel, what.conversation_id, what.author.id)
    for row in known:
        if row.state is CaseState.OPEN:
            return row
    for row in known:
        within = rules.of(row.policy).policy.reopen_within
        if within is None or row.closed_at is None or row.opened_at - within <= at <= row.closed_at + within:
            return row
    return None


def open_case(conn: Connection, said: Stored, rules: Rules, *, found_by: FoundBy, unsure: bool, queue: str) -> CaseRow:
    """Open a case for a message, by the first policy that fits it, and return it with an empty log."""
    what = said.message
    known = cases.of_customer(conn, what.channel, what.conversation_id, what.author.id)
    verdict = messages.verdict_of(conn, said.id)
    facts = facts_of(
        channel_kind=what.channel.partition(":")[0],
        kind=what.kind,
        intents=verdict.intents if verdict else (),
        urgency=verdict.urgency if verdict else Urgency.NORMAL,
        language=verdict.language if verdict else "und",
    )
    rule, why = rules.book.match(facts)
    opened = cases.open_case(
        conn,
        cases.NewCase(
            brand=said.brand,
            channel=what.channel,
            conversation_id=what.conversation_id,
            customer_id=what.author.id,
            customer_name=what.author.name or what.author.handle,
            opening_message=said.id,
            previous_case=known[0].id if known else None,
            found_by=found_by,
            queue=queue,
            revision=rules.revision,
            policy=rule.name,
            policy_why=why,
            urgency=Urgency(verdict.urgency) if verdict else Urgency.NORMAL,
            unsure=unsure,
            opened_at=what.created_at,
        ),
    )
    if opened is not None:
        return opened
    (row,) = [c for c in cases.of_customer(conn, what.channel, what.conversation_id, what.author.id) if c.state is CaseState.OPEN]
    return row  # another daemon opened it a moment ago

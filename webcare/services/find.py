"""Which case a message belongs to: one customer identity in one conversation on one channel account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.case import CaseState
from webcare.domain.routing import facts_of
from webcare.domain.verdict import Urgency
from webcare.store import cases, tags

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from webcare.domain.case import FoundBy
    from webcare.services.settle import Rules
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.messages import Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What opens a case: the message, how it was found, and what policies may ask about it."""

    message: Stored
    found_by: FoundBy
    intents: Sequence[str] = ()
    urgency: Urgency = Urgency.NORMAL
    language: str = "und"
    unsure: bool = False
    queue: str = "default"


def cases_of(conn: Connection, said: Stored) -> list[CaseRow]:
    """Return the cases of a message's author in its conversation, the newest first, locked."""
    what = said.message
    return cases.of_customer(conn, what.channel, what.conversation_id, what.author.id)


def case_at(known: Sequence[CaseRow], at: datetime, rules: Rules) -> CaseRow | None:
    """Return which of a customer's cases something at this instant belongs to: the open one, or one closed not long ago."""
    for row in known:
        if row.state is CaseState.OPEN:
            return row
    for row in known:
        within = rules.of_case(row).policy.reopen_within
        if within is None or row.closed_at is None or row.opened_at - within <= at <= row.closed_at + within:
            return row
    return None


def open_case(conn: Connection, opening: Opening, known: Sequence[CaseRow], rules: Rules) -> CaseRow:
    """Open a case by the first policy that fits it and return it with an empty log; `known` are the customer's cases so far."""
    said, what = opening.message, opening.message.message
    group = tags.group(conn, what.channel, what.author.id) if rules.book.asks("customer_group") else None
    facts = facts_of(
        channel_kind=what.channel.partition(":")[0],
        kind=what.kind,
        intents=opening.intents,
        urgency=opening.urgency,
        language=opening.language,
        customer_group=group,
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
            kind=what.kind,
            opening_message=said.id,
            previous_case=known[0].id if known else None,
            found_by=opening.found_by,
            queue=opening.queue,
            revision=rules.revision,
            policy=rule.name,
            policy_why=why,
            urgency=opening.urgency,
            unsure=opening.unsure,
            opened_at=what.created_at,
        ),
    )
    if opened is not None:
        return opened
    (row,) = [other for other in cases_of(conn, said) if other.state is CaseState.OPEN]
    return row  # another daemon opened it a moment ago

"""Reading for people: what a replay comes to, the list of cases, and everything that `why` tells about one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy import case as case_when

from webcare.domain.message import Direction
from webcare.domain.sla.promise import Clock, State
from webcare.domain.verdict import Urgency
from webcare.store.tables import case, case_event, clock, delivery, delivery_notice, message, notice, reply, step, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement, Connection

NOISE = "noise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts over a whole database. `first_responses` are (state, elapsed seconds, answered) of those met or missed."""

    messages_in: int
    messages_out: int
    cases: int
    intents: dict[str, int]
    first_responses: list[tuple[State, float, bool]]
    breaches: int
    steps: dict[str, int]
    alerts: dict[str, int]


def totals(conn: Connection) -> Totals:
    directions = _counts(conn, message.c.direction)
    intents: dict[str, int] = {}
    inbound = select(verdict.c.intents).join(message, message.c.verdict == verdict.c.id)
    for (labels,) in conn.execute(inbound.where(message.c.direction == Direction.INBOUND.value)):
        for label in labels or [NOISE]:
            intents[label] = intents.get(label, 0) + 1
    decided = and_(clock.c.clock == Clock.FIRST_RESPONSE.value, clock.c.state.in_([State.MET.value, State.MISSED.value]))
    firsts = conn.execute(
        select(clock.c.case, clock.c.state, clock.c.elapsed_s, clock.c.stopped_at)
        .where(decided)
        .order_by(clock.c.case, clock.c.nth)
    )
    last_of_case = {row.case: (State(row.state), row.elapsed_s, row.stopped_at is not None) for row in firsts}
    missed = select(func.count()).select_from(clock).where(clock.c.state == State.MISSED.value)
    return Totals(
        messages_in=directions.get(Direction.INBOUND.value, 0),
        messages_out=directions.get(Direction.OUTBOUND.value, 0),
        cases=conn.execute(select(func.count()).select_from(case)).scalar_one(),
        intents=dict(sorted(intents.items())),
        first_responses=list(last_of_case.values()),
        breaches=conn.execute(missed).scalar_one(),
        steps=_counts(conn, step.c.step),
        alerts=_counts(conn, delivery.c.person, delivery.c.kind == "alert"),
    )


def _counts(conn: Connection, column: Column[Any], *where: ColumnElement[bool]) -> dict[str, int]:
    """Count rows by a column, in the order of its values."""
    rows = conn.execute(select(column, func.count()).where(*where).group_by(column).order_by(column))
    return {str(value): count for value, count in rows}


# --- events ---


def log_lines(conn: Connection) -> Iterator[dict[str, Any]]:
    """Yield every line of every log with what names it to a reader."""
    found = conn.execute(
        select(
            case_event.c.case,
            case_event.c.seq,
            case_event.c.at,
            case_event.c.learned_at,
            case_event.c.type,
            case_event.c.by,
            message.c.external_id,
        )
        .outerjoin(message, message.c.id == case_event.c.message)
        .order_by(case_event.c.case, case_event.c.seq)
    )
    for row in found:
        yield dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def openings(conn: Connection) -> list[dict[str, Any]]:
    columns = (case.c.id, case.c.brand, case.c.found_by, case.c.customer_id, case.c.unsure, message.c.external_id)
    found = conn.execute(select(*columns).join(message, message.c.id == case.c.opening_message).order_by(case.c.id))
    return [dict(row._mapping) for row in found]  # noqa: SLF001 - as above


def stops(conn: Connection) -> dict[tuple[int, datetime], list[str]]:
    """Return which clocks were stopped at which instant in which case, by an answer."""
    found: dict[tuple[int, datetime], list[str]] = {}
    responses = clock.c.clock.in_([Clock.FIRST_RESPONSE.value, Clock.NEXT_RESPONSE.value, Clock.KEEP_IN_LOOP.value])
    ended = and_(clock.c.stopped_at.is_not(None), clock.c.state.in_([State.MET.value, State.MISSED.value]), responses)
    for row in conn.execute(select(clock.c.case, clock.c.clock, clock.c.stopped_at).where(ended).order_by(clock.c.clock)):
        found.setdefault((row.case, row.stopped_at), []).append(row.clock)
    return found


def steps_taken(conn: Connection) -> list[dict[str, Any]]:
    found = conn.execute(select(step).order_by(step.c.decided_at, step.c.case, step.c.at, step.c.rung))
    return [dict(row._mapping) for row in found]  # noqa: SLF001 - as above


def alerts_sent(conn: Connection) -> list[dict[str, Any]]:
    columns = (
        delivery.c.id,
        delivery.c.key,
        delivery.c.person,
        delivery.c.created_at,
        delivery.c.sent_at,
        delivery.c.state,
        delivery.c.content,
    )
    found = conn.execute(select(*columns).where(delivery.c.kind == "alert").order_by(delivery.c.id))
    return [dict(row._mapping) for row in found]  # noqa: SLF001 - as above


def carried(conn: Connection, delivery_id: int) -> list[tuple[int, str]]:
    """Return the case and step of each notice that a delivery carries, the most urgent first."""
    found = conn.execute(
        select(step.c.case, step.c.step)
        .join(notice, notice.c.step == step.c.id)
        .join(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .join(case, case.c.id == step.c.case)
        .where(delivery_notice.c.delivery == delivery_id)
        .order_by(case_when((case.c.urgency == Urgency.HIGH.value, 0), else_=1), step.c.deadline, step.c.case, notice.c.id)
    )
    return [(row.case, row.step) for row in found]


# --- cases ---


def list_cases(
    conn: Connection, *, state: str | None, channel: str | None, brand: str | None, missed: bool, limit: int
) -> list[dict[str, Any]]:
    """Return cases, what runs out first on top; `channel` is an account or a kind, `missed` keeps those with a miss."""
    misses = select(clock.c.case).where(clock.c.state == State.MISSED.value)
    query = select(case, message.c.text.label("opening_text"), message.c.external_id.label("opening_id")).join(
        message, message.c.id == case.c.opening_message
    )
    if state is not None:
        query = query.where(case.c.state == state)
    if channel is not None:
        query = query.where(or_(case.c.channel == channel, case.c.channel.startswith(f"{channel}:", autoescape=True)))
    if brand is not None:
        query = query.where(case.c.brand == brand)
    if missed:
        query = query.where(case.c.id.in_(misses))
    first = case_when((case.c.due_at.is_(None), 1), else_=0)
    found = conn.execute(query.order_by(first, case.c.due_at, case.c.opened_at, case.c.id).limit(limit))
    return [dict(row._mapping) for row in found]  # noqa: SLF001 - as above


def case_of_message(conn: Connection, external_id: str) -> list[int]:
    """Return the cases that hold a message with this platform id, over all channels."""
    where = and_(message.c.external_id == external_id, message.c.case.is_not(None))
    return [row.case for row in conn.execute(select(message.c.case).where(where).order_by(message.c.case))]


def thread(conn: Connection, case_id: int) -> dict[int, dict[str, Any]]:
    """Return the messages of a case by our number, each with its verdict."""
    columns = (
        message.c.id,
        message.c.external_id,
        message.c.direction,
        message.c.author_id,
        message.c.text,
        message.c.created_at,
        message.c.learned_at,
        message.c.late_ingest,
        verdict.c.intents,
        verdict.c.sentiment,
        verdict.c.needs_response,
        verdict.c.needs_response_score,
        verdict.c.unsure,
        verdict.c.urgency,
        verdict.c.language,
        verdict.c.model,
    )
    joined = select(*columns).outerjoin(verdict, verdict.c.id == message.c.verdict)
    found = conn.execute(joined.where(message.c.case == case_id).order_by(message.c.created_at, message.c.id))
    return {row.id: dict(row._mapping) for row in found}  # noqa: SLF001 - as above


def told(conn: Connection, case_id: int) -> list[dict[str, Any]]:
    """Return each step of a case with who was told, why, and how it was delivered; one row a step, notice and delivery."""
    found = conn.execute(
        select(
            step.c.id,
            step.c.clock,
            step.c.deadline,
            step.c.rung,
            step.c.step,
            step.c.at,
            step.c.decided_at,
            notice.c.person,
            notice.c.why,
            notice.c.acked_at,
            delivery.c.id.label("delivery"),
            delivery.c.method,
            delivery.c.state,
            delivery.c.not_before,
            delivery_notice.c.dropped_at,
            delivery.c.sent_at,
            delivery.c.attempt,
            delivery.c.result,
        )
        .outerjoin(notice, notice.c.step == step.c.id)
        .outerjoin(delivery_notice, delivery_notice.c.notice == notice.c.id)
        .outerjoin(delivery, delivery.c.id == delivery_notice.c.delivery)
        .where(step.c.case == case_id)
        .order_by(step.c.at, step.c.id, notice.c.person, delivery.c.id)
    )
    return [dict(row._mapping) for row in found]  # noqa: SLF001 - as above


def replies(conn: Connection, case_id: int) -> list[dict[str, Any]]:
    found = conn.execute(select(reply).where(reply.c.case == case_id).order_by(reply.c.id))
    return [dict(row._mapping) for row in found]  # noqa: SLF001 - as above

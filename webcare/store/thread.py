"""What the page of a case shows: what was said in its conversation, replies under way, and the customer's other cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, cast, func, or_, select

from webcare.domain.message import Direction, Kind
from webcare.domain.sla.events import EventType
from webcare.domain.sla.promise import Clock
from webcare.store.tables import case, case_event, clock, message, reply, verdict, version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from webcare.domain.identities import Identity
    from webcare.store.cases import CaseRow

_SAID = (
    message.c.id,
    message.c.external_id,
    message.c.reply_to,
    message.c.direction,
    message.c.kind,
    message.c.author_id,
    message.c.author_name,
    message.c.author_handle,
    message.c.text,
    message.c.attachments,
    message.c.permalink,
    message.c.created_at,
    message.c.edited_at,
    message.c.deleted_at,
    message.c.late_ingest,
    message.c.automatic,
    message.c.case,
    verdict.c.by,
    verdict.c.model,
    verdict.c.language,
    verdict.c.sentiment,
    verdict.c.intents,
    verdict.c.scores,
    verdict.c.needs_response,
    verdict.c.needs_response_score,
    verdict.c.unsure,
    verdict.c.urgency,
)
_MESSAGES: Select[Any] = select(*_SAID).outerjoin(verdict, verdict.c.id == message.c.verdict)


def _in_thread(row: CaseRow) -> ColumnElement[bool]:
    return and_(message.c.channel == row.channel, message.c.conversation_id == row.conversation_id)


def _in_public(row: CaseRow) -> ColumnElement[bool]:
    """Tell what everybody can read: an answer in private to somebody's public words stands in their thread too."""
    return and_(_in_thread(row), message.c.kind != Kind.DM.value)


def own(conn: Connection, row: CaseRow, limit: int) -> list[Row[Any]]:
    """Return the newest messages of a case's customer and of ours to them, oldest first: in private all of the conversation."""
    logged = select(case_event.c.message).where(case_event.c.case == row.id, case_event.c.message.is_not(None))
    if row.kind is Kind.DM:
        theirs: ColumnElement[bool] = _in_thread(row)
    else:
        wrote = select(message.c.external_id).where(_in_thread(row), message.c.author_id == row.customer_id)
        answers = and_(message.c.direction == Direction.OUTBOUND.value, message.c.reply_to.in_(wrote))
        theirs = and_(_in_thread(row), or_(message.c.author_id == row.customer_id, answers))
    newest = (message.c.created_at.desc(), message.c.id.desc())
    found = {one.id: one for one in conn.execute(_MESSAGES.where(theirs).order_by(*newest).limit(limit))}
    found |= {one.id: one for one in conn.execute(_MESSAGES.where(message.c.id.in_(logged)).order_by(*newest).limit(limit))}
    return sorted(found.values(), key=lambda one: (one.created_at, one.id))[-limit:]


def others(conn: Connection, row: CaseRow, shown: Sequence[Row[Any]], limit: int) -> list[Row[Any]]:
    """Return what stands around a customer's messages in public: the post itself, what theirs answer, and what came just before them."""
    known = [one.id for one in shown]
    answered = {one.reply_to for one in shown if one.reply_to is not None} | {row.conversation_id}
    named = and_(message.c.channel == row.channel, message.c.external_id.in_(answered))
    found = {one.id: one for one in conn.execute(_MESSAGES.where(named, message.c.id.not_in(known)))}
    until: datetime = max((one.created_at for one in shown), default=row.opened_at)
    before = _MESSAGES.where(_in_public(row), message.c.created_at <= until, message.c.id.not_in([*known, *found]))
    newest = before.order_by(message.c.created_at.desc(), message.c.id.desc()).limit(limit)
    return [*found.values(), *conn.execute(newest)]


def written_since(conn: Connection, row: CaseRow, limit: int) -> list[Row[Any]]:
    """Return what other customers wrote in the conversation since a case opened, the newest first."""
    theirs = (
        message.c.direction == Direction.INBOUND.value,
        message.c.author_id != row.customer_id,
        message.c.deleted_at.is_(None),
    )
    since = _MESSAGES.where(_in_thread(row), *theirs, message.c.created_at >= row.opened_at)
    return list(conn.execute(since.order_by(message.c.created_at.desc(), message.c.id.desc()).limit(limit)))


def count(conn: Connection, row: CaseRow) -> int:
    """Return how many messages the conversation has; of a public one without what was said to others in private."""
    counted = _in_thread(row) if row.kind is Kind.DM else or_(_in_public(row), and_(_in_thread(row), message.c.case == row.id))
    return conn.execute(select(func.count()).select_from(message).where(counted)).scalar_one()


def earlier_texts(conn: Connection, messages: Iterable[int]) -> dict[int, list[Any]]:
    """Return the texts that each of these messages has had, each with when it was given; the newest comes last."""
    found: dict[int, list[Any]] = {}
    numbers = list(messages)
    if numbers:
        texts = select(version.c.message, version.c.at, version.c.text).where(version.c.message.in_(numbers))
        for row in conn.execute(texts.order_by(version.c.at, version.c.id)):
            found.setdefault(row.message, []).append(row)
    return found


def replies(conn: Connection, case_id: int) -> list[Row[Any]]:
    """Return what was written from here in a case, accepted or not."""
    return list(conn.execute(select(reply).where(reply.c.case == case_id).order_by(reply.c.id)))


def _theirs(who: Collection[Identity]) -> tuple[ColumnElement[bool], ...]:
    """Tell the cases of a customer, by all of their identities; the ids first, for which there is an index."""
    each = (
        and_(case.c.customer_id == one.author_id, case.c.channel.startswith(f"{one.kind}:", autoescape=True))
        for one in sorted(who)
    )
    return case.c.customer_id.in_(sorted({one.author_id for one in who})), or_(*each)


def cases_of(conn: Connection, row: CaseRow, who: Collection[Identity], limit: int) -> list[Row[Any]]:
    """Return the other cases of a case's customer, the newest first, each with its opening text."""
    columns = (case.c.id, case.c.channel, case.c.kind, case.c.state, case.c.opened_at, case.c.closed_at, message.c.text)
    joined = select(*columns).join(message, message.c.id == case.c.opening_message).where(*_theirs(who), case.c.id != row.id)
    return list(conn.execute(joined.order_by(case.c.opened_at.desc(), case.c.id.desc()).limit(limit)))


def met(conn: Connection, who: Collection[Identity]) -> Row[Any]:
    """Return how many cases a customer had, since when, and how many messages are in them."""
    wrote = and_(message.c.case == case.c.id, message.c.direction == Direction.INBOUND.value)
    counted = select(
        func.count(case.c.id.distinct()).label("cases"),
        func.min(case.c.opened_at).label("since"),
        func.count(message.c.id).label("messages"),
    ).outerjoin_from(case, message, wrote)
    return conn.execute(counted.where(*_theirs(who))).one()


def notes(conn: Connection, cases: Sequence[int], limit: int) -> list[Row[Any]]:
    """Return what colleagues wrote down in these cases, the newest first."""
    columns = (case_event.c.case, case_event.c.by, case_event.c.at, case_event.c.data)
    noted = select(*columns).where(case_event.c.case.in_(cases), case_event.c.type == EventType.NOTE.value)
    return list(conn.execute(noted.order_by(case_event.c.at.desc(), case_event.c.seq.desc()).limit(limit)))


def first_responses(conn: Connection, cases: Sequence[int]) -> Mapping[int, float]:
    """Return after how many seconds of the clock's own time each of these cases was first answered."""
    answered = (clock.c.case.in_(cases), clock.c.clock == Clock.FIRST_RESPONSE.value, clock.c.stopped_at.is_not(None))
    found = conn.execute(select(clock.c.case, clock.c.state, clock.c.elapsed_s).where(*answered).order_by(clock.c.nth))
    return {row.case: row.elapsed_s for row in found if row.state in ("met", "missed")}


def brought(conn: Connection, cases: Sequence[int], limit: int) -> list[Row[Any]]:
    """Return the messages of these cases that something came with, the newest first."""
    columns = (message.c.id, message.c.case, message.c.channel, message.c.created_at, message.c.attachments, message.c.permalink)
    has_any = cast(message.c.attachments, String) != "[]"
    found = select(*columns).where(message.c.case.in_(cases), message.c.deleted_at.is_(None), has_any)
    return list(conn.execute(found.order_by(message.c.created_at.desc(), message.c.id.desc()).limit(limit)))

"""Answers of other customers: where somebody replied to whom we owe an answer, and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, select, update

from webcare.domain.community import Because, Helped, Line
from webcare.domain.message import Direction, Kind
from webcare.domain.verdict import Intent
from webcare.store.conversation_tables import community_answer
from webcare.store.dialect import upsert
from webcare.store.queue import IS_OPEN
from webcare.store.tables import case, message, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was found for a case; `refused_by` is who said that it is no answer."""

    case: int
    helped: Helped
    refused_by: str | None


_asked, _answer = message.alias("asked"), message.alias("answer")
_BESIDE = (
    select(case.c.id)
    .join(_asked, _asked.c.case == case.c.id)
    .join(_answer, (_answer.c.channel == _asked.c.channel) & (_answer.c.reply_to == _asked.c.external_id))
    .where(
        IS_OPEN,
        case.c.kind != Kind.DM.value,
        _asked.c.direction == Direction.INBOUND.value,
        _answer.c.direction == Direction.INBOUND.value,
        _answer.c.author_id != case.c.customer_id,
        _answer.c.deleted_at.is_(None),
    )
    .distinct()
    .order_by(case.c.id)
)
_THREAD = (
    select(
        message.c.id,
        message.c.external_id,
        message.c.reply_to,
        message.c.author_id,
        message.c.direction,
        message.c.created_at,
        message.c.text,
        verdict.c.intents,
        verdict.c.needs_response,
    )
    .outerjoin(verdict, verdict.c.id == message.c.verdict)
    .join(case, case.c.id == bindparam("of"))
    .where(
        message.c.channel == case.c.channel,
        message.c.conversation_id == case.c.conversation_id,
        message.c.created_at >= case.c.opened_at,
        message.c.deleted_at.is_(None),
    )
    .order_by(message.c.created_at, message.c.id)
    .limit(bindparam("limit"))
)
_OF_MANY = (
    select(community_answer.c.case, func.max(community_answer.c.certainty).label("certainty"))
    .where(community_answer.c.case.in_(bindparam("cases", expanding=True)), community_answer.c.refused_by.is_(None))
    .group_by(community_answer.c.case)
)


def open_cases(conn: Connection) -> list[int]:
    """Return the open public cases in which another customer replied to the asker, or where one was thought to have."""
    known = select(community_answer.c.case).join(case, case.c.id == community_answer.c.case)
    known = known.where(IS_OPEN, community_answer.c.refused_by.is_(None))
    return sorted({*conn.execute(_BESIDE).scalars(), *conn.execute(known).scalars()})


def thread(conn: Connection, case_id: int, limit: int) -> list[Line]:
    """Return what was said in a case's conversation since it was opened."""
    return [
        Line(
            id=row.id,
            external_id=row.external_id,
            reply_to=row.reply_to,
            author=row.author_id,
            is_ours=row.direction == Direction.OUTBOUND.value,
            at=row.created_at,
            text=row.text,
            intents=None if row.intents is None else frozenset(Intent(one) for one in row.intents),
            needs_response=bool(row.needs_response),
        )
        for row in conn.execute(_THREAD, {"of": case_id, "limit": limit})
    ]


def of_case(conn: Connection, case_id: int) -> list[Kept]:
    """Return what was found for a case, what is most certain first."""
    rows = conn.execute(
        select(community_answer)
        .where(community_answer.c.case == case_id)
        .order_by(community_answer.c.certainty.desc(), community_answer.c.message)
    )
    return [
        Kept(
            case=row.case,
            helped=Helped(message=row.message, certainty=row.certainty, because=Because(row.because)),
            refused_by=row.refused_by,
        )
        for row in rows
    ]


def of_many(conn: Connection, cases: Iterable[int]) -> dict[int, int]:
    """Return how certain it is, per cent, that another customer answered; a case that nobody did is not in it."""
    numbers = list(cases)
    return {row.case: row.certainty for row in conn.execute(_OF_MANY, {"cases": numbers})} if numbers else {}


def keep(conn: Connection, case_id: int, found: Helped | None, now: datetime) -> None:
    """Let this be what was found for a case; what somebody refused stays refused."""
    others = [community_answer.c.case == case_id, community_answer.c.refused_by.is_(None)]
    if found is not None:
        others.append(community_answer.c.message != found.message)
        row: dict[str, Any] = {"case": case_id, "message": found.message, "found_at": now}
        row |= {"certainty": found.certainty, "because": found.because.value}
        conn.execute(upsert(conn, community_answer, row, key=["case", "message"]))
    conn.execute(delete(community_answer).where(*others))


def refuse(conn: Connection, case_id: int, message_id: int, *, by: str, now: datetime) -> bool:
    """Note that somebody says that it is no answer; False when it was not thought to be one."""
    where = (
        community_answer.c.case == case_id,
        community_answer.c.message == message_id,
        community_answer.c.refused_by.is_(None),
    )
    return conn.execute(update(community_answer).where(*where).values(refused_by=by, refused_at=now)).rowcount == 1


def drop(conn: Connection, messages: Sequence[int]) -> None:
    """Forget what was made of these messages."""
    conn.execute(delete(community_answer).where(community_answer.c.message.in_(messages)))

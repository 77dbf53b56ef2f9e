"""A few messages of each week that the machine let pass, drawn to be looked at, and what people said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, bindparam, exists, func, literal_column, select, update
from sqlalchemy import case as case_when

from webcare.domain.checks import NOTHING_CHECKED, Answer, Checked
from webcare.domain.message import Direction
from webcare.domain.sla.events import MACHINE
from webcare.store.dialect import insert_or_ignore
from webcare.store.model_tables import check_message, check_week
from webcare.store.tables import case_event, channel, message, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, Row

_KNOWN = select(check_week.c.week).where(check_week.c.week == bindparam("which", type_=Date()))
_LET_PASS = (  # ix_message_heard
    select(message.c.id)
    .join(verdict, verdict.c.id == message.c.verdict)
    .where(
        message.c.direction == literal_column(f"'{Direction.INBOUND}'"),
        message.c.channel.in_(bindparam("channels", expanding=True)),
        message.c.created_at >= bindparam("start"),
        message.c.created_at < bindparam("end"),
        message.c.deleted_at.is_(None),
        message.c.text != "",
        ~exists().where(case_event.c.message == message.c.id, case_event.c.data["needs_response"].as_boolean()),  # private noise
        verdict.c.by == MACHINE,
        verdict.c.needs_response.is_(False),
        verdict.c.unsure.is_(False),
    )
)
_SAMPLE = (
    select(
        check_message.c.message,
        check_message.c.answer,
        check_message.c.by,
        check_message.c.at.label("answered_at"),
        message.c.channel,
        message.c.kind,
        message.c.author_name,
        message.c.author_handle,
        message.c.text,
        message.c.created_at,
        message.c.permalink,
        message.c.deleted_at,
        message.c.case,
        verdict.c.intents,
        verdict.c.sentiment,
    )
    .join(message, message.c.id == check_message.c.message)
    .outerjoin(verdict, verdict.c.id == message.c.verdict)
    .where(check_message.c.week == bindparam("which", type_=Date()))
    .order_by(check_message.c.nth)
)
_WEEKS = (
    select(
        check_week.c.week,
        check_week.c.population,
        func.count(check_message.c.message).label("drawn"),
        func.count(check_message.c.answer).label("looked_at"),
        func.sum(case_when((check_message.c.answer == Answer.MISSED.value, 1), else_=0)).label("missed"),
    )
    .outerjoin(check_message, check_message.c.week == check_week.c.week)
    .where(check_week.c.drawn_at <= bindparam("now"))
    .group_by(check_week.c.week, check_week.c.population)
    .order_by(check_week.c.week.desc())
    .limit(bindparam("limit", type_=check_message.c.nth.type))
)
_WAITING = (
    select(func.count())
    .select_from(check_message)
    .join(message, message.c.id == check_message.c.message)
    .where(
        check_message.c.week == bindparam("which", type_=Date()),
        check_message.c.answer.is_(None),
        message.c.text != "",
        message.c.deleted_at.is_(None),
    )
)
_GET = select(check_message).where(check_message.c.message == bindparam("number"))
_ANSWER = (
    update(check_message)
    .where(check_message.c.message == bindparam("number"))
    .values(answer=bindparam("said"), by=bindparam("who"), at=bindparam("now"))
)


def is_drawn(conn: Connection, week: date) -> bool:
    return conn.execute(_KNOWN, {"which": week}).first() is not None


def let_pass(conn: Connection, start: datetime, end: datetime) -> list[int]:
    """Return what customers wrote in a span that the machine was sure needs no answer, and that made nobody wait.

    In a case or in none: what is added to one that was closed nobody reads either.
    """
    known = list(conn.execute(select(channel.c.id)).scalars())
    if not known:
        return []
    return list(conn.execute(_LET_PASS, {"channels": known, "start": start, "end": end}).scalars())


def keep(conn: Connection, week: date, *, population: int, numbers: Sequence[int], now: datetime) -> bool:
    """Keep what was drawn of a week; False when somebody else has drawn it."""
    row = {"week": week, "drawn_at": now, "population": population}
    if conn.execute(insert_or_ignore(conn, check_week, check_week.c.week), row).first() is None:
        return False
    rows = [{"message": number, "week": week, "nth": nth} for nth, number in enumerate(numbers)]
    if rows:
        conn.execute(insert_or_ignore(conn, check_message), rows)
    return True


def sample(conn: Connection, week: date) -> list[Row[Any]]:
    """Return what was drawn of a week, with the message and the verdict in force."""
    return list(conn.execute(_SAMPLE, {"which": week}))


def weeks(conn: Connection, now: datetime, limit: int) -> list[tuple[date, Checked]]:
    """Return the weeks that were drawn by an instant, the newest first."""
    return [
        (
            row.week,
            Checked(population=row.population, drawn=row.drawn, looked_at=row.looked_at, missed=row.missed or 0),
        )
        for row in conn.execute(_WEEKS, {"now": now, "limit": limit})
    ]


def summed(conn: Connection, now: datetime, limit: int) -> tuple[Checked | None, int]:
    """Return what the newest weeks come to together, and how many of the last are still to be looked at."""
    found = weeks(conn, now, limit)
    if not found:
        return None, 0
    waiting: int = conn.execute(_WAITING, {"which": found[0][0]}).scalar_one()
    return sum((checked for _, checked in found), NOTHING_CHECKED), waiting


def get(conn: Connection, number: int) -> Row[Any] | None:
    """Return one that was drawn."""
    return conn.execute(_GET, {"number": number}).first()


def answer(conn: Connection, number: int, said: Answer, *, by: str, now: datetime) -> None:
    conn.execute(_ANSWER, {"number": number, "said": said.value, "who": by, "now": now})

"""What people do besides writing to a case's log: who looks, who is blocked, texts that are said often, views that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from webcare.domain.sla.events import MACHINE
from webcare.domain.verdict import Urgency
from webcare.store import messages
from webcare.store.desk_tables import blocked, canned_reply, presence, saved_view
from webcare.store.dialect import insert_or_ignore, upsert
from webcare.store.house_tables import person
from webcare.store.queue import IS_OPEN
from webcare.store.tables import case, verdict
from webcare.store.tables import message as message_table
from webcare.store.user_tables import login

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from webcare.store.messages import Stored

# --- cases ---

_ANY_TO_WAKE = select(case.c.id).where(case.c.snoozed_until <= bindparam("now")).order_by(case.c.snoozed_until).limit(1)
_TO_WAKE = (
    select(case.c.id, case.c.snoozed_until)
    .where(case.c.snoozed_until <= bindparam("now"))
    .order_by(case.c.snoozed_until, case.c.id)
    .limit(bindparam("limit", type_=case.c.events.type))
    .with_for_update(skip_locked=True)
)


def any_to_wake(conn: Connection, now: datetime) -> bool:
    return conn.execute(_ANY_TO_WAKE, {"now": now}).first() is not None


def to_wake(conn: Connection, now: datetime, limit: int) -> list[tuple[int, datetime]]:
    """Return the cases whose snooze is over, locked, each with when it ended."""
    return [(row.id, row.snoozed_until) for row in conn.execute(_TO_WAKE, {"now": now, "limit": limit})]


def end_snooze(conn: Connection, case_id: int) -> None:
    conn.execute(update(case).where(case.c.id == case_id).values(snoozed_until=None))


def checked(conn: Connection, case_id: int) -> None:
    """Note that a person has looked at a case that was to be checked."""
    conn.execute(update(case).where(case.c.id == case_id).values(unsure=False))


def open_cases_of(conn: Connection, kind: str, author_id: str) -> list[int]:
    """Return the open cases of an author on all accounts of a kind."""
    where = (IS_OPEN, case.c.customer_id == author_id, case.c.channel.startswith(f"{kind}:", autoescape=True))
    return [row.id for row in conn.execute(select(case.c.id).where(*where).order_by(case.c.id))]


def message(conn: Connection, number: int) -> Stored | None:
    """Return a message, None when there is none of this number."""
    known = conn.execute(select(message_table.c.id).where(message_table.c.id == number)).first()
    return None if known is None else messages.get(conn, number)


def verdict_in_force(conn: Connection, message_id: int) -> Row[Any] | None:
    return conn.execute(
        select(verdict).join(message_table, message_table.c.verdict == verdict.c.id).where(message_table.c.id == message_id)
    ).first()


def any_urgent(conn: Connection, case_id: int) -> bool:
    """Tell whether a message of the case is urgent by the verdict in force; where a person spoke, only if it needs an answer."""
    joined = select(verdict.c.id).join(message_table, message_table.c.verdict == verdict.c.id)
    counts = or_(verdict.c.needs_response, verdict.c.by == MACHINE)
    where = (message_table.c.case == case_id, verdict.c.urgency == Urgency.HIGH.value, counts)
    return conn.execute(joined.where(*where).limit(1)).first() is not None


# --- who looks ---


def look(conn: Connection, case_id: int, person_id: str, *, is_typing: bool, machine: datetime, stale: datetime) -> None:
    """Note that somebody has a case before them, and forget who went away."""
    conn.execute(delete(presence).where(presence.c.seen_at <= stale))
    row = {"case": case_id, "person": person_id, "seen_at": machine, "typing": is_typing}
    conn.execute(upsert(conn, presence, row, key=["case", "person"]))


def leave(conn: Connection, case_id: int, person_id: str) -> None:
    conn.execute(delete(presence).where(presence.c.case == case_id, presence.c.person == person_id))


def looking(conn: Connection, case_id: int, since: datetime) -> list[Row[Any]]:
    """Return who has looked at a case since then, by name."""
    name = func.coalesce(person.c.name, presence.c.person).label("name")
    joined = select(presence.c.person, name, presence.c.typing).outerjoin(person, person.c.id == presence.c.person)
    return list(
        conn.execute(joined.where(presence.c.case == case_id, presence.c.seen_at > since).order_by(name, presence.c.person))
    )


# --- who is blocked ---

_BLOCKED_BY = select(blocked.c.by).where(blocked.c.kind == bindparam("kind"), blocked.c.author_id == bindparam("author"))


def block(conn: Connection, row: Mapping[str, Any]) -> bool:
    """Block an author; False when that was done before."""
    return conn.execute(insert_or_ignore(conn, blocked, blocked.c.author_id), row).first() is not None


def unblock(conn: Connection, kind: str, author_id: str) -> bool:
    return conn.execute(delete(blocked).where(blocked.c.kind == kind, blocked.c.author_id == author_id)).rowcount > 0


def blocked_by(conn: Connection, channel: str, author_id: str) -> str | None:
    """Return who blocked the author of a message that came by this channel; None when nobody did."""
    found: str | None = conn.execute(_BLOCKED_BY, {"kind": channel.partition(":")[0], "author": author_id}).scalar()
    return found


# --- who works here ---


def gone(conn: Connection) -> set[str]:
    """Return who may not log in any more, by id."""
    return {row.person for row in conn.execute(select(login.c.person).where(login.c.disabled_at.is_not(None)))}


# --- canned replies ---


def canned(conn: Connection, language: str | None, kind: str | None) -> list[Row[Any]]:
    """Return the texts of a language for a kind of channel, those for all channels too, by name."""
    query = select(canned_reply).order_by(canned_reply.c.name, canned_reply.c.id)
    if language is not None:
        query = query.where(canned_reply.c.language == language)
    if kind is not None:
        query = query.where(or_(canned_reply.c.channel.is_(None), canned_reply.c.channel == kind))
    return list(conn.execute(query))


def add_canned(conn: Connection, row: Mapping[str, Any]) -> int:
    number: int = conn.execute(insert(canned_reply).returning(canned_reply.c.id), dict(row)).scalar_one()
    return number


def edit_canned(conn: Connection, number: int, changes: Mapping[str, Any]) -> bool:
    return conn.execute(update(canned_reply).where(canned_reply.c.id == number).values(**changes)).rowcount > 0


def remove_canned(conn: Connection, number: int) -> bool:
    return conn.execute(delete(canned_reply).where(canned_reply.c.id == number)).rowcount > 0


# --- saved views ---


def views(conn: Connection, person_id: str) -> Sequence[Row[Any]]:
    """Return the views that a person keeps, in the order in which they were first kept."""
    return conn.execute(
        select(saved_view).where(saved_view.c.person == person_id).order_by(saved_view.c.nth, saved_view.c.id)
    ).all()


def save_view(conn: Connection, person_id: str, name: str, filters: str) -> None:
    """Keep a view; one of that name is changed."""
    known = conn.execute(
        update(saved_view).where(saved_view.c.person == person_id, saved_view.c.name == name).values(filters=filters)
    )
    if known.rowcount:
        return
    nth = conn.execute(select(func.coalesce(func.max(saved_view.c.nth), 0)).where(saved_view.c.person == person_id)).scalar_one()
    conn.execute(insert(saved_view), {"person": person_id, "name": name, "filters": filters, "nth": nth + 1})


def remove_view(conn: Connection, person_id: str, number: int) -> bool:
    where = (saved_view.c.id == number, saved_view.c.person == person_id)
    return conn.execute(delete(saved_view).where(*where)).rowcount > 0

"""What platforms are asked for by its id: posts above a conversation, words that we were not told, and whether messages still stand."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, and_, bindparam, case, delete, func, insert, literal, literal_column, or_, select, update

from webcare.domain.message import Direction, Kind
from webcare.store.conversation_tables import context, look_up
from webcare.store.dialect import insert_or_ignore
from webcare.store.house_tables import other_id
from webcare.store.queue import IS_OPEN
from webcare.store.tables import case as case_table
from webcare.store.tables import message

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection, Row

ALONE: Final = 1  # what failed with others is asked for by itself
MOST_TRIES: Final = 5


class Why(StrEnum):
    ROOT = "root"  # the post above a customer's words
    WORDS = "words"  # of a message whose words the platform keeps back until it is asked
    STANDING = "standing"  # whether a message is still there


_WANTED = (
    select(look_up.c.id, look_up.c.external_id, look_up.c.tries)
    .where(
        look_up.c.channel == bindparam("of"),
        look_up.c.asked_at.is_(None),
        look_up.c.tries < literal_column(str(MOST_TRIES)),
    )
    .order_by(look_up.c.tries, look_up.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_FRESH = (
    select(
        case_table.c.id,
        case_table.c.channel,
        case_table.c.kind,
        case_table.c.state,
        case_table.c.conversation_id,
        message.c.external_id,
        message.c.reply_to,
    )
    .join(message, message.c.id == case_table.c.opening_message)
    .where(case_table.c.id > bindparam("after"))
    .order_by(case_table.c.id)
    .limit(bindparam("limit", type_=Integer))
)


# --- wanted ---


def want(conn: Connection, channel: str, external_id: str, why: Why, now: datetime) -> None:
    """Put it on the list; what was asked for once is not again."""
    row = {"channel": channel, "external_id": external_id, "why": why.value, "wanted_at": now, "tries": 0}
    conn.execute(insert_or_ignore(conn, look_up), row)


def fresh_cases(conn: Connection, after: int, limit: int) -> list[Row[Any]]:
    """Return the cases that were opened after that one, each with where its first message stands."""
    return list(conn.execute(_FRESH, {"after": after, "limit": limit}))


def is_known(conn: Connection, channel: str, external_id: str) -> bool:
    """Tell whether a post is kept, as a message, by another of its names, or as what stands around one."""
    return any(
        conn.execute(select(table.c.external_id).where(table.c.channel == channel, table.c.external_id == external_id)).first()
        for table in (message, context, other_id)
    )


# --- asked ---


def next_wanted(conn: Connection, channel: str, limit: int) -> list[str]:
    """Return what is to be asked for in one call: what is new together, what failed before by itself."""
    found = conn.execute(_WANTED, {"of": channel, "limit": limit}).all()
    together = [row.external_id for row in found if row.tries == 0]
    return together or [row.external_id for row in found[:ALONE]]


def asked(conn: Connection, channel: str, external_ids: Collection[str], now: datetime) -> None:
    """Note that the platform was asked for what was wanted."""
    conn.execute(_open(channel, external_ids).values(asked_at=now))


def failed(conn: Connection, channel: str, external_ids: Collection[str]) -> None:
    """Note that it did not answer."""
    conn.execute(_open(channel, external_ids).values(tries=look_up.c.tries + 1))


def _open(channel: str, external_ids: Collection[str]) -> Any:
    wanted = and_(look_up.c.channel == channel, look_up.c.external_id.in_(sorted(external_ids)), look_up.c.asked_at.is_(None))
    return update(look_up).where(wanted)


# --- standing ---


def next_standing(conn: Connection, channel: str, *, day_ago: datetime, hour_ago: datetime, limit: int) -> list[str]:
    """Return the public messages of open cases that nobody has asked for lately, the newest first.

    Lately is an hour for what was written within a day, and a day for the rest.
    """
    seen = look_up.alias("seen")
    joined = and_(
        seen.c.channel == message.c.channel, seen.c.external_id == message.c.external_id, seen.c.why == Why.STANDING.value
    )
    instant = message.c.created_at.type
    since = case((message.c.created_at > day_ago, literal(hour_ago, instant)), else_=literal(day_ago, instant))
    query = (
        select(message.c.external_id)
        .join(case_table, case_table.c.id == message.c.case)
        .outerjoin(seen, joined)
        .where(
            IS_OPEN,
            case_table.c.channel == channel,
            case_table.c.kind != Kind.DM.value,
            message.c.channel == channel,
            message.c.kind != Kind.DM.value,
            message.c.direction == Direction.INBOUND.value,
            message.c.deleted_at.is_(None),
            message.c.text != "",  # of what we were not told, "it is not there" says nothing
            func.coalesce(seen.c.asked_at, message.c.learned_at) <= since,
        )
        .order_by(message.c.created_at.desc(), message.c.id.desc())
        .limit(limit)
    )
    return [row.external_id for row in conn.execute(query)]


def seen_standing(conn: Connection, channel: str, external_ids: Collection[str], now: datetime) -> None:
    """Note that these were asked for just now."""
    where = (look_up.c.channel == channel, look_up.c.external_id.in_(sorted(external_ids)), look_up.c.why == Why.STANDING.value)
    conn.execute(delete(look_up).where(*where))
    row = {"channel": channel, "why": Why.STANDING.value, "wanted_at": now, "asked_at": now, "tries": 0}
    conn.execute(insert(look_up), [{**row, "external_id": one} for one in external_ids])


def expire(conn: Connection, *, standing_before: datetime, before: datetime) -> None:
    """Forget what was asked: of messages that stood once nobody asks on, and posts are asked for anew when their time is over."""
    is_over = or_(
        and_(look_up.c.why == Why.STANDING.value, look_up.c.asked_at <= standing_before),
        look_up.c.wanted_at <= before,
    )
    conn.execute(delete(look_up).where(is_over))


def forget(conn: Connection, channel: str, external_ids: Collection[str]) -> None:
    """Forget that these were asked for: their names are an erased customer's."""
    conn.execute(delete(look_up).where(look_up.c.channel == channel, look_up.c.external_id.in_(sorted(external_ids))))

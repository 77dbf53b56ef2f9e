"""Tags of cases and groups of customers: what people say about them, and policies may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, bindparam, delete, exists, func, select

from webcare.store.dialect import insert_or_ignore, upsert
from webcare.store.label_tables import case_tag, customer_group, tag
from webcare.store.tables import case, message, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

# --- tags ---

_OF = select(case_tag.c.tag).where(case_tag.c.case == bindparam("case", type_=BigInteger)).order_by(case_tag.c.tag)
_OF_MANY = (
    select(case_tag.c.case, case_tag.c.tag)
    .where(case_tag.c.case.in_(bindparam("cases", expanding=True)))
    .order_by(case_tag.c.case, case_tag.c.tag)
)
_LATELY = select(tag.c.name).order_by(tag.c.last_used_at.desc(), tag.c.name).limit(bindparam("limit"))


def of(conn: Connection, case_id: int) -> list[str]:
    """Return the tags of a case, by name."""
    return [row.tag for row in conn.execute(_OF, {"case": case_id})]


def of_many(conn: Connection, case_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the tags of cases; a case without any is not in it."""
    found: dict[int, list[str]] = {}
    numbers = list(case_ids)
    for row in conn.execute(_OF_MANY, {"cases": numbers}) if numbers else ():
        found.setdefault(row.case, []).append(row.tag)
    return found


def lately(conn: Connection, limit: int) -> list[str]:
    """Return the tags there are, the one used last first."""
    return [row.name for row in conn.execute(_LATELY, {"limit": limit})]


def add(conn: Connection, case_id: int, name: str, *, by: str, now: datetime) -> bool:
    """Give a case a tag; False when it has it."""
    conn.execute(upsert(conn, tag, {"name": name, "last_used_at": now}, key=["name"]))
    row = {"case": case_id, "tag": name, "by": by, "at": now}
    return conn.execute(insert_or_ignore(conn, case_tag, case_tag.c.tag), row).first() is not None


def remove(conn: Connection, case_id: int, name: str) -> bool:
    """Take a tag from a case; one that no case has any more is forgotten."""
    gone = conn.execute(delete(case_tag).where(case_tag.c.case == case_id, case_tag.c.tag == name)).rowcount > 0
    if gone:
        conn.execute(delete(tag).where(tag.c.name == name, ~exists().where(case_tag.c.tag == tag.c.name)))
    return gone


def drop(conn: Connection, case_ids: Sequence[int]) -> None:
    """Take all tags from cases: they may hold what a customer said."""
    conn.execute(delete(case_tag).where(case_tag.c.case.in_(case_ids)))
    conn.execute(delete(tag).where(~exists().where(case_tag.c.tag == tag.c.name)))


# --- groups ---

_GROUP = select(customer_group).where(
    customer_group.c.kind == bindparam("kind"), customer_group.c.author_id == bindparam("author")
)
_GROUPS = select(customer_group.c.group).group_by(customer_group.c.group).order_by(func.count().desc(), customer_group.c.group)


def group_row(conn: Connection, channel: str, author_id: str) -> Row[tuple[object, ...]] | None:
    """Return the group of a customer who writes on this channel, and who put them into it."""
    return conn.execute(_GROUP, {"kind": channel.partition(":")[0], "author": author_id}).first()


def group(conn: Connection, channel: str, author_id: str) -> str | None:
    found = group_row(conn, channel, author_id)
    return None if found is None else str(found.group)


def groups(conn: Connection, limit: int) -> list[str]:
    """Return the groups there are, the biggest first."""
    return [row.group for row in conn.execute(_GROUPS.limit(limit))]


def put(conn: Connection, kind: str, author_id: str, name: str, *, by: str, now: datetime) -> None:
    row = {"kind": kind, "author_id": author_id, "group": name, "by": by, "at": now}
    conn.execute(upsert(conn, customer_group, row, key=["kind", "author_id"]))


def take_out(conn: Connection, kind: str, author_id: str) -> bool:
    where = (customer_group.c.kind == kind, customer_group.c.author_id == author_id)
    return conn.execute(delete(customer_group).where(*where)).rowcount > 0


def drop_groups(conn: Connection, before: datetime) -> int:
    """Forget the groups of customers of whom there is no case any more, if they were said so long ago."""
    theirs = exists().where(case.c.customer_id == customer_group.c.author_id)
    return conn.execute(delete(customer_group).where(customer_group.c.at < before, ~theirs)).rowcount


# --- what policies ask ---

_ASKED = (
    select(case.c.id, verdict.c.intents, verdict.c.language)
    .select_from(case)
    .outerjoin(message, message.c.id == case.c.opening_message)
    .outerjoin(verdict, verdict.c.id == message.c.verdict)
    .where(case.c.id.in_(bindparam("cases", expanding=True)))
)
_GROUPED = (
    select(case.c.id, customer_group.c.group)
    .select_from(case)
    .join(customer_group, customer_group.c.author_id == case.c.customer_id)
    .where(case.c.id.in_(bindparam("cases", expanding=True)), case.c.channel.startswith(customer_group.c.kind + ":"))
)


def asked(conn: Connection, case_ids: Sequence[int]) -> dict[int, tuple[list[str], str]]:
    """Return the intents and the language of the messages that opened these cases; of one that nobody judged none, and `und`."""
    return {row.id: (list(row.intents or ()), row.language or "und") for row in conn.execute(_ASKED, {"cases": list(case_ids)})}


def groups_of(conn: Connection, case_ids: Sequence[int]) -> dict[int, str]:
    """Return the groups of the customers of these cases; of one without a group nothing."""
    return {row.id: row.group for row in conn.execute(_GROUPED, {"cases": list(case_ids)})}

"""What people said of two identities: that they are one customer, or that they are not.

A link is a row, and a customer is what its rows connect. Whoever changes links reads them in the same transaction: on PostgreSQL one of two
who cross each other runs again (SERIALIZABLE), on SQLite there is one writer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, or_, select

from webcare.domain.identities import Identity, Link, bridges, group, pair
from webcare.domain.message import Direction
from webcare.store.customers import ERASED
from webcare.store.dialect import insert_or_ignore
from webcare.store.same_customer_tables import not_same, same_customer
from webcare.store.tables import case, message

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, Table

BATCH = 500  # ids in one statement
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_LINKS = select(same_customer).where(or_(same_customer.c.author_id.in_(_IDS), same_customer.c.other_id.in_(_IDS)))
_NOT_SAME = select(not_same.c.author_id, not_same.c.kind, not_same.c.other_id, not_same.c.other_kind).where(
    or_(not_same.c.author_id.in_(_IDS), not_same.c.other_id.in_(_IDS))
)


def identity_of(channel: str, author_id: str) -> Identity:
    """Return who wrote by an account of ours."""
    return Identity(channel.partition(":")[0], author_id)


def is_erased(identity: Identity) -> bool:
    return identity.author_id.startswith(ERASED)


# --- who is one ---


def links_of(conn: Connection, start: Identity) -> list[Link]:
    """Return every link of a customer; for almost everybody that is one look into two indexes."""
    known: dict[tuple[Identity, Identity], Link] = {}
    seen, ahead = {start}, {start}
    while ahead:
        rows = conn.execute(_LINKS, {"ids": sorted({one.author_id for one in ahead})})
        some = [link for link in map(_link, rows) if not seen.isdisjoint(link.ends)]
        known |= {link.ends: link for link in some}
        ahead = {end for link in some for end in link.ends} - seen
        seen |= ahead
    return list(known.values())


def group_of(conn: Connection, start: Identity) -> frozenset[Identity]:
    """Return everybody who is the same customer, this one among them."""
    return group(links_of(conn, start), start)


def _link(row: Row[Any]) -> Link:
    return Link(
        one=Identity(row.kind, row.author_id),
        other=Identity(row.other_kind, row.other_id),
        by=row.by,
        at=row.at,
        case=row.case,
        message=row.message,
    )


def add(conn: Connection, link: Link) -> bool:
    """Keep a link; False when it is known."""
    row = {**_ends(*link.ends), "by": link.by, "at": link.at, "case": link.case, "message": link.message}
    return conn.execute(insert_or_ignore(conn, same_customer, same_customer.c.author_id), row).first() is not None


def take_out(conn: Connection, gone: Identity) -> bool:
    """Take one identity out of its customer; the others stay together. False when it was alone."""
    known = links_of(conn, gone)
    for link in bridges(known, gone):
        add(conn, link)
    conn.execute(delete(same_customer).where(_touches(same_customer, gone)))
    return bool(known)


def _ends(one: Identity, other: Identity) -> dict[str, str]:
    return {"kind": one.kind, "author_id": one.author_id, "other_kind": other.kind, "other_id": other.author_id}


def _touches(table: Table, identity: Identity) -> ColumnElement[bool]:
    is_one = (table.c.author_id == identity.author_id) & (table.c.kind == identity.kind)
    return is_one | ((table.c.other_id == identity.author_id) & (table.c.other_kind == identity.kind))


# --- who is not ---


def dismiss(conn: Connection, gone: Identity, others: Iterable[Identity], *, by: str, at: datetime, case: int | None) -> None:
    """Keep that an identity is none of these others."""
    rows = [{**_ends(*pair(gone, other)), "by": by, "at": at, "case": case} for other in others if other != gone]
    if rows:
        conn.execute(insert_or_ignore(conn, not_same), rows)


def take_back(conn: Connection, some: Collection[Identity], others: Collection[Identity]) -> None:
    """Forget that any of these was said to be none of those."""
    for one in some:
        for other in others:
            first, second = pair(one, other)
            conn.execute(delete(not_same).where(*[not_same.c[name] == value for name, value in _ends(first, second).items()]))


def dismissed(conn: Connection, some: Collection[Identity]) -> set[Identity]:
    """Return of whom a person said that they are none of these."""
    found = set()
    for row in conn.execute(_NOT_SAME, {"ids": sorted({one.author_id for one in some})}):
        ends = {Identity(row.kind, row.author_id), Identity(row.other_kind, row.other_id)}
        if not ends.isdisjoint(some):
            found |= ends
    return found - set(some)


# --- names that change, and end ---


def rename(conn: Connection, was: Identity, becomes: Identity) -> None:
    """Let what was said of an identity hold for the name that its platform keeps."""
    for row in conn.execute(select(same_customer).where(_touches(same_customer, was))).all():
        link = _link(row)
        beyond = link.beyond(was)
        if beyond is not None and beyond != becomes:
            new = Link(one=beyond, other=becomes, by=link.by, at=link.at, case=link.case, message=link.message)
            add(conn, new)
    for row in conn.execute(select(not_same).where(_touches(not_same, was))).all():
        ends = {Identity(row.kind, row.author_id), Identity(row.other_kind, row.other_id)} - {was, becomes}
        dismiss(conn, becomes, ends, by=row.by, at=row.at, case=row.case)
    _delete(conn, was)


def forget(conn: Connection, gone: Identity) -> None:
    """Forget whatever was said of an identity; the others of its customer stay together."""
    take_out(conn, gone)
    _delete(conn, gone)


def _delete(conn: Connection, gone: Identity) -> None:
    for table in (same_customer, not_same):
        conn.execute(delete(table).where(_touches(table, gone)))


def without_messages(conn: Connection) -> tuple[list[Identity], int]:
    """Return of whom something was said and nothing is kept any more, and the newest message that was looked at.

    Whoever has a case is found by an index. For the others every message is read: not for a unit that writes.
    """
    named = {
        Identity(row.kind, row.id)
        for table in (same_customer, not_same)
        for kind, id_ in ((table.c.kind, table.c.author_id), (table.c.other_kind, table.c.other_id))
        for row in conn.execute(select(kind.label("kind"), id_.label("id")).distinct())
    }
    newest = conn.execute(select(func.max(message.c.id))).scalar() or 0
    left = named - _found(conn, select(case.c.channel, case.c.customer_id.label("id")), case.c.customer_id, named)
    theirs = select(message.c.channel, message.c.author_id.label("id")).where(message.c.direction == Direction.INBOUND.value)
    left -= _found(conn, theirs, message.c.author_id, left)
    return sorted(left), newest


def _found(conn: Connection, query: Select[Any], column: ColumnElement[str], some: Collection[Identity]) -> set[Identity]:
    """Return which of these a query finds."""
    ids = sorted({one.author_id for one in some})
    found = set()
    for start in range(0, len(ids), BATCH):
        rows = conn.execute(query.where(column.in_(ids[start : start + BATCH])).distinct())
        found |= {identity_of(row.channel, row.id) for row in rows}
    return found


def forget_all(conn: Connection, gone: Sequence[Identity], after: int) -> int:
    """Forget these unless they have written again since a message; return how many."""
    since = select(message.c.channel, message.c.author_id).where(message.c.id > after)
    back = {identity_of(row.channel, row.author_id) for row in conn.execute(since)}
    ended = [one for one in gone if one not in back]
    for one in ended:
        forget(conn, one)
    return len(ended)

"""What is kept of one customer, wherever it stands: to be found by a name, told to the customer, or erased.

A customer is an id on a kind of platform; the same id on two accounts of ours is one customer. In each conversation belong to them:

    theirs   what they wrote
    ours     what we wrote to them: in their cases, in answer to their messages, and all of it where nobody else takes part
    cases    theirs, with our replies in them

What others wrote under the same post belongs to others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import LargeBinary, bindparam, func, or_, select

from webcare.domain.message import Direction, Kind
from webcare.store.house_tables import other_name
from webcare.store.raw_bodies import BodyState
from webcare.store.tables import case, case_event, channel, message, raw_body, reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

ERASED = "erased:"  # what an id begins with in whose place it stands
SHORTEST_NUMBER = 6  # digits of an id that is looked for without quotes too: a shorter one would be found everywhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """`channel` narrows it to one account of ours, where the platform's ids count for that account only."""

    kind: str
    author_id: str
    channel: str | None = None

    @property
    def name(self) -> str:
        """`kind:author_id`, the name that `erase` and `export` take."""
        return f"{self.kind}:{self.author_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who may be meant."""

    customer: Customer
    names: tuple[str, ...]
    messages: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A conversation in which something of a customer stands."""

    channel: str
    conversation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is kept of a customer in one conversation. `is_alone`: it is private, and nobody else takes part."""

    theirs: Sequence[Row[Any]]
    ours: Sequence[Row[Any]]
    cases: Sequence[int]
    replies: Sequence[int]
    is_alone: bool


# --- finding ---


def _of(who: Customer) -> list[ColumnElement[bool]]:
    return [
        message.c.direction == Direction.INBOUND.value,
        message.c.author_id == who.author_id,
        message.c.channel == who.channel
        if who.channel is not None
        else message.c.channel.startswith(f"{who.kind}:", autoescape=True),
    ]


def named(conn: Connection, name: str) -> Customer | None:
    """Read `kind:author_id` or `channel:author_id`; None when no message is kept of such a customer."""
    kind, _, author_id = name.partition(":")
    found = [Customer(kind=kind, author_id=author_id)]
    for (account,) in conn.execute(select(channel.c.id).order_by(channel.c.id)):
        if name.startswith(f"{account}:"):
            found.append(Customer(kind=kind, author_id=name.removeprefix(f"{account}:"), channel=account))
    for who in found:
        if who.author_id and not who.author_id.startswith(ERASED) and _any_of(conn, who):
            return who
    for who in found:
        key = conn.execute(select(other_name.c.customer_id).where(other_name.c.name == who.author_id, *_on(who))).scalar()
        if key is not None:
            return Customer(kind=who.kind, author_id=key, channel=who.channel)
    return None


def _on(who: Customer) -> list[ColumnElement[bool]]:
    if who.channel is not None:
        return [other_name.c.channel == who.channel]
    return [other_name.c.channel.startswith(f"{who.kind}:", autoescape=True)]


def _any_of(conn: Connection, who: Customer) -> bool:
    return conn.execute(select(message.c.id).where(*_of(who)).limit(1)).first() is not None


def candidates(conn: Connection, words: str) -> list[Candidate]:
    """Return customers whose name or handle has these words in it, or whose id they are; whoever wrote last comes first."""
    words = words.strip().removeprefix("@")
    if not words:
        return []
    digits = "".join(c for c in words if c not in "+ -()")
    ids = {words, words.partition(":")[2] or words, digits if digits.isdecimal() else words}
    found = conn.execute(
        select(
            message.c.channel,
            message.c.author_id,
            func.max(message.c.author_name).label("name"),
            func.max(message.c.author_handle).label("handle"),
            func.count().label("messages"),
            func.max(message.c.created_at).label("last_at"),
        )
        .where(
            message.c.direction == Direction.INBOUND.value,
            message.c.author_id.not_like(f"{ERASED}%"),
            or_(
                message.c.author_name.icontains(words, autoescape=True),
                message.c.author_handle.icontains(words, autoescape=True),
                message.c.author_id.in_(ids),
            ),
        )
        .group_by(message.c.channel, message.c.author_id)
    )
    return _folded(found.all())


def _folded(rows: Sequence[Row[Any]]) -> list[Candidate]:
    """Make one candidate of what one customer wrote to several accounts of ours."""
    by_name: dict[Customer, list[Row[Any]]] = {}
    for row in rows:
        who = Customer(kind=row.channel.partition(":")[0], author_id=row.author_id)
        by_name.setdefault(who, []).append(row)
    folded = [
        Candidate(
            customer=who,
            names=tuple(sorted({name for row in some for name in (row.name, row.handle) if name})),
            messages=sum(row.messages for row in some),
            last_at=max(row.last_at for row in some),
        )
        for who, some in by_name.items()
    ]
    return sorted(folded, key=lambda c: (c.last_at, c.customer.name), reverse=True)


def known_as(conn: Connection, who: Customer) -> tuple[set[str], set[str]]:
    """Return the names and the handles under which a customer wrote."""
    rows = conn.execute(select(message.c.author_name, message.c.author_handle).where(*_of(who)).distinct()).all()
    return {row.author_name for row in rows if row.author_name}, {row.author_handle for row in rows if row.author_handle}


# --- where it stands ---


def places(conn: Connection, who: Customer) -> list[Place]:
    """Return the conversations in which a customer wrote. Reads every message once: not for a unit that writes."""
    rows = conn.execute(select(message.c.channel, message.c.conversation_id).where(*_of(who)).distinct())
    return sorted((Place(channel=row.channel, conversation_id=row.conversation_id) for row in rows), key=_by_name)


def _by_name(place: Place) -> tuple[str, str]:
    return place.channel, place.conversation_id


def held(conn: Connection, who: Customer, place: Place) -> Held:
    """Return what is kept of a customer in a conversation; who changes it locks the cases first."""
    thread = conn.execute(
        select(message).where(message.c.channel == place.channel, message.c.conversation_id == place.conversation_id)
    ).all()
    theirs = [row for row in thread if row.direction == Direction.INBOUND.value and row.author_id == who.author_id]
    cases = _cases(conn, who, place)
    is_alone = all(row.kind == Kind.DM.value for row in thread) and not any(
        row.direction == Direction.INBOUND.value and row.author_id != who.author_id for row in thread
    )
    known = {row.id for row in thread}
    elsewhere = [row for row in _in_log(conn, cases) if row.id not in known]  # an answer may have a thread of its own
    asked = {row.external_id for row in theirs}
    ours = [
        row
        for row in [*thread, *elsewhere]
        if row.direction == Direction.OUTBOUND.value and (is_alone or row.case in cases or row.reply_to in asked)
    ]
    replies = select(reply.c.id).where(reply.c.case.in_(cases)).order_by(reply.c.id)
    return Held(theirs=theirs, ours=ours, cases=cases, replies=[row.id for row in conn.execute(replies)], is_alone=is_alone)


def _cases(conn: Connection, who: Customer, place: Place) -> list[int]:
    where = (
        case.c.channel == place.channel,
        case.c.conversation_id == place.conversation_id,
        case.c.customer_id == who.author_id,
    )
    return [row.id for row in conn.execute(select(case.c.id).where(*where).order_by(case.c.id))]


def _in_log(conn: Connection, cases: Iterable[int]) -> Sequence[Row[Any]]:
    """Return the messages of cases: each stands in the log, which has an index by case."""
    numbers = select(case_event.c.message).where(case_event.c.case.in_(list(cases)), case_event.c.message.is_not(None))
    return conn.execute(select(message).where(message.c.id.in_(numbers)).order_by(message.c.id)).all()


# --- raw bodies ---


def marks(who: Customer, handles: Iterable[str], others: Iterable[str] = ()) -> list[bytes]:
    """Return what a body that names a customer has in it: ids and handles as JSON strings, a long number also bare."""
    found, ids = set(), {who.author_id, *others}
    for word in (*ids, *handles, *(f"@{handle}" for handle in handles)):
        found |= {json.dumps(word, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass") for is_ascii in (True, False)}
    found |= {word.encode() for word in ids if word.isdecimal() and len(word) >= SHORTEST_NUMBER}
    return sorted(found)


def bodies_naming(conn: Connection, marked: Sequence[bytes], *, unread: bool) -> list[int]:
    """Return the bodies that hold one of these marks: those that nobody has read yet, or all others. Reads every body once."""
    holds = [_position(conn, bindparam(f"mark{n}", mark, type_=LargeBinary)) > 0 for n, mark in enumerate(marked)]
    state = raw_body.c.state == BodyState.NEW.value if unread else raw_body.c.state != BodyState.NEW.value
    return [row.id for row in conn.execute(select(raw_body.c.id).where(state, or_(*holds)).order_by(raw_body.c.id))]


def _position(conn: Connection, mark: ColumnElement[bytes]) -> ColumnElement[int]:
    if conn.dialect.name == "postgresql":
        found: ColumnElement[int] = func.pg_catalog.position(raw_body.c.body, mark)
        return found
    return func.instr(raw_body.c.body, mark)

"""Who stands behind an identity: what they are called, how often they wrote, and who goes by the same name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from webcare.domain.folding import Wanted, fold, wanted, words
from webcare.domain.identities import Evidence, Identity, Shared, handle_of
from webcare.domain.message import Direction
from webcare.store import search
from webcare.store.customers import ERASED
from webcare.store.same_customer import identity_of
from webcare.store.tables import case, message

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import BindParameter, Connection

DEEP = 1000  # of the newest messages with a name that is looked up, how many are looked through
OF_A_NAME = 200  # and with the handle of a case that is opened
LONGEST_NUMBER = 18  # digits of what a database counts
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_SAID = (
    message.c.id,
    message.c.channel,
    message.c.author_id,
    message.c.author_name,
    message.c.author_handle,
    message.c.created_at,
    message.c.case,
)
_MESSAGES = select(*_SAID).where(message.c.id.in_(_IDS), message.c.direction == Direction.INBOUND.value)
_CASES = (
    select(case.c.customer_id, case.c.channel, func.count().label("cases"), func.max(case.c.id).label("last"))
    .where(case.c.customer_id.in_(_IDS))
    .group_by(case.c.customer_id, case.c.channel)
)
_OPENED_BY = (
    select(*_SAID[:-1], case.c.id.label("case")).join(case, case.c.opening_message == message.c.id).where(case.c.id.in_(_IDS))
)
_NEWEST_OF_CASE = (
    select(message.c.author_handle)
    .where(
        message.c.case == bindparam("case"),
        message.c.author_id == bindparam("author"),
        message.c.direction == Direction.INBOUND.value,
        message.c.author_handle.is_not(None),
    )
    .order_by(message.c.created_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoke:
    """Somebody by one of their messages."""

    message: int
    identity: Identity
    channel: str
    name: str | None
    handle: str | None
    at: datetime
    case: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an identity by its cases; `spoke` is the message that opened the newest of them."""

    cases: int
    spoke: Spoke


def spoke(conn: Connection, numbers: Collection[int]) -> dict[int, Spoke]:
    """Return who wrote these messages; ours and erased ones are left out."""
    rows = conn.execute(_MESSAGES, {"ids": sorted(numbers)}) if numbers else ()
    return {row.id: _spoke(row) for row in rows if not row.author_id.startswith(ERASED)}


def _spoke(row: Any) -> Spoke:
    return Spoke(
        message=row.id,
        identity=identity_of(row.channel, row.author_id),
        channel=row.channel,
        name=row.author_name,
        handle=row.author_handle,
        at=row.created_at,
        case=row.case,
    )


def known(conn: Connection, some: Collection[Identity]) -> dict[Identity, Known]:
    """Return what is known of those of these that have cases."""
    counts: dict[Identity, int] = {}
    newest: dict[Identity, int] = {}
    for row in conn.execute(_CASES, {"ids": sorted({one.author_id for one in some})}):
        who = identity_of(row.channel, row.customer_id)
        counts[who] = counts.get(who, 0) + row.cases
        newest[who] = max(newest.get(who, 0), row.last)
    cases = {case_id: who for who, case_id in newest.items() if who in some}
    opened = {row.case: _spoke(row) for row in conn.execute(_OPENED_BY, {"ids": sorted(cases)})} if cases else {}
    return {who: Known(cases=counts[who], spoke=opened[case_id]) for case_id, who in cases.items() if case_id in opened}


def handle_in_case(conn: Connection, case_id: int, author_id: str) -> str | None:
    """Return by which handle somebody last wrote in a case."""
    found: str | None = conn.execute(_NEWEST_OF_CASE, {"case": case_id, "author": author_id}).scalar()
    return found


def namesakes(conn: Connection, handle: str, kinds: Collection[str]) -> list[Shared]:
    """Return who goes by the same handle on another kind of platform than these."""
    bare = handle_of(handle)
    if bare is None:
        return []
    numbers = search.matching(conn, Wanted(words=tuple(words(bare))), OF_A_NAME)
    found: dict[Identity, Shared] = {}
    for one in _newest_first(spoke(conn, numbers).values()):
        if one.identity.kind not in kinds and handle_of(one.handle) == bare:
            found.setdefault(
                one.identity, Shared(identity=one.identity, evidence=Evidence.HANDLE, trace=bare, message=one.message)
            )
    return list(found.values())


def named(conn: Connection, text: str, limit: int) -> list[Spoke]:
    """Return whose name, handle or id has all the words of a text, and whose case has it for a number; the newest first."""
    asked = wanted(text)
    found: dict[Identity, Spoke] = {}
    number = text.strip().removeprefix("#")
    if number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER:
        by_number = known_by_case(conn, int(number))
        found |= {one.identity: one for one in by_number}
    for one in _newest_first(spoke(conn, search.matching(conn, asked, DEEP)).values()):
        if _is_called(one, asked):
            found.setdefault(one.identity, one)
    return list(found.values())[:limit]


def known_by_case(conn: Connection, case_id: int) -> list[Spoke]:
    """Return whose case this is."""
    rows = conn.execute(_OPENED_BY, {"ids": [case_id]})
    return [_spoke(row) for row in rows if not row.author_id.startswith(ERASED)]


def _newest_first(some: Iterable[Spoke]) -> Iterator[Spoke]:
    return iter(sorted(some, key=lambda one: one.message, reverse=True))


def _is_called(one: Spoke, asked: Wanted) -> bool:
    """Tell whether it is in the name that somebody has these words, and not only in what they said."""
    called = set(words(" ".join(filter(None, (one.name, one.handle, fold(one.identity.author_id))))))
    has_all = called.issuperset(asked.words)
    return has_all and (asked.prefix is None or any(word.startswith(asked.prefix) for word in called))

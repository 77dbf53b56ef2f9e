"""By what one customer might be found under several names: keyed hashes of the addresses and numbers in their texts.

    message kept -> search_due -> marks of its text, in the transaction that writes its words       store/search.py
    message changed or forgotten -> a trigger takes them away                                        0004_on_call.py

A mark tells that two texts name the same order, and not which: the key is this database's own. A number that an identity is known by, as on
WhatsApp, is a mark of it too, kept once.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from webcare.domain.identities import Evidence, Identity, Shared, trace_of_id, traces
from webcare.domain.message import Direction
from webcare.store import notes
from webcare.store.customers import ERASED
from webcare.store.dialect import insert_or_ignore
from webcare.store.same_customer_tables import same_mark

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import BindParameter, Connection, Row

    from webcare.domain.identities import Trace

KEY = "mark_key"
NEWEST, SHARING = 12, 300  # marks of a customer that are followed, and messages with one that are looked at
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_MARKED = select(same_mark.c.author_id, same_mark.c.mark).where(same_mark.c.author_id.in_(_IDS))
_OF = (
    select(
        same_mark.c.mark,
        same_mark.c.evidence,
        same_mark.c.kind,
        same_mark.c.author_id,
        func.max(same_mark.c.message).label("last"),
    )
    .where(same_mark.c.author_id.in_(_IDS))
    .group_by(same_mark.c.mark, same_mark.c.evidence, same_mark.c.kind, same_mark.c.author_id)
    .order_by(func.max(same_mark.c.message).desc())
)
_WITH = (
    select(same_mark.c.kind, same_mark.c.author_id, same_mark.c.message)
    .where(same_mark.c.mark == bindparam("mark"))
    .order_by(same_mark.c.message.desc())
    .limit(SHARING)
)


def keep(conn: Connection, rows: Sequence[Row[Any]]) -> None:
    """Keep the marks of these messages: each row has its id, direction, channel, author and text."""
    theirs = [row for row in rows if row.direction == Direction.INBOUND.value and not row.author_id.startswith(ERASED)]
    in_texts = [(row, trace) for row in theirs for trace in traces(row.text)]
    in_ids = [(row, trace) for row in {row.author_id: row for row in theirs}.values() if (trace := trace_of_id(row.author_id))]
    if not in_texts and not in_ids:
        return
    key = _key(conn)
    ids = sorted({row.author_id for row, _ in in_ids})
    known = {(row.author_id, row.mark) for row in conn.execute(_MARKED, {"ids": ids})} if ids else set()
    new = [_marked(row, trace, key) for row, trace in in_ids]
    values = [_marked(row, trace, key) for row, trace in in_texts]
    values += [one for one in new if (one["author_id"], one["mark"]) not in known]
    if values:
        conn.execute(insert_or_ignore(conn, same_mark), values)


def _marked(row: Row[Any], trace: Trace, key: bytes) -> dict[str, Any]:
    told = f"{trace.evidence.value}\0{trace.value}".encode("utf-8", "surrogatepass")
    return {
        "message": row.id,
        "mark": hmac.new(key, told, hashlib.sha256).hexdigest()[:32],
        "evidence": trace.evidence.value,
        "kind": row.channel.partition(":")[0],
        "author_id": row.author_id,
    }


def _key(conn: Connection) -> bytes:
    known = notes.read(conn, KEY)
    if known is None:
        known = secrets.token_hex(32)
        notes.write(conn, KEY, known)
    return bytes.fromhex(known)


def sharing(conn: Connection, some: Collection[Identity]) -> list[Shared]:
    """Return who has an address or a number in common with these, themselves left out."""
    rows = conn.execute(_OF, {"ids": sorted({one.author_id for one in some})}).all()
    marks = {row.mark: Evidence(row.evidence) for row in rows if Identity(row.kind, row.author_id) in some}
    return [
        one for mark, evidence in list(marks.items())[:NEWEST] for one in _with(conn, mark, evidence) if one.identity not in some
    ]


def _with(conn: Connection, mark: str, evidence: Evidence) -> Iterator[Shared]:
    seen = set()
    for row in conn.execute(_WITH, {"mark": mark}):
        who = Identity(row.kind, row.author_id)
        if who not in seen:
            seen.add(who)
            yield Shared(identity=who, evidence=evidence, trace=mark, message=row.message)

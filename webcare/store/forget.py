"""Forget what people said, and keep what we must be able to show: clocks, times, scores, counts.

    texts, versions, names, media, links           gone
    the customer's id, a private thread's id       a random name in its place, the same in messages and cases
    a message's id                                 a name that follows from it and a secret of this database

So a forgotten message that a platform hands us again is known for what it is, and not taken in (`forgotten`), and the same customer
begins anew when they write again. SQLite is told to overwrite what is deleted (sqlite_file.py); what older files hold in pages that were
let go, `rewrite` takes out.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, update

from webcare.domain.message import Direction, Kind
from webcare.store import acts, community, context, look_ups, media, notes, other_names, raw_bodies, tags, uploads
from webcare.store.customers import ERASED
from webcare.store.house_tables import early_status, other_id
from webcare.store.tables import case, case_event, delivery, message, reply, version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

    from webcare.domain.message import Message

SALT = "forget_salt"
# of a log line: no words
PLAIN_FACTS = {"needs_response", "ref", "to", "within", "unsure", "why", "late_ingest", "declared", "until", "handed_by"}
PLAIN_FACTS |= {"revision", "policy", "before", "changes", "because", "community"}  # clocks are read by them
UNSENT, IN_HAND = "queued", "sending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How much was forgotten. `messages` are customers', `answers` ours; `bodies` what platforms sent, as it came."""

    messages: int = 0
    answers: int = 0
    cases: int = 0
    replies: int = 0
    bodies: int = 0

    def __add__(self, other: Forgotten) -> Forgotten:
        return Forgotten(**{name: getattr(self, name) + getattr(other, name) for name in self.counts()})

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


# --- names in place of names ---


def known_secret(conn: Connection) -> bytes | None:
    """Return the secret of this database; None when nobody was ever forgotten here."""
    known = notes.read(conn, SALT)
    return None if known is None else bytes.fromhex(known)


def secret(conn: Connection) -> bytes:
    """Return the secret of this database, making it when it is first asked for."""
    known = known_secret(conn)
    if known is None:
        known = secrets.token_bytes(32)
        notes.write(conn, SALT, known.hex())
    return known


def proof(key: bytes, name: str) -> str:
    """Return what the audit keeps of a customer's name: whoever names them can show that they were erased.

    Slow to compute, because there are only so many telephone numbers to try.
    """
    return hashlib.scrypt(name.encode("utf-8", "surrogatepass"), salt=key, n=2**14, r=8, p=1, dklen=32).hex()


def pseudonym() -> str:
    return f"{ERASED}{secrets.token_hex(8)}"


def _hidden(key: bytes, channel: str, external_id: str) -> str:
    told = f"{channel}\0{external_id}".encode("utf-8", "surrogatepass")
    return f"{ERASED}{hmac.new(key, told, hashlib.sha256).hexdigest()[:40]}"


def forgotten(conn: Connection, said: Sequence[Message]) -> set[tuple[str, str]]:
    """Return which of these messages, by channel and platform id, were forgotten: they are not to be taken in again."""
    key = known_secret(conn)
    if key is None:
        return set()
    names = {_hidden(key, one.channel, one.external_id): (one.channel, one.external_id) for one in said}
    found = [
        row.external_id
        for table in (message, other_id)
        for row in conn.execute(
            select(table.c.external_id).where(
                table.c.external_id.in_(names), table.c.channel.in_({channel for channel, _ in names.values()})
            )
        )
    ]
    return {names[name] for name in found}


# --- forgetting ---

_ERASE_MESSAGE = (
    update(message)
    .where(message.c.id == bindparam("number"))
    .values(
        external_id=bindparam("as_id"),
        conversation_id=bindparam("as_thread"),
        author_id=bindparam("as_author"),
        author_name=None,
        author_handle=None,
        text="",
        attachments=[],
        permalink=None,
        content_hash="",
        raw_type=None,
        raw=None,
    )
)
_POINT = (
    update(message)
    .where(message.c.channel == bindparam("of"), message.c.reply_to == bindparam("was"))
    .values(reply_to=bindparam("becomes"))
)
_RENAME_OTHER = (
    update(other_id)
    .where(other_id.c.channel == bindparam("of"), other_id.c.external_id == bindparam("was"))
    .values(external_id=bindparam("becomes"))
)
_ERASE_CASE = (
    update(case)
    .where(case.c.id == bindparam("number"))
    .values(customer_id=bindparam("as_customer"), customer_name=None, conversation_id=bindparam("as_thread"))
)
_ERASE_LINE = (
    update(case_event)
    .where(case_event.c.case == bindparam("of"), case_event.c.seq == bindparam("nth"))
    .values(data=bindparam("facts"))
)
_ERASE_REPLY = (
    update(reply)
    .where(reply.c.id == bindparam("number"))
    .values(
        text="",
        reason=None,
        to_id=None,
        template=None,
        conversation_id=bindparam("as_thread"),
        reply_to=bindparam("as_target"),
        external_id=bindparam("as_id"),
        state=bindparam("as_state"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What is forgotten together: messages, and cases with their replies. `authors` gives each customer's new name."""

    messages: Sequence[Row[Any]]
    cases: Sequence[int]
    authors: Mapping[str, str]


def forget(conn: Connection, lot: Lot) -> Forgotten:
    """Forget messages and cases; the caller holds the locks of the cases, and none of them is open."""
    names = _Names(secret(conn), lot)
    bodies = raw_bodies.drop(conn, {row.raw for row in lot.messages if row.raw is not None})
    _erase_messages(conn, lot, names)
    _erase_cases(conn, lot, names)
    replies = _erase_replies(conn, lot, names)
    other_names.forget(conn, lot.authors)
    context.forget(conn, lot.authors)
    theirs = sum(row.direction == Direction.INBOUND.value for row in lot.messages)
    return Forgotten(messages=theirs, answers=len(lot.messages) - theirs, cases=len(lot.cases), replies=replies, bodies=bodies)


class _Names:
    """What everything in a lot is called from now on."""

    def __init__(self, key: bytes, lot: Lot) -> None:
        self._key = key
        self._authors = lot.authors
        self._ids = {(row.channel, row.external_id) for row in lot.messages}
        self._private = {(row.channel, row.conversation_id) for row in lot.messages if row.kind == Kind.DM.value}
        self._threads: dict[tuple[str, str], str] = {}

    def of(self, channel: str, external_id: str) -> str:
        return external_id if external_id.startswith(ERASED) else _hidden(self._key, channel, external_id)

    def customer(self, author_id: str) -> str:
        return self._authors.get(author_id, author_id)

    def thread(self, channel: str, conversation_id: str) -> str:
        """Return a thread's name: of a public one that somebody else began it stays."""
        if conversation_id in self._authors:
            return self._authors[conversation_id]
        if (channel, conversation_id) in self._private:
            return self._threads.setdefault((channel, conversation_id), pseudonym())
        return self.of(channel, conversation_id) if (channel, conversation_id) in self._ids else conversation_id

    def target(self, channel: str, external_id: str | None) -> str | None:
        """Return what a message points to, where that is forgotten too."""
        return self.of(channel, external_id) if external_id is not None and (channel, external_id) in self._ids else external_id


def drop_bodies(conn: Connection, numbers: Sequence[int]) -> Forgotten:
    """Delete bodies that have been read."""
    return Forgotten(bodies=raw_bodies.drop(conn, numbers))


def _erase_messages(conn: Connection, lot: Lot, names: _Names) -> None:
    if not lot.messages:
        return
    numbers = [row.id for row in lot.messages]
    conn.execute(delete(version).where(version.c.message.in_(numbers)))
    media.drop(conn, numbers)
    acts.forget(conn, numbers)
    community.drop(conn, numbers)
    rows = [
        {
            "number": row.id,
            "as_id": names.of(row.channel, row.external_id),
            "as_thread": names.thread(row.channel, row.conversation_id),
            "as_author": names.customer(row.author_id),
        }
        for row in lot.messages
    ]
    conn.execute(_ERASE_MESSAGE, rows)
    moved = [(row.channel, row.external_id) for row in lot.messages]
    conn.execute(_POINT, [_renaming(names, *one) for one in moved])
    aliases = conn.execute(select(other_id.c.channel, other_id.c.external_id).where(other_id.c.message.in_(numbers))).all()
    if aliases:
        conn.execute(_RENAME_OTHER, [_renaming(names, *one) for one in aliases])
    for channel in {channel for channel, _ in moved}:
        ids = [external_id for of, external_id in moved if of == channel]
        conn.execute(delete(early_status).where(early_status.c.channel == channel, early_status.c.external_id.in_(ids)))
        look_ups.forget(conn, channel, ids)


def _renaming(names: _Names, channel: str, external_id: str) -> dict[str, str]:
    return {"of": channel, "was": external_id, "becomes": names.of(channel, external_id)}


def _erase_cases(conn: Connection, lot: Lot, names: _Names) -> None:
    if not lot.cases:
        return
    columns = (case.c.id, case.c.channel, case.c.customer_id, case.c.conversation_id)
    found = conn.execute(select(*columns).where(case.c.id.in_(lot.cases))).all()
    rows = [
        {
            "number": row.id,
            "as_customer": names.customer(row.customer_id),
            "as_thread": names.thread(row.channel, row.conversation_id),
        }
        for row in found
    ]
    conn.execute(_ERASE_CASE, rows)
    tags.drop(conn, lot.cases)
    channels = {row.id: row.channel for row in found}
    log = select(case_event.c.case, case_event.c.seq, case_event.c.data).where(case_event.c.case.in_(lot.cases))
    lines = [{"of": row.case, "nth": row.seq, "facts": _facts(row.data, channels[row.case], names)} for row in conn.execute(log)]
    if lines:
        conn.execute(_ERASE_LINE, lines)


def _facts(data: Mapping[str, Any], channel: str, names: _Names) -> dict[str, Any]:
    """Return what may stay of a log line; every line that names a message names it as it is called now."""
    kept = {name: value for name, value in data.items() if name in PLAIN_FACTS}
    if "ref" in kept:
        kept["ref"] = names.of(channel, kept["ref"])
    return kept


def _erase_replies(conn: Connection, lot: Lot, names: _Names) -> int:
    """Forget replies; one that has not left yet never will, one that is under way has a fate that nobody will know."""
    if not lot.cases:
        return 0
    columns = (reply.c.id, reply.c.channel, reply.c.conversation_id, reply.c.reply_to, reply.c.external_id, reply.c.state)
    found = conn.execute(select(*columns).where(reply.c.case.in_(lot.cases)).with_for_update()).all()
    rows = [
        {
            "number": row.id,
            "as_thread": names.thread(row.channel, row.conversation_id),
            "as_target": names.target(row.channel, row.reply_to),
            "as_id": None if row.external_id is None else names.of(row.channel, row.external_id),
            "as_state": {UNSENT: "withdrawn", IN_HAND: "unconfirmed"}.get(row.state, row.state),
        }
        for row in found
    ]
    if not rows:
        return 0
    conn.execute(_ERASE_REPLY, rows)
    uploads.forget(conn, [row.id for row in found])
    theirs = delivery.c.reply.in_([row.id for row in found])
    let_go = {"state": "failed", "lease_by": None, "lease_until": None, "retry_at": None}
    conn.execute(update(delivery).where(theirs, delivery.c.state.in_(["queued", "held"])).values(let_go))
    conn.execute(update(delivery).where(theirs).values(result=None))
    return len(rows)

"""What becomes of a message that is known: deleted, given a name, given another id, found to be automatic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from webcare.domain.case import CaseState
from webcare.store import media
from webcare.store.dialect import insert_or_ignore
from webcare.store.house_tables import other_id
from webcare.store.tables import case, message, version

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from webcare.domain.message import Author
    from webcare.store.messages import Stored

_SAME_TEXT = select(version.c.id).where(version.c.message == bindparam("number"), version.c.content_hash == bindparam("hash"))
_SAME_TEXT_THEN = _SAME_TEXT.where(version.c.at >= bindparam("start"), version.c.at <= bindparam("end"))
_RESOLVE = (
    select(message.c.external_id)
    .join(other_id, other_id.c.message == message.c.id)
    .where(other_id.c.channel == bindparam("account"), other_id.c.external_id == bindparam("id"))
)


def has_text(conn: Connection, message_id: int, content_hash: str, between: tuple[datetime, datetime] | None = None) -> bool:
    """Tell whether a message has had this very text, at any time or in a span."""
    values: dict[str, object] = {"number": message_id, "hash": content_hash}
    if between is None:
        return conn.execute(_SAME_TEXT, values).first() is not None
    return conn.execute(_SAME_TEXT_THEN, {**values, "start": between[0], "end": between[1]}).first() is not None


# --- deleted ---


def erase(conn: Connection, message_id: int, at: datetime) -> None:
    """Take back what a customer deleted: every text and file; who wrote, and when, stays. What waits for triage goes too."""
    conn.execute(delete(version).where(version.c.message == message_id))
    gone = {"text": "", "attachments": [], "content_hash": "", "deleted_at": at}
    conn.execute(update(message).where(message.c.id == message_id).values(gone))
    media.drop_of(conn, message_id)


def mark_deleted(conn: Connection, message_id: int, at: datetime) -> None:
    """Note that a message of ours is not to be seen on the platform any more; that it was given stays a fact."""
    conn.execute(update(message).where(message.c.id == message_id).values(deleted_at=at))


# --- automatic ---


def set_automatic(conn: Connection, message_id: int, why: str | None) -> None:
    conn.execute(update(message).where(message.c.id == message_id).values(automatic=why))


# --- ids ---


def resolve(conn: Connection, channel: str, external_id: str) -> str:
    """Return the id by which we know a message that the platform may call by another."""
    found: str | None = conn.execute(_RESOLVE, {"account": channel, "id": external_id}).scalar()
    return external_id if found is None else found


def also_known_as(conn: Connection, known: Stored, external_id: str) -> None:
    """Note another id of a message; what answers it under that id answers it under ours from now on."""
    channel = known.message.channel
    row = {"channel": channel, "external_id": external_id, "message": known.id}
    conn.execute(insert_or_ignore(conn, other_id), row)
    theirs = update(message).where(message.c.channel == channel, message.c.reply_to == external_id)
    conn.execute(theirs.values(reply_to=known.message.external_id))


# --- names ---


def name_author(conn: Connection, known: Stored, author: Author) -> bool:
    """Note who wrote a message that came without its author, on the message and on its case.

    False where it cannot be: the customer has an open case of their own in that conversation, and may have only one. Then both keep
    the unknown name.
    """
    was = known.message.author.id
    named = update(message).where(message.c.id == known.id)
    if known.case is not None and not _name_customer(conn, known, known.case, was, author):
        return False
    conn.execute(named.values(author_id=author.id, author_name=author.name, author_handle=author.handle))
    return True


def _name_customer(conn: Connection, known: Stored, case_id: int, was: str, author: Author) -> bool:
    row = conn.execute(select(case.c.state, case.c.customer_id).where(case.c.id == case_id).with_for_update()).one()
    if row.customer_id != was:
        return bool(row.customer_id == author.id)
    what = known.message
    theirs = select(case.c.id).where(
        case.c.channel == what.channel,
        case.c.conversation_id == what.conversation_id,
        case.c.customer_id == author.id,
        case.c.state == CaseState.OPEN.value,
    )
    if row.state == CaseState.OPEN.value and author.id != was and conn.execute(theirs).first() is not None:
        return False
    name = author.name or author.handle
    conn.execute(update(case).where(case.c.id == case_id).values(customer_id=author.id, customer_name=name))
    return True

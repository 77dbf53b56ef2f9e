"""Messages and their versions: kept once by key, classified once a text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, and_, bindparam, func, insert, select, update

from webcare.domain.message import Attachment, Author, Direction, Kind, Message
from webcare.domain.sla.events import MACHINE
from webcare.domain.verdict import Intent
from webcare.store.dialect import insert_or_ignore, upsert
from webcare.store.tables import channel, cursor, message, verdict, version

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    from webcare.domain.verdict import Verdict

# Statements of the hot path are built once: making one costs more than running it.
_CHANNEL = select(channel.c.id).where(channel.c.id == bindparam("id"))
_FIND = select(message).where(message.c.channel == bindparam("channel"), message.c.external_id == bindparam("external_id"))
_GET = select(message).where(message.c.id == bindparam("id"))
_UNTRIAGED = (
    select(version.c.id.label("version"), version.c.at, version.c.text.label("version_text"), *message.c)
    .join(message, message.c.id == version.c.message)
    .where(version.c.triaged_at.is_(None))
    .order_by(version.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_WAITING = (
    select(message)
    .where(
        message.c.channel == bindparam("channel"),
        message.c.direction == Direction.OUTBOUND.value,
        message.c.case.is_(None),
        message.c.created_at >= bindparam("at"),
    )
    .order_by(message.c.created_at, message.c.id)
)
_WAITING_PUBLIC = _WAITING.where(message.c.reply_to == bindparam("id"))
_WAITING_PRIVATE = _WAITING.where(
    message.c.kind == Kind.DM.value, message.c.conversation_id == bindparam("id"), message.c.reply_to.is_(None)
)
_BEFORE = (
    select(
        message.c.external_id,
        message.c.reply_to,
        message.c.direction,
        message.c.author_id,
        message.c.text,
        verdict.c.intents,
        verdict.c.language,
    )
    .outerjoin(verdict, verdict.c.id == message.c.verdict)
    .where(
        message.c.channel == bindparam("channel"),
        message.c.conversation_id == bindparam("conversation"),
        message.c.created_at < bindparam("at"),
        message.c.id != bindparam("self"),
    )
    .order_by(message.c.created_at.desc(), message.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)
_VERDICT_OF = (
    select(verdict.c.intents, verdict.c.urgency, verdict.c.language)
    .join(message, message.c.verdict == verdict.c.id)
    .where(message.c.id == bindparam("id"))
)
_TAKE = (
    update(version).where(version.c.id == bindparam("number"), version.c.triaged_at.is_(None)).values(triaged_at=bindparam("now"))
)
_JUDGE_AGAIN = (
    update(version)
    .where(
        version.c.message.in_(
            select(message.c.id)
            .join(verdict, verdict.c.id == message.c.verdict)
            .where(
                message.c.channel == bindparam("account"),
                message.c.reply_to == bindparam("answered"),
                message.c.direction == Direction.INBOUND.value,
                message.c.edited_at.is_(None),
                verdict.c.by == MACHINE,
                verdict.c.needs_response.is_(False),
                verdict.c.unsure.is_(False),
            )
        )
    )
    .values(triaged_at=None)
)
_PUT_IN_CASE = update(message).where(message.c.id == bindparam("number")).values(case=bindparam("into"))
_KEEP_VERDICT = insert(verdict).returning(verdict.c.id)


class Kept(StrEnum):
    NEW = "new"
    EDIT = "edit"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A message as the database knows it."""

    id: int
    brand: str
    message: Message
    case: int | None
    verdict: int | None
    late_ingest: bool
    automatic: str | None = None  # why a message of ours is no person's answer
    is_deleted: bool = False
    raw_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A text that nobody has classified or routed yet. `text` and `at` are this version's."""

    version: int
    at: datetime
    text: str
    stored: Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line of a conversation, for context."""

    external_id: str
    reply_to: str | None
    direction: Direction
    author_id: str
    text: str
    intents: tuple[Intent, ...]
    language: str | None = None


# --- channels and cursors ---


def ensure_channel(conn: Connection, channel_id: str, *, brand: str, now: datetime) -> None:
    """Make the channel account known; its id is `kind:account`."""
    if conn.execute(_CHANNEL, {"id": channel_id}).first() is None:
        kind, _, account = channel_id.partition(":")
        row = {"id": channel_id, "brand": brand, "kind": kind, "account": account, "added_at": now}
        conn.execute(insert_or_ignore(conn, channel), row)


def move_cursor(conn: Connection, channel_id: str, name: str, value: str, now: datetime) -> None:
    row = {"channel": channel_id, "name": name, "value": value, "moved_at": now}
    conn.execute(upsert(conn, cursor, row, key=["channel", "name"]))


def read_cursor(conn: Connection, channel_id: str, name: str) -> str | None:
    where = and_(cursor.c.channel == channel_id, cursor.c.name == name)
    return conn.execute(select(cursor.c.value).where(where)).scalar_one_or_none()


# --- keeping ---


def keep(
    conn: Connection,
    said: Message,
    *,
    brand: str,
    now: datetime,
    is_late: bool,
    raw: int | None = None,
    automatic: str | None = None,
    raw_type: str | None = None,
) -> Kept:
    """Store a message by its key; a text that this key has not had is a version of it. The newest version is what is shown.

    `automatic` says why a message of ours looks automatic, `raw_type` what the platform calls such a message; both are noted of a new
    one only.
    """
    row = {
        "brand": brand,
        "channel": said.channel,
        "external_id": said.external_id,
        "conversation_id": said.conversation_id,
        "reply_to": said.reply_to,
        "direction": said.direction.value,
        "kind": said.kind.value,
        "author_id": said.author.id,
        "author_name": said.author.name,
        "author_handle": said.author.handle,
        "text": said.text,
        "attachments": [asdict(a) for a in said.attachments],
        "permalink": said.permalink,
        "content_hash": said.content_hash,
        "created_at": said.created_at,
        "learned_at": now,
        "late_ingest": is_late,
        "automatic": automatic,
        "raw": raw,
        "raw_type": raw_type,
    }
    new = conn.execute(insert_or_ignore(conn, message, message.c.id), row).scalar_one_or_none()
    if new is not None:
        _keep_version(conn, new, said, now)
        return Kept.NEW
    where = and_(message.c.channel == said.channel, message.c.external_id == said.external_id)
    known = conn.execute(select(message.c.id, message.c.created_at, message.c.edited_at).where(where)).one()
    if not _keep_version(conn, known.id, said, now):
        return Kept.DUPLICATE
    if said.created_at < known.created_at:  # the original comes after its edit
        changed: dict[str, Any] = {"created_at": said.created_at, "edited_at": known.edited_at or known.created_at}
        changed["reply_to"] = said.reply_to  # edits do not always tell
    elif said.created_at >= (known.edited_at or known.created_at):  # at one instant the text that came last
        changed = {"text": said.text, "content_hash": said.content_hash, "edited_at": said.created_at}
        changed["attachments"] = [asdict(a) for a in said.attachments]
    else:
        return Kept.EDIT
    conn.execute(update(message).where(message.c.id == known.id).values(changed))
    return Kept.EDIT


def _keep_version(conn: Connection, message_id: int, said: Message, now: datetime) -> bool:
    """Keep a text of a message; False when this very text at this time is known."""
    row = {
        "message": message_id,
        "at": said.created_at,
        "content_hash": said.content_hash,
        "text": said.text,
        "learned_at": now,
    }
    return conn.execute(insert_or_ignore(conn, version, version.c.id), row).first() is not None


# --- reading ---


def untriaged(conn: Connection, limit: int, without: Collection[int] = ()) -> list[Pending]:
    """Return what waits to be classified or routed, in the order in which it came, but for the texts of these messages."""
    found = conn.execute(_UNTRIAGED.where(message.c.id.not_in(without)) if without else _UNTRIAGED, {"limit": limit})
    return [Pending(version=row.version, at=row.at, text=row.version_text, stored=stored(row)) for row in found]


def count_untriaged(conn: Connection) -> int:
    """Return how many texts wait to be classified or routed."""
    return conn.execute(select(func.count()).where(version.c.triaged_at.is_(None))).scalar_one()


def stored(row: Row[Any]) -> Stored:
    said = Message(
        channel=row.channel,
        external_id=row.external_id,
        conversation_id=row.conversation_id,
        direction=Direction(row.direction),
        kind=Kind(row.kind),
        author=Author(id=row.author_id, name=row.author_name, handle=row.author_handle),
        text=row.text,
        created_at=row.created_at,
        reply_to=row.reply_to,
        attachments=tuple(Attachment(**a) for a in row.attachments),
        permalink=row.permalink,
    )
    return Stored(
        id=row.id,
        brand=row.brand,
        message=said,
        case=row.case,
        verdict=row.verdict,
        late_ingest=row.late_ingest,
        automatic=row.automatic,
        is_deleted=row.deleted_at is not None,
        raw_type=row.raw_type,
    )


def any_kept(conn: Connection) -> bool:
    """Tell whether there is any message at all."""
    return conn.execute(select(message.c.id).limit(1)).first() is not None


def find(conn: Connection, channel_id: str, external_id: str) -> Stored | None:
    row = conn.execute(_FIND, {"channel": channel_id, "external_id": external_id}).first()
    return None if row is None else stored(row)


def get(conn: Connection, message_id: int) -> Stored:
    return stored(conn.execute(_GET, {"id": message_id}).one())


def answers_waiting_for(conn: Connection, what: Message) -> list[Stored]:
    """Return messages of ours that answer this one and came before it was known: they belong to no case yet."""
    values = {"channel": what.channel, "id": what.external_id, "at": what.created_at}
    found = [stored(row) for row in conn.execute(_WAITING_PUBLIC, values)]
    if what.kind.is_private and what.direction is Direction.INBOUND:
        values["id"] = what.conversation_id
        found += [stored(row) for row in conn.execute(_WAITING_PRIVATE, values)]
    return sorted(found, key=lambda ours: (ours.message.created_at, ours.id))


def before(conn: Connection, said: Stored, at: datetime, limit: int = 20) -> list[Said]:
    """Return what was said in this conversation before an instant, oldest first."""
    what = said.message
    values = {"channel": what.channel, "conversation": what.conversation_id, "at": at, "self": said.id, "limit": limit}
    return [
        Said(
            external_id=row.external_id,
            reply_to=row.reply_to,
            direction=Direction(row.direction),
            author_id=row.author_id,
            text=row.text,
            intents=tuple(Intent(i) for i in row.intents or ()),
            language=row.language,
        )
        for row in reversed(conn.execute(_BEFORE, values).all())
    ]


def private_customer(conn: Connection, channel_id: str, conversation_id: str, at: datetime) -> Stored | None:
    """Return the customer's last message of a one-to-one conversation, as of an instant."""
    return _newest(
        conn,
        message.c.channel == channel_id,
        message.c.conversation_id == conversation_id,
        message.c.direction == Direction.INBOUND.value,
        message.c.created_at <= at,
    )


def _newest(conn: Connection, *where: ColumnElement[bool]) -> Stored | None:
    row = conn.execute(select(message).where(*where).order_by(message.c.created_at.desc(), message.c.id.desc()).limit(1)).first()
    return None if row is None else stored(row)


def newest_of(conn: Connection, channel_id: str, conversation_id: str, customer_id: str) -> Stored | None:
    """Return what the customer wrote last in a conversation."""
    return _newest(
        conn,
        message.c.channel == channel_id,
        message.c.conversation_id == conversation_id,
        message.c.author_id == customer_id,
        message.c.direction == Direction.INBOUND.value,
    )


def newest_in_case(conn: Connection, case_id: int) -> Stored | None:
    return _newest(conn, message.c.case == case_id)


def verdict_of(conn: Connection, message_id: int) -> Row[Any, Any, Any] | None:
    """Return intents, urgency and language of the verdict in force."""
    return conn.execute(_VERDICT_OF, {"id": message_id}).first()


# --- marking ---


def take(conn: Connection, version_id: int, now: datetime) -> bool:
    """Mark a text as triaged; False when somebody else was first."""
    return conn.execute(_TAKE, {"number": version_id, "now": now}).rowcount == 1


def judge_again(conn: Connection, channel_id: str, external_id: str) -> int:
    """Put back what answers this message of ours and was judged without it, and return how much: with it, it may be a question.

    What needs an answer already, was changed since, or was judged by a person stays as it is.
    """
    return conn.execute(_JUDGE_AGAIN, {"account": channel_id, "answered": external_id}).rowcount


def put_in_case(conn: Connection, message_id: int, case_id: int) -> None:
    conn.execute(_PUT_IN_CASE, {"number": message_id, "into": case_id})


def keep_verdict(conn: Connection, message_id: int, said: Verdict, *, now: datetime, by: str, was: int | None = None) -> int:
    """Store a verdict and return its number; `labels.judged` puts it in force. A person's says which one `was` before them."""
    row = {
        "message": message_id,
        "at": now,
        "by": by,
        "model": said.model,
        "language": said.language,
        "sentiment": said.sentiment.value,
        "intents": [i.value for i in said.intents],
        "scores": {
            "sentiment": {k.value: round(v, 4) for k, v in said.sentiment_scores.items()},
            "intents": {k.value: round(v, 4) for k, v in said.intent_scores.items()},
            "urgency": round(said.urgency_score, 4),
        },
        "needs_response": said.needs_response,
        "needs_response_score": said.needs_response_score,
        "unsure": said.unsure,
        "urgency": said.urgency.value,
        "was": was,
    }
    number: int = conn.execute(_KEEP_VERDICT, row).scalar_one()
    return number

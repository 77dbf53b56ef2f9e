"""Attachments of customers: what waits to be fetched, who has it in hand, and what became of it. Fetching is outside of any transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import Integer, bindparam, delete, insert, literal_column, or_, select, update

from webcare.domain.message import Attachment
from webcare.store.media_tables import media
from webcare.store.tables import case, message

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection


class MediaState(StrEnum):
    WANTED = "wanted"
    KEPT = "kept"
    GONE = "gone"  # the platform does not give it, or did not for too long
    REFUSED = "refused"  # we had it, and do not keep such a thing


class Why(StrEnum):
    """Why there are no bytes."""

    PLATFORM = "platform"  # its own words are the `reason`
    LATE = "late"
    SIZE = "size"
    KIND = "kind"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An attachment to fetch. `attempt` is the number of this try."""

    id: int
    channel: str
    attachment: Attachment | None  # none: the message has it no more
    attempt: int
    wanted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Bytes as they are kept. `small` is the little copy of a picture, with its size in pixels."""

    mime: str
    content: bytes
    small: bytes | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fares:
    """How an attachment fares."""

    id: int
    message: int
    nth: int
    state: MediaState
    why: Why | None
    reason: str | None
    mime: str | None
    size: int | None
    is_picture: bool
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    mime: str
    content: bytes
    is_picture: bool
    sha256: str


_IS_WANTED = media.c.state == literal_column(
    f"'{MediaState.WANTED}'"
)  # written out: a parameter would keep it off the partial index
_DUE = (
    select(media.c.id, message.c.channel, message.c.attachments, media.c.nth, media.c.tries, media.c.wanted_at)
    .join(message, message.c.id == media.c.message)
    .where(
        _IS_WANTED,
        or_(message.c.channel.in_(bindparam("channels", expanding=True)), media.c.wanted_at <= bindparam("too_old")),
        or_(media.c.retry_at.is_(None), media.c.retry_at <= bindparam("machine")),
        or_(media.c.lease_until.is_(None), media.c.lease_until <= bindparam("machine")),
    )
    .order_by(media.c.tries, media.c.id)  # what was never tried first: its address may die within minutes
    .limit(bindparam("limit", type_=Integer))
)
_CLAIM = _DUE.with_for_update(of=media, skip_locked=True)
_TAKE = (
    update(media)
    .where(media.c.id.in_(bindparam("numbers", expanding=True)))
    .values(tries=media.c.tries + 1, lease_by=bindparam("holder"), lease_until=bindparam("until"))
)
_OURS = update(media).where(media.c.id == bindparam("number"), media.c.lease_by == bindparam("holder"), _IS_WANTED)
_LATER = _OURS.values(retry_at=bindparam("at"), lease_by=None, lease_until=None)
_PUT = insert(media)
_OF = select(media.c.nth, media.c.what).where(media.c.message == bindparam("of"))
_DROP = delete(media).where(media.c.message == bindparam("of"))
_FARES = select(*(media.c[name] for name in Fares.__dataclass_fields__)).where(
    media.c.message.in_(bindparam("numbers", expanding=True))
)
_IN_CASE = (
    select(media.c.mime, media.c.is_picture, media.c.sha256)
    .join(message, message.c.id == media.c.message)
    .join(case, case.c.id == bindparam("of"))
    .where(
        media.c.id == bindparam("number"),
        media.c.state == MediaState.KEPT.value,
        or_(
            message.c.case == case.c.id,
            (message.c.channel == case.c.channel) & (message.c.conversation_id == case.c.conversation_id),
        ),
    )
)
_WHOLE, _SMALL = _IN_CASE.add_columns(media.c.content), _IN_CASE.add_columns(media.c.small.label("content"))


# --- wanted ---


def want(conn: Connection, message_id: int, attachments: Sequence[tuple[int, Attachment]], now: datetime) -> None:
    """Put a message's attachments, each with its place, on the list of what is fetched, in place of those that it had before.

    What is the same as before keeps what was fetched of it.
    """
    wanted = {nth: _identity(one) for nth, one in attachments}
    known = {row.nth: row.what for row in conn.execute(_OF, {"of": message_id})}
    gone = [nth for nth, what in known.items() if wanted.get(nth) != what]
    if gone:
        conn.execute(delete(media).where(media.c.message == message_id, media.c.nth.in_(gone)))
    fresh = [(nth, what) for nth, what in wanted.items() if known.get(nth) != what]
    if fresh:
        row = {"message": message_id, "state": MediaState.WANTED.value, "wanted_at": now, "tries": 0, "is_picture": False}
        conn.execute(_PUT, [{**row, "nth": nth, "what": what} for nth, what in fresh])


def _identity(one: Attachment) -> str:
    """Return what an attachment is known by. Of an address only what is not signed anew each time."""
    name = one.id
    if name is None and one.url is not None:
        parts = urlsplit(one.url)
        name = f"{parts.hostname}{parts.path}"
    return hashlib.blake2b(f"{one.type}|{name}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def drop(conn: Connection, messages: Collection[int]) -> None:
    """Forget everything that came with these messages."""
    conn.execute(delete(media).where(media.c.message.in_(messages)))


def drop_of(conn: Connection, message_id: int) -> None:
    conn.execute(_DROP, {"of": message_id})


# --- in hand ---


def any_due(conn: Connection, channels: Collection[str], *, machine: datetime, too_old: datetime) -> bool:
    """Tell whether there is something to fetch from these channels, or to give up."""
    values = {"channels": sorted(channels), "machine": machine, "too_old": too_old, "limit": 1}
    return conn.execute(_DUE, values).first() is not None


def claim(
    conn: Connection,
    holder: str,
    channels: Collection[str],
    *,
    machine: datetime,
    until: datetime,
    too_old: datetime,
    limit: int,
) -> list[Wanted]:
    """Take what is due and in nobody's hand, from these channels; of any channel what was wanted before `too_old`."""
    values = {"channels": sorted(channels), "machine": machine, "too_old": too_old, "limit": limit}
    found = conn.execute(_CLAIM, values).all()
    if not found:
        return []
    conn.execute(_TAKE, {"numbers": [row.id for row in found], "holder": holder, "until": until})
    return [
        Wanted(
            id=row.id,
            channel=row.channel,
            attachment=Attachment(**row.attachments[row.nth]) if row.nth < len(row.attachments) else None,
            attempt=row.tries + 1,
            wanted_at=row.wanted_at,
        )
        for row in found
    ]


def try_later(conn: Connection, number: int, holder: str, *, retry_at: datetime) -> bool:
    """Give one back until `retry_at`; False when it is not in our hand any more."""
    return conn.execute(_LATER, {"number": number, "holder": holder, "at": retry_at}).rowcount == 1


def free(conn: Connection) -> int:
    """Free what a dead daemon had in hand, and return how much; for who knows that there is no other daemon."""
    return conn.execute(update(media).where(_IS_WANTED, media.c.lease_until.is_not(None)).values(lease_until=None)).rowcount


def forget_waits(conn: Connection, machine: datetime) -> None:
    """After the clock was set back: what was put off until an hour that now lies ahead is tried again at once."""
    later = or_(media.c.retry_at > machine, media.c.lease_until > machine)
    conn.execute(update(media).where(_IS_WANTED, later).values(retry_at=None, lease_until=None))


# --- ended ---


def keep(conn: Connection, number: int, holder: str, kept: Kept, *, now: datetime) -> bool:
    """Keep what was fetched; False when it is not in our hand any more, or its message is gone."""
    values: dict[str, Any] = {
        "state": MediaState.KEPT.value,
        "mime": kept.mime,
        "size": len(kept.content),
        "sha256": hashlib.sha256(kept.content).hexdigest(),
        "is_picture": kept.small is not None,
        "width": kept.width,
        "height": kept.height,
        "content": kept.content,
        "small": kept.small,
    }
    return _end(conn, number, holder, values, now)


def give_up(
    conn: Connection, number: int, holder: str, state: MediaState, why: Why, *, now: datetime, reason: str | None = None
) -> bool:
    """Note that there will be no bytes; False as `keep`."""
    return _end(conn, number, holder, {"state": state.value, "why": why.value, "reason": reason}, now)


def _end(conn: Connection, number: int, holder: str, values: dict[str, Any], now: datetime) -> bool:
    ended = {**values, "ended_at": now, "lease_by": None, "lease_until": None, "retry_at": None}
    return conn.execute(_OURS.values(ended), {"number": number, "holder": holder}).rowcount == 1


# --- shown ---


def of_messages(conn: Connection, messages: Collection[int]) -> list[Fares]:
    """Return how the attachments of these messages fare, without their bytes."""
    return [_fares(row) for row in conn.execute(_FARES, {"numbers": sorted(messages)})]


def _fares(row: Any) -> Fares:
    values = {name: getattr(row, name) for name in Fares.__dataclass_fields__}
    return Fares(**{**values, "state": MediaState(row.state), "why": None if row.why is None else Why(row.why)})


def blob(conn: Connection, case_id: int, number: int, *, small: bool) -> Blob | None:
    """Return the bytes of one that came in a case, or in the conversation of that case; None when there are none."""
    row = conn.execute(_SMALL if small else _WHOLE, {"of": case_id, "number": number}).first()
    if row is None or row.content is None:
        return None
    return Blob(mime=row.mime, content=row.content, is_picture=row.is_picture, sha256=row.sha256)


def contents(conn: Connection, message_id: int) -> list[tuple[Fares, bytes | None]]:
    """Return all that is kept of what came with a message."""
    found = conn.execute(select(media).where(media.c.message == message_id).order_by(media.c.nth))
    return [(_fares(row), row.content) for row in found]

"""Posts that stand around conversations: looked up because somebody replied to them, owed nothing, and forgotten with their author."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from webcare.domain.message import Direction
from webcare.store.conversation_tables import context
from webcare.store.dialect import upsert

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection, Row

    from webcare.domain.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One of them, as a page shows it."""

    external_id: str
    is_ours: bool
    author_id: str
    author_name: str | None
    author_handle: str | None
    text: str
    permalink: str | None
    created_at: datetime

    @property
    def author(self) -> str:
        return self.author_name or self.author_handle or self.author_id


_FIND = select(context).where(context.c.channel == bindparam("of"), context.c.external_id == bindparam("called"))


def keep(conn: Connection, said: Message, now: datetime) -> None:
    """Keep a post, or what it says now."""
    row = {
        "channel": said.channel,
        "external_id": said.external_id,
        "conversation_id": said.conversation_id,
        "direction": said.direction.value,
        "author_id": said.author.id,
        "author_name": said.author.name,
        "author_handle": said.author.handle,
        "text": said.text,
        "permalink": said.permalink,
        "created_at": said.created_at,
        "learned_at": now,
    }
    conn.execute(upsert(conn, context, row, key=["channel", "external_id"]))


def find(conn: Connection, channel: str, external_id: str) -> Post | None:
    row = conn.execute(_FIND, {"of": channel, "called": external_id}).first()
    return None if row is None else _post(row)


def some(conn: Connection, channel: str, external_ids: Collection[str]) -> dict[str, Post]:
    """Return those of these posts that are kept."""
    where = (context.c.channel == channel, context.c.external_id.in_(sorted(external_ids)))
    return {row.external_id: _post(row) for row in conn.execute(select(context).where(*where))} if external_ids else {}


def of_author(conn: Connection, kind: str, author_id: str) -> list[Row[Any]]:
    """Return what is kept of an author on all accounts of a kind."""
    where = (context.c.author_id == author_id, context.c.channel.startswith(f"{kind}:", autoescape=True))
    return list(conn.execute(select(context).where(*where).order_by(context.c.created_at, context.c.id)))


def drop(conn: Connection, channel: str, external_id: str) -> bool:
    """Forget a post; False when there is none."""
    where = (context.c.channel == channel, context.c.external_id == external_id)
    return conn.execute(delete(context).where(*where)).rowcount == 1


def forget(conn: Connection, authors: Collection[str]) -> None:
    """Forget what these authors wrote."""
    if authors:
        conn.execute(delete(context).where(context.c.author_id.in_(sorted(authors))))


def expire(conn: Connection, before: datetime) -> None:
    """Forget what was learned by then; what is asked for anew comes again."""
    conn.execute(delete(context).where(context.c.learned_at <= before))


def _post(row: Row[Any]) -> Post:
    return Post(
        external_id=row.external_id,
        is_ours=row.direction == Direction.OUTBOUND.value,
        author_id=row.author_id,
        author_name=row.author_name,
        author_handle=row.author_handle,
        text=row.text,
        permalink=row.permalink,
        created_at=row.created_at,
    )

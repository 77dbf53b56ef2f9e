"""Who answered whom in a public conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from webcare.domain.message import Direction
from webcare.store import context
from webcare.store.tables import message

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class RepliedTo:
    """The author of what was answered."""

    author: str
    author_id: str
    is_ours: bool


def replied_to(conn: Connection, channel: str, shown: Collection[int]) -> dict[int, RepliedTo]:
    """Return whom each of these messages answers, as far as that is known."""
    if not shown:
        return {}
    answered = message.alias("answered")
    joined = and_(answered.c.channel == message.c.channel, answered.c.external_id == message.c.reply_to)
    columns = (answered.c.author_id, answered.c.author_name, answered.c.author_handle, answered.c.direction)
    query = select(message.c.id, message.c.reply_to, *columns).outerjoin(answered, joined)
    rows = conn.execute(query.where(message.c.id.in_(sorted(shown)), message.c.reply_to.is_not(None))).all()
    around = context.some(conn, channel, {row.reply_to for row in rows if row.author_id is None})
    found = {
        row.id: RepliedTo(
            author=row.author_name or row.author_handle or row.author_id,
            author_id=row.author_id,
            is_ours=row.direction == Direction.OUTBOUND.value,
        )
        for row in rows
        if row.author_id is not None
    }
    for row in rows:
        if (post := around.get(row.reply_to)) is not None and row.author_id is None:
            found[row.id] = RepliedTo(author=post.author, author_id=post.author_id, is_ours=post.is_ours)
    return found

"""What a public conversation is about: the post that it stands under, and who answered whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.message import Direction
from webcare.store import context, messages
from webcare.store.replied_to import RepliedTo, replied_to

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from webcare.services.thread import Thread
    from webcare.store import Connection
    from webcare.store.cases import CaseRow
    from webcare.store.messages import Stored

__all__ = ["Conversation", "RepliedTo", "Root", "conversation", "has_others"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The post above a customer's words. `message` is its number where it is kept as a message; gone: it was deleted."""

    message: int | None
    author: str
    author_id: str
    is_ours: bool
    at: datetime
    text: str
    permalink: str | None
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """`root` is None where the customer began it themselves, or nobody knows it; `answers` are by the number of a message."""

    root: Root | None
    answers: Mapping[int, RepliedTo]


def conversation(conn: Connection, row: CaseRow, shown: Collection[int], *, is_shared: bool = True) -> Conversation:
    """Return what a case's conversation is about, and whom each of the messages that are `shown` answers.

    Unless it `is_shared` with others, only what was looked up can stand around it, and without that nobody answers anybody but us.
    """
    if row.kind.is_private:
        return Conversation(root=None, answers={})
    root = _root(conn, row, is_shared=is_shared)
    return Conversation(root=root, answers=replied_to(conn, row.channel, shown) if is_shared or root is not None else {})


def has_others(talk: Thread) -> bool:
    """Tell whether anybody else may have written in a conversation: where nobody did, nothing of theirs is to be read."""
    ours_or_theirs = (one for one in talk.spoken if one.is_ours or one.author_id == talk.case.customer_id)
    return bool(talk.context) or talk.messages > sum(not one.kind.is_private for one in ours_or_theirs)


def _root(conn: Connection, row: CaseRow, *, is_shared: bool) -> Root | None:
    said = messages.find(conn, row.channel, row.conversation_id) if is_shared else None
    if said is not None:
        return None if said.message.author.id == row.customer_id else _of_message(said)
    post = context.find(conn, row.channel, row.conversation_id)
    if post is None:
        return None
    return Root(
        message=None,
        author=post.author,
        author_id=post.author_id,
        is_ours=post.is_ours,
        at=post.created_at,
        text=post.text,
        permalink=post.permalink,
    )


def _of_message(said: Stored) -> Root:
    what = said.message
    is_ours = what.direction is Direction.OUTBOUND
    return Root(
        message=said.id,
        author=what.author.name or what.author.handle or what.author.id,
        author_id=what.author.id,
        is_ours=is_ours,
        at=what.created_at,
        text=what.text,
        permalink=what.permalink,
        is_gone=said.is_deleted and not is_ours,
    )

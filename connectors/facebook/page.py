"""The page itself: who the token is, and which of somebody's words are the page's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.meta import instant
from webcare.ports.connector import WayKind
from webcare.ports.errors import AuthFailed, Rejected, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.facebook.graph import Graph
    from webcare.ports.connector import Reply

AUTHORED = "id,message,from,created_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, and the calls that are made for it."""

    graph: Graph
    id: str

    async def identity(self, now: datetime | None) -> str | None:
        try:
            answer = await self.graph.get("me", {"fields": "id,name"}, now)
        except Rejected as error:
            raise Unavailable(f"Facebook does not understand the question: {error.reason}") from None
        found = answer.get("id")
        return found if isinstance(found, str) else None

    async def must_be_ours(self, now: datetime | None) -> None:
        """Refuse to believe in an empty answer that was given to somebody else."""
        if await self.identity(now) != self.id:
            raise AuthFailed("the token is not the page's: comments look empty to it")

    async def must_be_readable(self, now: datetime) -> None:
        """Refuse to take a permission that the token lacks for a matter of one place: what stands on the page itself is ours to read."""
        try:
            await self.graph.get(f"{self.id}/feed", {"fields": "id,comments.limit(1){id}", "limit": "1"}, now)
        except Rejected as error:
            raise Unavailable(f"Facebook does not understand the question: {error.reason}") from None

    def is_ours(self, node: Mapping[str, Any]) -> bool:
        author = node.get("from")
        return isinstance(author, dict) and str(author.get("id")) == self.id


def is_messenger(reply: Reply) -> bool:
    """Whether it answers in Messenger what was said there; a public thread is a post, whose id names its page too."""
    return reply.kind.is_private if reply.kind is not None else "_" not in reply.conversation_id


def is_private_reply(reply: Reply) -> bool:
    """Whether it answers in private what was said in public."""
    return reply.way is WayKind.PRIVATE and not is_messenger(reply)


def target_of(reply: Reply) -> str:
    return reply.reply_to or reply.conversation_id


def says(node: Mapping[str, Any], text: str, since: datetime | None = None) -> bool:
    """Whether a node holds this text, and is not older; Facebook trims and folds white space."""
    held, at = node.get("message"), when(node.get("created_time"))
    return isinstance(held, str) and held.split() == text.split() and not (since and at and at < since)


def when(value: Any) -> datetime | None:
    try:
        return instant(value, "created_time")
    except ValueError:
        return None


def sent_id(answer: Mapping[str, Any]) -> str:
    sent = answer.get("message_id") or answer.get("id")
    if not isinstance(sent, str):
        raise Unconfirmed("HTTP 200, and no id in it")
    return sent


def brought_id(answer: Mapping[str, Any], name: str) -> str:
    """Return the id of a file that was brought and that nobody sees yet."""
    brought = answer.get(name)
    if not isinstance(brought, str):
        raise Unavailable("Facebook took a file and gave it no id")
    return brought

"""Answer on a page, and look whether an answer is there.

No call has a key that would make it safe to repeat: what may have been sent is looked for among our own words in that place.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from connectors.facebook.errors import GONE, Duplicate
from connectors.facebook.fields import instant, last_part
from connectors.facebook.graph import next_url, nodes
from webcare.domain.message import Kind
from webcare.ports.connector import Receipt
from webcare.ports.errors import AuthFailed, Rejected, Unavailable, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.facebook.graph import Graph
    from webcare.ports.connector import Reply

AUTHORED = "id,message,from,created_time"
MOST = "100"  # comments in an answer


class Desk:
    """Where one page answers from."""

    def __init__(self, graph: Graph, page_id: str) -> None:
        self._graph = graph
        self._page_id = page_id

    async def send(self, reply: Reply) -> Receipt:
        """Answer a comment or post in public, or a person in Messenger.

        Never `POST /{comment}`: that edits. https://developers.facebook.com/docs/graph-api/reference/object/comments
        """
        try:
            if is_private(reply):
                payload = {
                    "recipient": {"id": reply.conversation_id},
                    "messaging_type": "RESPONSE",
                    "message": {"text": reply.text, "metadata": reply.key},
                }
                answer = await self._graph.post(f"{self._page_id}/messages", payload)
            else:
                answer = await self._graph.post(f"{_target(reply)}/comments", {"message": reply.text})
        except Duplicate:
            return await self._held_already(reply)
        sent = answer.get("message_id") or answer.get("id")
        if not isinstance(sent, str):
            raise Unconfirmed("HTTP 200, and no id in it")
        return Receipt(external_id=sent)

    async def _held_already(self, reply: Reply) -> Receipt:
        """Return the copy that Facebook refuses to take twice; where it is not under this message, ours will never be."""
        found = await self.find(reply)
        if found is None:
            raise Rejected("Facebook took the same text just before, elsewhere: change the words (code 506)")
        return found

    async def find(self, reply: Reply) -> Receipt | None:
        """Look among our own words in that place; two of the same leave it open which is meant."""
        try:
            found = await (self._find_message(reply) if is_private(reply) else self._find_comment(reply))
        except (Rejected, AuthFailed) as error:
            if isinstance(error, Rejected) and error.reason.startswith(GONE):  # and with it whatever stood there
                return None
            raise Unconfirmed(f"Facebook cannot be asked: {error}") from None
        copies = {str(node["id"]): node for node in found if node.get("id")}
        if len(copies) > 1:
            raise Unconfirmed(f"{len(copies)} of ours say the same there")
        for external_id, node in copies.items():
            return Receipt(external_id=external_id, accepted_at=_when(node.get("created_time")))
        return None

    async def _find_comment(self, reply: Reply) -> list[dict[str, Any]]:
        """Look under the message, and beside it: a reply to a reply becomes its sibling."""
        target = _target(reply)
        places: list[tuple[str, datetime | None]] = [(target, None)]
        if last_part(target) != last_part(reply.conversation_id):
            own = await self._graph.get(target, {"fields": "id,created_time,parent{id}"})
            parent = own.get("parent")
            if isinstance(parent, dict) and isinstance(parent.get("id"), str):
                places.append((parent["id"], _when(own.get("created_time"))))  # what is older answers something else
        found, is_empty = [], True
        for place, since in places:
            params = {"fields": AUTHORED, "filter": "stream", "order": "reverse_chronological", "limit": MOST}
            async for answer in self._graph.pages(f"{place}/comments", params):
                is_empty = is_empty and not nodes(answer)
                found += [node for node in nodes(answer) if self._is_ours(node) and _says(node, reply.text, since)]
        if is_empty:
            await self.must_be_page(None)
        return found

    async def _find_message(self, reply: Reply) -> list[dict[str, Any]]:
        """Look in the conversation, back to the message that is answered."""
        params = {"platform": "messenger", "user_id": reply.conversation_id}
        params["fields"] = f"id,messages.limit(20){{{AUTHORED}}}"
        threads = nodes(await self._graph.get(f"{self._page_id}/conversations", params))
        if not threads:
            await self.must_be_page(None)
        found = []
        for thread in threads:
            held = thread.get("messages")
            messages = nodes(held) if isinstance(held, dict) else []
            after = list(takewhile(lambda node: node.get("id") != reply.reply_to, messages))
            found += [node for node in after if self._is_ours(node) and _says(node, reply.text)]
            if not found and after == messages and reply.reply_to and isinstance(held, dict) and next_url(held) is not None:
                raise Unconfirmed("the conversation is longer than Facebook shows")
        return found

    def _is_ours(self, node: Mapping[str, Any]) -> bool:
        author = node.get("from")
        return isinstance(author, dict) and str(author.get("id")) == self._page_id

    async def identity(self, now: datetime | None) -> str | None:
        try:
            answer = await self._graph.get("me", {"fields": "id,name"}, now)
        except Rejected as error:
            raise Unavailable(f"Facebook does not understand the question: {error.reason}") from None
        found = answer.get("id")
        return found if isinstance(found, str) else None

    async def must_be_page(self, now: datetime | None) -> None:
        """Refuse to believe in an empty answer that was given to somebody else."""
        if await self.identity(now) != self._page_id:
            raise AuthFailed("the token is not the page's: comments look empty to it")


def is_private(reply: Reply) -> bool:
    """Whether it goes to Messenger; a public thread is a post, whose id names its page too."""
    return reply.kind is Kind.DM if reply.kind is not None else "_" not in reply.conversation_id


def _target(reply: Reply) -> str:
    return reply.reply_to or reply.conversation_id


def _says(node: Mapping[str, Any], text: str, since: datetime | None = None) -> bool:
    """Whether a node holds this text, and is not older; Facebook trims and folds white space."""
    held, at = node.get("message"), _when(node.get("created_time"))
    return isinstance(held, str) and held.split() == text.split() and not (since and at and at < since)


def _when(value: Any) -> datetime | None:
    try:
        return instant(value, "created_time")
    except ValueError:
        return None

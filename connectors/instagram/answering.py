"""Answer on Instagram, look whether an answer is there, and hide what others wrote.

No call has a key that would make it safe to repeat: what may have been sent is looked for among our own words in that place.
https://developers.facebook.com/docs/instagram-platform/comment-moderation
https://developers.facebook.com/docs/instagram-platform/private-replies
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from connectors.instagram.account import account_of
from connectors.instagram.graph import Missing, next_url, nodes
from connectors.instagram.refusals import NOT_ALLOWED
from connectors.meta import instant
from webcare.domain.message import Kind
from webcare.ports.connector import Deed, Receipt, WayKind
from webcare.ports.errors import AuthFailed, Rejected, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.instagram.config import Config
    from connectors.instagram.graph import Graph
    from webcare.ports.connector import Act, Reply

WORDS = "id,text,timestamp,from,user,username"
PAGES = 4  # of comments that are looked through for ours


class Desk:
    """Where one account answers from."""

    def __init__(self, graph: Graph, config: Config) -> None:
        self._graph = graph
        self._config = config

    async def send(self, reply: Reply) -> Receipt:
        path, payload = self._call_for(reply)
        try:
            answer = await self._graph.post(path, payload)
        except AuthFailed as error:
            if reply.kind is Kind.MENTION and str(error).startswith(NOT_ALLOWED):  # of that place, not of the channel
                raise Rejected(f"Instagram does not let us answer at somebody else's place ({error})") from None
            raise
        sent = answer.get("message_id") or answer.get("id")
        if not isinstance(sent, str) or not sent:
            raise Unconfirmed("HTTP 200, and no id in it")
        return Receipt(external_id=sent)

    def _call_for(self, reply: Reply) -> tuple[str, dict[str, Any]]:
        """Return where a reply goes, and as what."""
        if is_private(reply):
            message: dict[str, Any] = {"recipient": _recipient(reply), "message": {"text": reply.text}}
            mark = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"} if reply.late else {"messaging_type": "RESPONSE"}
            return f"{self._config.postbox}/messages", message | mark
        target = reply.reply_to
        is_on_media = target is None or target == reply.conversation_id
        if reply.kind is Kind.MENTION:
            named = {"media_id": reply.conversation_id} | ({} if is_on_media else {"comment_id": target})
            return f"{self._config.account_id}/mentions", {**named, "message": reply.text}
        if is_on_media:
            return f"{reply.conversation_id}/comments", {"message": reply.text}
        return f"{target}/replies", {"message": reply.text}

    async def act(self, act: Act) -> None:
        """Hide a comment or show it again; both may be done twice.

        https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment
        """
        if act.deed not in (Deed.HIDE, Deed.UNHIDE) or act.kind is not Kind.COMMENT:
            raise Rejected("Instagram lets us hide comments under our own posts, and nothing else")
        answer = await self._graph.post(act.target_id, {"hide": act.deed is Deed.HIDE})
        if answer.get("success") is not True:
            raise Unconfirmed("HTTP 200, and no word of success in it")

    # --- was it sent?

    async def find(self, reply: Reply) -> Receipt | None:
        """Look among our own words in that place; two of the same leave it open which is meant."""
        try:
            found = await (self._messages_like(reply) if is_private(reply) else self._comments_like(reply))
        except Missing:  # and with it whatever stood there
            return None
        except (Rejected, AuthFailed) as error:
            raise Unconfirmed(f"Instagram cannot be asked: {error}") from None
        copies = {str(node["id"]): node for node in found if node.get("id")}
        if len(copies) > 1:
            raise Unconfirmed(f"{len(copies)} of ours say the same there")
        for external_id, node in copies.items():
            return Receipt(external_id=external_id, accepted_at=_when(node))
        return None

    async def _comments_like(self, reply: Reply) -> list[dict[str, Any]]:
        """Look under what was answered; what answers a reply stands under the same comment."""
        if reply.kind is Kind.MENTION:
            raise Unconfirmed("Instagram does not show what we wrote at somebody else's place")
        target, since = reply.reply_to, None
        if target is None or target == reply.conversation_id:
            path = f"{reply.conversation_id}/comments"
        else:
            answered = await self._graph.get(target, {"fields": "id,timestamp,parent_id"})
            since, parent = _when(answered), answered.get("parent_id")
            path = f"{parent if isinstance(parent, str) and parent else target}/replies"
        found: list[dict[str, Any]] = []
        looked = 0
        async for answer in self._graph.pages(path, {"fields": WORDS, "limit": "50"}):
            found += [node for node in nodes(answer) if self._is_ours(node) and _says(node, "text", reply.text, since)]
            looked += 1
            if looked >= PAGES and next_url(answer) is not None and not found:
                raise Unconfirmed("there are more comments than we look through")
            if found:
                break
        return found

    async def _messages_like(self, reply: Reply) -> list[dict[str, Any]]:
        """Look in the conversation, back to the message that is answered."""
        person = _person(reply)
        if person is None:
            raise Unconfirmed("nobody knows in whose conversation to look")
        params = {"platform": "instagram", "user_id": person}
        params["fields"] = "id,messages.limit(20){id,message,from,created_time}"
        threads = nodes(await self._graph.get(f"{self._config.postbox}/conversations", params))
        if not threads and reply.kind is not Kind.DM:  # a request that was not taken up is in no folder that we see
            raise Unconfirmed("the conversation is not there to look in")
        since = None if reply.kind in (Kind.DM, None) else await self._said_at(reply)
        found: list[dict[str, Any]] = []
        for thread in threads:
            held = thread.get("messages")
            messages = nodes(held)
            after = list(takewhile(lambda node: node.get("id") != reply.reply_to, messages))
            found += [node for node in after if self._is_ours(node) and _says(node, "message", reply.text, since)]
            is_cut = isinstance(held, dict) and next_url(held) is not None
            if not found and after == messages and is_cut:
                raise Unconfirmed("the conversation is longer than Instagram shows")
            if found and after == messages and since is None:  # what we answer is not among them
                raise Unconfirmed("the same words stand in this conversation, but they may be older")
        return found

    async def _said_at(self, reply: Reply) -> datetime | None:
        """Return when the comment was written that a private message begins at; older words answer something else."""
        try:
            return _when(await self._graph.get(str(reply.reply_to), {"fields": "id,timestamp"}))
        except Missing:
            return None

    def _is_ours(self, node: Mapping[str, Any]) -> bool:
        ours = (self._config.account_id, self._config.page_id or self._config.account_id)
        people = [node.get("from"), node.get("user")]
        return any(isinstance(one, dict) and (str(one.get("id")) in ours or one.get("self_ig_scoped_id")) for one in people)

    async def must_be_us(self, now: datetime | None) -> None:
        """Refuse to believe that something is gone when it is we who may not see it."""
        if await account_of(self._graph, self._config, now) != self._config.account_id:
            raise AuthFailed("the token is not this account's: nothing of it can be seen")


def is_private(reply: Reply) -> bool:
    return reply.way is WayKind.PRIVATE if reply.way is not None else reply.kind is Kind.DM


def _recipient(reply: Reply) -> dict[str, str]:
    """Return whom a message goes to: a person, or whoever wrote a comment."""
    if reply.kind in (Kind.DM, None):
        return {"id": reply.conversation_id}
    if reply.kind is not Kind.COMMENT or reply.reply_to is None:
        raise Rejected("Instagram lets a private message begin at a comment under our own post only")
    return {"comment_id": reply.reply_to}


def _person(reply: Reply) -> str | None:
    if reply.kind in (Kind.DM, None):
        return reply.conversation_id
    return None if reply.to is None or reply.to.startswith("unknown:") else reply.to


def _says(node: Mapping[str, Any], key: str, text: str, since: datetime | None) -> bool:
    """Whether a node holds this text, and is not older; Instagram trims and folds white space."""
    held, at = node.get(key), _when(node)
    return isinstance(held, str) and held.split() == text.split() and not (since and at and at < since)


def _when(node: Mapping[str, Any]) -> datetime | None:
    try:
        return instant(node.get("timestamp") or node.get("created_time"), "timestamp")
    except ValueError:
        return None

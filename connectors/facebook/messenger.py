"""Write to people in Messenger: answer what they wrote there, or write once because of what they wrote in public.

A message is a text or a file, never both: files go first, one message each, the words last. So words that are found say that all is there.
https://developers.facebook.com/docs/messenger-platform/reference/send-api
"""

from __future__ import annotations

import json
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from connectors.facebook.errors import PERMISSION, Duplicate
from connectors.facebook.graph import next_url, nodes
from connectors.facebook.page import AUTHORED, brought_id, says, sent_id, target_of
from webcare.domain.message import Kind
from webcare.ports.errors import AuthFailed, OutsideError, RefusalCode, Rejected, Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.facebook.page import Page
    from webcare.ports.connector import Reply, Upload

RESPONSE = {"messaging_type": "RESPONSE"}
BY_A_PERSON = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
SHAPES = ("image", "video", "audio")
HELD = f"{AUTHORED},attachments{{id}},sticker"


class Messenger:
    """The page's Messenger."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._path = f"{page.id}/messages"

    async def answer(self, reply: Reply) -> str:
        """Answer a person, within the window of the way that was chosen; return the id of the last message."""
        envelope = {"recipient": {"id": reply.conversation_id}, **(BY_A_PERSON if reply.late else RESPONSE)}
        messages: list[dict[str, Any]] = [{"attachment": await self._brought(one)} for one in reply.uploads]
        if reply.text or not messages:
            messages.append({"text": reply.text})
        sent = ""
        for number, message in enumerate(messages):
            try:
                sent = await self._post(envelope, {**message, "metadata": reply.key})
            except OutsideError as error:
                if number:
                    raise Unconfirmed(f"{number} of {len(messages)} parts were sent, then: {error}") from None
                if reply.late and isinstance(error, AuthFailed) and str(error).startswith(PERMISSION):
                    reason = f"Facebook does not let this app answer after 24 hours: Human Agent is not approved ({error})"
                    raise Rejected(reason, RefusalCode.WINDOW_CLOSED) from None
                raise
        return sent

    async def _post(self, envelope: Mapping[str, Any], message: Mapping[str, Any]) -> str:
        return sent_id(await self._page.graph.post(self._path, {**envelope, "message": message}))

    async def _brought(self, upload: Upload) -> dict[str, Any]:
        """Bring a file and return what a message says to show it.

        https://developers.facebook.com/docs/messenger-platform/reference/attachment-upload-api
        """
        family = upload.mime.partition("/")[0]
        shape = family if family in SHAPES else "file"
        message = json.dumps({"attachment": {"type": shape, "payload": {"is_reusable": True}}})
        answer = await self._page.graph.upload(f"{self._page.id}/message_attachments", {"message": message}, "filedata", upload)
        return {"type": shape, "payload": {"attachment_id": brought_id(answer, "attachment_id")}}

    async def begin(self, reply: Reply) -> str:
        """Write in private to whoever wrote in public: once, within seven days, one message.

        https://developers.facebook.com/documentation/business-messaging/messenger-platform/discovery/private-replies
        """
        if reply.uploads:
            raise Rejected("a private reply is one message: text, without files")
        about = {_named(reply): target_of(reply)}
        try:
            return await self._post({"recipient": about, **RESPONSE}, {"text": reply.text, "metadata": reply.key})
        except Rejected as error:
            if error.code is RefusalCode.ANSWERED_ONCE:  # ours, of an attempt whose answer was lost, or somebody else's
                raise Duplicate(error.reason) from None
            raise

    async def find_answer(self, reply: Reply) -> list[dict[str, Any]]:
        """Look in the conversation, back to the message that is answered."""
        params = {"platform": "messenger", "user_id": reply.conversation_id}
        params["fields"] = f"id,messages.limit(20){{{HELD}}}"
        threads = nodes(await self._page.graph.get(f"{self._page.id}/conversations", params))
        if not threads:
            await self._page.must_be_ours(None)
        found: list[dict[str, Any]] = []
        for thread in threads:
            held = thread.get("messages")
            messages = nodes(held) if isinstance(held, dict) else []
            after = list(takewhile(lambda node: node.get("id") != reply.reply_to, messages))
            ours = [node for node in after if self._page.is_ours(node)]
            found += [node for node in ours if reply.text and says(node, reply.text)]
            if not found and reply.uploads and any(node.get("attachments") for node in ours):
                raise Unconfirmed("files of ours are there: perhaps these, and perhaps not all")
            if not found and after == messages and reply.reply_to and isinstance(held, dict) and next_url(held) is not None:
                raise Unconfirmed("the conversation is longer than Facebook shows")
            if found and after == messages:  # what we answer is not among them
                raise Unconfirmed("the same words stand in this conversation, but they may be older")
        return found

    async def find_begun(self, reply: Reply) -> list[dict[str, Any]]:
        """Look whether a private reply is there: where one may still be sent, none was."""
        target = target_of(reply)
        is_comment = _named(reply) == "comment_id"
        fields = "id,can_reply_privately,private_reply_conversation{id}" if is_comment else "id,can_reply_privately"
        about = await self._page.graph.get(target, {"fields": fields})
        if about.get("can_reply_privately") is True:
            return []
        thread = about.get("private_reply_conversation")
        thread_id = thread.get("id") if isinstance(thread, dict) else None
        if not isinstance(thread_id, str):
            raise Unconfirmed("Facebook does not show whether a private reply is there")
        answer = await self._page.graph.get(f"{thread_id}/messages", {"fields": HELD, "limit": "100"})
        found = [node for node in nodes(answer) if self._page.is_ours(node) and says(node, reply.text)]
        if not found and next_url(answer) is not None:
            raise Unconfirmed("the conversation is longer than Facebook shows")
        return found


def _named(reply: Reply) -> str:
    """Return as what the recipient is named: a visitor's post, or a comment."""
    return "post_id" if reply.kind is Kind.POST or target_of(reply) == reply.conversation_id else "comment_id"

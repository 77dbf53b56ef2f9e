"""Answer on a page, and look whether an answer is there.

No call has a key that would make it safe to repeat: what may have been sent is looked for among our own words in that place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.facebook.errors import PERMISSION, Duplicate
from connectors.facebook.graph import nodes
from connectors.facebook.messenger import Messenger
from connectors.facebook.page import AUTHORED, brought_id, is_messenger, is_private_reply, says, sent_id, target_of, when
from connectors.meta import last_part
from webcare.domain.message import Kind
from webcare.ports.connector import Receipt, WayKind
from webcare.ports.errors import AuthFailed, RefusalCode, Rejected, Unconfirmed

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.facebook.page import Page
    from webcare.ports.connector import Reply, Upload

MOST = "100"  # comments in an answer


class Desk:
    """Where one page answers from."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._messenger = Messenger(page)

    async def send(self, reply: Reply) -> Receipt:
        """Answer a comment or post in public, or its author in private, or a person in Messenger."""
        if reply.template is not None or reply.way is WayKind.TEMPLATE:
            raise Rejected("a page has no approved texts to send")
        try:
            if is_messenger(reply):
                sent = await self._messenger.answer(reply)
            elif is_private_reply(reply):
                sent = await self._messenger.begin(reply)
            else:
                sent = await self._comment(reply)
        except Duplicate as error:
            return await self._held_already(reply, error)
        return Receipt(external_id=sent)

    async def _comment(self, reply: Reply) -> str:
        """Comment on a post, or beneath a comment.

        Never `POST /{comment}`: that edits. https://developers.facebook.com/docs/graph-api/reference/object/comments
        """
        payload = {"message": reply.text} if reply.text else {}
        if reply.uploads:
            payload["attachment_id"] = await self._picture(reply.uploads)
        try:
            answer = await self._page.graph.post(f"{target_of(reply)}/comments", payload)
        except AuthFailed as error:
            if reply.kind is Kind.MENTION and str(error).startswith(PERMISSION):  # of that place, not of the channel
                raise Rejected(f"Facebook does not let the page answer at somebody else's place ({error})") from None
            raise
        return sent_id(answer)

    async def _picture(self, uploads: tuple[Upload, ...]) -> str:
        """Bring the one picture that a comment may have, as a photo that nobody sees: `attachment_id` takes no other."""
        if len(uploads) > 1 or not uploads[0].mime.startswith("image/"):
            raise Rejected("a comment on Facebook takes one picture, and no other file")
        fields = {"published": "false", "temporary": "true"}
        answer = await self._page.graph.upload(f"{self._page.id}/photos", fields, "source", uploads[0])
        return brought_id(answer, "id")

    async def _held_already(self, reply: Reply, error: Duplicate) -> Receipt:
        """Return the copy that Facebook refuses to take twice; where it is not there, ours will never be."""
        if is_private_reply(reply):
            return await self._begun_already(reply, error)
        found = await self.find(reply)
        if found is None:
            raise Rejected(
                "Facebook took the same text just before, elsewhere: change the words (code 506)", RefusalCode.DUPLICATE
            )
        return found

    async def _begun_already(self, reply: Reply, error: Duplicate) -> Receipt:
        """Return our private reply; where another is there, or none is shown, this one was refused: in doubt `find` is asked first."""
        try:
            found = await self.find(reply)
        except Unconfirmed:
            found = None
        if found is None:
            raise Rejected(str(error), RefusalCode.ANSWERED_ONCE)
        return found

    async def find(self, reply: Reply) -> Receipt | None:
        """Look among our own words in that place; two of the same leave it open which is meant."""
        try:
            found = await self._find(reply)
        except (Rejected, AuthFailed) as error:
            if isinstance(error, Rejected) and error.code is RefusalCode.GONE:  # and with it whatever stood there
                return None
            raise Unconfirmed(f"Facebook cannot be asked: {error}") from None
        copies = {str(node["id"]): node for node in found if node.get("id")}
        if len(copies) > 1:
            raise Unconfirmed(f"{len(copies)} of ours say the same there")
        for external_id, node in copies.items():
            return Receipt(external_id=external_id, accepted_at=when(node.get("created_time")))
        return None

    async def _find(self, reply: Reply) -> list[dict[str, Any]]:
        if is_messenger(reply):
            return await self._messenger.find_answer(reply)
        if is_private_reply(reply):
            return await self._messenger.find_begun(reply)
        return await self._find_comment(reply)

    async def _find_comment(self, reply: Reply) -> list[dict[str, Any]]:
        """Look under the message, and beside it: a reply to a reply becomes its sibling."""
        target = target_of(reply)
        places: list[tuple[str, datetime | None]] = [(target, None)]
        if last_part(target) != last_part(reply.conversation_id):
            own = await self._page.graph.get(target, {"fields": "id,created_time,parent{id}"})
            parent = own.get("parent")
            if isinstance(parent, dict) and isinstance(parent.get("id"), str):
                places.append((parent["id"], when(own.get("created_time"))))  # what is older answers something else
        found, is_empty = [], True
        for place, since in places:
            params = {"fields": f"{AUTHORED},attachment", "filter": "stream", "order": "reverse_chronological", "limit": MOST}
            async for answer in self._page.graph.pages(f"{place}/comments", params):
                is_empty = is_empty and not nodes(answer)
                ours = (node for node in nodes(answer) if self._page.is_ours(node) and says(node, reply.text, since))
                found += [node for node in ours if bool(node.get("attachment")) or not (reply.uploads and not reply.text)]
        if is_empty:
            await self._page.must_be_ours(None)
        return found

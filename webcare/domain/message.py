"""What somebody said, everywhere the same.

A message is a fact of a platform: frozen, in UTC, known by its channel and the id that the platform gave it. An edit is not
another message but the same key with another `content_hash`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

LONGEST_NAME = 300  # of what names something; the longest known are some 260 characters


class Direction(StrEnum):
    INBOUND = "inbound"  # a customer wrote
    OUTBOUND = "outbound"  # we wrote, here or in the platform's own app


class Kind(StrEnum):
    POST = "post"
    COMMENT = "comment"
    MENTION = "mention"
    DM = "dm"
    REVIEW = "review"

    @property
    def is_private(self) -> bool:
        """Only the two of us can read it."""
        return self is Kind.DM


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """A customer identity on one platform. The id is the key; names and handles change hands."""

    id: str
    name: str | None = None
    handle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    type: str
    id: str | None = None
    mime: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A public thread (its root) or a private one-to-one thread on one channel account."""

    channel: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message.

    `channel` names our account on a platform (`twitter:42`), `conversation_id` the thread's root in public and the
    one-to-one thread in private, `reply_to` the platform id of the message answered.

    Raises:
        ValueError: `created_at` has no offset, or a name is longer than the record keeps.
    """

    channel: str
    external_id: str
    conversation_id: str
    direction: Direction
    kind: Kind
    author: Author
    text: str
    created_at: datetime
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()
    permalink: str | None = None

    def __post_init__(self) -> None:
        if self.created_at.tzinfo is None:
            raise ValueError(f"message {self.external_id}: created_at has no offset")
        for field in ("channel", "external_id", "conversation_id", "reply_to"):
            if len(getattr(self, field) or "") > LONGEST_NAME:
                raise ValueError(f"{field}: longer than {LONGEST_NAME} characters")
        if len(self.author.id) > LONGEST_NAME:
            raise ValueError(f"author.id: longer than {LONGEST_NAME} characters")
        object.__setattr__(self, "created_at", self.created_at.astimezone(UTC))

    @property
    def conversation(self) -> Conversation:
        return Conversation(channel=self.channel, id=self.conversation_id)

    @property
    def content_hash(self) -> str:
        """Sixteen bytes in hex over what a reader sees; a different one for the same key is an edit."""
        seen = [self.text, *(f"{a.type}|{a.id}|{a.mime}" for a in self.attachments)]
        return hashlib.blake2b("\x1f".join(seen).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

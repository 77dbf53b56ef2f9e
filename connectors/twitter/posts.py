"""A post and a direct message as values: what both generations of the API are read into, and what is then heard.

    v2 post   \
               Post   -> message, edit, echo or ignored
    v1.1 tweet/
    v2 event  \
               Direct -> message or echo
    v1.1 event/

* A retweet repeats somebody else's words: never a customer's message (https://docs.x.com/x-api/fundamentals/data-dictionary).
* An edit is a new post with a new id; the first id of its chain stays the message (https://docs.x.com/x-api/fundamentals/edit-posts).
* A quote starts a conversation of its own, so it replies to nothing; `raw_type` says that it quotes.
* Who may reply is part of `raw_type` too, where its author has limited it: `post+replies:following`.
* The direction of a direct message is its sender, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.domain.message import Direction, Kind
from webcare.ports.connector import Heard, Sort

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from webcare.domain.message import Attachment, Author

KIND = "twitter"
QUOTED = frozenset({"quoted", "post.quote.create"})  # parts of a raw type
LIMITED = "replies:"
TO_THE_NAMED = f"{LIMITED}mentionedUsers"  # the only setting that says of us whether we may
_LONGEST_SETTING = 20  # characters; mentionedUsers has 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Which account of ours a body is about, and every id that is us."""

    account: str | None
    ours: frozenset[str]

    def wrote(self, author: Author | None) -> bool:
        return author is not None and author.id in self.ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A public post. `mentions` are user ids, None where the body does not list them; `names_us` where it says so in another way."""

    id: str
    text: str
    raw_type: str
    chain: tuple[str, ...] = ()
    author: Author | None = None
    created_at: datetime | None = None
    conversation_id: str | None = None
    replied_to: str | None = None
    replied_to_user: str | None = None
    mentions: frozenset[str] | None = None
    is_retweet: bool = False
    names_us: bool = False
    attachments: tuple[Attachment, ...] = ()
    app_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """A direct message. `is_ours` where the body says so itself."""

    id: str
    sender: Author | None
    text: str
    raw_type: str
    recipient_id: str | None = None
    conversation_id: str | None = None
    created_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    app_id: str | None = None
    is_ours: bool = False
    reason: str | None = None


def hear_post(post: Post, here: Here) -> Heard:
    """Return what a post is to us."""
    if post.is_retweet:
        return ignored("retweet", post.raw_type, external_id=post.id, account=here.account)
    is_ours = here.wrote(post.author)
    first = post.chain[0] if post.chain else post.id
    is_edit = first != post.id
    conversation = post.conversation_id or post.replied_to or first
    return Heard(
        sort=Sort.EDIT if is_edit else Sort.ECHO if is_ours else Sort.MESSAGE,
        channel_kind=KIND,
        account=here.account,
        external_id=post.id,
        conversation_id=first if conversation in post.chain else conversation,
        reply_to=post.replied_to,
        target_id=first if is_edit else None,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        kind=_kind(post, here, is_ours=is_ours),
        author=post.author,
        text=post.text,
        created_at=post.created_at,
        attachments=post.attachments,
        permalink=permalink(post.id),
        raw_type=post.raw_type,
        app_id=post.app_id if is_ours else None,
    )


def told_of(event: str | None, references: Iterable[str], plain: str, settings: str | None) -> str:
    """Return what a body calls a post: the event that brought it, or what it refers to; and who may reply, where not everyone may."""
    named = event or "+".join(sorted(references)) or plain
    if settings is None or not (settings.isascii() and settings.isalpha()) or settings.lower() == "everyone":
        return named
    return f"{named}+{LIMITED}{settings[:_LONGEST_SETTING]}"


def _kind(post: Post, here: Here, *, is_ours: bool) -> Kind:
    """Return `mention` for what speaks to somebody: to us where we know who we are, to anybody where we do not."""
    if post.names_us and not is_ours:
        return Kind.MENTION
    if is_ours or not here.ours:
        spoken_to = post.replied_to is not None or (bool(post.mentions) and not is_ours)
    else:
        spoken_to = post.replied_to_user in here.ours or bool(here.ours & (post.mentions or frozenset()))
    if post.mentions is None and not is_ours:
        spoken_to = spoken_to or "@" in post.text
    return Kind.MENTION if spoken_to else Kind.POST


def hear_direct(direct: Direct, here: Here) -> Heard:
    """Return what a direct message is to us."""
    is_ours = direct.is_ours or here.wrote(direct.sender)
    conversation = direct.conversation_id
    if conversation is None and direct.sender is not None:
        other = direct.recipient_id or (here.account if not is_ours else None)
        conversation = None if other is None else one_to_one(direct.sender.id, other)
    return Heard(
        sort=Sort.ECHO if is_ours else Sort.MESSAGE,
        channel_kind=KIND,
        account=here.account,
        external_id=direct.id,
        conversation_id=conversation,
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        kind=Kind.DM,
        author=direct.sender,
        text=direct.text,
        created_at=direct.created_at,
        attachments=direct.attachments,
        raw_type=direct.raw_type,
        reason=direct.reason,
        app_id=direct.app_id if is_ours else None,
    )


def one_to_one(one: str, other: str) -> str:
    """Return the id of the conversation of two: https://docs.x.com/x-api/direct-messages/lookup/integrate."""
    return "-".join(sorted((one, other), key=int))


def permalink(post_id: str) -> str:
    """Return an address that survives a change of handle."""
    return f"https://x.com/i/web/status/{post_id}"


def ignored(reason: str, raw_type: str | None = None, *, external_id: str | None = None, account: str | None = None) -> Heard:
    """Return that something was understood and is of no interest."""
    return Heard(sort=Sort.IGNORED, channel_kind=KIND, account=account, external_id=external_id, reason=reason, raw_type=raw_type)

"""What was heard, in our terms: of which account, which message, when. Pure; what a platform left out is filled in here, nowhere else.

Heard --which account--> News: a message with its key, an edit as another text of its target, what is gone, what failed
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from webcare.domain.message import LONGEST_NAME, Author, Direction, Kind, Message
from webcare.domain.row_number import row_number
from webcare.ports.connector import Sort

if TYPE_CHECKING:
    from webcare.ports.channel import ChannelAccount
    from webcare.ports.connector import Heard

OUR_REPLY = "reply:"  # in a note: begins our own mark on a message of ours, the key under which it was sent
EDITED_AT = "edited_at="  # in a note: of platforms whose edits keep the time of the message
FAILED = "failed"  # a status: the platform took it and could not bring it. WhatsApp says so; X and Messenger never do
UNKNOWN = "unknown:"  # starts the id of an author whom the platform did not name
SAID = frozenset({Sort.MESSAGE, Sort.ECHO, Sort.EDIT})


class OfNoInterest(Exception):  # noqa: N818 - it is what it is
    """It was understood, and nothing follows from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing to apply. `message` is what was said; `target` what was deleted or failed; `at` when, None where nobody says.

    `other_id` is what the platform calls an edit that has an id of its own; `is_timed` says that the message's time is the platform's.
    `other_name` is what the platform calls the customer elsewhere. `reply` is the number of our reply, where the platform carries our
    mark; `has_failed` that the platform could not bring it. `was` is what a customer was called who is `other_name` from now on;
    `raw_type` what the platform calls such a message.
    """

    sort: Sort
    account: ChannelAccount
    message: Message | None = None
    target: str | None = None
    at: datetime | None = None
    reason: str = ""
    app_id: str | None = None
    other_id: str | None = None
    other_name: str | None = None
    reply: int | None = None
    has_failed: bool = False
    was: tuple[str, ...] = ()
    is_timed: bool = True
    raw_type: str | None = None

    @property
    def channel(self) -> str:
        return self.account.id


def concerns_us(heard: Heard) -> bool:
    """Tell whether something follows from it; reactions, receipts and the like are only counted."""
    if heard.sort is Sort.STATUS:
        return heard.status == FAILED or _our_reply(heard) is not None
    return heard.sort in SAID or heard.sort is Sort.DELETE or (heard.sort is Sort.IDENTITY and bool(_was(heard)))


def news_of(heard: Heard, account: ChannelAccount, received_at: datetime) -> News:
    """Return what follows from something heard of an account of ours.

    Raises:
        OfNoInterest: nothing does.
        ValueError: what would have to be known is missing or cannot be kept; the message names the field.
    """
    if heard.sort is Sort.EDIT and heard.text is None and not heard.attachments:
        raise OfNoInterest("an edit that does not say what the text is now")
    if heard.sort in SAID:
        return _said(heard, account, received_at)
    if heard.sort is Sort.IDENTITY and heard.author is not None:
        name = _key(heard.author.id, "author.id")
        return News(sort=heard.sort, account=account, at=heard.created_at, other_name=name, was=_was(heard))
    target = _key(heard.target_id or heard.external_id, "target_id")
    failed = heard.sort is Sort.STATUS and heard.status == FAILED
    return News(
        sort=heard.sort,
        account=account,
        target=target,
        at=heard.created_at,
        reason=heard.reason or "",
        reply=_our_reply(heard),
        has_failed=failed,
    )


def _said(heard: Heard, account: ChannelAccount, received_at: datetime) -> News:
    is_edit = heard.sort is Sort.EDIT
    named = _key(heard.external_id, "external_id") if heard.external_id is not None or not is_edit else None
    external_id = _key((heard.target_id if is_edit else None) or named, "target_id" if is_edit else "external_id")
    at = _edited_at(heard) or heard.created_at
    author = heard.author
    is_ours = heard.direction is Direction.OUTBOUND or heard.sort is Sort.ECHO
    is_ours = is_ours or (author is not None and author.id == account.account)
    if author is None:
        author = Author(id=account.account if is_ours else f"{UNKNOWN}{external_id}")
    kind = heard.kind or Kind.COMMENT
    said = Message(
        channel=account.id,
        external_id=external_id,
        conversation_id=heard.conversation_id or _thread(kind, author, heard, external_id, is_ours=is_ours),
        direction=Direction.OUTBOUND if is_ours else Direction.INBOUND,
        kind=kind,
        author=author,
        text=heard.text or "",
        created_at=at or received_at,
        reply_to=heard.reply_to,
        attachments=heard.attachments,
        permalink=heard.permalink,
    )
    return News(
        sort=heard.sort,
        account=account,
        message=said,
        at=said.created_at,
        app_id=heard.app_id if is_ours else None,
        other_id=named if named != external_id else None,
        other_name=None if is_ours else heard.other_author_id,
        reply=_our_reply(heard),
        is_timed=at is not None,
        raw_type=heard.raw_type,
    )


def _thread(kind: Kind, author: Author, heard: Heard, external_id: str, *, is_ours: bool) -> str:
    """Return the conversation of a message that does not name it: in private the customer, in public what it replies to, else itself."""
    if not kind.is_private:
        return heard.reply_to or external_id
    if is_ours:
        raise ValueError("conversation_id: missing, so nobody can say to whom we wrote")
    return author.id


def _key(value: str | None, name: str) -> str:
    if not value:
        raise ValueError(f"{name}: missing")
    if len(value) > LONGEST_NAME:
        raise ValueError(f"{name}: longer than {LONGEST_NAME} characters")
    return value


def _was(heard: Heard) -> tuple[str, ...]:
    """Return what a customer was called before, as far as that is another name; too long a name is none."""
    now = None if heard.author is None else heard.author.id
    names = (heard.other_author_id, heard.conversation_id)
    return tuple(name for name in names if name and now and name != now and len(name) <= LONGEST_NAME)


def _our_reply(heard: Heard) -> int | None:
    """Return the number of the reply that our own mark names; an edit's note is none."""
    note = heard.note or ""
    is_ours = heard.sort in (Sort.STATUS, Sort.ECHO) and note.startswith(OUR_REPLY)
    return row_number(note.removeprefix(OUR_REPLY)) if is_ours else None


def _edited_at(heard: Heard) -> datetime | None:
    note = heard.note or ""
    if heard.sort is not Sort.EDIT or not note.startswith(EDITED_AT):
        return None
    return datetime.fromisoformat(note.removeprefix(EDITED_AT))

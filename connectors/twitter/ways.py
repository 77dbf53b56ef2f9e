"""How a message may be answered on X, said before anybody types. Pure.

Since 2026-02-23 an app of the self-serve kind may reply only to a post whose author summoned us: it mentions our account, or quotes a post
of ours (https://docs.x.com/x-api/posts/manage-tweets/integrate). An author may also limit who replies; who is mentioned may always, and
whether we are among the followed, the verified or the subscribers nobody tells.
A direct message may go to anybody who takes them; X says whether somebody does only when one is sent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors.twitter.config import ENTERPRISE
from connectors.twitter.posts import LIMITED, QUOTED, TO_THE_NAMED
from webcare.domain.message import Kind
from webcare.ports.connector import Way, WayKind, Words

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.twitter.config import Config
    from webcare.ports.connector import Situation

REPLIED = "replied_to"
_ENCRYPTED = frozenset({"chat.received", "chat.sent"})

NOT_SUMMONED = Words(
    nl="X weigert dit antwoord: dit bericht noemt ons account niet en citeert geen bericht van ons. In de X-app kan het wel.",
    en="X refuses this reply: this post does not mention our account and quotes none of our posts. It can be sent in the X app.",
)
LIMITED_REPLIES = Words(
    nl="X weigert dit antwoord: de schrijver heeft beperkt wie mag reageren, en dit bericht noemt ons niet.",
    en="X refuses this reply: the writer has limited who may reply, and this post does not mention us.",
)
ENCRYPTED = Words(
    nl="Dit gesprek is versleuteld. Lees en beantwoord het in de X-app.",
    en="This conversation is encrypted. Read and answer it in the X app.",
)
NO_NUMBER = Words(
    nl="Dit gesprek heeft geen nummer op X. Beantwoord het in de X-app.",
    en="This conversation has no number on X. Answer it in the X app.",
)
PERHAPS_LIMITED = Words(
    nl="De schrijver heeft beperkt wie mag reageren. X kan een antwoord weigeren.",
    en="The writer has limited who may reply. X may refuse a reply.",
)
PERHAPS_QUOTED = Words(
    nl="Dit bericht citeert een ander bericht. X neemt een antwoord alleen aan als dat bericht van ons is.",
    en="This post quotes another one. X takes a reply only when that one is ours.",
)
PERHAPS_NAMED = Words(
    nl="Dit bericht reageert op ons zonder ons te noemen. X kan een antwoord weigeren.",
    en="This post replies to us without mentioning us. X may refuse a reply.",
)
MAY_BE_CLOSED = Words(
    nl="Niet iedereen ontvangt privéberichten van ons. Als X het weigert, hoor je dat na het versturen.",
    en="Not everybody takes direct messages from us. If X refuses it, you hear so after sending.",
)


def ways(situation: Situation, config: Config, _now: datetime) -> tuple[Way, ...]:
    """Return how this message may be answered, what can be done first."""
    message = situation.message
    if message.kind is Kind.DM:
        return (_within(situation),)
    public = _public(situation, config)
    if not _is_number(message.author.id) or message.author.id == situation.account:
        return (public,)
    private = Way(kind=WayKind.PRIVATE, note=MAY_BE_CLOSED)
    return (private, public) if public.refused else (public, private)


def _within(situation: Situation) -> Way:
    """Return the way inside a private conversation."""
    if _parts(situation.raw_type) & _ENCRYPTED:
        return Way(kind=WayKind.PRIVATE, refused=ENCRYPTED)
    is_known = all(map(_is_number, situation.message.conversation_id.split("-")))
    return Way(kind=WayKind.PRIVATE, refused=None if is_known else NO_NUMBER)


def _public(situation: Situation, config: Config) -> Way:
    parts, message = _parts(situation.raw_type), situation.message
    is_to_us = message.kind is Kind.MENTION
    if names(message.text, config.handle) or (is_to_us and not config.handle):
        return Way(kind=WayKind.PUBLIC)
    if TO_THE_NAMED in parts:
        return Way(kind=WayKind.PUBLIC, refused=LIMITED_REPLIES)
    is_limited = any(part.startswith(LIMITED) for part in parts)
    is_quote = bool(parts & QUOTED)
    if config.access == ENTERPRISE or (is_to_us and is_quote and REPLIED not in parts):  # a reply to us may quote somebody else
        return Way(kind=WayKind.PUBLIC, note=PERHAPS_LIMITED if is_limited else None)
    if is_quote:
        return Way(kind=WayKind.PUBLIC, note=PERHAPS_QUOTED)
    if is_to_us:
        return Way(kind=WayKind.PUBLIC, note=PERHAPS_NAMED)
    return Way(kind=WayKind.PUBLIC, refused=NOT_SUMMONED)


def names(text: str, handle: str) -> bool:
    """Return whether a text mentions a handle, as X reads it: not inside a word or an address, in either case."""
    bare = handle.removeprefix("@")
    return bool(bare) and re.search(rf"(?<![\w@/.])@{re.escape(bare)}(?!\w|@)", text, re.IGNORECASE | re.ASCII) is not None


def _parts(raw_type: str | None) -> set[str]:
    return set((raw_type or "").split("+"))


def _is_number(found: str) -> bool:
    return found.isascii() and found.isdigit()

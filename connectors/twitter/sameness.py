"""Whether a post or message that X shows is the reply that we wrote.

X changes a text on its way: it escapes, composes, trims, wraps links, and puts the handles of those who are answered in front.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from connectors.twitter.current import read_event, read_post
from connectors.twitter.posts import Here
from webcare.ports.connector import Receipt
from webcare.ports.errors import Unconfirmed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from webcare.ports.connector import Heard, Reply

_HANDLES = re.compile(r"\A(?:@\w{1,15}\s+)+", re.ASCII)
_LINK = re.compile(r"\bhttps?://\S+|\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b(?:/\S*)?", re.IGNORECASE)


def essence(text: str) -> str:
    """Return what is left of a text when X's changes are taken off."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join(_LINK.sub("\x00", _HANDLES.sub("", composed.lstrip())).split())


def find_post(body: dict[str, Any], reply: Reply, me: str) -> Receipt | None:
    """Return our reply in a page of our own posts."""
    found = [heard for heard in _heard(body, read_post, me) if heard.reply_to == reply.reply_to and _says(heard, reply.text)]
    return _the_only(found)


def find_event(body: dict[str, Any], reply: Reply, me: str) -> Receipt | None:
    """Return our message in a page of a conversation.

    Raises:
        Unconfirmed: the same words were sent there, but nothing says whether before or after, or they were sent twice.
    """
    same = [
        heard
        for heard in _heard(body, read_event, me)
        if heard.author is not None and heard.author.id == me and _says(heard, reply.text)
    ]
    if same and reply.reply_to is None:
        raise Unconfirmed("the same words stand in this conversation, but they may be older")
    return _the_only([heard for heard in same if int(heard.external_id or 0) > int(reply.reply_to or 0)])


def _the_only(found: list[Heard]) -> Receipt | None:
    """Return the receipt of what was found; two of the same leave it open which is meant."""
    if len(found) > 1:
        raise Unconfirmed(f"{len(found)} of ours say the same there")
    return _receipt(found[0]) if found else None


def _says(heard: Heard, text: str) -> bool:
    shown = essence(heard.text or "")
    return essence(text) in (shown, _without_picture(shown, heard))


def _without_picture(shown: str, heard: Heard) -> str:
    """Return the text without the link that X puts behind it for what is attached."""
    return shown.removesuffix("\x00").rstrip() if heard.attachments else shown


def _heard(body: dict[str, Any], read: Callable[[Any, dict[str, Any], Here], list[Heard]], me: str) -> Iterator[Heard]:
    data = body.get("data")
    for one in data if isinstance(data, list) else ():
        try:
            yield from read(one, {}, Here(account=me, ours=frozenset({me})))
        except ValueError:  # what cannot be read cannot be told from ours
            raise Unconfirmed("X shows something there that cannot be read") from None


def _receipt(heard: Heard) -> Receipt:
    return Receipt(external_id=heard.external_id or "", accepted_at=heard.created_at)

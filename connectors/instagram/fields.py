"""Who wrote it and when, as Instagram tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.meta import Here, first_instant, opt_id, opt_object, opt_text
from webcare.domain.message import Author, Direction
from webcare.ports.connector import Heard, Sort

if TYPE_CHECKING:
    from datetime import datetime

KIND = "instagram"


def told_at(*candidates: tuple[str, Any]) -> datetime | None:
    """Return when a webhook says that it was, None where it says nothing: then the instant counts at which we were told."""
    return first_instant(*candidates) if any(value is not None for _, value in candidates) else None


def author_of(node: dict[str, Any], said_in: str, here: Here) -> tuple[Author, bool]:
    """Return who wrote it, and whether that is us.

    Of many Instagram names the handle only, which changes hands: each message has then an unknown author of its own.
    `self_ig_scoped_id` and `user` are there when the account itself wrote.
    https://developers.facebook.com/docs/instagram-platform/reference/instagram-comment
    """
    person, user = opt_object(node, "from"), node.get("user")
    owner = user if isinstance(user, dict) else node.get("owner")
    named = opt_id(owner, "id") if isinstance(owner, dict) else None
    found = opt_id(person, "id") or named
    is_ours = here.is_ours(found) or opt_id(person, "self_ig_scoped_id") is not None
    handle = opt_text(person, "username") or opt_text(node, "username")
    unknown = (here.ours if is_ours else None) or f"unknown:{said_in}"
    author = Author(id=found or unknown, name=opt_text(person, "name"), handle=handle)
    return author, is_ours or here.is_ours(author.id)


def direction_of(*, is_ours: bool) -> Direction:
    return Direction.OUTBOUND if is_ours else Direction.INBOUND


def ignored(reason: str, raw_type: str | None = None, external_id: str | None = None) -> Heard:
    return Heard(sort=Sort.IGNORED, channel_kind=KIND, reason=reason, raw_type=raw_type, external_id=external_id)

"""Who wrote it, in the three spellings of a page."""

from __future__ import annotations

from typing import Any

from connectors.meta import opt_id, opt_object, opt_text
from webcare.domain.message import Author


def author_of(parent: dict[str, Any], said_in: str) -> Author:
    """Return who wrote it, in any of the three spellings; where the platform names nobody, each message has its own unknown author."""
    person = opt_object(parent, "from") or opt_object(parent, "reviewer")
    found = opt_id(person, "id") or opt_id(parent, "sender_id") or opt_id(parent, "reviewer_id")
    name = opt_text(person, "name") or opt_text(parent, "sender_name") or opt_text(parent, "reviewer_name")
    return Author(id=found or f"unknown:{said_in}", name=name)

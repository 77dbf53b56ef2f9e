"""The number of a row as it stands in an address, a form or a search box: written by anybody, so read with care."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 18  # digits: what a database counts has no more


def row_number(text: str) -> int | None:
    """Return the number that a text is; None for anything else. Only 0 to 9 are digits here, though Unicode knows more."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST else None

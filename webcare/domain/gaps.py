"""Texts with gaps {{1}}, {{2}} that whoever sends them fills: what platforms approve beforehand, and then take as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP: Final = re.compile(r"\{\{([^{}]*)\}\}")


def count(text: str) -> int:
    """Return how many gaps a text has.

    Raises:
        ValueError: they are not numbered 1, 2, 3 from its beginning, though each may come back.
    """
    highest = 0
    for found in _GAP.finditer(text):
        name = found[1].strip()
        if not name.isascii() or not name.isdigit() or not 1 <= int(name) <= highest + 1:
            raise ValueError(f"the gaps are numbered {{{{1}}}}, {{{{2}}}} and so on, and {found[0]} is not the next one")
        highest = max(highest, int(name))
    rest = _GAP.sub("", text)
    if "{" in rest or "}" in rest:
        raise ValueError("a bracket belongs to no gap: those are written {{1}}, {{2}} and so on")
    return highest


def pieces(text: str) -> list[tuple[str, int | None]]:
    """Return what stands between the gaps, each with the number of the gap behind it."""
    found: list[tuple[str, int | None]] = []
    position = 0
    for gap in _GAP.finditer(text):
        found.append((text[position : gap.start()], int(gap[1])))
        position = gap.end()
    return [*found, (text[position:], None)]


def tidy(value: str) -> str:
    """Return what stands in a gap on one line: platforms take no break and no wide space there."""
    return " ".join(value.split())


def fill(text: str, values: Sequence[str]) -> str:
    """Return the text with its gaps filled, in order."""
    return _GAP.sub(lambda gap: values[int(gap[1]) - 1], text)

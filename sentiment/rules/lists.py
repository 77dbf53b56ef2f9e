"""The files under `words/`, read once and as they stand. What they mean is known to the modules that ask."""

from __future__ import annotations

import functools
import re
from pathlib import Path

_WORDS = Path(__file__).parent / "words"
_SECTION = re.compile(r"\[([^\]]+)\]$")


@functools.cache
def sections(name: str) -> tuple[tuple[str, str], ...]:
    """Return the lines of a list, each with the header that it stands under; comments left out."""
    header = ""
    found: list[tuple[str, str]] = []
    for raw in (_WORDS / name).read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        section = _SECTION.match(line)
        if section:
            header = section[1]
        else:
            found.append((header, line))
    return tuple(found)


@functools.cache
def small_words(name: str) -> frozenset[str]:
    """Return a list of bare words."""
    return frozenset(word for _, line in sections(name) for word in line.split())

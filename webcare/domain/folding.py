"""Words as they are searched for: without accents, case and punctuation, the same wherever they are kept.

Both databases get words from here and part them at spaces only, so that both find the same.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import islice

LONGEST_WORD = 64  # characters; what is longer is found by its beginning
MOST_WORDS = 3000  # of one text, different ones
SHORTEST_PREFIX = 2  # a single letter would begin half of all words


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for: all of `words`, and one that begins with `prefix`."""

    words: tuple[str, ...]
    prefix: str | None = None

    def __bool__(self) -> bool:
        return bool(self.words) or self.prefix is not None


def fold(text: str) -> str:
    """Return a text without accents, ligatures, case and what cannot be seen; folding again changes nothing."""
    return _bare(_bare(text).casefold())


def _bare(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if not unicodedata.combining(c) and unicodedata.category(c) not in ("Mn", "Cf"))


def words(text: str) -> list[str]:
    """Return the words of a text, folded, each once, in the order in which they first stand there."""
    return list(islice(dict.fromkeys(_cut(text)), MOST_WORDS))


def _cut(text: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in "".join(c if c.isalnum() else " " for c in fold(text)).split()]


def wanted(text: str) -> Wanted:
    """Read what somebody typed; nothing in it is an operator. The last word may be unfinished."""
    found = _cut(text)
    if not found or len(found[-1]) < SHORTEST_PREFIX:
        return Wanted(words=tuple(dict.fromkeys(found)))
    return Wanted(words=tuple(dict.fromkeys(found[:-1])), prefix=found[-1])

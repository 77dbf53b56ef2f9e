"""Dutch, English, or neither: decided by the small words that nobody can write without.

Brands, products and half of the slang are the same in every language, so content words count for little. What is too short, too
mixed or foreign is `und`, and both word lists are tried on it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sentiment.rules.lexicon import LANGUAGES, lexicon
from sentiment.rules.lists import small_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNKNOWN = "und"

_CONTENT = 0.45  # what a word of a list counts beside a small word
_MIXED = 0.6
_MIXED_MIN = 2.0
_FEW = 5
_BOTH_MIN, _BOTH_SHARE = 2, 0.2  # small words of the lesser language where a text is in both
_KNOWN_SHARE = 0.22  # of a text in a language, fewer words than this are never known


def detect(words: Sequence[str], *, hint: str | None = None, elsewhere: int = 0) -> str:
    """Name the language of these words; `hint` decides only where they do not. `elsewhere` counts letters of other scripts."""
    seen = _count(words)
    if seen.foreign > max(seen.dutch, seen.english) or elsewhere > sum(len(w) for w in words if w.isascii()):
        return UNKNOWN
    real = sum(word.isalpha() for word in words)
    if real >= _FEW and max(seen.dutch, seen.english) + seen.shared < _KNOWN_SHARE * real:
        return UNKNOWN
    if seen.dutch == seen.english:
        return hint if hint in LANGUAGES and (seen.dutch or not seen.foreign) else UNKNOWN
    if seen.english > seen.dutch:
        return UNKNOWN if seen.dutch >= _MIXED_MIN and seen.dutch > _MIXED * seen.english else "en"
    return "nl"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    dutch: float
    english: float
    foreign: int
    shared: int


def _count(words: Sequence[str]) -> _Seen:
    nl, en = lexicon("nl"), lexicon("en")
    small_nl, small_en, small_foreign = small_words("nl_small.txt"), small_words("en_small.txt"), small_words("foreign_small.txt")
    dutch = english = 0.0
    foreign = shared = 0
    for word in words:
        is_dutch, is_english = word in small_nl, word in small_en
        if is_dutch and is_english:
            shared += 1
        elif is_dutch or is_english:
            dutch += is_dutch
            english += is_english
        elif word in small_foreign:
            foreign += 1
        else:
            in_dutch = nl.knows(word) or word in nl.spelling
            in_english = en.knows(word) or word in en.spelling
            if in_dutch != in_english:
                dutch += _CONTENT * in_dutch
                english += _CONTENT * in_english
    return _Seen(dutch=dutch, english=english, foreign=foreign, shared=shared)


def is_in_both(words: Iterable[str]) -> bool:
    """True where small words of both languages stand side by side. Those that everybody borrows, or that look alike, do not count."""
    dutch_only, english_only = _only()
    dutch = english = 0
    for word in words:
        dutch += word in dutch_only
        english += word in english_only
    return min(dutch, english) >= max(_BOTH_MIN, _BOTH_SHARE * (dutch + english))


@functools.cache
def _only() -> tuple[frozenset[str], frozenset[str]]:
    dutch, english, shared = small_words("nl_small.txt"), small_words("en_small.txt"), small_words("shared_small.txt")
    return dutch - english - shared, english - dutch - shared


def is_dutch_word(word: str) -> bool:
    """True for a small Dutch word, which an English list must not read as an English one ("die", "want")."""
    return word in small_words("nl_small.txt")


def is_small_word(word: str) -> bool:
    """True for a small word of either language: never a slip of the pen."""
    return word in small_words("nl_small.txt") or word in small_words("en_small.txt")

"""A text that is too long for one message, cut into numbered parts: `1/3 …`, `2/3 …`, `3/3 …`.

Cut where a sentence ends, else between words, and inside a word only where there is no other way: never inside a link, nor inside what a
reader takes for one character.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MOST: Final = 9  # parts: more is no message, and their numbers have one digit
CLOSERS: Final = 5  # a full stop and what may close behind it
_NUMBER: Final = re.compile(r"\A[1-9]/[1-9] ")
_SPACE: Final = re.compile(r"\s+")
_SENTENCE: Final = re.compile("[.!?\u2026][\"'\u201d\u2019\u00bb)\\]]*\\Z")
_LINK: Final = re.compile(r"://\S|www\.\S|[\w.+-]@\S|[\w-]\.[^\W\d_]{2}", re.IGNORECASE)  # what only stands in one
_JOINER, _LAST_MARK = "\u200d", "\u20e3"
_SKIN: Final = range(0x1F3FB, 0x1F400)
_TAGS: Final = range(0xE0020, 0xE0080)
_FLAGS: Final = range(0x1F1E6, 0x1F200)
_HANGUL_LEADS, _HANGUL_TAILS = range(0x1100, 0x1160), range(0x1160, 0x1200)
_HANGUL: Final = range(0xAC00, 0xD7A4)


def split(text: str, limit: int, measure: Callable[[str], int]) -> tuple[str, ...]:
    """Return the parts, none longer than the limit as `measure` counts; one without a number where it fits; none where it cannot be cut.

    Put together without their numbers, the parts say all that the text says, in its order.
    """
    text = text.strip()
    if measure(text) <= limit:
        return (text,) if text else ()
    if measure(" ".join(text.split())) > MOST * limit:
        return ()  # told at once: each cut measures what is left several times
    found: list[str] = []
    while text:
        if len(found) == MOST:
            return ()
        cut = _cut(text, partial(_fits, f"{len(found) + 1}/{MOST} ", limit, measure))
        if cut == 0:
            return ()
        found.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    parts = tuple(f"{n}/{len(found)} {part}" for n, part in enumerate(found, 1))
    return parts if all(measure(part) <= limit for part in parts) else ()


def _fits(number: str, limit: int, measure: Callable[[str], int], part: str) -> bool:
    return measure(number + part) <= limit


def joined(parts: Sequence[str]) -> str:
    """Return parts as one text again, without their numbers."""
    return " ".join(_NUMBER.sub("", part) for part in parts) if len(parts) > 1 else "".join(parts)


def _cut(text: str, fits: Callable[[str], bool]) -> int:
    """Return where the first part ends: 0 where not even a character of it fits."""
    if fits(text):
        return len(text)
    spaces = [gap.start() for gap in _SPACE.finditer(text)]
    word = _last(text, spaces, fits)
    sentences = [
        at for at in spaces if at <= word and (_SENTENCE.search(text, max(0, at - CLOSERS), at) or "\n" in _gap(text, at))
    ]
    if sentences and sentences[-1] * 2 >= word:
        return sentences[-1]
    return word or _last(text, list(_seams(text[: spaces[0] if spaces else len(text)])), fits)


def _gap(text: str, at: int) -> str:
    found = _SPACE.match(text, at)
    return "" if found is None else found[0]


def _last(text: str, places: Sequence[int], fits: Callable[[str], bool]) -> int:
    """Return the last of the places up to which the text fits; 0 where none does. Halving first: measuring is not free."""
    low, high = 0, len(places)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if fits(text[: places[middle]]) else (low, middle)
    return next((places[n] for n in range(low - 1, -1, -1) if fits(text[: places[n]])), 0)


def _seams(word: str) -> Iterator[int]:
    """Yield where a word may be cut: between characters as a reader sees them, and not inside a link."""
    link = _link(word)
    flags = 0
    for at, (before, after) in enumerate(pairwise(word), 1):
        flags = flags + 1 if ord(before) in _FLAGS else 0
        is_flag = ord(after) in _FLAGS and flags % 2 == 1
        if not is_flag and not _clings(before, after) and at <= link:
            yield at


def _link(word: str) -> int:
    """Return where the link in a word begins, which goes on to its end; its length where there is none. One walk: words may be long."""
    found = _LINK.search(word)
    if found is None:
        return len(word)
    at = found.start()
    while at and (word[at - 1].isalnum() or word[at - 1] in "_.+-"):
        at -= 1
    return at


def _clings(before: str, after: str) -> bool:
    """Tell whether two characters are one for a reader. Rather once too often than cut through one."""
    code, last = ord(after), ord(before)
    return (
        unicodedata.category(after).startswith("M")
        or _JOINER in (before, after)
        or after == _LAST_MARK
        or code in _SKIN
        or code in _TAGS
        or unicodedata.category(after) == "Cf"
        or (code in _HANGUL_TAILS and (last in _HANGUL_LEADS or last in _HANGUL_TAILS or last in _HANGUL))
        or (last in _HANGUL_LEADS and (code in _HANGUL_LEADS or code in _HANGUL))
    )

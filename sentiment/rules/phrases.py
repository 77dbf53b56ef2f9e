"""The little language of the word lists, and a matcher whose time does not grow with their length.

A phrase is a row of elements with spaces between them:

    kapot              the word itself
    trein|bus|tram     one of these; two words that belong together as the_last
    bestel*  *storing  words that begin, or end, so
    (weer)             may be left out
    ~                  up to five other words, and no comma; ~~ with commas
    <num>              a number, in digits or letters; also <at>, <url>, <email>, <quote>
    ^ first, last $    at the begin of a sentence or after a comma, at the end of a sentence

Every phrase is filed under its first element, so a word of a message meets the few phrases that can begin with it. Gaps are
bounded and phrases short: the work for a message is bounded too, whatever somebody sends.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sentiment.rules.lists import small_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

MAX_GAP = 5
_MIN_AFFIX = 3
_OPENING = 5
_LOOK_BACK = 60  # a sentence of thousands of words is nobody's sentence: its later words are compared with the longest only


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One phrase of a word list: what it says (`tag`) and how loudly. `family` keeps apart what may be said by the same words."""

    phrase: str
    tag: str
    weight: float
    family: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An entry found in a sentence, from word `start` up to and without `end`."""

    entry: Entry
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    words: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    is_number: bool = False
    is_gap: bool = False
    is_wide: bool = False  # a gap that commas do not end
    is_optional: bool = False

    def takes(self, word: str) -> bool:
        return (
            word in self.words
            or (bool(self.prefixes) and word.startswith(self.prefixes))
            or (bool(self.suffixes) and word.endswith(self.suffixes))
            or (self.is_number and is_number(word))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    entry: Entry
    elements: tuple[_Element, ...]
    at_start: bool
    at_end: bool
    needs: frozenset[str]  # one of these must be in the sentence: the cheap question before the dear one


def is_number(word: str) -> bool:
    return word[0].isdigit() or word in small_words("numbers.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseBook:
    """Compiled word lists. Built once, then only read; safe to share between threads."""

    words: Mapping[str, Sequence[_Pattern]]
    prefixes: Mapping[str, Sequence[_Pattern]]
    suffixes: Mapping[str, Sequence[_Pattern]]
    numbers: Sequence[_Pattern]
    vocabulary: frozenset[str]
    openings: tuple[str, ...]
    affixes: tuple[int, ...]
    tails: tuple[int, ...]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> PhraseBook:
        words: defaultdict[str, list[_Pattern]] = defaultdict(list)
        prefixes: defaultdict[str, list[_Pattern]] = defaultdict(list)
        suffixes: defaultdict[str, list[_Pattern]] = defaultdict(list)
        numbers: list[_Pattern] = []
        vocabulary: set[str] = set()
        for pattern in (pattern for entry in entries for pattern in _compile(entry)):
            first = pattern.elements[0]
            for index, keys in ((words, first.words), (prefixes, first.prefixes), (suffixes, first.suffixes)):
                for key in keys:
                    index[key].append(pattern)
            if first.is_number:
                numbers.append(pattern)
            vocabulary.update(*(element.words for element in pattern.elements))
        return cls(
            words=dict(words),
            prefixes=dict(prefixes),
            suffixes=dict(suffixes),
            numbers=numbers,
            vocabulary=frozenset(vocabulary),
            openings=tuple(prefixes),
            affixes=tuple(sorted({len(p) for p in prefixes})),
            tails=tuple(sorted({len(s) for s in suffixes})),
        )

    def matches(
        self, words: Sequence[str], *, pauses: AbstractSet[int] = frozenset(), accept: Callable[[Entry], bool] | None = None
    ) -> list[Match]:
        """Find every phrase; one that lies inside a longer one is left out, for the longer one knows more ("niet slecht")."""
        found: list[Match] = []
        present = frozenset(words)
        starts = _starts(words, pauses)
        for start in range(len(words)):
            for pattern in self._candidates(words[start]):
                if (pattern.needs and pattern.needs.isdisjoint(present)) or (pattern.at_start and start not in starts):
                    continue
                end = _match(pattern, words, start, pauses)
                if end is not None and (accept is None or accept(pattern.entry)):
                    found.append(Match(entry=pattern.entry, start=start, end=end))
        return _outermost(found)

    def begins(self, word: str) -> bool:
        """True where some phrase takes every word that begins like this one."""
        return word.startswith(self.openings)

    def _candidates(self, word: str) -> list[_Pattern]:
        found = list(self.words.get(word, ()))
        size = len(word)
        for length in self.affixes:
            if length > size:
                break
            found += self.prefixes.get(word[:length], ())
        for length in self.tails:
            if length > size:
                break
            found += self.suffixes.get(word[-length:], ())
        if self.numbers and is_number(word):
            found += self.numbers
        return found


def _starts(words: Sequence[str], pauses: AbstractSet[int]) -> set[int]:
    """Where a clause begins: at once, after a comma, after an opening word ("maar kan ik ...")."""
    starts = {0, *pauses}
    openers = small_words("openers.txt")
    while (last := max(starts & set(range(_OPENING)))) < len(words) and words[last] in openers and last + 1 < _OPENING:
        starts.add(last + 1)
    return starts


def _outermost(found: list[Match]) -> list[Match]:
    # Longest first: a later one that lies inside an earlier, longer one is covered by it.
    found.sort(key=lambda m: (m.start - m.end, m.start))
    kept: list[Match] = []
    for match in found:
        inside = any(
            k.start <= match.start
            and match.end <= k.end
            and k.end - k.start > match.end - match.start
            and k.entry.family == match.entry.family
            for k in kept[:_LOOK_BACK]
        )
        if not inside:
            kept.append(match)
    kept.sort(key=lambda m: (m.start, m.end))
    return kept


def _match(pattern: _Pattern, words: Sequence[str], start: int, pauses: AbstractSet[int]) -> int | None:
    """Return where the phrase ends when it begins at `start`. Gaps take as little as they can."""
    if len(pattern.elements) == 1:  # the caller filed it under this very word
        return start + 1 if not pattern.at_end or start + 1 == len(words) else None
    ends = {start}
    gap = wide = False
    for element in pattern.elements:
        if element.is_gap:
            gap, wide = True, element.is_wide
            continue
        reach: set[int] = set()
        for at in ends:
            for position in range(at, min(at + (MAX_GAP if gap else 0), len(words) - 1) + 1):
                if position > at and not wide and position in pauses:
                    break
                if element.takes(words[position]):
                    reach.add(position + 1)
        ends = ends | reach if element.is_optional else reach
        gap = wide = False
        if not ends:
            return None
    if pattern.at_end:
        return len(words) if len(words) in ends else None
    return min(ends)


def _compile(entry: Entry) -> list[_Pattern]:
    """Compile a phrase; a choice of two words ("unable_to|can't") makes a pattern of its own."""
    ways: list[list[str]] = [[]]
    for part in entry.phrase.split():
        choices = part.split("|")
        plain = "|".join(c for c in choices if "_" not in c)
        spread = ([[plain]] if plain else []) + [c.split("_") for c in choices if "_" in c]
        ways = [way + more for way in ways for more in spread]
    return [_pattern(entry, way) for way in ways]


def _pattern(entry: Entry, parts: list[str]) -> _Pattern:
    at_start, at_end = parts[0] == "^", parts[-1] == "$"
    parts = parts[at_start : len(parts) - at_end]
    elements = tuple(_element(part) for part in parts)
    if not elements or elements[0].is_gap or elements[0].is_optional:
        raise ValueError(f"phrase {entry.phrase!r} [{entry.tag}]: begins with a gap or an optional word; begin with a fixed one")
    fixed = [e.words for e in elements if e.words and not (e.prefixes or e.suffixes or e.is_number or e.is_optional)]
    return _Pattern(
        entry=entry,
        elements=elements,
        at_start=at_start,
        at_end=at_end,
        needs=fixed[-1] if len(elements) > 1 and fixed and fixed[-1] is not elements[0].words else frozenset(),
    )


def _element(part: str) -> _Element:
    if part in {"~", "~~"}:
        return _Element(is_gap=True, is_wide=part == "~~")
    is_optional = part[0] == "(" and part[-1] == ")"
    choices = part.strip("()").split("|")
    plain = [c for c in choices if "*" not in c and c != "<num>"]
    affixes = [c for c in choices if "*" in c]
    if any(len(c) <= _MIN_AFFIX for c in affixes):
        raise ValueError(f"phrase element {part!r}: a begin or end of under {_MIN_AFFIX} letters fits nearly every word")
    return _Element(
        words=frozenset(plain),
        prefixes=tuple(c[:-1] for c in affixes if c.endswith("*")),
        suffixes=tuple(c[1:] for c in affixes if c.startswith("*")),
        is_number="<num>" in choices,
        is_optional=is_optional,
    )

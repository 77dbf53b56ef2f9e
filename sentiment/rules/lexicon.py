"""The word lists as the rules use them, read once from `words/`.

A list is text for people: `[tag weight]` opens a section, `#` a comment, phrases are separated by commas. Most tags say what a
phrase speaks for; a few (`_CLASSES`) only name a kind of word, such as "niet" or "jullie", and hold single words.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sentiment.rules.lists import sections
from sentiment.rules.phrases import Entry, PhraseBook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LANGUAGES = ("nl", "en")
_TOPICS = ("fault", "feeling", "asking", "closing", "urgent", "noise")
# "zonder verwarming" is a fault, and what is missing is vital; "al 2 uur bij de halte" is a wait and a place.
_OWN_FAMILY = ("urgent", "noise")
_CLASSES = frozenset({"filler", "but", "brandyou", "me", "negator", "service", "staff"})
_PHRASE = re.compile(r"[a-z0-9<>~|*()$^_' ]+$")
_MIN_SKELETON = 5
_MIN_BONES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class WordClasses:
    """Kinds of single words: exact ones, and ones known by how they begin."""

    exact: Mapping[str, frozenset[str]]
    begins: Mapping[str, tuple[str, ...]]

    def of(self, word: str) -> frozenset[str]:
        found = self.exact.get(word)
        if found is not None:
            return found
        return frozenset(name for name, prefixes in self.begins.items() if word.startswith(prefixes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Everything the rules know of one language."""

    language: str
    book: PhraseBook
    classes: WordClasses
    spelling: Mapping[str, tuple[str, ...]]
    skeletons: Mapping[str, str]

    def knows(self, word: str) -> bool:
        return word in self.book.vocabulary or word in self.classes.exact or self.book.begins(word)


@functools.cache
def lexicon(language: str) -> Lexicon:
    """Read the lists of a language; the second call costs nothing."""
    entries: list[Entry] = []
    exact: dict[str, set[str]] = {}
    begins: dict[str, list[str]] = {}
    for topic in _TOPICS:
        for entry in _entries(f"{language}_{topic}.txt", by_tag=topic in _OWN_FAMILY):
            if entry.tag not in _CLASSES:
                entries.append(entry)
            elif entry.phrase.endswith("*"):
                begins.setdefault(entry.tag, []).append(entry.phrase[:-1])
            else:
                exact.setdefault(entry.phrase, set()).add(entry.tag)
    book = PhraseBook.of(entries)
    return Lexicon(
        language=language,
        book=book,
        classes=WordClasses(
            exact={word: frozenset(tags) for word, tags in exact.items()},
            begins={tag: tuple(prefixes) for tag, prefixes in begins.items()},
        ),
        spelling=_spelling(f"{language}_spelling.txt"),
        skeletons=_skeletons(book),
    )


@functools.cache
def emoji() -> Mapping[str, frozenset[str]]:
    """What each emoji speaks for."""
    found: dict[str, set[str]] = {}
    for tag, line in sections("emoji.txt"):
        for char in line.split():
            found.setdefault(char, set()).add(tag)
    return {char: frozenset(tags) for char, tags in found.items()}


def skeleton(word: str) -> str:
    """What is left of a word when the usual slips of the pen are taken away: doubled letters, d for t, ei for ij, s for z."""
    word = word.replace("ij", "y").replace("ei", "y").replace("ou", "au").replace("ie", "i").replace("ck", "k").replace("z", "s")
    word = re.sub(r"(.)\1+", r"\1", word)
    return re.sub(r"(?:dt|d)$", "t", word)


def bones(word: str) -> str:
    """The consonants of a long word: what survives most slips ("belachlijk"). Empty where too little would be left."""
    return word[0] + re.sub(r"[aeiouy]", "", skeleton(word)[1:]) + "#" if len(word) >= _MIN_BONES else ""


def _skeletons(book: PhraseBook) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for word in sorted(book.vocabulary | book.prefixes.keys()):
        if len(word) >= _MIN_SKELETON:
            found[skeleton(word)] = word
            found[bones(word)] = word
    found.pop("", None)
    return found


def _entries(name: str, *, by_tag: bool) -> Iterator[Entry]:
    for header, line in sections(name):
        tag, weight = header.split()
        for part in line.split(","):
            phrase = part.strip()
            if not phrase:
                continue
            if not _PHRASE.match(phrase):
                raise ValueError(f"{name}: {phrase!r} holds a sign that no message has after reading; see phrases.py")
            yield Entry(phrase=phrase, tag=tag, weight=float(weight), family=_family(tag) if by_tag else "")


def _family(tag: str) -> str:
    return "longwait" if tag == "shortwait" else tag  # "een half uur" covers the "uur" that would be long


def _spelling(name: str) -> Mapping[str, tuple[str, ...]]:
    pairs = (line.split(" = ", 1) for _, line in sections(name))
    return {written.strip(): tuple(read_as.split()) for written, read_as in pairs}

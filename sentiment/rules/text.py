"""A message as the rules read it.

People write with accents or without, in capitals, with seven e's and with curly quotes; the word lists hold one spelling of each
word. This module takes the differences away and keeps what carries meaning apart from the words: sentence ends, emoji, shouting,
mentions, links, and whether the words are the writer's own or somebody else's. It knows no language and no word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

# A mail of 100 kB is read by its head and its tail: what somebody wants stands in one of the two, and time stays bounded.
HEAD, TAIL = 5000, 1500

_ENTITIES = (("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"))
_QUOTES = str.maketrans(
    dict.fromkeys("\u2018\u2019\u00b4`", "'") | dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"') | {"\u2026": "... "}
)
# Platforms mark names and links themselves; what stands behind them is not the customer's wording.
_URL = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]{2,40}\.(?:com|nl|be|co|org|net|eu)/\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_MENTION = re.compile(r"(?<![\w@])@\w{1,50}")
_RETWEET = re.compile(r"\bRT @\w{1,50}:?")
_QUOTED = re.compile(r"\"([^\"\n]{3,400})\"")
_MAIL_QUOTE = re.compile(r"^>.*$", re.MULTILINE)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_LONG_LETTER = re.compile(r"([a-z])\1{2,}")
_TOKEN = re.compile(r"<[a-z]+>|[a-z]+(?:'[a-z]+)*'?|[0-9]+(?:[.,:/][0-9]+)*[a-z%]*|[?!]+|\.{2,}|[.,\n;:]|[^\x00-\x7f]")
_END = frozenset("?!.\n;:")
_MIN_QUOTED_WORDS = 3
_SHOUT_LETTERS = 8
_SHOUT_SHARE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """Words without punctuation; `mark` is what ended it: `?`, `!`, `?!`, `.` or nothing."""

    words: tuple[str, ...]
    mark: str = ""
    pauses: frozenset[int] = frozenset()  # places of the words that a comma stands before


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    sentences: tuple[Sentence, ...]
    emoji: tuple[str, ...] = ()
    mentions: int = 0
    urls: int = 0
    shouts: bool = False
    is_retweet: bool = False
    bangs: int = 0
    has_quote: bool = False
    letters_elsewhere: int = 0  # letters of scripts that no word list reads

    @property
    def words(self) -> list[str]:
        return [word for sentence in self.sentences for word in sentence.words]


def read(text: str) -> Reading:
    """Read any string, however broken."""
    text = _shorten(text).translate(_QUOTES)
    for entity, char in _ENTITIES:
        text = text.replace(entity, char)
    own, is_retweet = _own_words(text)
    own, has_quote = _without_quotes(own)
    emails = _EMAIL.sub(" <email> ", own)
    linked, urls = _URL.subn(" <url> ", emails)
    plain, mentions = _MENTION.subn(" <at> ", linked)
    folded, emoji, elsewhere = _fold(plain)
    sentences, bangs = _sentences(folded)
    return Reading(
        sentences=sentences,
        emoji=emoji,
        mentions=mentions,
        urls=urls,
        shouts=_is_shouting(plain),
        is_retweet=is_retweet,
        bangs=bangs,
        has_quote=has_quote,
        letters_elsewhere=elsewhere,
    )


def _shorten(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def _own_words(text: str) -> tuple[str, bool]:
    """Cut off what was passed on: an old-style retweet, the quoted lines of a mail."""
    found = _RETWEET.search(text)
    if found:
        before = text[: found.start()]
        return (before, False) if any(c.isalpha() for c in before) else (text[found.end() :], True)
    own = _MAIL_QUOTE.sub("", text)
    return (own if own.strip() else text), False


def _without_quotes(text: str) -> tuple[str, bool]:
    """Leave out cited sentences; one or two words between quotes are the writer's own scare quotes."""
    if '"' not in text:
        return text, False
    count = 0

    def drop(found: re.Match[str]) -> str:
        nonlocal count
        if len(found.group(1).split()) < _MIN_QUOTED_WORDS:
            return f" {found.group(1)} "
        count += 1
        return " <quote> "

    kept = _QUOTED.sub(drop, text)
    if not any(c.isalpha() for c in kept.replace("<quote>", "")):
        return text, False
    return kept, count > 0


def _fold(text: str) -> tuple[str, tuple[str, ...], int]:
    """Lower case without accents, emoji taken out, control characters as spaces; also counts letters of other scripts."""
    if text.isascii():
        return text.lower().replace("\r", "\n"), (), 0
    emoji: list[str] = []
    elsewhere = 0

    def read_sign(found: re.Match[str]) -> str:
        nonlocal elsewhere
        char = found.group()
        category = unicodedata.category(char)
        if category in {"So", "Sk"}:
            emoji.append(char)
        elif category[0] == "L":
            elsewhere += 1
            return char
        elif category in {"Mn", "Me", "Cf"}:  # accents, variation selectors and joiners vanish
            return ""
        return " "

    folded = _NOT_ASCII.sub(read_sign, unicodedata.normalize("NFKD", text.lower()))
    return folded.replace("\r", "\n"), tuple(emoji), elsewhere


def _sentences(folded: str) -> tuple[tuple[Sentence, ...], int]:
    found: list[Sentence] = []
    words: list[str] = []
    pauses: set[int] = set()
    bangs = 0
    for token in _TOKEN.findall(folded.replace("-", " ")):
        if token[0] == ",":
            pauses.add(len(words))
            continue
        if token[0] not in _END:
            words.append(token.rstrip("'"))
            continue
        bangs += token.count("!")
        mark = ("?" if "?" in token else "") + ("!" if "!" in token else "") or "."
        if words:
            found.append(Sentence(words=tuple(words), mark=mark, pauses=frozenset(pauses)))
            words, pauses = [], set()
        elif found and mark != "." and found[-1].mark in {"", "."}:  # "waarom ... ?" ends with the question mark
            found[-1] = replace(found[-1], mark=mark)
        elif not found and mark != ".":
            found.append(Sentence(words=(), mark=mark))
    if words:
        found.append(Sentence(words=tuple(words), pauses=frozenset(pauses)))
    return tuple(found), bangs


def long_letters(word: str) -> tuple[str, str] | None:
    """Two readings of an elongated word: "heeel" as "heel" and as "hel"; None when it is not elongated."""
    if not _LONG_LETTER.search(word):
        return None
    return _LONG_LETTER.sub(r"\1\1", word), _LONG_LETTER.sub(r"\1", word)


def _is_shouting(text: str) -> bool:
    capitals = sum(map(str.isupper, text))
    return capitals >= _SHOUT_LETTERS and capitals >= _SHOUT_SHARE * sum(map(str.isalpha, text))

"""What the words of a message speak for, before anything is decided.

Each sentence is spelled as the lists spell it, the phrases are found, and three things that word lists cannot know are settled
here: what a "niet" turns round, what stands after a "maar", and whether a question mark asks.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sentiment.rules.language import UNKNOWN, is_dutch_word, is_small_word
from sentiment.rules.lexicon import LANGUAGES, Lexicon, bones, emoji, lexicon, skeleton
from sentiment.rules.text import long_letters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentiment.rules.phrases import Entry, Match
    from sentiment.rules.text import Reading, Sentence

CLOSING = frozenset({"thanks", "ack", "bye", "hello", "warm"})
_TURNED_BY_NOT = frozenset({"pos", "neg", "praise", "fault", "ack", "blame"})
_NEGATION_REACH = 3
_FAULT_REACH = 2
_NOT_ONLY = frozenset({"alleen", "enkel", "only", "just", "dan", "but"})  # "niet alleen", "niets dan lof"
# In a Dutch text an English word counts for what it feels, not for what it asks.
_BORROWED = frozenset({"blame", "praise", "pos", "irony", "insult", "thanks", "warm", "ack", "advert", "auto", "fraud"})
_FALSE_FRIENDS = frozenset(
    {"bad", "best", "worst", "die", "brand", "fine", "fire", "fan", "kind", "later", "star", "pos", "con", "dumb", "hell"}
)
_FEW_WORDS = 3
_MIN_CORRECTED = 5
_MAX_SLIPS = 2
_SERVICE_DENIED = 1.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One thing seen: `tag` as in the word lists, or made here (`asks`, `badpos`, ...)."""

    word: str
    tag: str
    weight: float
    sentence: int = 0
    after_but: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    marks: tuple[Mark, ...]
    classes: frozenset[str]  # the kinds of words that occur: "brandyou", "me", "negator", "service", "but"
    rest: int  # words that neither close nor fill: what a pure thank-you has none of
    words: int
    before_but: bool  # the message turns: something stands before the "maar"
    speaks_to_us: bool  # "jullie", "u": in Dutch nobody says that to another customer


def collect(reading: Reading, language: str) -> Evidence:
    lexicons = [lexicon(code) for code in ([language] if language != UNKNOWN else LANGUAGES)]
    marks: list[Mark] = []
    classes: set[str] = set()
    rest = words_seen = 0
    turned = False
    for number, sentence in enumerate(reading.sentences):
        words, pauses = spelled(sentence, lexicons)
        kinds = [_kinds(word, lexicons) for word in words]
        found = _find(words, pauses, lexicons, language)
        but = next((i for i, kind in enumerate(kinds) if "but" in kind and (i or number)), None)
        sentence_marks = _marks(words, kinds, pauses, found, number=number, but=but, turned=turned)
        sentence_marks += _sentence_shape(words, kinds, sentence, sentence_marks, number)
        turned = turned or but is not None
        marks += sentence_marks
        classes.update(*kinds)
        rest += _rest(words, kinds, found)
        words_seen += sum(word[0] != "<" or word == "<email>" for word in words)
    marks = _settle(marks)
    marks += _emoji_marks(reading, rest)
    return Evidence(
        marks=tuple(marks),
        classes=frozenset(classes),
        rest=rest,
        words=words_seen,
        before_but=turned,
        speaks_to_us=language == "nl" and "brandyou" in classes,
    )


def spelled(sentence: Sentence, lexicons: Sequence[Lexicon]) -> tuple[list[str], frozenset[int]]:
    """Put words into the spelling of the lists: shorthand, long letters, the usual slips.

    The names before the sentence proper are left out, so that a sentence begins with its first word. The second value says where
    commas stand, in the new counting.
    """
    first = 0
    while first < len(sentence.words) and sentence.words[first] == "<at>":
        first += 1
    out: list[str] = []
    pauses: set[int] = set()
    for place, word in enumerate(sentence.words[first:], first):
        if place in sentence.pauses:
            pauses.add(len(out))
        out += _spell(word, lexicons)
    return out, frozenset(pauses)


def _kinds(word: str, lexicons: Sequence[Lexicon]) -> frozenset[str]:
    first = lexicons[0].classes.of(word)
    return first.union(*(lex.classes.of(word) for lex in lexicons[1:])) if len(lexicons) > 1 else first


def _spell(word: str, lexicons: Sequence[Lexicon]) -> tuple[str, ...]:
    elongated = long_letters(word)
    if elongated:
        word = next((w for w in elongated if any(x.knows(w) or w in x.spelling for x in lexicons)), elongated[1])
    for lex in lexicons:
        if word in lex.spelling:
            return lex.spelling[word]
    if len(word) < _MIN_CORRECTED or not word[0].isalpha() or is_small_word(word) or any(lex.knows(word) for lex in lexicons):
        return (word,)
    for lex in lexicons:
        if lex.language == "nl" and word.endswith("e") and word + "n" in lex.book.vocabulary:  # "kunne" for "kunnen"
            return (word + "n",)
        guess = lex.skeletons.get(skeleton(word)) or lex.skeletons.get(bones(word))
        if guess and _slips(word, guess) <= _MAX_SLIPS:
            return (guess,)
    return (word,)


def _slips(one: str, other: str) -> int:
    """Count the letters to add, drop or change; words are short, and only likely pairs come here."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]


def _find(words: Sequence[str], pauses: frozenset[int], lexicons: Sequence[Lexicon], language: str) -> list[Match]:
    found = [match for lex in lexicons for match in lex.book.matches(words, pauses=pauses)]
    if language == "nl":
        found += lexicon("en").book.matches(words, pauses=pauses, accept=_is_borrowed)
    return found


def _is_borrowed(entry: Entry) -> bool:
    if entry.tag not in _BORROWED:
        return False
    phrase = entry.phrase
    return " " in phrase or not (phrase in _FALSE_FRIENDS or is_dutch_word(phrase) or lexicon("nl").knows(phrase))


def _marks(
    words: Sequence[str],
    kinds: Sequence[frozenset[str]],
    pauses: frozenset[int],
    found: Sequence[Match],
    *,
    number: int,
    but: int | None,
    turned: bool,
) -> list[Mark]:
    out: list[Mark] = []
    taken: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for match in sorted(found, key=lambda m: (-m.entry.weight, m.start - m.end, m.start)):
        tag, weight = match.entry.tag, match.entry.weight
        if tag in _TURNED_BY_NOT and _is_denied(words, kinds, pauses, match):
            if tag in {"fault", "ack"}:
                continue
            tag, weight = ("badpos", max(weight, 2.4)) if tag in {"pos", "praise"} else ("goodneg", min(weight, 2.0))
        if any(s < match.end and match.start < e for s, e in taken[tag]):
            continue  # the same words do not count twice for the same thing
        taken[tag].append((match.start, match.end))
        out.append(
            Mark(
                word=" ".join(words[match.start : match.end]),
                tag=tag,
                weight=weight,
                sentence=number,
                after_but=turned or (but is not None and match.start >= but),
            )
        )
    return out


def _is_denied(words: Sequence[str], kinds: Sequence[frozenset[str]], pauses: frozenset[int], match: Match) -> bool:
    """A "niet" shortly before, with no "maar" and no comma between. A phrase with a "niet" of its own has settled that."""
    if any("negator" in kinds[i] for i in range(match.start, match.end)):
        return False
    reach = {"fault": _FAULT_REACH, "blame": 1}.get(match.entry.tag, _NEGATION_REACH)
    for at in range(match.start - 1, max(match.start - reach, 0) - 1, -1):
        if "but" in kinds[at] or at + 1 in pauses:
            return False
        if "negator" in kinds[at]:
            return words[at + 1] not in _NOT_ONLY
    return False


def _sentence_shape(
    words: Sequence[str], kinds: Sequence[frozenset[str]], sentence: Sentence, marks: Sequence[Mark], number: int
) -> list[Mark]:
    tags = {mark.tag for mark in marks}
    out: list[Mark] = []
    if "?" in sentence.mark:
        out += _question_mark(words, sentence.mark, tags, number)
    present = frozenset().union(*kinds) if kinds else frozenset()
    told = tags & {"fault", "badpos", "blame", "ask", "cannot", "praise", "rhet", "irony", "advice", "goodneg"}
    if "negator" in present and not told and "?" not in sentence.mark and not tags & CLOSING:
        if "service" in present:
            out.append(Mark(word="niet/not", tag="fault", weight=_SERVICE_DENIED, sentence=number))
        elif "me" in present or "brandyou" in present:
            out.append(Mark(word="niet/not", tag="fault", weight=1.0, sentence=number))
    return out


def _question_mark(words: Sequence[str], mark: str, tags: set[str], number: int) -> list[Mark]:
    if not words:
        return [Mark(word=mark, tag="asks", weight=2.0, sentence=number)]
    if "rhet" in tags:
        return []
    if "!" in mark:
        cross = Mark(word=mark, tag="gripe", weight=2.2, sentence=number)
        return [cross, Mark(word=mark, tag="asks", weight=1.6 if "blame" in tags else 2.4, sentence=number)]
    weight = 3.4
    if tags & {"insult", "blame", "irony"} and "ask" not in tags:
        weight = 1.8
    return [Mark(word=mark, tag="asks", weight=weight, sentence=number)]


def _settle(marks: Sequence[Mark]) -> list[Mark]:
    """Correct what one sentence says by what the others say."""
    rhetorical = any(mark.tag == "rhet" for mark in marks)
    asking = {mark.sentence for mark in marks if mark.tag in {"ask", "asks", "wish"}}
    wanting = {mark.sentence for mark in marks if mark.tag in {"ask", "wish"}}
    out: list[Mark] = []
    for mark in marks:
        if mark.tag == "asks" and rhetorical and mark.sentence not in wanting:
            out.append(replace(mark, weight=mark.weight * 0.4))  # "Are you kidding? Another delay?"
        elif mark.tag == "pos" and mark.sentence in asking:
            out.append(replace(mark, weight=mark.weight * 0.35))  # "a good lamp" that is asked for is not praised
        else:
            out.append(mark)
    return out


def _rest(words: Sequence[str], kinds: Sequence[frozenset[str]], found: Sequence[Match]) -> int:
    covered: set[int] = set()
    for match in found:
        if match.entry.tag in CLOSING:
            covered.update(range(match.start, match.end))
    return sum(1 for i, word in enumerate(words) if i not in covered and word[0] != "<" and "filler" not in kinds[i])


def _emoji_marks(reading: Reading, rest: int) -> list[Mark]:
    table = emoji()
    counts: dict[str, list[str]] = {}
    for char in reading.emoji:
        for tag in table.get(char, ()):
            counts.setdefault(tag, []).append(char)
    weights = {"positive": 1.8, "approve": 2.4, "negative": 2.2, "ironic": 1.0, "help": 2.4}
    if rest <= _FEW_WORDS:  # little else is said: the emoji are the message
        weights |= {"positive": 3.2, "negative": 2.9}
    last = len(reading.sentences)
    return [
        Mark(word=chars[0], tag=f"emoji{tag}", weight=weights[tag] + 0.2 * min(len(chars) - 1, 3), sentence=last)
        for tag, chars in sorted(counts.items())
    ]

"""Which words of a text somebody searched for: found as the index finds them, shown as the customer wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final
from unicodedata import combining

from webcare.domain.folding import words

if TYPE_CHECKING:
    from webcare.domain.folding import Wanted

BEFORE: Final = 80  # characters that an excerpt shows before the first word that was looked for
LONGEST: Final = 260


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    is_hit: bool = False


def marked(text: str, wanted: Wanted) -> list[Piece]:
    """Return an excerpt around the first word that was looked for, in pieces."""
    line = " ".join(text.split())
    pieces = [Piece(part, _is_wanted(part, wanted)) for part in _parts(line)]
    before = 0
    for piece in pieces:
        if piece.is_hit:
            break
        before += len(piece.text)
    else:
        before = 0
    start = _word_begins(line, before - BEFORE) if before > BEFORE else 0
    return _joined(_cut(pieces, start))


def _parts(line: str) -> list[str]:
    """Return the words and what stands between them; an accent that stands apart belongs to its letter."""
    return ["".join(part) for _, part in groupby(line, key=lambda c: c.isalnum() or combining(c) > 0)]


def _is_wanted(part: str, wanted: Wanted) -> bool:
    return any(word in wanted.words or (wanted.prefix is not None and word.startswith(wanted.prefix)) for word in words(part))


def _word_begins(line: str, at: int) -> int:
    space = line.find(" ", at)
    return space + 1 if 0 <= space < at + BEFORE else at


def _cut(pieces: list[Piece], start: int) -> list[Piece]:
    found, at, room = [Piece("… ")] if start else [], 0, LONGEST
    for piece in pieces:
        end = at + len(piece.text)
        if end > start and room > 0:
            text = piece.text[max(0, start - at) :][:room]
            found.append(Piece(text, piece.is_hit))
            room -= len(text)
        elif room <= 0:
            found.append(Piece("…"))
            break
        at = end
    return found


def _joined(pieces: list[Piece]) -> list[Piece]:
    return [Piece("".join(one.text for one in some), is_hit) for is_hit, some in groupby(pieces, key=lambda one: one.is_hit)]

"""What the daily letter holds when all of it is in words, and how that is laid out as text; the HTML is a template of the same.

Both say the same in the same order. Bars are signs at the end of a line: `#` a case, `o` one that nobody has.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from webcare.letters.words import DigestWords

WIDTH = 78
BAR = 30  # signs


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One of the three large numbers, with what it was before."""

    value: str
    label: str
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One miss or correction: `lead` is the bold beginning."""

    lead: str
    said: str
    link: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What runs out in some hours: `taken` and `free` are shares of the longest bar, in hundredths."""

    hours: str
    count: int
    nobodys: str
    taken: int
    free: int
    is_most: bool

    @property
    def signs(self) -> str:
        return "#" * round(self.taken * BAR / 100) + "o" * round(self.free * BAR / 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    name: str
    messages: str
    cases: str
    in_time: str
    noticed: str
    kinds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The letter, ready to be laid out; empty parts are left out."""

    heading: str
    late: str
    headline: str
    intro: tuple[str, ...]
    numbers: tuple[Number, ...]
    misses: tuple[Line, ...]
    more_misses: str
    due_title: str
    bars: tuple[Bar, ...]
    inbox: str | None
    corrections: tuple[Line, ...]
    peaks_title: str
    peaks: tuple[str, ...]
    learning_title: str
    learning: tuple[str, ...]
    titles: tuple[str, ...]
    channels: tuple[Channel, ...]
    closing: tuple[str, ...]
    definition: str


def as_text(sheet: Sheet, words: DigestWords) -> str:
    """Return the letter as text."""
    return "\n".join(_lines(sheet, words)) + "\n"


def _lines(sheet: Sheet, words: DigestWords) -> Iterator[str]:
    yield sheet.heading
    if sheet.late:
        yield sheet.late
    yield from ("", sheet.headline)
    yield from textwrap.wrap(" ".join(sheet.intro), WIDTH)
    if sheet.numbers:
        yield ""
        yield from _aligned([(one.value, one.label, *one.before) for one in sheet.numbers])
    yield from _sentences(sheet.peaks_title, sheet.peaks)
    yield from _listed(words.misses, sheet.misses)
    if sheet.more_misses:
        yield sheet.more_misses
    yield from _bars(sheet, words)
    yield from _listed(words.corrections, sheet.corrections)
    yield from _channels(sheet, words)
    for line in sheet.closing:
        yield from textwrap.wrap(line, WIDTH)
    yield from _sentences(sheet.learning_title, sheet.learning)
    for line in ("", sheet.definition):
        yield from textwrap.wrap(line, WIDTH) or [""]


def _sentences(title: str, sentences: Sequence[str]) -> Iterator[str]:
    if not sentences:
        return
    yield from _title(title)
    for one in sentences:
        yield from textwrap.wrap(one, WIDTH, initial_indent="* ", subsequent_indent="  ")


def _title(text: str) -> tuple[str, str]:
    return "", text.upper()


def _listed(title: str, lines: Sequence[Line]) -> Iterator[str]:
    if not lines:
        return
    yield from _title(title)
    for line in lines:
        said = f"{line.lead} {line.said} {line.link}".strip()
        yield from textwrap.wrap(f"{said}:" if line.url else said, WIDTH, initial_indent="* ", subsequent_indent="  ")
        if line.url:
            yield f"  {line.url}"


def _bars(sheet: Sheet, words: DigestWords) -> Iterator[str]:
    if sheet.bars:
        yield from _title(sheet.due_title)
        rows = [(bar.hours, str(bar.count), bar.nobodys, bar.signs) for bar in sheet.bars]
        yield from _aligned([(words.hour, words.cases, words.nobodys, ""), *rows], figures=(1, 2))
    if sheet.inbox:
        yield from ("", f"{words.open_queue}: {sheet.inbox}")


def _channels(sheet: Sheet, words: DigestWords) -> Iterator[str]:
    yield from _title(words.channels)
    if not sheet.channels:
        return
    rows = [(one.name, one.messages, one.cases, one.in_time, one.noticed) for one in sheet.channels]
    first, *lines = _aligned([sheet.titles, *rows], figures=(1, 2, 3))
    yield first
    for one, line in zip(sheet.channels, lines, strict=True):
        yield line
        yield from textwrap.wrap(one.kinds, WIDTH, initial_indent="    ", subsequent_indent="    ")
    yield ""


def _aligned(rows: Sequence[tuple[str, ...]], figures: Sequence[int] = ()) -> list[str]:
    """Lay out columns; figures stand to the right of theirs."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(cell.rjust(width) if i in figures else cell.ljust(width) for i, (cell, width) in enumerate(cells)).rstrip()
        for cells in (list(zip(row, widths, strict=True)) for row in rows)
    ]

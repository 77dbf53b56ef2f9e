"""What the daily letter tells of the machine: what it learned, what somebody chose, and how much it misses by what people checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel.numbers import format_decimal

from webcare.domain.model_choice import BETTER, WORSE, Change
from webcare.letters.alert import NAME
from webcare.letters.learning_words import EN, LANGUAGES
from webcare.letters.why import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from webcare.domain.learning import Learning
    from webcare.domain.model_choice import ModelNote
    from webcare.letters.learning_words import LearningWords
    from webcare.letters.speech import Speech

PARTS = {
    "caught": "needs_response",
    "cost": "needs_response",
    "ece": "sureness",
}  # of the others the label stands before the figure
LABELS = ("needs_response", "sentiment", "urgency")
CHECKS = "/checks"  # the page of the inbox on which that is done


def words_of(say: Speech) -> LearningWords:
    return LANGUAGES.get(say.locale.language, EN)


def told(
    learning: Learning,
    say: Speech,
    share: Callable[[float | None], str],
    moment: Callable[[datetime], str],
    inbox: str | None,
) -> Iterator[str]:
    """Yield the sentences; none where there is nothing to tell. `share` and `moment` say a share and an instant as the letter does."""
    for note in learning.notes:
        yield _note(note, say, share, moment)
    words, checked = words_of(say), learning.checked
    if checked is None:
        return
    interval = checked.interval
    if interval is None:
        said = words.checked_none
    elif checked.is_whole:
        said = say.count(words.checked_whole, checked.looked_at, share=share(checked.share))
    else:
        low, high = (share(end) for end in interval)
        said = say.count(words.checked, checked.looked_at, share=share(checked.share), low=low, high=high)
    if learning.waiting:
        said = f"{said} {say.count(words.waiting, learning.waiting)}" + (f" {inbox}{CHECKS}" if inbox else "")
    yield said


def _note(note: ModelNote, say: Speech, share: Callable[[float | None], str], moment: Callable[[datetime], str]) -> str:
    words, figures = words_of(say), note.figures
    corrections = round(figures.get("corrections", 0))
    if note.change is Change.NOT_BETTER:
        return " ".join([say.count(words.not_better, corrections), *_parts(words.lost, WORSE, note, words)])
    if note.change is Change.OUTDATED:
        return words.outdated
    if note.change is not Change.LEARNED:
        phrase = words.back if note.change is Change.BACK else words.chosen
        return phrase.format(by=plain(note.by, NAME), moment=moment(note.at), model=getattr(words, note.kind.value))
    before, after = figures.get("caught_before"), figures.get("caught_after")
    caught = words.missed_same if share(before) == share(after) else words.missed_less
    cost = {
        name: format_decimal(round(figures.get(f"cost_{name}", 0.0), 2), "0.##", locale=say.locale)
        for name in ("before", "after")
    }
    return " ".join(
        [
            say.count(words.learned, corrections, moment=moment(note.at)),
            *([] if after is None else [caught.format(before=share(before), after=share(after))]),
            words.cost.format(**cost),
            *_parts(words.gained, BETTER, note, words),
            words.how_back,
        ]
    )


def _parts(sentence: str, mark: str, note: ModelNote, words: LearningWords) -> Iterator[str]:
    """Yield the sentence with the parts that decided; of a training from before they were kept, nothing."""
    found = (name.removeprefix(mark) for name in note.figures if name.startswith(mark))
    parts = dict.fromkeys(getattr(words, _label(name)) for name in found)
    if parts:
        yield sentence.format(parts=", ".join(parts))


def _label(part: str) -> str:
    """Return the label that a part of the comparison is about, or how sure it is."""
    return PARTS.get(part) or next((label for label in LABELS if part.startswith(label)), "intents")

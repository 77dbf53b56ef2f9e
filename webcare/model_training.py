"""Learning from what people corrected: the heads fitted again, and whether the result is taken.

    own data, if the install has it ---.
    corrections, but the newest fifth --+-> fit -> recalibrate on what was kept apart -> compare with the present model
                                                       on the frozen slice and on the newest fifth of the corrections

It is taken only when nobody more is missed and it costs less. Texts are masked before the encoder sees them, and nothing of them stays:
what is kept is twelve rows of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sentiment.encoding import encode
from sentiment.evaluation import Judged, report, worth
from sentiment.model.decide import decide, silence
from sentiment.model.heads import OUTPUTS
from sentiment.refit import CHANGED, SEEN, Lesson, best, targets
from sentiment.tuning import tune
from webcare.domain.model_choice import Change, ModelKind, NewChoice
from webcare.domain.verdict import Intent
from webcare.labelled_lines import Labelled, read_labelled
from webcare.lines import CannotStart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sentiment.evaluation import Worth
    from sentiment.model.classifier import ModelClassifier
    from sentiment.model.heads import Heads, Matrix
    from webcare.ports.classifier import Request
    from webcare.services.corrections import Example, Learned

    Say = Callable[[str], None]

FEWEST: Final = 10  # corrections: with fewer there is nothing to compare
KEPT: Final = 5  # the newest of so many parts is for the comparison, and each so-manieth of the rest for the calibration
AT_ONCE: Final = 256  # messages of which tokens are in memory
HEADS: Final = {"sentiment": ("sentiment",), "intents": tuple(one.value for one in Intent), "needs_response": ("needs",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """The project's own data, by what it is for: nothing of it in an install without it."""

    train: tuple[Labelled, ...] = ()
    dev: tuple[Labelled, ...] = ()
    test: tuple[Labelled, ...] = ()


def own_data(folder: Path) -> Own:
    """Read `train.*.jsonl`, `dev.*.jsonl` and `test.*.jsonl`.

    Raises:
        CannotStart: a line cannot be read.
    """
    return Own(**{name: tuple(_read(folder, name)) for name in Own.__dataclass_fields__})


def _read(folder: Path, name: str) -> Iterator[Labelled]:
    for file in sorted(folder.glob(f"{name}.*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    one = read_labelled(line)
                    yield replace(one, request=replace(one.request, language_hint=None))  # as triage asks: it has none
                except ValueError as error:
                    raise CannotStart(f"{file}, line {number}: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a training came to. `choice` is what is to be kept of it, `before` and `after` are what decided."""

    choice: NewChoice
    before: Worth
    after: Worth

    @property
    def is_better(self) -> bool:
        return self.choice.is_in_force


def train(present: ModelClassifier, path: str | None, learned: Learned, own: Own, say: Say) -> Outcome:
    """Fit, calibrate and compare; minutes, nearly all of it spent on the embeddings.

    Raises:
        CannotStart: there is too little to learn, or nothing to compare by.
    """
    taught, held, newest = _parted(learned.examples)
    heads = sorted({head for one in (*taught, *held) for label in one.changed for head in HEADS[label]})
    say(f"{len(own.train) + len(own.dev)} messages of ours and {len(learned.examples)} of people are read")
    lesson = _of_own(present, own.train) + _of_people(present, taught)
    apart = _of_own(present, own.dev) + _of_people(present, held)
    say(f"the heads are fitted: {', '.join(heads)}")
    fitted = best(present.heads, lesson, apart, heads)
    fitted = _cheaper(fitted, tune(fitted, apart), apart, (*own.dev, *map(_as_labelled, held)))
    say(f"both are compared on {len(own.test)} messages of ours and the {len(newest)} newest of people")
    return _outcome(present, fitted, path, learned, (*own.test, *map(_as_labelled, newest)))


def _cheaper(fitted: Heads, tuned: Heads, apart: Lesson, rows: Sequence[Labelled]) -> Heads:
    """Return the heads with the thresholds that cost less where they were found: those of before may have been chosen on more."""
    untuned, new = (worth(_judged(heads, apart.embeddings, rows)) for heads in (fitted, tuned))
    return tuned if untuned is not None and new is not None and new.cost < untuned.cost else fitted


def _parted(examples: Sequence[Example]) -> tuple[list[Example], list[Example], list[Example]]:
    """Return what is taught, what is kept apart for the calibration, and the newest, by which both models are compared.

    Raises:
        CannotStart: too few corrections.
    """
    changed = sum(not one.is_confirmation for one in examples)
    if changed < FEWEST:
        raise CannotStart(f"people have corrected {changed} messages: there is nothing to learn before it is {FEWEST}")
    older, newest = examples[: -(len(examples) // KEPT)], examples[-(len(examples) // KEPT) :]
    return (
        [one for n, one in enumerate(older) if n % KEPT],
        [one for n, one in enumerate(older) if not n % KEPT],
        list(newest),
    )


# --- lessons ---


def _embed(present: ModelClassifier, requests: Sequence[Request]) -> Matrix:
    parts = [present.embed(requests[at : at + AT_ONCE]) for at in range(0, len(requests), AT_ONCE)]
    return np.concatenate(parts) if parts else np.empty((0, present.heads.weights.shape[1]), dtype=np.float32)


def _of_own(present: ModelClassifier, rows: Sequence[Labelled]) -> Lesson:
    languages = [one.language or "und" for one in rows]
    return Lesson(
        embeddings=_embed(present, [one.request for one in rows]),
        targets=targets([one.labels for one in rows], languages),
        weights=np.ones((len(rows), OUTPUTS), dtype=np.float32),
        languages=tuple(languages),
    )


def _of_people(present: ModelClassifier, examples: Sequence[Example]) -> Lesson:
    """Return a lesson in which what people changed weighs more than what they left, and nothing is said of languages."""
    weights = np.full((len(examples), OUTPUTS), SEEN, dtype=np.float32)
    found = targets([one.labels for one in examples], [""] * len(examples))
    for row, one in enumerate(examples):
        for label in one.changed:
            weights[row, _COLUMNS[label]] = CHANGED
    return Lesson(
        embeddings=_embed(present, [one.request for one in examples]),
        targets=found,
        weights=weights,
        languages=tuple(one.language for one in examples),
    )


_COLUMNS: Final = {"sentiment": slice(0, 3), "intents": slice(3, 7), "needs_response": slice(7, 8)}


def _as_labelled(one: Example) -> Labelled:
    return Labelled(request=one.request, labels=one.labels, language=one.language)


# --- the comparison ---


def _outcome(present: ModelClassifier, fitted: Heads, path: str | None, learned: Learned, rows: Sequence[Labelled]) -> Outcome:
    embedded = _embed(present, [one.request for one in rows])
    was, becomes = (_judged(heads, embedded, rows) for heads in (present.heads, fitted))
    before, after = worth(was), worth(becomes)
    if before is None or after is None:
        raise CannotStart("none of the newest corrections says that a message needs an answer: there is nothing to compare by")
    change = Change.LEARNED if after.beats(before) else Change.NOT_BETTER
    figures = {
        "corrections": sum(not one.is_confirmation for one in learned.examples),
        "confirmations": sum(one.is_confirmation for one in learned.examples),
        "gone": learned.gone,
        "edited": learned.edited,
        "compared": before.rows,
        "caught_before": round(before.caught, 5),
        "caught_after": round(after.caught, 5),
        "cost_before": round(before.cost, 5),
        "cost_after": round(after.cost, 5),
    }
    compared: dict[str, Any] = {"before": report(was), "after": report(becomes)}
    is_taken = change is Change.LEARNED
    choice = NewChoice(
        kind=ModelKind.REFIT,
        change=change,
        path=path,
        base=present.folder.sha256,
        heads=fitted.blob() if is_taken else None,
        tuning=fitted.settings() if is_taken else None,
        figures=figures,
        report=compared,
    )
    return Outcome(choice=choice, before=before, after=after)


def _judged(heads: Heads, embedded: Matrix, rows: Sequence[Labelled]) -> list[Judged]:
    """Return what heads make of messages whose embeddings are known, as the classifier would."""
    found = []
    for z, one in zip(heads.logits(embedded).tolist(), rows, strict=True):
        text, hint = encode(one.request)[0], one.request.language_hint
        verdict = decide(heads, z, text, hint, "") if text else silence(hint, "")
        found.append(Judged(labels=one.labels, verdict=verdict, language=one.language or verdict.language, traps=one.traps))
    return found

"""Learning from what people corrected: the heads fitted again, and whether the result is taken.

    own data, if the install has it ---.
    corrections, but the newest fifth --+-> fit -> recalibrate on what was kept apart -> compare with the present model
                                                       on the frozen slice, and on the newest fifth of the corrections

It is taken only when the slice loses nothing and a label that people corrected is righter on the newest (sentiment/comparison.py); a
head that loses something is taught again more gently, and at last left as it is. Texts are masked before the encoder sees them, and
nothing of them stays: what is kept is twelve rows of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sentiment.comparison import Told, decided, losers
from sentiment.encoding import encode
from sentiment.evaluation import Judged, costs, recall, report
from sentiment.model.decide import decide, silence
from sentiment.model.heads import OUTPUTS, SPANS
from sentiment.refit import BESIDE, CHANGED, SEEN, STRENGTHS, Lesson, best, joined, remembered, shares, targets
from sentiment.tuning import calibrate, tune
from webcare.domain.model_choice import BETTER, WORSE, Change, ModelKind, NewChoice
from webcare.labelled_lines import Labelled, read_labelled
from webcare.lines import CannotStart

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from sentiment.comparison import Decision
    from sentiment.model.classifier import ModelClassifier
    from sentiment.model.heads import Heads, Matrix
    from webcare.ports.classifier import Request
    from webcare.services.corrections import Example, Learned

    Say = Callable[[str], None]

FEWEST: Final = 10  # corrections: with fewer there is nothing to compare
KEPT: Final = 5  # the newest of so many parts is for the comparison, and each so-manieth of the rest for the calibration
AT_ONCE: Final = 256  # messages of which tokens are in memory
HEADS: Final = {"sentiment": "sentiment", "needs_response": "needs", "urgency": "urgency"}  # by label; each intent has its own
INTENTS: Final = "intents"
GENTLER: Final = (1.0, 0.3, 0.1, 0.03, 0.01)  # parts of people's share of the teaching: a head that loses goes on to the next


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
    """What a training came to. `choice` is what is to be kept of it."""

    choice: NewChoice
    decision: Decision
    ours: int
    newest: int

    @property
    def is_better(self) -> bool:
        return self.choice.is_in_force


def train(present: ModelClassifier, path: str | None, learned: Learned, own: Own, say: Say) -> Outcome:
    """Fit, calibrate and compare; minutes, nearly all of it spent on the embeddings.

    Raises:
        CannotStart: there is too little to learn.
    """
    learned = _readable(present, learned, say)
    taught, held, newest = _parted(learned.examples)
    changed = {label for one in learned.examples for label in one.changed}
    heads = sorted({head for one in learned.examples for head in _heads(one)})
    say(f"{len(own.train) + len(own.dev)} messages of ours and {len(learned.examples)} of people are read")
    told, kept = _of_people(present, taught), _of_people(present, held)
    share = shares(told + kept)
    known, ours = remembered(_of_own(present, own.train), present.heads), _of_own(present, own.dev)
    compared = tuple(_read_by(present, rows) for rows in (own.test, tuple(map(_as_labelled, newest))))
    tried: list[Outcome] = []
    steps = dict.fromkeys(heads, 0)  # of GENTLER, by head
    while fitting := [head for head in heads if steps[head] < len(GENTLER)]:
        say("the heads are fitted: " + ", ".join(head + " more gently" * (steps[head] > 0) for head in fitting))
        part = np.zeros(OUTPUTS)
        for head in fitting:
            part[slice(*SPANS[head])] = GENTLER[steps[head]]
        lesson, apart = joined(known, told, part * share), joined(ours, kept, part * share)
        fitted = best(present.heads, lesson, apart, fitting, BESIDE if own.train else STRENGTHS)
        fitted = _cheapest(fitted, apart, (*own.dev, *map(_as_labelled, held)), fitting)
        say(f"both are compared on {len(own.test)} messages of ours, and on the {len(newest)} newest of people")
        tried.append(_outcome(present, fitted, path, learned, compared, changed))
        if tried[-1].is_better or not tried[-1].decision.worse:  # nothing was lost that a gentler one would keep
            break
        for head in losers(tried[-1].decision.worse, fitting):
            steps[head] += 1
            if steps[head] == len(GENTLER):
                say(f"{head} stays as it is: what people said of it costs more elsewhere than it gains")
    return tried[-1] if tried[-1].is_better else tried[0]  # the first says what was lost


def _cheapest(fitted: Heads, apart: Lesson, rows: Sequence[Labelled], heads: Collection[str]) -> Heads:
    """Return the heads that were fitted, with the thresholds and calibration that cost least where they were found.

    The new ones where they cost as much: those of before may have been chosen on more, but for other heads.
    """
    ways = (tune(fitted, apart, heads), calibrate(fitted, apart, heads), fitted)
    return min(ways, key=lambda one: sum(costs(_judged(one, apart.embeddings, rows))))


def _parted(examples: Sequence[Example]) -> tuple[list[Example], list[Example], list[Example]]:
    """Return what is taught, what is kept apart for the calibration, and the newest, by which both models are compared.

    Corrections and confirmations are parted alike: newest that are all confirmations could show no gain.

    Raises:
        CannotStart: too few corrections.
    """
    corrected = [one for one in examples if not one.is_confirmation]
    if len(corrected) < FEWEST:
        raise CannotStart(f"people have corrected {len(corrected)} messages: there is nothing to learn before it is {FEWEST}")
    taught: list[Example] = []
    held: list[Example] = []
    newest: list[Example] = []
    for part in (corrected, [one for one in examples if one.is_confirmation]):
        older = part[: len(part) - len(part) // KEPT]
        taught += [one for n, one in enumerate(older) if n % KEPT]
        held += [one for n, one in enumerate(older) if not n % KEPT]
        newest += part[len(older) :]
    return taught, held, newest


# --- lessons ---


def _readable(present: ModelClassifier, learned: Learned, say: Say) -> Learned:
    """Leave out what the encoder fails on: the stand-in judged it, and it must not keep the rest from being learned."""
    every = learned.examples
    found = tuple(one for at in range(0, len(every), AT_ONCE) for one in _read_of(present, every[at : at + AT_ONCE]))
    if left := len(every) - len(found):
        say(f"{left} of people's messages are left out: the model cannot read them")
    return replace(learned, examples=found)


def _read_of(present: ModelClassifier, examples: Sequence[Example]) -> Sequence[Example]:
    try:
        sound = np.isfinite(present.embed([one.request for one in examples]).sum(axis=1)).tolist()
    except Exception:  # noqa: BLE001 - the runner around a model, as the worker is: what fails alone harms only itself
        return [] if len(examples) == 1 else [one for alone in examples for one in _read_of(present, [alone])]
    return [one for one, is_sound in zip(examples, sound, strict=True) if is_sound]


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
        for head in _heads(one):
            weights[row, slice(*SPANS[head])] = CHANGED
    return Lesson(
        embeddings=_embed(present, [one.request for one in examples]),
        targets=found,
        weights=weights,
        languages=tuple(one.language for one in examples),
    )


def _heads(one: Example) -> Iterator[str]:
    """Yield the heads that a person put right: of the intents those that came or went, since the others were right before."""
    for label in one.changed:
        if label == INTENTS:
            yield from (intent.value for intent in (one.labels.intents or frozenset()) ^ (one.machine.intents or frozenset()))
        else:
            yield HEADS[label]


def _as_labelled(one: Example) -> Labelled:
    return Labelled(request=one.request, labels=one.labels, language=one.language)


# --- the comparison ---


def _outcome(
    present: ModelClassifier,
    fitted: Heads,
    path: str | None,
    learned: Learned,
    compared: Sequence[tuple[Sequence[Labelled], Matrix]],
    changed: Collection[str],
) -> Outcome:
    ours, newest = (_told(present, fitted, rows, embedded) for rows, embedded in compared)
    decision = decided(ours, newest, changed)
    was, becomes = (*ours.before, *newest.before), (*ours.after, *newest.after)
    is_taken = decision.is_taken
    choice = NewChoice(
        kind=ModelKind.REFIT,
        change=Change.LEARNED if is_taken else Change.NOT_BETTER,
        path=path,
        base=present.folder.sha256,
        heads=fitted.blob() if is_taken else None,
        tuning=fitted.settings() if is_taken else None,
        figures={
            "corrections": sum(not one.is_confirmation for one in learned.examples),
            "confirmations": sum(one.is_confirmation for one in learned.examples),
            "gone": learned.gone,
            "edited": learned.edited,
            "compared": len(was),
            **_figures(was, "before"),
            **_figures(becomes, "after"),
            **{f"{BETTER}{label}": 1 for label in decision.better},
            **{f"{WORSE}{part}": 1 for part in decision.worse},
        },
        report={"before": report(was), "after": report(becomes)},
    )
    return Outcome(choice=choice, decision=decision, ours=len(ours.before), newest=len(newest.before))


def _figures(judged: Sequence[Judged], when: str) -> dict[str, float]:
    """Return what the letter tells of all that was compared: who waits and is caught, where anybody does, and the cost."""
    known = [one for one in judged if one.labels.needs_response is not None]
    caught = recall([bool(one.labels.needs_response) for one in known], [one.is_caught for one in known])
    cost = round(sum(costs(known)) / len(known), 5) if known else 0.0
    return {f"cost_{when}": cost} | ({} if caught is None else {f"caught_{when}": round(caught, 5)})


def _read_by(present: ModelClassifier, rows: Sequence[Labelled]) -> tuple[Sequence[Labelled], Matrix]:
    return rows, _embed(present, [one.request for one in rows])


def _told(present: ModelClassifier, fitted: Heads, rows: Sequence[Labelled], embedded: Matrix) -> Told:
    base, before, after = (_judged(heads, embedded, rows) for heads in (present.folder.heads, present.heads, fitted))
    return Told(base=base, before=before, after=after)


def _judged(heads: Heads, embedded: Matrix, rows: Sequence[Labelled]) -> list[Judged]:
    """Return what heads make of messages whose embeddings are known, as the classifier would."""
    found = []
    for z, one in zip(heads.logits(embedded).tolist(), rows, strict=True):
        text, hint = encode(one.request)[0], one.request.language_hint
        verdict = decide(heads, z, text, hint, "") if text else silence(hint, "")
        found.append(Judged(labels=one.labels, verdict=verdict, language=one.language or verdict.language, traps=one.traps))
    return found

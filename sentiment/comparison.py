"""Whether new heads may take the place of the present ones: figures of both, part by part, and what chance alone may move them by.

Two questions, asked apart, since a few corrections weigh nothing among thousands of messages:

    the frozen slice             no part may be worse than before, nor than with the heads that the folder came with
    the newest corrections       of what people changed one label at least must be better, and none worse

A part is worse when it loses more than half a standard error of a share among as many messages. Half, because both are judged on the same
messages, so that most of their luck is shared; and never more than that from the folder's own heads, so that no row of trainings loses a
little each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

from sentiment.evaluation import ECE_LIMIT, costs, figures
from webcare.domain.verdict import Intent, Urgency

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from sentiment.evaluation import Figures, Judged

CAUGHT, COST, ECE = "caught", "cost", "ece"
LEAST: Final = frozenset({COST, ECE})  # of these less is better
OF_LABEL: Final = {
    "needs_response": COST,
    "intents": "intents",
    "sentiment": "sentiment",
    "urgency": "urgency",
}  # its figure on the newest


_MOVED_BY: Final = {CAUGHT: {"needs"}, COST: {"needs"}, "intents": {intent.value for intent in Intent}}  # heads, by part


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A figure before and after. `margin` is what it may lose by chance."""

    name: str
    before: float
    after: float
    margin: float

    @property
    def gain(self) -> float:
        return self.before - self.after if self.name in LEAST else self.after - self.before

    @property
    def is_worse(self) -> bool:
        return self.gain < -self.margin

    @property
    def is_better(self) -> bool:
        return self.gain > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What decided. `better` are labels, `worse` are parts; it is taken with one of the former and none of the latter."""

    ours: tuple[Part, ...]
    newest: tuple[Part, ...]
    better: tuple[str, ...]
    worse: tuple[str, ...]

    @property
    def is_taken(self) -> bool:
        return bool(self.better) and not self.worse


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Messages as three heads judge them: those that the folder came with, those in force, and those that were fitted."""

    base: Sequence[Judged]
    before: Sequence[Judged]
    after: Sequence[Judged]


def decided(ours: Told, newest: Told, changed: Collection[str]) -> Decision:
    """Compare on the frozen slice and on the newest corrections; `changed` are the labels that people changed."""
    known, new = tuple(_of_slice(ours.before, ours.after)), tuple(_of_newest(newest.before, newest.after))
    worse = [part.name for part in (*known, *_of_slice(ours.base, ours.after), *new) if part.is_worse]
    better = {part.name for part in new if part.is_better}
    return Decision(
        ours=known,
        newest=new,
        better=tuple(label for label, name in OF_LABEL.items() if label in changed and name in better),
        worse=tuple(dict.fromkeys(worse)),
    )


def losers(worse: Collection[str], heads: Collection[str]) -> set[str]:
    """Return the fitted heads on which the parts that are worse hang; all, where it cannot be told."""
    moved = {head for part in worse for head in _MOVED_BY.get(part, {part.removesuffix("_f1").removesuffix("_macro")})}
    return moved.intersection(heads) or set(heads)


def _chance(share: float, n: int) -> float:
    """Return half a standard error of a share among so many; never nothing, even where all are right."""
    calm = (share * n + 1) / (n + 2)
    return sqrt(calm * (1 - calm) / n) / 2


def _chance_of_cost(judged: Sequence[Judged]) -> float:
    found = costs(judged)
    mean = sum(found) / len(found)
    return max(sqrt(sum((one - mean) ** 2 for one in found)), 1.0) / len(found) / 2


# --- the frozen slice ---


def _of_slice(before: Sequence[Judged], after: Sequence[Judged]) -> Iterator[Part]:
    if not before:
        return
    was, becomes = figures(before), figures(after)
    yield from _needs(before, after)
    for intent in Intent:
        n = sum(intent in (one.labels.intents or ()) for one in before)
        yield from _share(f"{intent.value}_f1", n, was["f1"][intent.value], becomes["f1"][intent.value])
    felt = sum(one.labels.sentiment is not None for one in before)
    yield from _share("sentiment_macro_f1", felt, was["sentiment_macro_f1"], becomes["sentiment_macro_f1"])
    hurried = sum(one.labels.urgency is Urgency.HIGH for one in before)
    yield from _share("urgency_f1", hurried, was["urgency_f1"], becomes["urgency_f1"])
    off_before, off_after = (_farthest(found) for found in (was, becomes))
    if off_before is not None and off_after is not None:
        margin = max(ECE_LIMIT - off_before, _chance(off_before, len(before)))
        yield Part(name=ECE, before=off_before, after=off_after, margin=margin)


def _farthest(found: Figures) -> float | None:
    """Return the calibration error of the head that is farthest off."""
    known = [one for one in found["ece"].values() if one is not None]
    return max(known, default=None)


def _share(name: str, n: int, before: float | None, after: float | None) -> Iterator[Part]:
    if before is not None and after is not None and n:
        yield Part(name=name, before=before, after=after, margin=_chance(before, n))


def _needs(before: Sequence[Judged], after: Sequence[Judged]) -> Iterator[Part]:
    waiting = sum(bool(one.labels.needs_response) for one in before)
    yield from _share(CAUGHT, waiting, *(figures(one)["needs_response"]["caught"] for one in (before, after)))
    was, becomes = costs(before), costs(after)
    if was:
        yield Part(name=COST, before=sum(was) / len(was), after=sum(becomes) / len(becomes), margin=_chance_of_cost(before))


# --- the newest corrections ---


def _of_newest(before: Sequence[Judged], after: Sequence[Judged]) -> Iterator[Part]:
    """Yield shares that are right: of a handful, often all of one kind, no F1 can be told."""
    yield from _needs(before, after)
    for name, right in _RIGHT.items():
        known = [
            (right(was), right(becomes))
            for was, becomes in zip(before, after, strict=True)
            if getattr(was.labels, name) is not None
        ]
        if known:
            yield from _share(name, len(known), *(sum(side) / len(side) for side in zip(*known, strict=True)))


def _intents(one: Judged) -> float:
    """Return the share of the four that are right."""
    return 1 - len((one.labels.intents or frozenset()) ^ frozenset(one.verdict.intents)) / len(Intent)


_RIGHT: Final[dict[str, Callable[[Judged], float]]] = {
    "intents": _intents,
    "sentiment": lambda one: float(one.labels.sentiment is one.verdict.sentiment),
    "urgency": lambda one: float(one.labels.urgency is one.verdict.urgency),
}

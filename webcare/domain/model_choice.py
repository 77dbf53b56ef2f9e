"""Which model answers, who said so, and what that changed. The newest choice in force holds, unless the settings name a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PREVIOUS = "previous"  # as the name of a model: the one that was in force before
BETTER, WORSE = "better_", "worse_"  # in the figures of a training, before the label or part that decided


class ModelKind(StrEnum):
    BUILTIN = "builtin"  # the one that comes with webcare
    FOLDER = "folder"  # the operator's own
    RULES = "rules"  # the word rules, no model
    REFIT = "refit"  # one of the first two, its heads fitted again to what people corrected


class Change(StrEnum):
    """What is told of a choice."""

    CHOSEN = "chosen"
    BACK = "back"  # the one before it again
    LEARNED = "learned"  # fitted again, better, and taken
    NOT_BETTER = "not_better"  # fitted again, and left
    OUTDATED = "outdated"  # what was learned counts no more: an upgrade brought another encoder


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelNote:
    """What a letter tells of a choice. `figures` are plain numbers by name: how many corrections, and before and after."""

    at: datetime
    by: str
    kind: ModelKind
    change: Change
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChoice:
    """A choice as it is made.

    `path` is the folder, None the shipped one. Of a refit: `base` is the sha256 of the encoder that its heads were fitted for, `heads`
    their numbers, `tuning` calibration and thresholds as in `model.json`. One that was left has no heads.
    """

    kind: ModelKind
    change: Change
    path: str | None = None
    base: str | None = None
    heads: bytes | None = None
    tuning: Mapping[str, Any] | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    report: Mapping[str, Any] | None = None

    @property
    def is_in_force(self) -> bool:
        return self.change not in {Change.NOT_BETTER, Change.OUTDATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(NewChoice):
    """A choice as it is kept."""

    id: int
    at: datetime
    by: str

    @property
    def note(self) -> ModelNote:
        return ModelNote(at=self.at, by=self.by, kind=self.kind, change=self.change, figures=self.figures)

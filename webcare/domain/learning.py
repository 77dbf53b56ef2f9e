"""What a daily letter tells of the machine: that another model answers, and how many messages it misses by what people checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from webcare.domain.checks import Checked
from webcare.domain.durations import format_instant, parse_instant
from webcare.domain.model_choice import Change, ModelKind, ModelNote

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """`checked` is that of the last weeks, None where nothing was ever drawn; `waiting` are messages that nobody has looked at yet."""

    notes: tuple[ModelNote, ...] = ()
    checked: Checked | None = None
    waiting: int = 0


def freeze(learning: Learning) -> dict[str, Any]:
    """Return it as JSON can keep it."""
    checked = learning.checked
    return {
        "notes": [
            {
                "at": format_instant(note.at),
                "by": note.by,
                "kind": note.kind.value,
                "change": note.change.value,
                "figures": dict(note.figures),
            }
            for note in learning.notes
        ],
        "checked": None if checked is None else {**_counts(checked), "weeks": [_counts(week) for week in checked.weeks]},
        "waiting": learning.waiting,
    }


def thaw(kept: Mapping[str, Any] | None) -> Learning | None:
    """Return what was kept; of a letter from before there was anything to tell, None."""
    if kept is None:
        return None
    return Learning(
        notes=tuple(
            ModelNote(
                at=parse_instant(note["at"]),
                by=note["by"],
                kind=ModelKind(note["kind"]),
                change=Change(note["change"]),
                figures=note["figures"],
            )
            for note in kept["notes"]
        ),
        checked=None if kept["checked"] is None else _checked(kept["checked"]),
        waiting=kept["waiting"],
    )


def to_json(learning: Learning) -> dict[str, object]:
    """Return the public fields; of a day of which there is nothing to tell, none."""
    told: dict[str, object] = {}
    if learning.notes:
        told["model"] = freeze(learning)["notes"]
    if learning.checked is not None:
        interval = learning.checked.interval
        told["checked"] = {
            **_counts(learning.checked),
            "share": learning.checked.share,
            "interval": None if interval is None else [round(end, 4) for end in interval],
            "waiting": learning.waiting,
        }
    return told


def _counts(checked: Checked) -> dict[str, int]:
    return {name: getattr(checked, name) for name in ("population", "drawn", "looked_at", "missed")}


def _checked(kept: Mapping[str, Any]) -> Checked:
    """Return what was kept; a letter from before weeks counted by their messages has the sum alone."""
    return Checked(**{**kept, "weeks": tuple(Checked(**week) for week in kept.get("weeks", ()))})

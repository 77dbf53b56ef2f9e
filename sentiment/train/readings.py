"""How far two readers of the same messages agree: the second saw no labels, and read in another order.

`readings.txt` holds a line a message: its id, what the first reader said, what the second said. A reading is written as sentiment
(`-` `0` `+`), urgency (`!` high, `.` normal), intents (`q c p t`, t for courtesy, `.` for none) and need (`y` `n`): `-!cqy`. Where they
differed the message was looked at again; the label in the data is what was decided then.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_INTENTS: Final = {"question": "q", "complaint": "c", "praise": "p", "courtesy": "t"}
_SENTIMENTS: Final = {"negative": "-", "neutral": "0", "positive": "+"}
_PARTS: Final = ("needs_response", "sentiment", "urgency", *_INTENTS, "everything")


def reading(row: dict[str, Any]) -> str:
    """Return the labels of a message as a reading is written."""
    intents = "".join(letter for name, letter in _INTENTS.items() if name in row["intents"]) or "."
    return f"{_SENTIMENTS[row['sentiment']]}{'!' if row['urgency'] == 'high' else '.'}{intents}{'y' if row['needs_response'] else 'n'}"


def labelled(file: Path) -> dict[str, dict[str, Any]]:
    """Return labels by message from lines `id reading`."""
    return {number: _labels(said) for number, said in map(str.split, file.read_text(encoding="utf-8").splitlines())}


def _labels(said: str) -> dict[str, Any]:
    return {
        "sentiment": next(name for name, sign in _SENTIMENTS.items() if sign == said[0]),
        "urgency": "high" if said[1] == "!" else "normal",
        "intents": [name for name, letter in _INTENTS.items() if letter in said[2:-1]],
        "needs_response": said[-1] == "y",
    }


def read(file: Path) -> dict[str, tuple[str, str]]:
    """Return the two readings by message."""
    lines = (line.split() for line in file.read_text(encoding="utf-8").splitlines())
    return {number: (first, second) for number, first, second in lines}


def agreement(pairs: Sequence[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Return the share of equal readings by label, and Cohen's kappa: the share beyond what chance would give."""
    found = {}
    for name in _PARTS:
        first, second = Counter(_part(name, a) for a, _ in pairs), Counter(_part(name, b) for _, b in pairs)
        same = sum(_part(name, a) == _part(name, b) for a, b in pairs) / len(pairs)
        chance = sum(first[label] * second[label] for label in first) / len(pairs) ** 2
        found[name] = (same, (same - chance) / (1 - chance) if chance < 1 else 1.0)
    return found


def _part(name: str, said: str) -> str:
    if name in _INTENTS:
        return "y" if _INTENTS[name] in said[2:-1] else "n"
    return {"needs_response": said[-1], "sentiment": said[0], "urgency": said[1]}.get(name, said)

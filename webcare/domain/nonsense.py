"""Policies that can be read and make no sense: refused before a daemon starts, by name and by place.

Only what people write today is looked at so: a rule book that was in force once must stay readable, whatever we refuse since.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    from webcare.domain.routing import Rule, RuleBook
    from webcare.domain.sla.promise import Policy, Rung

Place = tuple[str | int, ...]  # ("policy", 1, "ladder", 0)

TARGETS = ("first_response", "next_response", "resolution", "keep_in_loop")
PRIVATE = frozenset({"private", "dm"})  # where platforms stop taking replies
REST_STATES = ("pending", "snoozed")  # that a case can be put into
_FIELD = re.compile(r"((?:[\w-]+)(?:\[\d+\])?(?:\.[\w-]+(?:\[\d+\])?)*): ")
_PART = re.compile(r"([\w-]+)(?:\[(\d+)\])?")


class Nonsense(ValueError):  # noqa: N818 - it is what it says
    """What somebody wrote cannot be meant. `place` leads to it in the document."""

    def __init__(self, words: str, place: Place = ()) -> None:
        super().__init__(words)
        self.place = place


def place_in(refusal: str) -> Place:
    """Return the field that a refusal begins with, as the way to it."""
    found = _FIELD.match(refusal)
    parts = _PART.findall(found[1]) if found else []
    return tuple(step for name, number in parts for step in ((name, int(number)) if number else (name,)))


def refuse_nonsense(rules: Sequence[Rule]) -> None:
    """Look through the policies of a document, in its order.

    Raises:
        Nonsense: the first that cannot be meant.
    """
    for i, rule in enumerate(rules):
        for place, words in _flaws(rule.policy):
            field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")
            raise Nonsense(f"policy {rule.name!r}: {field}: {words}", ("policy", i, *place))


def _flaws(policy: Policy) -> Iterator[tuple[Place, str]]:
    targets = [span for name in TARGETS if (span := getattr(policy, name))]
    longest, seen = max(targets, default=None), set[str]()
    for i, rung in enumerate(policy.ladder):
        place: Place = ("ladder", i)
        if rung.key in seen:
            yield place, f"{rung.key} stands there twice"
        seen.add(rung.key)
        yield from _flaws_of_rung(rung, place, longest)
    for state in sorted(policy.pause_states - set(REST_STATES)):
        yield ("pause_states",), f"no case is ever {state!r} ({', '.join(REST_STATES)})"


def _flaws_of_rung(rung: Rung, place: Place, longest: timedelta | None) -> Iterator[tuple[Place, str]]:
    if rung.share is not None and rung.share > 1:
        yield (*place, "share"), f"{rung.share:g} is after the breach, which is the end of the ladder"
    if rung.share == 0:
        yield (*place, "share"), "0 is the moment at which the customer writes: nobody has had time for anything yet"
    if rung.left is not None and longest is not None and rung.left >= longest:
        yield (*place, "left"), "longer than every target of this policy: it would be taken at once"


def odd(book: RuleBook) -> list[str]:
    """Return what works and may not be meant: a target that the platform's reply window never lets run out."""
    found = []
    for rule in book.rules:
        if not rule.conditions.get("kind", PRIVATE) & PRIVATE:
            continue
        own = rule.window
        asked = rule.conditions.get("channel", frozenset(book.windows))
        windows = {kind: window for kind, window in book.windows.items() if kind in asked}
        for kind, window in ({"": own} if own is not None else windows).items():
            capped = [
                name
                for name in ("first_response", "next_response")
                if (getattr(rule.policy, name) or window.length) > window.length
            ]
            if capped:
                found.append(
                    f"policy {rule.name!r}: {' and '.join(capped)}: longer than replies are taken in private"
                    f"{f' on {kind}' if kind else ''}: there the window decides"
                )
    return found

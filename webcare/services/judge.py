"""Who answers what a message means in this process, and how that goes: what is counted for monitoring is counted here.

The classifier itself may load in its own thread, be replaced while it answers, and fail; a judge is always there.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from webcare.ports.classifier import READY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from webcare.domain.verdict import Verdict
    from webcare.ports.classifier import Classifier, Request, Serving


class AlwaysThere:
    """A classifier that needs no loading, as one that might."""

    state = READY
    trouble = None
    waiting = 0

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    @property
    def name(self) -> str:
        return self._classifier.name

    def classify(self, requests: Sequence[Request]) -> list[Verdict]:
        return self._classifier.classify(requests)

    def start(self) -> None:
        """Nothing is to be loaded."""

    def stop(self) -> None:
        """Nothing runs."""

    def swap(self, load: Callable[[], Classifier]) -> None:
        self._classifier = load()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How it goes: `name` answers now, `waiting` texts wait, `verdicts` were given by model since the start, in `seconds`."""

    name: str
    state: str
    trouble: str | None
    waiting: int
    verdicts: Mapping[str, int]
    seconds: float


class Judge:
    """A classifier that counts, and knows what was asked for last: `wanted`."""

    def __init__(self, serving: Serving, wanted: str, seconds: Callable[[], float]) -> None:
        self._serving = serving
        self._seconds = seconds
        self._counting = threading.Lock()
        self._verdicts: Counter[str] = Counter()
        self._took = 0.0
        self._wanted, self._asked_at = wanted, seconds()

    @property
    def name(self) -> str:
        return self._serving.name

    @property
    def state(self) -> str:
        return self._serving.state

    @property
    def trouble(self) -> str | None:
        return self._serving.trouble

    def classify(self, requests: Sequence[Request]) -> list[Verdict]:
        began = self._seconds()
        verdicts = self._serving.classify(requests)
        took = self._seconds() - began
        with self._counting:
            self._verdicts.update(verdict.model for verdict in verdicts)
            self._took += took
        return verdicts

    def explain(self, request: Request) -> Verdict:
        """Return the verdict on one message with the words that decide; it counts for nothing."""
        return self._serving.classify([request])[0]

    def ask_for(self, wanted: str, load: Callable[[], Classifier]) -> None:
        """Let another one answer as soon as it is loaded."""
        self._wanted, self._asked_at = wanted, self._seconds()
        self._serving.swap(load)

    def wants_anew(self, wanted: str, *, again: float) -> bool:
        """Tell whether something else is asked for by now, or what could not be loaded is to be tried once more after `again` seconds."""
        is_due = self.trouble is not None and self._seconds() - self._asked_at >= again
        return wanted != self._wanted or is_due

    def judging(self) -> Judging:
        with self._counting:
            verdicts, took = dict(self._verdicts), self._took
        return Judging(
            name=self.name,
            state=self.state,
            trouble=self.trouble,
            waiting=self._serving.waiting,
            verdicts=verdicts,
            seconds=took,
        )

    def start(self) -> None:
        self._serving.start()

    def stop(self) -> None:
        self._serving.stop()

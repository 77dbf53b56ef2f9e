r"""The thread that the model lives in: callers hand in messages and wait, and it answers what waits together, in small batches.

    callers --bounded queue--> worker thread --batch--> model --verdicts--> each caller
       \-- while the model loads, failed to load, or was stopped: the stand-in, at once, in the caller's own thread

What it relies on: a model may raise for a text, never hang. What it refuses: to let one text harm another, to lose a message, or to keep
a caller waiting for a model that will not come. A model loads in a thread of its own, so that the one before it answers meanwhile.
Loading the libraries of the model is part of that: here nothing heavy is imported.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from sentiment.trouble import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from webcare.domain.verdict import Verdict
    from webcare.ports.classifier import Classifier, Request

State = Literal["loading", "ready", "failed"]
STAND_IN = "stand-in:"


@dataclass(slots=True, eq=False)
class Call:
    """One caller's messages. `verdicts` holds None where nobody has answered yet; `done` is set when nobody will any more."""

    requests: Sequence[Request]
    verdicts: list[Verdict | None]
    left: int
    done: threading.Event = field(default_factory=threading.Event)

    def answer(self, place: int, verdict: Verdict | None) -> None:
        self.verdicts[place] = verdict
        self.forgo(1)

    def forgo(self, count: int) -> None:
        self.left -= count
        if not self.left:
            self.done.set()


class Worker:
    """A classifier that other threads may ask. `queue` messages may wait, then callers do; `batch` are taken at a time."""

    def __init__(self, load: Callable[[], Classifier], stand_in: Classifier, *, queue: int = 256, batch: int = 32) -> None:
        self._load, self._stand_in = load, stand_in
        self._room, self._batch = queue, batch
        self._changed = threading.Condition()  # guards everything below
        self._waiting: deque[tuple[Call, int]] = deque()
        self._model: Classifier | None = None
        self._loads = 0  # the newest one wins
        self._is_loading = True
        self._is_stopped = False
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="classifier", daemon=True)

    def start(self) -> None:
        """Begin to load, and return at once."""
        self._thread.start()
        self.swap(self._load)

    def stop(self) -> None:
        """End after the batch at hand; who waits beyond it gets the stand-in's answer. Returns when the thread has ended."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def name(self) -> str:
        """Return who answers now."""
        model = self._model
        return model.name if model is not None and not self._is_stopped else STAND_IN + self._stand_in.name

    @property
    def state(self) -> State:
        with self._changed:
            if self._model is not None:
                return "ready"
            return "loading" if self._is_loading else "failed"

    @property
    def trouble(self) -> str | None:
        """Why the newest model did not load, in one sentence; None when it did, or still loads."""
        return self._trouble

    @property
    def waiting(self) -> int:
        """How many messages wait to be taken."""
        return len(self._waiting)

    def wait_until_loaded(self, timeout: float | None = None) -> bool:
        """Wait until nothing loads any more, well or badly; False when it still does after `timeout` seconds, or was stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or not self._is_loading, timeout)
            return not self._is_loading

    # --- asking ---

    def classify(self, requests: Sequence[Request]) -> list[Verdict]:
        """Return one verdict a request; blocks. Any thread but the worker's own may ask."""
        if not requests:
            return []
        call = Call(requests, [None] * len(requests), len(requests))
        self._hand_in(call)
        call.done.wait()
        missing = [place for place, verdict in enumerate(call.verdicts) if verdict is None]
        for place, verdict in zip(missing, self._by_stand_in([requests[place] for place in missing]), strict=True):
            call.verdicts[place] = verdict
        return [verdict for verdict in call.verdicts if verdict is not None]

    def _hand_in(self, call: Call) -> None:
        """Queue a call's messages as room comes. Those that nobody is there to take any more count as done, without a verdict."""
        place = 0
        with self._changed:
            while place < len(call.requests):
                self._changed.wait_for(lambda: not self._is_answering or len(self._waiting) < self._room)
                if not self._is_answering:
                    call.forgo(len(call.requests) - place)
                    return
                until = min(place + self._room - len(self._waiting), len(call.requests))
                self._waiting.extend((call, i) for i in range(place, until))
                place = until
                self._changed.notify_all()

    @property
    def _is_answering(self) -> bool:
        return self._model is not None and not self._is_stopped

    def _by_stand_in(self, requests: Sequence[Request]) -> list[Verdict]:
        if not requests:
            return []
        return [replace(verdict, model=STAND_IN + verdict.model) for verdict in self._stand_in.classify(requests)]

    # --- answering ---

    def _run(self) -> None:
        try:
            while (taken := self._take()) is not None:
                model, items = taken
                verdicts = self._answers(model, [call.requests[place] for call, place in items])
                with self._changed:
                    for (call, place), verdict in zip(items, verdicts, strict=True):
                        call.answer(place, verdict)
        finally:
            self._let_go()

    def _take(self) -> tuple[Classifier, list[tuple[Call, int]]] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or (self._waiting and self._model is not None))
            if self._is_stopped or self._model is None:
                return None
            items = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
            self._changed.notify_all()
            return self._model, items

    def _answers(self, model: Classifier, requests: list[Request]) -> Sequence[Verdict | None]:
        """Return the model's verdicts: of a batch that it fails on one by one, and None for what it fails on alone."""
        verdicts = _ask(model, requests)
        if verdicts is not None:
            return verdicts
        alone = [_ask(model, [request]) for request in requests] if len(requests) > 1 else [None]
        return [found[0] if found else None for found in alone]

    def _let_go(self) -> None:
        """Nobody takes anything any more: whoever waits asks the stand-in."""
        with self._changed:
            self._is_stopped = True
            while self._waiting:
                call, place = self._waiting.popleft()
                call.answer(place, None)
            self._changed.notify_all()

    # --- loading ---

    def swap(self, load: Callable[[], Classifier]) -> None:
        """Load another model and return at once. The present one answers until the new one is there, and stays if it does not load."""
        with self._changed:
            self._loads += 1
            self._is_loading, self._trouble = True, None
            number = self._loads
        threading.Thread(target=self._bring, args=(load, number), name="classifier-load", daemon=True).start()

    def _bring(self, load: Callable[[], Classifier], number: int) -> None:
        model, trouble = _loaded(load)
        with self._changed:
            if number != self._loads or self._is_stopped:  # another was asked for meanwhile
                return
            self._model = model or self._model
            self._trouble, self._is_loading = trouble, False
            self._changed.notify_all()


def _ask(model: Classifier, requests: list[Request]) -> list[Verdict] | None:
    try:
        verdicts = model.classify(requests)
    except Exception:  # noqa: BLE001 - the runner around a model: the stand-in answers what it stumbles over
        return None
    return verdicts if len(verdicts) == len(requests) else None


def _loaded(load: Callable[[], Classifier]) -> tuple[Classifier | None, str | None]:
    try:
        return load(), None
    except ModelError as error:
        return None, str(error)
    except ImportError as error:
        return None, f"the model does not load: {error.name or 'a library of it'} is not installed"
    except Exception as error:  # noqa: BLE001 - the runner around a model: whatever keeps it from loading, messages are answered
        return None, f"the model does not load ({type(error).__name__})"

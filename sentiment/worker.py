r"""The thread that the model lives in: callers hand in messages and wait, and it answers what waits together, in small batches.

    callers --bounded queue--> worker thread --batch--> model --verdicts--> each caller
       \-- while the model loads, failed, or was stopped: the stand-in, at once, in the caller's own thread

What it relies on: a model may raise for a text, never hang. What it refuses: to let one text harm another, to lose a message, or to keep
a caller waiting for a model that will not come. A model that fails on a plain sentence too has failed itself: it is let go, as one that
did not load. A model loads in a thread of its own, so that the one before it answers meanwhile. Loading the libraries of the model is part
of that: here nothing heavy is imported.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from sentiment.trouble import ModelError
from webcare.ports.classifier import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from webcare.domain.verdict import Verdict
    from webcare.ports.classifier import Classifier

State = Literal["loading", "ready", "failed"]
STAND_IN = "stand-in:"
PLAIN = Request(id="plain", text="Waar blijft mijn pakket?")  # a model that fails on it would fail on anything


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
        self._in_hand: list[tuple[Call, int]] = []  # what the model has before it
        self._thread: threading.Thread | None = None  # the first model begins it

    def start(self) -> None:
        """Begin to load, and return at once."""
        self.swap(self._load)

    def stop(self) -> None:
        """End after the batch at hand; who waits beyond it gets the stand-in's answer. Returns when the thread has ended."""
        with self._changed:
            self._is_stopped, thread = True, self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    @property
    def name(self) -> str:
        """Return who answers now."""
        model = self._model
        return model.name if model is not None and not self._is_stopped else STAND_IN + self._stand_in.name

    @property
    def state(self) -> State:
        with self._changed:
            if self._is_answering:
                return "ready"
            return "loading" if self._is_loading and not self._is_stopped else "failed"

    @property
    def trouble(self) -> str | None:
        """Why the newest model did not load or answers no more, in one sentence; None when it answers, or still loads."""
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
            while self._answer_next():
                pass
        finally:
            self._let_go()

    def _answer_next(self) -> bool:
        """Wait for a batch and answer it; False at the end. Who waits here holds no model: one that was let go makes room."""
        taken = self._take()
        if taken is None:
            return False
        model, items = taken
        verdicts = self._answers(model, [call.requests[place] for call, place in items])
        with self._changed:
            self._in_hand = []
            for (call, place), verdict in zip(items, verdicts, strict=True):
                call.answer(place, verdict)
        return True

    def _take(self) -> tuple[Classifier, list[tuple[Call, int]]] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or (self._waiting and self._model is not None))
            if self._is_stopped or self._model is None:
                return None
            self._in_hand = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
            self._changed.notify_all()
            return self._model, self._in_hand

    def _answers(self, model: Classifier, requests: list[Request]) -> Sequence[Verdict | None]:
        """Return the model's verdicts: of a batch that it fails on one by one, and None for what it fails on alone.

        Where it did not recover from the last of them, a plain sentence tells whether that was the text's fault or the model's.
        """
        verdicts = _ask(model, requests)
        if verdicts is not None:
            return verdicts
        alone = [_ask(model, [request]) for request in requests] if len(requests) > 1 else [None]
        if alone[-1] is None and (trouble := _silence(model)) is not None:
            self._give_up(model, trouble)
        return [found[0] if found else None for found in alone]

    def _give_up(self, model: Classifier, trouble: str) -> None:
        """Let a model go before its callers have their answers: who sees a stand-in's verdict then sees why."""
        with self._changed:
            if self._model is model:  # else another has come meanwhile
                self._send_away(trouble)

    def _let_go(self) -> None:
        """The thread ends, asked to or not; another one begins with the next model."""
        with self._changed:
            self._waiting.extendleft(reversed(self._in_hand))
            self._send_away(self._trouble if self._is_stopped else "the thread that the model answered in has ended")
            self._thread = None

    def _send_away(self, trouble: str | None) -> None:
        """Nobody takes anything until there is another model: whoever waits asks the stand-in."""
        self._model, self._trouble = None, trouble
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
        model, trouble = loaded(load)
        with self._changed:
            if number != self._loads or self._is_stopped:  # another was asked for meanwhile
                return
            self._model = model or self._model
            self._trouble, self._is_loading = trouble, False
            if self._model is not None and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="classifier", daemon=True)
                self._thread.start()
            self._changed.notify_all()


def _ask(model: Classifier, requests: list[Request]) -> list[Verdict] | None:
    try:
        verdicts = model.classify(requests)
        is_whole = len(verdicts) == len(requests)
    except Exception:  # noqa: BLE001 - the runner around a model: the stand-in answers what it stumbles over
        return None
    return verdicts if is_whole else None


def _silence(model: Classifier) -> str | None:
    """Return why a model answers nothing whatever, in one sentence; None when it answers a plain question."""
    try:
        is_silent = len(model.classify([PLAIN])) != 1
    except ModelError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - the runner around a model: the stand-in answers in its place
        return f"the model fails on every text ({type(error).__name__})"
    return "the model answers no text" if is_silent else None


def loaded(load: Callable[[], Classifier]) -> tuple[Classifier | None, str | None]:
    """Return a model that answers a plain question, else why there is none, in one sentence for the operator."""
    try:
        model = load()
    except ModelError as error:
        return None, str(error)
    except ImportError as error:
        return None, f"the model does not load: {error.name or 'a library of it'} is not installed"
    except Exception as error:  # noqa: BLE001 - the runner around a model: whatever keeps it from loading, messages are answered
        return None, f"the model does not load ({type(error).__name__})"
    trouble = _silence(model)
    return (model, None) if trouble is None else (None, trouble)

"""The model's thread: word rules until it is there, nobody lost, nobody kept waiting, one text's harm its own.

Nothing sleeps. Who has to be slow waits for an event that the test sets; PATIENCE only ends a test that would hang.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import tiny_model

from sentiment.model.classifier import ModelClassifier
from sentiment.model.folder import read_folder
from sentiment.rules import RuleClassifier
from sentiment.trouble import ModelError
from sentiment.worker import PLAIN, Worker
from webcare.domain.verdict import Intent, Sentiment, Urgency, Verdict
from webcare.ports.classifier import Classifier, Request, Serving

PATIENCE = 30
RULES = "stand-in:rules-1"


def asked(*texts):
    return [Request(id=str(i), text=text) for i, text in enumerate(texts)]


def said(text, model):
    """A verdict in which the text itself can be recognised."""
    return Verdict(
        language=text,
        sentiment=Sentiment.NEUTRAL,
        sentiment_scores={},
        intents=(),
        intent_scores={},
        needs_response=False,
        needs_response_score=0.0,
        unsure=False,
        urgency=Urgency.NORMAL,
        urgency_score=0.0,
        model=model,
    )


class FakeModel:
    """Repeats what it is asked. `gate` is held shut by a test that wants it busy; a text that begins with "poison" makes it raise.

    Alone with `breaks_at` it raises, and on everything after it: it is broken.
    """

    def __init__(self, name="fake-1"):
        self.name = name
        self.gate = threading.Event()
        self.gate.set()
        self.is_busy = threading.Semaphore(0)
        self.batches = []
        self.breaks_at = None
        self.is_broken = False

    def classify(self, requests):
        texts = [request.text for request in requests]
        if list(requests) != [PLAIN]:
            self.batches.append(texts)
            self.is_busy.release()
            assert self.gate.wait(PATIENCE)
        self.is_broken |= texts == [self.breaks_at]
        if self.is_broken:
            raise MemoryError
        if any(text.startswith("poison") for text in texts):
            raise RuntimeError("cannot read this")
        return [said(text, self.name) for text in texts]


class FakeRules:
    """Stands in, and can be recognised too."""

    name = "rules-1"

    def classify(self, requests):
        return [said(request.text, self.name) for request in requests]


def no_model():
    raise ModelError("the model folder x is damaged")


@contextmanager
def running(load, **settings):
    worker = Worker(load, FakeRules(), **settings)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


@contextmanager
def ready(model, **settings):
    with running(lambda: model, **settings) as worker:
        assert worker.wait_until_loaded(PATIENCE)
        yield worker
        model.gate.set()


@contextmanager
def callers():
    with ThreadPoolExecutor(40) as pool:
        yield lambda worker, *texts: pool.submit(worker.classify, asked(*texts))


def words(verdicts):
    return [verdict.language for verdict in verdicts]


def models(verdicts):
    return {verdict.model for verdict in verdicts}


def _until_waiting(worker, count):
    with worker._changed:
        assert worker._changed.wait_for(lambda: worker.waiting == count, PATIENCE)


# --- before the model is there


def test_the_rules_answer_at_once_while_it_loads_and_the_model_afterwards():
    loading, model = threading.Event(), FakeModel()

    def load():
        assert loading.wait(PATIENCE)
        return model

    with running(load) as worker:
        assert (worker.state, worker.name, worker.trouble) == ("loading", RULES, None)
        assert models(worker.classify(asked("a", "b"))) == {RULES}  # while nobody has set the event
        assert not worker.wait_until_loaded(0)
        loading.set()
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.state, worker.name) == ("ready", "fake-1")
        assert models(worker.classify(asked("a"))) == {"fake-1"}


def test_nothing_loads_before_it_is_started():
    worker = Worker(no_model, FakeRules())
    assert models(worker.classify(asked("a"))) == {RULES}
    assert worker.trouble is None
    worker.stop()


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (ModelError("the model folder x is damaged: encoder.onnx is not what SHA256SUMS says"), None),
        (
            ImportError("No module named 'onnxruntime'", name="onnxruntime"),
            "the model does not load: onnxruntime is not installed",
        ),
        (ImportError("libgomp"), "the model does not load: a library of it is not installed"),
        (RuntimeError("geheim"), "the model does not load (RuntimeError)"),
        (MemoryError(), "the model does not load (MemoryError)"),
    ],
)
def test_what_does_not_load_is_said_in_a_sentence_and_the_rules_stay(error, trouble):
    def load():
        raise error

    with running(load) as worker:
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.state, worker.name) == ("failed", RULES)
        assert worker.trouble == (trouble or str(error))
        assert models(worker.classify(asked("a"))) == {RULES}


def test_loading_happens_in_another_thread_than_the_callers():
    seen = []

    def load():
        seen.append(threading.current_thread())
        return FakeModel()

    with running(load) as worker:
        worker.wait_until_loaded(PATIENCE)
    assert seen[0] is not threading.current_thread()


def test_nothing_of_the_model_is_imported_before_it_loads():
    """A daemon that is started, and a command that only prints its help, must not wait for numpy, onnxruntime and transformers."""
    script = """
import sys
from sentiment.rules import RuleClassifier
from sentiment.worker import Worker
Worker(lambda: None, RuleClassifier())
print(sorted({"numpy", "onnxruntime", "transformers", "tokenizers"} & sys.modules.keys()))
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


# --- answering


def test_it_is_a_classifier_that_can_be_served():
    found: Serving = Worker(FakeModel, FakeRules())
    other: Classifier = found
    assert other.classify([]) == []


def test_everybody_gets_their_own_answers_in_their_order():
    with ready(FakeModel(), batch=3) as worker, callers() as ask:
        texts = [[f"{who}:{i}" for i in range(who % 7)] for who in range(60)]
        calls = [ask(worker, *mine) for mine in texts]
        assert [words(call.result(PATIENCE)) for call in calls] == texts
        assert worker.waiting == 0


def test_what_waits_is_taken_together_whoever_asked():
    model = FakeModel()
    with ready(model, batch=4) as worker, callers() as ask:
        model.gate.clear()
        first = ask(worker, "first")
        model.is_busy.acquire()
        others = [ask(worker, text) for text in "abcdef"]
        _until_waiting(worker, 6)
        model.gate.set()
        assert words(first.result(PATIENCE)) == ["first"]
        assert sorted(words(found)[0] for found in (call.result(PATIENCE) for call in others)) == list("abcdef")
        assert [len(batch) for batch in model.batches] == [1, 4, 2]


def test_a_full_queue_holds_its_callers_and_loses_nothing():
    model = FakeModel()
    with ready(model, queue=5, batch=2) as worker, callers() as ask:
        model.gate.clear()
        calls = [ask(worker, *(f"{who}:{i}" for i in range(20))) for who in range(5)]
        model.is_busy.acquire()
        _until_waiting(worker, 5)
        assert not any(call.done() for call in calls)
        model.gate.set()
        for who, call in enumerate(calls):
            assert words(call.result(PATIENCE)) == [f"{who}:{i}" for i in range(20)]
        assert max(map(len, model.batches)) <= 2


def test_the_queue_never_holds_more_than_it_may():
    model, most = FakeModel(), []
    with ready(model, queue=5, batch=2) as worker, callers() as ask:
        answer = model.classify
        model.classify = lambda requests: most.append(worker.waiting) or answer(requests)
        for call in [ask(worker, *"abcdefghij") for _ in range(10)]:
            call.result(PATIENCE)
    assert max(most) <= 5


def test_a_poisoned_text_harms_only_itself():
    model = FakeModel()
    with ready(model, batch=8) as worker:
        found = worker.classify(asked("a", "poison", "b", "c"))
        assert words(found) == ["a", "poison", "b", "c"]
        assert [verdict.model for verdict in found] == ["fake-1", RULES, "fake-1", "fake-1"]
        assert worker.state == "ready"
        assert models(worker.classify(asked("poison alone"))) == {RULES}
        assert models(worker.classify(asked("d"))) == {"fake-1"}


def test_a_poisoned_text_harms_no_other_caller():
    model = FakeModel()
    with ready(model, batch=8) as worker, callers() as ask:
        model.gate.clear()
        ask(worker, "first")
        model.is_busy.acquire()
        bad, good = ask(worker, "poison"), ask(worker, "good")
        _until_waiting(worker, 2)
        model.gate.set()
        assert (models(bad.result(PATIENCE)), models(good.result(PATIENCE))) == ({RULES}, {"fake-1"})


def test_a_model_that_answers_too_little_is_not_believed():
    model = FakeModel()
    with ready(model) as worker:
        model.classify = lambda requests: [said(request.text, "fake-1") for request in requests][:1]
        found = worker.classify(asked("a", "b"))
        assert words(found) == ["a", "b"]
        assert worker.state == "ready"


# --- a model that fails, not a text


EVERY = "the model fails on every text (MemoryError)"


def test_a_model_that_fails_on_a_plain_sentence_too_is_let_go_until_it_answers_again():
    model = FakeModel()
    with ready(model, batch=8) as worker:
        model.is_broken = True
        assert models(worker.classify(asked("a", "b"))) == {RULES}
        assert (worker.state, worker.name, worker.trouble) == ("failed", RULES, EVERY)
        tried = len(model.batches)
        assert models(worker.classify(asked("c"))) == {RULES}
        assert len(model.batches) == tried, "nobody asks it any more"
        worker.swap(lambda: model)
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.state, worker.trouble) == ("failed", EVERY), "it loads, and still answers nothing"
        model.is_broken = False
        worker.swap(lambda: model)
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.state, worker.trouble) == ("ready", None)
        assert models(worker.classify(asked("d"))) == {"fake-1"}


def test_who_waits_behind_a_model_that_fails_is_answered_by_the_rules():
    model = FakeModel()
    with ready(model, queue=3, batch=2) as worker, callers() as ask:
        model.gate.clear()
        first = ask(worker, "first")
        model.is_busy.acquire()
        others = [ask(worker, *(f"{who}:{i}" for i in range(5))) for who in range(3)]  # three texts queued, twelve wait for room
        _until_waiting(worker, 3)
        model.is_broken = True
        model.gate.set()
        for call in [first, *others]:
            assert models(call.result(PATIENCE)) == {RULES}
        assert (worker.state, worker.waiting) == ("failed", 0)


def test_a_model_that_fails_in_the_middle_of_a_batch_is_let_go():
    model = FakeModel()
    model.breaks_at = "c"
    with ready(model, batch=8) as worker:
        found = worker.classify(asked("a", "poison", "b", "c", "d"))
        assert [verdict.model for verdict in found] == ["fake-1", RULES, "fake-1", RULES, RULES]
        assert (worker.state, worker.trouble) == ("failed", EVERY)


@pytest.mark.parametrize("nothing", [[], None])
def test_a_model_that_returns_nothing_for_any_text_is_let_go(nothing):
    model = FakeModel()
    with ready(model) as worker:
        model.classify = lambda _: nothing
        assert models(worker.classify(asked("a", "b"))) == {RULES}
        assert worker.state == "failed"
        assert worker.trouble.startswith("the model ")


def test_what_the_model_itself_says_of_its_trouble_is_told():
    model = FakeModel()

    def fail(_):
        raise ModelError("the model fake-1 answered with what is no number")

    with ready(model) as worker:
        model.classify = fail
        worker.classify(asked("a"))
        assert worker.trouble == "the model fake-1 answered with what is no number"


def test_a_model_that_answers_nothing_takes_no_others_place():
    other = FakeModel("fake-2")
    other.is_broken = True
    with ready(FakeModel()) as worker:
        worker.swap(lambda: other)
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.state, worker.name, worker.trouble) == ("ready", "fake-1", EVERY)


def test_a_model_that_fails_while_another_loads_leaves_its_place_to_it():
    loading, model = threading.Event(), FakeModel()

    def load():
        assert loading.wait(PATIENCE)
        return FakeModel("fake-2")

    with ready(model) as worker:
        worker.swap(load)
        model.is_broken = True
        assert models(worker.classify(asked("a"))) == {RULES}
        assert worker.state == "loading"
        loading.set()
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.state, worker.name, worker.trouble) == ("ready", "fake-2", None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_model_that_ends_the_thread_keeps_nobody_waiting_and_the_next_one_begins_another():
    model = FakeModel()

    def leave(_):
        raise SystemExit

    with ready(model, batch=2) as worker, callers() as ask:
        thread = worker._thread
        model.classify = leave
        assert words(ask(worker, *"abcde").result(PATIENCE)) == list("abcde")
        thread.join(PATIENCE)
        assert (worker.state, worker.name) == ("failed", RULES)
        assert worker.trouble == "the thread that the model answered in has ended"
        worker.swap(FakeModel)
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.state, worker.trouble) == ("ready", None)
        assert models(ask(worker, "f").result(PATIENCE)) == {"fake-1"}


# --- another model


def test_the_old_one_answers_until_the_new_one_is_there():
    loading = threading.Event()

    def load():
        assert loading.wait(PATIENCE)
        return FakeModel("fake-2")

    with ready(FakeModel()) as worker:
        worker.swap(load)
        assert (worker.state, worker.name) == ("ready", "fake-1")
        assert models(worker.classify(asked("a"))) == {"fake-1"}
        loading.set()
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.name, models(worker.classify(asked("a")))) == ("fake-2", {"fake-2"})


def test_a_new_one_that_does_not_load_changes_nothing_but_is_said():
    with ready(FakeModel()) as worker:
        worker.swap(no_model)
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.state, worker.name, worker.trouble) == ("ready", "fake-1", "the model folder x is damaged")
        worker.swap(lambda: FakeModel("fake-3"))
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.name, worker.trouble) == ("fake-3", None)


def test_a_swap_repairs_a_worker_without_a_model():
    with running(no_model) as worker:
        assert worker.wait_until_loaded(PATIENCE)
        worker.swap(FakeModel)
        assert worker.wait_until_loaded(PATIENCE)
        assert (worker.state, worker.trouble) == ("ready", None)


def test_of_two_swaps_the_later_one_counts_even_when_the_earlier_takes_longer():
    slow = threading.Event()

    def load_slowly():
        assert slow.wait(PATIENCE)
        return FakeModel("slow")

    with ready(FakeModel()) as worker:
        worker.swap(load_slowly)
        slow_thread = next(thread for thread in threading.enumerate() if thread.name == "classifier-load")
        worker.swap(lambda: FakeModel("late"))
        assert worker.wait_until_loaded(PATIENCE)
        slow.set()
        slow_thread.join(PATIENCE)
        assert worker.name == "late"


def test_a_swap_in_the_middle_of_many_callers_loses_nobody():
    with ready(FakeModel("m0"), queue=8, batch=3) as worker, callers() as ask:
        calls = []
        for i in range(1, 20):
            calls += [ask(worker, *(f"{i}:{who}:{n}" for n in range(5))) for who in range(3)]
            worker.swap(lambda i=i: FakeModel(f"m{i}"))
        assert worker.wait_until_loaded(PATIENCE)
        found = [call.result(PATIENCE) for call in calls]
        assert sum(map(len, found)) == 19 * 15
        assert worker.name == "m19"
        assert all(verdict.model.startswith("m") for verdicts in found for verdict in verdicts)


# --- the end


def test_who_waits_when_it_stops_gets_the_stand_ins_answer():
    model = FakeModel()
    worker = Worker(lambda: model, FakeRules(), queue=4, batch=2)
    worker.start()
    assert worker.wait_until_loaded(PATIENCE)
    model.gate.clear()
    with callers() as ask:
        calls = [ask(worker, f"{who}:a", f"{who}:b", f"{who}:c") for who in range(6)]
        model.is_busy.acquire()
        _until_waiting(worker, 4)  # two are with the model, four queued, twelve wait to be queued
        stopping = threading.Thread(target=worker.stop)
        stopping.start()
        late = ask(worker, "late")
        model.gate.set()
        stopping.join(PATIENCE)
        found = [call.result(PATIENCE) for call in calls]
        assert [words(verdicts) for verdicts in found] == [[f"{who}:{x}" for x in "abc"] for who in range(6)]
        answered = [verdict.model for verdicts in found for verdict in verdicts]
        assert (answered.count("fake-1"), answered.count(RULES)) == (2, 16)
        assert words(late.result(PATIENCE)) == ["late"]
    assert worker._thread is None
    assert (worker.name, worker.state, worker.trouble) == (RULES, "failed", None)


def test_it_stops_while_it_loads_and_what_loads_is_left_alone():
    loading = threading.Event()

    def load():
        assert loading.wait(PATIENCE)
        return FakeModel()

    worker = Worker(load, FakeRules())
    worker.start()
    worker.stop()
    loading.set()
    assert models(worker.classify(asked("a"))) == {RULES}
    worker.stop()


# --- a real model


def test_a_text_that_the_real_network_cannot_look_up_is_answered_by_the_rules(tiny):
    worker = Worker(lambda: tiny, RuleClassifier(), batch=8)
    worker.start()
    assert worker.wait_until_loaded(PATIENCE)
    with pytest.raises(Exception, match="indices element out of data bounds"):
        tiny.classify(asked(tiny_model.POISON))
    found = worker.classify(asked("kapot", f"wanneer {tiny_model.POISON}", "bedankt"))
    worker.stop()
    assert [verdict.model for verdict in found] == ["tiny-1", RULES, "tiny-1"]
    assert found[1].intents == (Intent.QUESTION,)


def test_many_threads_get_what_each_would_get_alone(tiny_folder):
    worker = Worker(lambda: ModelClassifier(read_folder(tiny_folder)), RuleClassifier(), queue=16)
    worker.start()
    assert worker.wait_until_loaded(PATIENCE)
    alone = ModelClassifier(read_folder(tiny_folder))
    texts = [[f"{word} {'de app ' * (who % 5)}" for word in ("kapot", "wanneer", "bedankt", "")] for who in range(30)]
    with callers() as ask:
        calls = [ask(worker, *mine) for mine in texts]
        for mine, call in zip(texts, calls, strict=True):
            assert call.result(PATIENCE) == alone.classify(asked(*mine))
    worker.stop()

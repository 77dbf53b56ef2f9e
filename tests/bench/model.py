"""The trained model: what its surroundings cost beside the bare network, and what a daemon notices of it.

The reference of the rate is onnxruntime alone, on the very batches that the worker made of the same messages, in a session with as many
threads: whatever queueing, masking, cutting, padding, adding up and deciding cost is the difference. What the requirements name in
milliseconds or megabytes has those as its reference, and the limit 1.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from rounds import Bench, timed

from webcare.domain.message import Kind
from webcare.ports.classifier import RepliedTo, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from sentiment.model.classifier import ModelClassifier
    from sentiment.worker import Worker

SHARE = 0.85  # of what the bare network does in a second
LAG, FIRST, READY = 0.050, 0.150, 3.0  # seconds of the requirements
MEMORY = 400.0 - 160.0  # megabytes: a daemon with the model, less one without
STARTING = 1.5  # seconds that the reference of `ready` takes on the machine of README.md
AT_A_TIME = 32
TICK = 0.001
IN_A_ROW = 9  # single messages, of which the slowest counts

# A process that holds what a daemon holds before the model comes: the word rules and the worker.
OURS = """
import json, sys
from pathlib import Path
from time import perf_counter
from sentiment.rules import RuleClassifier
from sentiment.worker import Worker
from webcare.ports.classifier import Request
def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
def load():
    from sentiment.model.classifier import ModelClassifier
    from sentiment.model.folder import read_folder
    return ModelClassifier(read_folder(Path(sys.argv[1])))
requests = [Request(id="1", text=text) for text in json.load(sys.stdin)]
RuleClassifier().classify(requests[:1])
before = megabytes()
worker = Worker(load, RuleClassifier())
begun = perf_counter()
worker.start()
worker.wait_until_loaded()
ready = perf_counter() - begun
assert worker.state == "ready", worker.trouble
for at in range(0, len(requests), 32):
    worker.classify(requests[at : at + 32])
print(json.dumps([ready, megabytes() - before]))
worker.stop()
"""
THEIRS = """
import os, sys
from time import perf_counter
os.environ["TRANSFORMERS_NO_ADVISORY_WARNINGS"] = "1"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
begun = perf_counter()
import onnxruntime
from transformers import PreTrainedTokenizerFast
onnxruntime.InferenceSession(sys.argv[1] + "/encoder.onnx")
PreTrainedTokenizerFast(tokenizer_file=sys.argv[1] + "/tokenizer.json")
print(perf_counter() - begun)
"""


def model(folder: Path, stream: Path, messages: int | None = None) -> Iterator[Bench]:
    """Yield the benches of a model folder; none, and a line that says so, where there is no model."""
    if not (folder / "model.json").is_file():
        print("classify.model                     no weights here")
        return
    rows = [json.loads(line) for line in stream.read_text(encoding="utf-8").splitlines()]
    known = {row["id"]: row for row in rows}
    requests = [_request(row, known.get(row["in_response_to"])) for row in rows if row["inbound"]][:messages]
    yield from _through_the_worker(folder, requests)
    yield from _fresh(folder, requests)


def _request(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> Request:
    """Return what the daemon would ask: with the message that this one answers, where there is one."""
    by_us = before is not None and not before["inbound"]
    replied_to = None if before is None else RepliedTo(text=before["text"], by_us=by_us)
    return Request(id=row["id"], text=row["text"], kind=Kind.MENTION, replied_to=replied_to, we_spoke_last=by_us)


def _rate(worker: Worker, classifier: ModelClassifier, requests: Sequence[Request]) -> Bench:
    batches = [requests[at : at + AT_A_TIME] for at in range(0, len(requests), AT_A_TIME)]
    feeds = []
    with _watched(classifier.encoder.runner, feeds):
        for batch in batches:
            worker.classify(batch)
    session = classifier.encoder.runner.session
    return Bench(
        name="classify.model",
        unit="/s",
        against="onnxruntime alone on the same batches",
        ours=lambda: timed(lambda: [worker.classify(batch) for batch in batches], len(requests)),
        theirs=lambda: timed(lambda: [session.run(None, one) for one in feeds], len(requests)),
        limit=1 / SHARE,
        required="85 % of the bare network",
    )


@contextmanager
def _watched(runner: object, seen: list[object]) -> Iterator[None]:
    run = runner.run
    runner.run = lambda feeds: seen.append(feeds) or run(feeds)
    yield
    del runner.run


def _through_the_worker(folder: Path, requests: Sequence[Request]) -> Iterator[Bench]:
    from sentiment.model.classifier import ModelClassifier  # noqa: PLC0415 - a second, which only these benches have to wait
    from sentiment.model.folder import read_folder  # noqa: PLC0415
    from sentiment.rules import RuleClassifier  # noqa: PLC0415
    from sentiment.worker import Worker  # noqa: PLC0415

    classifier = ModelClassifier(read_folder(folder))
    worker = Worker(lambda: classifier, RuleClassifier())
    worker.start()
    worker.wait_until_loaded()
    try:
        yield _rate(worker, classifier, requests)
        yield Bench(
            name="classify.lag.p99",
            unit="ms",
            against="50 ms",
            ours=lambda: asyncio.run(_lag(worker.classify, requests)),
            theirs=lambda: LAG,
            limit=1,
            required="event-loop lag p99 < 50 ms while classifying",
        )
        yield Bench(
            name="classify.first",
            unit="ms",
            against="150 ms",
            ours=lambda: max(timed(lambda r=r: worker.classify([r])) for r in requests[:: max(1, len(requests) // IN_A_ROW)]),
            theirs=lambda: FIRST,
            limit=1,
            required="first verdict of a quiet queue < 150 ms",
        )
    finally:
        worker.stop()


async def _lag(classify: Callable[[Sequence[Request]], object], requests: Sequence[Request]) -> float:
    """Return how much later than asked a loop wakes up, 99 times of a hundred at most, while another thread classifies."""
    late = []
    work = asyncio.create_task(asyncio.to_thread(classify, requests))
    while not work.done():
        begun = perf_counter()
        await asyncio.sleep(TICK)
        late.append(perf_counter() - begun - TICK)
    await work
    late.sort()
    return late[-(len(late) // 100) - 1]


def _fresh(folder: Path, requests: Sequence[Request]) -> Iterator[Bench]:
    megabytes: list[float] = []

    def ours() -> float:
        texts = json.dumps([request.text for request in requests])
        ended = subprocess.run([sys.executable, "-c", OURS, str(folder)], input=texts, capture_output=True, text=True, check=True)
        seconds, grown = json.loads(ended.stdout)
        megabytes.append(grown)
        return seconds

    def theirs() -> float:
        ended = subprocess.run([sys.executable, "-c", THEIRS, str(folder)], capture_output=True, text=True, check=True)
        return float(ended.stdout)

    yield Bench(
        name="classify.ready",
        unit="ms",
        against="a bare Python that loads onnxruntime, transformers, the network and the tokenizer",
        ours=ours,
        theirs=theirs,
        limit=READY / STARTING,
        required="start of the worker to ready < 3 s",
    )
    yield Bench(
        name="classify.memory",
        unit="MB",
        against="240 MB",
        ours=lambda: megabytes.pop(0) / 1000,
        theirs=lambda: MEMORY / 1000,
        limit=1,
        required="a daemon with the model < 400 MB",
    )

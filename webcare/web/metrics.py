"""What a Prometheus server scrapes: counters of this process, and gauges of what the database says, at most every ten seconds.

Labels are channels, kinds, states and outcomes: sets that stay small. Never an author, never the address of a webhook. While the database
does not answer its gauges are absent and `webcare_database_up` is 0: an old number would look like a good one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from webcare.ports.classifier import FAILED, LOADING, READY
from webcare.web.lately import Lately

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from prometheus_client.core import Metric

    from webcare.ports.clock import Clock
    from webcare.services.judge import Judging
    from webcare.services.measure import Measured
    from webcare.web.health import Health

READ_EVERY: Final = timedelta(seconds=10)
SECOND: Final = timedelta(seconds=1)
STATES: Final = ("fine", "failing", "stopped", "spent")
KINDS: Final = ("alert", "letter", "reply")
WAITS: Final = ("queued", "held", "failed")
MODEL_STATES: Final = (LOADING, READY, FAILED)
REPLIES: Final = ("queued", "sending", "unconfirmed", "refused", "withdrawn")


class Metrics:
    """One registry of our own: whatever else lives in this process keeps out of it."""

    def __init__(
        self,
        measure: Callable[[], Awaitable[Measured | None]],
        health: Health,
        clock: Clock,
        judging: Callable[[], Judging] | None = None,
    ) -> None:
        self._lately = Lately(measure, clock, READ_EVERY)
        self._registry = CollectorRegistry()
        self._gauges = _Gauges(health, judging)
        self._registry.register(self._gauges)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self.hook_requests = Counter(
            "webcare_hook_requests", "Calls of webhook addresses.", ("kind", "outcome"), registry=self._registry
        )

    def count_hook(self, kind: str, outcome: str) -> None:
        self.hook_requests.labels(kind, outcome).inc()

    async def scrape(self, accept: str) -> tuple[bytes, str]:
        """Return the page as the caller reads it, and its content type."""
        self._gauges.measured = await self._lately.ask()
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class _Gauges(Collector):
    """Turns what was measured into samples when it is asked; it reads nothing itself."""

    def __init__(self, health: Health, judging: Callable[[], Judging] | None) -> None:
        self._health = health
        self._judging = judging
        self.measured: Measured | None = None

    def collect(self) -> Iterator[Metric]:
        yield _one("database_up", "Whether the database answered.", float(self.measured is not None))
        yield from self._sweep()
        if self._judging is not None:
            yield from _model(self._judging())
        if self.measured is not None:
            yield from _cases(self.measured)
            yield from _ways(self.measured)
            yield from _channels(self.measured)

    def _sweep(self) -> Iterator[GaugeMetricFamily]:
        sweep = self._health.last_sweep()
        yield _one("sweep_age_seconds", "Since the last look at deadlines ended; since the start before the first.", sweep.age)
        yield _one("sweep_duration_seconds", "How long the last look at deadlines took.", sweep.took)


def _model(found: Judging) -> Iterator[Metric]:
    states = {state: float(state == found.state) for state in MODEL_STATES}
    yield _by("model_state", "1 for the state of the model: the word rules answer while it is not ready.", states, "state")
    yield _one(
        "model_trouble", "Whether the model that was asked for last could not be loaded.", float(found.trouble is not None)
    )
    yield _one("classify_queue", "Texts that wait for the model.", found.waiting)
    verdicts = CounterMetricFamily("webcare_verdicts", "Verdicts by who gave them, since the start.", labels=("model",))
    for model, count in sorted(found.verdicts.items()):
        verdicts.add_metric((model,), count)
    yield verdicts
    yield CounterMetricFamily("webcare_classify_seconds", "Spent waiting for verdicts, since the start.", value=found.seconds)


def _cases(found: Measured) -> Iterator[GaugeMetricFamily]:
    channels = dict.fromkeys([*found.channels, *found.open_cases], 0)
    yield _by("cases_open", "Open cases.", {**channels, **found.open_cases})
    yield _by("cases_overdue", "Open cases past their deadline.", {**channels, **found.overdue_cases})
    yield _one(
        "next_deadline_seconds", "Until the earliest deadline of an open case; negative when it has passed.", found.to_deadline
    )
    yield _age(
        "unclassified_age_seconds",
        "Age of the oldest text that is not classified yet, 0 when there is none.",
        found.unclassified_for,
    )


def _ways(found: Measured) -> Iterator[GaugeMetricFamily]:
    yield _one("raw_bodies_waiting", "Bodies that came in and are not read yet.", found.bodies_waiting)
    yield _one("raw_bodies_unreadable", "Bodies that could not be read.", found.bodies_unreadable)
    outbox = GaugeMetricFamily("webcare_outbox", "Deliveries that did not go out.", labels=("kind", "state"))
    for kind, state in dict.fromkeys([*((kind, state) for kind in KINDS for state in WAITS), *found.deliveries]):
        outbox.add_metric((kind, state), found.deliveries.get((kind, state), 0))
    yield outbox
    yield _age(
        "outbox_age_seconds", "How long the oldest queued delivery could have gone out, 0 when none could.", found.queued_for
    )
    yield _by("replies", "Replies that no platform has accepted.", {**dict.fromkeys(REPLIES, 0), **found.replies}, "state")


def _channels(found: Measured) -> Iterator[GaugeMetricFamily]:
    state = GaugeMetricFamily("webcare_channel_state", "1 for the state that a channel is in.", labels=("channel", "state"))
    for channel, facts in found.channels.items():
        for name in dict.fromkeys([*STATES, facts.state]):
            state.add_metric((channel, name), float(name == facts.state))
        state.add_metric((channel, "silent"), float(facts.is_silent))
    yield state
    polls = {channel: facts.since_poll / SECOND for channel, facts in found.channels.items() if facts.since_poll is not None}
    yield _by("channel_poll_age_seconds", "Since the last poll that succeeded.", polls)
    yield _by(
        "channel_reads_month", "Resources read this calendar month (UTC), as platforms charge them.", found.reads_this_month
    )


def _one(name: str, text: str, value: timedelta | float | None) -> GaugeMetricFamily:
    seconds = value / SECOND if isinstance(value, timedelta) else value
    return GaugeMetricFamily(f"webcare_{name}", text, value=seconds)


def _age(name: str, text: str, age: timedelta | None) -> GaugeMetricFamily:
    return _one(name, text, max(age or timedelta(0), timedelta(0)))


def _by(name: str, text: str, values: Mapping[str, float], label: str = "channel") -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"webcare_{name}", text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family

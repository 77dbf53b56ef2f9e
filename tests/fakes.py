"""Stand-ins for what is outside, and a desk on which a day can be played by hand: every instant is an argument."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from webcare.domain.message import Author, Direction, Kind, Message
from webcare.domain.rulebook import SHIPPED_BOOK
from webcare.domain.verdict import Intent, Reason, Sentiment, Urgency, Verdict
from webcare.ports.channel import ChannelAccount
from webcare.ports.connector import Batch, Capability, Health, Limits, Receipt, Spec
from webcare.ports.errors import Unavailable, Unconfirmed
from webcare.services.accept import accept
from webcare.services.deliver import deliver
from webcare.services.post import Post
from webcare.services.settle import Rules
from webcare.services.triage import triage
from webcare.services.watch import watch
from webcare.store import cases, people, tables
from webcare.store.rulebooks import store_revision

_CARRIED = (
    select(tables.delivery_notice.c.delivery, tables.step.c.case, tables.step.c.rung)
    .join(tables.notice, tables.notice.c.id == tables.delivery_notice.c.notice)
    .join(tables.step, tables.step.c.id == tables.notice.c.step)
    .join(tables.case, tables.case.c.id == tables.step.c.case)
    .order_by(tables.case.c.urgency != "high", tables.step.c.deadline, tables.step.c.case, tables.notice.c.id)
)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHANNEL, BRAND, US = "twitter:meerkoet", "meerkoet", "noor"


class FakeClassifier:
    """A text says of itself what it is: `?` asks, `!` complains, `thanks` is courtesy, `maybe` is unsure, `fire` is urgent.

    It raises on a text with `poison`, as no classifier should.
    """

    name = "fake"

    def __init__(self):
        self.asked = []

    def classify(self, requests):
        self.asked += requests
        verdicts = [self._verdict(request.text) for request in requests]
        return [
            _explained(verdict, request) if request.explain else verdict
            for verdict, request in zip(verdicts, requests, strict=True)
        ]

    def _verdict(self, text):
        if "poison" in text:
            raise RecursionError("poison")
        signs = {"?": Intent.QUESTION, "!": Intent.COMPLAINT, "thanks": Intent.COURTESY}
        intents = tuple(intent for sign, intent in signs.items() if sign in text)
        needs = "?" in text or "!" in text
        return Verdict(
            language="en",
            sentiment=Sentiment.NEUTRAL,
            sentiment_scores={},
            intents=intents,
            intent_scores={},
            needs_response=needs,
            needs_response_score=0.9 if needs else 0.1,
            unsure="maybe" in text,
            urgency=Urgency.HIGH if "fire" in text else Urgency.NORMAL,
            urgency_score=0.5,
            model=self.name,
        )


def _explained(verdict, request):
    """With the signs that decide."""
    said = {"?": Intent.QUESTION, "!": Intent.COMPLAINT}
    why = tuple(Reason(word=sign, label=intent.value, weight=2.0) for sign, intent in said.items() if sign in request.text)
    return replace(verdict, why=why)


class FakeNotifier:
    """Keeps what it is handed; before that it raises the `errors`, one a call."""

    def __init__(self, *errors):
        self.errors = deque(errors)
        self.sent = []

    async def send(self, alert):
        if self.errors and (error := self.errors.popleft()) is not None:
            raise error
        self.sent.append(alert)


class FakeSender:
    """A platform. `answers` and `finds` are raised or returned, one a call; without any left it cannot be asked what it holds."""

    def __init__(self, *answers, finds=()):
        self.answers = deque(answers)
        self.finds = deque(finds)
        self.sent = []
        self.asked = []

    async def send(self, reply):
        self.sent.append(reply)
        return _next(self.answers)

    async def find(self, reply):
        self.asked.append(reply)
        if not self.finds:
            raise Unconfirmed("it cannot be asked")
        return _next(self.finds)


class FakeDoer:
    """A platform that hides and likes; before that it raises the `errors`, one a call. `then` is awaited while it is busy."""

    def __init__(self, *errors, then=None):
        self.errors = deque(errors)
        self.then = then
        self.done = []

    async def act(self, act):
        if self.then is not None:
            await self.then()
        if self.errors and (error := self.errors.popleft()) is not None:
            raise error
        self.done.append(act)


class FakeClient(FakeSender):
    """A platform that is asked: `polls` and `healths` are raised or returned, one a call; an empty queue is an idle platform.

    `gate` is an event that polls and checks wait for, `is_asked` one that they set; `asked_at` is the time that they were given.
    """

    def __init__(self, *polls, healths=(), gate=None, **kwargs):
        super().__init__(**kwargs)
        self.polls = deque(polls)
        self.healths = deque(healths)
        self.gate = gate
        self.cursors = []
        self.checks = 0
        self.is_asked = asyncio.Event()
        self.asked_at = None

    async def _wait(self, now):
        self.asked_at = now
        self.is_asked.set()
        if self.gate is not None:
            await self.gate.wait()

    async def poll(self, cursor, now):
        self.cursors.append(cursor)
        await self._wait(now)
        return _next(self.polls) if self.polls else Batch(bodies=(), cursor=cursor)

    async def preflight(self, now):
        self.checks += 1
        await self._wait(now)
        return _next(self.healths) if self.healths else Health(account="meerkoet")


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeConfig:
    """The settings of a channel of no platform."""

    account: str


def spec(*capabilities, kind="twitter", **changes):
    """A connector of no platform: it is asked, and understands nothing."""
    values = {
        "kind": kind,
        "config": FakeConfig,
        "account": "account",
        "secrets": ("token",),
        "capabilities": frozenset(capabilities or (Capability.POLL, Capability.SEND, Capability.PREFLIGHT)),
        "pace": timedelta(minutes=1),
        "limits": Limits(length=280),
        "simulator": "",
        "split": lambda _body: [],
        "read": lambda _element, _me: [],
        "explain": lambda *_answer: Unavailable("no platform"),
    }
    return Spec(**{**values, **changes})


def account(name="meerkoet", **changes):
    """An account of ours on a platform."""
    of = changes.pop("spec", None) or spec()
    values = {
        "id": f"{of.kind}:{name}",
        "name": name.title(),
        "brand": BRAND,
        "app": f"{of.kind}-main",
        "account": name,
        "spec": of,
        "config": FakeConfig(account=name),
        "pace": of.pace,
    }
    return ChannelAccount(**{**values, **changes})


def _next(queue):
    value = queue.popleft()
    if isinstance(value, BaseException):
        raise value
    return value


def receipt(external_id, at):
    return Receipt(external_id=external_id, accepted_at=at)


class FakeClock:
    """Both clocks, set by hand."""

    def __init__(self, at):
        self.at = self.at_machine = at

    def now(self):
        return self.at

    def machine(self):
        return self.at_machine


def said(id_, text, at, **changes):
    """A customer's message; anna's public one unless told otherwise."""
    by = changes.pop("by", "anna")
    values = {
        "channel": CHANNEL,
        "external_id": id_,
        "conversation_id": "thread",
        "direction": Direction.INBOUND,
        "kind": Kind.COMMENT,
        "author": Author(id=by, name=by.title()),
        "text": text,
        "created_at": at,
    }
    return Message(**{**values, **changes})


def ours(id_, at, reply_to=None, text="Here you are.", **changes):
    """A message of ours that a person wrote in the platform's own app."""
    return said(id_, text, at, by=US, direction=Direction.OUTBOUND, reply_to=reply_to, **changes)


@dataclass
class Desk:
    """Everything but the platforms."""

    store: object
    rules: Rules
    classifier: FakeClassifier = field(default_factory=FakeClassifier)
    logged: list = field(default_factory=list)

    @classmethod
    async def open(cls, store, book=SHIPPED_BOOK):
        revision = await store.write(store_revision, {"policy": "shipped"}, MONDAY)
        return cls(store, Rules(book=book, revision=revision))

    async def accept(self, *messages, now=None):
        """Let messages arrive, by default when the last of them was written."""
        now = now or max(m.created_at for m in messages)
        return await self.store.write(accept, messages, brand=BRAND, now=now)

    async def hear(self, *messages, now=None):
        """Let messages arrive, and classify and route all that waits."""
        now = now or max(m.created_at for m in messages)
        counts = await self.accept(*messages, now=now)
        while await triage(self.store, self.classifier, self.rules, now):
            pass
        return counts

    async def staff(self, rota):
        """Let these people work here."""
        assert await self.store.write(people.seed, rota.people, rota.levels)

    async def sweep(self, now):
        """Look at what is due, once."""
        return await watch(self.store, self.rules, now)

    async def sweep_until(self, end, every=HOUR, start=MONDAY):
        """Look every hour, as a daemon would, and return what each look came to."""
        found, now = [], start
        while now <= end:
            found.append(await self.sweep(now))
            now += every
        return found

    async def send(self, post, clock):
        return await deliver(self.store, post, self.rules, clock)

    def post(self, notifier=None, sender=None, holder="one"):
        return Post(notifier=notifier or FakeNotifier(), senders={CHANNEL: sender} if sender else {}, holder=holder)

    # what became of it

    async def rows(self, table, *where, order=None):
        query = select(table).where(*where).order_by(*([order] if order is not None else table.primary_key.columns))
        return [row._mapping for row in await self.store.read(lambda conn: conn.execute(query).all())]

    async def cases(self):
        return await self.rows(tables.case)

    async def case(self):
        """The only case."""
        (row,) = await self.cases()
        return row

    async def clocks(self, case_id=1):
        """Each exchange of each clock of a case: (clock, state, started, due, stopped)."""
        rows = await self.rows(tables.clock, tables.clock.c.case == case_id)
        return [(r["clock"], r["state"], r["started_at"], r["due_at"], r["stopped_at"]) for r in rows]

    async def log(self, case_id=1):
        """The log of a case, as it was written: (type, at, ref or by)."""
        lines = await self.store.read(cases.log, case_id)
        return [(line.event.type.value, line.event.at, line.event.ref or line.event.by) for line in lines]

    async def steps(self):
        return [(r["clock"], r["rung"], r["at"]) for r in await self.rows(tables.step)]

    async def alerts(self):
        """Each alert about cases, queued or sent: (person, [(case, rung), ...]), what it carries, the most urgent first."""
        rows = await self.rows(tables.delivery, tables.delivery.c.kind == "alert")
        carried = {}
        for one in await self.store.read(lambda conn: conn.execute(_CARRIED).all()):
            carried.setdefault(one.delivery, []).append((one.case, one.rung))
        return [(r["person"], carried[r["id"]]) for r in rows if r["id"] in carried]

    async def told(self):
        """Each piece of news outside the ladder: (person, method, content)."""
        rows = await self.rows(tables.delivery, tables.delivery.c.kind == "alert")
        return [(r["person"], r["method"], r["content"]) for r in rows if "cases" not in r["content"]]

    async def replies(self):
        return await self.rows(tables.reply)

    async def deliveries(self):
        return await self.rows(tables.delivery)

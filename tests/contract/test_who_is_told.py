"""Any order of claims, acknowledgements, answers, withdrawals, shifts and sweeps, against a model that a page holds.

Every minute, or after a pause as of a daemon that was down, what the real parts sent is compared with what the model says: who, by which
method, of which rung. So nobody is told too late or twice, and a breach always reaches the lead.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from fakes import BRAND, CHANNEL, FakeClassifier, said
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import create_engine, select

from webcare.domain.alert_rules import AT_ONCE
from webcare.domain.rota import ContactMethod, Level, LevelName, Person, Rhythm, Role, Rota
from webcare.domain.routing import Rule, RuleBook
from webcare.domain.sla.promise import Policy
from webcare.domain.sla.promise import Rung as PolicyRung
from webcare.services import acknowledge, answer, desk, lapse, remind
from webcare.services.accept import accept
from webcare.services.settle import Rules
from webcare.services.triage import gather, route_all
from webcare.services.watch import sweep
from webcare.store import cases, messages, outbox, people, rulebooks, tables
from webcare.store.migrate import METADATA

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
TARGET, TURN, IDLE = 80 * MINUTE, HOUR, 45 * MINUTE
ONCALL, NEXT, LEAD = LevelName
LADDER = {"alert": (0.5, ONCALL), "page": (0.75, NEXT), "breach": (1.0, LEAD)}
ROTATIONS = {ONCALL: ("daan", "yara", "noor"), NEXT: ("yara", "noor", "daan"), LEAD: ("lena",)}
METHODS = {"daan": ("push", "mail"), "yara": ("push",), "noor": ("push",), "sam": ("push",), "lena": ("push",)}
REPEAT_AFTER = {ONCALL: 15 * MINUTE, NEXT: 5 * MINUTE, LEAD: 5 * MINUTE}
CUSTOMERS = ("anna", "bert")
WHO = st.sampled_from(sorted(METHODS))
WHOSE = st.sampled_from(CUSTOMERS)


# --- the model


def turn(now):
    return int((now - datetime(2026, 11, 23, tzinfo=UTC)) / TURN)


def on_call(level, now):
    return ROTATIONS[level][turn(now) % len(ROTATIONS[level])]


def next_one(level, now):
    """Who follows in the rotation."""
    rotation = ROTATIONS[level]
    return rotation[(turn(now) + 1) % len(rotation)] if len(rotation) > 1 else None


def is_on(who, now):
    return any(on_call(level, now) == who for level in LevelName)


def off_at(who, now):
    """When a shift that goes on now ends; None where there is none, or no end."""
    if not is_on(who, now) or who == "lena":
        return None
    while is_on(who, now):
        now = datetime(2026, 11, 23, tzinfo=UTC) + (turn(now) + 1) * TURN
    return now


@dataclass
class Told:
    look: str | None
    due: datetime | None
    at: datetime
    tried: int = 1
    acked: datetime | None = None


@dataclass
class Step:
    level: LevelName
    decided: datetime
    told: dict = field(default_factory=dict)  # person -> Told


@dataclass
class Case:
    """A customer who waits, or waited: [began, answered]; what people did; who has it, since when they did nothing, until when."""

    waits: list
    acts: list = field(default_factory=list)  # ("ack" | "unclaim" | "answer" | "claim", who, when)
    claimed: str | None = None
    active: datetime | None = None
    ends: datetime | None = None
    steps: dict = field(default_factory=dict)  # (began, step) -> Step

    @property
    def waits_since(self):
        began, answered = self.waits[-1]
        return began if answered is None else None

    def holder(self):
        """Who has it, and whether they took it."""
        if self.claimed:
            return self.claimed, True
        who = None
        for what, by, _ in self.acts:
            who = by if what == "ack" else None if what in ("answer", "unclaim") else who
        return who, False

    @property
    def is_held(self):
        return self.claimed and any(told.look == "hold" for step in self.steps.values() for told in step.told.values())

    def mark(self, who, now):
        """Somebody knows of what they were told; say whether that was news."""
        is_news = False
        for step in self.steps.values():
            told = step.told.get(who)
            if told is not None:
                is_news |= told.acked is None
                told.acked = told.acked or now
                told.look = None if told.look == "repeat" else told.look
        return is_news

    def let_go(self, now):
        for step in self.steps.values():
            told = step.told.get(self.claimed)
            if told is not None and told.look == "hold":
                told.look, told.due = "level", now
        self.claimed = self.active = self.ends = None

    def tick(self, now):
        """What is sent now: (began, step, person, method)."""
        ends = [at for at in (self.active and self.active + IDLE, self.ends) if at is not None]
        if self.claimed and min(ends) <= now:
            self.acts.append(("unclaim", self.claimed, min(ends)))
            self.let_go(now)
        sent = []
        for began, answered in self.waits:
            for name, (share, level) in LADDER.items():
                is_late = name == "breach" and answered is not None and answered > began + TARGET
                if began + share * TARGET <= now and (answered is None or is_late) and (began, name) not in self.steps:
                    self._decide(began, name, level, now, sent)
        for (began, name), step in self.steps.items():
            for who, told in list(step.told.items()):
                if told.look is not None and told.due <= now:
                    self._look(began, name, step, who, now, sent)
        return sent

    def _tell(self, key, step, who, look, now, sent):
        left = key[0] + TARGET - now
        spans = {"hold": min(max(left / 4, 5 * MINUTE), HOUR), "repeat": REPEAT_AFTER[step.level]}
        step.told[who] = Told(look, now + spans[look] if look else None, now)
        sent.append((*key, who, METHODS[who][0]))

    def _decide(self, began, name, level, now, sent):
        key = (began, name)
        step = self.steps[key] = Step(level, now)
        (who, took), theirs = self.holder(), on_call(level, now)
        if who is None:
            self._tell(key, step, theirs, "repeat", now, sent)
        elif is_on(who, now) and name != "breach":
            self._tell(key, step, who, "repeat" if who == theirs and not took else "hold", now, sent)
        else:
            self._tell(key, step, who, None, now, sent)
            if theirs != who:
                self._tell(key, step, theirs, "repeat", now, sent)

    def _look(self, began, name, step, who, now, sent):
        key, told = (began, name), step.told[who]
        look, told.look = told.look, None
        if [began, None] not in self.waits:
            return
        if look != "repeat":
            if look == "hold" or self.claimed in (None, who):
                theirs = on_call(step.level, now)
                if theirs not in step.told and theirs != self.claimed:
                    self._tell(key, step, theirs, "repeat", now, sent)
            return
        acks = [(by, one.acked) for by, one in step.told.items() if one.acked]
        is_taken = self.claimed and any(what == "claim" and at >= step.decided for what, _, at in self.acts)
        if self.claimed == who or is_taken or any(by == who or at > told.at for by, at in acks):
            return
        if told.tried < len(METHODS[who]):
            sent.append((*key, who, METHODS[who][told.tried]))
            told.tried, told.look, told.due = told.tried + 1, "repeat", now + REPEAT_AFTER[step.level]
            return
        for other in (on_call(step.level, now), next_one(step.level, now)):
            if other is not None and other not in step.told:
                self._tell(key, step, other, None, now, sent)
                return


# --- the real parts


def a_rota():
    zone, first = "UTC", date(2026, 11, 23)
    handovers = tuple(time(hour) for hour in range(24))
    levels = [
        Level(name=name, rotation=turns, rhythm=Rhythm.DAILY, anchor=first, zone=zone, handovers=handovers)
        for name, turns in ROTATIONS.items()
    ]
    known = [
        Person(
            id=who,
            name=who.title(),
            role=Role.LEAD if who == "lena" else Role.AGENT,
            contacts=tuple(ContactMethod(name=one, target=f"lines:{one}") for one in ways),
            zone=zone,
        )
        for who, ways in METHODS.items()
    ]
    return Rota(levels=tuple(levels), people=tuple(known))


class Day(RuleBasedStateMachine):
    """A day at the inbox."""

    @initialize()
    def open(self):
        self.engine = create_engine("sqlite://")
        self.conn = self.engine.connect()
        METADATA.create_all(self.conn)
        ladder = tuple(PolicyRung(step=name, share=share) for name, (share, _) in LADDER.items())
        book = RuleBook(rules=[Rule(name="all", policy=Policy(first_response=TARGET, next_response=TARGET, ladder=ladder))])
        revision = rulebooks.store_revision(self.conn, {"policy": "ours"}, START)
        self.rules = Rules(book=book, revision=revision, alerts=replace(AT_ONCE, claim_idle=IDLE))
        rota = a_rota()
        people.seed(self.conn, rota.people, rota.levels)
        messages.ensure_channel(self.conn, CHANNEL, brand=BRAND, now=START)
        self.edits = 0
        self.now, self.wrote, self.model, self.numbers, self.sent, self.newest = START, 0, {}, {}, set(), {}
        for name in CUSTOMERS:
            self._write(name)
            self.now += 7 * MINUTE

    def teardown(self):
        if hasattr(self, "conn"):
            self.conn.close()
            self.engine.dispose()

    def _write(self, name):
        self.wrote += 1
        self.newest[name] = f"m{self.wrote}"
        self._hear(name, "Where is it?")
        if name not in self.model:
            found = select(tables.case.c.id).where(tables.case.c.customer_id == name)
            self.numbers[name] = self.conn.execute(found).scalar_one()
            self.model[name] = Case(waits=[])
        self.model[name].waits.append([self.now, None])

    def _hear(self, name, text):
        """Hear a customer's newest message, as it is now."""
        accept(self.conn, [said(self.newest[name], text, self.now, by=name)], brand=BRAND, now=self.now)
        judged = [(pending, FakeClassifier().classify([request])[0]) for pending, request in gather(self.conn, 10, {})]
        route_all(self.conn, judged, self.rules, self.now)

    def _tick(self):
        """Let the real parts do what is due, and hold them to the model."""
        lapse.lapse_due(self.conn, self.rules, self.now)
        while sweep(self.conn, self.rules, self.now).cases:
            pass
        while remind.look(self.conn, self.rules, self.now):
            pass
        really = sorted(self._deliver())
        expected = sorted((name, *line) for name, case in self.model.items() for line in case.tick(self.now))
        assert really == expected, (self.now, really, expected)
        assert not self.sent & set(really), "twice"
        self.sent |= set(really)

    def _deliver(self):
        lease = {"now": self.now, "machine": self.now, "until": self.now + HOUR, "limit": 100, "kinds": (outbox.ALERT,)}
        names = {number: name for name, number in self.numbers.items()}
        carried = (
            select(tables.step.c.case, tables.step.c.deadline, tables.step.c.step, tables.notice.c.person)
            .join(tables.notice, tables.notice.c.step == tables.step.c.id)
            .join(tables.delivery_notice, tables.delivery_notice.c.notice == tables.notice.c.id)
        )
        for job in outbox.claim(self.conn, "one", **lease):
            assert outbox.finish(self.conn, job, "one", state=outbox.SENT, now=self.now)
            remind.after_sending(self.conn, job.id, self.rules.alerts, self.now)
            for row in self.conn.execute(carried.where(tables.delivery_notice.c.delivery == job.id)):
                assert row.person == job.person
                yield names[row.case], row.deadline - TARGET, row.step, job.person, job.method

    def _do(self, move, name, **values):
        return move(self.conn, self.numbers[name], now=self.now, **values)

    # --- time

    @rule(minutes=st.integers(1, 12))
    def minute_by_minute(self, minutes):
        for _ in range(minutes):
            self.now += MINUTE
            self._tick()

    @rule(minutes=st.integers(2, 60))
    def nobody_looks_for_a_while(self, minutes):
        self.now += minutes * MINUTE
        self._tick()

    # --- people

    @rule(name=WHOSE, who=WHO)
    def take(self, name, who):
        case = self.model[name]
        if case.claimed not in (None, who):
            return
        self._do(desk.claim, name, by=who, rules=self.rules)
        case.mark(who, self.now)
        if case.claimed is None:
            case.claimed, case.active, case.ends = who, self.now, off_at(who, self.now)
            case.acts.append(("claim", who, self.now))
        self._tick()

    @rule(name=WHOSE, who=WHO, takes=st.booleans())
    def somebody_has_it_when_a_rung_comes(self, name, who, takes):
        since = self.model[name].waits_since
        coming = [since + share * TARGET for share, _ in LADDER.values()] if since is not None else []
        rung = next((at for at in coming if at > self.now + 2 * MINUTE), None)
        if rung is None:
            return
        self.now = rung - 2 * MINUTE
        self._tick()
        (self.take if takes else self.say_seen)(name=name, who=who)
        while self.now <= rung:
            self.now += MINUTE
            self._tick()

    @rule(name=WHOSE)
    def give_back(self, name):
        """A case that somebody has to themselves just now, if there is one."""
        name = next((one for one, case in self.model.items() if case.is_held), name)
        case = self.model[name]
        if case.claimed is None:
            return
        self._do(desk.release, name, by=case.claimed, rules=self.rules)
        case.acts.append(("unclaim", case.claimed, self.now))
        case.let_go(self.now)
        self._tick()

    @rule(name=WHOSE, who=WHO)
    def say_seen(self, name, who):
        self._do(acknowledge.acknowledge, name, by=who, rules=self.rules)
        if self.model[name].mark(who, self.now):
            self.model[name].acts.append(("ack", who, self.now))
        self._tick()

    @rule(name=WHOSE)
    def note(self, name):
        case = self.model[name]
        if case.claimed is None:
            return
        self._do(desk.note, name, by=case.claimed, text="I call them.", rules=self.rules)
        case.active = self.now
        self._tick()

    # --- the customer is answered, or not after all

    @rule(name=WHOSE, who=WHO, fails=st.booleans())
    def give_an_answer(self, name, who, fails):
        case = self.model[name]
        if case.waits_since is None:
            return
        self._do(answer.declared, name, by=who, at=self.now, rules=self.rules)
        case.mark(who, self.now)
        case.waits[-1][1] = self.now
        case.acts.append(("answer", who, self.now))
        if case.claimed == who:
            case.active = self.now
        self._tick()
        if fails:
            self.now += MINUTE
            self.it_was_not_given_after_all(name=name)

    @rule(name=WHOSE)
    def it_was_not_given_after_all(self, name):
        case = self.model[name]
        if case.waits_since is not None:
            return
        place, (_, who, _) = [(i, act) for i, act in enumerate(case.acts) if act[0] == "answer"][-1]
        ref = [line.event.ref for line in cases.log(self.conn, self.numbers[name]) if line.event.type.value == "answer"][-1]
        self._do(answer.undeclared, name, ref=ref, by=who, rules=self.rules)
        case.waits[-1][1] = None
        del case.acts[place]
        self._tick()

    @rule(name=WHOSE)
    def the_customer_writes_again(self, name):
        case = self.model[name]
        if case.waits_since is None and case.waits[-1][1] < self.now:
            self._write(name)
            self._tick()

    @rule(name=WHOSE, asks=st.booleans())
    def the_customer_edits(self, name, asks):
        """While they wait, other words change nothing: not who is told, not when, and nobody hears twice."""
        if self.model[name].waits_since is not None and self.model[name].waits_since < self.now:
            self.edits += 1
            self._hear(name, f"Where is it, then? {self.edits}" if asks else f"Thanks all the same {self.edits}")
            self._tick()

    # --- what must hold besides

    @precondition(lambda self: hasattr(self, "conn"))
    @invariant()
    def the_lead_has_heard_of_every_breach(self):
        told = {(name, began) for name, began, step, who, _ in self.sent if (step, who) == ("breach", "lena")}
        for name, case in self.model.items():
            for began, answered in case.waits:
                assert answered is not None or began + TARGET > self.now or (name, began) in told


Day.TestCase.settings = settings(
    max_examples=20, stateful_step_count=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
TestDay = Day.TestCase


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))])
def test_long_days(seed):
    """The machine above is good at finding the shortest way into trouble, these walks at going far: two days each."""
    chance, day = random.Random(seed), Day()
    acts = [day.minute_by_minute] * 3 + [day.nobody_looks_for_a_while, day.take, day.give_back, day.say_seen, day.note]
    acts += [day.give_an_answer, day.it_was_not_given_after_all] + [day.the_customer_writes_again] * 3
    acts += [day.somebody_has_it_when_a_rung_comes] * 4 + [day.the_customer_edits]
    day.open()
    try:
        while day.now < START + timedelta(days=2):
            _play(chance, chance.choice(acts))
            day.the_lead_has_heard_of_every_breach()
    finally:
        day.teardown()


def _play(chance, act):
    name, who = chance.choice(CUSTOMERS), chance.choice(sorted(METHODS))
    match act.__name__:
        case "minute_by_minute":
            act(minutes=chance.randint(1, 12))
        case "nobody_looks_for_a_while":
            act(minutes=chance.randint(2, 60))
        case "take" | "say_seen":
            act(name=name, who=who)
        case "give_an_answer":
            act(name=name, who=who, fails=chance.random() < 0.3)
        case "somebody_has_it_when_a_rung_comes":
            act(name=name, who=who, takes=chance.random() < 0.5)
        case "the_customer_edits":
            act(name=name, asks=chance.random() < 0.5)
        case _:
            act(name=name)

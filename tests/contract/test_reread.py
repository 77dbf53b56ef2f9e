"""What the word rules judged in place of the model is judged again by the model: it may open or raise, never drop, never undo a person."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import HOUR, MONDAY, Desk, FakeClassifier, FakeClock, ours, said
from sqlalchemy import event
from sqlalchemy.engine import Engine
from staff import staff

from sentiment.trouble import ModelError
from sentiment.worker import Worker
from webcare.clock import running_seconds
from webcare.domain.verdict import STAND_IN, Urgency
from webcare.services import correct
from webcare.services.correct import Correction
from webcare.services.judge import Judge
from webcare.services.model_health import RECOVERED, TROUBLE, Place, look
from webcare.services.reread import BATCH, reread
from webcare.services.triage import triage
from webcare.store import rereads, tables

PATIENCE = 10
LATER = MONDAY + HOUR


class Model(FakeClassifier):
    """Reads as the fake does, and between the lines: `lovely` complains, `burns` is urgent, `fine?` asks nothing."""

    name = "model-1"
    is_broken = False

    def classify(self, requests):
        if self.is_broken:
            raise MemoryError
        if any("poison" in request.text for request in requests):
            raise RecursionError("poison")
        return [
            self._better(verdict, request.text) for verdict, request in zip(super().classify(requests), requests, strict=True)
        ]

    def _better(self, verdict, text):
        if "lovely" in text:
            verdict = replace(verdict, needs_response=True, unsure=False)
        if "burns" in text:
            verdict = replace(verdict, needs_response=True, urgency=Urgency.HIGH)
        if "fine?" in text:
            verdict = replace(verdict, needs_response=False, unsure=False, intents=())
        return verdict


class StandIn(FakeClassifier):
    def classify(self, requests):
        return [self._verdict(request.text.replace("poison", "")) for request in requests]


class Late:
    """A desk whose model is loaded when the test says so."""

    def __init__(self, desk):
        self.desk = desk
        self.model = Model()
        self.may_load = threading.Event()
        self.worker = Worker(self._load, StandIn())
        self.judge = desk.classifier = Judge(self.worker, "model-1", running_seconds)
        self.judge.start()

    def _load(self):
        assert self.may_load.wait(PATIENCE)
        if self.model is None:
            raise ModelError("it is damaged")
        return self.model

    def load(self):
        self.may_load.set()
        assert self.worker.wait_until_loaded(PATIENCE)

    def load_again(self):
        assert self.judge.wants_anew("model-1", again=0), "the daemon tries again by itself"
        self.judge.ask_for("model-1", self._load)
        assert self.worker.wait_until_loaded(PATIENCE)

    async def look(self):
        return await look(self.desk.store, self.judge.judging(), Place(machine="one", brand="meerkoet"), FakeClock(LATER))

    async def reread(self, now=LATER):
        done = 0
        while found := await reread(self.desk.store, self.judge, self.desk.rules, now):
            done += found
        return done

    async def waiting(self):
        return await self.desk.store.read(rereads.count)

    async def in_force(self, external_id):
        (row,) = await self.desk.rows(tables.message, tables.message.c.external_id == external_id)
        (verdict,) = await self.desk.rows(tables.verdict, tables.verdict.c.id == row["verdict"])
        return verdict


@pytest.fixture
async def late(store):
    found = Late(await Desk.open(store))
    yield found
    found.may_load.set()
    found.judge.stop()


async def test_rules_answer_from_the_first_second_and_say_so(late):
    await late.desk.hear(said("m1", "Where is it?", MONDAY))
    assert (await late.in_force("m1"))["model"] == STAND_IN + "fake"
    assert (await late.desk.case())["state"] == "open"
    assert await late.waiting() == 1


async def test_nothing_is_judged_again_while_nobody_else_could(late):
    await late.desk.hear(said("m1", "how lovely", MONDAY))
    assert await late.reread() == 0
    assert await late.waiting() == 1
    late.model = None
    late.load()
    assert late.judge.state == "failed"
    assert await late.reread() == 0
    assert await late.waiting() == 1


async def test_what_the_rules_missed_opens_a_case_that_counts_from_when_the_customer_wrote(late):
    await late.desk.hear(said("m1", "how lovely, three weeks without", MONDAY))
    assert await late.desk.cases() == []
    late.load()
    assert await late.reread() == 1
    row = await late.desk.case()
    assert (row["found_by"], row["opened_at"]) == ("classifier", MONDAY)
    assert await late.desk.log() == [("inbound", MONDAY, "m1"), ("verdict", LATER, "m1")]
    ((clock, state, started, _, _),) = await late.desk.clocks()
    assert (clock, state, started) == ("first_response", "running", MONDAY)
    assert (await late.in_force("m1"))["model"] == "model-1"
    assert await late.waiting() == 0


async def test_a_second_verdict_never_drops_what_the_first_one_opened(late):
    await late.desk.hear(said("m1", "fine?", MONDAY))
    late.load()
    assert await late.reread() == 1
    assert (await late.desk.case())["state"] == "open"
    assert await late.desk.log() == [("inbound", MONDAY, "m1")]
    assert (await late.in_force("m1"))["needs_response"] is True, "the page and the clocks say the same"
    assert {row["model"] for row in await late.desk.rows(tables.verdict)} == {STAND_IN + "fake", "model-1"}
    assert await late.waiting() == 0


async def test_a_verdict_that_says_the_same_leaves_the_log_alone(late):
    await late.desk.hear(said("m1", "Where is it?", MONDAY))
    late.load()
    await late.reread()
    assert await late.desk.log() == [("inbound", MONDAY, "m1")]
    assert (await late.in_force("m1"))["model"] == "model-1"


async def test_a_case_becomes_urgent_and_plain(late):
    await late.desk.hear(said("m1", "maybe it burns", MONDAY))
    assert ((row := await late.desk.case())["urgency"], row["unsure"]) == ("normal", True)
    late.load()
    await late.reread()
    assert ((row := await late.desk.case())["urgency"], row["unsure"]) == ("high", False)


async def test_a_person_is_never_undone(late):
    await late.desk.hear(said("m1", "Where is it? It burns", MONDAY))
    said_so = Correction(needs_response=False)
    await late.desk.store.write(correct.correct, 1, said_so, by="noor", rules=late.desk.rules, now=MONDAY + timedelta(minutes=5))
    late.load()
    assert await late.reread() == 1
    assert (await late.in_force("m1"))["by"] == "noor"
    assert (await late.desk.case())["state"] == "closed"
    assert await late.waiting() == 0


async def test_what_we_have_answered_meanwhile_is_met(late):
    await late.desk.hear(said("m1", "how lovely", MONDAY))
    await late.desk.hear(ours("a1", MONDAY + timedelta(minutes=20), "m1"))
    late.load()
    await late.reread()
    ((clock, state, started, _, stopped),) = await late.desk.clocks()
    assert (clock, state, started, stopped) == ("first_response", "met", MONDAY, MONDAY + timedelta(minutes=20))


async def test_a_message_of_a_closed_case_counts_again(late):
    await late.desk.hear(said("m1", "Where is it?", MONDAY), said("m2", "how lovely", MONDAY + timedelta(minutes=1)))
    await late.desk.hear(ours("a1", MONDAY + timedelta(minutes=20), "m1"))
    late.load()
    assert await late.reread() == 2
    assert {row["model"] for row in await late.desk.rows(tables.verdict, tables.verdict.c.by == "machine")} >= {"model-1"}
    assert ("verdict", LATER, "m2") in await late.desk.log()


async def test_an_edit_is_judged_again_by_the_text_that_is_shown(late):
    await late.desk.hear(said("m1", "thanks", MONDAY))
    await late.desk.hear(said("m1", "how lovely", MONDAY + timedelta(minutes=3)))
    late.load()
    assert await late.reread() == 1
    assert late.model.asked[-1].text == "how lovely"
    ((_, state, started, _, _),) = await late.desk.clocks()
    assert (state, started) == ("running", MONDAY + timedelta(minutes=3))


async def test_an_edit_that_is_not_classified_yet_is_left_to_triage(late):
    await late.desk.hear(said("m1", "thanks", MONDAY))
    late.load()
    await late.desk.accept(said("m1", "how lovely", MONDAY + timedelta(minutes=3)))
    assert await late.reread() == 0
    while await triage(late.desk.store, late.judge, late.desk.rules, LATER):
        pass
    assert await late.reread() == 1
    assert await late.waiting() == 0
    assert (await late.in_force("m1"))["model"] == "model-1"
    assert [name for name, *_ in await late.desk.log()] == ["inbound", "edit"]


async def test_a_text_that_the_model_fails_on_keeps_its_verdict_and_harms_no_other(late):
    await late.desk.hear(said("m1", "poison?", MONDAY), said("m2", "how lovely", MONDAY, by="bram"))
    late.load()
    assert await late.reread() == 2
    assert (await late.in_force("m1"))["model"] == STAND_IN + "fake"
    assert (await late.in_force("m2"))["model"] == "model-1"
    assert await late.waiting() == 0


async def test_a_model_that_fails_on_everything_is_told_and_judges_again_when_it_answers(late):
    """It stayed `ready` without trouble, and one look took each message off the list with the verdict of the word rules."""
    await late.desk.staff(staff())
    await late.desk.hear(said("m1", "how lovely", MONDAY))
    late.load()
    late.model.is_broken = True
    assert await late.reread() == 0
    assert (late.judge.state, late.judge.trouble) == ("failed", "the model fails on every text (MemoryError)")
    await late.desk.hear(said("m2", "how lovely", MONDAY, by="bram"))
    assert await late.waiting() == 2
    assert (await late.look(), await late.look()) == (TROUBLE, None)

    late.load_again()
    assert await late.reread() == 0
    assert (await late.look(), await late.waiting()) == (None, 2)

    late.model.is_broken = False
    late.load_again()
    assert await late.look() == RECOVERED
    assert await late.reread() == 2
    assert (await late.in_force("m1"))["model"] == (await late.in_force("m2"))["model"] == "model-1"
    assert len(await late.desk.cases()) == 2
    assert await late.waiting() == 0
    assert [content["trouble"]["what"] for _, _, content in await late.desk.told()] == ["model", "model_back"]


async def test_nothing_is_settled_when_the_model_was_stopped(late):
    await late.desk.hear(said("m1", "how lovely", MONDAY))
    late.load()
    late.judge.stop()
    assert late.judge.state == "failed"
    assert await late.reread() == 0
    assert await late.waiting() == 1


async def test_what_the_model_judged_itself_is_not_judged_again(late):
    late.load()
    await late.desk.hear(said("m1", "Where is it?", MONDAY))
    assert await late.waiting() == 0
    assert await late.reread() == 0


async def test_more_than_a_batch(late):
    count = 2 * BATCH + 3
    await late.desk.hear(*[said(f"m{n}", "how lovely", MONDAY, by=f"c{n}") for n in range(count)])
    late.load()
    assert await late.reread() == count
    assert len(await late.desk.cases()) == count
    assert await late.waiting() == 0


async def test_one_message_that_cannot_be_settled_keeps_no_other(late):
    def fail(conn, _cursor, statement, parameters, *_):
        if statement.startswith('INSERT INTO "case"') and "unlucky" in str(parameters):
            raise ZeroDivisionError

    await late.desk.hear(said("m1", "how lovely", MONDAY, by="unlucky"), said("m2", "how lovely", MONDAY, by="bram"))
    late.load()
    event.listen(Engine, "before_cursor_execute", fail)
    try:
        await late.reread()
    finally:
        event.remove(Engine, "before_cursor_execute", fail)
    assert [row["customer_id"] for row in await late.desk.cases()] == ["bram"]
    assert await late.waiting() == 0


async def test_what_is_counted_says_who_gave_the_verdicts(late):
    await late.desk.hear(said("m1", "Where is it?", MONDAY))
    late.load()
    await late.reread()
    found = late.judge.judging()
    assert (found.name, found.state, found.trouble, found.waiting) == ("model-1", "ready", None, 0)
    assert found.verdicts == {STAND_IN + "fake": 1, "model-1": 1}
    assert found.seconds > 0

"""Whether the model answers that was asked for, and who is told when it does not: once, and once that it does again."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes import MONDAY, Desk, FakeClock
from staff import staff
from structlog.testing import capture_logs

from webcare.domain.verdict import STAND_IN
from webcare.letters import news
from webcare.ports.classifier import FAILED, LOADING, READY
from webcare.services.judge import Judge, Judging
from webcare.services.model_health import LOST, RECOVERED, TROUBLE, Place, in_trouble, look
from webcare.store import model_state

MINUTE = timedelta(minutes=1)
WHY = "the model folder /srv/model is damaged: encoder.onnx is not what SHA256SUMS says"
ZONE = ZoneInfo("Europe/Amsterdam")


def judging(state, trouble=None, name="webcare-1"):
    return Judging(name=name, state=state, trouble=trouble, waiting=0, verdicts={}, seconds=0.0)


DAMAGED = judging(FAILED, WHY, STAND_IN + "rules-1")


class House:
    def __init__(self, store, desk):
        self.store, self.desk, self.clock = store, desk, FakeClock(MONDAY)

    async def look(self, found, machine="one", after=timedelta(0)):
        self.clock.at += after
        self.clock.at_machine += after
        return await look(self.store, found, Place(machine=machine, brand="meerkoet"), self.clock)

    async def told(self):
        return [(who, content["trouble"]["what"]) for who, _, content in await self.desk.told()]

    async def in_trouble(self):
        return await self.store.read(in_trouble, self.clock.machine())


@pytest.fixture
async def house(store):
    desk = await Desk.open(store)
    await desk.staff(staff())
    return House(store, desk)


async def test_trouble_is_told_once_and_so_is_its_end(house):
    assert await house.look(judging(LOADING)) is None
    with capture_logs() as logged:
        assert await house.look(DAMAGED, after=MINUTE) == TROUBLE
        assert await house.look(DAMAGED, after=MINUTE) is None
        assert await house.look(judging(LOADING, WHY, DAMAGED.name), after=15 * MINUTE) is None, "another try says nothing yet"
        assert await house.look(DAMAGED, after=MINUTE) is None
        assert await house.told() == [("noor", "model")]
        assert await house.look(judging(READY), after=MINUTE) == RECOVERED
        assert await house.look(judging(READY), after=MINUTE) is None
    assert await house.told() == [("noor", "model"), ("noor", "model_back")]
    assert [line["event"] for line in logged] == [TROUBLE, RECOVERED]


async def test_a_restart_neither_forgets_nor_repeats(house):
    await house.look(DAMAGED)
    again = House(house.store, house.desk)
    again.clock = house.clock
    assert await again.look(judging(LOADING), after=MINUTE) is None
    assert await again.look(DAMAGED, after=MINUTE) is None
    assert await house.told() == [("noor", "model")]
    assert await again.look(judging(READY), after=MINUTE) == RECOVERED


async def test_trouble_that_comes_back_is_told_again(house):
    for found in (DAMAGED, judging(READY), DAMAGED):
        await house.look(found, after=MINUTE)
    assert await house.told() == [("noor", "model"), ("noor", "model_back"), ("noor", "model")]


async def test_a_new_model_that_does_not_load_is_other_news_than_none_at_all(house):
    await house.look(judging(READY))
    assert await house.look(judging(READY, WHY), after=MINUTE) == TROUBLE
    assert await house.told() == [("noor", "model_kept")]
    (state,) = await house.in_trouble()
    assert (state.model, state.is_stand_in, state.trouble) == ("webcare-1", False, WHY)


async def test_each_machine_has_a_state_of_its_own(house):
    await house.look(DAMAGED, "one")
    await house.look(judging(READY), "two")
    assert [state.machine for state in await house.in_trouble()] == ["one"]


async def test_a_machine_that_is_gone_is_no_trouble_of_today(house):
    await house.look(DAMAGED)
    house.clock.at_machine += LOST + MINUTE
    assert await house.in_trouble() == []


async def test_a_daemon_that_runs_says_so_now_and_then(house):
    await house.look(DAMAGED)
    for _ in range(8):
        await house.look(DAMAGED, after=2 * MINUTE)
    (state,) = await house.in_trouble()
    assert house.clock.machine() - state.seen_at < LOST


async def test_nothing_is_written_while_nothing_changes(house):
    await house.look(judging(READY))
    first = await house.store.read(model_state.get, "one")
    await house.look(judging(READY), after=MINUTE)
    assert await house.store.read(model_state.get, "one") == first


@pytest.mark.parametrize(("language", "subject"), [("nl", "woordregels antwoorden"), ("en", "the word rules answer")])
async def test_the_letter_says_who_answers_and_what_to_do(house, language, subject):
    await house.look(DAMAGED)
    ((_, _, content),) = await house.desk.told()
    letter = news.trouble(content["trouble"], language=language, zone=ZONE, now=MONDAY, public_url=None)
    assert subject in letter.subject
    assert "webcare check" in letter.text
    assert "encoder.onnx" in letter.text


class Slow:
    """What a worker shows, set by hand."""

    name, state, trouble, waiting = "one", READY, None, 0

    def __init__(self):
        self.loads = []

    def swap(self, load):
        self.loads.append(load)


def test_another_model_is_asked_for_at_once_and_one_that_failed_after_a_while():
    seconds, serving = [0.0], Slow()
    judge = Judge(serving, "shipped", lambda: seconds[0])
    assert not judge.wants_anew("shipped", again=900)
    assert judge.wants_anew("refit:1", again=900)
    judge.ask_for("refit:1", "load it")
    assert serving.loads == ["load it"]
    assert not judge.wants_anew("refit:1", again=900)
    serving.trouble = WHY
    assert not judge.wants_anew("refit:1", again=900)
    seconds[0] = 900.0
    assert judge.wants_anew("refit:1", again=900)

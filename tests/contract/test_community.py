"""Answers of other customers: found beside open cases, a flag of the case and no clock, and a person's say on it."""

from __future__ import annotations

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, FakeClock, account, ours, said

from webcare.domain.case import ImpossibleMove
from webcare.domain.community import Because
from webcare.domain.message import Kind
from webcare.ports.connector import Sort
from webcare.services import community, queue
from webcare.services.filters import Filters
from webcare.services.learn import When, learn
from webcare.services.news import News
from webcare.store import cases
from webcare.store.conversation_tables import community_answer

TEN = MONDAY + HOUR
ADVICE = "You can cancel it in the app"


async def look(desk, at=TEN):
    return await community.look(desk.store, FakeClock(at))


async def shown(desk, case=1, at=TEN):
    (row,) = [one for one in (await desk.store.read(queue.rows, Filters(), now=at)).rows if one.case == case]
    return row.community


async def card(desk, case=1):
    return await desk.store.read(community.answered, await desk.store.read(cases.get, case))


def talk():
    return [
        said("m1", "How do I cancel?", MONDAY),
        said("m2", ADVICE, MONDAY + HOUR / 4, by="bert", reply_to="m1"),
        said("m3", "thanks bert", MONDAY + HOUR / 2, reply_to="m2"),
    ]


async def test_thanks_for_another_customers_answer_show_on_the_case_and_stop_no_clock(desk):
    await desk.hear(*talk())
    before = await desk.clocks()
    assert await look(desk) == 1
    assert await look(desk) == 0
    assert await shown(desk) == 95
    found = await card(desk)
    assert (found.message, found.name, found.text, found.because) == (2, "Bert", ADVICE, Because.THANKED)
    assert await desk.clocks() == before
    assert [line[0] for line in await desk.log()] == ["inbound", "inbound"]


async def test_silence_makes_it_perhaps_an_answer_and_the_next_question_takes_that_back(desk):
    await desk.hear(*talk()[:2])
    assert await look(desk) == 0
    assert await shown(desk) is None
    assert await look(desk, MONDAY + 5 * HOUR) == 1
    assert await shown(desk) == 40
    await desk.hear(said("m4", "And where in the app?", MONDAY + 6 * HOUR, reply_to="m2"))
    assert await look(desk, MONDAY + 6 * HOUR) == 1
    assert await shown(desk) is None
    assert await card(desk) is None


async def test_what_is_deleted_answers_nothing(desk):
    await desk.hear(*talk())
    await look(desk)
    gone = News(sort=Sort.DELETE, account=account(), target="m2", at=TEN)
    await desk.store.write(learn, [gone], desk.rules, When(now=TEN))
    assert await card(desk) is None
    assert await look(desk) == 1
    assert await shown(desk) is None


async def test_good_enough_notes_the_help_and_closes_the_case(desk):
    await desk.hear(*talk())
    await look(desk)
    await desk.store.write(community.good_enough, 1, by="noor", message=2, rules=desk.rules, now=TEN)
    log = await desk.store.read(cases.log, 1)
    assert [(line.event.type.value, line.event.by) for line in log[-2:]] == [("community_answer", "noor"), ("close", "noor")]
    assert log[-1].data["why"] == community.HELPED
    assert (await desk.case())["state"] == "closed"
    assert (await desk.clocks())[0][1] == "dropped"
    with pytest.raises(ImpossibleMove):
        await desk.store.write(community.good_enough, 1, by="noor", message=2, rules=desk.rules, now=TEN)


async def test_no_is_remembered(desk):
    await desk.hear(*talk())
    await look(desk)
    await desk.store.write(community.refuse, 1, by="noor", message=2, rules=desk.rules, now=TEN)
    assert await look(desk, TEN + DAY) == 0
    assert await shown(desk) is None
    (row,) = await desk.rows(community_answer)
    assert (row["refused_by"], row["refused_at"]) == ("noor", TEN)
    with pytest.raises(ImpossibleMove):
        await desk.store.write(community.refuse, 1, by="noor", message=2, rules=desk.rules, now=TEN)


async def test_our_own_answer_and_private_conversations_are_no_help_of_others(desk):
    await desk.hear(said("m1", "How?", MONDAY), ours("a1", TEN, "m1"), now=TEN)
    private = {"kind": Kind.DM, "conversation_id": "dm"}
    await desk.hear(
        said("d1", "How?", MONDAY, **private), said("d2", ADVICE, MONDAY, by="bert", reply_to="d1", **private), now=TEN
    )
    assert await look(desk, MONDAY + DAY) == 0
    assert await desk.rows(community_answer) == []


async def test_two_who_ask_under_one_post_are_told_apart(desk):
    await desk.hear(*talk(), said("m5", "And how do I pay?", TEN, by="carl"))
    await look(desk, TEN)
    assert (await shown(desk, 1), await shown(desk, 2)) == (95, None)
    assert {row["channel"] for row in await desk.cases()} == {CHANNEL}

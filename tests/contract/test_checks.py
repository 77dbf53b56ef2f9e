"""A few messages of each week that the machine let pass: drawn once, the same whoever draws, and what people say of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from tests.fakes import DAY, HOUR, MONDAY, Desk, FakeClassifier, FakeClock, ours, said
from webcare.domain.case import CaseState, ImpossibleMove
from webcare.domain.checks import SAMPLE, Answer, Checked, drawn, last_week
from webcare.domain.message import Kind
from webcare.house_work import HouseWork
from webcare.services import checks
from webcare.services import desk as desk_acts
from webcare.services.correct import open_for
from webcare.services.corrections import learned
from webcare.services.forget import erase
from webcare.store import checks as kept
from webcare.store.customers import Customer

ZONE = "Europe/Amsterdam"
NEXT_MONDAY = MONDAY + 7 * DAY
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def desk(store):
    return await Desk.open(store)


async def let_pass(desk, count, *, start=MONDAY, text="Lovely weather in {n}"):
    """Let customers write what needs no answer."""
    messages = [said(f"w{n}", text.format(n=n), start + n * MINUTE, by=f"c{n}", conversation_id=f"t{n}") for n in range(count)]
    await desk.hear(*messages)


async def draw(desk, now=NEXT_MONDAY):
    return await checks.draw(desk.store, FakeClock(now), zone=ZONE)


async def view(desk, now=NEXT_MONDAY):
    return await desk.store.read(checks.view, now)


def test_the_week_that_is_over_is_from_monday_to_monday_on_the_houses_clock():
    week = last_week(datetime(2026, 11, 29, 23, 30, tzinfo=UTC), ZoneInfo(ZONE))  # Monday 00:30 in Amsterdam
    assert week.name == "2026-11-23"
    assert (week.starts_at, week.ends_at) == (MONDAY.replace(day=22, hour=23), MONDAY.replace(day=29, hour=23))
    assert last_week(datetime(2026, 11, 29, 22, 30, tzinfo=UTC), ZoneInfo(ZONE)).name == "2026-11-16"


def test_what_is_drawn_follows_from_the_week_and_the_numbers_alone():
    numbers = list(range(1, 500))
    assert drawn(numbers, "2026-11-23") == drawn(reversed(numbers), "2026-11-23")
    assert drawn(numbers, "2026-11-23") != drawn(numbers, "2026-11-30")
    assert len(set(drawn(numbers, "2026-11-23"))) == SAMPLE
    assert sorted(drawn([3, 1, 2], "2026-11-23")) == [1, 2, 3]


async def test_twenty_messages_that_opened_no_case_are_drawn_once(desk):
    await let_pass(desk, 30)
    await desk.hear(said("q1", "Where is it?", MONDAY + HOUR, by="zoe", conversation_id="q"))
    await desk.hear(said("u1", "maybe", MONDAY + HOUR, by="una", conversation_id="u"))
    await desk.hear(said("early", "Nice", MONDAY - DAY, by="ed", conversation_id="e"), now=MONDAY + HOUR)
    assert await draw(desk, MONDAY + 3 * DAY) == 1  # the week before: the early one
    assert await draw(desk) == SAMPLE
    assert await draw(desk) == 0
    found = await view(desk)
    assert found.week.isoformat() == "2026-11-23"
    assert len(found.waiting) == SAMPLE
    assert all(one.text.startswith("Lovely") for one in found.messages)
    newest = found.weeks[0].checked
    assert (newest.population, newest.drawn, newest.looked_at) == (30, SAMPLE, 0)


async def test_a_week_is_drawn_some_hours_after_its_end(desk):
    """What was written on Sunday night may be heard of on Monday morning."""
    await let_pass(desk, 3)
    midnight = NEXT_MONDAY.replace(hour=23) - DAY
    assert await draw(desk, midnight + 5 * HOUR) == 0
    assert await draw(desk, midnight + 6 * HOUR) == 3


async def test_the_daemon_draws_by_itself(desk):
    await let_pass(desk, 3)
    settings = SimpleNamespace(house=SimpleNamespace(zone=ZONE))
    house = SimpleNamespace(store=desk.store, clock=FakeClock(NEXT_MONDAY), settings=settings)
    rows = {work.row.name: work for work in HouseWork(house, None).table()}
    assert await rows["checks"].unit() == 3


async def test_nothing_is_drawn_of_a_quiet_week(desk):
    assert await draw(desk) == 0
    assert (await view(desk)).week is None


class Afterwards(FakeClassifier):
    """Finds, with what it answers, that it needs an answer."""

    def _verdict(self, text):
        return replace(super()._verdict(text), needs_response=True)


async def test_who_agreed_did_not_agree_with_what_the_machine_said_later(desk):
    await desk.hear(said("w0", "1234 AB", MONDAY, reply_to="o1"))
    await draw(desk)
    (one,) = (await view(desk)).waiting
    await desk.store.write(checks.rightly, one.message, by="noor", now=NEXT_MONDAY)
    desk.classifier = Afterwards()
    await desk.hear(ours("o1", MONDAY - HOUR, text="What is your postcode?"), now=NEXT_MONDAY + HOUR)
    assert (await desk.case())["state"] == "open"
    (example,) = (await desk.store.read(learned)).examples
    assert (example.labels.needs_response, example.is_confirmation) == (False, True)


async def test_who_said_rightly_no_case_said_so_also_of_what_the_machine_saw_otherwise_by_then(desk):
    await desk.hear(said("w0", "1234 AB", MONDAY, reply_to="o1"))
    await draw(desk)
    (one,) = (await view(desk)).waiting
    desk.classifier = Afterwards()
    await desk.hear(ours("o1", MONDAY - HOUR, text="What is your postcode?"), now=NEXT_MONDAY)
    await desk.store.write(checks.rightly, one.message, by="noor", now=NEXT_MONDAY + HOUR)
    (example,) = (await desk.store.read(learned)).examples
    assert example.labels.needs_response is False
    assert example.changed == {"needs_response"}


async def test_a_message_that_was_rightly_let_pass_is_a_confirmation(desk):
    await let_pass(desk, 3)
    await draw(desk)
    number = (await view(desk)).waiting[0].message
    await desk.store.write(checks.rightly, number, by="noor", now=NEXT_MONDAY)
    found = await view(desk)
    assert [one.answer for one in found.done] == [Answer.RIGHTLY]
    assert number not in [one.message for one in found.waiting]
    assert (found.lately.looked_at, found.lately.missed) == (1, 0)
    (example,) = (await desk.store.read(learned)).examples
    assert example.is_confirmation
    assert example.labels.needs_response is False
    assert example.labels.intents is None  # of that nobody spoke
    assert await desk.cases() == []


async def test_one_that_was_missed_opens_a_case_from_when_the_customer_wrote(desk):
    await let_pass(desk, 3)
    await draw(desk)
    chosen = (await view(desk)).waiting[0]
    case = await desk.store.write(checks.missed, chosen.message, by="noor", rules=desk.rules, now=NEXT_MONDAY)
    (clock, _, started, _, _) = (await desk.clocks(case))[0]
    assert (clock, started) == ("first_response", chosen.at)
    found = await view(desk)
    assert (found.done[0].answer, found.done[0].case, found.done[0].by) == (Answer.MISSED, case, "noor")
    assert (found.lately.looked_at, found.lately.missed) == (1, 1)
    (example,) = (await desk.store.read(learned)).examples
    assert example.changed == {"needs_response"}
    assert example.labels.intents is None


async def test_pressing_twice_changes_nothing_and_a_second_thought_counts(desk):
    await let_pass(desk, 2)
    await draw(desk)
    first, second = (one.message for one in (await view(desk)).waiting)
    await desk.store.write(checks.rightly, first, by="noor", now=NEXT_MONDAY)
    case = await desk.store.write(checks.missed, first, by="daan", rules=desk.rules, now=NEXT_MONDAY)
    again = await desk.store.write(checks.missed, first, by="daan", rules=desk.rules, now=NEXT_MONDAY)
    await desk.store.write(checks.rightly, first, by="noor", now=NEXT_MONDAY)
    assert case == again
    assert (await view(desk)).lately.missed == 1
    found = await desk.store.write(open_for, second, by="noor", rules=desk.rules, now=NEXT_MONDAY)  # from the search
    assert await desk.store.write(checks.missed, second, by="noor", rules=desk.rules, now=NEXT_MONDAY) == found
    assert [row["state"] for row in await desk.cases()] == [CaseState.OPEN.value] * 2


async def test_what_was_not_drawn_is_refused(desk):
    await let_pass(desk, 1)
    with pytest.raises(ImpossibleMove):
        await desk.store.write(checks.rightly, 1, by="noor", now=NEXT_MONDAY)
    with pytest.raises(ImpossibleMove):
        await desk.store.write(checks.missed, 99, by="noor", rules=desk.rules, now=NEXT_MONDAY)


async def test_whose_words_are_erased_is_not_asked_about_and_does_not_count(desk):
    await let_pass(desk, 3)
    await draw(desk)
    gone = (await view(desk)).waiting[0]
    await desk.store.write(checks.rightly, (await view(desk)).waiting[1].message, by="noor", now=NEXT_MONDAY)
    who = Customer(kind="twitter", author_id=gone.customer.lower())
    await erase(desk.store, who, by="noor", rules_of=lambda *_: desk.rules, clock=FakeClock(NEXT_MONDAY))
    found = await view(desk)
    assert (len(found.waiting), len(found.done), found.gone) == (1, 1, 1)
    with pytest.raises(ImpossibleMove):
        await desk.store.write(checks.missed, gone.message, by="noor", rules=desk.rules, now=NEXT_MONDAY)
    assert next(one for one in (await view(desk)).messages if one.message == gone.message).answer is None
    _, waiting = await desk.store.read(kept.summed, NEXT_MONDAY, 4)
    assert waiting == 1


async def test_the_share_is_told_over_four_weeks(desk):
    for week in range(5):
        start = MONDAY + week * 7 * DAY
        messages = [
            said(f"{week}.{n}", "Nice", start + n * MINUTE, by=f"p{week}{n}", conversation_id=f"{week}.{n}") for n in range(4)
        ]
        await desk.hear(*messages)
        now = start + 7 * DAY
        assert await draw(desk, now) == 4
        for n, one in enumerate((await view(desk, now)).waiting):
            if n or week == 0:
                await desk.store.write(checks.rightly, one.message, by="noor", now=now)
            else:
                await desk.store.write(checks.missed, one.message, by="noor", rules=desk.rules, now=now)
    found = await view(desk, MONDAY + 35 * DAY)
    assert found.lately.weeks == (Checked(population=4, drawn=4, looked_at=4, missed=1),) * 4
    assert len(found.weeks) == 5
    assert (found.lately.looked_at, found.lately.interval) == (16, (0.25, 0.25))


async def test_a_private_message_in_a_case_is_not_drawn(desk):
    """Routing asks a person about private noise: it is in a case, where somebody reads it."""
    await desk.hear(replace(said("p1", "Nice", MONDAY), kind=Kind.DM))
    assert len(await desk.cases()) == 1
    assert await draw(desk) == 0


async def test_what_is_added_to_a_case_and_let_pass_is_drawn_too(desk):
    """After an answer "Still nothing" joined the closed case, nobody read it, and the sample knew of none such."""
    await desk.hear(said("q1", "Where is it?", MONDAY), ours("o1", MONDAY + MINUTE, reply_to="q1"))
    await desk.store.write(desk_acts.close, 1, by="noor", rules=desk.rules, now=MONDAY + HOUR)
    await desk.hear(said("w1", "Still nothing here", MONDAY + 2 * HOUR))
    assert (await desk.case())["state"] == "closed"
    assert await draw(desk) == 1
    (one,) = (await view(desk)).waiting
    assert (one.text, one.case) == ("Still nothing here", 1)
    assert await desk.store.write(checks.missed, one.message, by="noor", rules=desk.rules, now=NEXT_MONDAY) == 1
    assert (await desk.case())["state"] == "open"
    started = [clock[2] for clock in await desk.clocks(1) if clock[1] in ("running", "missed")]
    assert MONDAY + 2 * HOUR in started
    assert await desk.store.write(checks.missed, one.message, by="noor", rules=desk.rules, now=NEXT_MONDAY) == 1
    assert (await view(desk)).lately.missed == 1
    (example,) = (await desk.store.read(learned)).examples
    assert example.changed == {"needs_response"}


async def test_who_agrees_on_what_is_in_a_case_leaves_it_as_it_is(desk):
    await desk.hear(said("q1", "Where is it?", MONDAY), said("w1", "Nice anyway", MONDAY + HOUR))
    before = await desk.clocks(1)
    await draw(desk)
    (one,) = (await view(desk)).waiting
    await desk.store.write(checks.rightly, one.message, by="noor", now=NEXT_MONDAY)
    assert await desk.clocks(1) == before
    assert (await view(desk)).lately.looked_at == 1

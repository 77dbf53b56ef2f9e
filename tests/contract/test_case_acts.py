"""What the acts on a case stand on: promises in the hours of a policy, answers given elsewhere, who takes over, who answered meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from fakes import HOUR, MONDAY, Desk, FakeClock, FakeSender, ours, receipt, said
from staff import staff

from webcare.domain.calendar import Calendar
from webcare.domain.case import ImpossibleMove, Refusal
from webcare.domain.rulebook import SHIPPED_BOOK
from webcare.domain.verdict import Intent, Sentiment, Urgency
from webcare.ports.errors import Rejected
from webcare.services import answer, around, compose, presence
from webcare.services import desk as moves
from webcare.services.case_file import open_file
from webcare.services.correct import Correction, correct, what_changes
from webcare.services.meanwhile import Mark, mark_of, meanwhile, parse_mark
from webcare.store import people, users

DAY = 24 * HOUR
OFFICE = Calendar(zone=ZoneInfo("Europe/Amsterdam"), hours=(((9 * 60, 18 * 60),),) * 5 + ((),) * 2)
FRIDAY_EVENING = MONDAY + 4 * DAY + 9 * HOUR  # seven o'clock


@pytest.fixture
async def desk(store):
    """Anna asks at nine: case 1."""
    opened = await Desk.open(store)
    await opened.hear(said("m1", "hello?", MONDAY))
    return opened


async def refused(desk, unit, *args, after=HOUR, **said_):
    with pytest.raises(ImpossibleMove) as caught:
        await desk.store.write(unit, 1, *args, by="noor", rules=desk.rules, now=MONDAY + after, **said_)
    return caught.value.why


# --- promised


async def test_a_promise_until_an_instant_is_due_then_whatever_hours_count(store):
    (rule,) = SHIPPED_BOOK.rules
    book = replace(SHIPPED_BOOK, rules=[replace(rule, policy=replace(rule.policy, calendar=OFFICE))])
    desk = await Desk.open(store, book)
    await desk.hear(said("m1", "hello?", FRIDAY_EVENING))
    next_noon = MONDAY + 7 * DAY + 2 * HOUR
    values = {"by": "noor", "rules": desk.rules, "now": FRIDAY_EVENING + HOUR}
    row = await store.write(moves.promise, 1, until=next_noon, **values)
    assert (row.due_clock, row.due_at) == ("keep_in_loop", next_noon)
    with pytest.raises(ImpossibleMove) as caught:
        await store.write(moves.promise, 1, until=FRIDAY_EVENING + DAY, **values)  # a Saturday
    assert caught.value.why is Refusal.NOT_OPEN


async def test_a_promise_and_a_snooze_lie_ahead_and_within_a_year(desk):
    for unit in (moves.promise, moves.snooze):
        assert await refused(desk, unit, until=MONDAY) is Refusal.NOT_AHEAD
        assert await refused(desk, unit, until=MONDAY + timedelta(days=400)) is Refusal.TOO_FAR
    assert await refused(desk, moves.promise) is Refusal.NOT_AHEAD
    assert await refused(desk, moves.promise, within=timedelta(days=400)) is Refusal.TOO_FAR
    assert len(await desk.log()) == 1


# --- answered elsewhere


async def test_an_answer_given_elsewhere_lies_between_the_opening_and_now_and_says_how(desk):
    for at in (MONDAY - HOUR, MONDAY + 2 * HOUR):
        assert await refused(desk, answer.declared, at=at, how="called") is Refusal.NOT_THEN
    assert await refused(desk, answer.declared, at=MONDAY, how=" ") is Refusal.NOTHING_SAID
    await desk.store.write(answer.declared, 1, by="noor", at=MONDAY, rules=desk.rules, now=MONDAY + HOUR, how=" called ")
    file = await desk.store.read(open_file, 1, desk.rules, MONDAY + HOUR)
    assert [(note.by, note.text, note.is_answer) for note in file.notes] == [("noor", "called", True)]
    await desk.store.write(moves.close, 1, by="noor", rules=desk.rules, now=MONDAY + HOUR)
    assert await refused(desk, answer.declared, at=MONDAY + HOUR, how="called") is Refusal.CLOSED


# --- put right


async def test_what_was_so_already_is_not_said_again(desk):
    everything = Correction(needs_response=True, intents=(Intent.QUESTION,), sentiment=Sentiment.NEUTRAL, urgency=Urgency.NORMAL)
    assert await desk.store.read(what_changes, 1, 1, everything) == Correction()
    changed = replace(everything, needs_response=False, intents=(), urgency=Urgency.HIGH)
    found = await desk.store.read(what_changes, 1, 1, changed)
    assert found == Correction(needs_response=False, intents=(), urgency=Urgency.HIGH)
    await desk.hear(said("u1", "maybe?", MONDAY, by="bob"))  # of what is in doubt every word counts
    assert await desk.store.read(what_changes, 2, 2, everything) == Correction(needs_response=True)
    await desk.store.write(correct, 2, Correction(needs_response=True), by="noor", rules=desk.rules, now=MONDAY)
    assert await desk.store.read(what_changes, 2, 2, everything) == Correction()


# --- who could take over


async def test_those_who_may_answer_are_named_whoever_is_on_call_first(desk):
    assert await desk.store.read(around.who_answers, MONDAY) == ()
    await desk.staff(staff())
    for name, role in (("ada", "auditor"), ("bo", "agent"), ("weg", "agent")):
        values = {"id": name, "name": name.title(), "role": role, "zone": "UTC", "language": "nl"}
        await desk.store.write(users.add_person, values, mail=None)
    values = {"link": "x", "until": MONDAY + DAY, "now": MONDAY}
    await desk.store.write(users.give_link, "weg", **values)
    await desk.store.write(users.disable, "weg", MONDAY)
    found = await desk.store.read(around.who_answers, MONDAY)
    assert [(one.id, one.is_on_call) for one in found] == [("noor", True), ("bo", False), ("daan", False), ("lena", False)]
    assert await refused(desk, moves.hand_over, to="weg") is Refusal.NO_SUCH_PERSON
    assert (await desk.store.read(people.person, "weg")).name == "Weg"


async def test_a_look_at_a_case_that_is_not_there_leaves_no_trace(desk):
    values = {"reader": "noor", "machine": MONDAY, "now": MONDAY, "is_typing": True, "seen": None}
    assert await desk.store.write(around.look, 9, **values) is None
    assert await desk.store.read(presence.who_looks, 9, MONDAY) == []
    await desk.store.write(around.look, 1, **{**values, "reader": "daan"})
    found = await desk.store.write(around.look, 1, **values)
    assert [(one.person, one.is_typing) for one in found.looking] == [("daan", True)]


# --- who answered meanwhile


async def mark(desk):
    return mark_of(await desk.store.read(open_file, 1, desk.rules, MONDAY + HOUR))


async def test_a_reply_of_somebody_else_is_news_until_it_has_been_seen(desk):
    seen = await mark(desk)
    write = {"rules": desk.rules, "now": MONDAY + HOUR}
    await desk.store.write(compose.send, 1, text="Here.", by="noor", seen=seen, **write)
    assert await desk.store.read(meanwhile, 1, seen, "noor") is None
    assert await desk.store.read(meanwhile, 1, seen, "daan") == "noor"
    with pytest.raises(ImpossibleMove) as caught:
        await desk.store.write(compose.send, 1, text="There.", by="daan", seen=seen, **write)
    assert (caught.value.why, caught.value.who) == (Refusal.ANSWERED, "noor")
    assert await desk.store.read(meanwhile, 1, await mark(desk), "daan") is None
    await desk.store.write(compose.send, 1, text="There.", by="daan", seen=await mark(desk), **write)
    assert len(await desk.replies()) == 2


async def test_a_reply_that_came_to_nothing_is_no_news_and_one_from_elsewhere_is(desk):
    clock = FakeClock(MONDAY)
    seen = await mark(desk)
    await desk.store.write(answer.write, 1, text="Here.", by="noor", now=MONDAY)
    await desk.send(desk.post(sender=FakeSender(Rejected("no"))), clock)
    assert await desk.store.read(meanwhile, 1, seen, "daan") is None
    await desk.store.write(answer.write, 1, text="Here!", by="daan", now=MONDAY)
    await desk.send(desk.post(sender=FakeSender(receipt("a1", MONDAY))), clock)
    assert await desk.store.read(meanwhile, 1, seen, "daan") is None  # the message is their own reply
    await desk.hear(ours("a2", MONDAY + HOUR, "m1"))
    assert await desk.store.read(meanwhile, 1, seen, "daan") == "Noor"
    assert await desk.store.read(meanwhile, 1, await mark(desk), "daan") is None


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "1.x", "-1.1", "²." + "1", "1." + "9" * 19])
def test_what_is_no_mark(text):
    assert parse_mark(text) is None


def test_a_mark_comes_back_as_it_was():
    assert parse_mark(str(Mark(reply=3, message=17))) == Mark(reply=3, message=17)

"""The receipt: once, in private, to a customer who just wrote and whom nobody has answered; it stops no clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, US, FakeClock, FakeSender, account, ours, receipt, said
from staff import staff

from webcare.domain.message import Kind
from webcare.ports.errors import Rejected, Unavailable
from webcare.services import answer
from webcare.services.receipt import BY, FRESH, NOT_WANTED, receipts_of
from webcare.store import tables

SECOND = timedelta(seconds=1)
DM = {"kind": Kind.DM, "conversation_id": "dm"}
TEXTS = {"nl": "Dank je. We antwoorden vóór {before}.", "en": "Thank you. We answer before {before}."}


@pytest.fixture
async def open_house(desk):
    """A house whose channel sends receipts."""
    await desk.staff(staff())
    receipts = receipts_of([account(receipt=TEXTS)], language="nl", zone="Europe/Amsterdam")
    desk.rules = replace(desk.rules, receipts=receipts)
    return desk


async def queued(desk):
    return [(r["text"], r["by"], r["automatic"]) for r in await desk.replies()]


async def send(desk, sender, at=MONDAY):
    await desk.send(desk.post(sender=sender), FakeClock(at))


async def test_a_private_question_gets_one_that_names_the_deadline(open_house):
    """In the customer's language, by the house's clock."""
    await open_house.hear(said("m1", "Where is it?", MONDAY, **DM))
    assert await queued(open_house) == [("Thank you. We answer before tomorrow 10:00.", BY, True)]


async def test_it_stops_no_clock_and_is_a_machines_line_in_the_log(open_house):
    await open_house.hear(said("m1", "Where is it?", MONDAY, **DM))
    await send(open_house, FakeSender(receipt("a1", MONDAY + SECOND)))
    assert await open_house.clocks() == [("first_response", "running", MONDAY, MONDAY + DAY, None)]
    assert [line[0] for line in await open_house.log()] == ["inbound", "bot"]
    (message,) = await open_house.rows(tables.message, tables.message.c.external_id == "a1")
    assert message["automatic"]
    await open_house.hear(ours("a1", MONDAY + SECOND, text="Thank you.", **DM))  # its echo
    assert [line[0] for line in await open_house.log()] == ["inbound", "bot"]


async def test_an_echo_that_comes_before_its_receipt_stops_nothing_either(open_house):
    await open_house.hear(said("m1", "Where is it?", MONDAY, **DM))

    class Quick(FakeSender):
        async def send(self, reply):
            await open_house.hear(ours("a1", MONDAY + SECOND, text=reply.text, **DM))
            return await super().send(reply)

    await send(open_house, Quick(receipt("a1", MONDAY + SECOND)))
    assert [c[1] for c in await open_house.clocks()] == ["running"]


@pytest.mark.parametrize(
    ("changes", "now"),
    [
        ({"kind": Kind.COMMENT}, MONDAY),  # everybody would read it
        (DM, MONDAY + FRESH + SECOND),  # found late
        ({**DM, "channel": "twitter:other"}, MONDAY),  # no receipt there
    ],
)
async def test_who_gets_none(open_house, changes, now):
    await open_house.hear(said("m1", "Where is it?", MONDAY, **changes), now=now)
    assert len(await open_house.cases()) == 1
    assert await queued(open_house) == []


async def test_who_was_answered_already_gets_none(open_house):
    await open_house.hear(ours("a1", MONDAY + SECOND, **DM), said("m1", "Where is it?", MONDAY, **DM))
    assert await queued(open_house) == []


async def test_a_conversation_gets_one_while_its_case_lives(open_house):
    await open_house.hear(said("m1", "Where is it?", MONDAY, **DM))
    await send(open_house, FakeSender(receipt("a1", MONDAY)))
    await open_house.hear(said("m2", "Hello?", MONDAY + HOUR, **DM))
    await open_house.hear(ours("a2", MONDAY + 2 * HOUR, **DM))
    await open_house.sweep(MONDAY + 4 * DAY)
    assert (await open_house.case())["state"] == "closed"
    await open_house.hear(said("m3", "And the other one?", MONDAY + 5 * DAY, **DM))  # reopened
    assert len(await queued(open_house)) == 1
    await open_house.hear(ours("a3", MONDAY + 5 * DAY + HOUR, **DM))
    await open_house.sweep(MONDAY + 9 * DAY)
    await open_house.hear(said("m4", "Something else?", MONDAY + 40 * DAY, **DM))  # another case
    assert len(await queued(open_house)) == 2


async def test_a_language_without_a_text_gets_the_houses(open_house):
    one = receipts_of([account(receipt={"nl": "Dank je."})], language="nl", zone="UTC")
    open_house.rules = replace(open_house.rules, receipts=one)
    await open_house.hear(said("m1", "Where is it?", MONDAY, **DM))
    assert await queued(open_house) == [("Dank je.", BY, True)]


async def late(desk):
    """Nothing happened, but it is later than anybody would want it."""
    return MONDAY + FRESH + SECOND


async def answered(desk):
    """A person wrote in the platform's own app."""
    await desk.hear(ours("n1", MONDAY + SECOND, **DM))
    return MONDAY + 2 * SECOND


async def being_answered(desk):
    """A person's reply waits in the outbox."""
    await desk.store.write(answer.write, 1, text="Tomorrow.", by=US, now=MONDAY + SECOND)
    return MONDAY + 2 * SECOND


async def closed(desk):
    """A customer took the question back."""
    await desk.store.write(lambda conn: conn.execute(tables.case.update().values(state="closed")).rowcount)
    return MONDAY + SECOND


@pytest.mark.parametrize("meanwhile", [late, answered, being_answered, closed])
async def test_what_could_not_leave_in_time_is_dropped_and_nobody_is_told(open_house, meanwhile):
    await open_house.hear(said("m1", "Where is it?", MONDAY, **DM))
    sender = FakeSender(Unavailable("no network"))
    await send(open_house, sender)
    at = await meanwhile(open_house)
    clock = FakeClock(at)
    clock.at_machine = MONDAY + HOUR
    sender.answers.append(receipt("a9", at))  # for the person's reply, if there is one
    await open_house.send(open_house.post(sender=sender), clock)
    (row, *_) = await open_house.replies()
    assert (row["state"], row["reason"]) == ("refused", NOT_WANTED)
    assert [r.text for r in sender.sent if r.text.startswith("Thank")] == ["Thank you. We answer before tomorrow 10:00."]
    assert await open_house.told() == []


async def test_one_that_waits_holds_up_no_answer_of_a_person(open_house):
    await open_house.hear(said("m1", "Where is it?", MONDAY, **DM))
    sender = FakeSender(Unavailable("no network"), receipt("a9", MONDAY + SECOND))
    await send(open_house, sender)
    await being_answered(open_house)
    await send(open_house, sender, MONDAY + SECOND)
    assert [r.text for r in sender.sent][1:] == ["Tomorrow."]


async def test_a_refused_receipt_is_told_to_nobody(open_house):
    await open_house.hear(said("m1", "Where is it?", MONDAY, **DM))
    await send(open_house, FakeSender(Rejected("the window is closed")))
    assert [r["state"] for r in await open_house.replies()] == ["refused"]
    assert await open_house.told() == []


async def test_a_receipt_that_failed_after_all_is_told_to_nobody(open_house):
    await open_house.hear(said("m1", "Where is it?", MONDAY, **DM))
    await send(open_house, FakeSender(receipt("a1", MONDAY)))
    note = {"reason": "blocked", "at": MONDAY + HOUR, "rules": open_house.rules, "now": MONDAY + HOUR}
    await open_house.store.write(answer.withdrawn, CHANNEL, "a1", **note)
    assert await open_house.told() == []
    assert [c[1] for c in await open_house.clocks()] == ["running"]

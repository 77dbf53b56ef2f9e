"""Our replies: nothing stops a clock but what the platform accepted, and nothing is sent twice without a person's say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, US, FakeClock, FakeNotifier, FakeSender, ours, receipt, said

from webcare.domain.case import ImpossibleMove
from webcare.domain.message import Kind
from webcare.ports.errors import RateLimited, Rejected, Unavailable, Unconfirmed
from webcare.services import answer
from webcare.services.post import retry_after
from webcare.services.send_reply import TRIES
from webcare.store import outbox
from webcare.store.outbox import LEASE

TEN = MONDAY + HOUR
SECOND = timedelta(seconds=1)
RUNNING = [("first_response", "running", MONDAY, MONDAY + DAY, None)]


class Death(BaseException):
    """The process is killed there."""


@pytest.fixture
async def written(desk):
    """Anna asked at nine; a reply was written at ten and is queued."""
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.store.write(answer.write, 1, text="Tomorrow.", by=US, now=TEN)
    return desk


def met(at):
    return [("first_response", "met", MONDAY, MONDAY + DAY, at)]


async def reply(desk):
    (row,) = await desk.replies()
    return row


async def send(desk, sender, at=TEN, holder="one"):
    clock = FakeClock(at)
    await desk.send(desk.post(FakeNotifier(), sender, holder), clock)
    return clock


# --- sending


async def test_a_queued_reply_stops_nothing(written):
    assert (await reply(written))["state"] == "queued"
    assert await written.clocks() == RUNNING


async def test_a_reply_goes_to_the_customers_newest_message(written):
    await written.hear(said("m2", "Hello?", TEN))
    await written.store.write(answer.write, 1, text="Sorry!", by=US, now=TEN)
    sender = FakeSender(receipt("a1", TEN), receipt("a2", TEN))
    await send(written, sender)
    assert [(r.reply_to, r.text, r.conversation_id) for r in sender.sent] == [
        ("m1", "Tomorrow.", "thread"),
        ("m2", "Sorry!", "thread"),
    ]


async def test_an_accepted_reply_stops_the_clock_at_the_platforms_time(written):
    await send(written, FakeSender(receipt("a1", TEN + 3 * SECOND)), at=TEN + HOUR)
    row = await reply(written)
    assert (row["state"], row["external_id"], row["accepted_at"]) == ("accepted", "a1", TEN + 3 * SECOND)
    assert await written.clocks() == met(TEN + 3 * SECOND)
    assert [d["state"] for d in await written.deliveries()] == ["sent"]


async def test_a_refused_reply_says_why_and_stops_nothing(written):
    await send(written, FakeSender(Rejected("too long for this platform")))
    row = await reply(written)
    assert (row["state"], row["reason"]) == ("refused", "too long for this platform")
    assert await written.clocks() == RUNNING
    await send(written, FakeSender(), at=TEN + DAY)  # never by itself


async def test_a_reply_that_did_not_leave_is_tried_again(written):
    sender = FakeSender(Unavailable("no network"), RateLimited(TEN + HOUR), receipt("a1", TEN + HOUR))
    clock = await send(written, sender)
    assert (await reply(written))["state"] == "queued"
    post = written.post(sender=sender)
    for passed in (retry_after(1), HOUR):
        clock.at_machine = TEN + passed
        await written.send(post, clock)
    assert sender.asked == []  # it certainly was not sent: nobody needs to ask
    assert len({r.key for r in sender.sent}) == 1
    assert (await reply(written))["state"] == "accepted"


async def test_a_reply_that_never_left_is_refused_in_the_end(written):
    sender = FakeSender(*[Unavailable("no network")] * TRIES)
    clock = FakeClock(TEN)
    for _ in range(TRIES):
        await written.send(written.post(sender=sender), clock)
        clock.at_machine += HOUR
    row = await reply(written)
    assert (row["state"], row["reason"]) == ("refused", f"not sent after {TRIES} attempts: no network")


async def test_a_reply_on_a_channel_without_a_sender_is_refused_in_the_end(written):
    """Its delivery failed after the last attempt and the reply stayed `queued`: its writer thought that it was still on its way."""
    clock = FakeClock(TEN)
    for _ in range(TRIES):
        await written.send(written.post(), clock)
        clock.at_machine += HOUR
    row = await reply(written)
    assert row["state"] == "refused"
    assert CHANNEL in row["reason"]


async def test_an_empty_reply_is_not_written(written):
    with pytest.raises(ValueError, match="empty"):
        await written.store.write(answer.write, 1, text=" \n", by=US, now=TEN)


# --- nobody knows


async def test_an_unconfirmed_reply_stops_nothing_and_is_not_sent_again_by_itself(written):
    sender = FakeSender(Unconfirmed("no answer"))
    clock = await send(written, sender)
    clock.at = clock.at_machine = TEN + DAY
    await written.send(written.post(sender=sender), clock)
    row = await reply(written)
    assert (row["state"], row["reason"], len(sender.sent)) == ("unconfirmed", "no answer", 1)
    assert await written.clocks() == RUNNING


async def test_an_unconfirmed_reply_is_sent_again_when_a_person_says_so(written):
    sender = FakeSender(Unconfirmed("no answer"), receipt("a1", TEN + HOUR))
    await send(written, sender)
    await written.store.write(answer.send_again, 1, now=TEN + HOUR)
    with pytest.raises(ValueError, match="nothing to send again"):  # a second click
        await written.store.write(answer.send_again, 1, now=TEN + HOUR)
    await send(written, sender, at=TEN + HOUR)
    assert len(sender.sent) == 2
    assert await written.clocks() == met(TEN + HOUR)
    with pytest.raises(ValueError, match="accepted"):
        await written.store.write(answer.send_again, 1, now=TEN + HOUR)


async def test_a_mistake_in_a_sender_leaves_a_reply_unconfirmed_and_holds_up_nobody(written):
    """Its exception left `deliver`, and the reply was sent again a second later, and again, although it may have left each time."""
    await written.store.write(answer.write, 1, text="Tomorrow, I mean.", by=US, now=TEN)
    sender = FakeSender(KeyError("id_str"), receipt("a2", TEN))
    await send(written, sender)
    await send(written, sender, at=TEN + DAY)
    assert [(r["state"], r["external_id"]) for r in await written.replies()] == [("unconfirmed", None), ("accepted", "a2")]


async def died_while_sending(desk):
    dead = FakeSender(Death())
    with pytest.raises(Death):
        await send(desk, dead, holder="dead")
    assert (await reply(desk))["state"] == "sending"
    assert await desk.clocks() == RUNNING
    return TEN + LEASE


async def test_after_a_death_the_platform_is_asked_and_has_it(written):
    after = await died_while_sending(written)
    sender = FakeSender(finds=[receipt("a1", TEN)])
    await send(written, sender, at=after, holder="two")
    assert (sender.sent, len(sender.asked)) == ([], 1)
    assert await written.clocks() == met(TEN)


async def test_after_a_death_the_platform_is_asked_and_does_not_have_it(written):
    after = await died_while_sending(written)
    sender = FakeSender(receipt("a1", after), finds=[None])
    await send(written, sender, at=after, holder="two")
    assert (len(sender.asked), len(sender.sent)) == (1, 1)
    assert await written.clocks() == met(after)


@pytest.mark.parametrize("error", [Unconfirmed("cannot be asked"), Rejected("no such call")])
async def test_after_a_death_a_platform_that_cannot_be_asked_leaves_it_to_the_writer(written, error):
    after = await died_while_sending(written)
    sender = FakeSender(finds=[error])
    await send(written, sender, at=after, holder="two")
    await send(written, sender, at=after + DAY, holder="two")
    assert sender.sent == []
    assert (await reply(written))["state"] == "unconfirmed"


async def test_after_a_death_a_platform_that_is_down_is_asked_later(written):
    after = await died_while_sending(written)
    sender = FakeSender(finds=[Unavailable("503"), KeyError("bug"), receipt("a1", TEN)])
    clock = await send(written, sender, at=after, holder="two")
    for _ in range(2):
        assert (await reply(written))["state"] == "sending"
        clock.at_machine += HOUR
        await written.send(written.post(sender=sender, holder="two"), clock)
    assert sender.sent == []
    assert await written.clocks() == met(TEN)


async def test_after_a_death_a_platform_that_stays_down_leaves_it_to_the_writer(written):
    """It was called "not sent after 12 attempts", which nobody knew: the first of them may have got through."""
    clock = FakeClock(await died_while_sending(written))
    sender = FakeSender(finds=[Unavailable("503")] * TRIES)
    for _ in range(TRIES):
        await written.send(written.post(sender=sender, holder="two"), clock)
        clock.at_machine += HOUR
    assert (await reply(written))["state"] == "unconfirmed"


@pytest.mark.parametrize("state", ["accepted", "refused", "unconfirmed", "withdrawn"])
async def test_a_reply_that_is_settled_is_not_sent_whatever_waits_in_the_outbox(written, state):
    """How a reply ended and how its delivery ended were two transactions: who died between them left a delivery to send, and the
    next holder sent the reply a second time."""
    await written.store.write(outbox.set_reply, 1, state=state)
    sender = FakeSender()
    await send(written, sender)
    assert sender.sent == []
    assert [d["state"] for d in await written.deliveries()] == ["failed"]


async def test_who_lost_the_lease_does_not_send_what_the_other_has_sent(written):
    """Behind a slow reply the lease of the next ran out, another daemon sent it, and the first sent it again."""
    await written.store.write(answer.write, 1, text="And sorry.", by=US, now=TEN)
    clock = FakeClock(TEN)
    quick = FakeSender(receipt("a2", TEN), finds=[receipt("a1", TEN)])

    class Slow(FakeSender):
        async def send(self, reply):
            self.sent.append(reply)
            clock.at_machine += LEASE
            await written.send(written.post(sender=quick, holder="quick"), clock)
            return receipt("a1", TEN)

    slow = Slow()
    await written.send(written.post(sender=slow, holder="slow"), clock)
    assert [r.text for r in slow.sent + quick.sent] == ["Tomorrow.", "And sorry."]
    assert [r["state"] for r in await written.replies()] == ["accepted", "accepted"]
    assert [line[0] for line in await written.log()] == ["inbound", "answer", "answer"]


# --- withdrawn


async def test_a_withdrawn_reply_lets_the_clock_go_on_and_passed_rungs_fire_once(written):
    await send(written, FakeSender(receipt("a1", TEN)))
    failed_at = MONDAY + 20 * HOUR
    assert (await written.sweep(failed_at)).steps == 0
    for _ in range(2):  # platforms say it more than once
        await written.store.write(
            answer.withdrawn, CHANNEL, "a1", reason="blocked by the user", at=failed_at, rules=written.rules, now=failed_at
        )
    row = await reply(written)
    assert (row["state"], row["reason"]) == ("withdrawn", "blocked by the user")
    assert await written.clocks() == RUNNING
    await written.sweep(failed_at)
    assert [rung for _, rung, _ in await written.steps()] == ["inbox@0.5", "alert@0.75"]
    await written.sweep(failed_at + SECOND)
    assert await written.alerts() == [("oncall", [(1, "alert@0.75")])]
    assert [line[0] for line in await written.log()] == ["inbound", "answer", "withdrawn"]


async def test_a_reply_withdrawn_after_due_is_a_breach_at_once(written):
    """All instants of the ladder lay in the past, so nobody was to look again: the customer was forgotten."""
    await send(written, FakeSender(receipt("a1", TEN)))
    failed_at = MONDAY + 2 * DAY
    await written.store.write(answer.withdrawn, CHANNEL, "a1", reason="x", at=failed_at, rules=written.rules, now=failed_at)
    await written.sweep(failed_at)
    assert ("lead", [(1, "breach@1")]) in await written.alerts()


async def test_a_late_word_of_a_first_failure_does_not_stop_the_second_attempt(written):
    """The platform's second "failed" for the first copy made the second copy, which was on its way, look withdrawn, and a person
    could send a third."""
    await send(written, FakeSender(receipt("a1", TEN)))
    note = {"reason": "x", "at": TEN + HOUR, "rules": written.rules, "now": TEN + HOUR}
    await written.store.write(answer.withdrawn, CHANNEL, "a1", **note)
    await written.store.write(answer.send_again, 1, now=TEN + HOUR)
    await written.store.write(answer.withdrawn, CHANNEL, "a1", **note)
    assert (await reply(written))["state"] == "queued"
    await send(written, FakeSender(receipt("a2", TEN + 2 * HOUR)), at=TEN + 2 * HOUR)
    assert await written.clocks() == met(TEN + 2 * HOUR)


async def test_a_withdrawal_shows_that_the_policys_close_was_wrong(written):
    await send(written, FakeSender(receipt("a1", TEN)))
    await written.sweep(TEN + 3 * DAY)
    assert (await written.case())["state"] == "closed"
    late = TEN + 4 * DAY
    await written.store.write(answer.withdrawn, CHANNEL, "a1", reason="x", at=late, rules=written.rules, now=late)
    assert (await written.case())["state"] == "open"
    assert await written.clocks() == [("first_response", "missed", MONDAY, MONDAY + DAY, None)]


# --- echoes


async def test_the_echo_of_our_own_reply_is_no_second_answer(written):
    await send(written, FakeSender(receipt("a1", TEN)))
    await written.hear(ours("a1", TEN, "m1", text="Tomorrow."), now=TEN + SECOND)
    assert [line[0] for line in await written.log()] == ["inbound", "answer"]


@pytest.mark.parametrize("shift", [-SECOND, timedelta(0), SECOND])
async def test_the_echo_of_our_own_reply_may_differ(written, shift):
    """Platforms shorten links and name the customer; their time stamp is not that of their 2xx either."""
    await send(written, FakeSender(receipt("a1", TEN)))
    await written.hear(ours("a1", TEN + shift, "m1", text="@anna Tomorrow. https://t.example/x"), now=TEN + 2 * SECOND)
    assert [line[0] for line in await written.log()] == ["inbound", "answer"]
    assert await written.clocks() == met(TEN)


@pytest.mark.parametrize("is_routed", [True, False])
async def test_the_echo_may_arrive_before_the_receipt(written, is_routed):
    echo = ours("a1", TEN - SECOND, "m1", text="@anna Tomorrow.")

    class Quick(FakeSender):
        async def send(self, reply):
            await (written.hear if is_routed else written.accept)(echo, now=TEN)
            return await super().send(reply)

    await send(written, Quick(receipt("a1", TEN)))
    await written.hear(echo, now=TEN + SECOND)
    assert [line[0] for line in await written.log()] == ["inbound", "answer"]
    assert [c[1] for c in await written.clocks()] == ["met"]
    assert (await reply(written))["state"] == "accepted"


async def test_the_echo_of_a_private_reply_is_no_second_answer(desk):
    dm = {"kind": Kind.DM, "conversation_id": "dm"}
    await desk.hear(said("m1", "Where is it?", MONDAY, **dm))
    await desk.store.write(answer.write, 1, text="Tomorrow.", by=US, now=TEN)
    await send(desk, FakeSender(receipt("a1", TEN)))
    await desk.hear(ours("a1", TEN, text="Tomorrow.", **dm))
    assert [line[0] for line in await desk.log()] == ["inbound", "answer"]


# --- declared


async def test_an_answer_by_telephone_counts_from_when_it_was_given(written):
    await written.store.write(answer.declared, 1, by=US, at=TEN - SECOND, rules=written.rules, now=TEN)
    assert await written.clocks() == met(TEN - SECOND)
    assert (await written.rows(answer.cases.case_event))[-1]["data"]["declared"] is True


async def test_an_answer_that_lies_ahead_is_refused(written):
    with pytest.raises(ValueError, match="future"):
        await written.store.write(answer.declared, 1, by=US, at=TEN + SECOND, rules=written.rules, now=TEN)
    assert await written.clocks() == RUNNING


async def test_a_declared_promise_starts_its_own_clock_and_ladder(written):
    await written.store.write(answer.declared, 1, by=US, at=TEN, rules=written.rules, now=TEN, promise=timedelta(hours=4))
    assert [c[:4] for c in await written.clocks() if c[0] == "keep_in_loop"] == [
        ("keep_in_loop", "running", TEN, TEN + timedelta(hours=4))
    ]
    await written.sweep(TEN + 4 * HOUR)
    assert {clock for clock, _, _ in await written.steps()} == {"keep_in_loop"}


async def test_a_promise_on_a_closed_case_is_refused_and_nothing_of_it_is_kept(written):
    await send(written, FakeSender(receipt("a1", TEN)))
    await written.sweep(TEN + 3 * DAY)
    before = await written.log()
    with pytest.raises(ImpossibleMove, match="reopen"):
        await written.store.write(
            answer.declared, 1, by=US, at=TEN + 3 * DAY, rules=written.rules, now=TEN + 3 * DAY, promise=timedelta(hours=4)
        )
    assert await written.log() == before


async def test_a_withdrawal_beside_a_newer_open_case_is_told_all_the_same(desk):
    """An answer failed after its case had closed, while the customer had a new case: reopening the old one broke the rule of one
    open case a customer, and the whole unit with it. Now the clock of the old one runs on, the newer stays the open one."""
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.hear(ours("a1", MONDAY + HOUR, "m1"))
    later = MONDAY + 20 * DAY
    await desk.sweep_until(later)
    await desk.hear(said("m2", "And the other one?", later))
    note = {"reason": "gone", "at": later + HOUR, "rules": desk.rules, "now": later + HOUR}
    await desk.store.write(answer.withdrawn, CHANNEL, "a1", **note)
    assert [row["state"] for row in await desk.cases()] == ["closed", "open"]
    await desk.sweep(later + HOUR)
    assert ("first_response", "breach@1", MONDAY + DAY) in [tuple(row)[:3] for row in await desk.steps()]

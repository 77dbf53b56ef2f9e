"""Replies in trouble: never twice without a person's say, held while their channel is stopped, and their writer hears how it ended."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import BRAND, CHANNEL, DAY, HOUR, MONDAY, US, FakeClock, FakeNotifier, FakeSender, ours, receipt, said
from staff import staff

from webcare.domain.message import Kind
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable, Unconfirmed
from webcare.services import answer
from webcare.services.post import SLOWEST
from webcare.services.send_reply import LOOKS_AGAIN, SETTLES, TRIES
from webcare.store import channel_state, house_tables, messages
from webcare.store.outbox import LEASE

TEN = MONDAY + HOUR
SECOND = timedelta(seconds=1)


class Death(BaseException):
    """The process is killed there."""


@pytest.fixture
async def written(desk):
    """Anna asked at nine, and noor, who is on call, wrote at ten."""
    await desk.staff(staff(noor=("push", "sms")))
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.store.write(answer.write, 1, text="Tomorrow.", by=US, now=TEN)
    return desk


async def replies(desk):
    return [(r["state"], r["reason"]) for r in await desk.replies()]


async def send(desk, sender, clock, holder="one", store=None):
    desk.store, kept = store or desk.store, desk.store
    try:
        return await desk.send(desk.post(FakeNotifier(), sender, holder), clock)
    finally:
        desk.store = kept


# --- dead credentials


async def repair(desk):
    """A check passed: the channel is fine again."""
    await desk.store.write(channel_state.change, CHANNEL, state="fine")


async def test_a_reply_that_the_platform_will_not_take_from_us_waits_until_the_channel_works_again(written):
    """A token that expired made every reply of that hour `refused`, and each had to be sent again by hand."""
    clock, sender = FakeClock(TEN), FakeSender(AuthFailed("token expired"), receipt("a1", TEN + DAY))
    await send(written, sender, clock)
    (state,) = await written.rows(house_tables.channel_state)
    assert (state["state"], state["reason"]) == ("stopped", "token expired")
    assert await replies(written) == [("queued", None)]
    for _ in range(TRIES + 1):  # no attempt is counted meanwhile
        clock.at = clock.at_machine = clock.at + HOUR
        assert await send(written, sender, clock) == 0
    await repair(written)
    assert await send(written, sender, clock) == 1
    assert await replies(written) == [("accepted", None)]
    assert (await written.deliveries())[0]["attempt"] == 1


async def test_what_stands_behind_it_in_the_same_batch_is_not_even_tried(written):
    await written.store.write(answer.write, 1, text="I mean, on Tuesday.", by=US, now=TEN)
    clock, sender = FakeClock(TEN), FakeSender(AuthFailed("token expired"), receipt("a1", TEN), receipt("a2", TEN))
    await send(written, sender, clock)
    assert len(sender.sent) == 1
    await repair(written)
    clock.at_machine += LOOKS_AGAIN
    while await send(written, sender, clock):
        pass
    assert [r.text for r in sender.sent] == ["Tomorrow.", "Tomorrow.", "I mean, on Tuesday."]


async def test_a_stopped_channel_holds_no_other_and_no_alert(written):
    await written.store.write(messages.ensure_channel, "twitter:other", brand=BRAND, now=TEN)
    await written.hear(said("o1", "Where is it?", MONDAY, channel="twitter:other"))
    await written.store.write(answer.write, 2, text="Here.", by=US, now=TEN)
    await written.store.write(channel_state.ensure, CHANNEL, TEN)
    await written.store.write(channel_state.change, CHANNEL, state="stopped")
    sender, notifier = FakeSender(receipt("a2", TEN)), FakeNotifier()
    await written.sweep(MONDAY + 18 * HOUR)
    post = written.post(notifier, sender)
    post.senders["twitter:other"] = sender
    await written.send(post, FakeClock(MONDAY + 18 * HOUR))
    assert [r.channel for r in sender.sent] == ["twitter:other"]
    assert len(notifier.sent) == 1


async def test_the_same_words_of_another_reply_are_not_taken_for_this_one(written):
    """A second "Tomorrow." whose answer was lost was found in the first one, called sent, and never sent."""
    clock = FakeClock(TEN)
    await send(written, FakeSender(receipt("a1", TEN)), clock)
    await written.store.write(answer.write, 1, text="Tomorrow.", by=US, now=TEN)
    await send(written, FakeSender(Unconfirmed("lost"), finds=[receipt("a1", TEN)]), clock)
    assert [state for state, _ in await replies(written)] == ["accepted", "unconfirmed"]


async def test_a_token_that_dies_while_we_ask_leaves_the_question_open_until_it_works_again(written):
    """It made the reply `unconfirmed`, and a person had to look for what the platform itself could tell an hour later."""
    clock = FakeClock(TEN)
    with pytest.raises(Death):
        await send(written, FakeSender(Death()), clock, "dead")
    clock.at_machine += LEASE
    sender = FakeSender(finds=[AuthFailed("token expired"), receipt("a1", TEN)])
    await send(written, sender, clock)
    assert await replies(written) == [("sending", None)]
    await repair(written)
    clock.at_machine += LOOKS_AGAIN
    await send(written, sender, clock)
    assert (sender.sent, await replies(written)) == ([], [("accepted", None)])


# --- nobody knows


async def test_a_send_without_an_answer_is_looked_for_at_once(written):
    sender = FakeSender(Unconfirmed("the connection broke"), finds=[receipt("a1", TEN)])
    await send(written, sender, FakeClock(TEN))
    assert (len(sender.sent), len(sender.asked), await replies(written)) == (1, 1, [("accepted", None)])


async def test_a_first_no_is_not_believed_for_lists_lag_behind(written):
    """A platform took a reply, broke off, and its list did not show it yet: it was sent a second time."""
    clock = FakeClock(TEN)
    sender = FakeSender(Unconfirmed("the connection broke"), finds=[None, receipt("a1", TEN)])
    await send(written, sender, clock)
    assert await replies(written) == [("sending", None)]
    clock.at_machine += SETTLES - SECOND
    assert await send(written, sender, clock) == 0
    clock.at_machine += SECOND
    await send(written, sender, clock)
    assert (len(sender.sent), await replies(written)) == (1, [("accepted", None)])


async def test_a_second_no_is_and_it_is_sent_again(written):
    clock = FakeClock(TEN)
    sender = FakeSender(Unconfirmed("the connection broke"), receipt("a1", TEN), finds=[None, None])
    await send(written, sender, clock)
    clock.at_machine += SETTLES
    await send(written, sender, clock)
    assert (len(sender.sent), await replies(written)) == (2, [("accepted", None)])


@pytest.mark.parametrize("error", [Unavailable("503"), RateLimited(TEN + HOUR)])
async def test_when_it_cannot_be_looked_for_now_it_is_looked_for_later_and_not_sent(written, error):
    clock = FakeClock(TEN)
    sender = FakeSender(Unconfirmed("the connection broke"), finds=[error, receipt("a1", TEN)])
    await send(written, sender, clock)
    clock.at_machine += HOUR
    await send(written, sender, clock)
    assert (len(sender.sent), await replies(written)) == (1, [("accepted", None)])


async def test_who_could_not_note_the_result_does_not_ask_before_the_platforms_list_is_up_to_date(written):
    """The database went away just after the platform had taken a reply; the same process claimed it again a second later."""
    clock = FakeClock(TEN)
    with pytest.raises(Death):
        await send(written, FakeSender(Death()), clock)
    sender = FakeSender(finds=[receipt("a1", TEN)])
    clock.at_machine += SECOND
    await send(written, sender, clock)
    assert sender.asked == []
    clock.at_machine = TEN + SETTLES
    await send(written, sender, clock)
    assert (sender.sent, len(sender.asked), await replies(written)) == ([], 1, [("accepted", None)])


async def test_a_platform_that_hangs_is_given_up_before_anybody_else_may_take_the_reply_over(written):
    """It would have been sent by two: by who took it over when the lease ran out, and by the call that hung."""
    hangs = asyncio.Event()

    class Hangs(FakeSender):
        async def send(self, reply):
            self.sent.append(reply)
            await hangs.wait()

    post = replace(written.post(sender=Hangs()), slowest=timedelta(0))
    await written.send(post, FakeClock(TEN))
    assert await replies(written) == [("unconfirmed", "no answer in time")]
    assert SLOWEST < LEASE


class Platform(FakeSender):
    """Holds what it was handed, and tells the truth; `dies` is where the process that speaks to it is killed."""

    def __init__(self, *, can_find, dies=None):
        super().__init__()
        self.can_find, self.dies, self.holds = can_find, dies, []

    async def send(self, reply):
        if self.dies == "before":
            raise Death
        self.holds.append(reply.key)
        if self.dies == "after":
            raise Death
        return receipt(f"a{len(self.holds)}", TEN)

    async def find(self, reply):
        if not self.can_find:
            raise Unconfirmed("it cannot be asked")
        return receipt("a1", TEN) if reply.key in self.holds else None


class Mortal:
    """A store whose process is killed at its n-th transaction, before it or just after its commit."""

    def __init__(self, store, nth, after):
        self._store, self._nth, self._after = store, nth, after
        self.read = store.read

    async def write(self, unit, *args, **kwargs):
        self._nth -= 1
        if self._nth == 0 and not self._after:
            raise Death
        value = await self._store.write(unit, *args, **kwargs)
        if self._nth == 0:
            raise Death
        return value


@pytest.mark.parametrize("can_find", [True, False])
@pytest.mark.parametrize("where", [*((n, after) for n in (1, 2, 3) for after in (False, True)), "before", "after"])
async def test_wherever_it_is_killed_the_platform_holds_it_once_at_most(written, where, can_find):
    """A reply is three transactions - claimed, in hand, noted - and one call between the last two."""
    platform = Platform(can_find=can_find, dies=where if isinstance(where, str) else None)
    store = written.store if isinstance(where, str) else Mortal(written.store, *where)
    with pytest.raises(Death):
        await send(written, platform, FakeClock(TEN), "dead", store)
    platform.dies, clock = None, FakeClock(TEN)
    for _ in range(6):
        clock.at_machine += LEASE
        await send(written, platform, clock, "two")
    ((state, _),) = await replies(written)
    assert len(platform.holds) <= 1
    assert state == "accepted" if can_find else state in {"accepted", "unconfirmed"}
    if state == "accepted":
        assert len(platform.holds) == 1
        assert [line[0] for line in await written.log()] == ["inbound", "answer"]


# --- one after the other


async def test_the_replies_of_a_channel_leave_in_the_order_in_which_they_were_written(written):
    for n in range(5):
        await written.store.write(answer.write, 1, text=f"and {n}", by=US, now=TEN)
    sender = FakeSender(*[receipt(f"a{n}", TEN) for n in range(6)])
    await send(written, sender, FakeClock(TEN))
    assert [r.text for r in sender.sent] == ["Tomorrow.", *(f"and {n}" for n in range(5))]


async def test_a_channel_that_cannot_be_reached_costs_one_attempt_and_not_one_for_each_that_waits(written):
    """Fifty replies to a dead platform were fifty time-outs, one after the other."""
    await written.store.write(answer.write, 1, text="And sorry.", by=US, now=TEN)
    sender = FakeSender(Unavailable("no network"))
    await send(written, sender, FakeClock(TEN))
    first, second = await written.deliveries()
    assert (len(sender.sent), first["attempt"], second["attempt"]) == (1, 1, 0)
    assert second["retry_at"] == first["retry_at"]


@pytest.fixture
async def three(written):
    """Anna, Bert and Carla asked below one post, and each has an answer that waits to be sent."""
    for case, by in ((2, "bert"), (3, "carla")):
        await written.hear(said(f"m{case}", "Where is it?", MONDAY, by=by))
        await written.store.write(answer.write, case, text=f"{by}: tomorrow.", by=US, now=TEN)
    return written


async def test_one_who_cannot_be_reached_holds_up_nobody_else(three):
    """Somebody had blocked the page, which Facebook calls being out of order: all answers of the channel waited two hours with theirs."""
    sender = FakeSender(Unavailable("out of order, or blocked"), receipt("a2", TEN), receipt("a3", TEN))
    await send(three, sender, FakeClock(TEN))
    assert [state for state, _ in await replies(three)] == ["queued", "accepted", "accepted"]


async def test_two_who_cannot_be_reached_are_a_channel_that_is_down(three):
    sender = FakeSender(Unavailable("no network"), Unavailable("no network"))
    await send(three, sender, FakeClock(TEN))
    assert [row["attempt"] for row in await three.deliveries()] == [1, 1, 0]
    assert len({row["retry_at"] for row in await three.deliveries()}) == 1


async def test_a_limit_is_one_of_the_channel(three):
    sender = FakeSender(RateLimited(TEN + HOUR))
    await send(three, sender, FakeClock(TEN))
    assert (len(sender.sent), {row["retry_at"] for row in await three.deliveries()}) == (1, {TEN + HOUR})


async def test_what_is_written_later_does_not_overtake_what_waits(written):
    """ "I mean, on Tuesday." came first, and "Tomorrow." after it."""
    clock, sender = FakeClock(TEN), FakeSender(Unavailable("no network"), receipt("a1", TEN), receipt("a2", TEN))
    await send(written, sender, clock)
    await written.store.write(answer.write, 1, text="I mean, on Tuesday.", by=US, now=TEN)
    assert await send(written, sender, clock) == 0
    clock.at = clock.at_machine = TEN + HOUR
    while await send(written, sender, clock):
        pass
    assert [r.text for r in sender.sent] == ["Tomorrow.", "Tomorrow.", "I mean, on Tuesday."]


async def test_a_connector_is_told_whether_it_answers_in_private(desk):
    dm = {"kind": Kind.DM, "conversation_id": "dm"}
    await desk.hear(said("m1", "Where is it?", MONDAY, **dm), said("m2", "Where is it?", MONDAY, by="bert"))
    for case in (1, 2):
        await desk.store.write(answer.write, case, text="Tomorrow.", by=US, now=TEN)
    sender = FakeSender(receipt("a1", TEN), receipt("a2", TEN))
    await send(desk, sender, FakeClock(TEN))
    assert [r.kind for r in sender.sent] == [Kind.DM, Kind.COMMENT]


# --- who hears of it


async def news(desk):
    """Who was told what became of a reply."""
    return [(person, content["reply"]["what"], content["reply"]["reason"]) for person, _, content in await desk.told()]


@pytest.mark.parametrize(
    ("errors", "what", "reason"),
    [
        ([Rejected("too long")], "refused", "too long"),
        ([Unconfirmed("no answer")], "unconfirmed", "no answer"),
        ([Unavailable("no network")] * TRIES, "refused", f"not sent after {TRIES} attempts: no network"),
    ],
)
async def test_its_writer_is_told_once_how_it_ended(written, errors, what, reason):
    clock, sender = FakeClock(TEN), FakeSender(*errors)
    for _ in range(TRIES + 3):
        await send(written, sender, clock)
        clock.at_machine += HOUR
    assert await news(written) == [("noor", what, reason)]
    ((_, method, content),) = await written.told()
    assert (method, content["reply"]["case"], content["reply"]["channel"]) == ("push", 1, CHANNEL)


async def test_the_person_on_call_is_told_beside_the_writer(written):
    await written.store.write(answer.write, 1, text="Sorry.", by="daan", now=TEN)
    await send(written, FakeSender(receipt("a1", TEN), Rejected("too long")), FakeClock(TEN))
    assert await news(written) == [("daan", "refused", "too long"), ("noor", "refused", "too long")]


async def test_a_writer_whom_we_do_not_know_leaves_the_person_on_call(written):
    await written.store.write(answer.write, 1, text="Sorry.", by="an intern", now=TEN)
    await send(written, FakeSender(receipt("a1", TEN), Rejected("too long")), FakeClock(TEN))
    assert await news(written) == [("noor", "refused", "too long")]


async def test_a_second_refusal_is_told_again(written):
    clock, sender = FakeClock(TEN), FakeSender(Rejected("too long"), Rejected("still too long"))
    await send(written, sender, clock)
    clock.at += HOUR
    await written.store.write(answer.send_again, 1, now=clock.at)
    await send(written, sender, clock)
    assert await news(written) == [("noor", "refused", "too long"), ("noor", "refused", "still too long")]


async def test_what_the_platform_could_not_deliver_after_all_is_told_once(written):
    await send(written, FakeSender(receipt("a1", TEN)), FakeClock(TEN))
    for hours in (1, 2):  # platforms say it more than once
        at = TEN + hours * HOUR
        note = {"reason": "blocked by the user", "at": at, "rules": written.rules, "now": at}
        await written.store.write(answer.withdrawn, CHANNEL, "a1", **note)
    assert await news(written) == [("noor", "withdrawn", "blocked by the user")]


async def test_what_was_written_in_the_platforms_own_app_and_failed_is_told_to_who_is_on_call(written):
    await written.hear(ours("n1", TEN, "m1"))
    note = {"reason": "blocked by the user", "at": TEN + HOUR, "rules": written.rules, "now": TEN + HOUR}
    for _ in range(2):
        await written.store.write(answer.withdrawn, CHANNEL, "n1", **note)
    assert await news(written) == [("noor", "withdrawn", "blocked by the user")]


async def test_news_of_a_reply_goes_by_the_next_method_as_an_alert_does(written):
    clock = FakeClock(TEN)
    await send(written, FakeSender(Rejected("too long")), clock)
    notifier = FakeNotifier(Rejected("no such device"))
    for _ in range(2):
        await written.send(written.post(notifier), clock)
    assert [(a.method, a.content["reply"]["what"]) for a in notifier.sent] == [("sms", "refused")]
    assert {d["state"] for d in await written.deliveries()} == {"failed", "sent"}

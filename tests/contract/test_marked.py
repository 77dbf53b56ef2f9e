"""A send without an answer, settled by our own mark in what the platform tells afterwards: once, in whichever order it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from fakes import BRAND, DAY, HOUR, MONDAY, US, FakeClock, FakeSender, receipt, said
from hearsay import Ears, account, echoed, item, real_account
from staff import staff

from webcare.domain.message import Kind
from webcare.ports.connector import Sort
from webcare.ports.errors import Rejected, Unconfirmed
from webcare.services import answer, forget
from webcare.services.sent import Result, result_of
from webcare.store import messages
from webcare.store.customers import Customer

TEN = MONDAY + HOUR
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
DM = {"kind": Kind.DM, "conversation_id": "anna"}
MET = ("first_response", "met", MONDAY, MONDAY + DAY, TEN + SECOND)


def state(status="sent", id_="a1", at=TEN + SECOND, mark="reply:1", **more):
    """What a platform tells of a message of ours."""
    return item(Sort.STATUS, external_id=id_, target_id=id_, status=status, created_at=at, note=mark, **more)


@pytest.fixture
async def written(desk):
    """Anna asked at nine in private, and noor wrote at ten."""
    await desk.staff(staff())
    await desk.hear(said("m1", "Where is it?", MONDAY, **DM))
    await desk.store.write(answer.write, 1, text="Tomorrow.", by=US, now=TEN)
    return desk


@pytest.fixture
def ears(written):
    return Ears(written)


async def time_out(desk, at=TEN):
    await desk.send(desk.post(sender=FakeSender(Unconfirmed("the connection broke"))), FakeClock(at))


async def stands(desk):
    (row,) = await desk.replies()
    return row["state"], row["external_id"], row["reason"]


async def answers(desk):
    return [line[0] for line in await desk.log()]


async def delivered(desk):
    """How "Sent" shows each delivery of the reply."""
    (row,) = await desk.replies()
    return [
        result_of(
            SimpleNamespace(reply_state=row["state"], **{n: d[n] for n in ("state", "result", "lease_until", "attempt")}), TEN
        )
        for d in await desk.deliveries()
        if d["kind"] == "reply"
    ]


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "played"])
async def test_a_reply_that_nobody_knew_of_was_sent(written, ears, status):
    await time_out(written)
    assert (await stands(written))[0] == "unconfirmed"
    for _ in range(2):
        await ears.hear(state(status), at=TEN + MINUTE)
    assert await stands(written) == ("accepted", "a1", None)
    assert await answers(written) == ["inbound", "answer"]
    assert await written.clocks() == [MET]
    assert await delivered(written) == [Result.DELIVERED]
    assert (await ears.messages())["a1"]["text"] == "Tomorrow."


async def test_an_echo_with_our_mark_is_the_reply_and_no_second_answer(written, ears):
    await time_out(written)
    await ears.hear(echoed("a1", TEN + SECOND, text="Tomorrow.", note="reply:1", **DM), at=TEN + MINUTE)
    assert await stands(written) == ("accepted", "a1", None)
    assert await answers(written) == ["inbound", "answer"]


async def test_what_failed_after_all_is_told_and_the_clock_goes_on(written, ears):
    await time_out(written)
    for one in (state("failed", reason="131026: no"), state("sent"), state("failed", reason="131026: no")):
        await ears.hear(one, at=TEN + MINUTE)
    assert await stands(written) == ("withdrawn", "a1", "131026: no")
    assert [c[1] for c in await written.clocks()] == ["running"]
    assert [content["reply"]["what"] for _, _, content in await written.told()] == ["unconfirmed", "withdrawn"]


@pytest.mark.parametrize("ends", [receipt("a1", TEN), Unconfirmed("the connection broke"), Rejected("too late to say so")])
@pytest.mark.parametrize("told", ["sent", "failed"])
async def test_a_mark_that_comes_while_it_is_being_sent_holds_however_that_ends(written, ears, ends, told):
    """A webhook is faster than a time-out of a minute."""

    class Slow(FakeSender):
        async def send(self, reply):
            await ears.hear(state(told, mark=reply.key, reason="131026: no"), at=TEN + SECOND)
            return await super().send(reply)

    await written.send(written.post(sender=Slow(ends)), FakeClock(TEN))
    assert (await stands(written))[:2] == ("accepted" if told == "sent" else "withdrawn", "a1")
    assert await answers(written) == (["inbound", "answer"] if told == "sent" else ["inbound", "answer", "withdrawn"])
    assert len(await ears.messages()) == 2


async def test_a_second_copy_that_has_not_left_never_does(written, ears):
    """A person pressed "send again", and the state of the first copy came after that."""
    await time_out(written)
    await written.store.write(answer.send_again, 1, now=TEN + HOUR)
    await ears.hear(state(), at=TEN + HOUR)
    sender = FakeSender(receipt("a2", TEN + HOUR))
    await written.send(written.post(sender=sender), FakeClock(TEN + 2 * HOUR))
    assert (sender.sent, await stands(written)) == ([], ("accepted", "a1", None))
    assert await delivered(written) == [Result.DELIVERED]


async def test_late_states_of_a_copy_that_failed_do_not_settle_the_next(written, ears):
    await time_out(written)
    await ears.hear(state("failed", reason="131026: no"), at=TEN + MINUTE)
    await written.store.write(answer.send_again, 1, now=TEN + HOUR)
    await ears.hear(state("sent"), at=TEN + HOUR)
    assert (await stands(written))[0] == "queued"
    await time_out(written, TEN + HOUR)
    await ears.hear(state("sent", "a2", TEN + HOUR), at=TEN + HOUR)
    assert await stands(written) == ("accepted", "a2", None)


@pytest.mark.parametrize(
    "told",
    [
        state(mark="reply:2"),
        state(mark="reply:x"),
        state(mark="reply:1:2026"),
        state(mark="another tool's 1"),
        state(mark=None),
        state(at=TEN - HOUR),  # of before the backup that was restored
        state(account="other"),
    ],
)
async def test_what_is_not_ours_settles_nothing(written, told):
    ears = Ears(written, accounts=[account(), account("twitter:other")])
    await time_out(written)
    await ears.hear(told, at=TEN + MINUTE)
    assert (await stands(written))[0] == "unconfirmed"


async def test_a_reply_that_was_never_tried_is_settled_by_nobody(written, ears):
    """Another house on the same number counts its replies as we do."""
    await ears.hear(state(), at=TEN + MINUTE)
    assert (await stands(written))[0] == "queued"


async def test_whose_words_were_erased_is_not_written_down_again(written, ears):
    await time_out(written)
    rules = {"rules_of": lambda _conn, _revision: written.rules, "clock": FakeClock(TEN + HOUR)}
    await forget.erase(written.store, Customer(kind="twitter", author_id="anna"), by=US, **rules)
    await ears.hear(state(), at=TEN + HOUR)
    assert (await stands(written))[0] == "unconfirmed"
    assert "a1" not in await ears.messages()


async def test_whatsapp_carries_our_mark(written):
    """The state as Meta writes it, read by the connector."""
    channel = "whatsapp:106500000000001"
    number = {"conversation_id": "31612345678", "by": "31612345678", "channel": channel, "kind": Kind.DM}
    ears = Ears(written, accounts=[real_account(channel)])
    await written.store.write(messages.ensure_channel, channel, brand=BRAND, now=MONDAY)
    await written.hear(said("w1", "Where is it?", MONDAY, **number))
    await written.store.write(answer.write, 2, text="Tomorrow.", by=US, now=TEN)
    post = written.post(sender=FakeSender(receipt("x1", TEN)))
    sender = FakeSender(Unconfirmed("the connection broke"))
    await written.send(replace(post, senders={**post.senders, channel: sender}), FakeClock(TEN))
    told = {"id": "wamid.1", "status": "sent", "timestamp": str(int(TEN.timestamp())), "recipient_id": "31612345678"}
    value = {"metadata": {"phone_number_id": "106500000000001"}, "statuses": [told | {"biz_opaque_callback_data": "reply:2"}]}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}
    await ears.keep(body, TEN, channel=channel)
    await ears.work(TEN + MINUTE)
    assert [(r["state"], r["external_id"]) for r in await written.replies()] == [("accepted", "x1"), ("accepted", "wamid.1")]

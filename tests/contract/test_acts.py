"""Hiding and liking a customer's message: the newest press wins, nothing is done twice, and whoever pressed hears what did not work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import CHANNEL, DAY, HOUR, MONDAY, FakeClock, FakeDoer, FakeNotifier, said, spec
from staff import staff

from webcare.domain.case import ImpossibleMove
from webcare.domain.message import Kind
from webcare.ports.connector import Act, Capability, Deed
from webcare.ports.errors import AuthFailed, RateLimited, RefusalCode, Rejected, Unavailable, Unconfirmed
from webcare.services import deeds, forget
from webcare.services.carry_out import TRIES, carry_out
from webcare.services.export import export
from webcare.services.post import Post
from webcare.store import acts, audit, changes, channel_state, restore
from webcare.store.act_tables import act
from webcare.store.customers import Customer

TEN = MONDAY + HOUR
SECOND = timedelta(seconds=1)
ANNA = Customer(kind="twitter", author_id="anna")


@pytest.fixture
async def asked(desk):
    """Anna complained in public at nine."""
    await desk.staff(staff(noor=("push",), daan=("push",)))
    await desk.hear(said("m1", "You are crooks!", MONDAY))
    return desk


async def press(desk, deed, *, by="noor", at=TEN, message=1):
    return await desk.store.write(deeds.press, 1, message=message, deed=deed, by=by, now=at)


async def work(desk, doer, clock, holder="one"):
    return await carry_out(desk.store, Post(notifier=FakeNotifier(), senders={}, holder=holder, doers={CHANNEL: doer}), clock)


async def standing(desk, pair=Deed.HIDE):
    found = await desk.store.read(deeds.standings, [1])
    return found.get(1, {}).get(pair)


async def states(desk):
    return [(row["deed"], row["state"]) for row in await desk.rows(act)]


# --- done


async def test_what_is_pressed_is_done_once_and_stands_at_the_message(asked):
    before = (await asked.log(), await asked.clocks(), (await asked.case())["state"])
    doer, clock = FakeDoer(), FakeClock(TEN)
    assert await press(asked, Deed.HIDE)
    assert not await press(asked, Deed.HIDE, by="daan")
    assert (await standing(asked)).waiting is Deed.HIDE
    assert await work(asked, doer, clock) == 1
    assert await work(asked, doer, clock) == 0
    assert doer.done == [
        Act(key="act:1", channel=CHANNEL, deed=Deed.HIDE, target_id="m1", conversation_id="thread", kind=Kind.COMMENT)
    ]
    found = await standing(asked)
    assert (found.is_on, found.by, found.waiting, found.next) == (True, "noor", None, Deed.UNHIDE)
    assert not await press(asked, Deed.HIDE)  # it is hidden already
    assert (await asked.log(), await asked.clocks(), (await asked.case())["state"]) == before
    lines = await asked.store.read(audit.lines, "hide")
    assert [(line["by"], line["data"]) for line in lines] == [("noor", {"case": 1, "message": 1})]


async def test_hiding_and_liking_do_not_know_each_other(asked):
    doer = FakeDoer()
    await press(asked, Deed.HIDE)
    await press(asked, Deed.LIKE)
    await work(asked, doer, FakeClock(TEN))
    assert [one.deed for one in doer.done] == [Deed.HIDE, Deed.LIKE]
    assert (await standing(asked, Deed.LIKE)).is_on


async def test_who_thinks_again_before_it_left_has_done_nothing(asked):
    doer = FakeDoer()
    await press(asked, Deed.HIDE)
    await press(asked, Deed.UNHIDE)
    assert await work(asked, doer, FakeClock(TEN)) == 0
    assert await states(asked) == [("hide", "replaced")]
    assert [line["what"] for line in await asked.store.read(audit.lines)] == ["hide", "unhide"]


async def test_the_newest_press_wins_also_over_one_that_may_have_got_through(asked):
    doer, clock = FakeDoer(Unconfirmed("the connection broke")), FakeClock(TEN)
    await press(asked, Deed.HIDE)
    await work(asked, doer, clock)
    await press(asked, Deed.UNHIDE, by="daan")
    await work(asked, doer, clock)
    assert [one.deed for one in doer.done] == [Deed.UNHIDE]
    assert await states(asked) == [("hide", "replaced"), ("unhide", "done")]
    assert not (await standing(asked)).is_on


async def test_what_undoes_an_act_in_hand_waits_for_it(asked):
    """Two daemons could have hidden what was just shown again."""
    clock, other = FakeClock(TEN), FakeDoer()

    async def meanwhile():
        await press(asked, Deed.UNHIDE, by="daan")
        assert await work(asked, other, clock, "two") == 0

    doer = FakeDoer(then=meanwhile)
    await press(asked, Deed.HIDE)
    await work(asked, doer, clock)
    assert await states(asked) == [("hide", "done"), ("unhide", "queued")]
    await work(asked, other, clock, "two")
    assert ([one.deed for one in doer.done], [one.deed for one in other.done]) == ([Deed.HIDE], [Deed.UNHIDE])
    assert not (await standing(asked)).is_on


async def test_an_act_whose_holder_died_is_done_by_another(asked):
    class Death(BaseException):
        pass

    async def die():
        raise Death

    clock, doer = FakeClock(TEN), FakeDoer()
    await press(asked, Deed.HIDE)
    with pytest.raises(Death):
        await work(asked, FakeDoer(then=die), clock, "dead")
    assert await work(asked, doer, clock) == 0
    clock.at_machine += acts.LEASE
    assert await work(asked, doer, clock) == 1
    assert [one.key for one in doer.done] == ["act:1"]


# --- not done


async def test_a_platform_that_is_away_or_busy_is_asked_again_later(asked):
    clock = FakeClock(TEN)
    doer = FakeDoer(Unavailable("down"), RateLimited(TEN + HOUR))
    await press(asked, Deed.HIDE)
    await work(asked, doer, clock)
    assert await work(asked, doer, clock) == 0
    clock.at_machine += timedelta(minutes=1)
    await work(asked, doer, clock)
    clock.at_machine = TEN + HOUR - SECOND
    assert await work(asked, doer, clock) == 0
    clock.at_machine = TEN + HOUR
    assert await work(asked, doer, clock) == 1
    assert await states(asked) == [("hide", "done")]
    assert (await asked.rows(act))[0]["attempt"] == 2  # being told to wait is no attempt


async def test_dead_credentials_stop_the_channel_and_lose_nothing(asked):
    clock, doer = FakeClock(TEN), FakeDoer(AuthFailed("token expired"))
    await press(asked, Deed.HIDE)
    await work(asked, doer, clock)
    assert (await asked.store.read(channel_state.get, CHANNEL)).reason == "token expired"
    clock.at_machine += HOUR
    assert await work(asked, doer, clock) == 0
    await asked.store.write(channel_state.change, CHANNEL, state="fine")
    assert await work(asked, doer, clock) == 1
    assert await states(asked) == [("hide", "done")]


async def test_whoever_pressed_hears_that_the_platform_refused(asked):
    await press(asked, Deed.HIDE)
    await work(asked, FakeDoer(Rejected("comments of this post cannot be hidden")), FakeClock(TEN))
    found = await standing(asked)
    assert (found.is_on, found.refused, found.next) == (False, Deed.HIDE, Deed.HIDE)
    assert found.reason == "comments of this post cannot be hidden"
    told = {"what": "not_hidden", "case": 1, "channel": CHANNEL, "reason": "comments of this post cannot be hidden"}
    assert await asked.told() == [("noor", "push", {"reply": told})]
    assert await press(asked, Deed.HIDE)  # once more is allowed
    await work(asked, FakeDoer(), FakeClock(TEN))
    assert (await standing(asked)).refused is None


async def test_a_message_that_the_platform_does_not_have_any_more_is_said_in_our_words(asked):
    await press(asked, Deed.LIKE)
    await work(asked, FakeDoer(Rejected("(#100) no such object", RefusalCode.GONE)), FakeClock(TEN))
    assert (await standing(asked, Deed.LIKE)).reason == acts.GONE
    assert [content["reply"]["reason"] for _, _, content in await asked.told()] == [None]


async def test_after_two_hours_of_silence_it_is_given_up_and_told(asked):
    clock, doer = FakeClock(TEN), FakeDoer(*[Unavailable("down")] * TRIES)
    await press(asked, Deed.LIKE)
    for _ in range(TRIES):
        await work(asked, doer, clock)
        clock.at_machine += HOUR
    assert await work(asked, doer, clock) == 0
    assert (await standing(asked, Deed.LIKE)).reason == acts.TIRED
    assert [content["reply"]["what"] for _, _, content in await asked.told()] == ["not_done"]


async def test_a_bug_of_a_connector_keeps_nobody_elses_act(asked):
    await asked.hear(said("m2", "Crooks, all of you!", MONDAY + SECOND))
    await press(asked, Deed.HIDE)
    await press(asked, Deed.HIDE, message=2)
    doer, clock = FakeDoer(KeyError("comment_id")), FakeClock(TEN)
    await work(asked, doer, clock)
    await work(asked, doer, clock)
    assert [one.target_id for one in doer.done] == ["m2"]


# --- what can be pressed


async def test_only_a_public_message_of_the_customer_in_this_case_can_be_pressed(asked):
    await asked.hear(said("d1", "Where is it?", MONDAY, kind=Kind.DM, conversation_id="anna"))
    await asked.hear(said("o1", "And mine?", MONDAY, by="bert"))
    for message in (2, 3, 99):
        with pytest.raises(ImpossibleMove):
            await press(asked, Deed.HIDE, message=message)
    await asked.store.write(changes.mark_deleted, 1, TEN)
    with pytest.raises(ImpossibleMove):
        await press(asked, Deed.HIDE)


async def test_a_message_that_its_author_took_away_meanwhile_is_left_alone(asked):
    doer = FakeDoer()
    await press(asked, Deed.HIDE)
    await asked.store.write(changes.mark_deleted, 1, TEN)
    await work(asked, doer, FakeClock(TEN))
    assert (doer.done, (await standing(asked)).reason) == ([], acts.GONE)


def test_a_platform_offers_what_it_says_and_only_with_the_capability():
    assert deeds.offered(spec(Capability.ACT, deeds=frozenset({Deed.HIDE}))) == {Deed.HIDE}
    assert deeds.offered(spec(Capability.SEND, deeds=frozenset({Deed.HIDE}))) == frozenset()
    assert deeds.offered(None) == frozenset()


# --- kept, and forgotten


async def test_a_restored_backup_hides_nothing(asked):
    """What was pressed since may have shown the message again."""
    await press(asked, Deed.HIDE)
    await asked.store.write(restore.hold, TEN)
    assert await work(asked, FakeDoer(), FakeClock(TEN)) == 0
    assert (await standing(asked)).reason == acts.RESTORED


async def test_a_customer_is_told_what_was_done_to_their_words_and_not_by_whom(asked):
    await press(asked, Deed.HIDE)
    await work(asked, FakeDoer(), FakeClock(TEN))
    document = await export(asked.store, ANNA, by="admin", now=TEN)
    (told,) = document["cases"][0]["acts"]
    assert (told["message"], told["deed"], told["state"], told["by"]) == ("m1", "hide", "done", "staff")


async def test_erasing_a_customer_ends_what_waits_and_forgets_what_the_platform_said(asked):
    await press(asked, Deed.HIDE)
    await work(asked, FakeDoer(Rejected("anna cannot be hidden")), FakeClock(TEN))
    await press(asked, Deed.LIKE)
    rules_of, clock = (lambda _conn, _revision: asked.rules), FakeClock(TEN + DAY)
    await forget.erase(asked.store, ANNA, by="noor", rules_of=rules_of, clock=clock)
    assert await states(asked) == [("hide", "refused"), ("like", "refused")]
    assert [row["reason"] for row in await asked.rows(act)] == [None, None]
    assert await work(asked, FakeDoer(), FakeClock(TEN + DAY)) == 0

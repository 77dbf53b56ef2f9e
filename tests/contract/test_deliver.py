"""The outbox: alerts at least once with one key, replies at most once without a person's say."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import DAY, HOUR, MONDAY, FakeClock, FakeNotifier, FakeSender, receipt, said

from webcare.domain.alert_rules import AT_ONCE as AT_ONCE_RULES
from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable
from webcare.services import answer
from webcare.services.deliver import AT_ONCE, BATCH, LAST_TRIES, deliver
from webcare.services.post import LONGEST_RETRY, retry_after
from webcare.store import outbox, restore, tables
from webcare.store.outbox import LEASE

ALERT = MONDAY + 18 * HOUR
SECOND = timedelta(seconds=1)


@pytest.fixture
async def queued(desk):
    """One alert waits to be sent."""
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.sweep(ALERT)
    return desk


async def only(desk):
    (row,) = await desk.deliveries()
    return row


async def queue(desk, count):
    """Put alerts k0, k1, ... into the outbox."""
    rows = [
        {
            "brand": "b",
            "kind": "alert",
            "key": f"k{n}",
            "person": f"p{n}",
            "method": "last_resort",
            "content": {},
            "state": "queued",
        }
        | {"created_at": MONDAY, "not_before": MONDAY, "attempt": 0}
        for n in range(count)
    ]
    await desk.store.write(lambda conn: conn.execute(tables.delivery.insert(), rows).rowcount)


async def test_an_alert_is_sent_once_and_noted(queued):
    notifier, clock = FakeNotifier(), FakeClock(ALERT + SECOND)
    assert await queued.send(queued.post(notifier), clock) == 1
    assert await queued.send(queued.post(notifier), clock) == 0
    (alert,) = notifier.sent
    assert (alert.person, alert.method, alert.decided_at) == ("oncall", "last_resort", ALERT)
    assert [case["rung"] for case in alert.content["cases"]] == ["alert@0.75"]
    row = await only(queued)
    assert (row["state"], row["sent_at"], row["attempt"], row["lease_by"]) == ("sent", ALERT + SECOND, 1, None)


async def test_nothing_is_sent_before_its_time(queued):
    notifier = FakeNotifier()
    assert await queued.send(queued.post(notifier), FakeClock(ALERT - SECOND)) == 0
    assert notifier.sent == []


async def test_what_fails_is_tried_again_later_with_the_same_key(queued):
    notifier, clock = FakeNotifier(Unavailable("no network"), Unavailable("no network")), FakeClock(ALERT)
    post = queued.post(notifier)
    await queued.send(post, clock)
    row = await only(queued)
    assert (row["state"], row["retry_at"], row["result"]) == ("queued", ALERT + retry_after(1), "no network")
    clock.at_machine += retry_after(1) - SECOND
    assert await queued.send(post, clock) == 0
    clock.at_machine += SECOND
    await queued.send(post, clock)
    clock.at_machine += retry_after(2)
    await queued.send(post, clock)
    assert [alert.key for alert in notifier.sent] == [row["key"]]
    assert (await only(queued))["attempt"] == 3


def test_the_waits_double_up_to_a_quarter_of_an_hour():
    waits = [retry_after(n) for n in range(1, LAST_TRIES)]
    assert waits[:3] == [timedelta(seconds=s) for s in (5, 10, 20)]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_RETRY


async def test_after_too_many_attempts_it_has_failed(queued):
    clock, post = FakeClock(ALERT), queued.post(FakeNotifier(*[Unavailable("no network")] * LAST_TRIES))
    for _ in range(LAST_TRIES):
        assert (await only(queued))["state"] == "queued"
        await queued.send(post, clock)
        clock.at_machine += LONGEST_RETRY
    row = await only(queued)
    assert (row["state"], row["attempt"], row["result"]) == ("failed", LAST_TRIES, "no network")
    assert await queued.send(post, clock) == 0
    assert [line["event"] for line in queued.logged][-1] == "alert.reached_nobody"


async def test_what_the_last_resort_will_never_take_fails_at_once_and_the_log_says_so(queued):
    await queued.send(queued.post(FakeNotifier(Rejected("there is none"))), FakeClock(ALERT))
    row = await only(queued)
    assert (row["state"], row["result"]) == ("failed", "there is none")
    assert queued.logged[-1] == {
        "event": "alert.reached_nobody",
        "log_level": "error",
        "delivery": row["id"],
        "person": "oncall",
    }


async def test_a_last_resort_that_refuses_our_login_is_tried_until_somebody_repairs_it(queued):
    clock, notifier = FakeClock(ALERT), FakeNotifier(AuthFailed("535"), AuthFailed("535"))
    for _ in range(3):
        await queued.send(queued.post(notifier), clock)
        clock.at_machine += LONGEST_RETRY
    assert len(notifier.sent) == 1


async def test_a_rate_limit_waits_exactly_until_then(queued):
    clock, notifier = FakeClock(ALERT), FakeNotifier(RateLimited(ALERT + HOUR))
    post = queued.post(notifier)
    await queued.send(post, clock)
    for passed, count in ((HOUR - SECOND, 0), (HOUR, 1)):
        clock.at_machine = ALERT + passed
        await queued.send(post, clock)
        assert len(notifier.sent) == count


async def test_being_told_to_wait_is_not_a_failed_attempt(queued):
    """A platform that asked for patience a dozen times used up all attempts: the first short failure after that was the last."""
    post = queued.post(FakeNotifier(*[RateLimited(ALERT)] * 5))
    for _ in range(5):
        await queued.send(post, FakeClock(ALERT))
    row = await only(queued)
    assert (row["state"], row["attempt"]) == ("queued", 0)


async def test_one_that_fails_does_not_hold_up_the_others(queued):
    queued.rules = replace(queued.rules, alerts=AT_ONCE_RULES)
    await queued.hear(said("m2", "Where is it?", MONDAY + HOUR, by="bert"))
    await queued.sweep(ALERT + HOUR)
    notifier = FakeNotifier(Unavailable("no network"))
    await queued.send(queued.post(notifier), FakeClock(ALERT + HOUR))
    assert sorted(d["state"] for d in await queued.deliveries()) == ["queued", "sent"]


async def test_a_mistake_in_a_notifier_counts_as_unavailable_and_holds_up_nobody(queued):
    """Its exception left `deliver`: every later delivery of the batch stayed unsent, and the next call met the same one first."""
    queued.rules = replace(queued.rules, alerts=AT_ONCE_RULES)
    await queued.hear(said("m2", "Where is it?", MONDAY + HOUR, by="bert"))
    await queued.sweep(ALERT + HOUR)
    notifier = FakeNotifier(KeyError("phone"))
    assert await queued.send(queued.post(notifier), FakeClock(ALERT + HOUR)) == 2
    found = sorted((d["state"], d["retry_at"]) for d in await queued.deliveries())
    assert found == [("queued", ALERT + HOUR + retry_after(1)), ("sent", None)]


# --- leases


async def test_whoever_dies_with_it_in_hand_is_taken_over_with_the_same_key(queued):
    """A kill between sending and noting: the alert goes out again, and its key tells the receiver that it is the same."""
    notifier, clock = FakeNotifier(), FakeClock(ALERT)

    class Death(BaseException):
        pass

    class Dying(FakeNotifier):
        async def send(self, alert):
            await super().send(alert)
            raise Death

    dying = Dying()
    with pytest.raises(Death):
        await queued.send(queued.post(dying, holder="dead"), clock)
    assert await queued.send(queued.post(notifier, holder="two"), clock) == 0  # its lease runs
    clock.at_machine += LEASE
    assert await queued.send(queued.post(notifier, holder="two"), clock) == 1
    assert [a.key for a in notifier.sent] == [a.key for a in dying.sent]
    assert (await only(queued))["attempt"] == 2


async def test_who_starts_again_under_its_own_name_takes_its_own_at_once(queued):
    await queued.store.write(outbox.claim, "one", now=ALERT, machine=ALERT, until=ALERT + LEASE, limit=BATCH)
    notifier = FakeNotifier()
    assert await queued.send(queued.post(notifier, holder="one"), FakeClock(ALERT + SECOND)) == 1
    assert len(notifier.sent) == 1


async def test_only_its_holder_marks_the_result(queued):
    claim = {"now": ALERT, "limit": BATCH}
    (slow,) = await queued.store.write(outbox.claim, "slow", machine=ALERT, until=ALERT + LEASE, **claim)
    (other,) = await queued.store.write(outbox.claim, "other", machine=ALERT + LEASE, until=ALERT + 2 * LEASE, **claim)
    assert (slow.key, slow.began, other.began) == (other.key, False, True)
    assert not await queued.store.write(outbox.finish, slow, "slow", state=outbox.FAILED, now=ALERT)
    assert not await queued.store.write(outbox.try_later, slow, "slow", retry_at=ALERT + DAY, result="x")
    assert not await queued.store.write(outbox.renew, slow, "slow", until=ALERT + DAY)
    row = await only(queued)
    assert (row["state"], row["lease_by"], row["lease_until"], row["result"]) == ("queued", "other", ALERT + 2 * LEASE, None)
    assert await queued.store.write(outbox.finish, other, "other", state=outbox.SENT, now=ALERT)


async def test_what_took_so_long_that_another_has_it_is_left_to_it(desk):
    """A batch is leased at once and sent few at a time: behind slow receivers the leases of the last ones ran out, another daemon
    took them over, and both sent them."""
    await queue(desk, AT_ONCE + 2)
    clock, taken_over = FakeClock(MONDAY), asyncio.Event()
    quick = FakeNotifier()

    class Slow(FakeNotifier):
        async def send(self, alert):
            await super().send(alert)
            if len(self.sent) == 1:
                clock.at_machine += LEASE
                await desk.send(desk.post(quick, holder="quick"), clock)
                taken_over.set()
            await taken_over.wait()

    slow = Slow()
    await desk.send(desk.post(slow, holder="slow"), clock)
    last = {f"k{AT_ONCE}", f"k{AT_ONCE + 1}"}
    assert not last & {a.key for a in slow.sent}
    assert last <= {a.key for a in quick.sent}
    assert len({a.key for a in slow.sent + quick.sent}) == AT_ONCE + 2
    assert {d["state"] for d in await desk.deliveries()} == {"sent"}


async def test_a_receiver_that_hangs_does_not_hold_up_the_others(desk):
    """Alerts went out one after the other: behind one dead receiver everybody else's waited for its time-out."""
    await queue(desk, 2)
    others = asyncio.Event()

    class Hangs(FakeNotifier):
        async def send(self, alert):
            if alert.key == "k0":
                await others.wait()
            await super().send(alert)
            others.set()

    notifier = Hangs()
    await desk.send(desk.post(notifier), FakeClock(MONDAY))
    assert [a.key for a in notifier.sent] == ["k1", "k0"]


async def test_a_receiver_that_hangs_for_too_long_is_tried_again(queued):
    class Hangs(FakeNotifier):
        async def send(self, _alert):
            await asyncio.Event().wait()

    await queued.send(replace(queued.post(Hangs()), slowest=timedelta(0)), FakeClock(ALERT))
    row = await only(queued)
    assert (row["state"], row["result"]) == ("queued", "no answer in time")


async def test_alerts_and_replies_may_be_two_rows_of_work(queued):
    await queued.store.write(answer.write, 1, text="Tomorrow.", by="noor", now=ALERT)
    notifier, sender = FakeNotifier(), FakeSender(receipt("a1", ALERT))
    post = queued.post(notifier, sender)
    for kinds, sent in (((outbox.ALERT,), (1, 0)), ((outbox.REPLY,), (1, 1))):
        assert await deliver(queued.store, post, queued.rules, FakeClock(ALERT), kinds=kinds) == 1
        assert (len(notifier.sent), len(sender.sent)) == sent


async def test_after_the_clock_was_set_back_what_waits_is_tried_at_once(queued):
    """A retry, a lease and the alert itself lay an hour ahead of the new time, and nobody was told for that hour."""
    clock, post = FakeClock(ALERT), queued.post(FakeNotifier(RateLimited(ALERT + HOUR)))
    await queued.send(post, clock)
    clock.at = clock.at_machine = ALERT - HOUR
    assert await queued.send(post, clock) == 0
    await queued.store.write(outbox.forget_waits, clock.machine())
    assert await queued.send(post, clock) == 1
    assert (await only(queued))["state"] == "sent"


async def test_a_batch_is_bounded(desk):
    await queue(desk, BATCH + 5)
    notifier, clock = FakeNotifier(), FakeClock(MONDAY)
    assert [await desk.send(desk.post(notifier), clock) for _ in range(3)] == [BATCH, 5, 0]
    assert sorted(a.key for a in notifier.sent) == sorted(f"k{n}" for n in range(BATCH + 5))


async def test_what_a_restored_backup_holds_is_not_sent_until_somebody_says_so(queued):
    await queued.store.write(restore.hold, ALERT)
    notifier, clock = FakeNotifier(), FakeClock(ALERT + HOUR)
    assert await queued.send(queued.post(notifier), clock) == 0
    await queued.store.write(restore.resume)
    assert await queued.send(queued.post(notifier), clock) == 1
    assert len(await queued.rows(tables.delivery_notice)) == 1


async def test_a_backup_put_back_sends_nothing_again_until_a_person_resumes(queued, tmp_path):
    """The file outside remembers more deliveries than the database does: it is older than what has been sent."""
    memory = tmp_path / "generation"
    restore.remember(memory, 100)
    notifier = FakeNotifier()
    post = replace(queued.post(notifier), memory=memory)
    assert await queued.send(post, FakeClock(ALERT)) == 0
    assert (await only(queued))["state"] == "held"
    assert restore.remembered(memory) == 101
    assert await queued.store.write(restore.resume) == 1
    assert await queued.send(post, FakeClock(ALERT)) == 1
    assert len(notifier.sent) == 1
    assert restore.remembered(memory) == 102


async def test_what_is_remembered_outside_is_written_before_anything_is_sent(queued, tmp_path):
    memory, seen = tmp_path / "generation", []

    class Looks(FakeNotifier):
        async def send(self, _alert):
            seen.append(restore.remembered(memory))

    await queued.send(replace(queued.post(Looks()), memory=memory), FakeClock(ALERT))
    assert seen == [1]


async def test_alerts_in_the_hand_of_a_dead_daemon_are_freed_and_replies_are_not(queued):
    await queued.store.write(answer.write, 1, text="Tomorrow.", by="noor", now=ALERT)
    until = ALERT + HOUR
    claimed = await queued.store.write(outbox.claim, "dead", now=ALERT, machine=ALERT, until=until, limit=10)
    assert len(claimed) == 2
    assert await queued.store.write(outbox.free_alerts) == 1
    again = await queued.store.write(outbox.claim, "alive", now=ALERT, machine=ALERT, until=until, limit=10)
    assert [job.kind for job in again] == ["alert"]

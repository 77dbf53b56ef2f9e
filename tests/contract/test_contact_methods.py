"""An alert reaches its person: by the first contact method, else by the next, in the end by the last resort; never nobody in silence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import DAY, HOUR, MONDAY, FakeClock, FakeNotifier, ours, said
from sqlalchemy import delete, insert
from staff import staff

from webcare.ports.errors import AuthFailed, RateLimited, Rejected, Unavailable
from webcare.services.deliver import ALERT_TRIES, PATIENCE
from webcare.services.post import retry_after
from webcare.services.saying import facts_of
from webcare.store import house_tables, tables
from webcare.store.outbox import LEASE

ALERT, PAGE, BREACH = MONDAY + 18 * HOUR, MONDAY + DAY * 0.9, MONDAY + DAY
SECOND = timedelta(seconds=1)


@pytest.fixture
async def queued(desk):
    """Anna and Bert wait, and noor, who has three ways to be reached, is to be told of both."""
    await desk.staff(staff(noor=("push", "sms", "mail")))
    await desk.hear(said("m1", "Where is it?", MONDAY), said("m2", "Where is it?", MONDAY, by="bert"))
    await desk.sweep(ALERT)
    return desk


async def tries(desk, *errors, clock=None, times=None):
    """Let the notifier meet these errors, as often as it is asked, and return it."""
    clock, notifier = clock or FakeClock(ALERT), FakeNotifier(*errors)
    for _ in range(times or len(errors) + 1):
        await desk.send(desk.post(notifier), clock)
        clock.at_machine += timedelta(minutes=1)
    return notifier


async def methods(desk):
    return [(d["method"], d["state"]) for d in await desk.deliveries()]


async def notices(desk):
    """The notices of each delivery."""
    found = {}
    for row in await desk.rows(tables.delivery_notice):
        found.setdefault(row["delivery"], set()).add(row["notice"])
    return list(found.values())


async def test_an_alert_goes_by_the_first_method(queued):
    notifier = await tries(queued)
    assert [(a.person, a.method) for a in notifier.sent] == [("noor", "push")]
    assert await methods(queued) == [("push", "sent")]


@pytest.mark.parametrize(
    "error", [Rejected("no such device"), AuthFailed("token expired"), RateLimited(ALERT + PATIENCE + SECOND)]
)
async def test_what_a_method_will_not_take_goes_by_the_next_at_once_with_the_same_notices(queued, error):
    notifier = await tries(queued, error)
    assert [(a.person, a.method) for a in notifier.sent] == [("noor", "sms")]
    assert [case["case"] for case in notifier.sent[0].content["cases"]] == [1, 2]
    assert await methods(queued) == [("push", "failed"), ("sms", "sent")]
    first, second = await notices(queued)
    assert first == second
    assert len(first) == 2


async def test_a_method_that_stays_away_has_a_minute_then_the_next_has_its_turn(queued):
    """A dead pager was tried for two hours before anything else was."""
    clock, notifier = FakeClock(ALERT), FakeNotifier(*[Unavailable("503")] * ALERT_TRIES)
    for attempt in range(1, ALERT_TRIES + 1):
        assert (await methods(queued))[-1] == ("push", "queued")
        await queued.send(queued.post(notifier), clock)
        clock.at_machine += retry_after(attempt)
    assert clock.at_machine - ALERT < timedelta(minutes=2)
    await queued.send(queued.post(notifier), clock)
    assert [a.method for a in notifier.sent] == ["sms"]


async def test_a_receiver_that_asks_for_patience_again_and_again_is_passed_over(queued):
    """Being told to wait was no failed attempt: a receiver that said "in a minute" for ever kept an alert for ever."""
    notifier = await tries(queued, *[RateLimited(ALERT)] * ALERT_TRIES)
    assert [a.method for a in notifier.sent] == ["sms"]


async def test_after_the_last_method_comes_the_last_resort_and_no_method_twice(queued):
    notifier = await tries(queued, *[Rejected("no")] * 3)
    assert [(a.person, a.method) for a in notifier.sent] == [("noor", "last_resort")]
    assert await methods(queued) == [("push", "failed"), ("sms", "failed"), ("mail", "failed"), ("last_resort", "sent")]
    assert len(await notices(queued)) == 4
    keys = [d["key"] for d in await queued.deliveries()]
    assert len(set(keys)) == 4


async def test_when_the_last_resort_fails_too_the_log_says_that_nobody_was_reached(queued):
    await tries(queued, *[Rejected("no")] * 4)
    assert await methods(queued) == [("push", "failed"), ("sms", "failed"), ("mail", "failed"), ("last_resort", "failed")]
    assert [line["event"] for line in queued.logged if line["log_level"] == "error"] == ["alert.reached_nobody"]


async def test_a_contact_that_was_taken_away_gives_way_to_the_next(queued):
    gone = delete(house_tables.contact).where(house_tables.contact.c.name == "push")
    await queued.store.write(lambda conn: conn.execute(gone).rowcount)
    notifier = await tries(queued, times=2)
    assert [a.method for a in notifier.sent] == ["sms"]
    assert (await queued.deliveries())[0]["result"] == "the person has no such contact method any more"


async def test_a_contact_that_was_added_meanwhile_is_tried_too(queued):
    row = {"person": "noor", "nth": 3, "name": "pager", "target": "lines:p", "detail": "facts", "trusted": False}
    await queued.store.write(lambda conn: conn.execute(insert(house_tables.contact), row).rowcount)
    notifier = await tries(queued, *[Rejected("no")] * 3)
    assert [a.method for a in notifier.sent] == ["pager"]


async def test_a_person_who_is_gone_leaves_the_last_resort(queued):
    await queued.store.write(lambda conn: conn.execute(delete(house_tables.contact)).rowcount)
    await queued.store.write(lambda conn: conn.execute(delete(house_tables.person)).rowcount)
    notifier = await tries(queued, times=2)
    assert [(a.person, a.method) for a in notifier.sent] == [("noor", "last_resort")]


async def test_who_lost_the_lease_gives_no_other_method_its_turn(queued):
    """Two daemons would each have rung the next telephone."""
    clock = FakeClock(ALERT)

    class Slow(FakeNotifier):
        async def send(self, _alert):
            clock.at_machine += LEASE
            await queued.send(queued.post(FakeNotifier(Rejected("no")), holder="quick"), clock)
            raise Rejected("no")

    await queued.send(queued.post(Slow(), holder="slow"), clock)
    assert await methods(queued) == [("push", "failed"), ("sms", "queued")]


async def test_who_dies_between_the_failure_and_the_note_loses_nothing(queued):
    class Death(BaseException):
        pass

    with pytest.raises(Death):
        await queued.send(queued.post(FakeNotifier(Death()), holder="dead"), FakeClock(ALERT))
    assert await methods(queued) == [("push", "queued")]
    notifier = await tries(queued, Rejected("no"), clock=FakeClock(ALERT + LEASE))
    assert [a.method for a in notifier.sent] == ["sms"]


async def test_without_people_the_last_resort_is_the_only_method(desk):
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.sweep(ALERT)
    assert [(d["person"], d["method"]) for d in await desk.deliveries()] == [("oncall", "last_resort")]


# --- what an alert knows


async def facts(desk, person, now):
    """What the newest alert to a person would say of its cases if it left now."""
    alerts = [d for d in await desk.deliveries() if d["person"] == person]
    return (await desk.store.read(facts_of, alerts[-1]["id"], reader=person, now=now))["cases"]


async def test_an_alert_knows_kind_and_doubt_and_that_nobody_else_knows(desk):
    await desk.staff(staff())
    await desk.hear(said("m1", "maybe", MONDAY))
    await desk.sweep(ALERT)
    (case,) = await facts(desk, "noor", ALERT)
    assert (case["kind"], case["unsure"], case["told"]) == ("comment", True, [])
    assert "ended_at" not in case


async def test_a_later_alert_says_who_was_told_before_and_when_it_left(queued):
    await tries(queued, clock=FakeClock(ALERT + 5 * SECOND))
    await queued.sweep(PAGE)
    (case, _) = await facts(queued, "daan", PAGE)
    assert case["told"] == [{"name": "Noor", "at": "2026-11-24T03:00:05Z"}]
    await queued.sweep(BREACH)
    (case, _) = await facts(queued, "lena", BREACH)
    assert case["told"][0]["name"] == "Noor"


async def test_what_did_not_reach_somebody_is_not_called_told(queued):
    await tries(queued, Unavailable("503"), times=1)
    await queued.sweep(PAGE)
    (case, _) = await facts(queued, "daan", PAGE)
    assert case["told"] == []


async def test_who_is_told_at_the_same_time_is_named_without_a_time(desk):
    """The daemon was down all night: three people hear of it at once."""
    await desk.staff(staff())
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.sweep(BREACH + HOUR)
    assert (await facts(desk, "lena", BREACH + HOUR))[0]["told"] == [{"name": "Noor"}, {"name": "Daan"}]
    assert (await facts(desk, "noor", BREACH + HOUR))[0]["told"] == [{"name": "Daan"}, {"name": "Lena"}]


async def test_a_miss_that_is_over_says_when_it_ended(desk):
    await desk.staff(staff())
    await desk.hear(said("m1", "Where is it?", MONDAY))
    await desk.sweep(PAGE)
    await desk.hear(ours("a1", BREACH + HOUR, "m1"))
    await desk.sweep(BREACH + HOUR)
    (case,) = await facts(desk, "lena", BREACH + HOUR)
    assert (case["rung"], case["ended_at"]) == ("breach@1", "2026-11-24T10:00:00Z")

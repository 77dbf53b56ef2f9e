"""A drill goes up the ladder as an alert of now would, says how long each hop took, and frightens nobody hours later."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from fakes import BRAND, MONDAY, FakeClock, FakeNotifier
from staff import staff

from webcare.domain.rota import QuietHours, Rota
from webcare.ports.errors import Rejected, Unavailable
from webcare.services import drill
from webcare.services.drill import State
from webcare.store import audit


async def start(desk, **how):
    return await desk.store.write(drill.start, by="lena", brand=BRAND, now=MONDAY, **how)


async def looked(desk, made):
    return await desk.store.read(drill.look, made)


def quiet(rota, id_):
    hours = QuietHours(start=time(0), end=time(23, 59))
    return Rota(levels=rota.levels, people=tuple(replace(one, quiet=hours) if one.id == id_ else one for one in rota.people))


async def test_each_level_gets_a_marked_test_and_its_time_is_told(desk):
    await desk.staff(staff())
    made, notifier = await start(desk), FakeNotifier()
    assert not drill.is_over(await looked(desk, made))
    await desk.send(desk.post(notifier), FakeClock(MONDAY + timedelta(seconds=3)))
    found = await looked(desk, made)
    assert [(one.hop.level, one.hop.person, one.state, one.took) for one in found] == [
        ("oncall", "noor", State.ARRIVED, timedelta(seconds=3)),
        ("next", "daan", State.ARRIVED, timedelta(seconds=3)),
        ("lead", "lena", State.ARRIVED, timedelta(seconds=3)),
    ]
    assert drill.is_over(found)
    assert sorted((alert.content["drill"] for alert in notifier.sent), key=lambda said: said["number"]) == [
        {"level": level, "number": n, "of": 3, "by": "lena"} for n, level in enumerate(("oncall", "next", "lead"), 1)
    ]
    assert [line["what"] for line in await desk.store.read(audit.lines)] == ["drill"]


async def test_a_method_that_fails_is_followed_by_the_next_and_both_are_told(desk):
    rota = staff(noor=("push", "sms"))
    await desk.staff(Rota(levels=rota.levels[:1], people=rota.people))
    made, post, clock = await start(desk), desk.post(FakeNotifier(Rejected("no such device"))), FakeClock(MONDAY)
    await desk.send(post, clock)
    clock.at += timedelta(seconds=4)
    await desk.send(post, clock)
    (found,) = await looked(desk, made)
    assert (found.state, found.took) == (State.ARRIVED, timedelta(seconds=4))
    assert [(one.method, one.state) for one in found.tries] == [("push", "failed"), ("sms", "sent")]
    assert "no such device" in found.tries[0].result


async def test_only_the_last_resort_hearing_it_is_no_arrival(desk):
    rota = staff()
    await desk.staff(Rota(levels=rota.levels[:1], people=rota.people))
    made, post = await start(desk), desk.post(FakeNotifier(Rejected("gone")))
    await desk.send(post, FakeClock(MONDAY))
    await desk.send(post, FakeClock(MONDAY))
    (found,) = await looked(desk, made)
    assert found.state is State.LAST_RESORT
    assert [one.method for one in found.tries] == ["push", "last_resort"]


async def test_quiet_hours_are_passed_over_unless_it_is_urgent(desk):
    await desk.staff(quiet(staff(), "noor"))
    (first, *_) = (await start(desk)).hops
    assert (first.level, first.person, first.passed) == ("oncall", "daan", (("oncall", "quiet hours"),))
    (urgent, *_) = (await start(desk, urgent=True)).hops
    assert (urgent.person, urgent.passed) == ("noor", ())


async def test_a_house_that_is_all_quiet_is_told_nothing_and_the_drill_says_so(desk):
    rota = staff()
    await desk.staff(quiet(Rota(levels=rota.levels[:1], people=rota.people), "noor"))
    made = await start(desk)
    (found,) = await looked(desk, made)
    assert (found.state, found.tries, found.hop.person) == (State.NOBODY, (), None)
    assert await desk.deliveries() == []


async def test_the_last_resort_is_tried_on_request(desk):
    await desk.staff(staff())
    made, notifier = await start(desk, last_resort=True), FakeNotifier()
    await desk.send(desk.post(notifier), FakeClock(MONDAY))
    assert ("last_resort", "last_resort") in [(alert.person, alert.method) for alert in notifier.sent]
    assert (await looked(desk, made))[-1].state is State.ARRIVED


async def test_without_a_rota_the_last_resort_is_what_an_alert_would_reach(desk):
    made, notifier = await start(desk), FakeNotifier()
    await desk.send(desk.post(notifier), FakeClock(MONDAY))
    (found,) = await looked(desk, made)
    assert (found.hop.level, found.state) == ("oncall", State.LAST_RESORT)


async def test_what_nobody_sends_is_taken_back(desk):
    await desk.staff(staff())
    made, notifier = await start(desk), FakeNotifier(Unavailable("down"))
    await desk.store.write(drill.give_up, made)
    assert await desk.deliveries() == []
    await desk.send(desk.post(notifier), FakeClock(MONDAY + timedelta(hours=3)))
    assert notifier.sent == []


async def test_the_newest_drill_is_kept(desk):
    assert await desk.store.read(drill.newest) is None
    await desk.staff(quiet(staff(), "noor"))
    await start(desk)
    second = await start(desk)
    assert await desk.store.read(drill.newest) == second


@pytest.mark.parametrize("urgent", [False, True])
async def test_what_the_command_line_says_of_it_is_json(desk, urgent):
    await desk.staff(quiet(staff(), "lena"))
    found = await looked(desk, await start(desk, urgent=urgent))
    said = [drill.as_json(one) for one in found]
    assert [one["level"] for one in said] == ["oncall", "next", "lead"]
    assert [one["person"] for one in said] == ["noor", "daan", "lena" if urgent else "daan"]
    assert all(one["seconds"] is None and one["state"] == "under_way" for one in said)

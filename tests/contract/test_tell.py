"""News outside the ladder: told once, by the first contact method, to whoever is on call, and never to nobody."""

from __future__ import annotations

from datetime import time

from fakes import BRAND, HOUR, MONDAY
from staff import staff

from webcare.domain.rota import LevelName, QuietHours, Rota
from webcare.services.tell import tell_level, tell_person

TROUBLE = {
    "trouble": {"what": "stopped", "channel": "twitter:meerkoet", "name": "X", "since": "2026-11-23T09:00:00Z", "reason": "x"}
}


async def tell(desk, level=LevelName.ONCALL, key="k", **changes):
    return await desk.store.write(tell_level, level, TROUBLE, brand=BRAND, key=key, now=MONDAY, **changes)


async def test_whoever_has_the_level_is_told_once_by_the_first_method(desk):
    await desk.staff(staff(noor=("push", "sms")))
    assert [await tell(desk), await tell(desk)] == [1, 0]
    assert await desk.told() == [("noor", "push", TROUBLE)]
    assert await tell(desk, key="another") == 1


async def test_one_key_may_be_told_to_several_people(desk):
    await desk.staff(staff())
    assert await tell(desk) == 1
    assert await tell(desk, LevelName.LEAD) == 1
    assert [person for person, _, _ in await desk.told()] == ["noor", "lena"]


async def test_who_is_both_the_writer_and_on_call_is_told_once(desk):
    await desk.staff(staff())
    assert await desk.store.write(tell_person, "noor", TROUBLE, brand=BRAND, key="k", now=MONDAY)
    assert await tell(desk) == 0
    assert len(await desk.told()) == 1


async def test_a_level_that_cannot_be_reached_passes_it_on(desk):
    await desk.staff(staff(noor=()))
    await tell(desk)
    assert [person for person, _, _ in await desk.told()] == ["daan"]


async def test_what_is_urgent_passes_quiet_hours(desk):
    people = staff()
    quiet = QuietHours(start=time(0), end=time(23, 59))
    noor = next(p for p in people.people if p.id == "noor")
    object.__setattr__(noor, "quiet", quiet)
    await desk.staff(Rota(levels=people.levels, people=people.people))
    await tell(desk)
    await tell(desk, key="urgent", urgent=True)
    assert [person for person, _, _ in await desk.told()] == ["daan", "noor"]


async def test_without_people_it_goes_to_the_last_resort(desk):
    assert await tell(desk) == 1
    assert await desk.told() == [("oncall", "last_resort", TROUBLE)]


async def test_a_person_whom_nobody_knows_or_reaches_is_not_told(desk):
    await desk.staff(staff(daan=()))
    for who in ("daan", "stranger"):
        assert not await desk.store.write(tell_person, who, TROUBLE, brand=BRAND, key="k", now=MONDAY + HOUR)
    assert await desk.told() == []


async def test_a_key_of_any_length_is_one(desk):
    """The ids of a platform may be long, and a delivery's key may not."""
    long = "x" * 500
    assert [await tell(desk, key=long), await tell(desk, key=long), await tell(desk, key=long + "y")] == [1, 0, 1]

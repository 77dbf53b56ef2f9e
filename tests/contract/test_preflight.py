"""Every night somebody looks whether alerts would find anybody; the lead hears of it in the morning, once a week."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes import BRAND, FakeClock
from staff import by, staff

from webcare.domain.rota import Rota
from webcare.services import preflight
from webcare.services.preflight import Finding, Kind, freeze, thaw

ZONE = "Europe/Amsterdam"
NIGHT = datetime(2026, 11, 24, 2, 5, tzinfo=UTC)  # 03:05 there
MORNING = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


async def works(_target):
    return None


class Night:
    """A house over nights; `dead` are targets to which nothing goes."""

    def __init__(self, desk, *dead, last_resort=True):
        self.desk, self.dead, self.last_resort, self.tried = desk, dead, last_resort, []

    async def at(self, now):
        async def check(target):
            self.tried.append(target)
            return "no such scheme" if target in self.dead else None

        return await preflight.nightly(
            self.desk.store, FakeClock(now), "one", zone=ZONE, brand=BRAND, check=check, has_last_resort=self.last_resort
        )

    async def told(self):
        return [(person, content["preflight"]["findings"]) for person, _, content in await self.desk.told()]


async def test_a_dead_target_is_found_at_night_and_told_in_the_morning(desk):
    await desk.staff(staff(noor=(by("phone", "gone://x"),)))
    night = Night(desk, "gone://x")
    assert await night.at(NIGHT) == 0
    assert await night.told() == []
    assert await night.at(MORNING - timedelta(seconds=1)) == 0
    assert await night.at(MORNING) == 1
    assert await night.at(MORNING + timedelta(minutes=5)) == 0
    ((person, (found,)),) = await night.told()
    assert (person, found["kind"], found["name"], found["contact"]) == ("lena", "target", "Noor", "phone")
    assert "gone://x" not in str(await desk.told())
    assert len(night.tried) == 3, "each target is tried once a night"


async def test_nothing_wrong_is_no_news_but_is_kept(desk):
    await desk.staff(staff())
    night = Night(desk)
    await night.at(NIGHT)
    await night.at(MORNING)
    assert await night.told() == []
    looked = await desk.store.read(preflight.newest)
    assert (looked.findings, looked.at) == ((), NIGHT)


async def test_the_same_is_told_once_a_week_and_something_new_at_once(desk):
    await desk.staff(staff(daan=()))
    night = Night(desk)
    for day in range(8):  # Tuesday to Tuesday
        await night.at(NIGHT + timedelta(days=day))
        await night.at(MORNING + timedelta(days=day))
    assert len(await night.told()) == 2
    night.last_resort = False
    await night.at(NIGHT + timedelta(days=8))
    await night.at(MORNING + timedelta(days=8))
    assert [one["kind"] for one in (await night.told())[-1][1]] == ["no_contact", "hole", "last_resort"]


async def test_after_downtime_the_newest_night_is_made_good(desk):
    await desk.staff(staff(daan=()))
    night = Night(desk)
    await night.at(MORNING + timedelta(hours=6))
    assert len(await night.told()) == 1


async def test_two_daemons_tell_once(desk):
    await desk.staff(staff(daan=()))
    night, other = Night(desk), Night(desk)
    await night.at(MORNING)
    await other.at(MORNING)
    assert len(await night.told()) == 1
    assert other.tried == []


async def test_people_without_a_way_and_holes_are_found():
    rota = staff(noor=())
    rota = Rota(levels=tuple(replace(one, rotation=("noor", None)) for one in rota.levels[:1]), people=rota.people)
    found = await preflight.examine(rota.people, rota, NIGHT, last={}, check=works)
    assert [(one.kind, one.name, one.obstacle, one.times) for one in found] == [
        (Kind.NO_CONTACT, "Noor", "", 1),
        (Kind.HOLE, "Noor", "no contact method", 8),
        (Kind.HOLE, "", "nobody on call", 7),
    ]
    assert found[1].starts_at == NIGHT, "the hole has begun"


async def test_no_rota_at_all_is_found():
    assert [one.kind for one in await preflight.examine((), None, NIGHT, last={}, check=works)] == [Kind.NO_LEVELS]


@pytest.mark.parametrize(
    "found",
    [
        Finding(kind=Kind.LAST_RESORT),
        Finding(kind=Kind.HOLE, level="next", obstacle="nobody on call", starts_at=NIGHT, ends_at=MORNING, times=3),
        Finding(kind=Kind.TARGET, person="noor", name="Noor", contact="phone", reason="dead", whole=timedelta(hours=2)),
    ],
)
def test_what_is_found_survives_being_kept(found):
    assert thaw(freeze(found)) == found

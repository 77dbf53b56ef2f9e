"""What is true of every page: nothing for axe to find, no report of the policy, no sideways scroll, room for fingers."""

from __future__ import annotations

import pytest
from browsing import DESKTOP, TELEPHONE
from places import PLACES

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("place", PLACES, ids=str)]
WIDTHS = (320, 390, 820, 1280)


@pytest.fixture
async def enter(day, visit):
    """Open a place as whoever looks at it."""

    async def enter(place, **looks):
        if "newcomer" in place.path:
            await day.inbox.hire("newcomer", password=None)
        if "{letter}" in place.path:
            day.letter_number = await day.letter()
        if "{alert}" in place.path:
            day.alert_path = await day.alert()
        if "{peak}" in place.path:
            day.peak_number = await day.peak()
        if "{ways}" in place.path or "{template}" in place.path:
            await day.ways()
        visitor = await visit(place.who, **looks)
        visitor.forgiven.add(place.status)
        answer = await visitor.page.goto(place.address(day))
        assert answer.status == place.status
        if place.opens:
            await visitor.page.eval_on_selector_all(place.opens, "all => all.forEach((one) => { one.open = true })")
        return visitor

    return enter


async def test_axe_finds_nothing(place, enter):
    visitor = await enter(place, bypass_csp=True)
    found = []
    for width, height in (DESKTOP, TELEPHONE):
        for dark in (False, True):
            await visitor.looks(width=width, height=height, dark=dark)
            found += [f"{width}{' dark' if dark else ''} {one}" for one in await visitor.axe()]
    assert not found, "\n".join(found)


async def test_nothing_reaches_beyond_the_edge(place, enter):
    visitor = await enter(place)
    found = {}
    for width in WIDTHS:
        await visitor.looks(width=width)
        found[width] = await visitor.sideways()
    await visitor.enlarge()
    for width in (390, 1280):
        await visitor.looks(width=width)
        found[f"{width}, letters twice as large"] = await visitor.sideways()
    found = [f"{at}: {one}" for at, what in found.items() for one in what]
    assert not found, "\n".join(found)


async def test_a_finger_finds_every_target(place, enter):
    visitor = await enter(place, width=390, height=844, touch=True)
    found = await visitor.small_targets()
    assert not found, "\n".join(found)
    assert await visitor.sideways() == []

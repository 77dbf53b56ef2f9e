"""Somebody asks why a message is read as it is: the words come when it is opened, once, under a strict policy, and fit a telephone."""

from __future__ import annotations

from browsing import TELEPHONE, expect
from crowd_of_a_day import MOST_URGENT

from webcare.web.words import NL


async def test_the_words_come_when_it_is_opened_and_not_before(day, visit):
    noor = await visit("noor")
    page = await noor.go(day.path(MOST_URGENT))
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/why") else None)
    why = page.locator("details.reasons").first
    assert asked == []
    await why.locator("summary").click()
    await expect(why.locator(".pulls q").first).to_have_text("geen internet")
    await expect(why).to_contain_text(NL.reasons.by_rules.format(model="rules-1"))
    await why.locator("summary").click()
    await why.locator("summary").click()
    await expect(why.locator(".pulls")).to_be_visible()
    assert len(asked) == 1


async def test_they_come_also_after_the_page_has_refreshed_itself(day, visit):
    """A page fetches itself anew as soon as its stream begins; what it put in place was not known to whoever waited for a press."""
    noor = await visit("noor")
    page = await noor.go(day.path(MOST_URGENT))
    why = page.locator("details.reasons").first
    await why.evaluate("one => { one.dataset.was = 'here'; }")
    await day.hear(MOST_URGENT, "Hallo? Nog steeds geen internet!")
    await expect(page.locator("details.reasons")).to_have_count(2)
    await expect(why).not_to_have_attribute("data-was", "here")
    await why.locator("summary").click()
    await expect(why.locator(".pulls")).to_be_visible()


async def test_on_a_telephone_it_fits_and_can_be_read(day, visit):
    sanne = await visit("sanne", width=TELEPHONE[0], height=TELEPHONE[1], touch=True, dark=True, bypass_csp=True)
    page = await sanne.go(day.path(MOST_URGENT))
    why = page.locator("details.reasons").first
    await why.locator("summary").tap()
    await expect(why.locator(".pulls")).to_be_visible()
    await sanne.settle()
    assert [*await sanne.axe(), *await sanne.sideways(), *await sanne.small_targets()] == []

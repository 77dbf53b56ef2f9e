"""A lead sends a drill from a telephone and sees it arrive, without pressing anything again."""

from __future__ import annotations

from browsing import TELEPHONE, expect


async def test_a_drill_is_sent_by_finger_and_its_hops_come_in_by_themselves(day, visit):
    sanne = await visit("sanne", width=TELEPHONE[0], height=TELEPHONE[1], touch=True)
    page = await sanne.go("/rota")
    await page.locator("header a[href='/drill']").tap()
    await expect(page.locator("#hops")).to_contain_text("Er was nog geen proefalarm.")
    await page.locator("main form button[type=submit]").tap()
    await expect(page.locator("#hops tbody tr")).to_have_count(3)
    await expect(page.locator("#hops")).to_contain_text("onderweg")
    await day.deliver()
    await expect(page.locator("#hops .state.ok")).to_have_count(3)  # the page asks by itself
    await expect(page.locator("#hops")).not_to_contain_text("onderweg")
    assert await page.locator("#hops").get_attribute("hx-trigger") is None

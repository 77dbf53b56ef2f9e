"""A lead starts a peak from a telephone: the queue draws its cases together for everybody, and takes them apart again at its end."""

from __future__ import annotations

from browsing import TELEPHONE, expect


async def test_a_peak_is_started_by_finger_and_ended_again(day, visit):
    sanne = await visit("sanne", width=TELEPHONE[0], height=TELEPHONE[1], touch=True)
    page = await sanne.go("/peaks")
    await page.locator(".peak-start a").tap()
    await page.fill("#words", "storing")
    await page.select_option("#reach", "8")
    await page.locator("button[value=look]").tap()
    await expect(page.locator(".call.fine")).to_contain_text("open za")
    await page.fill("#name", "storing in Gent")
    await page.locator("button[value=start]").tap()
    await expect(page.locator("h1")).to_have_text("Piek „storing in Gent”")

    noor = await visit("noor")
    queue = await noor.go("/")
    await expect(queue.locator(".incident")).to_contain_text("Piek „storing in Gent”")
    apart = await queue.locator("li.row").count()
    await queue.locator(".incident a", has_text="Bekijk samen").click()
    await expect(queue.locator("li.row").first).to_contain_text("storing")
    await queue.locator(".incident a", has_text="Toon de hele wachtrij").click()
    await expect(queue.locator("li.row")).to_have_count(apart)
    assert await noor.axe() == []

    await page.locator("summary", has_text="Sluit de piek af").tap()
    await page.locator("form[action$='/end'] button").tap()
    await expect(page.locator(".call.fine")).to_contain_text("De piek is afgesloten.")
    await noor.go("/")
    await expect(queue.locator(".incident")).to_have_count(0)

"""The rota on a telephone: a lead puts somebody in place after a look, two people swap a shift, and a test says what became of it."""

from __future__ import annotations

from datetime import timedelta

from browsing import TELEPHONE, expect

from webcare.domain.rota import LevelName, on_call
from webcare.store import people

FINGER = {"width": TELEPHONE[0], "height": TELEPHONE[1], "touch": True}
AFTERNOON = timedelta(days=1, hours=-1)  # from 15:12: tomorrow at 14:12


async def on_call_then(day, after=AFTERNOON):
    found = on_call(await day.inbox.store.read(people.rota), LevelName.ONCALL, day.now + after)
    return found and found.id


async def test_a_lead_fills_a_hole_after_a_look(day, visit):
    sanne = await visit("sanne", **FINGER)
    page = await sanne.go("/rota")
    await page.get_by_role("link", name="Vervang iemand").tap()
    await page.get_by_label("Wie").select_option("-")
    await page.get_by_label("Van", exact=True).fill("2026-11-24T12:00")
    await page.get_by_label("Tot", exact=True).fill("2026-11-24T18:00")
    await page.get_by_role("button", name="Bekijk").tap()
    await expect(page.locator(".week .hole.over")).to_have_count(1)
    assert await on_call_then(day) == "noor"  # looking keeps nothing
    await page.get_by_role("button", name="Bewaar").tap()
    await expect(page.locator(".call.fine")).to_contain_text("De vervanging staat.")
    assert await on_call_then(day) is None
    await page.locator(".call.bad a.fill").tap()
    await expect(page.get_by_label("Van", exact=True)).to_have_value("2026-11-24T12:00")
    await page.get_by_label("Wie").select_option("daan")
    await page.get_by_role("button", name="Bekijk").tap()
    await expect(page.locator("[aria-labelledby=preview]")).to_contain_text("Dit ligt over een eerdere vervanging")
    assert await sanne.sideways() == []
    await page.get_by_role("button", name="Bewaar").tap()
    await expect(page.locator(".call.bad")).to_have_count(0)
    assert await on_call_then(day) == "daan"
    await page.get_by_role("link", name="Haal weg").first.tap()
    await page.get_by_role("button", name="Haal de vervanging weg").tap()
    await expect(page.locator(".call.fine").first).to_contain_text("De vervanging is weg.")


async def test_a_shift_is_asked_and_taken_over(day, visit):
    noor, daan = await visit("noor", **FINGER), await visit("daan", **FINGER)
    page = await noor.go("/rota")
    await page.get_by_role("link", name="Ruil").tap()
    await page.get_by_label("Wie neemt het over").select_option("daan")
    await page.get_by_text("Alleen een deel").tap()
    await page.get_by_label("Van", exact=True).fill("2026-11-24T12:00")
    await page.get_by_label("Tot", exact=True).fill("2026-11-24T18:00")
    await page.get_by_label("Erbij").fill("tandarts")
    await page.get_by_role("button", name="Vraag het").tap()
    await expect(page.locator(".call.fine")).to_contain_text("Gevraagd.")
    page = await daan.go("/rota")
    await page.locator(".call a[href='/rota/swap']").tap()
    await expect(page.locator("[aria-labelledby=to-answer]")).to_contain_text("tomorrow 12:00 until tomorrow 18:00")
    assert await daan.small_targets() == []
    assert await on_call_then(day) == "noor"
    await page.get_by_role("button", name="I take it").tap()
    await expect(page.locator(".call.fine")).to_contain_text("You take the shift.")
    assert await on_call_then(day) == "daan"
    page = await noor.go("/rota/swap")
    await expect(page.locator("[aria-labelledby=yours]")).to_contain_text("geruild")


async def test_a_test_says_by_itself_that_it_went(day, visit):
    noor = await visit("noor", **FINGER)
    page = await noor.go("/me/reach")
    await page.get_by_role("button", name="Stuur een test push").tap()
    await expect(page.locator("#ways .state")).to_contain_text("test staat klaar")
    await day.deliver()
    await expect(page.locator("#ways .state.ok")).to_contain_text("test verstuurd")
    assert await page.locator("#ways").get_attribute("hx-trigger") is None

"""An agent tags a case and puts its customer into a group, by hand and by finger; both themes, large and small screens."""

from __future__ import annotations

from browsing import TELEPHONE, expect

from webcare.web.words import NL

CUSTOMER = "Ruben van Dalen"


async def test_a_tag_is_added_by_key_and_taken_off_again(day, visit):
    noor = await visit("noor")
    page = await noor.go(day.path(CUSTOMER))
    await page.locator("#tag-name").fill("Levering te laat")
    await page.keyboard.press("Enter")
    card = page.locator("#tags")
    await expect(card.locator(".call.fine")).to_have_text(NL.tagging.done["tag"])
    await expect(card.locator("button.chip")).to_contain_text("levering te laat")
    await card.locator("button.chip").click()
    await expect(card).to_contain_text(NL.tagging.no_tags)


async def test_on_a_telephone_the_card_fits_and_everything_can_be_pressed(day, visit):
    sanne = await visit("sanne", width=TELEPHONE[0], height=TELEPHONE[1], touch=True, dark=True, bypass_csp=True)
    page = await sanne.go(day.path(CUSTOMER))
    await page.locator("#tag-name").fill("pers " + "en-een-heel-lang-woord-" * 2)
    await page.locator("#tags form .btn").first.tap()
    await page.locator("#group-name").fill("vip")
    await page.locator("#tags form .btn").last.tap()
    await expect(page.locator("#tags .call.fine")).to_have_text(NL.tagging.done["group"])
    await sanne.settle()
    assert [*await sanne.axe(), *await sanne.sideways(), *await sanne.small_targets()] == []


async def test_chosen_rows_get_a_tag_and_the_filter_finds_them(day, visit):
    noor = await visit("noor")
    page = await noor.go("/")
    await page.locator("li.row input[name=case]").first.check()
    await page.locator("[popovertarget=tag]").click()
    await page.locator("#bulk-tag").fill("actie")
    await page.locator("#tag button[value=tag]").click()
    await expect(page.locator(".call.fine")).to_contain_text("1 kreeg het label")
    await page.locator("select[name=tag]").select_option("actie")
    await expect(page.locator("li.row")).to_have_count(1)

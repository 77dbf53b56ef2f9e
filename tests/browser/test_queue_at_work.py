"""The queue with a keyboard, a mouse and a finger: rows chosen and acted on together, views kept, commands by name, no jumps."""

from __future__ import annotations

from datetime import timedelta

from browsing import TELEPHONE, expect

from webcare.services import desk, search

ROWS = "#rows li[data-case]"


async def focused(page):
    return await page.evaluate("() => document.activeElement.closest('li[data-case]')?.dataset.case ?? null")


async def test_rows_are_chosen_by_keys_and_taken_and_the_focus_goes_on(day, visit):
    noor = await visit("noor")
    page = noor.page
    free = [day.cases[name] for name in ("Marit de Groot", "Tom Verbeek", "Fatima el Amrani")]
    await page.keyboard.press("j")
    assert await focused(page) == str(free[0])
    await page.keyboard.press("x")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("Shift+X")
    await expect(page.locator(f"{ROWS}:has(:checked)")).to_have_count(3)
    await expect(page.locator(".bulk")).to_be_visible()
    following = await page.locator(ROWS).nth(3).get_attribute("data-case")
    await page.keyboard.press("c")
    await expect(page.locator(".call")).to_have_text("3 genomen.")
    assert await focused(page) == following
    assert "did=" not in page.url
    taken = {row["id"]: row["claimed_by"] for row in await day.inbox.desk.cases()}
    assert [taken[case] for case in free] == ["noor"] * 3


async def test_one_row_is_given_to_somebody_by_keys_alone(day, visit):
    noor = await visit("noor")
    page, case = noor.page, day.cases["Marit de Groot"]
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await expect(page.locator("#assign button").first).to_be_focused()
    await page.locator("#assign button", has_text="Daan").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".call")).to_have_text("1 toegewezen aan Daan.")
    assert {row["id"]: row["claimed_by"] for row in await day.inbox.desk.cases()}[case] == "daan"


async def test_escape_clears_and_switched_off_letters_do_nothing(day, visit):
    noor = await visit("noor")
    page = noor.page
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.keyboard.press("Escape")
    await expect(page.locator(f"{ROWS}:has(:checked)")).to_have_count(0)
    await page.goto("/me")
    await page.locator("#shortcuts").select_option("off")
    await page.locator("form[action='/me'] button").click()
    await page.goto("/")
    for key in ("j", "x", "n", "?", "."):
        await page.keyboard.press(key)
    assert await focused(page) is None
    await expect(page).to_have_url(f"{day.inbox.base}/")
    await expect(page.locator("#keys")).not_to_be_visible()


async def test_a_colleagues_claim_changes_the_row_in_place_and_leaves_what_is_chosen(day, visit):
    noor = await visit("noor")
    page, case = noor.page, day.cases["Marit de Groot"]
    row = page.locator(f"#case-{case}")
    await row.locator(".pick input").check()
    await row.locator(".who a").focus()
    await day.act(desk.claim, "Marit de Groot", by="daan")
    await expect(row.locator(".owner .ava")).to_have_attribute("title", "Daan")
    assert await focused(page) == str(case)
    await expect(row.locator(".pick input")).to_be_checked()
    before = await page.locator(ROWS).count()
    await day.hear("Nieuwe Klant", "Is er storing in Gent?", at=day.now)
    await expect(page.locator("#fresh")).to_have_text("1 nieuwe zaak · toon")
    assert await page.locator(ROWS).count() == before
    await page.keyboard.press(".")
    await expect(page.locator(f"#case-{day.cases['Nieuwe Klant']}")).to_be_visible()
    await expect(row.locator(".pick input")).to_be_checked()


async def test_time_goes_on_without_the_server(day, visit):
    noor = await visit("noor")
    page = noor.page
    await page.clock.install()
    await page.goto("/")
    left = page.locator(f"#case-{day.cases['Claire Dubois']} .left b")
    before = await left.inner_text()
    await noor.context.set_offline(True)
    await page.clock.run_for(60 * 1000)
    await expect(page.locator("#offline")).to_be_visible()  # nothing is under way any more
    await page.clock.run_for(10 * 60 * 1000)
    await expect(left).not_to_have_text(before)
    await page.goto("about:blank")
    await noor.settle()
    noor.complaints[:] = [one for one in noor.complaints if not one.startswith("failed")]
    await noor.context.set_offline(False)


async def test_a_view_is_kept_and_counted(day, visit):
    noor = await visit("noor")
    page = noor.page
    await page.locator(".filters select[name=intent]").select_option("question")
    await expect(page).to_have_url(f"{day.inbox.base}/?intent=question")
    await page.get_by_role("button", name="Bewaar deze weergave").locator("visible=true").click()
    await page.locator("#view-name").fill("Vragen")
    await page.locator("#keep .btn.main").click()
    view = page.locator(".views a[aria-current]", has_text="Vragen")
    await expect(view).to_be_visible()
    await expect(view.locator("[data-count]")).to_have_text(str(await page.locator(ROWS).count()))


async def test_commands_are_found_by_name(day, visit):
    noor = await visit("noor")
    page = noor.page
    await page.keyboard.press("Control+k")
    await page.locator("#command").fill("spoed")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{day.inbox.base}/?urgent=1")


async def test_several_rows_on_a_telephone(day, visit):
    noor = await visit("noor", width=TELEPHONE[0], height=TELEPHONE[1], touch=True)
    page = noor.page
    await page.locator("label:has(#kies)").tap()
    for row in (await page.locator(f"{ROWS} .pick").all())[:2]:
        await row.tap()
    assert await noor.sideways() == []
    assert await noor.small_targets() == []
    await page.get_by_role("button", name="Sluimer").tap()
    await page.get_by_role("button", name="1 uur").tap()
    await expect(page.locator(".call")).to_contain_text("2 sluimeren tot")
    await day.later(timedelta(0))


async def test_a_search_over_everything_leads_to_a_case(day, visit):
    while await search.index(day.inbox.store):
        pass
    noor = await visit("noor")
    page = noor.page
    await page.keyboard.press("/")
    await page.keyboard.type("monteur dank")
    await page.get_by_role("button", name="Overal").click()
    await expect(page.locator("mark").first).to_have_text("monteur")
    await page.get_by_role("button", name="Maak er een zaak van").click()
    await expect(page.locator("h1")).to_contain_text("Mehmet Kaya")

"""What a working day consists of: log in, take the most urgent case, answer, see the clock stop. By mouse, by keys, by finger."""

from __future__ import annotations

import pytest
from browsing import PATIENCE, expect
from crowd_of_a_day import MOST_URGENT, TAKEN_NEXT

from webcare.ports.errors import Rejected

ANSWER = "Wat vervelend. We kijken het nu na en laten je voor vijven weten hoe het zit."


def clock(page):
    """The first response's clock, beside the conversation."""
    return page.locator("#clocks .clock").first


async def state_of(day, who):
    rows = await day.inbox.desk.clocks(day.cases[who])
    return next(state for name, state, *_ in rows if name == "first_response")


async def test_the_most_urgent_case_is_taken_and_answered_and_its_clock_stops(day, visit):
    noor = await visit("noor")
    page = noor.page
    await page.get_by_role("button", name="Neem de volgende").click()
    await page.wait_for_url(f"**{day.path(TAKEN_NEXT)}")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(TAKEN_NEXT)
    await expect(clock(page).locator(".left")).to_have_count(1)
    await page.locator("#text").fill(ANSWER)
    await page.locator("[data-send]").click()
    sent = page.locator(".msg.ours")
    await expect(sent.locator(".bubble")).to_have_text(ANSWER)
    await expect(sent.locator(".reply-state")).to_have_attribute("data-state", "queued")
    await expect(clock(page).locator(".left")).to_have_count(1)  # nobody has read it yet: the clock runs
    assert await state_of(day, TAKEN_NEXT) == "running"
    sender = await day.deliver()
    assert [reply.text for reply in sender.sent] == [ANSWER]
    await expect(sent.locator(".reply-state")).to_have_attribute("data-state", "accepted")  # without a press
    await expect(clock(page).locator(".left")).to_have_count(0)
    await expect(clock(page).locator(".state")).to_be_visible()
    assert await state_of(day, TAKEN_NEXT) != "running"
    await noor.go("/")
    await expect(page.locator(f"#case-{day.cases[TAKEN_NEXT]} .left time")).to_have_count(0)


async def test_an_answer_that_the_platform_refuses_is_not_called_sent(day, visit):
    noor = await visit("noor")
    page = await noor.go(day.path("Jelle Postma"))
    await page.locator("#text").fill(ANSWER)
    await page.locator("[data-send]").click()
    state = page.locator(".reply-state")
    await expect(state).to_have_attribute("data-state", "queued")
    await day.deliver(Rejected("the post is gone"))
    await expect(state).to_have_attribute("data-state", "refused")
    await expect(page.locator(".msg.ours [role=alert]")).to_be_visible()
    assert await state_of(day, "Jelle Postma") == "running"


async def test_a_case_is_taken_and_answered_with_keys_only(day, visit):
    noor = await visit()
    page = await noor.go("/login")
    await expect(page.locator("#name")).to_be_focused()
    await page.keyboard.type("noor")
    await page.keyboard.press("Tab")
    await expect(page.locator("#password")).to_be_focused()
    await page.keyboard.type("vier woorden zijn genoeg")
    await page.keyboard.press("Enter")
    await page.wait_for_url(noor.inbox.base + "/")
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()  # the first thing is the way to the content
    await page.keyboard.press("n")
    await page.wait_for_url(f"**{day.path(TAKEN_NEXT)}")
    for _ in range(60):
        if await page.evaluate("document.activeElement.id") == "text":
            break
        await page.keyboard.press("Tab")
        ring = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        field = await page.evaluate("document.activeElement.closest('.field') !== null")
        assert ring != "none" or field  # who uses keys sees where they are
    await expect(page.locator("#text")).to_be_focused()
    await page.keyboard.type(ANSWER)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".reply-state")).to_have_attribute("data-state", "queued")
    await day.deliver()
    await expect(page.locator(".reply-state")).to_have_attribute("data-state", "accepted")


async def test_a_case_is_taken_and_answered_by_touch(day, visit):
    noor = await visit("noor", width=390, height=844, touch=True)
    page = noor.page
    await page.get_by_role("button", name="Neem de volgende").tap()
    await page.wait_for_url(f"**{day.path(TAKEN_NEXT)}")
    await page.locator("#actbar").get_by_role("link", name="Antwoord").tap()
    await expect(page.locator("#text")).to_be_in_viewport()
    await page.locator("#text").tap()
    await page.locator("#text").fill(ANSWER)
    await page.locator("[data-send]").tap()
    await expect(page.locator(".reply-state")).to_have_attribute("data-state", "queued")
    await day.deliver()
    await expect(page.locator(".reply-state")).to_have_attribute("data-state", "accepted")
    assert await noor.sideways() == []


async def test_a_customer_with_two_names_is_linked_and_unlinked(day, visit):
    """What a press did stays on the card while the page refreshes itself."""
    noor = await visit("noor")
    page = await noor.go(f"{day.path(TAKEN_NEXT)}?same=%23{day.cases[MOST_URGENT]}")
    card = page.locator("#same")
    await card.get_by_role("button", name=f"Dezelfde {MOST_URGENT}", exact=True).click()
    await expect(card).to_contain_text("gekoppeld door Noor")
    await expect(card.get_by_role("status")).to_be_visible()
    await expect(page.locator("#customer")).to_contain_text("in 2 zaken")
    await card.get_by_role("button", name="Niet dezelfde").click()
    await expect(card).to_contain_text("Losgekoppeld")
    await expect(page.locator("#customer")).to_contain_text("in 1 zaak")


async def test_each_reads_their_own_language(day, visit):
    noor, daan = await visit("noor"), await visit("daan", language="en")
    await expect(noor.page.locator("html")).to_have_attribute("lang", "nl")
    await expect(noor.page.get_by_role("heading", level=1)).to_have_text("Wachtrij")
    await expect(daan.page.locator("html")).to_have_attribute("lang", "en")
    await expect(daan.page.get_by_role("heading", level=1)).to_have_text("Queue")
    for who, words in ((noor, ("Klokken", "1 u 54 te laat")), (daan, ("Clocks", "1 h 54 late"))):
        page = await who.go(day.path(MOST_URGENT))
        for word in words:
            await expect(page.locator("#clocks")).to_contain_text(word)
        await expect(page.locator(".bubble").first).to_contain_text("geen internet")  # what a customer said stays as it was


async def test_a_language_is_chosen_before_the_login_and_on_ones_own_page(day, visit):
    stranger = await visit(language="en")
    page = await stranger.go("/login")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await page.get_by_role("link", name="Nederlands").click()
    await expect(page.locator("html")).to_have_attribute("lang", "nl")
    noor = await visit("noor")
    await noor.go("/me")
    await noor.page.locator("#language").select_option("en")
    await noor.page.locator("form[action='/me'] button[type=submit]").click()
    await expect(noor.page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_a_theme_is_ones_own_and_there_at_the_first_paint(day, visit, dark):
    noor = await visit("noor", dark=not dark)  # the system wants the other one
    await noor.go("/me")
    await noor.page.locator("#theme").select_option("dark" if dark else "light")
    await noor.page.locator("form[action='/me'] button[type=submit]").click()
    await noor.page.wait_for_load_state()
    await noor.go("/")
    ground = await noor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in ground.removeprefix("rgb(").removesuffix(")").split(",")[:3])
    assert (brightness < 200) is dark


async def test_a_page_works_without_a_script(day, visit):
    noor = await visit("noor", java_script_enabled=False)
    page = noor.page
    await page.get_by_role("button", name="Neem de volgende").click()
    await page.wait_for_url(f"**{day.path(TAKEN_NEXT)}")
    await page.locator("#text").fill(ANSWER)
    await page.locator("[data-send]").click()
    await expect(page.locator(".reply-state")).to_have_attribute("data-state", "queued")
    assert [reply["text"] for reply in await day.inbox.desk.replies()] == [ANSWER]


@pytest.mark.parametrize("looks", [{}, {"width": 390, "height": 844, "touch": True}], ids=["desk", "telephone"])
async def test_a_row_changes_where_it_stands(day, visit, looks):
    """Rows never move under a finger: a new case waits behind a press, a late one is late in its old place."""
    noor = await visit("noor", **looks)
    page = noor.page
    rows = page.locator("#rows li[data-case]")
    places = "() => [...document.querySelectorAll('#rows li[data-case]')].map((row) => [row.id, Math.round(row.getBoundingClientRect().top)])"
    before = await page.evaluate(places)
    await day.hear("Tom Verbeek", "Hallo? Ik wacht nog steeds op antwoord, dit is schandalig!")
    await expect(rows.filter(has_text="Tom Verbeek")).to_contain_text("2 berichten")
    await day.hear(
        "Yusuf Demir", "Hallo? Dit duurt nu al de hele dag, ik krijg nergens antwoord en jullie app werkt ook niet. Wat een ramp!"
    )
    await expect(rows.filter(has_text="Yusuf Demir")).to_contain_text("de hele dag")
    await day.hear("Iris Bakker", "Mijn bestelling is zoek. Waar is hij?")
    fresh = page.locator("#fresh")
    await expect(fresh).to_have_text("1 nieuwe zaak · toon")
    assert await page.evaluate(places) == before
    await expect(page.locator("[data-count=open]").first).to_have_text(str(await day.open_cases()))
    await fresh.click()
    await expect(rows.filter(has_text="Iris Bakker")).to_be_visible()
    await expect(fresh).to_be_hidden()


async def test_who_is_logged_out_elsewhere_is_led_to_the_login(day, visit):
    here, there = await visit("noor"), await visit("noor")
    here.forgiven.add(401)
    await there.go("/me")
    await there.page.locator("form[action='/logout']:has([name=everywhere]) button").click()
    await day.hear("Iris Bakker", "Mijn bestelling is zoek. Waar is hij?")  # the next refresh finds out
    await here.page.wait_for_url("**/login**", timeout=3 * PATIENCE)

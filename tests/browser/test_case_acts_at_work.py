"""A case with two people before it, by keyboard and by finger: who looks, who has answered, handed over, put off, put right."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from browsing import AXE_TAGS, DESKTOP, TELEPHONE, expect
from crowd_of_a_day import MOST_URGENT

from webcare.services import desk, presence

OPENED = ("hand", "sleep", "more")
OPEN_PART = "([id, n]) => { const part = document.querySelectorAll(`#${id} details`)[n]; if (part) part.open = true; }"


async def test_two_people_see_each_other_and_do_not_both_answer(day, visit):
    noor, daan = await visit("noor"), await visit("daan")
    for who in (noor, daan):
        who.forgiven.add(409)
        await who.go(day.path(MOST_URGENT))
    await daan.page.locator("#text").fill("Ik zoek het uit.")
    await noor.page.locator("#text").press_sequentially("Het komt")
    await daan.page.reload()  # what Noor told meanwhile stands in the page, also without a script
    await expect(daan.page.locator("#presence")).to_have_text("NONoor is typing")
    await noor.page.locator("#text").fill("Het komt vandaag.")
    await noor.page.locator("[data-send]").click()
    await expect(noor.page.locator(".reply-state")).to_be_visible()
    await expect(daan.page.locator("#meanwhile")).to_contain_text("Noor has answered while you were here")
    await expect(daan.page.locator("#acts .has-it")).to_contain_text("Noor")
    await expect(daan.page.locator("#text")).to_have_value("Ik zoek het uit.")
    await daan.page.keyboard.press("Control+Enter")
    await expect(daan.page.locator("#text")).to_be_visible()
    await daan.page.locator("[data-send]").click()
    await expect(daan.page.locator(".composer .call.bad")).to_contain_text("Noor has answered meanwhile")
    await expect(daan.page.locator("#text")).to_have_value("Ik zoek het uit.")
    assert len(await day.inbox.desk.replies()) == 1
    await daan.page.locator("[data-send]").click()
    await daan.page.wait_for_url("**done=answer")
    assert [reply["by"] for reply in await day.inbox.desk.replies()] == ["noor", "daan"]


async def test_who_closes_the_page_is_gone_at_once(day, visit):
    noor, daan = await visit("noor"), await visit("daan")
    path, machine = day.path(MOST_URGENT), day.inbox.clock.machine()
    await noor.go(path)
    await daan.go("/")
    async with daan.page.expect_response("**/presence"):
        await daan.go(path)
    await noor.page.reload()
    await expect(noor.page.locator("#presence")).to_contain_text("Daan kijkt mee")
    await daan.go("/")
    async with asyncio.timeout(10):  # the browser sends it behind the page
        while len(await day.inbox.store.read(presence.who_looks, day.cases[MOST_URGENT], machine)) > 1:
            pass
    async with noor.page.expect_response("**/presence"):
        await noor.page.reload()
    await expect(noor.page.locator("#presence")).to_have_text("")


async def test_a_case_is_handed_over_with_keys_and_the_other_page_says_so(day, visit):
    noor, daan = await visit("noor"), await visit("daan")
    path = day.path(MOST_URGENT)
    await daan.go(path)
    page = await noor.go(path)
    await expect(daan.page.locator("#acts form[action$='/claim']")).to_be_visible()
    await page.keyboard.press("a")
    await expect(page.locator("#hand")).to_be_visible()
    while await page.evaluate("() => document.activeElement.value") != "daan":
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".call.fine")).to_have_text("De zaak is toegewezen.")
    await expect(page.locator("#acts .has-it")).to_contain_text("Daan")
    await expect(daan.page.locator("#acts form[action$='/release']")).to_be_visible()


async def test_what_was_done_stays_said_when_the_page_refreshes_itself(day, visit):
    noor, case = await visit("noor"), day.cases[MOST_URGENT]
    page = await noor.go(f"{day.path(MOST_URGENT)}?done=hand-over")
    await expect(page.locator(".call.fine")).to_be_visible()
    await day.inbox.store.write(desk.note, case, by="daan", text="Ik bel haar.", rules=day.inbox.desk.rules, now=day.now)
    await expect(page.locator("#stream")).to_contain_text("Ik bel haar.")
    await expect(page.locator(".call.fine")).to_have_text("De zaak is toegewezen.")


async def test_a_case_is_put_off_with_keys_and_woken(day, visit):
    noor = await visit("noor")
    page = await noor.go(day.path(MOST_URGENT))
    await page.keyboard.press("s")
    await page.keyboard.press("Escape")
    await expect(page.locator("#sleep")).not_to_be_visible()
    await page.keyboard.press("s")
    await page.keyboard.press("Enter")  # the first stands ready: an hour
    await expect(page.locator(".call.fine")).to_have_text("De zaak sluimert.")
    await page.wait_for_load_state()
    row = next(row for row in await day.inbox.desk.cases() if row["id"] == day.cases[MOST_URGENT])
    assert row["snoozed_until"] == day.now + timedelta(hours=1)
    await page.keyboard.press("s")
    await page.locator("#sleep form[action$='/awake'] button").click()
    await expect(page.locator(".call.fine")).to_have_text("De zaak is wakker.")


async def test_a_verdict_is_put_right_and_a_key_says_that_nothing_needs_an_answer(day, visit):
    noor = await visit("noor")
    page = await noor.go(day.path(MOST_URGENT))
    await page.locator(".wrong summary").click()
    wrong = page.locator(".wrong")
    await wrong.get_by_label("klacht").set_checked(True)
    await wrong.get_by_label("negatief").check()
    await wrong.get_by_role("button").click()
    await expect(page.locator(".verdict small")).to_have_text("gezegd door Noor")
    await page.wait_for_load_state()
    await expect(page.locator(".verdict .tag").first).to_be_visible()
    await page.keyboard.press("g")
    await expect(page.locator(".verdict")).to_contain_text("geen antwoord nodig")
    await expect(page.locator("#acts form[action$='/reopen']")).to_be_visible()  # nobody waits any more


async def test_a_case_in_the_hand_is_put_off_and_given_away_by_touch(day, visit):
    sanne = await visit("sanne", width=390, height=844, touch=True)
    page = await sanne.go(day.path("Ruben van Dalen"))  # Daan has it, and Sanne leads
    await page.locator("#actbar [popovertarget=sleep]").tap()
    await page.locator("#sleep button", has_text="Morgenochtend").tap()
    await expect(page.locator(".call.fine")).to_have_text("De zaak sluimert.")
    await page.locator("#actbar [popovertarget=more]").tap()
    await page.locator("#more [popovertarget=hand]").tap()
    await page.locator("#hand button", has_text="Noor").tap()
    await expect(page.locator("#actbar .has-it")).to_contain_text("Noor")


AXE_WITHIN = """async ([id, tags]) => (await axe.run(document.getElementById(id), {runOnly: {type: "tag", values: tags}}))
  .violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)}`))"""


@pytest.mark.slow
async def test_what_opens_over_a_case_is_for_everybody(day, visit):
    """The page itself is looked at with all others; here is what each thing that opens adds to it."""
    await day.act(desk.snooze, MOST_URGENT, by="noor", until=day.now + timedelta(hours=3))
    sanne, found = await visit("sanne", bypass_csp=True), []
    page = await sanne.go(day.path(MOST_URGENT))
    await sanne.axe()  # brings the script
    for width, height in (DESKTOP, TELEPHONE, (320, 640)):
        await sanne.looks(width=width, height=height, dark=width == TELEPHONE[0])
        before = {*await sanne.small_targets()}
        for opened in OPENED:
            await page.evaluate("(id) => document.getElementById(id).showPopover()", opened)
            for number in range(max(1, await page.locator(f"#{opened} details").count())):
                await page.evaluate(OPEN_PART, [opened, number])
                added = [*await page.evaluate(AXE_WITHIN, [opened, AXE_TAGS]), *await sanne.sideways()]
                if width < DESKTOP[0]:
                    added += {*await sanne.small_targets()} - before
                found += [f"{opened} {number} at {width}: {one}" for one in added]
            await page.evaluate("(id) => document.getElementById(id).hidePopover()", opened)
    assert not found, "\n".join(found)

"""An alert on a telephone in the evening: the link, one press, the login, and the customer is answered. By finger, on 390 pixels."""

from __future__ import annotations

from browsing import TELEPHONE, expect

from webcare.services import desk

ANSWER = "Wat vervelend. We kijken het nu na en laten je voor vijven weten hoe het zit."
PHONE = {"width": TELEPHONE[0], "height": TELEPHONE[1], "touch": True}


async def number_on(page):
    """Return which case the page is about."""
    shown = await page.locator(".top").inner_text()
    return int(shown.split("zaak ")[1].split()[0])


async def states(day, case):
    return {name: state for name, state, *_ in await day.inbox.desk.clocks(case)}


async def test_from_the_link_to_the_answer(day, visit):
    link = await day.alert()
    noor = await visit(**PHONE)
    page = await noor.go(link)
    case = await number_on(page)
    await expect(page.locator(".huge")).to_be_visible()
    take = page.locator(".thumbzone").get_by_role("button", name="Ik pak dit op")
    await expect(take).to_be_in_viewport()  # without scrolling: it is the one thing to press
    assert await noor.small_targets() == []
    assert await noor.sideways() == []
    assert {row["claimed_by"] for row in await day.inbox.desk.cases() if row["id"] == case} == {None}
    await take.tap()
    await page.wait_for_url(f"**/login?next=/cases/{case}")
    await page.locator("#name").fill("noor")
    await page.locator("#password").fill("vier woorden zijn genoeg")
    await page.locator("form button[type=submit]").tap()
    await page.wait_for_url(f"**/cases/{case}")
    await page.locator("#text").fill(ANSWER)
    await page.locator("[data-send]").tap()
    await expect(page.locator(".msg.ours .bubble").last).to_have_text(ANSWER)
    sender = await day.deliver()
    assert [reply.text for reply in sender.sent] == [ANSWER]
    assert (await states(day, case))["first_response"] in {"met", "missed"}
    await noor.go(f"{link}?c={case}")
    await expect(page.locator(".ended")).to_contain_text("De zaak is van jou")


async def test_seen_and_passed_on_by_finger_and_without_a_script(day, visit):
    link = await day.alert()
    noor = await visit(**PHONE, java_script_enabled=False)
    page = await noor.go(link)
    await page.locator(".thumbzone").get_by_role("button", name="Gezien", exact=True).tap()
    await expect(page.locator(".call.fine")).to_contain_text("komt niet nog eens")
    await page.locator(".thumbzone").get_by_role("link", name="Geef door").tap()
    await expect(page.get_by_role("heading", name="Aan wie geef je dit door?")).to_be_visible()
    await page.locator(".choices").get_by_role("button").first.tap()
    await expect(page.locator(".call.fine")).to_contain_text("Je collega hoort het nu")
    await expect(page.locator(".thumbzone")).to_contain_text("Doorgegeven aan Daan")
    await expect(page.locator(".thumbzone").get_by_role("button", name="Ik pak dit op")).to_be_visible()


async def test_who_is_too_late_reads_who_has_it(day, visit):
    link = await day.alert()
    noor = await visit(**PHONE)
    page = await noor.go(link)
    case = await number_on(page)
    await day.inbox.store.write(desk.claim, case, by="daan", rules=day.inbox.desk.rules, now=day.now)
    noor.forgiven.add(409)
    await page.locator(".thumbzone").get_by_role("button", name="Ik pak dit op").tap()
    await expect(page.locator(".ended")).to_contain_text("Genomen door Daan")
    await expect(page.locator(".ended")).to_contain_text("Je hoeft niets meer te doen.")
    await expect(page.locator(".thumbzone").get_by_role("button")).to_have_count(0)

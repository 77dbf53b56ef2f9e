"""Writing an answer in a browser: canned texts, warnings while one types, and words that survive a reload."""

from __future__ import annotations

from dataclasses import replace

from browsing import TELEPHONE, expect

from webcare.ports.connector import Way, WayKind, Words
from webcare.services import answer, canned

MARIT = "Marit de Groot"


async def keep(day, name="Bezorging", text="Dag {name}, hij komt. {agent}"):
    """Keep a text for every conversation."""
    for language in ("nl", "en"):
        values = {"language": language, "channel": None, "name": name, "text": text, "by": "sanne", "now": day.now}
        await day.inbox.store.write(canned.add, **values)


async def test_a_canned_text_goes_where_the_cursor_is_and_is_warned_of(day, visit):
    await keep(day, text="Dag {name}, bestelling LW-48213 komt. {agent}")
    noor = await visit("noor")
    page = await noor.go(day.path(MARIT))
    text = page.locator("#text")
    await text.fill("Wat vervelend.")
    await page.locator(".canned summary").click()
    await page.locator(".canned button").click()
    await expect(text).to_be_focused()
    await expect(text).to_have_value(f"Wat vervelend.\nDag {MARIT}, bestelling LW-48213 komt. Noor")
    await expect(page.locator("#let-op .call")).to_contain_text("Een bestelnummer staat zo in het openbaar.")
    await expect(page.locator("#length")).not_to_contain_text("0 van")
    await text.fill("Wat vervelend.")
    await expect(page.locator("#let-op .call")).to_have_count(0)


async def test_an_answer_taken_back_is_written_on_and_survives_a_reload(day, visit):
    case = day.cases[MARIT]
    await day.inbox.store.write(answer.write, case, text="Het komt morgen.", by="noor", now=day.now)
    noor = await visit("noor", width=TELEPHONE[0], height=TELEPHONE[1], touch=True)
    page = await noor.go(day.path(MARIT))
    await page.locator("form[action$='/back'] button").tap()
    text = page.locator("#text")
    await expect(text).to_have_value("Het komt morgen.")
    assert "draft=" not in page.url
    await text.fill("Het komt overmorgen.")
    await page.reload()
    await expect(text).to_have_value("Het komt overmorgen.")
    await expect(page.locator("#length")).to_contain_text("20 van")


async def test_words_that_survive_a_reload_go_the_way_that_they_were_written_for(day, visit):
    """What was meant for the customer alone must not come back under an answer in public."""
    ways = [Way(kind=WayKind.PUBLIC), Way(kind=WayKind.PRIVATE)]
    day.inbox.channels[:] = [replace(one, spec=replace(one.spec, ways=lambda *_of: tuple(ways))) for one in day.inbox.channels]
    noor = await visit("noor")
    page = await noor.go(day.path(MARIT))
    private, public = page.locator("input[value=private]"), page.locator("input[value=public]")
    await expect(public).to_be_checked()
    await private.check()
    await page.locator("#text").fill("Je pakket ligt op nummer 12.")
    await page.reload()
    await expect(page.locator("#text")).to_have_value("Je pakket ligt op nummer 12.")
    await expect(private).to_be_checked()
    ways[1] = Way(kind=WayKind.PRIVATE, refused=Words(nl="Dat kan één keer.", en="That can be done once."))
    await page.reload()
    await expect(private).to_be_disabled()
    await expect(public).not_to_be_checked()


async def test_without_a_script_a_canned_text_joins_what_was_written(day, visit):
    await keep(day)
    noor = await visit("noor", java_script_enabled=False)
    page = await noor.go(day.path(MARIT))
    await page.locator("#text").fill("Wat vervelend.")
    await page.locator(".canned summary").click()
    await page.locator(".canned button").click()
    await expect(page.locator("#text")).to_have_value(f"Wat vervelend.\nDag {MARIT}, hij komt. Noor")
    await page.locator("[data-send]").click()
    await expect(page.locator("[data-state=queued]")).to_be_visible()

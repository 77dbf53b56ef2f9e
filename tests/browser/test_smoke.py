"""The one look that every run of the suite takes: somebody logs in and sees who waits longest."""

from __future__ import annotations

from browsing import expect


async def test_somebody_logs_in_and_sees_the_most_urgent_case_on_top(day, visit):
    noor = await visit()
    page = await noor.go("/")
    await expect(page).to_have_url(f"{noor.inbox.base}/login")
    await noor.log_in("noor")
    first = page.locator("#rows li[data-case]").first
    await expect(first).to_contain_text("Marit de Groot")
    await expect(first).to_contain_text("te laat")

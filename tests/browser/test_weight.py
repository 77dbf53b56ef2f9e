"""What a first visit costs: the queue with nothing in the cache, as bytes on the wire."""

from __future__ import annotations

from browsing import expect

MOST = 150_000


async def test_the_first_load_of_the_queue_is_light(day, visit):
    noor = await visit("noor")
    wire = await noor.context.new_cdp_session(noor.page)
    await wire.send("Network.enable")
    await wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    urls, sizes = {}, {}
    wire.on("Network.responseReceived", lambda event: urls.setdefault(event["requestId"], event["response"]["url"]))
    wire.on("Network.loadingFinished", lambda event: sizes.setdefault(event["requestId"], event["encodedDataLength"]))
    await noor.page.reload(wait_until="load")
    await expect(noor.page.locator("#rows li[data-case]")).to_have_count(await day.open_cases())
    await noor.page.wait_for_function("() => performance.getEntriesByType('resource').some((one) => one.name.includes('icons'))")
    loaded = {urls[request].removeprefix(day.inbox.base): size for request, size in sizes.items() if request in urls}
    assert {"/"} < loaded.keys()
    assert any(url.endswith(".css") for url in loaded)
    assert any("htmx" in url for url in loaded)
    assert sum(loaded.values()) < MOST, loaded

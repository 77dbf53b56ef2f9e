"""What a page complains of is heard: each of these must be able to fail the tests beside it."""

from __future__ import annotations

from browsing import expect

INLINE = "() => { const one = document.createElement('script'); one.textContent = '1'; document.body.append(one); }"


async def test_a_report_of_the_policy_a_script_error_and_a_missing_file_are_heard(day, visit):
    noor = await visit("noor")
    await noor.page.evaluate(INLINE)
    await noor.page.evaluate("() => { setTimeout(() => { throw new Error('planted'); }, 0); }")
    await noor.page.evaluate("() => fetch('/static/nothing.css')")
    await noor.page.evaluate("() => new Promise((done) => setTimeout(done, 0))")
    await noor.settle()
    heard, noor.complaints[:] = "\n".join(noor.complaints), []
    for sign in ("policy: script-src", "planted", "404: GET"):
        assert sign in heard


async def test_axe_sideways_scroll_and_small_targets_are_found(day, visit):
    noor = await visit("noor", bypass_csp=True, width=390, touch=True)
    assert await noor.axe() == []
    noor.forgiven.add(404)
    await noor.page.evaluate(
        """() => document.querySelector("main").insertAdjacentHTML("beforeend",
          "<div style='width:900px'><img src='/static/none.png'><button style='font-size:5px;min-height:0'>x</button></div>")"""
    )
    await expect(noor.page.locator("main img")).to_have_count(1)
    await noor.settle()
    assert any(one.startswith("image-alt") for one in await noor.axe())
    assert await noor.sideways()
    assert await noor.small_targets()

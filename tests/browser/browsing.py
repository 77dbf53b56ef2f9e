"""Somebody before a browser: what they do, and everything that their pages complain of."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.resources import files
from typing import Any

from inboxes import PASSWORD

ARGUMENTS = [
    "--no-sandbox",  # root has none
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the network ends at this machine for the browser too
]
PATIENCE = 10_000  # milliseconds; a slow machine is not a failure
DESKTOP, TELEPHONE = (1280, 900), (390, 844)
REPORT_POLICY = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));"""
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def expect(what: Any) -> Any:
    """Wait for what a person would see; imported here because not every machine has playwright."""
    return import_module("playwright.async_api").expect(what)


@asynccontextmanager
async def started(executable):
    """Start Chromium."""
    api = import_module("playwright.async_api")
    api.expect.set_options(timeout=PATIENCE)
    async with api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        await browser.close()


@dataclass
class Visitor:
    """One browser profile with one tab."""

    inbox: Any
    context: Any
    page: Any
    complaints: list[str] = field(default_factory=list)
    forgiven: set[int] = field(default_factory=set)  # statuses that this test asks for

    @classmethod
    @asynccontextmanager
    async def opened(cls, chromium, inbox, *, width=1280, height=900, touch=False, dark=False, language="nl", **more):
        """Open one; `touch` is a telephone: no mouse, fingers."""
        context = await chromium.new_context(
            viewport={"width": width, "height": height},
            has_touch=touch,
            is_mobile=touch,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale={"nl": "nl-NL", "en": "en-GB"}[language],
            base_url=inbox.base,
            **more,
        )
        context.set_default_timeout(PATIENCE)
        await context.add_init_script(REPORT_POLICY)
        visitor = cls(inbox, context, await context.new_page())
        visitor._listen()
        try:
            yield visitor
        finally:
            await context.close()

    def _listen(self):
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        self.context.on("requestfailed", self._on_failed)
        self.context.on("response", self._on_response)

    def _on_console(self, message):
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _on_failed(self, request):
        if "ERR_ABORTED" not in (request.failure or ""):  # a page that is left lets go of its stream
            self.complaints.append(f"failed: {request.method} {request.url} {request.failure}")

    def _on_response(self, response):
        if response.status >= 400 and response.status not in self.forgiven:
            self.complaints.append(f"{response.status}: {response.request.method} {response.url}")

    async def settle(self):
        """Let what the page has said arrive: answers come after what was told before."""
        if not self.page.is_closed():
            await self.page.evaluate("0")

    # --- what people do ---

    async def go(self, path):
        await self.page.goto(path)
        return self.page

    async def log_in(self, name, password=PASSWORD, path="/"):
        await self.page.goto("/login" if path == "/" else f"/login?next={path}")
        await self.page.locator("#name").fill(name)
        await self.page.locator("#password").fill(password)
        await self.page.locator("form button[type=submit]").click()
        await self.page.wait_for_url(self.inbox.base + path)
        return self.page

    async def looks(self, *, width=None, height=900, dark=None):
        """Look at the same page on another screen or in the other theme."""
        if width is not None:
            await self.page.set_viewport_size({"width": width, "height": height})
        if dark is not None:
            await self.page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")

    async def enlarge(self, letters=32):
        """Set the browser's own size of letters: twice the usual for who cannot read small ones."""
        wire = await self.context.new_cdp_session(self.page)
        await wire.send("Page.setFontSizes", {"fontSizes": {"standard": letters, "fixed": letters}})

    # --- what is measured ---

    async def axe(self):
        """Return what axe-core finds: `rule: where`. Needs a context with `bypass_csp`, as the policy refuses its script too."""
        if not await self.page.evaluate("() => 'axe' in window"):
            await self.page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
        found = await self.page.evaluate(
            "async (tags) => (await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})).violations",
            AXE_TAGS,
        )
        return [
            f"{one['id']}: {' '.join(map(str, node['target']))} {node['html'][:120]} {node.get('failureSummary', '')[:200]}"
            for one in found
            for node in one["nodes"]
        ]

    async def sideways(self):
        """Return what reaches beyond the right edge of a page that can be scrolled sideways; nothing when it cannot."""
        return await self.page.evaluate(
            """() => {
              const root = document.scrollingElement, width = root.clientWidth;
              if (root.scrollWidth <= width) return [];
              return [`${root.scrollWidth} > ${width}`, ...[...document.querySelectorAll("body *")]
                .filter((each) => each.getBoundingClientRect().right > width + 0.5)
                .slice(0, 5).map((each) => each.outerHTML.slice(0, 160))];
            }"""
        )

    async def small_targets(self, least=44):
        """Return what a finger would miss. A link inside a sentence is as high as its line, as WCAG 2.5.8 allows."""
        return await self.page.evaluate(
            """(least) => {
              const pressed = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=tab], label:has(input[type=checkbox], input[type=radio])";
              const isInSentence = (each) => each.matches("a") && getComputedStyle(each).display === "inline"
                && [...each.parentElement.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim().length > 1);
              const isShown = (each) => each.checkVisibility({opacityProperty: false, visibilityProperty: true})
                && !each.closest("[popover]:not(:popover-open), .skip, .vh") && !each.matches(".skip, .vh");
              const size = (each) => {
                const label = each.matches("input[type=checkbox], input[type=radio], label.field *, .field > input") ? each.closest("label, .field") : null;
                const box = (label ?? each).getBoundingClientRect();
                // a link that stretches over its row by ::after is as large as the row
                const after = getComputedStyle(each, "::after");
                if (after.position === "absolute" && after.content !== "none") {
                  const over = each.offsetParent?.getBoundingClientRect();
                  if (over) return {width: Math.max(box.width, over.width), height: Math.max(box.height, over.height)};
                }
                return box;
              };
              return [...document.querySelectorAll(pressed)].filter(isShown).filter((each) => !isInSentence(each))
                .map((each) => [each, size(each)]).filter(([, box]) => box.width > 0 && (box.height < least - 0.5 || box.width < least - 0.5))
                .map(([each, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${each.outerHTML.slice(0, 140)}`);
            }""",
            least,
        )

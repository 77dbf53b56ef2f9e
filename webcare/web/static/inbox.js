/* What a page does by itself: it stays fresh without jumping, listens to keys, and keeps what somebody is writing.
   Every page works without it. Words come from the server; there are none here. */
(() => {
  "use strict";
  const REFRESH = 60000, AGAIN = 2000, FALL_BACK = 30000;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  /* --- rows: changed in place, never moved or inserted under a finger --- */
  let waiting = null;

  function merge(page) {
    const rows = one("#rows"), fresh = all("li[data-case]", page);
    const known = new Set(all("li[data-case]", rows).map((row) => row.id));
    for (const row of all("li[data-case]", rows)) {
      const now = page.getElementById(row.id);
      row.classList.toggle("gone", !now);
      if (now && now.innerHTML !== row.innerHTML && !row.contains(document.activeElement)) {
        row.className = now.className;
        row.innerHTML = now.innerHTML;
      }
    }
    const added = fresh.filter((row) => !known.has(row.id)).length;
    waiting = page;
    const chip = one("#fresh");
    if (!chip) return;
    chip.hidden = !added;
    chip.textContent = added === 1 ? chip.dataset.one : chip.dataset.other.replace("{n}", added);
  }

  function show() {
    if (!waiting) return;
    const rows = one("#rows");
    rows.replaceChildren(...[...waiting.body.children].map((row) => document.adoptNode(row)));
    window.htmx?.process(rows);
    waiting = null;
    const chip = one("#fresh");
    if (chip) chip.hidden = true;
    one(".empty.on")?.remove();
    one("#rows a")?.focus();
  }

  async function fetchText(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (answer.status === 401) location.reload();
    if (!answer.ok) throw new Error(answer.status);
    return answer.text();
  }

  async function refreshQueue(queue) {
    const shown = all("#rows li[data-case]").length, address = queue.dataset.rows;
    const limit = Math.min(200, Math.max(25, shown + 10));
    merge(parse(await fetchText(`${address}${address.endsWith("?") ? "" : "&"}limit=${limit}`)));
  }

  /* --- a case: the conversation grows, the clocks go on, what is being written stays --- */
  async function refreshCase(address) {
    const page = parse(await fetchText(address));
    for (const id of ["stream", "side"]) {
      const old = one(`#${id}`), now = page.getElementById(id);
      if (!old || !now || old.contains(document.activeElement)) continue;
      const opened = all("details", old).map((each) => each.open);
      const atEnd = id === "stream" && innerHeight + scrollY >= document.body.scrollHeight - 40;
      all("details", now).forEach((each, n) => { each.open = opened[n] ?? each.open; });
      old.replaceChildren(...now.childNodes);
      if (atEnd) scrollTo({ top: document.body.scrollHeight });
    }
    const left = one(".c-head .left"), nowLeft = one(".c-head .left", page);
    if (left && nowLeft) left.replaceWith(nowLeft);
    document.title = page.title;
  }

  let busy = false, once_more = false;
  async function refresh() {
    if (busy) { once_more = true; return; }
    busy = true;
    try {
      const queue = one("[data-rows]"), shown = one("main[data-case]");
      if (queue) await refreshQueue(queue);
      else if (shown) await refreshCase(`/cases/${shown.dataset.case}`);
      offline(false);
    } catch { offline(true); }
    setTimeout(() => { busy = false; if (once_more) { once_more = false; refresh(); } }, AGAIN);
  }

  const offline = (is) => { const bar = one("#offline"); if (bar) bar.hidden = !is; };

  function count(counts) {
    for (const place of all("[data-count]")) {
      const now = counts[place.dataset.count];
      if (now !== undefined && place.textContent !== now) place.textContent = now;
    }
    const late = one("#late");
    if (late) late.hidden = counts.late === "0";
    if (one("[data-rows]")) {
      document.title = document.title.replace(/^\(\d+\+?\) /, "");
      if (counts.late !== "0") document.title = `(${counts.late}) ${document.title}`;
    }
  }

  /* --- one stream a tab that is looked at --- */
  let stream = null;
  function listen() {
    if (document.hidden) { stream?.close(); stream = null; return; }
    if (stream) return;
    stream = new EventSource("/events");
    stream.addEventListener("change", (event) => { count(JSON.parse(event.data).counts); refresh(); });
    stream.addEventListener("ended", () => location.reload());
    stream.addEventListener("open", () => offline(false));
    stream.addEventListener("error", () => {
      offline(true);
      if (stream?.readyState !== EventSource.CLOSED) return; // else the browser tries again by itself
      stream = null;
      setTimeout(() => { listen(); refresh(); }, FALL_BACK);
    });
  }

  /* --- keys, outside of fields --- */
  function step(by) {
    const links = all("#rows li[data-case] .who a");
    const at = links.indexOf(document.activeElement);
    links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))]?.focus();
  }

  function onKey(event) {
    const target = event.target;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.form?.matches("[data-draft]")) {
      target.form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest?.("input, textarea, select, [contenteditable]")) return;
    const acts = {
      "j": () => step(1), "k": () => step(-1), ".": show, "/": () => one("#search")?.focus(), "?": () => one("#keys")?.togglePopover(),
    };
    const act = acts[event.key];
    const button = all(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`).find((each) => each.offsetParent !== null);
    if (act) act(); else if (button) button.click(); else return;
    event.preventDefault();
  }

  /* --- what somebody is writing survives a reload, in this tab only --- */
  function keepDrafts() {
    for (const form of all("[data-draft]")) {
      const text = one("textarea", form), key = `draft:${form.dataset.draft}`;
      if (!text.value) text.value = sessionStorage.getItem(key) ?? "";
      if (new URLSearchParams(location.search).get("done") === "answer") { sessionStorage.removeItem(key); text.value = ""; }
      text.addEventListener("input", () => sessionStorage.setItem(key, text.value));
      form.addEventListener("submit", () => { one("[data-send]", form).disabled = true; });
    }
    addEventListener("pageshow", () => all("[data-send]").forEach((button) => { button.disabled = false; }));
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => { listen(); if (!document.hidden) refresh(); });
  one("#fresh")?.addEventListener("click", show);
  for (const select of all("select[data-go]")) select.addEventListener("change", () => { location.href = select.value; });
  for (const select of all(".filters select[name]")) select.addEventListener("change", () => select.form.requestSubmit());
  keepDrafts();
  listen();
  setInterval(() => { if (!document.hidden) refresh(); }, REFRESH);
})();

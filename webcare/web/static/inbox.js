/* What a page does by itself: it stays fresh without jumping, listens to keys, and keeps what somebody is writing.
   Every page works without it. Words come from the server; there are none here. */
(() => {
  "use strict";
  const REFRESH = 60000, AGAIN = 600, FALL_BACK = 30000, COUNT = 60000, TICK = 15000;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const parse = (text) => new DOMParser().parseFromString(text, "text/html");

  /* --- rows: changed in place, never moved or inserted under a finger --- */
  let waiting = null;

  /* What has the focus, and what was chosen, stays as it is; all else of a row is put right. */
  function patch(row, now) {
    row.className = now.className;
    const old = [...row.children], parts = [...now.children];
    if (old.length !== parts.length) return;
    old.forEach((part, n) => {
      if (part.matches(".pick") || part.isEqualNode(parts[n])) return;
      if (!part.contains(document.activeElement)) { part.replaceWith(parts[n]); return; }
      const inner = [...part.children], fresh = [...parts[n].children];
      if (inner.length === fresh.length) inner.forEach((each, m) => { if (!each.contains(document.activeElement)) each.replaceWith(fresh[m]); });
    });
  }

  function merge(page) {
    const rows = one("#rows"), fresh = all("li[data-case]", page), shown = all("li[data-case]", rows);
    const known = new Set(shown.map((row) => row.id));
    /* Of a page that goes on, what stands below its end is not known to be gone. */
    const last = one(".more", page) ? shown.findLastIndex((row) => page.getElementById(row.id)) : shown.length;
    shown.forEach((row, n) => {
      const now = page.getElementById(row.id);
      if (now) patch(row, now.cloneNode(true));
      else if (n <= last) { row.classList.add("gone"); const box = one(".pick input", row); if (box) box.checked = false; }
    });
    const added = fresh.filter((row) => !known.has(row.id)).length;
    waiting = page;
    const chip = one("#fresh");
    if (!chip) return;
    chip.hidden = !added;
    chip.textContent = added === 1 ? chip.dataset.one : chip.dataset.other.replace("{n}", added);
  }

  function show() {
    if (!waiting) return;
    const rows = one("#rows"), chosen = picks().filter((box) => box.checked).map((box) => box.value);
    rows.replaceChildren(...[...waiting.body.children].map((row) => document.adoptNode(row)));
    for (const box of picks()) box.checked = chosen.includes(box.value);
    window.htmx?.process(rows);
    waiting = null;
    const chip = one("#fresh");
    if (chip) chip.hidden = true;
    one(".empty.on")?.remove();
    one("#rows a")?.focus();
  }

  /* --- chosen rows --- */
  let from = null;
  const picks = () => all("#rows .pick input");
  const rowOf = (target) => target?.closest?.("li[data-case]");

  function pick(row, toHere) {
    const boxes = picks(), box = one(".pick input", row ?? document.createElement("i"));
    if (!box) return;
    const [a, b] = [boxes.indexOf(from), boxes.indexOf(box)].sort((x, y) => x - y);
    if (toHere && from && a >= 0) boxes.slice(a, b + 1).forEach((each) => { each.checked = true; });
    else box.checked = !box.checked;
    from = box;
  }

  /* After an act the page comes back from the server: the focus goes on to the row that followed. */
  function keepPlace(form) {
    form.addEventListener("submit", () => {
      const rows = all("#rows li[data-case]"), last = rows.findLastIndex((row) => one(".pick input", row)?.checked);
      const next = rows.slice(last + 1).find((row) => !row.classList.contains("gone")) ?? rows.slice(0, last).findLast((row) => !one(".pick input", row)?.checked);
      if (next) sessionStorage.setItem("next", next.id);
    });
    const place = sessionStorage.getItem("next");
    sessionStorage.removeItem("next");
    if (place && new URLSearchParams(location.search).has("did")) one(`#${CSS.escape(place)} .who a`)?.focus();
    document.addEventListener("click", (event) => {
      const box = event.target.closest?.(".pick input");
      if (!box) return;
      if (event.shiftKey && from) { box.checked = !box.checked; pick(rowOf(box), true); }
      from = box;
    });
  }

  /* What an address tells once is not told again by a reload. */
  function forgetNews() {
    const address = new URL(location.href), once = ["did", "not", "kept", "flaw", "none"];
    if (!once.some((name) => address.searchParams.has(name))) return;
    once.forEach((name) => address.searchParams.delete(name));
    history.replaceState(null, "", address);
  }

  /* --- time left goes on by itself, also while the server cannot be reached --- */
  let clock = null;
  const set = (now) => { clock = { world: Date.parse(now), ran: performance.now() }; };

  function span(ms, words) {
    const minutes = Math.floor(ms / 60000), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (minutes < 1) return words.under;
    if (hours < 1) return words.minutes.replace("{minutes}", minutes);
    if (hours < 48) return words.hours.replace("{hours}", hours).replace("{minutes}", String(minutes % 60).padStart(2, "0"));
    return (days === 1 ? words.day : words.days).replace("{n}", days);
  }

  function tick() {
    const queue = one("[data-time]");
    if (!queue || !clock || document.hidden) return;
    const now = clock.world + performance.now() - clock.ran, words = JSON.parse(queue.dataset.time);
    for (const time of all(".left time[data-due]")) {
      const left = Date.parse(time.dateTime) - now, text = one("b", time.closest(".left"))?.lastChild;
      const said = left > 0 ? span(left, words) : words.late.replace("{span}", span(-left, words));
      if (text && text.textContent.trim() !== said) text.textContent = ` ${said}`;
    }
  }

  async function fetchText(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (answer.status === 401) location.reload();
    if (!answer.ok) throw new Error(answer.status);
    return answer.text();
  }

  let counted = -Infinity;
  async function refreshQueue(queue) {
    const shown = all("#rows li[data-case]").length, address = queue.dataset.rows;
    const limit = Math.min(200, Math.max(25, shown + 10));
    merge(parse(await fetchText(`${address}${address.endsWith("?") ? "" : "&"}limit=${limit}`)));
    if (queue.dataset.counts && performance.now() - counted > COUNT) {
      counted = performance.now();
      count(JSON.parse(await fetchText(queue.dataset.counts)));
    }
  }

  /* --- a case: the conversation grows, the clocks go on, what is being written stays --- */
  async function refreshCase(address) {
    const page = parse(await fetchText(address));
    for (const id of ["stream", "side", "acts", "actbar"]) {
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
      else if (shown) await refreshCase(`/cases/${shown.dataset.case}${shown.dataset.query ?? ""}`);
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
    if (late && counts.late) late.hidden = counts.late === "0";
    if (one("[data-rows]") && counts.late) {
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
    stream.addEventListener("change", (event) => { const told = JSON.parse(event.data); set(told.now); count(told.counts); refresh(); });
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
    const at = links.indexOf(one(".who a", rowOf(document.activeElement) ?? document.createElement("i")));
    links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))]?.focus();
  }

  function search() {
    const box = one("#search");
    if (box) { box.focus(); box.select(); } else location.href = "/search";
  }

  function clear() {
    const chosen = picks().some((box) => box.checked);
    if (chosen) one("#clear")?.click();
    return chosen;
  }

  const isSeen = (each) => each.checkVisibility?.({ visibilityProperty: true }) ?? each.offsetParent !== null;

  function onKey(event) {
    const target = event.target, root = document.documentElement;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.form?.matches("[data-draft]")) {
      target.form.requestSubmit();
      return;
    }
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey) { event.preventDefault(); openCommands(); return; }
    if (one("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const isBox = target.matches?.(".pick input");
    if (!isBox && target.closest?.("input, textarea, select, [contenteditable]")) return;
    if (event.key === "Escape") { if (!one(":popover-open") && clear()) event.preventDefault(); return; }
    if (root.dataset.shortcuts === "off" || event.key.length !== 1 || (isBox && event.key === " ")) return;
    const acts = {
      "j": () => step(1), "k": () => step(-1), ".": show, "/": search, "?": () => one("#keys")?.togglePopover(),
      "x": () => pick(rowOf(document.activeElement), false), "X": () => pick(rowOf(document.activeElement), true),
    };
    const act = acts[event.key], row = rowOf(document.activeElement);
    if (row && "casg".includes(event.key) && !picks().some((box) => box.checked)) pick(row, false);
    const button = all(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`).find(isSeen);
    if (act) act(); else if (button) button.click(); else return;
    event.preventDefault();
  }

  /* --- every link and button that can be seen, by name --- */
  let commands = [], at = 0;

  function openCommands() {
    const dialog = one("#commands");
    if (!dialog || dialog.open) return;
    const named = new Map();
    for (const each of all("a[href], button")) {
      if (dialog.contains(each) || each.matches(".skip, .logo") || each.closest(".row") || !isSeen(each)) continue;
      const words = each.cloneNode(true);
      all("kbd, .vh, svg, [data-count], .dot, .ava", words).forEach((part) => part.remove());
      const name = (each.getAttribute("aria-label") || words.textContent).replace(/\s+/g, " ").trim();
      if (name && !named.has(name)) named.set(name, each);
    }
    commands = [...named];
    one("#command").value = "";
    list();
    dialog.showModal();
    one("#command").focus();
  }

  function list() {
    const wanted = one("#command").value.toLowerCase().split(/\s+/), found = commands.filter(([name]) => wanted.every((word) => name.toLowerCase().includes(word)));
    one("#command-list").replaceChildren(...found.map(([name, target], n) => {
      const option = document.createElement("li");
      option.id = `command-${n}`;
      option.setAttribute("role", "option");
      option.textContent = name;
      option.addEventListener("click", () => run(target));
      return option;
    }));
    one("#command-none").hidden = found.length > 0;
    choose(0);
  }

  function choose(n) {
    const options = all("#command-list li");
    at = Math.max(0, Math.min(options.length - 1, n));
    options.forEach((option, m) => option.setAttribute("aria-selected", String(m === at)));
    options[at]?.scrollIntoView({ block: "nearest" });
    one("#command").setAttribute("aria-activedescendant", options[at]?.id ?? "");
  }

  function run(target) {
    one("#commands").close();
    target.focus();
    target.click();
  }

  function listenForCommands() {
    const dialog = one("#commands");
    if (!dialog) return;
    one("#command").addEventListener("input", list);
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { choose(at + (event.key === "ArrowDown" ? 1 : -1)); event.preventDefault(); }
      if (event.key === "Enter") { all("#command-list li")[at]?.click(); event.preventDefault(); }
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }

  /* --- what somebody is writing survives a reload, in this tab only, with the way that it was to go: where that has closed, they choose --- */
  function chooseAgain(form, way) {
    if (way) for (const each of all("input[type=radio][name=way]", form)) each.checked = each.value === way && !each.disabled;
  }

  function forget(key) {
    sessionStorage.removeItem(key);
    sessionStorage.removeItem(`${key}:way`);
  }

  function keepDrafts() {
    for (const form of all("[data-draft]")) {
      const text = one("textarea", form), key = `draft:${form.dataset.draft}`;
      const kept = text.value ? null : sessionStorage.getItem(key);
      if (kept) { text.value = kept; chooseAgain(form, sessionStorage.getItem(`${key}:way`)); }
      if (new URLSearchParams(location.search).get("done") === "answer") { forget(key); text.value = ""; }
      form.addEventListener("input", () => {
        sessionStorage.setItem(key, text.value);
        if (form.elements.way?.value) sessionStorage.setItem(`${key}:way`, form.elements.way.value);
      });
      form.addEventListener("submit", () => { one("[data-send]", form).disabled = true; });
    }
    addEventListener("pageshow", () => all("[data-send]").forEach((button) => { button.disabled = false; }));
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("visibilitychange", () => { listen(); if (!document.hidden) refresh(); });
  one("#fresh")?.addEventListener("click", show);
  for (const select of all(".filters select[name]")) select.addEventListener("change", () => select.form.requestSubmit());
  keepDrafts();
  listenForCommands();
  if (one("#bulk")) keepPlace(one("#bulk"));
  forgetNews();
  if (one("[data-now]")) set(one("[data-now]").dataset.now);
  listen();
  setInterval(tick, TICK);
  setInterval(() => { if (!document.hidden) refresh(); }, REFRESH);
})();

/* A case that is open tells that somebody looks and types, and hears who else does and who has answered meanwhile.
   Without it the page says so when it is loaded, and the server asks once more before a second answer goes out. */
(() => {
  "use strict";
  const SOON = 1000, STILL_TYPING = 10000;
  const one = (selector, within = document) => within.querySelector(selector);
  const shown = one("main[data-case]"), place = one("#presence");
  if (!shown || !place) return;
  const address = `/cases/${shown.dataset.case}/presence`, every = Number(place.dataset.every);
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"];
  let typed = 0, timer = null, busy = false, over = false;

  const tell = (where, more) => fetch(where, {
    method: "POST", headers: { "X-CSRF-Token": token, "HX-Request": "true" }, credentials: "same-origin", ...more,
  });

  function put(id, page) {
    const old = one(`#${id}`), now = page.getElementById(id);
    if (old && now && old.innerHTML.trim() !== now.innerHTML.trim()) old.replaceChildren(...now.childNodes);
  }

  async function beat() {
    clearTimeout(timer);
    if (over || document.hidden) return;
    timer = setTimeout(beat, every);
    if (busy) { soon(); return; }
    busy = true;
    try {
      const is = Date.now() - typed < STILL_TYPING;
      const answer = await tell(address, { body: new URLSearchParams({ typing: is ? "1" : "0", seen: one("[name=seen]")?.value ?? "" }) });
      if (answer.status === 401 || answer.status === 404) over = true;
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        put("presence", page);
        put("meanwhile", page);
      }
    } catch { /* no connection: the bar at the foot of the page says so */ }
    busy = false;
  }

  function soon() { clearTimeout(timer); timer = setTimeout(beat, SOON); }
  function leave() { clearTimeout(timer); if (!over) tell(`${address}?left`, { keepalive: true }).catch(() => {}); }

  one("#text")?.addEventListener("input", () => {
    const was = Date.now() - typed < STILL_TYPING;
    typed = Date.now();
    if (!was) soon();
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); else beat(); });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) beat(); });
  const stream = one("#stream");
  if (stream) new MutationObserver(soon).observe(stream, { childList: true }); // something happened: perhaps an answer
  beat();
})();

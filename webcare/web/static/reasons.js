/* Why a message is read so: the words come when somebody opens it, once a page, also after the page has refreshed itself.
   Without it there is a link to a page of them. */
(() => {
  "use strict";
  const known = new Map();

  async function words(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(answer.status);
    return answer.text();
  }

  document.addEventListener("toggle", async (event) => {
    const why = event.target;
    if (!why.open || !why.matches("details.reasons")) return;
    const place = why.querySelector(".pull"), address = place.querySelector("a")?.getAttribute("href");
    if (!address) return;
    try {
      if (!known.has(address)) known.set(address, words(address));
      const page = new DOMParser().parseFromString(await known.get(address), "text/html");
      place.replaceChildren(...page.body.childNodes);
    } catch { known.delete(address); /* the link stays */ }
  }, true);
})();

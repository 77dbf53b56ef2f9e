/* The field for an answer: a canned text goes where the cursor is, and what is said of a draft is said once. Words come from the server. */
(() => {
  "use strict";
  const text = document.getElementById("text");
  if (!text) return;

  /* Words that the address brought are a draft from now on: a reload must not bring them over what was written since. */
  if (/[?&](draft|canned)=/.test(location.search)) {
    text.dispatchEvent(new Event("input", { bubbles: true }));
    history.replaceState(history.state, "", location.pathname + location.hash);
  }

  /* What was kept of a draft has not been measured yet. */
  addEventListener("load", () => { if (text.value !== text.defaultValue) window.htmx?.trigger(text, "measure"); });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-canned]");
    if (!button) return;
    event.preventDefault();
    const before = text.value.slice(0, text.selectionStart), after = text.value.slice(text.selectionEnd);
    const lead = before && !/\s$/.test(before) ? "\n" : "", tail = after && !/^\s/.test(after) ? "\n" : "";
    text.setRangeText(lead + button.dataset.canned + tail, text.selectionStart, text.selectionEnd, "end");
    button.closest("details").open = false;
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("keydown", (event) => {
    const list = event.key === "Escape" && event.target.closest?.(".canned[open]");
    if (!list) return;
    list.open = false;
    list.querySelector("summary").focus();
  });

  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (target.id === "let-op" && target.textContent.trim() === fragment.textContent.trim()) event.detail.shouldSwap = false;
  });
})();

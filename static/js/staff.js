// Small comforts of the staff pages; everything works without them.
(() => {
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const singleKeys = () => { try { return localStorage.getItem("single-keys") !== "off"; } catch { return true; } };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !singleKeys()) return;
    const search = document.querySelector("#global-search");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  });

  document.addEventListener("click", async (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const copy = event.target.closest("[data-copy]");
    if (!copy) return;
    const field = document.getElementById(copy.dataset.copy);
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
    const said = copy.querySelector("[data-copy-said]");
    if (said) said.textContent = copy.dataset.copied;
  });

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || !("once" in button.dataset)) return;
    if (button.dataset.sent) { event.preventDefault(); return; }
    button.dataset.sent = "1";
    button.setAttribute("aria-disabled", "true");
  });
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("[data-sent]")) {
      delete button.dataset.sent;
      button.removeAttribute("aria-disabled");
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    const first = document.querySelector("[data-error-summary]");
    if (first && !first.closest("[data-quiet]")) first.focus();
  });
})();

// Keys for people who work a list all day: j and k move, Enter opens, n takes the next account, p sends a link.
// Single keys can be switched off, and are silent while somebody types.
(() => {
  const read = () => { try { return localStorage.getItem("single-keys") !== "off"; } catch { return true; } };
  const write = (on) => { try { localStorage.setItem("single-keys", on ? "on" : "off"); } catch { /* private mode */ } };
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const here = all.findIndex((row) => row.classList.contains("is-current"));
    const next = all[Math.min(Math.max(here + step, 0), all.length - 1)];
    for (const row of all) row.classList.toggle("is-current", row === next);
    const link = next.querySelector("a.row-link");
    if (link) link.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };

  const press = (key) => {
    const button = document.querySelector(`[data-key="${key}"]:not(.outcomes *)`);
    if (button) button.click();
    return Boolean(button);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !read()) return;
    const map = event.key === "?" && document.querySelector("#keys");
    if (map) { event.preventDefault(); map.togglePopover(); }
    if (event.key === "j") { event.preventDefault(); move(1); }
    if (event.key === "k") { event.preventDefault(); move(-1); }
    if (/^[a-zA-Z]$/.test(event.key) && press(event.key)) event.preventDefault();
  });

  const label = (button) => { button.hidden = false; button.textContent = read() ? button.dataset.on : button.dataset.off; };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-toggle-keys]");
    if (!button) return;
    write(!read());
    label(button);
  });
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-toggle-keys]").forEach(label));
})();

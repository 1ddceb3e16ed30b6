// Runs in <head> before the first paint, so a chosen theme or text size never flashes.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const read = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const write = (key, value) => { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* private mode */ } };
  const theme = () => read("theme") || (system.matches ? "dark" : "light");
  const apply = () => {
    root.dataset.bsTheme = theme();
    if (read("text") === "large") root.dataset.text = "large";
  };
  const reveal = () => { for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false; };
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-toggle-theme], [data-toggle-text]");
    if (!button) return;
    if ("toggleTheme" in button.dataset) {
      write("theme", theme() === "dark" ? "light" : "dark");
    } else {
      const large = read("text") === "large";
      write("text", large ? null : "large");
      if (large) delete root.dataset.text;
    }
    apply();
  });
  document.addEventListener("DOMContentLoaded", reveal);
  document.addEventListener("htmx:load", reveal);
})();

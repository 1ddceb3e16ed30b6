// The clock of a call, and one key for how it ended; silent while somebody types.
(() => {
  for (const clock of document.querySelectorAll("[data-timer]")) {
    const began = new Date(clock.dataset.timer).getTime();
    const show = () => {
      const seconds = Math.max(0, Math.floor((Date.now() - began) / 1000));
      clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    show();
    setInterval(show, 1000);
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    try { if (localStorage.getItem("single-keys") === "off") return; } catch { /* keys stay on */ }
    const button = document.querySelector(`.outcomes [data-key="${CSS.escape(event.key)}"]`);
    if (button) { event.preventDefault(); button.click(); }
  });
})();

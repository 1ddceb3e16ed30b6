// An account stays in an agent's hands while they work on it: a key, a click or a tap within the last minute keeps it.
// What was typed is kept in this tab until it is on the record, so an expired session or a lost account loses nothing.
(() => {
  const MINUTE = 60_000;
  let active = false;
  for (const kind of ["keydown", "pointerdown", "input"]) {
    document.addEventListener(kind, () => { active = true; }, { passive: true });
  }
  const keep = () => {
    const hands = document.querySelector("#hands");
    if (!active || !hands || hands.dataset.hands !== "mine" || hands.contains(document.activeElement)) return;
    active = false;
    htmx.ajax("POST", hands.dataset.keep, { target: "#hands", swap: "outerHTML", values: { do: "keep" } });
  };
  setInterval(keep, MINUTE);

  const place = (field) => `draft:${location.pathname}:${field.name}`;
  const put = (field) => { try { sessionStorage.setItem(place(field), field.value); } catch { /* private mode */ } };
  const drop = (field) => { try { sessionStorage.removeItem(place(field)); } catch { /* private mode */ } };
  const kept = (field) => { try { return sessionStorage.getItem(place(field)) || ""; } catch { return ""; } };
  for (const field of document.querySelectorAll("textarea[data-draft]")) {
    if (location.hash === "#note-kept") drop(field);
    if (!field.value && kept(field)) field.value = kept(field);
    field.addEventListener("input", () => put(field));
  }
})();

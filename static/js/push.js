// Lets a person switch notifications on: the browser asks them, we keep what it hands out.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const begin = async (form) => {
    const problem = form.querySelector("[data-push-problem]");
    try {
      if (await Notification.requestPermission() !== "granted") throw new Error("not granted");
      const worker = await navigator.serviceWorker.register(form.dataset.worker);
      await navigator.serviceWorker.ready;
      const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(form.dataset.key) });
      form.elements.subscription.value = JSON.stringify(subscription);
      form.submit();
    } catch {
      if ("simulate" in form.dataset) form.submit();
      else problem.hidden = false;
    }
  };
  for (const form of document.querySelectorAll("[data-push]")) {
    if (!("simulate" in form.dataset) && !("PushManager" in window && "serviceWorker" in navigator)) continue;
    form.hidden = false;
    form.addEventListener("submit", (event) => { event.preventDefault(); begin(form); });
  }
})();

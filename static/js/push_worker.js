// Shows what a push message says, and opens its page. Nothing else: it never touches requests or stored data.
self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data.json(); } catch { /* shown without words */ }
  event.waitUntil(self.registration.showNotification(said.title || "", { body: said.body || "", tag: said.tag, data: said.url }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = event.notification.data;
  if (url && new URL(url, self.location.origin).origin === self.location.origin) event.waitUntil(self.clients.openWindow(url));
});

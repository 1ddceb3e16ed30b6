// Hands a signed payment request to the wallet app this page is shown in. What the app answers is not believed: the page
// is opened anew, and the server asks the wallet. Without an app the button stays hidden.
(function () {
  "use strict";
  var button = document.querySelector("[data-wallet-request]");
  if (!button) return;
  function ask() {
    var request = JSON.parse(button.dataset.walletRequest);
    window.WeixinJSBridge.invoke("getBrandWCPayRequest", request, function () { location.replace(location.pathname); });
  }
  function ready() {
    button.hidden = false;
    button.addEventListener("click", ask);
    if ("walletNow" in button.dataset) ask();
  }
  if (window.WeixinJSBridge) ready();
  else document.addEventListener("WeixinJSBridgeReady", ready, { once: true });
})();

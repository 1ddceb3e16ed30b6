// Hands a signed payment request to the wallet app this page is shown in. What came of it is asked on the server.
(function () {
  "use strict";
  var button = document.querySelector("[data-wallet-request]");
  if (!button) return;
  function ready() {
    button.hidden = false;
    button.addEventListener("click", function () {
      var request = JSON.parse(button.dataset.walletRequest);
      window.WeixinJSBridge.invoke("getBrandWCPayRequest", request, function () { location.reload(); });
    });
  }
  if (window.WeixinJSBridge) ready();
  else document.addEventListener("WeixinJSBridgeReady", ready);
})();

// What WeChat's own browser puts into every page, for a browser that only calls itself one: the sandbox's cashier
// takes the place of the sheet WeChat would show. The page is opened anew afterwards, as after a sheet it asks anew.
(function () {
  "use strict";
  if (window.WeixinJSBridge) return;
  var sandbox = new URL(document.currentScript.src).origin;
  window.WeixinJSBridge = {
    invoke: function (name, request, done) {
      if (name !== "getBrandWCPayRequest") return done({ err_msg: "system:function_not_exist" });
      var asked = { request: JSON.stringify(request), back: location.origin + location.pathname };
      location.assign(sandbox + "/wechat/jsapi?" + new URLSearchParams(asked));
    },
  };
  document.dispatchEvent(new Event("WeixinJSBridgeReady"));
})();

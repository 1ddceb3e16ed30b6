"""The simulated Alipay: gateway, cashier, agreements, notifies and bills."""

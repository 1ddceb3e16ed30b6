"""PayPal: orders approved by the payer and captured by us, saved wallets charged by us, refunds and statements."""

from wallets.providers.paypal.settings import build

__all__ = ["MERCHANT", "build"]

MERCHANT = ("merchant_id", "client_id")

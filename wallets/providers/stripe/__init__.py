"""Stripe: Checkout pages (cards with Apple Pay and Google Pay, Link, SEPA, Alipay, WeChat Pay), off-session debits."""

from wallets.providers.stripe.settings import build

__all__ = ["MERCHANT", "build"]

# A key is renewed freely where the account is named: Stripe refuses a key that may not act for it. Where it is not,
# only the key itself says whose money it is.
MERCHANT = (("account", "api_key"),)

"""Stripe: Checkout pages (cards with Apple Pay and Google Pay, Link, SEPA, Alipay, WeChat Pay), off-session debits."""

from wallets.providers.stripe.settings import build

__all__ = ["MERCHANT", "build"]

MERCHANT = ("account",)

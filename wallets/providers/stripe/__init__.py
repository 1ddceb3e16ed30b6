"""Stripe: Checkout pages (cards with Apple Pay and Google Pay, Link, SEPA, Alipay, WeChat Pay), off-session debits."""

from django.utils.translation import gettext_lazy as _

from wallets.providers.facts import Facts, no_number
from wallets.providers.stripe.settings import build

__all__ = ["FACTS", "build"]

FACTS = Facts(
    known_as="Stripe",
    name=_("Card, Apple Pay or Google Pay"),
    # A key is renewed freely where the account is named: Stripe refuses a key that may not act for it. Where it is
    # not, only the key itself says whose money it is.
    merchant=(("account", "api_key"),),
    payer_number=no_number,
)

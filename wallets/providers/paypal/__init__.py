"""PayPal: orders approved by the payer and captured by us, saved wallets charged by us, refunds and statements."""

from django.utils.translation import gettext_lazy as _

from wallets.providers.facts import Facts
from wallets.providers.paypal.settings import build

__all__ = ["FACTS", "build"]

FACTS = Facts(known_as="PayPal", name=_("PayPal"), merchant=("merchant_id", "client_id"))

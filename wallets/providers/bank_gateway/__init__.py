"""A bank's own gateway, for digital-yuan wallets and the like: QR payments, driven by a record of settings."""

from django.utils.translation import gettext_lazy as _

from wallets.providers.bank_gateway.settings import build
from wallets.providers.facts import Facts

__all__ = ["FACTS", "build"]

FACTS = Facts(known_as="Digital yuan", name=_("Digital yuan"), merchant=("merchant_id",))

"""Wallets under the names people know them by; a provider not listed keeps the name it was registered with."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WALLET_NAMES: dict[str, Promise] = {
    "Alipay": _("Alipay"),
    "WeChat Pay": _("WeChat Pay"),
    "Stripe": _("Card, Apple Pay or Google Pay"),
    "M-Pesa Ratiba": _("M-Pesa standing order"),
    "Digital yuan": _("Digital yuan"),
}


def wallet_words(name: str) -> str:
    return str(WALLET_NAMES.get(name, name))

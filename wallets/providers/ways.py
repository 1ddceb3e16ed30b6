"""What a payer chose at a provider that offers several ways, in words: "Apple Pay, Visa ending 4242"."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wallets.providers.paid_with import PaidWith

# What stands before a card, whose they are, and what is no card: names as Stripe's API spells them.
BEFORE_A_CARD = {"apple_pay": "Apple Pay", "google_pay": "Google Pay", "samsung_pay": "Samsung Pay", "link": "Link"}
BRANDS: dict[str, str | Promise] = {
    "visa": "Visa",
    "mastercard": "Mastercard",
    "amex": "American Express",
    "unionpay": _("UnionPay"),
    "jcb": "JCB",
    "diners": "Diners Club",
    "discover": "Discover",
    "cartes_bancaires": "Cartes Bancaires",
}
METHODS: dict[str, str | Promise] = {
    "card": _("Card"),
    "link": "Link",
    "sepa_debit": _("SEPA direct debit"),
    "alipay": _("Alipay"),
    "wechat_pay": _("WeChat Pay"),
}


def paid_with_words(code: str) -> str:
    """Of what `PaidWith.code` kept; "" where nothing is."""
    chosen = PaidWith.read(code)
    if chosen is None:
        return ""
    name = BRANDS.get(chosen.brand) or METHODS.get(chosen.method) or chosen.method.replace("_", " ").capitalize()
    if chosen.last4:
        name = gettext("%(what)s ending %(digits)s") % {"what": name, "digits": chosen.last4}
    before = BEFORE_A_CARD.get(chosen.wallet, "")
    return gettext("%(wallet)s, %(card)s") % {"wallet": before, "card": name} if before else str(name)

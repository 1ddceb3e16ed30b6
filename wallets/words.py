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

WALLETS_BY_KEY: dict[str, Promise] = {
    "alipay": _("Alipay"),
    "wechat": _("WeChat Pay"),
    "stripe": _("Card, Apple Pay or Google Pay"),
    "paypal": _("PayPal"),
    "mpesa": _("M-Pesa"),
    "mpesa_ratiba": _("M-Pesa standing order"),
    "usdt_eth": _("USDT (Ethereum)"),
    "usdt_tron": _("USDT (TRON)"),
    "bank_gateway": _("Digital yuan"),
}
# Why an agreement is where it is, as the record keeps it; what a person wrote stays as it was written.
MANDATE_REASONS: dict[str, Promise] = {
    "nothing is owed any more": _("nothing is owed any more"),
    "the account is no longer collected": _("the account is no longer collected"),
    "the agreement was not signed": _("the agreement was not signed"),
    "given up before it was signed": _("given up before it was signed"),
    "not signed in time": _("not signed in time"),
    "another agreement is active": _("another agreement is active"),
    "ended by the debtor on our page": _("ended by the debtor on our page"),
    "paused by the debtor on our page": _("paused by the debtor on our page"),
    "the debtor removed the wallet": _("the debtor removed the wallet"),
    "the wallet took a debit back": _("the wallet took a debit back"),
    "said by the provider (notice)": _("the wallet told us"),
    "said by the provider (page)": _("the wallet said so when it was asked"),
    "said by the provider (sweep)": _("the wallet said so when it was asked"),
    "said by the provider (debit)": _("the wallet said so when it was asked"),
    "said by the provider (its last day)": _("its last day is over"),
}
# How a payer ends what only the payer can end.
HOW_TO_END: dict[str, Promise] = {
    "mpesa_ratiba": _("Dial *334# on the phone that pays, or open Ratiba in the M-Pesa app, and cancel the order."),
}


def wallet_words(name: str) -> str:
    return str(WALLET_NAMES.get(name, name))


def how_to_end(key: str) -> str:
    """Empty for a wallet that we tell ourselves."""
    return str(HOW_TO_END.get(key, ""))

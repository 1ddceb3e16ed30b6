"""The reasons of agreements and the abilities of wallets, in words for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from wallets.providers.vocabulary import Capability

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

# What a wallet can do, for who vets it.
ABLE: dict[Capability, Promise] = {
    Capability.ONE_OFF: _("single payments"),
    Capability.REDIRECT: _("a payment page of its own"),
    Capability.QR: _("a code to scan"),
    Capability.PUSH_PROMPT: _("a prompt on the payer's phone"),
    Capability.DEPOSIT_ADDRESS: _("a deposit address"),
    Capability.PAY_WITH_SAVED: _("one tap with a remembered wallet"),
    Capability.CLOSE: _("ending an unpaid payment"),
    Capability.REFUND: _("refunds"),
    Capability.PARTIAL_REFUND: _("refunds of a part"),
    Capability.MANDATE: _("agreements on automatic debits"),
    Capability.MANDATE_WITH_PAYMENT: _("remembering the wallet while paying"),
    Capability.AGREEMENT_WITH_PAYMENT: _("signing an agreement while paying, in an app"),
    Capability.MERCHANT_CHARGE: _("debits that we send"),
    Capability.PROVIDER_SCHEDULED: _("debits by a schedule of its own"),
    Capability.PRE_DEBIT_NOTICE: _("a notice of its own before each debit"),
    Capability.VARIABLE_AMOUNT: _("debits of different amounts"),
    Capability.REVOKE_BY_MERCHANT: _("ending an agreement from here"),
    Capability.POSTPONE_CHARGE: _("moving the day of a debit"),
    Capability.STATEMENT: _("statements"),
    Capability.WEBHOOK_SIGNED: _("signed notices"),
    Capability.REVERSIBLE_AFTER_SUCCESS: _("the payer can take a payment back"),
}
